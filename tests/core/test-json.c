/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "sync-error.h"
#include "sync-json.h"

static void
test_check (void)
{
  static const char *const good[]
      = { "{}", " [1, -0.5e+10 ,\"\\u00e9\\n\", true,false,null, {\"a\":[]}] \n", "\"x\"", "0",
          "12345678901234567890" };
  static const char *const bad[]
      = { "",     " ",      "{",    "}",       "{\"a\"}", "{\"a\":1,}", "[1 2]", "01",      "1.",
          ".5",   "+1",     "NaN",  "tru",     "{a:1}",   "'a'",        "\"a",   "\"\\x\"", "\"\\u12\"",
          "[1]x", "\"\t\"", "\xff", "// c\n1", "[1,]",    "{\"a\":}",   "-",     "1e",      "\"\\" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (sync_json_check (good[i], strlen (good[i]), NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("bad text %u", i);
      g_assert_false (sync_json_check (bad[i], strlen (bad[i]), NULL, &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
    }
  g_assert_false (sync_json_check ("\"a\0b\"", 5, NULL, NULL));
}

static void
test_where (void)
{
  const char *text = "{\n  \"a\": 1,\n  \"b\" 2\n}";
  g_autoptr (GError) error = NULL;

  g_assert_false (sync_json_check (text, strlen (text), NULL, &error));
  g_assert_cmpstr (error->message, ==, "malformed JSON at line 3, column 7 (byte 18): a colon is expected");
}

static void
test_depth (void)
{
  g_autofree char *deep = g_strnfill (1000000, '[');
  g_autoptr (GString) allowed = g_string_new (NULL);

  g_assert_false (sync_json_check (deep, 1000000, NULL, NULL));
  for (guint i = 0; i < SYNC_JSON_MAX_DEPTH; i++)
    g_string_append_c (allowed, '[');
  for (guint i = 0; i < SYNC_JSON_MAX_DEPTH; i++)
    g_string_append_c (allowed, ']');
  g_assert_true (sync_json_check (allowed->str, allowed->len, NULL, NULL));
  g_string_prepend_c (allowed, '[');
  g_string_append_c (allowed, ']');
  g_assert_false (sync_json_check (allowed->str, allowed->len, NULL, NULL));
}

static void
test_views (void)
{
  const char *text
      = " { \"a\" : [1, {\"x\":\"}]\"}] , \"b\\u0022\":\"\\ud83d\\ude00\\u0000\\ud800!\", \"a\":2 } ";
  SyncJsonView root, value;
  g_autofree char *string = NULL, *last = NULL;

  g_assert_true (sync_json_check (text, strlen (text), &root, NULL));
  g_assert_true (sync_json_view_member (&root, "b\"", &value));
  string = sync_json_view_dup_text (&value);
  g_assert_cmpstr (string, ==, "\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd!");
  g_assert_true (sync_json_view_member (&root, "a", &value));
  last = sync_json_view_dup_raw (&value);
  g_assert_cmpstr (last, ==, "2");
  g_assert_false (sync_json_view_member (&root, "x", &value));
}

static char *
canonical (const char *text)
{
  SyncJsonView root;
  GString *out = g_string_new (NULL);

  g_assert_true (sync_json_check (text, strlen (text), &root, NULL));
  sync_json_append_canonical (out, &root);
  return g_string_free (out, FALSE);
}

static void
test_canonical (void)
{
  static const struct
  {
    const char *left;
    const char *right;
    gboolean same;
  } pairs[] = {
    { "{\"b\":1,\"a\":[1, 2]}", "{ \"a\" :[1,2],\"b\":1.0}", TRUE },
    { "\"\\u00e9\\/\"", "\"\xc3\xa9/\"", TRUE },
    { "10.10", "101e-1", TRUE },
    { "1e22", "10000000000000000000000", TRUE },
    { "12345678901234567890", "12345678901234567891", FALSE },
    { "9007199254740993", "9007199254740992", FALSE },
    { "0.1", "0.10000000000000001", FALSE },
    { "0", "-0.00e5", TRUE },
    { "-1", "1", FALSE },
    { "\"1\"", "1", FALSE },
    { "[1,2]", "[2,1]", FALSE },
    { "{\"a\":1,\"a\":2}", "{\"a\":2}", TRUE },
    { "{\"a\":null}", "{}", FALSE },
    { "\"\\u0000\"", "\"\\ufffd\"", FALSE },
    { "\"\\ud800\"", "\"\\udc00\"", FALSE },
    { "1e99999999999999999999", "1e-99999999999999999999", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autofree char *left = canonical (pairs[i].left);
      g_autofree char *right = canonical (pairs[i].right);

      g_test_message ("%s %s", pairs[i].left, pairs[i].right);
      g_assert_cmpint (strcmp (left, right) == 0, ==, pairs[i].same);
    }
}

/* Laid out, every value as it was written. */
static void
test_pretty (void)
{
  static const char text[] = "{\"b\":10.10,\"a\":[1e2,{}, [] ],\"s\":\"\\u00e9, {\\\"x\\\":1}\",\"n\":{\"Api_Secret\":\"x\",\"token\":\"\"}}";
  gboolean masked = FALSE;
  g_autofree char *plain = sync_json_dup_pretty (text, strlen (text), NULL);
  g_autofree char *hidden = sync_json_dup_pretty (text, strlen (text), &masked);
  g_autofree char *before = canonical (text);
  g_autofree char *after = canonical (plain);

  g_assert_cmpstr (plain, ==,
                   "{\n  \"b\": 10.10,\n  \"a\": [\n    1e2,\n    {},\n    []\n  ],\n"
                   "  \"s\": \"\\u00e9, {\\\"x\\\":1}\",\n"
                   "  \"n\": {\n    \"Api_Secret\": \"x\",\n    \"token\": \"\"\n  }\n}");
  g_assert_cmpstr (before, ==, after);
  g_assert_true (masked);
  g_assert_null (strstr (hidden, "\"x\"\n"));
  g_assert_nonnull (strstr (hidden, "\"Api_Secret\": \"•"));
  g_assert_null (sync_json_dup_pretty ("{", 1, NULL));
  g_clear_pointer (&hidden, g_free);
  hidden = sync_json_dup_pretty ("[\"token\"]", strlen ("[\"token\"]"), &masked);
  g_assert_false (masked);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/json/strict", test_check);
  g_test_add_func ("/sync/json/names-the-place", test_where);
  g_test_add_func ("/sync/json/depth", test_depth);
  g_test_add_func ("/sync/json/views", test_views);
  g_test_add_func ("/sync/json/canonical", test_canonical);
  g_test_add_func ("/sync/json/pretty", test_pretty);
  return g_test_run ();
}

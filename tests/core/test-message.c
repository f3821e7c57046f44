/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's words become a person's words. */
#include "config.h"

#include <string.h>

#include "recording.h"
#include "sync-message.h"
#include "sync-outcome.h"

static void
test_html (void)
{
  static const struct
  {
    const char *html;
    const char *plain;
  } rows[] = {
    { NULL, "" },
    { "", "" },
    { "plain", "plain" },
    { "a<br>b<br/>c", "a\nb\nc" },
    { "<p>one</p><p>two</p>", "one\ntwo" },
    { "<ul><li>x</li><li>y</li></ul>", "x\ny" },
    { "<a href=\"/app/item\">Item <strong>1</strong></a>", "Item 1" },
    { "a &amp; b &lt;c&gt; &quot;d&quot; &#39;e&#x27;&nbsp;f", "a & b <c> \"d\" 'e' f" },
    { "1 < 2 and 3 > 2", "1 < 2 and 3 > 2" },
    { "<unclosed", "<unclosed" },
    { "  a \t\r\n\n  b  ", "a\nb" },
    { "&bogus; &#0; &#xFFFFFFFF; &", "&bogus; &" },
    { "<script>alert(1)</script>x<style>p{}</style>y", "xy" },
    { "<script>never ends", "" },
    { "<BR>A<Br>B", "A\nB" },
    { "قيمة &lt;مفقودة&gt;", "قيمة <مفقودة>" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *plain = sync_message_strip_html (rows[i].html);

      g_assert_cmpstr (plain, ==, rows[i].plain);
    }
}

static char *
unpack (const char *json)
{
  g_autoptr (JsonNode) node = json_from_string (json, NULL);

  return sync_message_unpack (node);
}

static void
test_unpack (void)
{
  static const struct
  {
    const char *json;
    const char *words;
  } rows[] = {
    { "{\"_server_messages\":\"[\\\"{\\\\\\\"message\\\\\\\": \\\\\\\"<b>No</b> "
      "stock\\\\\\\"}\\\"]\",\"exception\":\"x.Y: other\"}",
      "No stock" },
    { "{\"_server_messages\":\"[\\\"plain\\\", \\\"plain\\\", "
      "\\\"{\\\\\\\"message\\\\\\\":\\\\\\\"two\\\\\\\"}\\\"]\"}",
      "plain\ntwo" },
    { "{\"_server_messages\":\"[{\\\"message\\\":\\\"object\\\"}]\"}", "object" },
    { "{\"_server_messages\":\"broken\",\"message\":\"fallback\"}", "fallback" },
    { "{\"message\":\"Invalid login\",\"exc_type\":\"AuthenticationError\"}", "Invalid login" },
    { "{\"exception\":\"frappe.exceptions.ValidationError: Customer already exists\"}",
      "Customer already exists" },
    { "{\"exception\":\"ValueError\"}", "ValueError" },
    { "{\"_error_message\":\"said <i>so</i>\",\"exception\":\"a.B: c\"}", "said so" },
    { "{\"errors\":[{\"type\":\"A\",\"message\":\"one\"},{\"message\":\"two\"},{\"message\":null}]}",
      "one\ntwo" },
    { "{\"data\":{},\"messages\":[{\"message\":\"warned\"}]}", "warned" },
    { "{\"message\":{\"name\":\"X\"}}", NULL },
    { "{\"message\":5,\"exception\":[],\"_server_messages\":7}", NULL },
    { "{}", NULL },
    { "[]", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *words = unpack (rows[i].json);

      g_test_message ("%s", rows[i].json);
      g_assert_cmpstr (words, ==, rows[i].words);
    }
  g_assert_null (sync_message_unpack (NULL));
}

static void
test_bounded (void)
{
  g_autofree char *many = g_strnfill (300000, 'x');
  g_autofree char *json = g_strdup_printf ("{\"message\":\"\xc3\xa9%s\"}", many);
  g_autofree char *words = unpack (json);
  g_autofree char *deep = g_strnfill (200000, '[');
  g_autofree char *nested = g_strdup_printf ("{\"_server_messages\":\"%s\",\"message\":\"m\"}", deep);
  g_autofree char *shallow = unpack (nested);

  g_assert_cmpint (g_utf8_strlen (words, -1), ==, 2000);
  g_assert_true (g_utf8_validate (words, -1, NULL));
  g_assert_true (g_str_has_suffix (words, "…"));
  g_assert_cmpstr (shallow, ==, "m");
}

static void
test_recorded (void)
{
  static const struct
  {
    const char *file;
    const char *words;
  } rows[] = {
    { "631-posa-create_customer-again", "Customer already exists" },
    { "447-v2-mandatory", "Error: Value missing for Item: Item Group" },
    { "449-warning-messages-on-success",
      "Changed customer name to 'Acme Ltd - 3' as 'Acme Ltd' already exists." },
    { "918-v2-warning-messages", "Changed customer name to 'Acme Ltd - 4' as 'Acme Ltd' already exists." },
    { "121-login-wrong-password", "Invalid login credentials" },
    { "421-client.cancel", "Cannot change docstatus from 0 (Draft) to 2 (Cancelled)" },
    { "801-ping", NULL },
    { "592-nginx-502", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Recording) recording = recording_load (rows[i].file);
      g_autoptr (SyncAnswer) answer
          = sync_answer_new_from_reply (SYNC_TRANSPORT_OK, TRUE, recording->status, recording->type, NULL,
                                        NULL, NULL, recording->answer, SYNC_PROOF_MESSAGE, NULL);

      g_assert_cmpstr (answer->message, ==, rows[i].words);
    }
}

/* No recorded answer leaves a tag or an escape in what a person reads. */
static void
test_clean (void)
{
  g_autoptr (GPtrArray) names = recording_list ();

  for (guint i = 0; i < names->len; i++)
    {
      g_autoptr (Recording) recording = recording_load (g_ptr_array_index (names, i));
      g_autoptr (SyncAnswer) answer
          = sync_answer_new_from_reply (SYNC_TRANSPORT_OK, TRUE, recording->status, recording->type, NULL,
                                        NULL, NULL, recording->answer, SYNC_PROOF_MESSAGE, NULL);

      if (answer->message == NULL)
        continue;
      g_test_message ("%s: %s", (const char *) g_ptr_array_index (names, i), answer->message);
      g_assert_false (
          g_regex_match_simple ("</?(strong|b|a|li|ul|br|p|details)\\b", answer->message, 0, 0));
      g_assert_null (strstr (answer->message, "Traceback"));
      g_assert_null (strstr (answer->message, "&lt;"));
    }
}

static void
test_line (void)
{
  static const struct
  {
    const char *text;
    gssize length;
    const char *line;
  } rows[] = {
    { "", -1, "" },
    { "\n\none\ntwo\n", -1, "one; two" },
    { "one\ttwo\033[1m", -1, "onetwo[1m" },
    { "ü and more", 2, "ü" },
    { "ü", 1, "\xef\xbf\xbd" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *line = sync_message_dup_line (rows[i].text, rows[i].length);

      g_assert_cmpstr (line, ==, rows[i].line);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/message/html", test_html);
  g_test_add_func ("/sync/message/line", test_line);
  g_test_add_func ("/sync/message/unpack", test_unpack);
  g_test_add_func ("/sync/message/bounded", test_bounded);
  g_test_add_func ("/sync/message/recorded", test_recorded);
  g_test_add_func ("/sync/message/clean", test_clean);
  return g_test_run ();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Placeholders are found wherever one is a whole name, and nowhere else; a replacement changes no other byte.
 * Beside the examples a generator writes the same random request twice, once with placeholders and once with
 * the names in their places: one must become the other, byte for byte. */
#include "config.h"

#include <string.h>

#include "sync-placeholder.h"
#include "sync-random.h"

#define KEY "01920000-0000-7000-8000-00000000000a"
#define PLACEHOLDER "LOCAL-" KEY
#define ROUNDS 4000
#define FORM "application/x-www-form-urlencoded"

static const char *
give_name (const char *placeholder, gpointer user_data)
{
  return g_ascii_strcasecmp (placeholder, PLACEHOLDER) == 0 ? user_data : NULL;
}

static void
check (const char *url, const char *type, const char *body, const char *name, const char *expected_url,
       const char *expected_body)
{
  g_autoptr (GBytes) bytes = body != NULL ? g_bytes_new (body, strlen (body)) : NULL;
  g_autoptr (GBytes) new_body = NULL;
  g_autofree char *new_url = NULL;
  gboolean changed
      = sync_placeholder_rewrite (url, type, bytes, give_name, (gpointer) name, &new_url, &new_body);

  g_assert_cmpstr (new_url, ==, expected_url);
  g_assert_true ((new_body != NULL) == (expected_body != NULL));
  if (new_body != NULL)
    g_assert_cmpmem (g_bytes_get_data (new_body, NULL), g_bytes_get_size (new_body), expected_body,
                     strlen (expected_body));
  g_assert_true (changed == (expected_url != NULL || expected_body != NULL));
}

static void
test_json (void)
{
  const char *type = "application/json";

  check ("/api/resource/Sales%20Invoice", type, "{\"customer\": \"" PLACEHOLDER "\", \"rate\": 0.10}", "C \"1\"",
         NULL, "{\"customer\": \"C \\\"1\\\"\", \"rate\": 0.10}");
  /* At every level, in arrays, in another case, and spelt with escapes. */
  check ("/x", type, " {\"a\":[{\"b\":\"local-" KEY "\"},\"\\u004cOCAL-" KEY "\"],\"n\":12345678901234567890}\n",
         "é/1", NULL, " {\"a\":[{\"b\":\"é/1\"},\"é/1\"],\"n\":12345678901234567890}\n");
  /* JSON in a text, and in a text of that; what else is escaped there stays as it is. */
  check ("/x", type, "{\"invoice\":\"{\\\"customer\\\":\\\"" PLACEHOLDER "\\\",\\\"r\\\":\\\"\\u00e9\\/\\\"}\"}",
         "A\"B", NULL, "{\"invoice\":\"{\\\"customer\\\":\\\"A\\\\\\\"B\\\",\\\"r\\\":\\\"\\u00e9\\/\\\"}\"}");
  check ("/x", type, "{\"a\":\"[\\\"{\\\\\\\"c\\\\\\\":\\\\\\\"" PLACEHOLDER "\\\\\\\"}\\\"]\"}", "N", NULL,
         "{\"a\":\"[\\\"{\\\\\\\"c\\\\\\\":\\\\\\\"N\\\\\\\"}\\\"]\"}");
}

static void
test_not_a_name (void)
{
  const char *type = "application/json";

  check ("/x", type, "{\"remarks\":\"Note about " PLACEHOLDER "\"}", "N", NULL, NULL);
  check ("/x", type, "{\"remarks\":\"" PLACEHOLDER " \"}", "N", NULL, NULL);
  check ("/x", type, "{\"" PLACEHOLDER "\":1,\"a\":\"LOCAL-\",\"b\":\"LOCAL-1\"}", "N", NULL, NULL);
  check ("/x", type, "{\"a\":\"{\\\"customer\\\":\\\"" PLACEHOLDER "\\\"\"}", "N", NULL, NULL);
  check ("/api/resource/Customer/x" PLACEHOLDER, type, NULL, "N", NULL, NULL);
  check ("/x?" PLACEHOLDER "=1&" PLACEHOLDER, FORM, PLACEHOLDER "=1&a=b+" PLACEHOLDER, "N", NULL, NULL);
  check ("/x", "text/plain", PLACEHOLDER, "N", NULL, NULL);
  check ("/x", "multipart/form-data; boundary=b", "{\"a\":\"" PLACEHOLDER "\"}", "N", NULL, NULL);
}

static void
test_url (void)
{
  check ("/api/resource/Customer/" PLACEHOLDER, NULL, NULL, "A/B & C", "/api/resource/Customer/A%2FB%20%26%20C",
         NULL);
  check ("/api/v2/document/Customer/%4cOCAL-" KEY "/method/submit?x=%20&name=" PLACEHOLDER "&y=a+b", NULL, NULL,
         "é", "/api/v2/document/Customer/%C3%A9/method/submit?x=%20&name=%C3%A9&y=a+b", NULL);
  check ("/x?filters=%7B%22customer%22:%22" PLACEHOLDER "%22,%22a%22:+1%7D&z", NULL, NULL, "N\"",
         "/x?filters=%7B%22customer%22:%22N%5C%22%22,%22a%22:+1%7D&z", NULL);
}

static void
test_form (void)
{
  check ("/x", FORM, "customer=" PLACEHOLDER "&remarks=a+b%20c", "A B", NULL,
         "customer=A%20B&remarks=a+b%20c");
  check ("/x", FORM "; charset=utf-8", "invoice=%7b%22customer%22%3A+%22" PLACEHOLDER "%22%2C%22n%22:0.10%7d&b=%ff",
         "N", NULL, "invoice=%7b%22customer%22%3A+%22N%22%2C%22n%22:0.10%7d&b=%ff");
  /* Bytes that are no UTF-8, before and behind. */
  check ("/x", FORM, "a=%7B%22x%22%3A%22%ff%c3%e2%82%22%2C%22c%22%3A%22" PLACEHOLDER "%22%2C%22y%22%3A%22%80%22%7D", "N",
         NULL, "a=%7B%22x%22%3A%22%ff%c3%e2%82%22%2C%22c%22%3A%22N%22%2C%22y%22%3A%22%80%22%7D");
}

/* One character of it escaped, and nothing else escaped in the text. */
static void
test_escaped (void)
{
  const char *type = "application/json";

  check ("/x", type, "{\"a\":\"LOCAL\\u002d" KEY "\"}", "N", NULL, "{\"a\":\"N\"}");
  check ("/x", type, "{\"a\":\"\\u006cocal-" KEY "\"}", "N", NULL, "{\"a\":\"N\"}");
  check ("/x", type, "{\"a\":\"[\\\"LOCA\\\\u004C-" KEY "\\\"]\"}", "N", NULL, "{\"a\":\"[\\\"N\\\"]\"}");
  check ("/x", FORM, "a=LOCAL%2D" KEY, "N", NULL, "a=N");
  check ("/x", FORM, "a=LOCAL%2d" KEY, "N", NULL, "a=N");
  check ("/x", FORM, "a=lo%43al-" KEY, "N", NULL, "a=N");
  check ("/x", FORM, "a=loc%61l-" KEY, "N", NULL, "a=N");
  check ("/x", FORM, "a={\"b\":\"LOCAL%5cu002d" KEY "\"}", "N", NULL, "a={\"b\":%22N%22}");
  check ("/x", FORM, "a={\"b\":\"LOCAL\\%75002d" KEY "\"}", "N", NULL, "a={\"b\":%22N%22}");
  check ("/x/LOCAL%2d" KEY, NULL, NULL, "N", "/x/N", NULL);
  check ("/x?a=%6cocal-" KEY, NULL, NULL, "N", "/x?a=N", NULL);
}

static void
test_list (void)
{
  static const char body[] = "{\"a\":\"LOCAL-one\",\"b\":\"{\\\"c\\\":\\\"LOCAL-two\\\"}\",\"d\":\"local-ONE\"}";
  g_autoptr (GBytes) bytes = g_bytes_new_static (body, strlen (body));
  g_autoptr (GPtrArray) found = sync_placeholder_list ("/api/resource/Customer/LOCAL-three", NULL, bytes);

  g_assert_cmpuint (found->len, ==, 3);
  g_assert_cmpstr (g_ptr_array_index (found, 0), ==, "LOCAL-three");
  g_assert_cmpstr (g_ptr_array_index (found, 1), ==, "LOCAL-one");
  g_assert_cmpstr (g_ptr_array_index (found, 2), ==, "LOCAL-two");
  g_assert_true (sync_placeholder_is_certain ("local-" KEY));
  g_assert_false (sync_placeholder_is_certain ("LOCAL-EGGS"));
  g_assert_false (sync_placeholder_is_certain (KEY));
}

/* The generator --------------------------------------------------------------------------------------------- */

static const char *const names[] = { "CUST-0001", "Ann \"A\" O'Neil", "a/b?c&d=e#%+", "größe 日本 \\", "{\"x\":1}" };

static void
append_noise_string (SyncRandom *random, GString *out)
{
  static const char *const noise[]
      = { "\"\"", "\"a\"", "\"LOCAL-\"", "\"Note about " PLACEHOLDER "\"", "\"\\u00e9\\/\\ud800\"", "\"[1\"",
          "\"\\\"LOCAL\\\"\"", "\"{}\"", "\"LOCAL-other\"", "\"größe\"", "\"\\u0000 \\n\"", "\"\\ud83d\\ude00\"" };

  g_string_append (out, noise[sync_random_below (random, G_N_ELEMENTS (noise))]);
}

static void append_value (SyncRandom *random, const char *text, guint depth, GString *out);

static void
append_container (SyncRandom *random, const char *text, guint depth, GString *out)
{
  gboolean object = sync_random_below (random, 2) == 0;
  guint n = (guint) sync_random_below (random, 4);

  g_string_append (out, object ? "{ " : "[");
  for (guint i = 0; i < n; i++)
    {
      g_string_append (out, i > 0 ? ",\n" : "");
      if (object)
        {
          append_noise_string (random, out);
          g_string_append (out, ": ");
        }
      append_value (random, text, depth + 1, out);
    }
  g_string_append_c (out, object ? '}' : ']');
}

/* @text as a JSON string, a placeholder or the name that is to stand there. */
static void
append_quoted (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *p);
    }
  g_string_append_c (out, '"');
}

static void
append_value (SyncRandom *random, const char *text, guint depth, GString *out)
{
  static const char *const plain[] = { "0.10", "12345678901234567890", "-1e5", "true", "null" };
  g_autoptr (GString) inner = NULL;

  switch (sync_random_below (random, depth > 4 ? 4 : 7))
    {
    case 0:
      g_string_append (out, plain[sync_random_below (random, G_N_ELEMENTS (plain))]);
      break;
    case 1:
      append_noise_string (random, out);
      break;
    case 2:
    case 3:
      append_quoted (out, text);
      break;
    case 4:
      inner = g_string_new (NULL);
      append_container (random, text, depth + 1, inner);
      /* Line ends cannot stand in a string as they are. */
      g_string_replace (inner, "\n", " ", 0);
      append_quoted (out, inner->str);
      break;
    default:
      append_container (random, text, depth, out);
    }
}

/* A JSON object with at least one member. */
static char *
make_object (SyncRandom *random, const char *text)
{
  GString *out = g_string_new ("{\"first\": ");

  append_value (random, text, 0, out);
  g_string_append (out, ", \"second\" :");
  append_value (random, text, 0, out);
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

static char *
make_fields (SyncRandom *random, const char *text)
{
  static const char *const noise[] = { "a=b+c", "x", "=", "note=about+" PLACEHOLDER, "bad=%ff%zz%", "y=%4cOCAL-" };
  GString *out = g_string_new ("first=1");
  guint n = 1 + (guint) sync_random_below (random, 4);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *object = make_object (random, text);
      const char *value = sync_random_below (random, 2) == 0 ? text : object;
      g_autofree char *encoded = g_uri_escape_string (value, NULL, FALSE);

      g_string_append_printf (out, "&%s&field%u=%s", noise[sync_random_below (random, G_N_ELEMENTS (noise))], i,
                              encoded);
    }
  return g_string_free (out, FALSE);
}

static char *
make_url (SyncRandom *random, const char *text)
{
  g_autofree char *encoded = g_uri_escape_string (text, NULL, FALSE);
  g_autofree char *fields = make_fields (random, text);

  gboolean query = sync_random_below (random, 2) == 0;

  return g_strdup_printf ("/api/resource/Customer/%s/about%%20" PLACEHOLDER "%s%s",
                          sync_random_below (random, 2) == 0 ? encoded : "x%2Fy", query ? "?" : "",
                          query ? fields : "");
}

static void
make_request (guint seed, gboolean form, const char *text, char **url, char **body)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (seed);

  *url = make_url (random, text);
  *body = form ? make_fields (random, text) : make_object (random, text);
}

static void
test_property (void)
{
  for (guint seed = 1; seed <= ROUNDS; seed++)
    {
      const char *name = names[seed % G_N_ELEMENTS (names)];
      gboolean form = seed % 2 == 0;
      const char *type = form ? FORM : "application/json";
      g_autofree char *url = NULL, *body = NULL, *wanted_url = NULL, *wanted_body = NULL;
      g_autofree char *new_url = NULL, *url_again = NULL;
      g_autoptr (GBytes) bytes = NULL, new_body = NULL, body_again = NULL;
      g_autoptr (GPtrArray) left = NULL;

      make_request (seed, form, PLACEHOLDER, &url, &body);
      make_request (seed, form, name, &wanted_url, &wanted_body);
      bytes = g_bytes_new (body, strlen (body));
      sync_placeholder_rewrite (url, type, bytes, give_name, (gpointer) name, &new_url, &new_body);
      g_assert_cmpstr (new_url != NULL ? new_url : url, ==, wanted_url);
      if (new_body == NULL)
        new_body = g_bytes_ref (bytes);
      g_assert_cmpmem (g_bytes_get_data (new_body, NULL), g_bytes_get_size (new_body), wanted_body, strlen (wanted_body));

      /* Nothing is left, so a second time changes nothing. */
      g_assert_false (sync_placeholder_rewrite (wanted_url, type, new_body, give_name, (gpointer) name, &url_again,
                                                &body_again));
      left = sync_placeholder_list (wanted_url, type, new_body);
      for (guint i = 0; i < left->len; i++)
        g_assert_cmpstr (g_ptr_array_index (left, i), !=, PLACEHOLDER);
    }
}

/* Whatever arrives: no crash, and what is listed afterwards no longer holds what was replaced. */
static void
test_damaged (void)
{
  static const char *const pieces[] = { "\"", "\\", "{", "}", "[", "]", "%", "%2", "&", "=", "?", "/", "\\u00", PLACEHOLDER };
  g_autoptr (SyncRandom) random = sync_random_seeded_new (11);

  for (guint round = 0; round < ROUNDS * 2; round++)
    {
      gboolean form = round % 2 == 0;
      const char *type = form ? FORM : "application/json";
      g_autofree char *url = make_url (random, PLACEHOLDER);
      g_autofree char *body = form ? make_fields (random, PLACEHOLDER) : make_object (random, PLACEHOLDER);
      g_autoptr (GString) damaged_url = g_string_new (url);
      g_autoptr (GString) damaged = g_string_new (body);
      g_autoptr (GBytes) bytes = NULL, new_body = NULL;
      g_autofree char *new_url = NULL;
      g_autoptr (GPtrArray) left = NULL;

      for (guint i = (guint) sync_random_below (random, 4); i > 0; i--)
        {
          const char *piece = pieces[sync_random_below (random, G_N_ELEMENTS (pieces))];
          GString *target = sync_random_below (random, 3) == 0 ? damaged_url : damaged;
          gssize at = (gssize) sync_random_below (random, target->len);

          if (sync_random_below (random, 2) == 0)
            g_string_insert (target, at, piece);
          else
            g_string_erase (target, at, 1);
        }
      if (sync_random_below (random, 4) == 0)
        damaged->str[sync_random_below (random, damaged->len)] = (char) sync_random_below (random, 256);
      bytes = g_bytes_new (damaged->str, damaged->len);
      sync_placeholder_rewrite (damaged_url->str, type, bytes, give_name, (gpointer) "N", &new_url, &new_body);
      left = sync_placeholder_list (new_url != NULL ? new_url : damaged_url->str, type,
                                    new_body != NULL ? new_body : bytes);
      for (guint i = 0; i < left->len; i++)
        g_assert_cmpint (g_ascii_strcasecmp (g_ptr_array_index (left, i), PLACEHOLDER), !=, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/placeholder/json", test_json);
  g_test_add_func ("/sync/placeholder/not-a-name", test_not_a_name);
  g_test_add_func ("/sync/placeholder/url", test_url);
  g_test_add_func ("/sync/placeholder/form", test_form);
  g_test_add_func ("/sync/placeholder/escaped", test_escaped);
  g_test_add_func ("/sync/placeholder/list", test_list);
  g_test_add_func ("/sync/placeholder/property", test_property);
  g_test_add_func ("/sync/placeholder/damaged", test_damaged);
  return g_test_run ();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is sent, as people read and edit it. */
#include "sync-request-payload.h"

#include <string.h>

static SyncRequest *
make (const char *content_type, const char *body)
{
  SyncRequest *request = sync_request_new ();

  request->content_type = g_strdup (content_type);
  request->accepted_body = body != NULL ? g_bytes_new (body, strlen (body)) : NULL;
  return request;
}

static void
assert_shown (const char *content_type, const char *body, const char *expected)
{
  g_autoptr (SyncRequest) request = make (content_type, body);
  g_autofree char *shown = sync_request_payload_dup_shown (request);

  g_assert_cmpstr (shown, ==, expected);
}

static void
test_shown (void)
{
  assert_shown (NULL, NULL, NULL);
  assert_shown (NULL, "{\"a\":1.0}", "{\n  \"a\": 1.0\n}");
  assert_shown ("text/plain", "as it is", "as it is");
  assert_shown ("application/json", "no JSON", "no JSON");
  assert_shown ("application/json", "\xff", NULL);
  assert_shown ("application/x-www-form-urlencoded", "name=A+B&doc=%7B%22password%22%3A%22hush%22%7D",
                "name = A B\ndoc = {\n  \"password\": \"••••••••\"\n}");
}

static void
test_secret (void)
{
  g_autoptr (SyncRequest) without = make (NULL, "{\"a\":1}");
  g_autoptr (SyncRequest) with = make (NULL, "{\"new_password\":\"hush\"}");

  g_assert_false (sync_request_payload_has_secret (without));
  g_assert_true (sync_request_payload_has_secret (with));
}

static void
test_long (void)
{
  g_autofree char *body = g_strnfill (400 * 1024, 'x');
  g_autoptr (SyncRequest) request = make ("text/plain", body);
  g_autofree char *shown = sync_request_payload_dup_shown (request);

  g_assert_cmpuint (strlen (shown), <, 300 * 1024);
  g_assert_true (g_str_has_suffix (shown, "x…"));
  g_assert_true (g_utf8_validate (shown, -1, NULL));
}

static void
test_editable (void)
{
  g_autoptr (SyncRequest) json = make ("application/json; charset=utf-8", "{\"a\":1}");
  g_autoptr (SyncRequest) form = make ("application/x-www-form-urlencoded", "a=1&b=%7B%7D");
  g_autofree char *json_text = NULL;
  g_autofree char *form_text = NULL;
  gboolean is_json;

  json_text = sync_request_payload_dup_editable (json, &is_json);
  g_assert_cmpstr (json_text, ==, "{\n  \"a\": 1\n}");
  g_assert_true (is_json);
  form_text = sync_request_payload_dup_editable (form, &is_json);
  g_assert_cmpstr (form_text, ==, "a=1&b=%7B%7D");
  g_assert_false (is_json);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/request-payload/shown", test_shown);
  g_test_add_func ("/sync/request-payload/secret", test_secret);
  g_test_add_func ("/sync/request-payload/long", test_long);
  g_test_add_func ("/sync/request-payload/editable", test_editable);
  return g_test_run ();
}

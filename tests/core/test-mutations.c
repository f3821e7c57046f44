/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damaged requests and answers: whatever arrives, nothing crashes, the same input gives the same result,
 * and what was taken can be sent. */
#include "config.h"

#include <string.h>

#include "recording.h"
#include "sync-body.h"
#include "sync-json.h"
#include "sync-outcome.h"

#define ROUNDS 20000
#define MAX_SIZE 6000 /* larger recordings are left out, to stay quick under the sanitizers */

static SyncRouteTable *table; /* (owned) */

static GBytes *
mutate (SyncRandom *random, GBytes *bytes)
{
  static const char *const pieces[]
      = { "{",     "}",       "[",   "]", "\"", "\\",   ",",   ":",    "null",
          "1e999", "\\ud800", "%00", "&", "=",  "\xff", "doc", "<br>", "[[[[[[[[" };
  g_autoptr (GByteArray) array = g_byte_array_new ();
  guint n_changes = 1 + (guint) sync_random_below (random, 4);

  if (g_bytes_get_size (bytes) > 0)
    g_byte_array_append (array, g_bytes_get_data (bytes, NULL), (guint) g_bytes_get_size (bytes));
  for (guint i = 0; i < n_changes && array->len > 0; i++)
    {
      guint at = (guint) sync_random_below (random, array->len);
      guint count = 1 + (guint) sync_random_below (random, 20);
      const char *piece = pieces[sync_random_below (random, G_N_ELEMENTS (pieces))];

      switch (sync_random_below (random, 4))
        {
        case 0:
          array->data[at] = (guint8) sync_random_below (random, 256);
          break;
        case 1:
          g_byte_array_remove_range (array, at, MIN (array->len - at, count));
          break;
        case 2:
          g_byte_array_set_size (array, at);
          break;
        default:
          g_byte_array_append (array, (const guint8 *) piece, (guint) strlen (piece));
          memmove (array->data + at + strlen (piece), array->data + at, array->len - at - strlen (piece));
          memcpy (array->data + at, piece, strlen (piece));
        }
    }
  return g_bytes_new (array->data, array->len);
}

static char *
mutate_text (SyncRandom *random, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GBytes) changed = mutate (random, bytes);

  return g_bytes_get_size (changed) > 0
             ? g_strndup (g_bytes_get_data (changed, NULL), g_bytes_get_size (changed))
             : g_strdup ("");
}

/* A request's whole way through the core, as one line. */
static char *
follow_request (const char *method, const char *path, const char *type, GBytes *body)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRoute) route = sync_route_table_match (table, method, path, type, body, &error);
  g_autoptr (GBytes) wire = NULL;
  g_autofree char *fingerprint = NULL, *sent = NULL;
  gsize length = 0;
  const char *data;

  if (route == NULL)
    return g_strdup (error->message);
  fingerprint = sync_body_fingerprint (route, method, path, type, body, &error);
  g_assert_no_error (error);
  wire = sync_body_build_wire (route, type, body, "0192f3a1-key", "2026-11-22 17:29:05", 0, &error);
  data = wire != NULL ? g_bytes_get_data (wire, &length) : NULL;
  /* What was JSON stays JSON. */
  if (route->kind == SYNC_ROUTE_WRITE && length > 0 && g_strcmp0 (type, "application/json") == 0)
    g_assert_true (sync_json_check (data, length, NULL, NULL));
  sync_body_agrees_with (route, type, body, "{\"items\":[{\"qty\":1.0}],\"docstatus\":1}");
  sent = length > 0 ? g_compute_checksum_for_data (G_CHECKSUM_SHA1, (const guchar *) data, length)
                    : g_strdup ("-");
  return g_strdup_printf ("%d %d %s %s %s %s %s", route->kind, route->action, route->resource_type,
                          route->resource_id, route->natural_lane, fingerprint, sent);
}

static char *
follow_answer (const Recording *recording, guint status, GBytes *body)
{
  g_autoptr (SyncAnswer) answer = sync_answer_new_from_reply (
      SYNC_TRANSPORT_OK, TRUE, status, recording->type, recording->retry_after, recording->date,
      recording->reset, body, SYNC_PROOF_DOCUMENT, "posa_client_request_id");
  SyncOutcome outcome = sync_outcome_classify (answer, SYNC_ACTION_CREATE);

  g_assert_true (answer->message == NULL || g_utf8_validate (answer->message, -1, NULL));
  g_assert_true (outcome.verdict != SYNC_VERDICT_DELIVERED
                 || (answer->proof_met && answer->server_name != NULL));
  return g_strdup_printf ("%d %d %s %s %s", outcome.verdict, outcome.host, answer->exc_type,
                          answer->server_name, answer->message);
}

static GPtrArray *
load_small (void)
{
  g_autoptr (GPtrArray) names = recording_list ();
  GPtrArray *recordings = g_ptr_array_new_with_free_func ((GDestroyNotify) recording_free);

  for (guint i = 0; i < names->len; i++)
    {
      Recording *recording = recording_load (g_ptr_array_index (names, i));

      if (g_bytes_get_size (recording->answer) < MAX_SIZE
          && g_bytes_get_size (recording->request) < MAX_SIZE)
        g_ptr_array_add (recordings, recording);
      else
        recording_free (recording);
    }
  return recordings;
}

static void
test_requests (void)
{
  g_autoptr (GPtrArray) recordings = load_small ();
  g_autoptr (SyncRandom) random = sync_random_seeded_new (20261122);

  for (guint i = 0; i < ROUNDS / 2; i++)
    {
      const Recording *recording
          = g_ptr_array_index (recordings, sync_random_below (random, recordings->len));
      g_autoptr (GBytes) body = mutate (random, recording->request);
      g_autofree char *path = sync_random_below (random, 4) == 0 ? mutate_text (random, recording->path)
                                                                 : g_strdup (recording->path);
      g_autofree char *first = follow_request (recording->method, path, recording->request_type, body);
      g_autofree char *again = follow_request (recording->method, path, recording->request_type, body);

      g_assert_cmpstr (first, ==, again);
    }
}

static void
test_answers (void)
{
  g_autoptr (GPtrArray) recordings = load_small ();
  g_autoptr (SyncRandom) random = sync_random_seeded_new (20261123);

  for (guint i = 0; i < ROUNDS / 2; i++)
    {
      const Recording *recording
          = g_ptr_array_index (recordings, sync_random_below (random, recordings->len));
      guint status = sync_random_below (random, 8) == 0 ? (guint) sync_random_below (random, 700)
                                                        : recording->status;
      g_autoptr (GBytes) body = mutate (random, recording->answer);
      g_autofree char *first = follow_answer (recording, status, body);
      g_autofree char *again = follow_answer (recording, status, body);

      g_assert_cmpstr (first, ==, again);
    }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  table = sync_route_table_new (NULL, NULL);
  g_test_add_func ("/sync/mutations/requests", test_requests);
  g_test_add_func ("/sync/mutations/answers", test_answers);
  result = g_test_run ();
  g_object_unref (table);
  return result;
}

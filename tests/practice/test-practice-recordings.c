/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replays the recorded exchanges of a real site, in the order and at the time of their recording, against
 * the shop over real HTTP, and compares (wire-compare.c). What the site chose in an earlier recorded
 * answer (names, row names, stamps) is replaced in later requests by what the shop chose. */
#include "config.h"

#include "recording-steps.h"
#include "sync-clock-virtual.h"
#include "wire.h"

#include <string.h>

#define WIRE_DIRECTORY SYNC_FIXTURES "/wire"
#define RECORDED_FROM_US (G_GINT64_CONSTANT (1795348500) * G_USEC_PER_SEC) /* 2026-11-22 11:55:00 UTC */
#define LEAST 300
#define N_EXC_TYPES 36

typedef struct
{
  SyncClockVirtual *clock;  /* (owned) */
  SyncPracticeShop *shop;   /* (owned) */
  GHashTable *ours;         /* (owned) (element-type utf8 utf8): recorded text -> the shop's */
  GHashTable *exc_types;    /* (owned) (element-type utf8): those compared */
  char *sid;                /* (owned) (nullable) */
  char *csrf;               /* (owned) (nullable) */
  char *body;               /* (owned) (nullable): for the next request, in place of the recorded one */
  guint n_same;
  guint n_different;
  guint n_skipped;
} Replay;

static guint
port_of (Replay *replay)
{
  return sync_practice_shop_get_port (replay->shop);
}

static void
learn (Replay *replay, const char *recorded, const char *own)
{
  if (recorded != NULL && own != NULL && strlen (recorded) > 6)
    g_hash_table_insert (replay->ours, g_strdup (recorded), g_strdup (own));
}

static void
learn_member (Replay *replay, JsonObject *recorded, JsonObject *own, const char *name)
{
  learn (replay, json_object_get_string_member_with_default (recorded, name, NULL),
         json_object_get_string_member_with_default (own, name, NULL));
}

/* Names and stamps of a document, and of the rows of its tables. */
static void
learn_document (Replay *replay, JsonObject *recorded, JsonObject *own)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  learn_member (replay, recorded, own, "name");
  learn_member (replay, recorded, own, "creation");
  learn_member (replay, recorded, own, "modified");
  json_object_iter_init (&iter, recorded);
  while (json_object_iter_next (&iter, &name, &value))
    {
      JsonNode *other = json_object_get_member (own, name);
      JsonArray *rows = JSON_NODE_HOLDS_ARRAY (value) ? json_node_get_array (value) : NULL;
      JsonArray *own_rows = other != NULL &&
        JSON_NODE_HOLDS_ARRAY (other) ? json_node_get_array (other) : NULL;

      for (guint i = 0; rows != NULL && own_rows != NULL &&
                        i < MIN (json_array_get_length (rows), json_array_get_length (own_rows)); i++)
        if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (rows, i)) &&
            JSON_NODE_HOLDS_OBJECT (json_array_get_element (own_rows, i)))
          learn_document (replay, json_array_get_object_element (rows, i),
                          json_array_get_object_element (own_rows, i));
    }
}

static int
longer_first (gconstpointer a, gconstpointer b)
{
  return (int) strlen (b) - (int) strlen (a);
}

/* Replaces everything that was learnt, in one pass. */
static char *
translate (Replay *replay, const char *text)
{
  g_autoptr (GString) result = g_string_new (NULL);
  g_autoptr (GList) keys = g_list_sort (g_hash_table_get_keys (replay->ours), longer_first);

  while (*text != '\0')
    {
      GList *item = keys;

      while (item != NULL && !g_str_has_prefix (text, item->data))
        item = item->next;
      if (item == NULL)
        g_string_append_c (result, *text++);
      else
        {
          g_string_append (result, g_hash_table_lookup (replay->ours, item->data));
          text += strlen (item->data);
        }
    }
  return g_string_free (g_steal_pointer (&result), FALSE);
}

static char *
path_of (const char *doctype, const char *name)
{
  g_autofree char *type = g_uri_escape_string (doctype, NULL, FALSE);
  g_autofree char *escaped = name != NULL ? g_uri_escape_string (name, NULL, FALSE) : NULL;

  return g_strjoin ("/", "/api/resource", type, escaped, NULL);
}

static void
change_document (Replay *replay, const Step *step)
{
  g_auto (GStrv) recorded = g_strsplit (step->c, " ", 2);
  g_autofree char *name = step->kind != STEP_CREATE && g_str_has_prefix (step->a, "Sales")
                            ? translate (replay, step->c)
                            : step->kind != STEP_CREATE ? translate (replay, recorded[0]) : NULL;
  g_autofree char *path = path_of (step->a, name);
  const char *verb = step->kind == STEP_CREATE ? "POST" : step->kind == STEP_UPDATE ? "PUT" : "DELETE";
  g_autoptr (WireMessage) answer = wire_call (port_of (replay), verb, path,
                                              step->kind == STEP_CREATE &&
                                              g_str_has_prefix (step->a, "Sales") ? "cashier"

                                              : "manager",
                                              step->b);
  g_autoptr (JsonObject) body = wire_message_dup_json (answer);
  JsonNode *node;

  if (wire_message_status (answer) >= 300)
    g_error ("%s: cannot set up: %s %s", step->file, answer->start, answer->body);
  node = json_object_get_member (body, "data");
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return;
  learn (replay, recorded[0], json_object_get_string_member (json_node_get_object (node), "name"));
  if (recorded[1] != NULL)
    learn (replay, recorded[1], json_object_get_string_member (json_node_get_object (node), "modified"));
}

static void
set_session (Replay *replay, const char *how)
{
  g_free (replay->sid);
  replay->sid = strcmp (how, "dead") == 0
                  ? g_strdup ("0123456789abcdef")
                  : sync_practice_shop_dup_session (replay->shop, "cashier", strcmp (how, "live") == 0);
  g_free (replay->csrf);
  replay->csrf = g_strconcat ("csrf-", replay->sid, NULL);
}

static void
lock_login (Replay *replay, const char *user)
{
  g_autofree char *body = g_strdup_printf ("{\"usr\":\"%s\",\"pwd\":\"wrong\"}", user);

  for (guint i = 0; i < 11; i++)
    wire_message_free (wire_call (port_of (replay), "POST", "/api/method/login", NULL, body));
}

static void
take_step (Replay *replay, const Step *step)
{
  g_autoptr (JsonNode) node = step->kind == STEP_FAULT ? json_from_string (step->a, NULL) : NULL;
  g_autoptr (GError) error = NULL;
  gint64 rest_us;

  switch (step->kind)
    {
    case STEP_CREATE:
    case STEP_UPDATE:
    case STEP_DELETE:
      change_document (replay, step);
      break;
    case STEP_FAULT:
      sync_practice_shop_clear_faults (replay->shop);
      sync_practice_shop_add_fault_json (replay->shop, json_node_get_object (node), &error);
      g_assert_no_error (error);
      break;
    case STEP_MAINTENANCE:
      sync_practice_shop_set_maintenance (replay->shop, strcmp (step->a, "stopped") == 0
                                                          ? SYNC_PRACTICE_MAINTENANCE_STOPPED
                                                          : SYNC_PRACTICE_MAINTENANCE_READ_ONLY);
      break;
    case STEP_NO_TRACEBACKS:
      sync_practice_shop_set_tracebacks (replay->shop, FALSE);
      break;
    case STEP_SECRET:
      g_assert_true (sync_practice_shop_set_user_secret (replay->shop, step->a, step->b));
      break;
    case STEP_ENABLED:
      g_assert_true (sync_practice_shop_set_user_enabled (replay->shop, step->a, step->b[0] == '1'));
      break;
    case STEP_SESSION:
      set_session (replay, step->a);
      break;
    case STEP_LOCK_LOGIN:
      lock_login (replay, step->a);
      break;
    case STEP_BODY:
      replay->body = g_strdup (step->a);
      break;
    case STEP_BIG_BODY:
      {
        g_autofree char *content = g_strnfill (g_ascii_strtoull (step->a, NULL, 10), 'x');

        replay->body = g_strdup_printf ("{\"title\": \"big\", \"content\": \"%s\"}", content);
        break;
      }
    case STEP_WHOLE_CLOCK:
      rest_us = sync_clock_wall_us (SYNC_CLOCK (replay->clock)) % G_USEC_PER_SEC;
      sync_clock_virtual_jump_wall_us (replay->clock, G_USEC_PER_SEC - rest_us);
      break;
    }
}

/* The recorded request with what was learnt put in: its own host, length and session. */
static char *
make_request (Replay *replay, WireRecording *recording, gsize *length)
{
  WireMessage *recorded = recording->request;
  g_autofree char *start = translate (replay, recorded->start);
  g_autofree char *body =
    replay->body != NULL ? g_steal_pointer (&replay->body) : translate (replay, recorded->body);
  gsize n_body = strlen (body);
  g_autoptr (GString) request = g_string_new (start);
  gboolean chunked = wire_message_header (recorded, "Transfer-Encoding") != NULL;

  g_string_append (request, "\r\n");
  for (guint i = 0; i < recorded->headers->len; i++)
    {
      const char *line = g_ptr_array_index (recorded->headers, i);

      if (g_str_has_prefix (line, "Content-Length:") || g_str_has_prefix (line, "Connection:"))
        continue;
      if (g_str_has_prefix (line, "Cookie:"))
        g_string_append_printf (request, "Cookie: sid=%s\r\n", replay->sid);
      else if (g_str_has_prefix (line, "X-Frappe-CSRF-Token: CSRF"))
        g_string_append_printf (request, "X-Frappe-CSRF-Token: %s\r\n", replay->csrf);
      else if (strcmp (line, "Authorization: Basic BASE64(KEY:SECRET)") == 0)
        g_string_append (request, "Authorization: Basic S0VZLUFkbWluaXN0cmF0b3I6U0VDUkVU\r\n");
      else
        g_string_append_printf (request, "%s\r\n", line);
    }
  g_string_append (request, "Connection: close\r\n");
  if (!chunked && (n_body > 0 || wire_message_header (recorded, "Content-Length") != NULL))
    g_string_append_printf (request, "Content-Length: %" G_GSIZE_FORMAT "\r\n", n_body);
  g_string_append (request, "\r\n");
  g_string_append_len (request, body, n_body);
  *length = request->len;
  return g_string_free (g_steal_pointer (&request), FALSE);
}

/* What a cut body begins with, and the rows of its items. */
static void
learn_beginning (Replay *replay, WireMessage *recorded, JsonObject *own)
{
  static const char *const names[] = { "name", "creation", "modified" };
  const char *rows = strstr (recorded->body, "\"items\":[");
  JsonArray *items =
    json_object_has_member (own, "items") ? json_object_get_array_member (own, "items") : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *mark = g_strdup_printf ("\"%s\":\"", names[i]);
      const char *found = strstr (recorded->body, mark);
      g_autofree char *value =
        found != NULL ? g_strndup (found + strlen (mark), strcspn (found + strlen (mark), "\""))
                                             : NULL;

      learn (replay, value, json_object_get_string_member_with_default (own, names[i], NULL));
    }
  for (guint i = 0; rows != NULL && items != NULL && i < json_array_get_length (items); i++)
    {
      g_autofree char *value = NULL;

      rows = strstr (rows + 1, "{\"name\":\"");
      if (rows == NULL)
        break;
      value = g_strndup (rows + 9, strcspn (rows + 9, "\""));
      learn (replay, value, json_object_get_string_member (json_array_get_object_element (items, i), "name"));
    }
}

static void
learn_answer (Replay *replay, WireMessage *recorded, WireMessage *own)
{
  g_autoptr (JsonObject) json = wire_message_dup_json (recorded);
  g_autoptr (JsonObject) own_json = wire_message_dup_json (own);
  const char *cookie = wire_message_header (own, "Set-Cookie");
  const char *csrf = strstr (own->body, "csrf_token = \"");
  static const char *const members[] = { "data", "message" };

  if (recorded->cut && own_json != NULL && json_object_has_member (own_json, "data") &&
      JSON_NODE_HOLDS_OBJECT (json_object_get_member (own_json, "data")))
    learn_beginning (replay, recorded, json_object_get_object_member (own_json, "data"));
  for (guint i = 0; json != NULL && own_json != NULL && i < G_N_ELEMENTS (members); i++)
    {
      JsonNode *node = json_object_get_member (json, members[i]);
      JsonNode *own_node = json_object_get_member (own_json, members[i]);

      if (node != NULL && own_node != NULL && JSON_NODE_HOLDS_OBJECT (node) &&
          JSON_NODE_HOLDS_OBJECT (own_node))
        learn_document (replay, json_node_get_object (node), json_node_get_object (own_node));
    }
  if (cookie != NULL && g_str_has_prefix (cookie, "sid=") && !g_str_has_prefix (cookie, "sid=Guest"))
    {
      g_free (replay->sid);
      replay->sid = g_strndup (cookie + 4, strcspn (cookie + 4, ";"));
    }
  if (csrf != NULL)
    {
      csrf += strlen ("csrf_token = \"");
      g_free (replay->csrf);
      replay->csrf = g_strndup (csrf, strcspn (csrf, "\""));
    }
}

/* The exc_type that this recording stands for was compared. */
static void
note_exc_type (Replay *replay, WireMessage *recorded)
{
  g_autoptr (JsonObject) json = wire_message_dup_json (recorded);
  const char *type =
    json != NULL ? json_object_get_string_member_with_default (json, "exc_type", NULL) : NULL;

  if (type != NULL)
    g_hash_table_add (replay->exc_types, g_strdup (type));
}

static const char *
skip_reason (const char *name)
{
  for (guint i = 0; recording_skips[i].file != NULL; i++)
    if (g_str_has_prefix (name, recording_skips[i].file))
      return recording_skips[i].reason;
  return NULL;
}

static void
replay_one (Replay *replay, WireRecording *recording)
{
  const char *name = recording->name;
  gint64 ahead_us = recording->date_us - sync_clock_wall_us (SYNC_CLOCK (replay->clock));
  g_autoptr (WireMessage) own = NULL;
  g_autofree char *request = NULL;
  g_autofree char *answer = NULL;
  g_autofree char *difference = NULL;
  gsize n_request = 0;
  gsize n_answer = 0;

  if (skip_reason (name) != NULL)
    {
      replay->n_skipped++;
      g_test_message ("skipped %s: %s", name, skip_reason (name));
      return;
    }
  if (ahead_us > 0)
    sync_clock_virtual_jump_wall_us (replay->clock, ahead_us);
  for (guint i = 0; recording_steps[i].file != NULL; i++)
    if (g_str_has_prefix (name, recording_steps[i].file))
      take_step (replay, &recording_steps[i]);
  request = make_request (replay, recording, &n_request);
  answer = wire_send (port_of (replay), request, n_request, &n_answer);
  own = wire_message_parse (answer, n_answer);
  difference = wire_compare (recording->answer, own);
  note_exc_type (replay, recording->answer);
  if (difference == NULL)
    replay->n_same++;
  else
    {
      replay->n_different++;
      g_test_message ("DIFFERENT %s: %s", name, difference);
      g_test_fail ();
    }
  learn_answer (replay, recording->answer, own);
  sync_practice_shop_set_maintenance (replay->shop, SYNC_PRACTICE_MAINTENANCE_OFF);
  sync_practice_shop_set_tracebacks (replay->shop, TRUE);
  sync_clock_virtual_advance_us (replay->clock, 7013);
}

static int
compare_date (gconstpointer a, gconstpointer b)
{
  const WireRecording *first = *(const WireRecording *const *) a;
  const WireRecording *second = *(const WireRecording *const *) b;

  if (first->date_us != second->date_us)
    return first->date_us < second->date_us ? -1 : 1;
  return strcmp (first->name, second->name);
}

static void
free_recording (gpointer recording)
{
  wire_recording_free (recording);
}

/* All recordings in the order in which they were made. */
static GPtrArray *
list_recordings (void)
{
  GPtrArray *recordings = g_ptr_array_new_with_free_func (free_recording);
  g_autoptr (GDir) directory = g_dir_open (WIRE_DIRECTORY, 0, NULL);
  const char *name;

  g_assert_nonnull (directory);
  while ((name = g_dir_read_name (directory)) != NULL)
    if (g_str_has_suffix (name, ".http"))
      g_ptr_array_add (recordings, wire_recording_load (WIRE_DIRECTORY, name));
  g_ptr_array_sort (recordings, compare_date);
  return recordings;
}

/* Every exc_type that occurs in the recordings was compared. */
static void
check_exc_types (Replay *replay, GPtrArray *recordings)
{
  guint n = 0;

  for (guint i = 0; i < recordings->len; i++)
    {
      WireRecording *recording = g_ptr_array_index (recordings, i);
      g_autoptr (JsonObject) json =
        recording->answer != NULL ? wire_message_dup_json (recording->answer) : NULL;
      const char *type =
        json != NULL ? json_object_get_string_member_with_default (json, "exc_type", NULL) : NULL;

      if (type == NULL)
        continue;
      n++;
      if (!g_hash_table_contains (replay->exc_types, type))
        g_error ("%s was not compared", type);
    }
  g_test_message ("%u kinds of exc_type in %u recorded errors", g_hash_table_size (replay->exc_types), n);
  g_assert_cmpuint (g_hash_table_size (replay->exc_types), ==, N_EXC_TYPES);
}

static void
test_all (void)
{
  g_autoptr (GPtrArray) recordings = list_recordings ();
  g_autoptr (SyncRandom) random = sync_random_seeded_new (1);
  g_autoptr (GError) error = NULL;
  Replay replay = { .clock = sync_clock_virtual_new (),
                    .ours = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free),
                    .exc_types = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };

  sync_clock_virtual_jump_wall_us (replay.clock,
                                   RECORDED_FROM_US - sync_clock_wall_us (SYNC_CLOCK (replay.clock)));
  replay.shop = sync_practice_shop_new (SYNC_CLOCK (replay.clock), random, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (sync_practice_shop_listen (replay.shop, 0, &error));
  learn (&replay, "PASSWORD", "practice");
  for (guint i = 0; i < recordings->len; i++)
    replay_one (&replay, g_ptr_array_index (recordings, i));
  g_test_message ("%u recordings: %u the same, %u different, %u skipped", recordings->len, replay.n_same,
                  replay.n_different,
                  replay.n_skipped);
  g_assert_cmpuint (recordings->len, ==, 438);
  g_assert_cmpuint (replay.n_same, >=, LEAST);
  check_exc_types (&replay, recordings);
  g_hash_table_unref (replay.ours);
  g_hash_table_unref (replay.exc_types);
  g_free (replay.sid);
  g_free (replay.csrf);
  g_object_unref (replay.shop);
  g_object_unref (replay.clock);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/practice/recordings", test_all);
  return g_test_run ();
}

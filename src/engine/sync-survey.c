/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Before many changes are sent, one question per hundred documents (fewer, if they have long names) tells which of them somebody else has changed or deleted
 * meanwhile. Those are looked at instead of sent, so that all conflicts are known at once and not one by one as the
 * server refuses them. An answer that does not come costs nothing: the server refuses all the same. Engine's thread
 * only. */
#include "config.h"

#include "sync-engine-private.h"

#include <string.h>

/* Fewer are sent as they are. */
#define AT_LEAST 3
#define AT_MOST 1000
#define NAMES_PER_CALL 100
/* Of the names as the URL has them: gunicorn, which ERPNext runs in, refuses a request line of more than 4094 bytes
 * (its setting limit_request_line), and the rest of it has less than a thousand. */
#define NAMES_BYTES_PER_CALL 3000

/* One question on its way. */
typedef struct
{
  SyncEngine *engine; /* (owned) */
  GPtrArray *rows;    /* (owned) (element-type SyncRequest): of one DocType */
  gint64 started_us;  /* boot clock */
} Survey;

static void
survey_free (Survey *survey)
{
  survey->engine->n_surveys--;
  g_object_unref (survey->engine);
  g_ptr_array_unref (survey->rows);
  g_free (survey);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Survey, survey_free)

/* (transfer full): the name and `modified` of each document of the survey that is there */
static char *
dup_path (const Survey *survey)
{
  const SyncRequest *first = g_ptr_array_index (survey->rows, 0);
  g_autofree char *list = sync_route_dup_document_path (first->resource_type, NULL);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *filters = NULL;
  g_autofree char *escaped = NULL;

  json_builder_begin_array (builder);
  json_builder_begin_array (builder);
  json_builder_add_string_value (builder, "name");
  json_builder_add_string_value (builder, "in");
  json_builder_begin_array (builder);
  for (guint i = 0; i < survey->rows->len; i++)
    json_builder_add_string_value (builder, sync_request_get_document_name (g_ptr_array_index (survey->rows, i)));
  json_builder_end_array (builder);
  json_builder_end_array (builder);
  json_builder_end_array (builder);
  node = json_builder_get_root (builder);
  filters = json_to_string (node, FALSE);
  escaped = g_uri_escape_string (filters, NULL, FALSE);
  return g_strdup_printf ("%s?filters=%s&fields=%%5B%%22name%%22%%2C%%22modified%%22%%5D&limit_page_length=%d", list, escaped,
                          NAMES_PER_CALL);
}

static const char *
find_modified (JsonArray *documents, const char *name)
{
  for (guint i = 0; i < json_array_get_length (documents); i++)
    {
      JsonNode *node = json_array_get_element (documents, i);
      g_autofree char *its = JSON_NODE_HOLDS_OBJECT (node) ? sync_question_dup_name (json_node_get_object (node)) : NULL;

      if (its != NULL && g_ascii_strcasecmp (its, name) == 0)
        return sync_json_member_text (json_node_get_object (node), "modified", NULL);
    }
  return NULL;
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Survey) survey = user_data;
  SyncEngine *self = survey->engine;
  g_auto (SyncReading) reading = { 0 };
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonArray *documents;

  sync_question_read (self, SYNC_TRANSPORT (source), result, survey->started_us, &reading);
  documents = self->running ? sync_question_get_rows (reading.reply, &reading.outcome, parser) : NULL;
  for (guint i = 0; documents != NULL && i < survey->rows->len; i++)
    {
      const SyncRequest *row = g_ptr_array_index (survey->rows, i);
      const char *modified = find_modified (documents, sync_request_get_document_name (row));

      if (g_strcmp0 (modified, row->base_modified) != 0)
        g_hash_table_add (self->suspects, g_memdup2 (&row->id, sizeof row->id));
    }
}

static void
ask (SyncEngine *self, gpointer *rows, guint n_rows)
{
  Survey *survey = g_new0 (Survey, 1);
  g_autofree char *path = NULL;
  g_autoptr (SyncTransportRequest) call = NULL;

  survey->engine = g_object_ref (self);
  survey->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_request_unref);
  for (guint i = 0; i < n_rows; i++)
    g_ptr_array_add (survey->rows, sync_request_ref (rows[i]));
  survey->started_us = sync_clock_boot_us (self->clock);
  self->n_surveys++;
  path = dup_path (survey);
  call = sync_engine_new_call (self, "GET", path);
  sync_transport_send_async (self->transport, call, self->errands, answered_cb, survey);
}

static gboolean
is_change (const SyncRequest *row)
{
  return row->state == SYNC_STATE_PENDING && row->attempts == 0 && row->base_modified != NULL && row->resource_type != NULL
         && g_str_equal (row->action, sync_action_to_string (SYNC_ACTION_UPDATE))
         && sync_request_get_document_name (row) != NULL;
}

static int
compare_types (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(SyncRequest *const *) a)->resource_type, (*(SyncRequest *const *) b)->resource_type);
}

/* (transfer full) (element-type SyncRequest): the changes that are due, those of one DocType together */
static GPtrArray *
list_changes (SyncEngine *self)
{
  g_autoptr (GPtrArray) due = sync_store_list_due (self->store, AT_MOST, NULL, NULL);
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_request_unref);

  for (guint i = 0; due != NULL && i < due->len; i++)
    if (is_change (g_ptr_array_index (due, i)))
      g_ptr_array_add (changes, sync_request_ref (g_ptr_array_index (due, i)));
  g_ptr_array_sort (changes, compare_types);
  return changes;
}

/* In the URL, with its quotes and its comma. */
static gsize
count_bytes (const SyncRequest *row)
{
  g_autofree char *escaped = g_uri_escape_string (sync_request_get_document_name (row), NULL, FALSE);

  return strlen (escaped) + strlen ("%22%22%2C");
}

/* Asks about the changes that are due, where there are many. */
void
sync_survey_start (SyncEngine *self)
{
  g_autoptr (GPtrArray) changes = NULL;
  guint first = 0;
  gsize n_bytes = 0;

  if (self->n_surveys > 0 || self->counts.n[SYNC_STATE_PENDING] < AT_LEAST || !sync_dispatcher_may_send (self))
    return;
  changes = list_changes (self);
  g_hash_table_remove_all (self->suspects);
  if (changes->len < AT_LEAST)
    return;
  for (guint i = 0; i < changes->len; i++)
    {
      gsize more = count_bytes (changes->pdata[i]);

      if (i > first
          && (i - first == NAMES_PER_CALL || n_bytes + more > NAMES_BYTES_PER_CALL
              || compare_types (&changes->pdata[i - 1], &changes->pdata[i]) != 0))
        {
          ask (self, &changes->pdata[first], i - first);
          first = i;
          n_bytes = 0;
        }
      n_bytes += more;
    }
  ask (self, &changes->pdata[first], changes->len - first);
}

/* Whether the row of that id is to be looked at, this once, instead of being sent. */
gboolean
sync_survey_take_suspect (SyncEngine *self, gint64 id)
{
  return g_hash_table_remove (self->suspects, &id);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes what happened into a file, in a thread of its own with a reader of its own. The file takes the place of an earlier
 * one only when it is whole. The names of the columns are for programs and stay as they are in every language. */
#include "config.h"

#include "sync-activity-export.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "sync-activity-item.h"
#include "sync-activity-words.h"

/* Rows between two reports of how far it is. */
#define SLICE_ROWS 200
#define SPREADSHEET_STARTS "=+-@\t\r\n"

typedef enum
{
  COLUMN_TIME,
  COLUMN_WHAT,
  COLUMN_ENTRY,
  COLUMN_DOCUMENT_TYPE,
  COLUMN_DOCUMENT,
  COLUMN_CUSTOMER,
  COLUMN_AMOUNT,
  COLUMN_CURRENCY,
  COLUMN_KEY,
  COLUMN_FROM,
  COLUMN_TO,
  COLUMN_HTTP_STATUS,
  COLUMN_OUTCOME,
  COLUMN_BY,
  N_COLUMNS
} Column;

static const char *const column_names[N_COLUMNS] = {
  [COLUMN_TIME] = "time",          [COLUMN_WHAT] = "what",         [COLUMN_ENTRY] = "entry",
  [COLUMN_DOCUMENT_TYPE] = "document_type", [COLUMN_DOCUMENT] = "document", [COLUMN_CUSTOMER] = "customer",
  [COLUMN_AMOUNT] = "amount",      [COLUMN_CURRENCY] = "currency", [COLUMN_KEY] = "key",
  [COLUMN_FROM] = "from",          [COLUMN_TO] = "to",             [COLUMN_HTTP_STATUS] = "http_status",
  [COLUMN_OUTCOME] = "outcome",    [COLUMN_BY] = "by",
};

typedef struct
{
  char *directory;                /* (owned): of the store */
  GArray *ids;                    /* (owned) (element-type gint64) */
  GFile *file;                    /* (owned) */
  SyncActivityFormat format;
  SyncActivityProgress progress;  /* (nullable) */
  gpointer progress_data;
} Export;

static void
export_free (gpointer data)
{
  Export *self = data;

  g_free (self->directory);
  g_array_unref (self->ids);
  g_object_unref (self->file);
  g_free (self);
}

/* A row's values; NULL where there is none. Those of the line's own are borrowed. */
typedef struct
{
  const char *values[N_COLUMNS]; /* (unowned) (nullable) */
  char *time;                    /* (owned) */
  char *entry;                   /* (owned) */
  char *status;                  /* (owned) (nullable) */
  char *outcome;                 /* (owned) */
  SyncSummary *summary;          /* (owned) */
} Row;

static void
row_clear (Row *self)
{
  g_free (self->time);
  g_free (self->entry);
  g_free (self->status);
  g_free (self->outcome);
  g_clear_pointer (&self->summary, sync_summary_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Row, row_clear)

static void
row_init (Row *self, SyncStore *store, const SyncActivity *line)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (line->at_ms / 1000);
  g_autoptr (GDateTime) local = g_date_time_to_local (utc);
  gboolean has_states = line->event == NULL;

  *self = (Row){ .time = g_date_time_format (local, "%Y-%m-%dT%H:%M:%S%:z"),
                 .entry = g_strdup_printf ("%" G_GINT64_FORMAT, line->request_id),
                 .outcome = sync_activity_words_outcome (line),
                 .summary = sync_activity_read_summary (store, line) };
  if (line->attempt != NULL && line->attempt->http_status != 0)
    self->status = g_strdup_printf ("%u", line->attempt->http_status);
  self->values[COLUMN_TIME] = self->time;
  self->values[COLUMN_WHAT] = sync_activity_words_what (line);
  self->values[COLUMN_ENTRY] = self->entry;
  if (line->request != NULL)
    {
      self->values[COLUMN_DOCUMENT_TYPE] = line->request->resource_type;
      self->values[COLUMN_DOCUMENT] = sync_request_get_document_name (line->request);
      self->values[COLUMN_KEY] = line->request->key;
    }
  self->values[COLUMN_CUSTOMER] = self->summary->customer;
  self->values[COLUMN_AMOUNT] = self->summary->amount;
  self->values[COLUMN_CURRENCY] = self->summary->currency;
  self->values[COLUMN_FROM] = has_states && line->has_from ? sync_state_to_string (line->from) : NULL;
  self->values[COLUMN_TO] = has_states ? sync_state_to_string (line->to) : NULL;
  self->values[COLUMN_HTTP_STATUS] = self->status;
  self->values[COLUMN_OUTCOME] = self->outcome;
  self->values[COLUMN_BY] = line->actor;
}

static gboolean
is_number (const char *value)
{
  char *end;

  g_ascii_strtod (value, &end);
  return end != value && *end == '\0' && strspn (value, "+-.0123456789") == strlen (value);
}

/**
 * sync_activity_append_csv:
 * @text: what is written
 * @value: (nullable): a value of any kind
 *
 * Adds a field as RFC 4180 has it. What a spreadsheet would take for a formula gets an apostrophe in front, which it takes
 * for “this is text”; numbers stay numbers.
 */
void
sync_activity_append_csv (GString *text, const char *value)
{
  gboolean is_formula;

  if (value == NULL || *value == '\0')
    return;
  is_formula = strchr (SPREADSHEET_STARTS, *value) != NULL && !is_number (value);
  if (!is_formula && strpbrk (value, "\",\r\n") == NULL)
    {
      g_string_append (text, value);
      return;
    }
  g_string_append (text, is_formula ? "\"'" : "\"");
  for (const char *c = value; *c != '\0'; c++)
    {
      if (*c == '"')
        g_string_append_c (text, '"');
      g_string_append_c (text, *c);
    }
  g_string_append_c (text, '"');
}

static void
append_csv_row (GString *text, const char *const *values)
{
  for (guint i = 0; i < N_COLUMNS; i++)
    {
      if (i > 0)
        g_string_append_c (text, ',');
      sync_activity_append_csv (text, values[i]);
    }
  g_string_append (text, "\r\n");
}

static void
append_json_row (GString *text, const char *const *values)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *json = NULL;

  json_builder_begin_object (builder);
  for (guint i = 0; i < N_COLUMNS; i++)
    {
      if (values[i] == NULL)
        continue;
      json_builder_set_member_name (builder, column_names[i]);
      if (i == COLUMN_ENTRY || i == COLUMN_HTTP_STATUS)
        json_builder_add_int_value (builder, g_ascii_strtoll (values[i], NULL, 10));
      else
        json_builder_add_string_value (builder, values[i]);
    }
  json_builder_end_object (builder);
  node = json_builder_get_root (builder);
  json = json_to_string (node, FALSE);
  g_string_append (text, json);
}

static gboolean
append_line (const Export *self, SyncStore *store, guint i, GString *text, GError **error)
{
  g_autoptr (SyncActivity) line = sync_store_get_activity (store, g_array_index (self->ids, gint64, i), error);
  g_auto (Row) row = { .time = NULL };

  if (line == NULL)
    return FALSE;
  row_init (&row, store, line);
  if (self->format == SYNC_ACTIVITY_CSV)
    append_csv_row (text, row.values);
  else
    {
      g_string_append (text, i > 0 ? ",\n" : "\n");
      append_json_row (text, row.values);
    }
  return TRUE;
}

/* A report on its way to the main thread. */
typedef struct
{
  GTask *task; /* (owned) */
  guint done;
} Report;

static void
report_free (gpointer data)
{
  Report *self = data;

  g_object_unref (self->task);
  g_free (self);
}

static gboolean
report_cb (gpointer user_data)
{
  const Report *self = user_data;
  const Export *data = g_task_get_task_data (self->task);

  /* Whoever took it back wants to hear nothing more. */
  if (!g_cancellable_is_cancelled (g_task_get_cancellable (self->task)))
    data->progress (self->done, data->ids->len, data->progress_data);
  return G_SOURCE_REMOVE;
}

static void
report (GTask *task, const Export *data, guint done)
{
  Report *self;

  if (data->progress == NULL)
    return;
  self = g_new0 (Report, 1);
  self->task = g_object_ref (task);
  self->done = done;
  g_main_context_invoke_full (g_task_get_context (task), G_PRIORITY_DEFAULT, report_cb, self, report_free);
}

static gboolean
write_text (GOutputStream *stream, GString *text, GCancellable *cancellable, GError **error)
{
  gboolean done = g_output_stream_write_all (stream, text->str, text->len, NULL, cancellable, error);

  g_string_truncate (text, 0);
  return done;
}

static gboolean
write_lines (GTask *task, const Export *data, SyncStore *store, GOutputStream *stream, GError **error)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GString) text = g_string_new (NULL);

  if (data->format == SYNC_ACTIVITY_CSV)
    append_csv_row (text, column_names);
  else
    g_string_append_c (text, '[');
  for (guint i = 0; i < data->ids->len; i++)
    {
      if (!append_line (data, store, i, text, error))
        return FALSE;
      if (i % SLICE_ROWS != SLICE_ROWS - 1)
        continue;
      if (!write_text (stream, text, cancellable, error))
        return FALSE;
      report (task, data, i + 1);
    }
  if (data->format == SYNC_ACTIVITY_JSON)
    g_string_append (text, "\n]\n");
  return write_text (stream, text, cancellable, error);
}

/* Lets go of what was written: what stood there before stays. */
static void
abandon (GOutputStream *stream)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();

  g_cancellable_cancel (cancelled);
  g_output_stream_close (stream, cancelled, NULL);
}

static gboolean
write_file (GTask *task, const Export *data, SyncStore *store, GError **error)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GFileOutputStream) stream
    = g_file_replace (data->file, NULL, FALSE, G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION, cancellable,
                      error);

  if (stream == NULL)
    return FALSE;
  if (!write_lines (task, data, store, G_OUTPUT_STREAM (stream), error))
    {
      abandon (G_OUTPUT_STREAM (stream));
      return FALSE;
    }
  return g_output_stream_close (G_OUTPUT_STREAM (stream), cancellable, error);
}

static void
export_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Export *data = task_data;
  g_autoptr (SyncStore) store = NULL;
  GError *error = NULL;
  gboolean done;

  store = sync_store_open_reader (data->directory, &error);
  done = store != NULL && write_file (task, data, store, &error);
  if (store != NULL)
    sync_store_close (store);
  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * sync_activity_export_async:
 * @directory: of the store
 * @ids: (element-type gint64): what to write, in this order; copied
 * @file: where; replaced when all is written
 * @format: how
 * @cancellable: (nullable): leaves @file as it is
 * @progress: (nullable): hears how far it is, until it is cancelled
 * @progress_data: for @progress
 * @callback: hears when it is done
 * @user_data: for @callback
 *
 * Both are called in the thread-default main context of the caller.
 */
void
sync_activity_export_async (const char *directory, GArray *ids, GFile *file, SyncActivityFormat format,
                            GCancellable *cancellable, SyncActivityProgress progress, gpointer progress_data,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Export *data = g_new0 (Export, 1);

  g_task_set_source_tag (task, sync_activity_export_async);
  data->directory = g_strdup (directory);
  data->ids = g_array_copy (ids);
  data->file = g_object_ref (file);
  data->format = format;
  data->progress = progress;
  data->progress_data = progress_data;
  g_task_set_task_data (task, data, export_free);
  g_task_run_in_thread (task, export_thread);
}

/**
 * sync_activity_export_finish:
 * @result: of sync_activity_export_async()
 * @error: of #GIOErrorEnum or %SYNC_ERROR_STORAGE, %SYNC_ERROR_CORRUPT
 *
 * Returns: whether the file is written, in whole
 */
gboolean
sync_activity_export_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

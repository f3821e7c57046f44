/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words, times and columns for a person at a terminal, and members of an answer that may be absent. */
#include "config.h"

#include "sync-ctl-print.h"

#include <glib/gi18n.h>
#include <string.h>

#include "sync-message.h"

struct _SyncCtlTable
{
  GPtrArray *rows; /* (owned) (element-type GStrv): the headings first */
  guint n_columns;
};

SyncCtlTable *
sync_ctl_table_new (const char *const *headings)
{
  SyncCtlTable *self = g_new0 (SyncCtlTable, 1);

  self->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  self->n_columns = g_strv_length ((char **) headings);
  sync_ctl_table_add (self, headings);
  return self;
}

/* Copies a row; it must have a cell for each column, an empty text if there is nothing to say. */
void
sync_ctl_table_add (SyncCtlTable *self, const char *const *cells)
{
  g_ptr_array_add (self->rows, g_strdupv ((char **) cells));
}

void
sync_ctl_table_free (SyncCtlTable *self)
{
  g_ptr_array_unref (self->rows);
  g_free (self);
}

/* Places that a text takes up on a terminal. */
static guint
width_of (const char *text)
{
  guint width = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (!g_unichar_iszerowidth (c))
        width += g_unichar_iswide (c) ? 2 : 1;
    }
  return width;
}

void
sync_ctl_table_print (SyncCtlTable *self)
{
  g_autofree guint *widths = g_new0 (guint, self->n_columns);

  for (guint row = 0; row < self->rows->len; row++)
    for (guint column = 0; column < self->n_columns; column++)
      widths[column]
          = MAX (widths[column], width_of (((char **) g_ptr_array_index (self->rows, row))[column]));
  for (guint row = 0; row < self->rows->len; row++)
    {
      char **cells = g_ptr_array_index (self->rows, row);
      g_autoptr (GString) line = g_string_new (NULL);

      for (guint column = 0; column < self->n_columns; column++)
        g_string_append_printf (line, "%s%*s  ", cells[column],
                                (int) (widths[column] - width_of (cells[column])), "");
      g_print ("%s\n", g_strchomp (line->str));
    }
}

/**
 * sync_ctl_dup_time:
 * @ms: since 1970, 0 for none
 *
 * Returns: (transfer full): date and time in the local zone, or an empty text
 */
char *
sync_ctl_dup_time (gint64 ms)
{
  g_autoptr (GDateTime) utc = ms != 0 ? g_date_time_new_from_unix_utc (ms / 1000) : NULL;
  g_autoptr (GDateTime) local = utc != NULL ? g_date_time_to_local (utc) : NULL;

  return local != NULL ? g_date_time_format (local, "%F %T") : g_strdup ("");
}

/**
 * sync_ctl_dup_line:
 * @text: (nullable): words of the server, of one or more lines
 *
 * Returns: (transfer full): them in one line, without control characters that a terminal would obey
 */
char *
sync_ctl_dup_line (const char *text)
{
  return sync_message_dup_line (text != NULL ? text : "", -1);
}

/**
 * sync_ctl_is_untried:
 * @status: the program's status
 *
 * Returns: whether the program says that it has not heard anything about the server yet
 */
gboolean
sync_ctl_is_untried (JsonObject *status)
{
  return json_object_has_member (status, "serverTriedMs") && json_object_get_null_member (status, "serverTriedMs");
}

/**
 * sync_ctl_condition_words:
 * @status: the program's status
 *
 * Returns: (transfer none): its condition, for a person
 */
const char *
sync_ctl_condition_words (JsonObject *status)
{
  static const struct
  {
    const char *name;
    const char *words;
  } table[] = {
    { "online", N_ ("on line") },
    { "offline", N_ ("off line; deliveries go on by themselves once the server can be reached") },
    { "paused", N_ ("paused; go on with “posawesome-syncctl resume”") },
    { "sign-in-needed", N_ ("the server does not know this till; give it an API key with “posawesome-syncctl "
                            "credentials set”") },
    { "not-our-server", N_ ("another machine answers in the server's place; sign in to the network, or check "
                            "ERPNEXT_BASE_URL") },
    { "throttled", N_ ("the server asked to wait; deliveries go on by themselves") },
    { "storage-trouble", N_ ("the disk is full or cannot be written; free some space") },
  };

  const char *condition = sync_ctl_get_string (status, "condition");

  if (g_strcmp0 (condition, "offline") == 0 && sync_ctl_get_bool (status, "offlineByHand"))
    return _ ("switched off line by hand; go on with “posawesome-syncctl offline off”");
  if (g_strcmp0 (condition, "online") == 0 && sync_ctl_is_untried (status))
    return _ ("not tried yet; “posawesome-syncctl doctor” asks the server");
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_strcmp0 (condition, table[i].name) == 0)
      return _ (table[i].words);
  return condition;
}

/**
 * sync_ctl_status_words:
 * @status: of a request, as the program names it
 *
 * Returns: (transfer none): the same for a person
 */
const char *
sync_ctl_status_words (const char *status)
{
  static const struct
  {
    const char *name;
    const char *words;
  } table[] = {
    { "pending", NC_ ("request", "waiting") },   { "sending", NC_ ("request", "being sent") },
    { "unknown", NC_ ("request", "not known") }, { "conflict", NC_ ("request", "conflict") },
    { "failed", NC_ ("request", "refused") },    { "completed", NC_ ("request", "delivered") },
    { "discarded", NC_ ("request", "given up") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_strcmp0 (status, table[i].name) == 0)
      return g_dpgettext2 (NULL, "request", table[i].words);
  return status;
}

/* Prints an answer as it came. */
void
sync_ctl_print_answer (const char *text)
{
  g_print ("%s%s", text, g_str_has_suffix (text, "\n") ? "" : "\n");
}

static JsonNode *
get_node (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

/* Never NULL: empty if there is no such text. */
const char *
sync_ctl_get_string (JsonObject *object, const char *name)
{
  JsonNode *node = get_node (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : "";
}

gint64
sync_ctl_get_int (JsonObject *object, const char *name)
{
  JsonNode *node = get_node (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_INT64 ? json_node_get_int (node) : 0;
}

gboolean
sync_ctl_get_bool (JsonObject *object, const char *name)
{
  JsonNode *node = get_node (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_BOOLEAN && json_node_get_boolean (node);
}

JsonObject *
sync_ctl_get_object (JsonObject *object, const char *name)
{
  JsonNode *node = get_node (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* A list of numbers as text; empty if there is none. */
char *
sync_ctl_dup_ids (JsonObject *object, const char *name, const char *separator)
{
  JsonNode *node = get_node (object, name);
  JsonArray *ids = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  GString *text = g_string_new (NULL);

  for (guint i = 0; ids != NULL && i < json_array_get_length (ids); i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? separator : "",
                            json_array_get_int_element (ids, i));
  return g_string_free (text, FALSE);
}

/* A list of texts as one line; empty if there is none. */
char *
sync_ctl_dup_texts (JsonObject *object, const char *name, const char *separator)
{
  JsonNode *node = get_node (object, name);
  JsonArray *texts = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; texts != NULL && i < json_array_get_length (texts); i++)
    g_string_append_printf (line, "%s%s", i > 0 ? separator : "", json_array_get_string_element (texts, i));
  return sync_ctl_dup_line (line->str);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of the DocTypes, for people: which of them ERPNext enforces, and making the field where it lacks one. Each is
 * asked for anew, one after the other. Making a field twice is harmless: ERPNext refuses the second one. Engine's thread
 * only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-error.h"

#include <string.h>

#define FIELD_PATH "/api/resource/Custom%20Field"

/* One call of a person. */
typedef struct
{
  GPtrArray *types;  /* (owned) (element-type utf8) */
  guint next;        /* of them */
  gboolean make;
  char *note;        /* (owned) (nullable): why the field of the present one could not be made */
  gboolean unasked;  /* nothing could be asked about the present one */
  gint64 started_us; /* boot clock: of the call that is out now */
  GPtrArray *keys;   /* (owned) (element-type SyncKey): the answers */
} Errand;

static void
errand_free (Errand *errand)
{
  g_ptr_array_unref (errand->types);
  g_ptr_array_unref (errand->keys);
  g_free (errand->note);
  g_free (errand);
}

/**
 * sync_key_free:
 * @self: (transfer full): what is known of a key
 *
 * Frees it.
 */
void
sync_key_free (SyncKey *self)
{
  g_free (self->resource_type);
  g_free (self->field);
  g_free (self->words);
  g_free (self);
}

/**
 * sync_key_state_to_string:
 * @state: what is known of the key of a DocType
 *
 * Returns: (transfer none): its name, as the HTTP interface has it
 */
const char *
sync_key_state_to_string (SyncKeyState state)
{
  static const char *const names[] = {
    [SYNC_KEY_UNPROVEN] = "unproven",     [SYNC_KEY_ENFORCED] = "enforced",     [SYNC_KEY_MISSING] = "missing",
    [SYNC_KEY_NOT_UNIQUE] = "not-unique", [SYNC_KEY_UNCHECKED] = "unchecked",   [SYNC_KEY_UNREADABLE] = "unreadable",
    [SYNC_KEY_NOT_KEPT] = "not-kept",
  };

  return names[state];
}

static char *
dup_words (const SyncKey *key, const char *server_words, gboolean unasked)
{
  const char *type = key->resource_type;

  switch (key->state)
    {
    case SYNC_KEY_ENFORCED:
      return g_strdup_printf ("ERPNext refuses a second %s with the same key.", type);
    case SYNC_KEY_MISSING:
      if (key->shipped)
        return g_strdup_printf ("There is no field “%s”, which comes with POS Awesome: install or update it there.",
                                key->field);
      return g_strdup_printf ("There is no field “%s”: let a System Manager make it (posawesome-syncctl keys make \"%s\").",
                              key->field, type);
    case SYNC_KEY_NOT_UNIQUE:
      return g_strdup_printf ("The field “%s” is there, but not as a unique Data field, so it protects nothing: make it"
                              " unique in ERPNext, or name another field in the shop's routes file.", key->field);
    case SYNC_KEY_UNCHECKED:
      return g_strdup_printf ("The field “%s” is there, but whether it is unique only a System Manager can see: run this"
                              " once with the API key of one.", key->field);
    case SYNC_KEY_UNREADABLE:
      return g_strdup_printf ("%s cannot be listed%s%s", type, server_words != NULL ? ": " : ".",
                              server_words != NULL ? server_words : "");
    case SYNC_KEY_NOT_KEPT:
      return g_strdup_printf ("An answer of the server lacked the key that was sent in “%s”.", key->field);
    case SYNC_KEY_UNPROVEN:
    default:
      if (unasked)
        return g_strdup_printf ("The server was not asked: %s", server_words);
      return g_strdup_printf ("The server did not tell: %s", server_words != NULL ? server_words : "no usable answer");
    }
}

static void next (GTask *task);

static void
proven (SyncEngine *self, const char *resource_type, SyncKeyState state, const char *words, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Errand *errand = g_task_get_task_data (task);
  SyncKey *key = g_new0 (SyncKey, 1);

  key->resource_type = g_strdup (resource_type);
  key->field = g_strdup (sync_route_table_get_key_field (self->routes, resource_type));
  key->shipped = sync_route_table_is_key_shipped (self->routes, resource_type);
  key->state = state;
  key->seen_ms = sync_trust_get_seen_ms (self, resource_type);
  if (state != SYNC_KEY_ENFORCED && state != SYNC_KEY_NOT_UNIQUE && errand->note != NULL)
    key->words = g_steal_pointer (&errand->note);
  else
    key->words = dup_words (key, words, errand->unasked);
  g_clear_pointer (&errand->note, g_free);
  g_ptr_array_add (errand->keys, key);
  next (g_steal_pointer (&task));
}

/* Why nothing is asked now. */
static const char *
why_not (SyncEngine *self)
{
  const char *hindrance = sync_engine_get_hindrance (self);

  if (hindrance != NULL)
    return hindrance;
  return self->host_words != NULL ? self->host_words : "the line is off";
}

static void
prove (GTask *task)
{
  SyncEngine *self = g_task_get_source_object (task);
  Errand *errand = g_task_get_task_data (task);
  const char *type = g_ptr_array_index (errand->types, errand->next++);

  errand->unasked = !sync_dispatcher_may_send (self);
  if (errand->unasked)
    proven (self, type, SYNC_KEY_UNPROVEN, why_not (self), task);
  else
    sync_trust_prove (self, type, self->errands, proven, task);
}

static void
made_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  SyncEngine *self = g_task_get_source_object (task);
  Errand *errand = g_task_get_task_data (task);
  const char *type = g_ptr_array_index (errand->types, errand->next);
  const char *user = self->user != NULL ? self->user : "The user of the API key";
  g_auto (SyncReading) reading = { 0 };
  const char *words;

  sync_question_read (self, SYNC_TRANSPORT (source), result, errand->started_us, &reading);
  words = reading.answer->message != NULL ? reading.answer->message : reading.reply->error;
  if (reading.outcome.verdict == SYNC_VERDICT_ASK)
    errand->note = g_strdup_printf ("%s may not make the key field of %s; a System Manager may. ERPNext says: %s", user,
                                    type, words != NULL ? words : "not permitted");
  else if (reading.outcome.verdict != SYNC_VERDICT_DELIVERED)
    errand->note = g_strdup_printf ("The key field of %s could not be made: %s", type,
                                    words != NULL ? words : "no usable answer");
  /* Whatever became of it, what counts is what is there now. */
  prove (task);
}

static void
make (GTask *task, const char *type)
{
  SyncEngine *self = g_task_get_source_object (task);
  Errand *errand = g_task_get_task_data (task);
  g_autoptr (SyncTransportRequest) call = sync_engine_new_call (self, "POST", FIELD_PATH);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) node = NULL;
  char *text;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "dt");
  json_builder_add_string_value (builder, type);
  json_builder_set_member_name (builder, "fieldname");
  json_builder_add_string_value (builder, sync_route_table_get_key_field (self->routes, type));
  json_builder_set_member_name (builder, "fieldtype");
  json_builder_add_string_value (builder, "Data");
  json_builder_set_member_name (builder, "label");
  json_builder_add_string_value (builder, "Sync Client Id");
  /* Amending or duplicating a document must not carry its key along. */
  for (guint i = 0; i < 3; i++)
    {
      static const char *const flags[] = { "unique", "no_copy", "read_only" };

      json_builder_set_member_name (builder, flags[i]);
      json_builder_add_int_value (builder, 1);
    }
  json_builder_set_member_name (builder, "length");
  json_builder_add_int_value (builder, 64);
  json_builder_end_object (builder);
  node = json_builder_get_root (builder);
  text = json_to_string (node, FALSE);
  call->write = TRUE;
  call->timeout_ms = self->config->write_timeout;
  call->content_type = g_strdup ("application/json");
  call->body = g_bytes_new_take (text, strlen (text));
  errand->started_us = sync_clock_boot_us (self->clock);
  sync_transport_send_async (self->transport, call, self->errands, made_cb, task);
}

/* Takes @task over. */
static void
next (GTask *task)
{
  SyncEngine *self = g_task_get_source_object (task);
  Errand *errand = g_task_get_task_data (task);
  const char *type;

  if (errand->next == errand->types->len)
    {
      g_task_return_pointer (task, g_ptr_array_ref (errand->keys), (GDestroyNotify) g_ptr_array_unref);
      g_object_unref (task);
      return;
    }
  type = g_ptr_array_index (errand->types, errand->next);
  if (errand->make && !sync_route_table_is_key_shipped (self->routes, type) && sync_dispatcher_may_send (self))
    make (task, type);
  else
    prove (task);
}

static GTask *
errand_new (SyncEngine *self, GAsyncReadyCallback callback, gpointer user_data, gpointer tag)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  Errand *errand = g_new0 (Errand, 1);

  sync_engine_assert_own_context (self);
  g_task_set_source_tag (task, tag);
  errand->types = g_ptr_array_new_with_free_func (g_free);
  errand->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_key_free);
  g_task_set_task_data (task, errand, (GDestroyNotify) errand_free);
  return task;
}

static void
add_type (GPtrArray *types, const char *type)
{
  if (!g_ptr_array_find_with_equal_func (types, type, g_str_equal, NULL))
    g_ptr_array_add (types, g_strdup (type));
}

/* What tills make beside sales and payments: protected best before the first of it is made. */
static const char *const usual_types[] = { "Customer", "Address" };

static int
compare_types (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/**
 * sync_engine_list_keys_async:
 * @self: an engine
 * @callback: called with the answer
 * @user_data: for @callback
 *
 * Asks the server of each DocType that has a key field of its own in the rules, that tills usually make, or of which the
 * queue makes documents, whether it enforces the key. Changes nothing there.
 */
void
sync_engine_list_keys_async (SyncEngine *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = errand_new (self, callback, user_data, sync_engine_list_keys_async);
  Errand *errand = g_task_get_task_data (task);
  g_auto (GStrv) ruled = sync_route_table_dup_key_types (self->routes);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) made = sync_store_dup_made_types (self->store, &error);

  if (made == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      g_object_unref (task);
      return;
    }
  for (guint i = 0; ruled[i] != NULL; i++)
    add_type (errand->types, ruled[i]);
  for (guint i = 0; i < G_N_ELEMENTS (usual_types); i++)
    add_type (errand->types, usual_types[i]);
  for (guint i = 0; made[i] != NULL; i++)
    add_type (errand->types, made[i]);
  g_ptr_array_sort (errand->types, compare_types);
  next (task);
}

/**
 * sync_engine_list_keys_finish:
 * @self: an engine
 * @result: what the callback got
 * @error: %SYNC_ERROR_STORAGE (transient)
 *
 * Returns: (transfer full) (element-type SyncKey): the keys, by DocType; NULL on an error
 */
GPtrArray *
sync_engine_list_keys_finish (SyncEngine *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sync_engine_make_keys_async:
 * @self: an engine
 * @types: (array zero-terminated=1): DocTypes; one at least
 * @callback: called with the answer
 * @user_data: for @callback
 *
 * Makes the key field of each DocType with the present credentials, which must be a System Manager's, and asks then
 * whether the server enforces the key. A field that is there stays as it is, and one that an app ships is not made.
 */
void
sync_engine_make_keys_async (SyncEngine *self, const char *const *types, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = errand_new (self, callback, user_data, sync_engine_make_keys_async);
  Errand *errand = g_task_get_task_data (task);

  errand->make = TRUE;
  for (guint i = 0; types[i] != NULL; i++)
    add_type (errand->types, types[i]);
  next (task);
}

/**
 * sync_engine_make_keys_finish:
 * @self: an engine
 * @result: what the callback got
 * @error: none yet
 *
 * Returns: (transfer full) (element-type SyncKey): the keys in the order of the DocTypes that were named; the words of
 *   one that is not enforced say why
 */
GPtrArray *
sync_engine_make_keys_finish (SyncEngine *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

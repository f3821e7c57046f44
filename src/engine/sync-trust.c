/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the server enforces the idempotency key of a DocType. ERPNext drops unknown fields without a word, and a field
 * that is not unique takes the same key twice; so the key protects nothing until its field is proven to be there and to
 * be unique. That it is there an ordinary user can see (a list with a filter on a missing field is refused). That it is
 * unique is known of a field that an app ships; of any other one its definition tells, which only a System Manager may
 * read. What he once read is kept in the database with the site and the date, and holds for everybody as long as the
 * field is there. Asked once per run and DocType, again after a day, and withdrawn by an answer that does not echo the
 * key. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include <string.h>

/* A bench update may take the field away; a day later we ask again. */
#define TRUST_LASTS_US (24 * G_TIME_SPAN_HOUR)
#define METADATA_KEY "key_field:"

/* One question on its way. */
typedef struct
{
  SyncEngine *engine;       /* (owned) */
  char *resource_type;      /* (owned) */
  GCancellable *cancellable; /* (owned) (nullable) */
  gint64 started_us;        /* boot clock: of the call that is out now */
  SyncKeyFunc func;
  gpointer user_data;       /* (unowned) */
} Proof;

static void
proof_free (Proof *proof)
{
  g_object_unref (proof->engine);
  g_clear_object (&proof->cancellable);
  g_free (proof->resource_type);
  g_free (proof);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Proof, proof_free)

static SyncKeyState
look_up (SyncEngine *self, const char *resource_type)
{
  if (sync_clock_boot_us (self->clock) - self->trust_proven_us > TRUST_LASTS_US)
    g_hash_table_remove_all (self->trust);
  return GPOINTER_TO_INT (g_hash_table_lookup (self->trust, resource_type));
}

/* What is known of the key of a DocType now. */
SyncKeyState
sync_trust_get (SyncEngine *self, const char *resource_type)
{
  return look_up (self, resource_type);
}

static gboolean
is_key_of_type (SyncEngine *self, const SyncRoute *route)
{
  return route->resource_type != NULL
         && g_strcmp0 (route->key_field, sync_route_table_get_key_field (self->routes, route->resource_type)) == 0;
}

/* Whether it must be asked for before the key of @route can be relied on, or not. */
gboolean
sync_trust_is_unproven (SyncEngine *self, const SyncRoute *route)
{
  return route->key_enforced && is_key_of_type (self, route)
         && look_up (self, route->resource_type) == SYNC_KEY_UNPROVEN;
}

/* Whether @row, as listed, may carry a key whose field is unproven. */
gboolean
sync_engine_must_prove_key (SyncEngine *self, const SyncRequest *row)
{
  SyncAction action;

  return row->resource_type != NULL && sync_action_from_string (row->action, &action)
         && (action == SYNC_ACTION_CREATE || action == SYNC_ACTION_CALL)
         && look_up (self, row->resource_type) == SYNC_KEY_UNPROVEN;
}

/* A method that has no key field, and enforces its key all the same, says so in its rule. */
gboolean
sync_engine_key_is_enforced (SyncEngine *self, const SyncRoute *route)
{
  if (!route->key_enforced || route->key_field == NULL)
    return route->key_enforced;
  return is_key_of_type (self, route) && look_up (self, route->resource_type) == SYNC_KEY_ENFORCED;
}

/* The field by which the server enforces the key of the documents of that type now, NULL if nothing does. */
const char *
sync_engine_get_key_in_force (SyncEngine *self, const char *resource_type)
{
  if (resource_type == NULL || look_up (self, resource_type) != SYNC_KEY_ENFORCED)
    return NULL;
  return sync_route_table_get_key_field (self->routes, resource_type);
}

/* What is remembered --------------------------------------------------------------------------------------------- */

/* "site field milliseconds" */
static void
remember (SyncEngine *self, const char *resource_type, gboolean unique)
{
  g_autofree char *key = g_strconcat (METADATA_KEY, resource_type, NULL);
  g_autofree char *known = sync_store_dup_metadata (self->store, key);
  g_autofree char *value
    = g_strdup_printf ("%s %s %" G_GINT64_FORMAT, self->config->base_url,
                       sync_route_table_get_key_field (self->routes, resource_type), sync_clock_wall_ms (self->clock));

  if (!unique && known == NULL)
    return;
  if (!sync_store_set_metadata (self->store, key, unique ? value : NULL, NULL))
    g_debug ("%s: what was found out about its key field was not kept", resource_type);
}

/* When somebody who may read it saw that the key field of that DocType is unique, on the wall clock; 0: nobody did. */
static gint64
remembered_ms (SyncEngine *self, const char *resource_type)
{
  g_autofree char *key = g_strconcat (METADATA_KEY, resource_type, NULL);
  g_autofree char *value = sync_store_dup_metadata (self->store, key);
  g_auto (GStrv) words = value != NULL ? g_strsplit (value, " ", 3) : NULL;

  if (words == NULL || g_strv_length (words) != 3 || !g_str_equal (words[0], self->config->base_url)
      || g_strcmp0 (words[1], sync_route_table_get_key_field (self->routes, resource_type)) != 0)
    return 0;
  return g_ascii_strtoll (words[2], NULL, 10);
}

static void
set (SyncEngine *self, const char *resource_type, SyncKeyState state)
{
  if (g_hash_table_size (self->trust) == 0)
    self->trust_proven_us = sync_clock_boot_us (self->clock);
  g_hash_table_insert (self->trust, g_strdup (resource_type), GINT_TO_POINTER (state));
}

/* The server made a document and did not keep the key. */
void
sync_engine_withdraw_trust (SyncEngine *self, const char *resource_type)
{
  if (look_up (self, resource_type) == SYNC_KEY_ENFORCED)
    {
      g_message ("%s: the server did not keep the idempotency key; unclear outcomes are settled without it",
                 resource_type);
      remember (self, resource_type, FALSE);
    }
  set (self, resource_type, SYNC_KEY_NOT_KEPT);
}

/* It cannot be found out: until it is asked again, tomorrow, the key counts as not enforced. */
void
sync_trust_give_up (SyncEngine *self, const char *resource_type)
{
  /* Another one may have found it out meanwhile. */
  if (look_up (self, resource_type) == SYNC_KEY_UNPROVEN)
    set (self, resource_type, SYNC_KEY_UNREADABLE);
}

/* Asking ---------------------------------------------------------------------------------------------------------- */

static void
conclude (Proof *proof, SyncKeyState state, const char *words)
{
  if (state != SYNC_KEY_UNPROVEN)
    set (proof->engine, proof->resource_type, state);
  proof->func (proof->engine, proof->resource_type, state, words, proof->user_data);
}

static void
ask (Proof *proof, const char *path, GAsyncReadyCallback callback)
{
  SyncEngine *self = proof->engine;
  g_autoptr (SyncTransportRequest) call = sync_engine_new_call (self, "GET", path);

  proof->started_us = sync_clock_boot_us (self->clock);
  sync_transport_send_async (self->transport, call, proof->cancellable, callback, proof);
}

/* What the answer says beside the facts, for whoever asked. */
static const char *
words_of (const SyncReading *reading)
{
  return reading->answer->message != NULL ? reading->answer->message : reading->reply->error;
}

/* ERPNext says no; the page of a proxy or of a portal does not speak for it. */
static gboolean
is_refused (const SyncReading *reading)
{
  if (reading->outcome.verdict == SYNC_VERDICT_ASK && reading->answer->exc_type == NULL)
    return FALSE;
  return reading->outcome.verdict == SYNC_VERDICT_REFUSED || reading->outcome.verdict == SYNC_VERDICT_RETRY
         || reading->outcome.verdict == SYNC_VERDICT_GONE || reading->outcome.verdict == SYNC_VERDICT_ASK;
}

/* The definition, as a System Manager sees it. */
static void
defined_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Proof) proof = user_data;
  SyncEngine *self = proof->engine;
  g_auto (SyncReading) reading = { 0 };
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonArray *rows = NULL;
  JsonObject *row;
  gboolean unique;

  sync_question_read (self, SYNC_TRANSPORT (source), result, proof->started_us, &reading);
  if (is_refused (&reading))
    {
      conclude (proof, remembered_ms (self, proof->resource_type) > 0 ? SYNC_KEY_ENFORCED : SYNC_KEY_UNCHECKED, NULL);
      return;
    }
  rows = sync_question_get_rows (reading.reply, &reading.outcome, parser);
  if (rows == NULL)
    {
      conclude (proof, SYNC_KEY_UNPROVEN, words_of (&reading));
      return;
    }
  /* The field of an app's own DocType has no definition of this kind. */
  row = json_array_get_length (rows) > 0 && JSON_NODE_HOLDS_OBJECT (json_array_get_element (rows, 0))
          ? json_array_get_object_element (rows, 0)
          : NULL;
  unique = row != NULL && sync_json_member_int (row, "unique", 0) == 1
           && g_strcmp0 (sync_json_member_text (row, "fieldtype", NULL), "Data") == 0;
  remember (self, proof->resource_type, unique);
  conclude (proof, unique ? SYNC_KEY_ENFORCED : row != NULL ? SYNC_KEY_NOT_UNIQUE : SYNC_KEY_UNCHECKED, NULL);
}

/* The field is there. */
static void
ask_for_definition (Proof *proof)
{
  const char *field = sync_route_table_get_key_field (proof->engine->routes, proof->resource_type);
  g_autofree char *filters = sync_question_dup_filters ("dt", proof->resource_type, "fieldname", field, NULL);
  g_autofree char *path = g_strdup_printf (
    "/api/resource/Custom%%20Field?filters=%s&fields=%%5B%%22fieldtype%%22%%2C%%22unique%%22%%5D", filters);

  ask (proof, path, defined_cb);
}

/* A list: the field is there. DataError: it is not. No right to list: it cannot be looked at, so it cannot be used. */
static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Proof) proof = user_data;
  SyncEngine *self = proof->engine;
  g_auto (SyncReading) reading = { 0 };
  g_autoptr (JsonParser) parser = json_parser_new ();

  sync_question_read (self, SYNC_TRANSPORT (source), result, proof->started_us, &reading);
  if (is_refused (&reading))
    {
      gboolean missing = g_strcmp0 (reading.answer->exc_type, "DataError") == 0;

      if (missing)
        remember (self, proof->resource_type, FALSE);
      conclude (proof, missing ? SYNC_KEY_MISSING : SYNC_KEY_UNREADABLE, words_of (&reading));
    }
  else if (sync_question_get_rows (reading.reply, &reading.outcome, parser) == NULL)
    conclude (proof, SYNC_KEY_UNPROVEN, words_of (&reading));
  else if (sync_route_table_is_key_shipped (self->routes, proof->resource_type))
    conclude (proof, SYNC_KEY_ENFORCED, NULL);
  else if (sync_breaker_is_open (&self->breaker))
    conclude (proof, SYNC_KEY_UNPROVEN, self->host_words);
  else
    ask_for_definition (g_steal_pointer (&proof));
}

/* Finds out whether the server enforces the key of a DocType, and calls @func exactly once: with SYNC_KEY_UNPROVEN if the
 * server did not tell. */
void
sync_trust_prove (SyncEngine *self, const char *resource_type, GCancellable *cancellable, SyncKeyFunc func,
                  gpointer user_data)
{
  const char *field = sync_route_table_get_key_field (self->routes, resource_type);
  g_autofree char *list = sync_route_dup_document_path (resource_type, NULL);
  g_autofree char *filters = sync_question_dup_filters (field, "-", NULL);
  g_autofree char *path
    = g_strdup_printf ("%s?filters=%s&fields=%%5B%%22name%%22%%5D&limit_page_length=1", list, filters);
  Proof *proof = g_new0 (Proof, 1);

  proof->engine = g_object_ref (self);
  proof->resource_type = g_strdup (resource_type);
  proof->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  proof->func = func;
  proof->user_data = user_data;
  ask (proof, path, listed_cb);
}

/* When the uniqueness of the field was seen, for a list of the keys; 0: it was not looked up. */
gint64
sync_trust_get_seen_ms (SyncEngine *self, const char *resource_type)
{
  return remembered_ms (self, resource_type);
}

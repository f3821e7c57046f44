/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the server enforces the idempotency key of a DocType. ERPNext drops unknown fields without a word, so the
 * key protects nothing until the field is proven to be there. Proven once per run and DocType, again after a day, and
 * withdrawn by an answer that does not echo the key. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

/* A bench update may take the field away; a day later we ask again. */
#define TRUST_LASTS_US (24 * G_TIME_SPAN_HOUR)

static SyncTrust
look_up (SyncEngine *self, const char *resource_type)
{
  if (sync_clock_boot_us (self->clock) - self->trust_proven_us > TRUST_LASTS_US)
    g_hash_table_remove_all (self->trust);
  return GPOINTER_TO_INT (g_hash_table_lookup (self->trust, resource_type));
}

/* Trust in the key of @route: unproven until the field's existence was asked for. */
SyncTrust
sync_engine_get_trust (SyncEngine *self, const SyncRoute *route)
{
  if (!route->key_enforced)
    return SYNC_TRUST_NO;
  if (route->key_field == NULL || route->resource_type == NULL)
    return SYNC_TRUST_YES;
  return look_up (self, route->resource_type);
}

/* Whether @row, as listed, may carry a key whose field is unproven. */
gboolean
sync_engine_must_prove_key (SyncEngine *self, const SyncRequest *row)
{
  SyncAction action;

  return row->resource_type != NULL && sync_action_from_string (row->action, &action)
         && (action == SYNC_ACTION_CREATE || action == SYNC_ACTION_CALL)
         && look_up (self, row->resource_type) == SYNC_TRUST_UNPROVEN;
}

gboolean
sync_engine_key_is_enforced (SyncEngine *self, const SyncRoute *route)
{
  return sync_engine_get_trust (self, route) == SYNC_TRUST_YES;
}

/* The field by which the server enforces the key of the documents of that type now, NULL if nothing does. */
const char *
sync_engine_get_key_in_force (SyncEngine *self, const char *resource_type)
{
  if (resource_type == NULL || look_up (self, resource_type) != SYNC_TRUST_YES)
    return NULL;
  return sync_route_table_get_key_field (self->routes, resource_type);
}

void
sync_engine_set_trust (SyncEngine *self, const char *resource_type, SyncTrust trust)
{
  if (g_hash_table_size (self->trust) == 0)
    self->trust_proven_us = sync_clock_boot_us (self->clock);
  g_hash_table_insert (self->trust, g_strdup (resource_type), GINT_TO_POINTER (trust));
}

/* The server made a document and did not keep the key. */
void
sync_engine_withdraw_trust (SyncEngine *self, const char *resource_type)
{
  if (look_up (self, resource_type) == SYNC_TRUST_YES)
    g_message ("%s: the server did not keep the idempotency key; unclear outcomes will wait for a person", resource_type);
  sync_engine_set_trust (self, resource_type, SYNC_TRUST_NO);
}

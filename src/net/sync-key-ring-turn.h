/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-credentials.h"

G_BEGIN_DECLS

/* One conversation with the key ring; the data of its GTask. */
typedef struct
{
  void (*begin) (GTask *task); /* takes it over */
  SyncClock *clock;          /* (owned) */
  GCancellable *cancellable; /* (owned): stops libsecret, for the time-out as for the caller */
  GCancellable *outer;       /* (owned) (nullable): the caller's */
  gulong outer_id;
  guint alarm;
  char *token;               /* (owned) (nullable): to be held when the key ring has answered, or not */
  char *secret;              /* (owned) (nullable) */
  SyncCredentialsKeep keep;
} SyncKeyRingTurn;

SyncKeyRingTurn *sync_key_ring_turn_new (GTask *task, SyncClock *clock, GCancellable *outer, void (*begin) (GTask *task));
void sync_key_ring_turn_wait (GTask *task, GQueue *turns);
void sync_key_ring_turn_end (GQueue *turns);
gboolean sync_key_ring_turn_return_if_taken_back (GTask *task);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock-virtual.h"
#include "sync-engine.h"
#include "toy-site.h"

G_BEGIN_DECLS

/* An engine on a database of its own, a toy site, a virtual clock and seeded chance. */
typedef struct
{
  char *directory;             /* (owned) */
  char *state_directory;       /* (owned) (nullable): where the store keeps its witness from the next opening on */
  SyncClockVirtual *clock;     /* (owned) */
  SyncRandom *random;          /* (owned) */
  SyncConfig *config;          /* (owned) */
  ToySite *site;               /* (owned) */
  SyncStore *store;            /* (owned) */
  SyncCredentials *credentials; /* (owned) */
  SyncRouteTable *routes;      /* (owned) */
  SyncEngine *engine;          /* (owned) */
  GPtrArray *log;              /* (owned) (element-type utf8): the engine's signals, as text */
  gint64 free_bytes;           /* what the store believes of the disk, -1: plenty */
} Engine;

typedef void (*EngineTest) (Engine *engine);

void engine_test_run (EngineTest test);
void engine_test_add (const char *path, EngineTest test);

void engine_open (Engine *self);
void engine_drop (Engine *self);
void engine_open_with_rule (Engine *self, const char *rule);
void engine_start (Engine *self);
void engine_set_disk (gboolean works);
void engine_settle (Engine *self);
void engine_run_for (Engine *self, gint64 ms);
gint64 engine_submit (Engine *self, const char *method, const char *url, const char *body);
gint64 engine_submit_full (Engine *self, const SyncSubmission *submission, GError **error);
SyncState engine_state_of (Engine *self, gint64 id);
SyncRequest *engine_get (Engine *self, gint64 id);

#define engine_assert_state(self, id, expected)                                                                \
  g_assert_cmpstr (sync_state_to_string (engine_state_of (self, id)), ==, sync_state_to_string (expected))
#define engine_assert_condition(self, expected)                                                                \
  G_STMT_START                                                                                                 \
  {                                                                                                            \
    g_autoptr (SyncSnapshot) snapshot_now = sync_engine_dup_snapshot ((self)->engine);                         \
    g_assert_cmpstr (sync_condition_to_string (snapshot_now->condition), ==, sync_condition_to_string (expected)); \
  }                                                                                                            \
  G_STMT_END

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "counted-transport.h"
#include "sync-clock-virtual.h"
#include "sync-engine.h"
#include "sync-practice-shop.h"

G_BEGIN_DECLS

/* One practice shop on loopback, and a clock that stands still while something is on its way. */
typedef struct
{
  SyncClockVirtual *clock; /* (owned) */
  SyncRandom *random;      /* (owned) */
  SyncRouteTable *routes;  /* (owned) */
  SyncPracticeShop *shop;  /* (owned): in memory */
  guint n_out;             /* calls of all tills that are not answered */
  gboolean slow;           /* an answer may need time to pass, so it is not waited for without it */
} Street;

/* A till of it: an engine on a database of its own. The engine may be made anew on the same database. */
typedef struct
{
  Street *street;              /* (unowned) */
  char *directory;             /* (owned) */
  SyncConfig *config;          /* (owned) */
  SyncCredentials *credentials; /* (owned) */
  SyncStore *store;            /* (owned) */
  CountedTransport *transport; /* (owned) (nullable): of this engine */
  SyncEngine *engine;          /* (owned) (nullable) */
} Till;

Street *street_new (void);
void street_free (Street *self);
void street_settle (Street *self);
gboolean street_wait (Street *self, gint64 at_most_ms);
JsonObject *street_make (Street *self, const char *doctype, const char *body);
void street_change (Street *self, const char *doctype, const char *name, const char *body);
guint street_count_commits (Street *self, const char *doctype, const char *name, const char *kind, const char *key);

Till *till_new (Street *street);
void till_free (Till *self);
void till_open (Till *self);
void till_close (Till *self);
void till_reopen (Till *self);
gint64 till_submit (Till *self, const char *method, const char *url, const char *body);
SyncSubmitted *till_try (Till *self, const char *method, const char *url, const char *body, GError **error);
SyncRequest *till_get (Till *self, gint64 id);
gboolean till_is_done (Till *self, gint64 id);
gboolean till_run (Till *self, gint64 at_most_ms);
char *till_describe (Till *self, gint64 id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Street, street_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Till, till_free)

#define till_assert_state(self, id, expected)                                                                  \
  G_STMT_START                                                                                                 \
  {                                                                                                            \
    g_autoptr (SyncRequest) row_now = till_get (self, id);                                                     \
    if (row_now->state != (expected))                                                                          \
      {                                                                                                        \
        g_autofree char *story = till_describe (self, id);                                                     \
        g_error ("%s is expected: %s", sync_state_to_string (expected), story);                                \
      }                                                                                                        \
  }                                                                                                            \
  G_STMT_END

G_END_DECLS

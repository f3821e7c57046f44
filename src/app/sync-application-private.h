/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the application share: sync-application.c puts it together, sync-application-actions.c has what a
 * person can choose, sync-application-set-up.c the server and its key, sync-application-end.c the end. Main thread. */
#pragma once

#include "sync-application.h"

#include "sync-notices.h"
#include "sync-service.h"
#include "sync-status.h"
#include "sync-surroundings.h"
#include "sync-tray.h"
#include "sync-window.h"

G_BEGIN_DECLS

struct _SyncApplication
{
  AdwApplication parent_instance;

  gboolean background;            /* no window at the start */
  gint64 conflict;                /* id of the one to show at the start, 0: the first open one, -1: none */
  SyncDemo *demo;                 /* (owned) (nullable): set: the demonstration */
  GSettings *settings;            /* (owned) (nullable) */
  SyncSurroundings *surroundings; /* (owned) (nullable) */
  SyncConfig *config;             /* (owned) (nullable): NULL if there is nothing to run with */
  SyncClock *clock;               /* (owned) */
  SyncRandom *random;             /* (owned) */
  SyncServiceThread *service;     /* (owned) (nullable): NULL if it does not run */
  SyncStatus *status;             /* (owned) (nullable) */
  SyncStore *reader;              /* (owned) (nullable): for the window's lists */
  SyncTray *tray;                 /* (owned) (nullable) */
  SyncNotices *notices;           /* (owned) (nullable) */
  SyncWindow *window;             /* (unowned) (nullable): GTK owns it while it is open */
  char *problem;                  /* (owned) (nullable): why there is no service, for a person */
  gboolean quitting;
  guint on_term;                  /* source ids of the signal handlers, 0: none */
  guint on_int;
  int status_code;                /* what the process ends with */
};

void sync_application_add_actions (SyncApplication *self);
void sync_application_ask (SyncApplication *self, SyncEngineFunc func, gpointer user_data, GDestroyNotify destroy);
void sync_application_enable_actions (SyncApplication *self, gboolean enabled);
void sync_application_listen_to_signals (SyncApplication *self);
void sync_application_prepare_service (SyncApplication *self);
void sync_application_quit (SyncApplication *self);
void sync_application_set_up (SyncApplication *self);
void sync_application_show_content (SyncApplication *self);

G_END_DECLS

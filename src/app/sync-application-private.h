/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the application share: sync-application.c puts it together, sync-application-actions.c has what a
 * person can choose, sync-application-set-up.c the server and its key, sync-application-end.c the end. Main thread. */
#pragma once

#include "sync-application.h"

#include "sync-background.h"
#include "sync-inhibitor.h"
#include "sync-notices.h"
#include "sync-preferences.h"
#include "sync-service.h"
#include "sync-status.h"
#include "sync-surroundings.h"
#include "sync-tray.h"
#include "sync-window.h"

G_BEGIN_DECLS

struct _SyncApplication
{
  AdwApplication parent_instance;

  gboolean hidden;                /* no window at the start */
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
  SyncPreferences *preferences;   /* (unowned) (nullable): likewise */
  SyncBackground *background;     /* (owned) (nullable): NULL in the demonstration, and without settings */
  SyncInhibitor *inhibitor;       /* (owned) (nullable): NULL in the demonstration */
  char *problem;                  /* (owned) (nullable): why there is no service, for a person */
  GDBusConnection *absent_bus;    /* (owned) (nullable): where something answers in the service's place */
  guint absent;                   /* id of that, 0: none */
  gboolean locked;                /* that is why: another process looks after the queue */
  guint on_free;                  /* source id of the looks whether it has left, 0: none */
  guint untold;                   /* so many looks until somebody is told of that; 0: told, or somebody sees it */
  guint on_take_over;             /* source id of the looks whether it has ended, 0: none */
  guint take_over_looks;          /* that are left */
  gboolean moving;                /* the service ends to begin anew with another server */
  gboolean wants_window;          /* somebody asked for it meanwhile */
  gboolean told_background;       /* that it goes on without a window is told once */
  gboolean quitting;
  gboolean ended;                 /* nothing of it is left to wait for */
  guint on_term;                  /* source ids of the signal handlers, 0: none */
  guint on_int;
  int status_code;                /* what the process ends with */
};

void sync_application_add_actions (SyncApplication *self);
void sync_application_answer_absent (SyncApplication *self, GDBusConnection *bus, const GError *reason);
void sync_application_drop_absent (SyncApplication *self);
GError *sync_application_no_address (void);
void sync_application_add_take_over (SyncApplication *self);
void sync_application_show_locked (SyncApplication *self);
void sync_application_wait_for_queue (SyncApplication *self);
void sync_application_ask (SyncApplication *self, SyncEngineFunc func, gpointer user_data, GDestroyNotify destroy);
void sync_application_enable_actions (SyncApplication *self, gboolean enabled);
void sync_application_finish (SyncApplication *self);
void sync_application_follow_address (SyncApplication *self);
void sync_application_follow_status (SyncApplication *self);
void sync_application_leave (SyncApplication *self);
void sync_application_catch_signals (SyncApplication *self);
void sync_application_listen (SyncApplication *self);
gboolean sync_application_is_headless (int pid);
gboolean sync_application_is_in_headless_hands (SyncApplication *self);
gboolean sync_application_move (SyncApplication *self, const char *base_url, GError **error);
void sync_application_open_window (SyncApplication *self);
void sync_application_prepare_service (SyncApplication *self);
void sync_application_quit (SyncApplication *self);
void sync_application_quit_now (SyncApplication *self);
void sync_application_set_up (SyncApplication *self);
int sync_application_show_asked_conflict (SyncApplication *self);
void sync_application_show_content (SyncApplication *self);
void sync_application_show_keys (SyncApplication *self);
void sync_application_tell (SyncApplication *self, const char *words);
void sync_application_tell_later (char *words);
void sync_application_tell_hidden (SyncApplication *self);
void sync_application_tell_background (SyncApplication *self);

G_END_DECLS

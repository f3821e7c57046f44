/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>

#include "sync-ctl-client.h"
#include "sync-ctl-print.h"
#include "sync-json.h"

G_BEGIN_DECLS

#define SYNC_CTL_DONE 0
#define SYNC_CTL_REFUSED 1
#define SYNC_CTL_USAGE 2

/* One run of the command line. */
typedef struct
{
  gboolean json;         /* answers as JSON instead of words */
  char *status;          /* (owned) (nullable): --status */
  char *body;            /* (owned) (nullable): --body */
  char *key;             /* (owned) (nullable): --key */
  char *reason;          /* (owned) (nullable): --reason */
  gboolean with_dependants; /* --with-dependants */
  char *document;        /* (owned) (nullable): --document */
  gboolean preview;      /* --preview */
  gboolean in_file;      /* --file */
  char **types;          /* (owned) (nullable): --type */
  char *data_dir;        /* (owned) */
  SyncCtlClient *client; /* (owned) (nullable): NULL for commands that do not need the program */
} SyncCtl;

int sync_ctl_usage_error (const char *format, ...) G_GNUC_PRINTF (1, 2);
int sync_ctl_fail (const GError *error);
int sync_ctl_fail_request (const GError *error, gint64 id);
gboolean sync_ctl_parse_id (const char *text, gint64 *id);
gboolean sync_ctl_parse_conflict (const char *text, gint64 *id);
SyncCtlAnswer *sync_ctl_call (SyncCtl *ctl, const char *method, const char *path, const char *body, int *status);

/* sync-ctl-show.c */
int sync_ctl_status (SyncCtl *ctl, char **arguments);
int sync_ctl_list (SyncCtl *ctl, char **arguments);
int sync_ctl_show (SyncCtl *ctl, char **arguments);

/* sync-ctl-watch.c */
int sync_ctl_watch (SyncCtl *ctl, char **arguments);

/* sync-ctl-hooks.c */
int sync_ctl_hooks (SyncCtl *ctl, char **arguments);

/* sync-ctl-decide.c */
GBytes *sync_ctl_read_json (const char *name, SyncJsonView *root, GError **error);
int sync_ctl_submit (SyncCtl *ctl, char **arguments);
int sync_ctl_sync (SyncCtl *ctl, char **arguments);
int sync_ctl_pause (SyncCtl *ctl, char **arguments);
int sync_ctl_resume (SyncCtl *ctl, char **arguments);
int sync_ctl_offline (SyncCtl *ctl, char **arguments);
int sync_ctl_retry (SyncCtl *ctl, char **arguments);
int sync_ctl_confirm (SyncCtl *ctl, char **arguments);
int sync_ctl_discard (SyncCtl *ctl, char **arguments);
int sync_ctl_restore (SyncCtl *ctl, char **arguments);
int sync_ctl_clear_old (SyncCtl *ctl, char **arguments);
int sync_ctl_backup (SyncCtl *ctl, char **arguments);

/* sync-ctl-conflicts.c */
int sync_ctl_conflicts (SyncCtl *ctl, char **arguments);
int sync_ctl_resolve (SyncCtl *ctl, char **arguments);
int sync_ctl_undo (SyncCtl *ctl, char **arguments);

/* sync-ctl-keys.c */
int sync_ctl_keys (SyncCtl *ctl, char **arguments);

/* sync-ctl-secret.c */
int sync_ctl_credentials (SyncCtl *ctl, char **arguments);

/* sync-ctl-doctor.c */
int sync_ctl_doctor (SyncCtl *ctl, char **arguments);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "sync-transport.h"

G_BEGIN_DECLS

/* A small ERPNext in memory: documents with `modified` and docstatus, a unique key on some DocTypes and none on others,
 * POS Awesome's submit, submissions that are only queued, a DocType whose documents are named by whoever makes them, and
 * a rule: what has a "rule" of 1 is refused whenever it is written, 2: as it is submitted. It knows no time but what it is
 * told, and fails never: faults are the network's. */

typedef enum
{
  SIM_COMMIT_CREATE,
  SIM_COMMIT_UPDATE,
  SIM_COMMIT_SUBMIT,
  SIM_COMMIT_CANCEL,
  SIM_COMMIT_DELETE,
} SimCommitKind;

/* One change that the site made, in the order of making. */
typedef struct
{
  SimCommitKind kind;
  gint64 mark; /* the number `n` in the body that did it, 0: none (a submission, a delete, somebody else's write) */
  char *id;    /* (owned): "Type/name" */
  gboolean ours; /* by the till, not by somebody else */
  char *over;  /* (owned) (nullable): the `modified` of what an update of the till replaced, if somebody else had written that */
} SimCommit;

typedef struct _SimSite SimSite;

SimSite *sim_site_new (void);
void sim_site_free (SimSite *self);
SyncTransportReply *sim_site_serve_half (SimSite *self, const SyncTransportRequest *request);
SyncTransportReply *sim_site_serve (SimSite *self, const SyncTransportRequest *request);
SyncTransportReply *sim_site_show_another (SimSite *self, const SyncTransportRequest *request, guint start);
void sim_site_set_wall_us (SimSite *self, gint64 wall_us);
void sim_site_finish_queued (SimSite *self, gboolean well);
gboolean sim_site_has_queued (SimSite *self);
void sim_site_set_lenient (SimSite *self, gboolean is_lenient);

/* What somebody else does, at another till or in ERPNext's own pages. */
void sim_site_put (SimSite *self, const char *type, const char *name, const char *json);
gboolean sim_site_remove (SimSite *self, const char *type, const char *name);
gboolean sim_site_rename (SimSite *self, const char *type, const char *name);
gboolean sim_site_set_docstatus (SimSite *self, const char *type, const char *name, int docstatus);

JsonObject *sim_site_get (SimSite *self, const char *type, const char *name);
JsonObject *sim_site_find_mark (SimSite *self, const char *type, gint64 mark, guint *n);
const SimCommit *sim_site_get_commits (SimSite *self, guint *n);
guint sim_site_count (SimSite *self, SimCommitKind kind, gint64 mark);
gint64 sim_site_mark_of (const SyncTransportRequest *request);
gboolean sim_site_enforces_key (const char *type);

SyncTransportReply *sim_reply_new (guint status, const char *content_type, const char *body);
SyncTransportReply *sim_reply_new_exception (guint status, const char *exc_type, const char *words);
SyncTransportReply *sim_reply_new_broken (SyncTransportResult result, gboolean written);

G_END_DECLS

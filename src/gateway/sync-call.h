/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

#include "sync-gateway.h"
#include "sync-json.h"

G_BEGIN_DECLS

/* The largest request that is read: a body of the largest size that ERPNext takes, and room for what is
 * around it. */
#define SYNC_CALL_MAX_BYTES (26 * 1024 * 1024)

/* One HTTP call below /_sync/v1/ while it is being answered. Reference counted; engine's thread. */
typedef struct
{
  SyncGateway *gateway;       /* (owned) */
  SyncEngine *engine;         /* (owned) */
  SoupServerMessage *message; /* (owned) */
  GHashTable *query;          /* (owned) (nullable) (element-type utf8 utf8) */
  GBytes *body;               /* (owned) */
  gint64 id;                  /* the ID of the path, 0 if it has none */
  gulong finished_handler;    /* 0 unless held */
  gboolean finished;          /* the connection is gone: nobody reads the answer */
} SyncCall;

/* The most members that a body may have. */
#define SYNC_CALL_MAX_MEMBERS 9

/* The members of a body, found in one walk: a body of many megabytes is not walked once for each of them. */
typedef struct
{
  const char *const *known;                    /* (unowned) (array zero-terminated=1): their names */
  SyncJsonView members[SYNC_CALL_MAX_MEMBERS]; /* in the same order, as long as the call lives; no text: absent */
} SyncCallObject;

SyncCall *sync_call_new (SyncGateway *gateway, SyncEngine *engine, SoupServerMessage *message);
SyncCall *sync_call_ref (SyncCall *self);
void sync_call_unref (SyncCall *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncCall, sync_call_unref)

SyncCall *sync_call_hold (SyncCall *self);
void sync_call_resume (SyncCall *self);

void sync_call_reply (SyncCall *self, guint status, const char *json);
void sync_call_reply_ok (SyncCall *self);
void sync_call_fail (SyncCall *self, guint status, const char *code, const char *format, ...)
  G_GNUC_PRINTF (4, 5);
void sync_call_fail_error (SyncCall *self, const GError *error);
void sync_call_answer_message (SoupServerMessage *message, guint status, const char *content_type,
                               const char *text);
void sync_call_refuse_message (SoupServerMessage *message, guint status, const char *code, const char *text);
guint sync_call_status_of (const GError *error, const char **code);
const char *sync_call_get_actor (SyncCall *self);

gboolean sync_call_check_query (SyncCall *self, const char *const *known, GError **error);
const char *sync_call_get_query (SyncCall *self, const char *name);
gboolean sync_call_query_int (SyncCall *self, const char *name, gint64 least, gint64 most, gint64 *value,
                              GError **error);
gboolean sync_call_read_object (SyncCall *self, const char *const *known, SyncCallObject *object,
                                GError **error);

gboolean sync_call_member (const SyncCallObject *object, const char *name, SyncJsonView *value);
gboolean sync_call_string (const SyncCallObject *object, const char *name, char **value, GError **error);
gboolean sync_call_int (const SyncCallObject *object, const char *name, gint64 least, gint64 most,
                        gint64 *value, GError **error);
gboolean sync_call_bool (const SyncCallObject *object, const char *name, gboolean *given, gboolean *value,
                         GError **error);
gboolean sync_call_strings (const SyncCallObject *object, const char *name, char ***values, GError **error);
gboolean sync_call_ids (const SyncCallObject *object, const char *name, GArray **ids, GError **error);

G_END_DECLS

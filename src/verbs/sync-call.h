/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-engine.h"
#include "sync-error.h"
#include "sync-json.h"

G_BEGIN_DECLS

/* The largest request that is read: a body of the largest size that ERPNext takes, and room for what is
 * around it. */
#define SYNC_CALL_MAX_BYTES (26 * 1024 * 1024)

typedef struct _SyncCall SyncCall;

/* How a door takes the end of a call. It hears of one end only. */
typedef struct
{
  /* @json is the answer, an object; @accepted: of something that is done later. */
  void (*reply) (SyncCall *call, gboolean accepted, const char *json);
  /* @more: (nullable): further members of the answer, as JSON between braces. */
  void (*fail) (SyncCall *call, const GError *error, const char *more);
  /* (nullable): the caller has to wait; and it need not any more. */
  void (*hold) (SyncCall *call);
  void (*resume) (SyncCall *call);
  /* Frees what the door has added. */
  void (*clear) (SyncCall *call);
} SyncDoor;

/* One call of another program while it is being answered, whichever door it came in through. Doors put it at the
 * beginning of a structure of their own. Reference counted; engine's thread. */
struct _SyncCall
{
  const SyncDoor *door; /* (unowned) */
  SyncEngine *engine;   /* (owned) */
  GHashTable *query;    /* (owned) (nullable) (element-type utf8 utf8): what a question says */
  GBytes *body;         /* (owned): what an order says, a JSON object */
  gint64 id;            /* of the request or conflict that it is about, 0 if it is about none */
  const char *actor;    /* (unowned): who decides, for the audit; lives as long as the program */
};

/* The most members that a body may have. */
#define SYNC_CALL_MAX_MEMBERS 9

/* The members of a body, found in one walk: a body of many megabytes is not walked once for each of them. */
typedef struct
{
  const char *const *known;                    /* (unowned) (array zero-terminated=1): their names */
  SyncJsonView members[SYNC_CALL_MAX_MEMBERS]; /* in the same order, as long as the call lives; no text: absent */
} SyncCallObject;

SyncCall *sync_call_new (const SyncDoor *door, gsize size, SyncEngine *engine, const char *actor);
SyncCall *sync_call_ref (SyncCall *self);
void sync_call_unref (SyncCall *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncCall, sync_call_unref)

SyncCall *sync_call_hold (SyncCall *self);
void sync_call_resume (SyncCall *self);

void sync_call_reply (SyncCall *self, const char *json);
void sync_call_accept (SyncCall *self, const char *json);
void sync_call_reply_ok (SyncCall *self);
void sync_call_fail (SyncCall *self, SyncError code, const char *format, ...) G_GNUC_PRINTF (3, 4);
void sync_call_fail_error (SyncCall *self, const GError *error);
void sync_call_fail_with (SyncCall *self, const GError *error, const char *more);

gboolean sync_call_check_query (SyncCall *self, const char *const *known, GError **error);
const char *sync_call_get_query (SyncCall *self, const char *name);
gboolean sync_call_query_int (SyncCall *self, const char *name, gint64 least, gint64 most, gint64 *value,
                              GError **error);
gboolean sync_call_read_object (SyncCall *self, const char *const *known, SyncCallObject *object,
                                GError **error);
gboolean sync_call_read_nothing (SyncCall *self, GError **error);

gboolean sync_call_member (const SyncCallObject *object, const char *name, SyncJsonView *value);
gboolean sync_call_string (const SyncCallObject *object, const char *name, char **value, GError **error);
gboolean sync_call_int (const SyncCallObject *object, const char *name, gint64 least, gint64 most,
                        gint64 *value, GError **error);
gboolean sync_call_bool (const SyncCallObject *object, const char *name, gboolean *given, gboolean *value,
                         GError **error);
gboolean sync_call_strings (const SyncCallObject *object, const char *name, char ***values, GError **error);
gboolean sync_call_ids (const SyncCallObject *object, const char *name, GArray **ids, GError **error);
gboolean sync_call_check_dots (GBytes *document, const char *name, GError **error);

G_END_DECLS

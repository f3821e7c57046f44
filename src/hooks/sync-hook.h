/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "sync-clock.h"

G_BEGIN_DECLS

/* How long a hook may think. Others wait for the document meanwhile. */
#define SYNC_HOOK_LIMIT_MS 5000
/* An answer in JSON holds one document. */
#define SYNC_HOOK_MAX_ANSWER_BYTES (1024 * 1024)

/* What a hook decides. */
typedef enum
{
  SYNC_HOOK_LOCAL_WINS,
  SYNC_HOOK_SERVER_WINS,
  SYNC_HOOK_MERGED, /* the answer's document is written */
  SYNC_HOOK_MANUAL, /* the same, but as if a person had written it by hand */
  SYNC_HOOK_ASK,    /* a person decides, whatever the policy says */
  SYNC_HOOK_SKIP,   /* it stays open */
  SYNC_HOOK_PASS,   /* the hook has no opinion: the next one is asked, or the policy decides */
} SyncHookResolution;

const char *sync_hook_resolution_to_string (SyncHookResolution resolution);

/* What a hook is asked about. Documents are JSON texts; one that is not JSON is handed on as a string. Texts are borrowed,
 * of a copy owned. */
typedef struct
{
  gint64 id;                 /* of the conflict, 0: a dry run, or no conflict but a refusal (type "rule") */
  const char *resource_type; /* the DocType */
  const char *resource_id;   /* (nullable): the document's name */
  const char *type;          /* (nullable): as in SyncConflict: "edit_edit", … */
  const char *base;          /* (nullable): what the till had read */
  const char *local;         /* (nullable): what it wrote */
  const char *server;        /* (nullable): what is there; NULL if it is gone */
  gint64 base_ms;            /* wall clock: since when the base stood there, 0: not known. So the next two: */
  gint64 local_ms;           /* when the till wrote */
  gint64 server_ms;          /* when the server's version was written */
  const char *message;       /* (nullable): what the server said, with "rule" */
} SyncHookQuestion;

SyncHookQuestion *sync_hook_question_copy (const SyncHookQuestion *self);
void sync_hook_question_free (SyncHookQuestion *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncHookQuestion, sync_hook_question_free)

/* What came of it; a value. */
typedef struct
{
  SyncHookResolution resolution;
  GBytes *document; /* (owned) (nullable): a JSON object, with MERGED and MANUAL and with nothing else */
  char *reason;     /* (owned) (nullable): the hook's own words, one line */
  char *by;         /* (owned) (nullable): who decided, for the history: "hook Sales Invoice" */
  char *passed;     /* (owned) (nullable): hooks that were asked before it and failed, in words, to be reported */
} SyncHookAnswer;

void sync_hook_answer_free (SyncHookAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncHookAnswer, sync_hook_answer_free)

/**
 * SyncHookCall:
 *
 * One question to one hook, with its time limit. Whoever holds a reference may answer, at once or later, from the thread
 * that made the call; the first answer counts. It ends without a decision if its time is up, if it is cancelled, or if
 * nobody holds it any more.
 */
#define SYNC_TYPE_HOOK_CALL (sync_hook_call_get_type ())
G_DECLARE_FINAL_TYPE (SyncHookCall, sync_hook_call, SYNC, HOOK_CALL, GObject)

/* Asking */
SyncHookCall *sync_hook_call_new (const SyncHookQuestion *question, SyncClock *clock, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
SyncHookAnswer *sync_hook_call_finish (GAsyncResult *result, GError **error);

/* Answering */
const SyncHookQuestion *sync_hook_call_get_question (SyncHookCall *self);
GBytes *sync_hook_call_dup_text (SyncHookCall *self);
GCancellable *sync_hook_call_get_cancellable (SyncHookCall *self);
void sync_hook_call_answer (SyncHookCall *self, SyncHookResolution resolution, GBytes *document, const char *reason);
void sync_hook_call_answer_text (SyncHookCall *self, const char *text, gsize length);
void sync_hook_call_set_complaint (SyncHookCall *self, const char *words);
void sync_hook_call_fail (SyncHookCall *self, const GError *error);

G_END_DECLS

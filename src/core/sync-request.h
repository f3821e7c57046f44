/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-route.h"
#include "sync-state.h"

G_BEGIN_DECLS

/* One write on its way to ERPNext, as the queue holds it. A plain value with a reference count; what the store hands
 * out is a copy of the row and does not change afterwards. */
typedef struct
{
  gint64 id;              /* the acceptance sequence; 0 before it is accepted */
  SyncState state;
  char *site;             /* (owned): base URL of the ERPNext that it belongs to */
  char *author;           /* (owned) (nullable): who made it: the ERPNext user, or the local caller */
  char *key;              /* (owned): the idempotency key, fixed at acceptance */
  char *fingerprint;      /* (owned): SHA-256 of the route-normalised request as the caller sent it */
  char *family;           /* (owned): see SyncRoute */
  char *method;           /* (owned) */
  char *url;              /* (owned): path and query on the site, as accepted */
  char *effective_url;    /* (owned) (nullable): the same with ids rewritten */
  char *headers;          /* (owned) (nullable): JSON object of the caller's headers, secrets left out */
  char *content_type;     /* (owned) (nullable) */
  GBytes *accepted_body;  /* (owned) (nullable): NULL if there is none, or if the row was listed without bodies */
  GBytes *effective_body; /* (owned) (nullable): what is sent instead, after ids were rewritten or a person edited it */
  gboolean edited;        /* a person or a resolution replaced the body; FALSE if the row was listed without bodies */
  GBytes *base_document;  /* (owned) (nullable): what the till had read, JSON */
  char *base_modified;    /* (owned) (nullable): `modified` of that version, byte for byte */
  char *resource_type;    /* (owned) (nullable): DocType */
  char *resource_id;      /* (owned) (nullable): the document's name as the caller knew it */
  char *server_name;      /* (owned) (nullable): the document's name on the server, once known */
  char *resource_version; /* (owned) (nullable): `modified` of the answer that proved the delivery */
  char *lane;             /* (owned): requests of one lane are delivered one after the other */
  char *action;           /* (owned): of sync_action_to_string() */
  char *group_name;       /* (owned) (nullable) */
  guint step;             /* how many steps of the delivery are done */
  int priority;           /* 0 to 3 */
  gint64 order_ms;        /* chooses between lanes */
  gint64 accepted_ms;     /* on the till's wall clock */
  gint64 accepted_server_ms; /* on the server's; 0 if it was not known then, or the row was listed without bodies */
  gint64 accepted_boot_us; /* on the boot clock; 0: in another boot, or the row was listed without bodies */
  gint64 updated_ms;
  guint retry_count;      /* tries charged to this request */
  guint attempts;         /* times it was sent */
  guint unaccounted;      /* sends whose effect is not known */
  gint64 next_retry_at_ms; /* wall clock; 0: due at once */
  guint http_status;      /* of the last answer, 0 if there was none */
  char *exc_type;         /* (owned) (nullable): of the last answer */
  char *error_message;    /* (owned) (nullable): in words, for a person */
  gboolean needs_person;  /* nobody but a person can decide what to do next */
  char *proof;            /* (owned) (nullable): what proved the delivery: "server", "look" or "person" */
  char *response;         /* (owned) (nullable): the last answer's body, cut; NULL if the row was listed without bodies */
  char *discard_reason;   /* (owned) (nullable) */
  gint64 superseded_by;   /* the row that took its key, 0 if none */
  gint64 undo_of;         /* the row that it undoes, 0 if none */
  gint64 waits_for;       /* the row that stands in front of it in its lane and keeps it, 0 if none; as it was read */
  SyncState waits_for_state; /* of that row */
  GArray *depends_on;     /* (owned) (nullable) (element-type gint64): ids; NULL if there are none */
} SyncRequest;

#define SYNC_TYPE_REQUEST (sync_request_get_type ())
GType sync_request_get_type (void);

SyncRequest *sync_request_new (void);
SyncRequest *sync_request_ref (SyncRequest *self);
void sync_request_unref (SyncRequest *self);
GBytes *sync_request_get_body (const SyncRequest *self);
const char *sync_request_get_url (const SyncRequest *self);
const char *sync_request_get_document_name (const SyncRequest *self);
gboolean sync_request_is_sale (const SyncRequest *self);
char *sync_request_dup_id_list (GArray *ids);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncRequest, sync_request_unref)

G_END_DECLS

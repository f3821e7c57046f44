/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  SYNC_ROUTE_UNKNOWN,     /* not in the rules: goes through while on line, never waits in the queue */
  SYNC_ROUTE_READ,        /* changes nothing, whatever its verb */
  SYNC_ROUTE_WRITE,       /* may wait in the queue */
  SYNC_ROUTE_ONLINE_ONLY, /* needs the server's answer now (login, opening a shift, …) */
} SyncRouteKind;

typedef enum
{
  SYNC_ACTION_CREATE, /* makes a document */
  SYNC_ACTION_UPDATE, /* changes fields of a document; carries its base `modified` */
  SYNC_ACTION_DELETE, /* removes a document */
  SYNC_ACTION_SUBMIT, /* takes a draft to docstatus 1 */
  SYNC_ACTION_CANCEL, /* takes a submitted document to docstatus 2 */
  SYNC_ACTION_CALL,   /* any other method */
} SyncAction;

/* What a 2xx answer must hold to count as delivered. */
typedef enum
{
  SYNC_PROOF_DOCUMENT,  /* `data` or `message` is an object with a `name` */
  SYNC_PROOF_DELETED,   /* `data` is "ok", or `message` is "ok" or absent */
  SYNC_PROOF_SUBMITTED, /* an object with `docstatus` 1 (also one level down, in `invoice`) */
  SYNC_PROOF_CANCELLED, /* an object with `docstatus` 2 */
  SYNC_PROOF_NO_ERRORS, /* `message` is an object whose `errors` is empty or absent */
  SYNC_PROOF_MESSAGE,   /* `data` or `message` is there, whatever its kind */
  SYNC_PROOF_EMPTY,     /* a JSON object without `exc_type` or `errors`; the method returns nothing */
} SyncProof;

/* What the rules say of one HTTP call. */
typedef struct
{
  SyncRouteKind kind;
  SyncAction action;
  SyncProof proof;
  char *family;         /* (owned): "resource" for v1 and v2 documents alike, else the method's dotted name */
  char *resource_type;  /* (owned) (nullable): DocType */
  char *resource_id;    /* (owned) (nullable): the document's name, decoded; NULL for a create */
  char *client_key;     /* (owned) (nullable): the idempotency key that the caller put into the body */
  char **key_places;    /* (owned) (nullable): all places where a caller may have put it, as `key_path` */
  char *key_field;      /* (owned) (nullable): the unique field of the DocType that carries the key */
  char *key_path;       /* (owned) (nullable): where in the body the key belongs, "/" between levels: "posa_client_request_id",
                           "invoice/posa_client_request_id" (a level may be JSON inside a text) */
  char *natural_lane;   /* (owned): the lane if nothing better is known: "Type/lower-case name", or "" for a create */
  char *base_modified;  /* (owned) (nullable): the body's `modified`, byte for byte */
  char *document_path;  /* (owned) (nullable): where in the body the document stands: "" the body itself, "doc", "data";
                           NULL if the body holds arguments and no document */
  char *field_path;     /* (owned) (nullable): the argument that names the one field to set (`fieldname`) … */
  char *value_path;     /* (owned) (nullable): … and the one that holds its value */
  char **natural;       /* (owned) (nullable): what tells the document from others where it has no key, and the request
                           says plainly: field, value, field, value, NULL */
  gboolean natural_may_change; /* the server may store something else in these fields than was sent */
  char **forced;        /* (owned) (nullable): arguments that every attempt carries: name, value, name, value, NULL */
  gboolean key_enforced; /* the server refuses a second document with the same key (where @key_field exists) */
  gboolean echoes_key;   /* the answer shows the key, so its absence there proves that the server ignored it */
  gboolean submit_after; /* a create that asks for docstatus 1: to be delivered in two steps */
  int priority;          /* 0 sale and payment, 1 shift, 2 customer, 3 other */
} SyncRoute;

#define SYNC_ROUTE_FAMILY_RESOURCE "resource"

void sync_route_free (SyncRoute *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncRoute, sync_route_free)

#define SYNC_TYPE_ROUTE_TABLE (sync_route_table_get_type ())
G_DECLARE_FINAL_TYPE (SyncRouteTable, sync_route_table, SYNC, ROUTE_TABLE, GObject)

SyncRouteTable *sync_route_table_new (const char *extra_path, GError **error);
SyncRoute *sync_route_table_match (SyncRouteTable *self, const char *method, const char *path_and_query,
                                   const char *content_type, GBytes *body, GError **error);
const char *sync_route_table_get_key_field (SyncRouteTable *self, const char *resource_type);
gboolean sync_route_table_is_key_shipped (SyncRouteTable *self, const char *resource_type);
char **sync_route_table_dup_key_types (SyncRouteTable *self);

void sync_route_wire_target (const SyncRoute *self, const char *method, const char *path_and_query, guint step,
                             const char *server_name, char **wire_method, char **wire_path_and_query);
gboolean sync_route_is_document_name (const char *name);
char *sync_route_dup_document_path (const char *resource_type, const char *resource_id);

const char *sync_route_kind_to_string (SyncRouteKind kind);
const char *sync_action_to_string (SyncAction action);
gboolean sync_action_from_string (const char *name, SyncAction *action);
const char *sync_proof_to_string (SyncProof proof);
gboolean sync_proof_from_string (const char *name, SyncProof *proof);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-json-member.h"
#include "sync-practice-doctype.h"
#include "sync-practice-shop.h"
#include "sync-practice-store.h"
#include "sync-practice-stream.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _SyncPracticeFaults SyncPracticeFaults;

typedef struct
{
  char *name;               /* (owned): the mail address */
  char *secret;             /* (owned) (nullable): NULL when the key was cleared */
  const char *const *roles; /* (unowned): static, NULL-terminated */
  gboolean enabled;
  guint n_failures;         /* failed log-ins since the last good one */
} SyncPracticeUser;

typedef struct
{
  SyncPracticeUser *user;   /* (unowned): the shop's table owns it */
  char *csrf;               /* (owned) (nullable): NULL until a page was opened in this session */
} SyncPracticeSession;

struct _SyncPracticeShop
{
  GObject parent_instance;

  SyncClock *clock;               /* (owned) */
  SyncRandom *random;             /* (owned) */
  GTimeZone *zone;                /* (owned): the site's */
  char *zone_name;                /* (owned) */
  SyncPracticeStore *store;       /* (owned) */
  GHashTable *doctypes;           /* (owned) (element-type utf8 SyncPracticeDocType) */
  GHashTable *users;              /* (owned) (element-type utf8 SyncPracticeUser) */
  GHashTable *sessions;           /* (owned) (element-type utf8 SyncPracticeSession): by sid */
  SyncPracticeFaults *faults;     /* (owned) */
  GHashTable *queued;             /* (owned) (element-type utf8 Job): submissions that a job will do, by document */
  gint64 last_us;                 /* the newest stamp given, so that stamps rise strictly */
  SyncPracticeMaintenance maintenance;
  gboolean tracebacks;
  gboolean keep_alive;

  SoupServer *server;             /* (owned) */
  GSocketService *service;        /* (owned) (nullable): NULL while the line is cut */
  GSocket *held;                  /* (owned) (nullable): keeps the port while the line is cut */
  GHashTable *connections;        /* (owned) (element-type GSocketAddress Connection): the open ones */
  GHashTable *pending;            /* (owned) (element-type Pending): answers that an alarm will send */
  guint port;
  char *base_url;                 /* (owned) (nullable) */
  guint64 n_requests;
};

/* A message for the person, as Frappe collects them while it handles a request. */
typedef struct
{
  char *text;          /* (owned): HTML */
  const char *title;   /* (unowned): static */
  const char *indicator; /* (unowned) (nullable): static */
  gboolean raised;     /* it is the error, not a remark */
} SyncPracticeMessage;

/* One request while it is handled, and its answer. */
typedef struct
{
  SyncPracticeShop *shop;    /* (unowned) */
  const char *method;        /* (unowned): the HTTP verb */
  char *path;                /* (owned): as on the wire */
  GHashTable *query;         /* (owned) (nullable) */
  const char *body;          /* (unowned): the request's body, NUL-terminated */
  gsize n_body;
  const char *content_type;  /* (unowned) (nullable) */
  const char *accept;        /* (unowned) (nullable) */
  const char *host;          /* (unowned) (nullable) */
  SoupMessageHeaders *headers; /* (unowned) (nullable): the request's */
  JsonObject *arguments;     /* (owned): query, form and JSON body together */
  JsonObject *json;          /* (owned) (nullable): the JSON body by itself */
  gboolean v2;
  gboolean seeding;          /* built-in documents: no ledger */
  SyncPracticeUser *user;    /* (unowned) (nullable): NULL is the guest */
  SyncPracticeSession *session; /* (unowned) (nullable) */
  gboolean session_expired;
  gboolean own_commit;       /* the method commits even when called with GET */

  guint status;              /* of the answer; 0 until it is known */
  const char *exc_type;      /* (unowned) (nullable): static */
  char *exception;           /* (owned) (nullable): its text after the class */
  const char *exc_module;    /* (unowned): static, with its dot; before the class in `exception` */
  const char *exc_source;    /* (unowned) (nullable): static */
  gboolean traced;           /* exception and exc are shown where tracebacks are on */
  gboolean always_traced;    /* also where they are off (the failure came before the setting was read) */
  char *error_message;       /* (owned) (nullable): `_error_message` */
  const char *extra_message; /* (unowned) (nullable): a plain `message` beside the error */
  GPtrArray *messages;       /* (owned) (element-type SyncPracticeMessage) */
  const char *result_key;    /* (unowned) (nullable): static; NULL: `data` or `message` by the route */
  JsonNode *result;          /* (owned) (nullable) */
  JsonObject *result_beside; /* (owned) (nullable): more top-level members */
  char *page;                /* (owned) (nullable): an answer that is not JSON */
  const char *page_type;     /* (unowned): its Content-Type */
  char *new_sid;             /* (owned) (nullable): the session that the answer hands out */
  GPtrArray *extra_headers;  /* (owned) (nullable) (element-type utf8): name, value, name, value */
} SyncPracticeCall;

/* Members of documents, with a value where there is none. */
static inline const char *
sync_practice_text (JsonObject *object, const char *name)
{
  return sync_json_member_text (object, name, "");
}

static inline double
sync_practice_number (JsonObject *object, const char *name)
{
  return json_object_get_double_member_with_default (object, name, 0);
}

static inline gint64
sync_practice_int (JsonObject *object, const char *name)
{
  return sync_json_member_int (object, name, 0);
}

/* sync-practice-call.c */
SyncPracticeCall *sync_practice_call_new (SyncPracticeShop *shop);
void sync_practice_call_free (SyncPracticeCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncPracticeCall, sync_practice_call_free)
gboolean sync_practice_call_fail (SyncPracticeCall *call, guint status, const char *exc_type,
                                  const char *format,
                                  ...) G_GNUC_PRINTF (4, 5);
gboolean sync_practice_call_fail_quietly (SyncPracticeCall *call, guint status, const char *exc_type,
                                          const char *format, ...) G_GNUC_PRINTF (4, 5);
gboolean sync_practice_call_fail_page (SyncPracticeCall *call, guint status, const char *title,
                                       const char *text);
void sync_practice_call_say (SyncPracticeCall *call, const char *title, const char *indicator,
                             gboolean raised,
                             const char *format, ...) G_GNUC_PRINTF (5, 6);
gboolean sync_practice_call_from_erpnext (SyncPracticeCall *call);
gboolean sync_practice_call_from_posawesome (SyncPracticeCall *call);
gboolean sync_practice_call_read_arguments (SyncPracticeCall *call);
const char *sync_practice_call_get_text (SyncPracticeCall *call, const char *name);
JsonNode *sync_practice_call_dup_json (SyncPracticeCall *call, const char *name);
JsonObject *sync_practice_call_dup_object (SyncPracticeCall *call, const char *name);
char *sync_practice_call_now (SyncPracticeCall *call, const char *format);
void sync_practice_call_return (SyncPracticeCall *call, JsonNode *result);
void sync_practice_call_return_object (SyncPracticeCall *call, JsonObject *object);
void sync_practice_call_return_text (SyncPracticeCall *call, const char *text);
gboolean sync_practice_call_is_read (SyncPracticeCall *call);
const char *sync_practice_call_user (SyncPracticeCall *call);
SyncPracticeDocType *sync_practice_call_doctype (SyncPracticeCall *call, const char *name);
SyncPracticeDocType *sync_practice_call_argument_doctype (SyncPracticeCall *call, const char *name);
gboolean sync_practice_call_may (SyncPracticeCall *call, SyncPracticeDocType *doctype, char right);
gboolean sync_practice_call_check (SyncPracticeCall *call, SyncPracticeDocType *doctype, char right);

/* sync-practice-answer.c */
void sync_practice_answer_send (SyncPracticeCall *call, SoupServerMessage *message);
gboolean sync_practice_answer_prepared (SyncPracticeCall *call, const char *name,
                                        const SyncPracticeFault *fault);

/* sync-practice-session.c */
GHashTable *sync_practice_users_new (void);
void sync_practice_session_free (gpointer session);
SyncPracticeUser *sync_practice_shop_find_user (SyncPracticeShop *self, const char *name);
gboolean sync_practice_session_authenticate (SyncPracticeCall *call);
gboolean sync_practice_session_login (SyncPracticeCall *call);
void sync_practice_session_logout (SyncPracticeCall *call);
void sync_practice_session_page (SyncPracticeCall *call);
char *sync_practice_shop_token (SyncPracticeShop *self, guint n_hex);

/* sync-practice-route.c */
void sync_practice_route (SyncPracticeCall *call);

/* sync-practice-admin.c */
void sync_practice_admin (SyncPracticeCall *call);

/* sync-practice-naming.c */
char *sync_practice_shop_now (SyncPracticeShop *self);
char *sync_practice_shop_format_us (SyncPracticeShop *self, gint64 us, const char *format);
char *sync_practice_shop_hash (SyncPracticeShop *self);
const char *sync_practice_naming_given (SyncPracticeDocType *doctype, JsonObject *sent, gboolean api_name);
char *sync_practice_naming_choose (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                                   const char *given);

/* sync-practice-document.c */
gboolean sync_practice_document_check_writable (SyncPracticeCall *call);
void sync_practice_document_stamp (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                                   gboolean is_new);
gboolean sync_practice_document_insert (SyncPracticeCall *call, SyncPracticeDocType *doctype,
                                        JsonObject *doc);
void sync_practice_document_log (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                                 const char *kind, JsonObject *sent);
JsonObject *sync_practice_document_get (SyncPracticeCall *call, SyncPracticeDocType *doctype,
                                        const char *name);
JsonObject *sync_practice_document_create (SyncPracticeCall *call, SyncPracticeDocType *doctype,
                                           JsonObject *sent,
                                           gboolean api_name);
JsonObject *sync_practice_document_update (SyncPracticeCall *call, SyncPracticeDocType *doctype,
                                           const char *name,
                                           JsonObject *sent);
JsonObject *sync_practice_document_save (SyncPracticeCall *call, SyncPracticeDocType *doctype,
                                         JsonObject *sent,
                                         gint64 docstatus);
JsonObject *sync_practice_document_run (SyncPracticeCall *call, SyncPracticeDocType *doctype,
                                        const char *name,
                                        const char *method);
void sync_practice_document_record (SyncPracticeCall *call, const char *doctype_name, JsonObject *fields);
void sync_practice_document_touch (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc);
const char *sync_practice_document_key (SyncPracticeDocType *doctype, JsonObject *doc);

/* sync-practice-queue.c */
void sync_practice_queue_job_free (gpointer job);
gboolean sync_practice_queue_is_locked (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name);
gboolean sync_practice_queue_submit (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name);

/* sync-practice-removal.c */
gboolean sync_practice_document_delete (SyncPracticeCall *call, SyncPracticeDocType *doctype,
                                        const char *name);
gboolean sync_practice_document_rename (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                                        const char *new_name);

/* sync-practice-validate.c */
JsonObject *sync_practice_validate_new (SyncPracticeCall *call, SyncPracticeDocType *doctype,
                                        JsonObject *sent);
gboolean sync_practice_validate_set (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                                     JsonObject *sent);
gboolean sync_practice_validate_links (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc);
gboolean sync_practice_validate_values (SyncPracticeCall *call, SyncPracticeDocType *doctype,
                                        JsonObject *doc);
gboolean sync_practice_validate_frozen (SyncPracticeCall *call, SyncPracticeDocType *doctype,
                                        JsonObject *before,
                                        JsonObject *after);
JsonObject *sync_practice_validate_with_nulls (SyncPracticeDocType *doctype, JsonObject *doc);

/* sync-practice-sales.c */
double sync_practice_round (double value);
gboolean sync_practice_sales_is_invoice (SyncPracticeDocType *doctype);
gboolean sync_practice_sales_prepare (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                                      gboolean one_post);
JsonObject *sync_practice_sales_make_payment (SyncPracticeCall *call, JsonObject *invoice);


/* sync-practice-books.c */
gboolean sync_practice_sales_submit (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc);
void sync_practice_sales_cancel (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc);

/* sync-practice-list.c */
typedef struct
{
  const char *doctype;      /* (unowned) */
  const char *parent;       /* (unowned) (nullable): the parent's type, for child rows */
  JsonNode *fields;         /* (unowned) (nullable) */
  JsonNode *filters;        /* (unowned) (nullable) */
  const char *order_by;     /* (unowned) (nullable) */
  gint64 start;
  gint64 limit;             /* 0: all */
  gboolean as_list;
} SyncPracticeListQuery;

JsonArray *sync_practice_list (SyncPracticeCall *call, const SyncPracticeListQuery *query);
gint64 sync_practice_list_count (SyncPracticeCall *call, const char *doctype, JsonNode *filters);

/* sync-practice-client.c */
void sync_practice_client_get (SyncPracticeCall *call);
void sync_practice_client_get_list (SyncPracticeCall *call);
void sync_practice_client_reportview_get (SyncPracticeCall *call);
void sync_practice_client_get_count (SyncPracticeCall *call);
void sync_practice_client_get_value (SyncPracticeCall *call);
void sync_practice_client_get_single_value (SyncPracticeCall *call);
void sync_practice_client_has_permission (SyncPracticeCall *call);
void sync_practice_client_validate_link (SyncPracticeCall *call);
void sync_practice_client_insert (SyncPracticeCall *call);
void sync_practice_client_insert_many (SyncPracticeCall *call);
void sync_practice_client_save (SyncPracticeCall *call);
void sync_practice_client_submit (SyncPracticeCall *call);
void sync_practice_client_savedocs (SyncPracticeCall *call);
void sync_practice_client_set_value (SyncPracticeCall *call);
void sync_practice_client_cancel (SyncPracticeCall *call);
void sync_practice_client_delete (SyncPracticeCall *call);
void sync_practice_client_rename_doc (SyncPracticeCall *call);

/* sync-practice-method.c, sync-practice-posa.c */
typedef void (*SyncPracticeMethodFunc) (SyncPracticeCall *call);

void sync_practice_method (SyncPracticeCall *call, const char *name);
SyncPracticeMethodFunc sync_practice_posa_find (const char *name);

/* sync-practice-posa-invoice.c */
SyncPracticeDocType *sync_practice_posa_doctype (SyncPracticeCall *call, const char *name);
JsonObject *sync_practice_posa_find_by_key (SyncPracticeCall *call, SyncPracticeDocType *doctype,
                                            const char *key);
void sync_practice_posa_submit_invoice (SyncPracticeCall *call);
void sync_practice_posa_submit_invoice_outbox_entry (SyncPracticeCall *call);
void sync_practice_posa_reconcile_invoice_outbox_entry (SyncPracticeCall *call);
void sync_practice_posa_update_invoice (SyncPracticeCall *call);
void sync_practice_posa_delete_invoice (SyncPracticeCall *call);

/* sync-practice-fault.c */
SyncPracticeFaults *sync_practice_faults_new (void);
void sync_practice_faults_free (SyncPracticeFaults *self);
const SyncPracticeFault *sync_practice_faults_take (SyncPracticeShop *shop, guint kinds, const char *method,
                                                    const char *path, const char *body);
JsonArray *sync_practice_faults_list (SyncPracticeFaults *self);

/* sync-practice-http.c */
void sync_practice_http_handle (SoupServer *server, SoupServerMessage *message, const char *path,
                                GHashTable *query,
                                gpointer user_data);
void sync_practice_http_end_slowness (SyncPracticeShop *self);
void sync_practice_http_cancel_pending (SyncPracticeShop *self);
void sync_practice_http_cancel_stalled (SyncPracticeShop *self, SyncPracticeStream *stream);

/* sync-practice-shop.c */
SyncPracticeStream *sync_practice_shop_stream_of (SyncPracticeShop *self, SoupServerMessage *message);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock-virtual.h"
#include "sync-engine.h"
#include "sync-practice-shop.h"

G_BEGIN_DECLS

/* The whole engine with its real store and its real transport, against a shop on the loopback; one clock that only the
 * test moves. */
typedef struct
{
  char *directory;              /* (owned) */
  SyncClockVirtual *clock;      /* (owned) */
  SyncRandom *random;           /* (owned) */
  SyncPracticeShop *shop;       /* (owned) */
  SyncConfig *config;           /* (owned) */
  SyncTransport *line;          /* (owned): counts what is on its way */
  SyncCredentials *credentials; /* (owned) */
  SyncRouteTable *routes;       /* (owned) */
  SyncStore *store;             /* (owned) */
  SyncEngine *engine;           /* (owned) */
  char *names[8];               /* (owned) (nullable): of the documents that the calls before made, "$N1" is the first */
  char *stamps[8];              /* (owned) (nullable): their `modified`, "$M1" */
  gint64 ids[4];                /* of the writes, 0 if one was not accepted */
  GArray *held;                 /* (owned) (element-type ExactHeld): calls that a fault does not let come back */
  guint faults[4];               /* ids of the row's faults, 0: none */
  guint hits[4];                /* how often each was met */
  GString *wrong;               /* (owned): what is not as the row says */
  gboolean stuck;               /* something on its way did not come back in real time */
} Exact;

/* A call to the shop before the engine begins. */
typedef struct
{
  const char *method; /* NULL: the end */
  const char *path;
  const char *body;
  const char *user;   /* (nullable): the cashier */
} ExactCall;

/* A write handed to the engine, and where it ends. */
typedef struct
{
  const char *method; /* NULL: the end */
  const char *url;
  const char *body;
  SyncState state;
  const char *key;          /* (nullable) */
  const char *content_type; /* (nullable) */
  const char *base;         /* (nullable): the document that the till had read */
  int refused;              /* REFUSED () if it is not even accepted, or EXACT_AGAIN: it is the first one */
} ExactWrite;

#define EXACT_AGAIN (-1)
#define REFUSED(code) (SYNC_ERROR_##code + 1)

/* One row of the table. Documents and commits are those of the time after the calls before. */
typedef struct
{
  const char *section; /* of the facts about ERPNext */
  const char *name;    /* of the test */
  const char *words;   /* the case */
  ExactCall before[6];
  void (*knob) (Exact *exact);
  SyncPracticeFault faults[4];
  ExactWrite writes[4];
  const char *user;    /* (nullable): whose key the engine has; the cashier */
  guint minutes;       /* how long to go on, 0: four hours */
  void (*person) (Exact *exact); /* (nullable): what somebody does when all is quiet; then it goes on */
  /* The first write */
  gboolean needs_person;
  const char *exc_type; /* (nullable) */
  const char *says;     /* (nullable): part of the words */
  const char *conflict; /* (nullable): the type of the open conflict */
  guint retries;
  /* The shop's ledger */
  const char *doctype;
  int documents;       /* more than before */
  const char *commits; /* in order, "create submit" */
  void (*check) (Exact *exact); /* (nullable): what else */
} ExactRow;

void exact_add_rows (const ExactRow *rows, guint n_rows);
void exact_add_key_rows (void);
void exact_add_document_rows (void);
void exact_add_fault_rows (void);
void exact_add_lost_rows (void);
void exact_add_natural_rows (void);
void exact_add_till_rows (void);
int exact_print_table (void);

void exact_run (Exact *self, gint64 ms);
void exact_kill (Exact *self);
void exact_kill_as (Exact *self, const char *user);
void exact_hand_over (Exact *self, const ExactWrite *write, guint index);
void exact_call (Exact *self, const ExactCall *call);
void exact_call_at (Exact *self, gint64 after_ms, const ExactCall *call);
void exact_wrong (Exact *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
SyncRequest *exact_get (Exact *self, guint index);
JsonObject *exact_dup_document (Exact *self, const char *doctype, guint index);

/* Pieces of the rows. */
#define SI "/api/resource/Sales%20Invoice"
#define SI_N1 SI "/$N1"
#define DRAFT_FIELDS                                                                                           \
  "\"customer\":\"Walk In\",\"company\":\"Test Co\",\"is_pos\":1,\"pos_profile\":\"Main POS\","                  \
  "\"update_stock\":1,\"items\":[{\"item_code\":\"ITEM-001\",\"qty\":1,\"rate\":10}],"                           \
  "\"payments\":[{\"mode_of_payment\":\"Cash\",\"amount\":10}]"
#define KEYED(key) "{\"posa_client_request_id\":\"" key "\"," DRAFT_FIELDS "}"
#define DRAFT "{" DRAFT_FIELDS "}"
#define SALE "{" DRAFT_FIELDS ",\"docstatus\":1}"
#define KEYED_SALE(key) "{\"posa_client_request_id\":\"" key "\"," DRAFT_FIELDS ",\"docstatus\":1}"
#define CUSTOMER_KEY                                                                                           \
  { "POST", "/api/resource/Custom%20Field",                                                                    \
    "{\"dt\":\"Customer\",\"fieldname\":\"sync_client_id\",\"fieldtype\":\"Data\",\"unique\":1,\"no_copy\":1,"     \
    "\"read_only\":1,\"length\":64,\"label\":\"Key\"}", "manager" }

#define FAULT(kind_, method_, ...) { .kind = SYNC_PRACTICE_FAULT_##kind_, .method = method_, __VA_ARGS__ }

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock-virtual.h"
#include "sync-gateway.h"

G_BEGIN_DECLS

/* What the site behind the transport does with every write. */
typedef enum
{
  SCRIPT_ACCEPT,  /* done, and answered */
  SCRIPT_OFFLINE, /* no connection, for reads too */
  SCRIPT_REFUSE,  /* 417 ValidationError */
  SCRIPT_REFUSE_PUT, /* the same, of changes only */
  SCRIPT_SILENT,  /* bytes go out, and nothing comes back */
  SCRIPT_BUSY, /* 429: not now */
  SCRIPT_STRANGER, /* whom does it take us for? for nobody */
} Script;

#define SCRIPTED_TYPE_TRANSPORT (scripted_transport_get_type ())
G_DECLARE_FINAL_TYPE (ScriptedTransport, scripted_transport, SCRIPTED, TRANSPORT, GObject)

/* Engine, store and gateway over a scripted site and a virtual clock. */
typedef struct
{
  char *directory;              /* (owned) */
  SyncConfig *config;           /* (owned) */
  SyncClockVirtual *clock;      /* (owned) */
  SyncRandom *random;           /* (owned) */
  ScriptedTransport *transport; /* (owned) */
  SyncStore *store;             /* (owned) */
  SyncEngine *engine;           /* (owned) */
  SyncGateway *gateway;         /* (owned) */
  char *token;                  /* (owned) */
} GatewayFixture;

void scripted_transport_set (ScriptedTransport *self, Script script);
guint scripted_transport_get_n_writes (ScriptedTransport *self);
void scripted_transport_set_date (ScriptedTransport *self, const char *date);
const char *scripted_transport_get_last_body (ScriptedTransport *self);

void gateway_fixture_set_up (GatewayFixture *self, gconstpointer data);
void gateway_fixture_tear_down (GatewayFixture *self, gconstpointer data);
void gateway_fixture_settle (void);

/* One connection of a client that lives in the test's own thread: nothing blocks, the main loop turns
 * meanwhile. */
typedef struct
{
  GSocket *socket;   /* (owned) */
  GBytes *request;   /* (owned) */
  gsize sent;
  GString *received; /* (owned) */
  gboolean ended;    /* the server closed it */
  guint status;      /* of the answer, 0 if there is none yet */
  const char *body;  /* (unowned): inside @received */
} Client;

Client *client_new (guint port, const char *request, gssize length);
void client_free (Client *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)
gboolean client_turn (Client *self);
void client_run (Client *self);
gboolean client_run_until (Client *self, const char *text);

char *gateway_fixture_request (GatewayFixture *self, const char *method, const char *path, const char *body);
guint gateway_fixture_count_descriptors (void);
char *gateway_fixture_keep_alive_request (GatewayFixture *self);
Client *gateway_fixture_call (GatewayFixture *self, const char *method, const char *path, const char *body);
char *gateway_fixture_expect (GatewayFixture *self, const char *method, const char *path, const char *body,
                              guint status);
gint64 gateway_fixture_submit (GatewayFixture *self, const char *name);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "sync-clock.h"
#include "sync-transport.h"

G_BEGIN_DECLS

/* A site in memory behind the transport interface: documents with `modified` and a unique key, answers like ERPNext's,
 * and one fault per call if the test wants it. It has no sockets and no time. */
typedef enum
{
  TOY_ANSWER,       /* as the site answers */
  TOY_REFUSE,       /* no connection */
  TOY_RESET_BEFORE, /* bytes went out, nothing was done, no answer */
  TOY_RESET_AFTER,  /* it was done, no answer */
  TOY_CANNED,       /* nothing was done, the canned answer */
} ToyFault;

#define TOY_TYPE_SITE (toy_site_get_type ())
G_DECLARE_FINAL_TYPE (ToySite, toy_site, TOY, SITE, GObject)

typedef ToyFault (*ToyFaultFunc) (ToySite *site, const SyncTransportRequest *request, gpointer user_data);

typedef struct
{
  const char *method; /* of the call that is answered with another document */
  const char *part;   /* (nullable): in its URL */
  guint times;
  guint met;
} ToyMix;

ToySite *toy_site_new (void);
void toy_site_set_fault (ToySite *self, ToyFaultFunc func, gpointer user_data);
void toy_site_set_canned (ToySite *self, guint status, const char *content_type, const char *body);
void toy_site_set_retry_after (ToySite *self, const char *retry_after);
void toy_site_set_key_field (ToySite *self, gboolean exists);
void toy_site_set_user (ToySite *self, const char *user);
void toy_site_set_key_definition (ToySite *self, gboolean is_unique, gboolean is_shown);
void toy_site_set_clock (ToySite *self, SyncClock *clock, gint64 ahead_us);
void toy_site_hold (ToySite *self, gboolean hold);
guint toy_site_n_held (ToySite *self);
guint toy_site_most_held (ToySite *self);
void toy_site_put (ToySite *self, const char *type, const char *name, const char *json);
void toy_site_remove (ToySite *self, const char *type, const char *name);
JsonObject *toy_site_get (ToySite *self, const char *type, const char *name);
guint toy_site_count (ToySite *self, const char *type);
GPtrArray *toy_site_get_log (ToySite *self);
guint toy_site_n_calls (ToySite *self);
ToyFault toy_can_writes (ToySite *self, const SyncTransportRequest *request, gpointer user_data);
ToyFault toy_mix_up (ToySite *self, const SyncTransportRequest *request, gpointer user_data);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "sync-outcome.h"

G_BEGIN_DECLS

/* One HTTP call to be made. All of it is owned by the struct. */
typedef struct
{
  char *method;
  char *url;                 /* absolute */
  char *content_type;        /* (nullable) */
  GBytes *body;              /* (nullable) */
  char *authorization;       /* (nullable): sent with this call only, never stored or logged */
  gboolean write;            /* it may change something at the server */
  gboolean reuse_connection; /* for a write: a kept connection is allowed (the server enforces the key) */
  guint timeout_ms;          /* for the whole call */
} SyncTransportRequest;

/* What came of it. Never a GError: silence and refusal are data. */
typedef struct
{
  SyncTransportResult result;
  gboolean bytes_written;  /* at least one byte of the request may have reached the wire */
  guint status;
  char *content_type;      /* (nullable) */
  char *retry_after;       /* (nullable) */
  char *date;              /* (nullable): also NULL if a cache answered */
  char *rate_limit_reset;  /* (nullable) */
  GBytes *body;            /* (nullable): of an answer of more than 64 MB there is none */
  char *error;             /* (nullable): the transport's words, for a person */
} SyncTransportReply;

SyncTransportRequest *sync_transport_request_new (const char *method, const char *url);
void sync_transport_request_free (SyncTransportRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncTransportRequest, sync_transport_request_free)

SyncTransportReply *sync_transport_reply_new (void);
void sync_transport_reply_free (SyncTransportReply *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncTransportReply, sync_transport_reply_free)

#define SYNC_TYPE_TRANSPORT (sync_transport_get_type ())
G_DECLARE_INTERFACE (SyncTransport, sync_transport, SYNC, TRANSPORT, GObject)

struct _SyncTransportInterface
{
  GTypeInterface parent_iface;

  void (*send_async) (SyncTransport *self, const SyncTransportRequest *request, GCancellable *cancellable,
                      GAsyncReadyCallback callback, gpointer user_data);
  SyncTransportReply *(*send_finish) (SyncTransport *self, GAsyncResult *result);
};

void sync_transport_send_async (SyncTransport *self, const SyncTransportRequest *request,
                                GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
SyncTransportReply *sync_transport_send_finish (SyncTransport *self, GAsyncResult *result);

G_END_DECLS

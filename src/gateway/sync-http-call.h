/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

#include "sync-call.h"
#include "sync-gateway.h"

G_BEGIN_DECLS

/* A call that came in over HTTP. */
typedef struct
{
  SyncCall call;
  SyncGateway *gateway;       /* (owned) */
  SoupServerMessage *message; /* (owned) */
  gulong finished_handler;    /* 0 unless held */
  gboolean finished;          /* the connection is gone: nobody reads the answer */
} SyncHttpCall;

SyncCall *sync_http_call_new (SyncGateway *gateway, SyncEngine *engine, SoupServerMessage *message);
void sync_http_call_answer_message (SoupServerMessage *message, guint status, const char *content_type,
                                    const char *text);
void sync_http_call_refuse_message (SoupServerMessage *message, guint status, const char *code, const char *text);

G_END_DECLS

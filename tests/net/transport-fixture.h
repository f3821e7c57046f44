/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "raw-server.h"
#include "sync-clock-virtual.h"
#include "sync-transport-soup.h"

G_BEGIN_DECLS

#define MS(n) ((n) * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  SyncClockVirtual *clock;  /* (owned) */
  SyncTransport *transport; /* (owned) */
  RawServer *server;        /* (owned) (nullable) */
  GPtrArray *replies;       /* (owned) (element-type SyncTransportReply): in the order of their arrival */
} Fixture;

void set_up (Fixture *fixture, gconstpointer data);
void tear_down (Fixture *fixture, gconstpointer data);
void serve (Fixture *fixture, const RawStep *steps, guint n_steps);
void settle (void);
SyncTransportRequest *new_request (Fixture *fixture, const char *method, const char *body);
void begin (Fixture *fixture, SyncTransportRequest *request, GCancellable *cancellable);
SyncTransportReply *await (Fixture *fixture, guint number);
SyncTransportReply *call (Fixture *fixture, SyncTransportRequest *request);
void await_requests (Fixture *fixture, guint n);
void await_hangup (Fixture *fixture);
void assert_failed (SyncTransportReply *reply, SyncTransportResult result, gboolean bytes_written);
void assert_answered (SyncTransportReply *reply, guint status, const char *body);
void init_transport_test (int *argc, char ***argv);

G_END_DECLS

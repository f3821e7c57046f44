/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-transport.h"

G_BEGIN_DECLS

/* The real transport, with a count of the calls that are out, so that a test knows when the line is quiet. */
#define COUNTED_TYPE_TRANSPORT (counted_transport_get_type ())
G_DECLARE_FINAL_TYPE (CountedTransport, counted_transport, COUNTED, TRANSPORT, GObject)

CountedTransport *counted_transport_new (SyncTransport *real, guint *n_out);
guint counted_transport_n_calls (CountedTransport *self);
gsize counted_transport_sent (CountedTransport *self, guint call);
gsize counted_transport_received (CountedTransport *self, guint call);
const char *counted_transport_label (CountedTransport *self, guint call);

G_END_DECLS

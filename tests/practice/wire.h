/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-practice-shop.h"

G_BEGIN_DECLS

/* One side of a recorded exchange, or an answer of the shop. */
typedef struct
{
  char *start;        /* (owned): the request or status line */
  GPtrArray *headers; /* (owned) (element-type utf8): lines without their ends */
  char *body;         /* (owned): NUL-terminated */
  gsize n_body;
  gboolean cut;       /* the recording holds only the beginning of the body */
} WireMessage;

typedef struct
{
  char *name;         /* (owned): the file's name */
  WireMessage *request;
  WireMessage *answer; /* (nullable): NULL where the client gave up */
  gint64 date_us;      /* the answer's date; 0: unknown */
} WireRecording;

WireMessage *wire_message_parse (const char *text, gsize length);
void wire_message_free (WireMessage *message);
guint wire_message_status (WireMessage *message);
const char *wire_message_header (WireMessage *message, const char *name);
JsonObject *wire_message_dup_json (WireMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WireMessage, wire_message_free)

/* Returns: (transfer full) (nullable): the difference in words. */
char *wire_compare (WireMessage *recorded, WireMessage *own);

WireRecording *wire_recording_load (const char *directory, const char *name);
void wire_recording_free (WireRecording *recording);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WireRecording, wire_recording_free)

typedef struct _WireExchange WireExchange;

WireExchange *wire_start (guint port, const char *request, gsize length);
void wire_hang_up (WireExchange *exchange);
gboolean wire_is_over (WireExchange *exchange);
char *wire_finish (WireExchange *exchange, gsize *n_answer, GError **error);
char *wire_request (const char *verb, const char *path, const char *user, const char *body);
char *wire_send (guint port, const char *request, gsize length, gsize *n_answer);
WireMessage *wire_call (guint port, const char *verb, const char *path, const char *user, const char *body);

G_END_DECLS

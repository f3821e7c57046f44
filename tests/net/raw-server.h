/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How much of a request is read before the step's answer goes out. */
typedef enum
{
  RAW_READ_NOTHING,
  RAW_READ_HEADERS,
  RAW_READ_ALL,
} RawRead;

/* What happens to the connection after the answer. */
typedef enum
{
  RAW_CLOSE,
  RAW_KEEP,  /* the next request on it takes the next step */
  RAW_STALL, /* nothing more is answered; the peer's hang-up is counted */
} RawThen;

/* What the server does with one request. */
typedef struct
{
  RawRead read;
  const char *answer; /* (nullable): byte for byte */
  gsize filler;       /* so many x after the answer */
  RawThen then;
  gsize length;       /* of the answer; 0: up to its NUL */
} RawStep;

/* A server that misbehaves as told, in the main context of the test. */
typedef struct
{
  GSocketService *service; /* (owned) */
  guint16 port;
  const RawStep *steps;    /* (unowned): each request takes the next; the last one is for all that follow */
  guint n_steps;
  guint next_step;
  GPtrArray *requests;     /* (owned) (element-type utf8): what was read of each */
  guint n_connections;
  guint n_hangups;         /* of connections that were stalled or being filled */
  GList *connections;      /* (owned) (element-type RawConnection) */
} RawServer;

RawServer *raw_server_new (const RawStep *steps, guint n_steps);
void raw_server_free (RawServer *self);
char *raw_server_url (RawServer *self, const char *path);
const char *raw_server_request (RawServer *self, guint i);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawServer, raw_server_free)

G_END_DECLS

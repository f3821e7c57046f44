/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-route.h"

G_BEGIN_DECLS

/* How far the transport came. */
typedef enum
{
  SYNC_TRANSPORT_OK,         /* a whole answer was read */
  SYNC_TRANSPORT_RESOLVE,    /* the name was not resolved */
  SYNC_TRANSPORT_CONNECT,    /* no connection: refused, unreachable, timed out while connecting */
  SYNC_TRANSPORT_TLS,        /* the certificate or the handshake was refused */
  SYNC_TRANSPORT_TIMEOUT,    /* connected, and no whole answer in time */
  SYNC_TRANSPORT_CLOSED,     /* connected, and the connection broke before a whole answer */
  SYNC_TRANSPORT_CANCELLED,  /* taken back by us */
  SYNC_TRANSPORT_OTHER,      /* anything else: not HTTP, malformed answer */
} SyncTransportResult;

/* What the body of an answer is. */
typedef enum
{
  SYNC_SHAPE_NONE,      /* empty */
  SYNC_SHAPE_DATA,      /* JSON object with `data` */
  SYNC_SHAPE_MESSAGE,   /* JSON object with `message` and no exception */
  SYNC_SHAPE_EXCEPTION, /* JSON object with `exc_type` or `errors` */
  SYNC_SHAPE_JSON,      /* any other JSON, the empty object too */
  SYNC_SHAPE_HTML,      /* an HTML page */
  SYNC_SHAPE_OTHER,     /* anything else, broken JSON too */
} SyncShape;

/* One answer of the server, read as far as the verdict needs it. */
typedef struct
{
  SyncTransportResult transport;
  gboolean bytes_written;  /* at least one byte of the request may have left */
  guint status;            /* 0 if there was no answer */
  char *content_type;      /* (owned) (nullable): without parameters, lower case */
  char *exc_type;          /* (owned) (nullable): `exc_type`, or `errors[0].type` */
  char *message;           /* (owned) (nullable): the server's words, unpacked, without HTML; several lines are possible */
  SyncShape shape;
  gboolean session_expired; /* the body says `session_expired` */
  gboolean proof_met;       /* the route's proof is in the body */
  gint64 retry_after_ms;    /* -1 if the server did not say */
  gint64 retry_at_ms;       /* wall clock of the server: where it names a moment, and not what time it is; 0: not so */
  char *server_name;        /* (owned) (nullable): `name` of the document in the answer */
  char *server_modified;    /* (owned) (nullable): its `modified`, byte for byte */
  char *server_type;        /* (owned) (nullable): its `doctype` */
  int docstatus;            /* of the document in the answer, -1 if there is none */
  char *echoed_key;         /* (owned) (nullable): the value of the route's key field in the answer */
  const char *echoed_in;    /* (unowned) (nullable): the field that holds it, a quark's text */
  gboolean of_another;      /* it speaks of another document than the request: it tells nothing of this one */
} SyncAnswer;

void sync_answer_clear (SyncAnswer *self);
void sync_answer_free (SyncAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncAnswer, sync_answer_free)

/* What an answer means for the request it answers. */
typedef enum
{
  SYNC_VERDICT_DELIVERED, /* proof of delivery */
  SYNC_VERDICT_NOT_DONE,  /* certainly no effect, and not this request's fault: wait, its count unchanged */
  SYNC_VERDICT_BUSY,      /* certainly no effect: deadlock, lock time-out, locked document; count unchanged */
  SYNC_VERDICT_RETRY,     /* an error about this request that may pass: counts against MAX_RETRIES */
  SYNC_VERDICT_REFUSED,   /* the server will not have it: a person decides */
  SYNC_VERDICT_UNKNOWN,   /* it may have been done */
  SYNC_VERDICT_UNPROVEN,  /* 2xx of our server without the route's proof: it may have been done in part */
  SYNC_VERDICT_TAKEN,     /* the key or the name is taken: look the key up */
  SYNC_VERDICT_STALE,     /* the document changed there: look, then conflict or ours */
  SYNC_VERDICT_GONE,      /* the document is not there */
  SYNC_VERDICT_ASK,       /* refused, or not our server, or not signed in: ask the server who we are, then decide */
} SyncVerdict;

/* What it means for the host. */
typedef enum
{
  SYNC_HOST_UP,        /* our server answered as our server */
  SYNC_HOST_NO_NEWS,   /* says nothing about the host */
  SYNC_HOST_SUSPECT,   /* one such answer is an accident, three in a row are an outage */
  SYNC_HOST_DOWN,      /* nothing gets through: wait and probe */
  SYNC_HOST_THROTTLED, /* it asked us to wait: Retry-After or maintenance */
  SYNC_HOST_SIGN_IN,   /* it does not know who we are */
  SYNC_HOST_NOT_OURS,  /* somebody else answered: captive portal, wrong site */
} SyncHostNews;

typedef struct
{
  SyncVerdict verdict;
  SyncHostNews host;
} SyncOutcome;

SyncAnswer *sync_answer_new_from_reply (SyncTransportResult transport, gboolean bytes_written, guint status,
                                        const char *content_type, const char *retry_after, const char *date,
                                        const char *rate_limit_reset, GBytes *body, SyncProof proof,
                                        const char *key_field);
gboolean sync_document_is (const char *doctype, const char *its_name, const char *resource_type, const char *name);
void sync_answer_expect_document (SyncAnswer *self, GBytes *body, const char *resource_type, const char *name);
void sync_answer_expect_made (SyncAnswer *self, const char *resource_type);
void sync_answer_expect_newer (SyncAnswer *self, const char *base_modified);
void sync_answer_expect_key (SyncAnswer *self, const SyncRoute *route, const char *key, GBytes *body);
void sync_answer_take_for_another (SyncAnswer *self);
SyncOutcome sync_outcome_classify (const SyncAnswer *answer, SyncAction action);

const char *sync_verdict_to_string (SyncVerdict verdict);
const char *sync_host_news_to_string (SyncHostNews news);
const char *sync_transport_result_to_string (SyncTransportResult result);
/* No wait that a server asks for is longer: 24 hours. */
#define SYNC_OUTCOME_MAX_WAIT_MS ((gint64) 24 * 3600 * 1000)

gint64 sync_outcome_parse_retry_after_ms (const char *retry_after, const char *date);
gint64 sync_outcome_parse_date_s (const char *date);

G_END_DECLS

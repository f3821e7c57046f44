/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an answer means: for the request and for the host. One table, looked at from top to bottom, over
 * (status, exc_type, kind of body, action); the server's words decide nothing, but for one row about
 * servers that send no exc_type at all. A status alone decides little: ERPNext answers 417 for validation,
 * conflict, lock and duplicate alike. What no row knows is unknown, never dropped. Pure functions; any
 * thread.
 *
 * POS Awesome answers a second delivery of a sale, while the first is still at work, with 417
 * ValidationError, which is what it answers for a sale that it will never take, too; nothing but the
 * translated text tells them apart, so both are refused here. That is safe: the first delivery is then an
 * attempt without an account, and a request with one is looked up before it is given to a person. */
#include "config.h"

#include "sync-outcome.h"
#include "sync-mutant.h"

#include <string.h>

/* Actions of a row. */
#define A(action) (1u << SYNC_ACTION_##action)
#define ANY_ACTION (~0u)
#define ON_DOCUMENT (A (UPDATE) | A (SUBMIT) | A (CANCEL))
#define MAKING (A (CREATE) | A (CALL))

/* Kinds of body of a row. */
enum
{
  BODY_PROOF = 1 << 0,  /* JSON with the route's proof */
  BODY_OURS = 1 << 1,   /* JSON with `data` or `message`, or with an exception, but without the proof */
  BODY_JSON = 1 << 2,   /* any other JSON object */
  BODY_BROKEN = 1 << 3, /* said to be JSON, and is not */
  BODY_HTML = 1 << 4,
  BODY_OTHER = 1 << 5,         /* nothing, plain text, anything else */
  BODY_EXPIRED = 1 << 6,       /* JSON that says `session_expired` */
  BODY_TEXT_MODIFIED = 1 << 7, /* JSON without exc_type whose words speak of "modified" */
  BODY_OF_ANOTHER = 1 << 8,    /* JSON that shows another document */
};
#define ANY_BODY (~0u)
#define OUR_JSON (BODY_PROOF | BODY_OURS)

/* exc_type of a row: a name, or one of these. */
static const char ANY[] = "(any or none)";
static const char NONE[] = "(none)";
static const char SOME[] = "(any)";

static const struct
{
  guint first;          /* status from … */
  guint last;           /* … to */
  const char *exc_type; /* (unowned) */
  guint bodies;
  guint actions;
  SyncVerdict verdict;
  SyncHostNews host;
} rows[] = {
#define ROW(first, last, exc, bodies, actions, verdict, host)                                              \
  { first, last, exc, bodies, actions, SYNC_VERDICT_##verdict, SYNC_HOST_##host },
  /* clang-format off */
  /* Success is proof, not a status. What something on the way took for our answer is none. */
  ROW (200, 299, ANY, BODY_OF_ANOTHER, ANY_ACTION, UNKNOWN, NO_NEWS)
  ROW (200, 299, NONE, BODY_PROOF, ANY_ACTION, DELIVERED, UP)
  ROW (200, 299, ANY, BODY_OURS, ANY_ACTION, UNPROVEN, UP)
  ROW (200, 299, ANY, BODY_BROKEN, ANY_ACTION, UNKNOWN, SUSPECT)
  ROW (200, 299, ANY, ANY_BODY, ANY_ACTION, UNKNOWN, NOT_OURS)
  ROW (304, 304, ANY, ANY_BODY, ANY_ACTION, UNKNOWN, NO_NEWS)
  /* "See other" is how an application answers a form that it took. The others say that the call belongs elsewhere, and
   * are a proxy's, a portal's or a login page's, before anything was done; where to is not asked. */
  ROW (303, 303, ANY, ANY_BODY, ANY_ACTION, UNKNOWN, NOT_OURS)
  ROW (300, 399, ANY, ANY_BODY, ANY_ACTION, NOT_DONE, NOT_OURS)

  /* Who are we? Frappe says it by an exception; anybody else's 401 does not tell what became of the call behind him. */
  ROW (401, 401, SOME, ANY_BODY, ANY_ACTION, NOT_DONE, SIGN_IN)
  ROW (401, 401, NONE, ANY_BODY, ANY_ACTION, UNKNOWN, SUSPECT)
  ROW (400, 400, "CSRFTokenError", ANY_BODY, ANY_ACTION, NOT_DONE, SIGN_IN)
  ROW (400, 400, "InvalidAuthorizationHeader", ANY_BODY, ANY_ACTION, NOT_DONE, SIGN_IN)
  ROW (400, 400, "InvalidAuthorizationPrefix", ANY_BODY, ANY_ACTION, NOT_DONE, SIGN_IN)
  ROW (400, 400, "InvalidAuthorizationToken", ANY_BODY, ANY_ACTION, NOT_DONE, SIGN_IN)
  ROW (403, 403, ANY, BODY_EXPIRED, ANY_ACTION, NOT_DONE, SIGN_IN)
  ROW (403, 403, ANY, ANY_BODY, ANY_ACTION, ASK, NO_NEWS)

  /* Not now. */
  ROW (429, 429, ANY, ANY_BODY, ANY_ACTION, NOT_DONE, THROTTLED)
  ROW (503, 503, SOME, ANY_BODY, ANY_ACTION, NOT_DONE, THROTTLED)
  ROW (407, 407, SOME, ANY_BODY, ANY_ACTION, NOT_DONE, NOT_OURS)
  ROW (407, 407, NONE, ANY_BODY, ANY_ACTION, UNKNOWN, SUSPECT)
  ROW (408, 408, ANY, ANY_BODY, ANY_ACTION, UNKNOWN, NO_NEWS)
  ROW (423, 423, SOME, ANY_BODY, ANY_ACTION, BUSY, UP)
  ROW (423, 423, NONE, ANY_BODY, ANY_ACTION, UNKNOWN, SUSPECT)
  ROW (425, 425, SOME, ANY_BODY, ANY_ACTION, BUSY, UP)
  ROW (425, 425, NONE, ANY_BODY, ANY_ACTION, UNKNOWN, SUSPECT)
  ROW (400, 499, "DocumentLockedError", ANY_BODY, ANY_ACTION, BUSY, UP)
  ROW (500, 599, "QueryDeadlockError", ANY_BODY, ANY_ACTION, BUSY, UP)
  ROW (500, 599, "QueryTimeoutError", ANY_BODY, ANY_ACTION, BUSY, UP)

  /* The key, the name or the version stands in the way. An update makes nothing that its key could find. */
  ROW (409, 409, "DuplicateEntryError", ANY_BODY, MAKING, TAKEN, UP)
  ROW (409, 409, "NameError", ANY_BODY, MAKING, TAKEN, UP)
  ROW (400, 499, "UniqueValidationError", ANY_BODY, MAKING, TAKEN, UP)
  ROW (400, 499, "TimestampMismatchError", ANY_BODY, ANY_ACTION, STALE, UP)
  ROW (400, 499, "UpdateAfterSubmitError", ANY_BODY, ANY_ACTION, STALE, UP)
  ROW (400, 499, "DocstatusTransitionError", ANY_BODY, ANY_ACTION, STALE, UP)
  ROW (404, 404, "DoesNotExistError", ANY_BODY, A (DELETE), DELIVERED, UP)
  ROW (404, 404, "DoesNotExistError", ANY_BODY, ON_DOCUMENT, GONE, UP)

  /* No. */
  ROW (413, 413, ANY, ANY_BODY, ANY_ACTION, REFUSED, NO_NEWS)
  ROW (400, 499, SOME, ANY_BODY, ANY_ACTION, REFUSED, UP)
  ROW (409, 409, NONE, OUR_JSON | BODY_JSON, ANY_ACTION, STALE, UP)
  ROW (412, 412, NONE, OUR_JSON | BODY_JSON, ANY_ACTION, STALE, UP)
  ROW (400, 499, NONE, BODY_TEXT_MODIFIED, ANY_ACTION, STALE, UP)
  ROW (400, 499, NONE, OUR_JSON, ANY_ACTION, REFUSED, UP)
  ROW (400, 499, NONE, BODY_BROKEN, ANY_ACTION, UNKNOWN, SUSPECT)
  ROW (400, 499, NONE, ANY_BODY, ANY_ACTION, ASK, NO_NEWS)

  /* It broke. */
  ROW (500, 500, "OperationalError", ANY_BODY, ANY_ACTION, UNKNOWN, DOWN)
  ROW (500, 500, "InterfaceError", ANY_BODY, ANY_ACTION, UNKNOWN, DOWN)
  ROW (500, 500, "SecurityException", ANY_BODY, ANY_ACTION, REFUSED, UP)
  ROW (500, 500, SOME, ANY_BODY, ANY_ACTION, RETRY, UP)
  ROW (511, 511, ANY, ANY_BODY, ANY_ACTION, UNKNOWN, NOT_OURS)
  ROW (502, 504, NONE, ANY_BODY, ANY_ACTION, UNKNOWN, SUSPECT)
  ROW (500, 599, NONE, BODY_HTML, ANY_ACTION, UNKNOWN, SUSPECT)
  ROW (0, G_MAXUINT, ANY, ANY_BODY, ANY_ACTION, UNKNOWN, NO_NEWS)
/* clang-format on */
#undef ROW
};

static const char *const verdict_names[] = {
  [SYNC_VERDICT_DELIVERED] = "delivered",
  [SYNC_VERDICT_NOT_DONE] = "not-done",
  [SYNC_VERDICT_BUSY] = "busy",
  [SYNC_VERDICT_RETRY] = "retry",
  [SYNC_VERDICT_REFUSED] = "refused",
  [SYNC_VERDICT_UNKNOWN] = "unknown",
  [SYNC_VERDICT_UNPROVEN] = "unproven",
  [SYNC_VERDICT_TAKEN] = "taken",
  [SYNC_VERDICT_STALE] = "stale",
  [SYNC_VERDICT_GONE] = "gone",
  [SYNC_VERDICT_ASK] = "ask",
};

static const char *const host_names[] = {
  [SYNC_HOST_UP] = "up",
  [SYNC_HOST_NO_NEWS] = "no-news",
  [SYNC_HOST_SUSPECT] = "suspect",
  [SYNC_HOST_DOWN] = "down",
  [SYNC_HOST_THROTTLED] = "throttled",
  [SYNC_HOST_SIGN_IN] = "sign-in",
  [SYNC_HOST_NOT_OURS] = "not-ours",
};

static const char *const transport_names[] = {
  [SYNC_TRANSPORT_OK] = "ok",
  [SYNC_TRANSPORT_RESOLVE] = "resolve",
  [SYNC_TRANSPORT_CONNECT] = "connect",
  [SYNC_TRANSPORT_TLS] = "tls",
  [SYNC_TRANSPORT_TIMEOUT] = "timeout",
  [SYNC_TRANSPORT_CLOSED] = "closed",
  [SYNC_TRANSPORT_CANCELLED] = "cancelled",
  [SYNC_TRANSPORT_OTHER] = "other",
};

static SyncOutcome
classify_transport (const SyncAnswer *answer)
{
  if (answer->transport == SYNC_TRANSPORT_CANCELLED)
    return (SyncOutcome){ answer->bytes_written ? SYNC_VERDICT_UNKNOWN : SYNC_VERDICT_NOT_DONE,
                          SYNC_HOST_NO_NEWS };
  if (!answer->bytes_written)
    return (SyncOutcome){ SYNC_VERDICT_NOT_DONE, SYNC_HOST_DOWN };
  return (SyncOutcome){ SYNC_VERDICT_UNKNOWN, SYNC_HOST_SUSPECT };
}

static guint
get_body_bits (const SyncAnswer *answer)
{
  guint bits = answer->session_expired ? BODY_EXPIRED : 0;

  if (answer->of_another)
    return BODY_OF_ANOTHER;
  if (answer->exc_type == NULL && answer->message != NULL && strstr (answer->message, "modified") != NULL)
    bits |= BODY_TEXT_MODIFIED;
  if (answer->proof_met)
    return bits | BODY_PROOF;
  switch (answer->shape)
    {
    case SYNC_SHAPE_DATA:
    case SYNC_SHAPE_MESSAGE:
    case SYNC_SHAPE_EXCEPTION:
      return bits | BODY_OURS;
    case SYNC_SHAPE_JSON:
      return bits | BODY_JSON;
    case SYNC_SHAPE_HTML:
      return bits | BODY_HTML;
    case SYNC_SHAPE_NONE:
      return bits | BODY_OTHER;
    case SYNC_SHAPE_OTHER:
      return bits | (g_strcmp0 (answer->content_type, "application/json") == 0 ? BODY_BROKEN : BODY_OTHER);
    }
  return bits | BODY_OTHER;
}

static gboolean
exc_type_fits (const char *wanted, const char *exc_type)
{
  if (wanted == ANY)
    return TRUE;
  if (wanted == NONE)
    return exc_type == NULL;
  return exc_type != NULL && (wanted == SOME || strcmp (wanted, exc_type) == 0);
}

/* A proxy that says for how long, is not an accident: the host waits, and never less than that. What became of the
 * request is another question. */
static SyncHostNews
host_news (const SyncAnswer *answer, SyncHostNews news)
{
  return news == SYNC_HOST_SUSPECT && answer->retry_after_ms >= 0 ? SYNC_HOST_THROTTLED : news;
}

/**
 * sync_outcome_classify:
 * @answer: what came back, or did not
 * @action: what the request was meant to do
 *
 * Judges an answer. The order of certainty: without a byte written nothing was done; with one and without
 * an answer nobody knows; an answer is judged by the table.
 *
 * Returns: what it means for the request and for the host
 */
SyncOutcome
sync_outcome_classify (const SyncAnswer *answer, SyncAction action)
{
  guint bits;

  if (answer->transport != SYNC_TRANSPORT_OK)
    return classify_transport (answer);
  if (SYNC_MUTANT ("status-only"))
    return (SyncOutcome){ answer->status < 300   ? SYNC_VERDICT_DELIVERED
                          : answer->status < 500 ? SYNC_VERDICT_REFUSED
                                                 : SYNC_VERDICT_RETRY,
                          SYNC_HOST_UP };
  if (SYNC_MUTANT ("html-as-success") && answer->status == 200 && answer->shape == SYNC_SHAPE_HTML)
    return (SyncOutcome){ SYNC_VERDICT_DELIVERED, SYNC_HOST_UP };
  bits = get_body_bits (answer);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (answer->status >= rows[i].first && answer->status <= rows[i].last && (bits & rows[i].bodies) != 0
        && (rows[i].actions & 1u << action) != 0 && exc_type_fits (rows[i].exc_type, answer->exc_type))
      return (SyncOutcome){ rows[i].verdict, host_news (answer, rows[i].host) };
  return (SyncOutcome){ SYNC_VERDICT_UNKNOWN, SYNC_HOST_NO_NEWS };
}

/**
 * sync_verdict_to_string:
 * @verdict: a verdict
 *
 * Returns: (transfer none): its name, for the attempt's record and for logs
 */
const char *
sync_verdict_to_string (SyncVerdict verdict)
{
  g_return_val_if_fail ((guint) verdict < G_N_ELEMENTS (verdict_names), "invalid");
  return verdict_names[verdict];
}

/**
 * sync_host_news_to_string:
 * @news: what an answer says of the host
 *
 * Returns: (transfer none): its name, for logs
 */
const char *
sync_host_news_to_string (SyncHostNews news)
{
  g_return_val_if_fail ((guint) news < G_N_ELEMENTS (host_names), "invalid");
  return host_names[news];
}

/**
 * sync_transport_result_to_string:
 * @result: how far the transport came
 *
 * Returns: (transfer none): its name, for the attempt's record and for logs
 */
const char *
sync_transport_result_to_string (SyncTransportResult result)
{
  g_return_val_if_fail ((guint) result < G_N_ELEMENTS (transport_names), "invalid");
  return transport_names[result];
}

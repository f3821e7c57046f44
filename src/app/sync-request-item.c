/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of the list of requests. Its request is a listed one, without bodies. Main thread. */
#include "config.h"

#include "sync-request-item.h"

#include "sync-engine-words.h"
#include "sync-summary.h"
#include "sync-words.h"

#include <glib/gi18n.h>

struct _SyncRequestItem
{
  GObject parent_instance;

  SyncStore *store;     /* (owned): to read the body from */
  SyncRequest *request; /* (owned) */
  SyncSummary *summary; /* (owned) (nullable): NULL until it was asked for */
  gint64 host_try_ms;   /* before that the server is not asked at all, wall clock; 0: it may be */
};

enum
{
  PROP_NUMBER = 1,
  PROP_ACCEPTED,
  PROP_DOCUMENT,
  PROP_PARTY,
  PROP_AMOUNT,
  PROP_STATE,
  PROP_NEXT_TRY,
  PROP_ERROR,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (SyncRequestItem, sync_request_item, G_TYPE_OBJECT)

static const SyncSummary *
get_summary (SyncRequestItem *self)
{
  g_autoptr (SyncRequest) whole = NULL;

  if (self->summary == NULL)
    {
      whole = sync_store_get (self->store, self->request->id, NULL);
      self->summary
          = sync_summary_new (self->request->content_type, whole != NULL ? sync_request_get_body (whole) : NULL);
    }
  return self->summary;
}

static char *
make_next_try (const SyncRequest *request, gint64 host_try_ms)
{
  if (request->state == SYNC_STATE_COMPLETED || request->state == SYNC_STATE_DISCARDED)
    return g_strdup ("");
  if (request->needs_person || request->state == SYNC_STATE_FAILED || request->state == SYNC_STATE_CONFLICT)
    return g_strdup (_ ("needs you"));
  if (request->state == SYNC_STATE_SENDING)
    return g_strdup ("");
  if (request->waits_for != 0)
    return sync_words_waits_for (request);
  return sync_words_time (MAX (request->next_retry_at_ms, host_try_ms));
}

/* One line: the list is no place for more, the details have it in full. */
static char *
make_error (const SyncRequest *request)
{
  if (request->state == SYNC_STATE_COMPLETED || request->error_message == NULL)
    return g_strdup ("");
  return g_strdelimit (sync_engine_words_dup (request->error_message), "\r\n\t", ' ');
}

static void
sync_request_item_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  SyncRequestItem *self = SYNC_REQUEST_ITEM (object);

  switch (property_id)
    {
    case PROP_NUMBER:
      g_value_take_string (value, g_strdup_printf ("%" G_GINT64_FORMAT, self->request->id));
      break;
    case PROP_ACCEPTED:
      g_value_take_string (value, sync_words_time (self->request->accepted_ms));
      break;
    case PROP_DOCUMENT:
      g_value_take_string (value, sync_words_document (self->request));
      break;
    case PROP_PARTY:
      g_value_set_string (value, sync_summary_get_party (get_summary (self)));
      break;
    case PROP_AMOUNT:
      g_value_take_string (value, sync_words_amount (get_summary (self)));
      break;
    case PROP_STATE:
      g_value_set_string (value, self->request->state == SYNC_STATE_UNKNOWN && self->request->needs_person
                                   ? _ ("Unsure")
                                   : sync_words_state (self->request->state));
      break;
    case PROP_NEXT_TRY:
      g_value_take_string (value, make_next_try (self->request, self->host_try_ms));
      break;
    case PROP_ERROR:
      g_value_take_string (value, make_error (self->request));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
sync_request_item_finalize (GObject *object)
{
  SyncRequestItem *self = SYNC_REQUEST_ITEM (object);

  g_clear_pointer (&self->summary, sync_summary_free);
  sync_request_unref (self->request);
  g_object_unref (self->store);
  G_OBJECT_CLASS (sync_request_item_parent_class)->finalize (object);
}

static void
sync_request_item_class_init (SyncRequestItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  static const char *const names[]
    = { NULL, "number", "accepted", "document", "party", "amount", "state", "next-try", "error" };

  object_class->get_property = sync_request_item_get_property;
  object_class->finalize = sync_request_item_finalize;
  for (guint i = PROP_NUMBER; i < N_PROPS; i++)
    properties[i] = g_param_spec_string (names[i], NULL, NULL, NULL,
                                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_request_item_init (SyncRequestItem *self)
{
}

/**
 * sync_request_item_new:
 * @store: a reader, for the body
 * @request: as it was listed
 *
 * Returns: (transfer full): the row
 */
SyncRequestItem *
sync_request_item_new (SyncStore *store, SyncRequest *request)
{
  SyncRequestItem *self = g_object_new (SYNC_TYPE_REQUEST_ITEM, NULL);

  self->store = g_object_ref (store);
  self->request = sync_request_ref (request);
  return self;
}

/**
 * sync_request_item_get_request:
 * @self: a row
 *
 * Returns: (transfer none): its request, without bodies
 */
SyncRequest *
sync_request_item_get_request (SyncRequestItem *self)
{
  return self->request;
}

/**
 * sync_request_item_update:
 * @self: a row
 * @request: the same request as it is now
 *
 * Shows what changed. The body of a request may change too, but only when a person edits it, which changes its
 * `updated_ms` like everything else.
 */
void
sync_request_item_update (SyncRequestItem *self, SyncRequest *request)
{
  if (request->updated_ms == self->request->updated_ms && request->state == self->request->state
      && request->next_retry_at_ms == self->request->next_retry_at_ms && request->waits_for == self->request->waits_for
      && request->waits_for_state == self->request->waits_for_state)
    return;
  sync_request_unref (self->request);
  self->request = sync_request_ref (request);
  g_clear_pointer (&self->summary, sync_summary_free);
  g_object_freeze_notify (G_OBJECT (self));
  for (guint i = PROP_NUMBER; i < N_PROPS; i++)
    g_object_notify_by_pspec (G_OBJECT (self), properties[i]);
  g_object_thaw_notify (G_OBJECT (self));
}

/**
 * sync_request_item_set_host_try:
 * @self: a row
 * @host_try_ms: before that nothing is tried at all, wall clock in milliseconds; 0 if nothing is in the way
 *
 * Shows when it can go at the earliest.
 */
void
sync_request_item_set_host_try (SyncRequestItem *self, gint64 host_try_ms)
{
  if (self->host_try_ms == host_try_ms)
    return;
  self->host_try_ms = host_try_ms;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NEXT_TRY]);
}

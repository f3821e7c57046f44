/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of the list of what happened. Main thread, but for what says otherwise. */
#include "config.h"

#include "sync-activity-item.h"

#include "sync-activity-words.h"
#include "sync-actor-words.h"
#include "sync-words.h"

struct _SyncActivityItem
{
  GObject parent_instance;

  SyncStore *store;      /* (owned): to read the body from */
  SyncActivity *line;    /* (owned) */
  SyncSummary *summary;  /* (owned) (nullable): NULL until it was asked for */
};

typedef enum
{
  PROP_TIME = 1,
  PROP_WHAT,
  PROP_DOCUMENT,
  PROP_PARTY,
  PROP_OUTCOME,
  PROP_ACTOR,
  N_PROPS
} SyncActivityItemProperty;

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (SyncActivityItem, sync_activity_item, G_TYPE_OBJECT)

/**
 * sync_activity_read_summary:
 * @store: a store or a reader, in its thread
 * @line: of what happened
 *
 * Returns: (transfer full): whom its request is for and how much; empty if that is forgotten
 */
SyncSummary *
sync_activity_read_summary (SyncStore *store, const SyncActivity *line)
{
  g_autoptr (SyncRequest) whole = line->request != NULL ? sync_store_get (store, line->request_id, NULL) : NULL;

  return sync_summary_new (whole != NULL ? whole->content_type : NULL,
                           whole != NULL ? sync_request_get_body (whole) : NULL);
}

static const char *
get_party (SyncActivityItem *self)
{
  if (self->summary == NULL)
    self->summary = sync_activity_read_summary (self->store, self->line);
  return sync_summary_get_party (self->summary);
}

static void
sync_activity_item_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  SyncActivityItem *self = SYNC_ACTIVITY_ITEM (object);

  switch ((SyncActivityItemProperty) property_id)
    {
    case PROP_TIME:
      g_value_take_string (value, sync_words_time (self->line->at_ms));
      break;
    case PROP_WHAT:
      g_value_set_string (value, sync_activity_words_what (self->line));
      break;
    case PROP_DOCUMENT:
      g_value_take_string (value, sync_activity_words_document (self->line));
      break;
    case PROP_PARTY:
      g_value_set_string (value, get_party (self));
      break;
    case PROP_OUTCOME:
      g_value_take_string (value, sync_activity_words_outcome (self->line));
      break;
    case PROP_ACTOR:
      g_value_take_string (value, sync_actor_words (self->line->actor));
      break;
    case N_PROPS:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
sync_activity_item_finalize (GObject *object)
{
  SyncActivityItem *self = SYNC_ACTIVITY_ITEM (object);

  g_clear_pointer (&self->summary, sync_summary_free);
  sync_activity_free (self->line);
  g_object_unref (self->store);
  G_OBJECT_CLASS (sync_activity_item_parent_class)->finalize (object);
}

static void
sync_activity_item_class_init (SyncActivityItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  static const char *const names[N_PROPS] = { NULL, "time", "what", "document", "party", "outcome", "actor" };

  object_class->get_property = sync_activity_item_get_property;
  object_class->finalize = sync_activity_item_finalize;
  for (guint i = PROP_TIME; i < N_PROPS; i++)
    properties[i] = g_param_spec_string (names[i], NULL, NULL, NULL,
                                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_activity_item_init (SyncActivityItem *self)
{
}

/**
 * sync_activity_item_new:
 * @store: a reader, for the body
 * @line: (transfer full): what it shows
 *
 * Returns: (transfer full): the row
 */
SyncActivityItem *
sync_activity_item_new (SyncStore *store, SyncActivity *line)
{
  SyncActivityItem *self = g_object_new (SYNC_TYPE_ACTIVITY_ITEM, NULL);

  self->store = g_object_ref (store);
  self->line = line;
  return self;
}

/**
 * sync_activity_item_get_line:
 * @self: a row
 *
 * Returns: (transfer none): what it shows, until it is updated
 */
const SyncActivity *
sync_activity_item_get_line (SyncActivityItem *self)
{
  return self->line;
}

/**
 * sync_activity_item_is_settled:
 * @self: a row
 *
 * Returns: whether its request is at its end, so that nothing of what the row shows will change
 */
gboolean
sync_activity_item_is_settled (SyncActivityItem *self)
{
  const SyncRequest *request = self->line->request;

  return request == NULL || request->state == SYNC_STATE_COMPLETED || request->state == SYNC_STATE_DISCARDED;
}

/**
 * sync_activity_item_update:
 * @self: a row
 * @line: (transfer full): the same as it is now
 *
 * Shows what changed with the request.
 */
void
sync_activity_item_update (SyncActivityItem *self, SyncActivity *line)
{
  gboolean is_same = self->line->request != NULL && line->request != NULL
                     && self->line->request->updated_ms == line->request->updated_ms
                     && self->line->request->state == line->request->state;

  sync_activity_free (self->line);
  self->line = line;
  if (is_same)
    return;
  g_clear_pointer (&self->summary, sync_summary_free);
  g_object_freeze_notify (G_OBJECT (self));
  for (guint i = PROP_TIME; i < N_PROPS; i++)
    g_object_notify_by_pspec (G_OBJECT (self), properties[i]);
  g_object_thaw_notify (G_OBJECT (self));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of a list of conflicts. Its documents are read when it is made and when something changed, and only the words are
 * kept. Main thread. */
#include "config.h"

#include "sync-conflict-item.h"

#include "sync-conflict-decision.h"
#include "sync-conflict-words.h"
#include "sync-words.h"

#include <glib/gi18n.h>

struct _SyncConflictItem
{
  GObject parent_instance;

  SyncStore *store; /* (owned): a reader */
  gint64 id;
  gboolean open;
  char *document; /* (owned) */
  char *description; /* (owned): lines */
  gboolean can_undo;
};

enum
{
  PROP_DOCUMENT = 1,
  PROP_DESCRIPTION,
  PROP_CAN_UNDO,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (SyncConflictItem, sync_conflict_item, G_TYPE_OBJECT)

/* What happened, whose versions, since when. */
static char *
describe_open (const SyncConflictCase *conflict)
{
  g_autofree char *what = sync_conflict_words_what (conflict);
  g_autofree char *local = sync_conflict_words_local (conflict);
  g_autofree char *server = sync_conflict_words_server (conflict);
  g_autofree char *time = sync_words_time (conflict->conflict->created_ms);
  g_autofree char *since = g_strdup_printf (_ ("Open since %s"), time);

  return g_strdup_printf ("%s\n%s · %s\n%s", what, local, server, since);
}

static char *
describe_decided (const SyncConflict *conflict)
{
  g_autofree char *who = sync_conflict_decision_who (conflict);
  g_autofree char *undone = sync_conflict_decision_undone (conflict);

  return g_strdup_printf ("%s\n%s%s%s", sync_conflict_decision_how (conflict), who, undone != NULL ? "\n" : "",
                          undone != NULL ? undone : "");
}

static void
set_text (SyncConflictItem *self, char **text, char *value, guint property)
{
  gboolean same = g_strcmp0 (*text, value) == 0;

  g_free (*text);
  *text = value;
  if (!same)
    g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static void
sync_conflict_item_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  SyncConflictItem *self = SYNC_CONFLICT_ITEM (object);

  switch (property_id)
    {
    case PROP_DOCUMENT:
      g_value_set_string (value, self->document);
      break;
    case PROP_DESCRIPTION:
      g_value_set_string (value, self->description);
      break;
    case PROP_CAN_UNDO:
      g_value_set_boolean (value, self->can_undo);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
sync_conflict_item_finalize (GObject *object)
{
  SyncConflictItem *self = SYNC_CONFLICT_ITEM (object);

  g_free (self->document);
  g_free (self->description);
  g_object_unref (self->store);
  G_OBJECT_CLASS (sync_conflict_item_parent_class)->finalize (object);
}

static void
sync_conflict_item_class_init (SyncConflictItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = sync_conflict_item_get_property;
  object_class->finalize = sync_conflict_item_finalize;
  properties[PROP_DOCUMENT] = g_param_spec_string ("document", NULL, NULL, NULL, flags);
  properties[PROP_DESCRIPTION] = g_param_spec_string ("description", NULL, NULL, NULL, flags);
  properties[PROP_CAN_UNDO] = g_param_spec_boolean ("can-undo", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_conflict_item_init (SyncConflictItem *self)
{
}

/**
 * sync_conflict_item_new:
 * @store: a reader
 * @id: of a conflict
 *
 * Returns: (transfer full): the row
 */
SyncConflictItem *
sync_conflict_item_new (SyncStore *store, gint64 id)
{
  SyncConflictItem *self = g_object_new (SYNC_TYPE_CONFLICT_ITEM, NULL);

  self->store = g_object_ref (store);
  self->id = id;
  sync_conflict_item_refresh (self);
  return self;
}

/**
 * sync_conflict_item_get_id:
 * @self: a row
 *
 * Returns: of its conflict
 */
gint64
sync_conflict_item_get_id (SyncConflictItem *self)
{
  return self->id;
}

/**
 * sync_conflict_item_is_open:
 * @self: a row
 *
 * Returns: whether somebody has still to decide
 */
gboolean
sync_conflict_item_is_open (SyncConflictItem *self)
{
  return self->open;
}

/**
 * sync_conflict_item_get_document:
 * @self: a row
 *
 * Returns: (transfer none) (nullable): which document it is about; %NULL if it cannot be read
 */
const char *
sync_conflict_item_get_document (SyncConflictItem *self)
{
  return self->document;
}

/**
 * sync_conflict_item_get_description:
 * @self: a row
 *
 * Returns: (transfer none) (nullable): what happened or how it ended, in lines; %NULL if it cannot be read
 */
const char *
sync_conflict_item_get_description (SyncConflictItem *self)
{
  return self->description;
}

/**
 * sync_conflict_item_get_can_undo:
 * @self: a row
 *
 * Returns: whether undoing it is worth a try
 */
gboolean
sync_conflict_item_get_can_undo (SyncConflictItem *self)
{
  return self->can_undo;
}

/**
 * sync_conflict_item_refresh:
 * @self: a row
 *
 * Reads it again. What cannot be read stays as it is.
 */
void
sync_conflict_item_refresh (SyncConflictItem *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConflictCase) conflict = sync_conflict_case_new_uncompared (self->store, self->id, &error);
  gboolean can_undo;

  if (conflict == NULL)
    {
      g_message ("The conflict cannot be read: %s", error->message);
      return;
    }
  self->open = g_strcmp0 (conflict->conflict->status, "pending") == 0;
  can_undo = sync_conflict_decision_can_undo (conflict->conflict, conflict->request);
  set_text (self, &self->document, sync_conflict_words_document (conflict), PROP_DOCUMENT);
  set_text (self, &self->description, self->open ? describe_open (conflict) : describe_decided (conflict->conflict),
            PROP_DESCRIPTION);
  if (can_undo == self->can_undo)
    return;
  self->can_undo = can_undo;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CAN_UNDO]);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Process singletons that belong to the main thread, and their news as two signals. The network monitor is only a
 * hint to try sooner: whether the server can be reached is for the server to say. */
#include "config.h"

#include "sync-surroundings.h"

#include "sync-settings.h"

/* How long the file of the settings is left alone after a change: an editor may empty it before it writes. */
#define FILE_REST_MS 250

struct _SyncSurroundings
{
  GObject parent_instance;

  GSettings *settings; /* (owned) (nullable): NULL if the schema is not installed */
  guint rest;          /* until the file is read, 0: it did not change */
};

enum
{
  SIGNAL_NETWORK_HINT,
  SIGNAL_CONFIG_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncSurroundings, sync_surroundings, G_TYPE_OBJECT)

static void
network_changed_cb (SyncSurroundings *self)
{
  gboolean metered = g_network_monitor_get_network_metered (g_network_monitor_get_default ())
                     || (self->settings != NULL && g_settings_get_boolean (self->settings, "metered"));

  g_signal_emit (self, signals[SIGNAL_NETWORK_HINT], 0, metered);
}

static void
read_settings (SyncSurroundings *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConfig) config = NULL;

  /* As at the start: GSettings takes the default for what it does not understand. */
  if (!sync_settings_is_file (self->settings) || sync_settings_check_file (&error))
    config = sync_config_new (self->settings, NULL, &error);
  if (config == NULL)
    g_message ("The changed settings are not used: %s", error->message);
  else
    g_signal_emit (self, signals[SIGNAL_CONFIG_CHANGED], 0, config);
}

static gboolean
rested_cb (gpointer user_data)
{
  SyncSurroundings *self = user_data;

  self->rest = 0;
  read_settings (self);
  return G_SOURCE_REMOVE;
}

/* Each setting is told of by itself; the file is looked at once for all. */
static void
settings_changed_cb (SyncSurroundings *self)
{
  if (!sync_settings_is_file (self->settings))
    {
      read_settings (self);
      return;
    }
  g_clear_handle_id (&self->rest, g_source_remove);
  self->rest = g_timeout_add (FILE_REST_MS, rested_cb, self);
}

static void
sync_surroundings_dispose (GObject *object)
{
  SyncSurroundings *self = SYNC_SURROUNDINGS (object);

  g_clear_handle_id (&self->rest, g_source_remove);
  g_clear_object (&self->settings);
  G_OBJECT_CLASS (sync_surroundings_parent_class)->dispose (object);
}

static void
sync_surroundings_class_init (SyncSurroundingsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_surroundings_dispose;
  signals[SIGNAL_NETWORK_HINT] = g_signal_new ("network-hint", SYNC_TYPE_SURROUNDINGS, G_SIGNAL_RUN_LAST, 0, NULL,
                                               NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  signals[SIGNAL_CONFIG_CHANGED] = g_signal_new ("config-changed", SYNC_TYPE_SURROUNDINGS, G_SIGNAL_RUN_LAST, 0, NULL,
                                                 NULL, NULL, G_TYPE_NONE, 1, SYNC_TYPE_CONFIG);
}

static void
sync_surroundings_init (SyncSurroundings *self)
{
  GNetworkMonitor *monitor = g_network_monitor_get_default ();

  /* NetworkManager's monitor reports some changes by its properties only. */
  g_signal_connect_object (monitor, "network-changed", G_CALLBACK (network_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (monitor, "notify::network-available", G_CALLBACK (network_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (monitor, "notify::network-metered", G_CALLBACK (network_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (monitor, "notify::connectivity", G_CALLBACK (network_changed_cb), self, G_CONNECT_SWAPPED);
}

/**
 * sync_surroundings_tell:
 * @self: surroundings whose signals are connected
 *
 * Tells how things are now; later only changes are told.
 */
void
sync_surroundings_tell (SyncSurroundings *self)
{
  network_changed_cb (self);
}

/**
 * sync_surroundings_new:
 * @settings: (nullable): the settings to follow
 *
 * Returns: (transfer full): listens until it is disposed of
 */
SyncSurroundings *
sync_surroundings_new (GSettings *settings)
{
  SyncSurroundings *self = g_object_new (SYNC_TYPE_SURROUNDINGS, NULL);

  if (settings != NULL)
    {
      self->settings = g_object_ref (settings);
      g_signal_connect_object (settings, "changed", G_CALLBACK (settings_changed_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (settings, "changed::metered", G_CALLBACK (network_changed_cb), self, G_CONNECT_SWAPPED);
    }
  return self;
}

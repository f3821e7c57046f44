/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tray's icon on the bus. It registers with the watcher under the connection's unique name, which every panel takes, each
 * time that a watcher appears; a watcher may own its name before it answers, so that is tried a few times. */
#include "config.h"

#include "sync-tray-item.h"

#include "sync-tray-bus.h"

#define ITEM_PATH "/StatusNotifierItem"
#define WATCHER "org.kde.StatusNotifierWatcher"
#define WATCHER_PATH "/StatusNotifierWatcher"
#define TRIES 10
#define TRY_AGAIN_MS 500
#define PATIENCE_MS 5000

struct _SyncTrayItem
{
  GObject parent_instance;

  SyncTrayItemBus *bus;        /* (owned) */
  GDBusConnection *connection; /* (owned) */
  GCancellable *cancellable;   /* (owned): of the calls to the watcher */
  guint watch;
  guint subscription;
  guint retry;                 /* source id, 0: none */
  guint n_tries;
  gboolean has_watcher;
  gboolean has_host;
};

enum
{
  SIGNAL_ACTIVATE,
  SIGNAL_HOST_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncTrayItem, sync_tray_item, G_TYPE_OBJECT)

/* The watcher */

static void
set_host (SyncTrayItem *self, gboolean has_host)
{
  if (self->has_host == has_host)
    return;
  self->has_host = has_host;
  g_signal_emit (self, signals[SIGNAL_HOST_CHANGED], 0);
}

static void
host_told_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) value = NULL;
  SyncTrayItem *self = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (answer != NULL)
    g_variant_get (answer, "(v)", &value);
  set_host (self, self->has_watcher && value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN)
                    && g_variant_get_boolean (value));
}

static void
ask_for_host (SyncTrayItem *self)
{
  g_dbus_connection_call (self->connection, WATCHER, WATCHER_PATH, "org.freedesktop.DBus.Properties", "Get",
                          g_variant_new ("(ss)", WATCHER, "IsStatusNotifierHostRegistered"), NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, PATIENCE_MS, self->cancellable, host_told_cb, self);
}

static void enrol (SyncTrayItem *self);

static gboolean
try_again_cb (gpointer user_data)
{
  SyncTrayItem *self = user_data;

  self->retry = 0;
  if (self->has_watcher)
    enrol (self);
  return G_SOURCE_REMOVE;
}

static void
enrolled_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  SyncTrayItem *self = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (answer != NULL)
    ask_for_host (self);
  else if (self->has_watcher && self->retry == 0 && self->n_tries++ < TRIES)
    self->retry = g_timeout_add (TRY_AGAIN_MS, try_again_cb, self);
}

static void
enrol (SyncTrayItem *self)
{
  g_dbus_connection_call (self->connection, WATCHER, WATCHER_PATH, WATCHER, "RegisterStatusNotifierItem",
                          g_variant_new ("(s)", g_dbus_connection_get_unique_name (self->connection)), NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, PATIENCE_MS, self->cancellable, enrolled_cb, self);
}

static void
appeared_cb (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  SyncTrayItem *self = user_data;

  self->has_watcher = TRUE;
  self->n_tries = 0;
  enrol (self);
}

static void
vanished_cb (GDBusConnection *connection, const char *name, gpointer user_data)
{
  SyncTrayItem *self = user_data;

  self->has_watcher = FALSE;
  set_host (self, FALSE);
}

static void
watcher_said_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name,
                 GVariant *arguments, gpointer user_data)
{
  if (g_str_has_prefix (name, "StatusNotifierHost"))
    ask_for_host (user_data);
}

/* Calls of the panel */

static gboolean
activate_cb (SyncTrayItemBus *bus, GDBusMethodInvocation *invocation, int x, int y, SyncTrayItem *self)
{
  g_signal_emit (self, signals[SIGNAL_ACTIVATE], 0);
  g_dbus_method_invocation_return_value (invocation, NULL);
  return TRUE;
}

/* The panel draws the menu itself, and nothing scrolls. */
static gboolean
nothing_cb (SyncTrayItemBus *bus, GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_value (invocation, NULL);
  return TRUE;
}

static gboolean
menu_cb (SyncTrayItemBus *bus, GDBusMethodInvocation *invocation, int x, int y, SyncTrayItem *self)
{
  return nothing_cb (bus, invocation);
}

static gboolean
scroll_cb (SyncTrayItemBus *bus, GDBusMethodInvocation *invocation, int delta, const char *orientation, SyncTrayItem *self)
{
  return nothing_cb (bus, invocation);
}

static gboolean
token_cb (SyncTrayItemBus *bus, GDBusMethodInvocation *invocation, const char *token, SyncTrayItem *self)
{
  return nothing_cb (bus, invocation);
}

static void
sync_tray_item_dispose (GObject *object)
{
  SyncTrayItem *self = SYNC_TRAY_ITEM (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->retry, g_source_remove);
  g_clear_handle_id (&self->watch, g_bus_unwatch_name);
  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  self->subscription = 0;
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->bus));
  G_OBJECT_CLASS (sync_tray_item_parent_class)->dispose (object);
}

static void
sync_tray_item_finalize (GObject *object)
{
  SyncTrayItem *self = SYNC_TRAY_ITEM (object);

  g_object_unref (self->bus);
  g_clear_object (&self->connection);
  g_object_unref (self->cancellable);
  G_OBJECT_CLASS (sync_tray_item_parent_class)->finalize (object);
}

static void
sync_tray_item_class_init (SyncTrayItemClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_tray_item_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_tray_item_finalize;
  signals[SIGNAL_ACTIVATE]
    = g_signal_new ("activate", SYNC_TYPE_TRAY_ITEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_HOST_CHANGED]
    = g_signal_new ("host-changed", SYNC_TYPE_TRAY_ITEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sync_tray_item_init (SyncTrayItem *self)
{
  self->cancellable = g_cancellable_new ();
  self->bus = sync_tray_item_bus_skeleton_new ();
  g_signal_connect (self->bus, "handle-activate", G_CALLBACK (activate_cb), self);
  g_signal_connect (self->bus, "handle-secondary-activate", G_CALLBACK (activate_cb), self);
  g_signal_connect (self->bus, "handle-context-menu", G_CALLBACK (menu_cb), self);
  g_signal_connect (self->bus, "handle-scroll", G_CALLBACK (scroll_cb), self);
  g_signal_connect (self->bus, "handle-provide-xdg-activation-token", G_CALLBACK (token_cb), self);
}

/* Panels read every property, and some stumble over one that is not there. */
static void
fill (SyncTrayItemBus *bus, const char *id, const char *title, const char *menu_path)
{
  GVariant *none = g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("(iiay)"), NULL, 0));

  sync_tray_item_bus_set_category (bus, "ApplicationStatus");
  sync_tray_item_bus_set_id (bus, id);
  sync_tray_item_bus_set_title (bus, title);
  sync_tray_item_bus_set_status (bus, "Active");
  sync_tray_item_bus_set_icon_theme_path (bus, "");
  sync_tray_item_bus_set_icon_name (bus, id);
  sync_tray_item_bus_set_icon_pixmap (bus, none);
  sync_tray_item_bus_set_icon_accessible_desc (bus, title);
  sync_tray_item_bus_set_overlay_icon_name (bus, "");
  sync_tray_item_bus_set_overlay_icon_pixmap (bus, none);
  sync_tray_item_bus_set_attention_icon_name (bus, "");
  sync_tray_item_bus_set_attention_icon_pixmap (bus, none);
  sync_tray_item_bus_set_attention_accessible_desc (bus, title);
  sync_tray_item_bus_set_attention_movie_name (bus, "");
  sync_tray_item_bus_set_tool_tip (bus, g_variant_new ("(s@a(iiay)ss)", "", none, title, ""));
  sync_tray_item_bus_set_item_is_menu (bus, FALSE);
  sync_tray_item_bus_set_menu (bus, menu_path);
  g_variant_unref (none);
}

/**
 * sync_tray_item_new:
 * @connection: the session bus
 * @id: of the program; also the name of its icon
 * @title: its name, for a person
 * @menu_path: where its menu is on the bus
 * @error: what GDBus says; permanent
 *
 * Returns: (transfer full) (nullable): the icon, shown by every panel that there is and comes
 */
SyncTrayItem *
sync_tray_item_new (GDBusConnection *connection, const char *id, const char *title, const char *menu_path, GError **error)
{
  g_autoptr (SyncTrayItem) self = g_object_new (SYNC_TYPE_TRAY_ITEM, NULL);

  self->connection = g_object_ref (connection);
  fill (self->bus, id, title, menu_path);
  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->bus), connection, ITEM_PATH, error))
    return NULL;
  self->subscription = g_dbus_connection_signal_subscribe (connection, WATCHER, WATCHER, NULL, WATCHER_PATH, NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, watcher_said_cb, self, NULL);
  self->watch = g_bus_watch_name_on_connection (connection, WATCHER, G_BUS_NAME_WATCHER_FLAGS_NONE, appeared_cb, vanished_cb,
                                                self, NULL);
  return g_steal_pointer (&self);
}

/**
 * sync_tray_item_set:
 * @self: an icon
 * @icon: its name in the icon theme
 * @needs_attention: whether a person has to do something
 * @text: what it says when pointed at, and to a screen reader
 *
 * Shows this from now on. Panels that know nothing of attention see it by the icon.
 */
void
sync_tray_item_set (SyncTrayItem *self, const char *icon, gboolean needs_attention, const char *text)
{
  SyncTrayItemBus *bus = self->bus;
  const char *status = needs_attention ? "NeedsAttention" : "Active";

  if (g_strcmp0 (sync_tray_item_bus_get_icon_name (bus), icon) != 0)
    {
      sync_tray_item_bus_set_icon_name (bus, icon);
      sync_tray_item_bus_set_attention_icon_name (bus, icon);
      sync_tray_item_bus_emit_new_icon (bus);
      sync_tray_item_bus_emit_new_attention_icon (bus);
    }
  if (g_strcmp0 (sync_tray_item_bus_get_status (bus), status) != 0)
    {
      sync_tray_item_bus_set_status (bus, status);
      sync_tray_item_bus_emit_new_status (bus, status);
    }
  if (g_strcmp0 (sync_tray_item_bus_get_icon_accessible_desc (bus), text) != 0)
    {
      sync_tray_item_bus_set_icon_accessible_desc (bus, text);
      sync_tray_item_bus_set_attention_accessible_desc (bus, text);
      sync_tray_item_bus_set_tool_tip (bus, g_variant_new ("(s@a(iiay)ss)", "",
                                                           g_variant_new_array (G_VARIANT_TYPE ("(iiay)"), NULL, 0),
                                                           sync_tray_item_bus_get_title (bus), text));
      sync_tray_item_bus_emit_new_tool_tip (bus);
    }
}

/**
 * sync_tray_item_set_icon_directory:
 * @self: an icon
 * @directory: an icon theme's directory beside the system's
 *
 * Where panels look for the icon, too: for a program that is not installed.
 */
void
sync_tray_item_set_icon_directory (SyncTrayItem *self, const char *directory)
{
  sync_tray_item_bus_set_icon_theme_path (self->bus, directory);
  sync_tray_item_bus_emit_new_icon (self->bus);
}

/**
 * sync_tray_item_has_host:
 * @self: an icon
 *
 * Returns: whether a panel shows it
 */
gboolean
sync_tray_item_has_host (SyncTrayItem *self)
{
  return self->has_host;
}

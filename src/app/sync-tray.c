/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Binds the tray's icon and menu to the state of the queue. */
#include "config.h"

#include "sync-tray.h"

#include "sync-request-list.h"
#include "sync-tray-item.h"
#include "sync-tray-menu.h"
#include "sync-words.h"

#include <glib/gi18n.h>

#define MENU_PATH "/StatusNotifierItem/Menu"
#define MINUTE_MS G_GINT64_CONSTANT (60000)

struct _SyncTray
{
  GObject parent_instance;

  GApplication *application; /* (unowned): it owns this */
  SyncStatus *status;        /* (owned) */
  SyncStore *reader;         /* (owned) */
  GMenu *conflicts;          /* (owned): the section that says how many there are */
  int n_conflicts;           /* as the section says; -1: nothing yet */
  SyncTrayMenu *menu;        /* (owned) */
  SyncTrayItem *item;        /* (owned) */
};

enum
{
  SIGNAL_SHOWN_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncTray, sync_tray, G_TYPE_OBJECT)

static gboolean
needs_person (const SyncSnapshot *snapshot)
{
  const SyncCounts *counts = &snapshot->counts;

  return counts->n[SYNC_STATE_FAILED] + counts->n[SYNC_STATE_CONFLICT] + counts->needs_person > 0;
}

/* One for each state; they differ in shape, not only in colour. */
static const char *
find_icon (const SyncSnapshot *snapshot)
{
  if (snapshot->condition == SYNC_CONDITION_STORAGE_TROUBLE)
    return SYNC_APP_ID "-failed";
  if (needs_person (snapshot))
    return SYNC_APP_ID "-needs-you";
  /* It waits by itself. */
  if (snapshot->condition == SYNC_CONDITION_OFFLINE || snapshot->condition == SYNC_CONDITION_PAUSED
      || snapshot->condition == SYNC_CONDITION_THROTTLED)
    return SYNC_APP_ID "-offline";
  if (snapshot->condition != SYNC_CONDITION_ONLINE)
    return SYNC_APP_ID "-needs-you";
  return snapshot->state == SYNC_ENGINE_SYNCING ? SYNC_APP_ID "-syncing" : SYNC_APP_ID "-idle";
}

static void
show_conflicts (SyncTray *self, int n)
{
  g_autofree char *label = NULL;
  g_autoptr (GMenuItem) item = NULL;

  if (n == self->n_conflicts)
    return;
  self->n_conflicts = n;
  g_menu_remove_all (self->conflicts);
  if (n == 0)
    return;
  label = g_strdup_printf (ngettext ("Decide %d conflict", "Decide %d conflicts", (gulong) n), n);
  item = g_menu_item_new (label, NULL);
  g_menu_item_set_action_and_target (item, "app.show-conflict", "x", G_GINT64_CONSTANT (0));
  g_menu_append_item (self->conflicts, item);
}

static void
update (SyncTray *self)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (self->status);
  g_autofree char *status = sync_words_status (snapshot, sync_request_list_only_sales_wait (self->reader));
  g_autofree char *needs = sync_words_needs (snapshot);
  g_autofree char *text = needs != NULL ? g_strdup_printf ("%s\n%s", status, needs) : g_strdup (status);
  const char *icon = find_icon (snapshot);

  sync_tray_item_set (self->item, icon, g_str_has_suffix (icon, "-needs-you") || g_str_has_suffix (icon, "-failed"), text);
  show_conflicts (self, (int) snapshot->counts.n[SYNC_STATE_CONFLICT]);
}

static void
activate_cb (SyncTray *self)
{
  g_action_group_activate_action (G_ACTION_GROUP (self->application), "open", NULL);
}

static void
host_changed_cb (SyncTray *self)
{
  g_signal_emit (self, signals[SIGNAL_SHOWN_CHANGED], 0);
}

static void
append_pause (GMenu *menu, const char *label, gint64 for_ms)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, "app.pause-for", "x", for_ms);
  g_menu_append_item (menu, item);
}

/* (transfer full): the first entry opens the window, because some panels know only the menu */
static GMenuModel *
make_menu (SyncTray *self)
{
  GMenu *menu = g_menu_new ();
  g_autoptr (GMenu) windows = g_menu_new ();
  g_autoptr (GMenu) delivery = g_menu_new ();
  g_autoptr (GMenu) pause = g_menu_new ();
  g_autoptr (GMenu) end = g_menu_new ();

  g_menu_append (windows, _ ("Open POSAwesome Sync"), "app.open");
  g_menu_append (windows, _ ("Open the point of sale"), "app.open-site");
  g_menu_append (delivery, _ ("Sync now"), "app.sync-now");
  append_pause (pause, _ ("For 15 minutes"), 15 * MINUTE_MS);
  append_pause (pause, _ ("For one hour"), 60 * MINUTE_MS);
  append_pause (pause, _ ("Until resumed"), 0);
  g_menu_append_submenu (delivery, _ ("Pause"), G_MENU_MODEL (pause));
  g_menu_append (delivery, _ ("Resume"), "app.resume");
  g_menu_append (end, _ ("Preferences"), "app.preferences");
  g_menu_append (end, _ ("Quit"), "app.quit");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (windows));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (self->conflicts));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (delivery));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (end));
  return G_MENU_MODEL (menu);
}

static void
sync_tray_dispose (GObject *object)
{
  SyncTray *self = SYNC_TRAY (object);

  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  g_clear_object (&self->status);
  g_clear_object (&self->reader);
  g_clear_object (&self->item);
  g_clear_object (&self->menu);
  g_clear_object (&self->conflicts);
  G_OBJECT_CLASS (sync_tray_parent_class)->dispose (object);
}

static void
sync_tray_class_init (SyncTrayClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_tray_dispose;
  signals[SIGNAL_SHOWN_CHANGED]
      = g_signal_new ("shown-changed", SYNC_TYPE_TRAY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sync_tray_init (SyncTray *self)
{
  self->conflicts = g_menu_new ();
  self->n_conflicts = -1;
}

/**
 * sync_tray_new:
 * @application: whose actions the menu activates: open, open-site, sync-now, pause-for, resume, show-conflict, preferences,
 *   quit; it is on the bus
 * @status: how the engine stands
 * @reader: a store to read from
 * @error: what GDBus says; permanent
 *
 * Returns: (transfer full) (nullable): the program in the panel, as soon as there is one
 */
SyncTray *
sync_tray_new (GApplication *application, SyncStatus *status, SyncStore *reader, GError **error)
{
  g_autoptr (SyncTray) self = g_object_new (SYNC_TYPE_TRAY, NULL);
  GDBusConnection *connection = g_application_get_dbus_connection (application);
  const char *icons = g_getenv ("POSAWESOME_SYNC_ICON_DIR");
  g_autoptr (GMenuModel) model = make_menu (self);

  self->application = application;
  self->menu = sync_tray_menu_new (model, G_ACTION_GROUP (application));
  self->item = sync_tray_item_new (connection, SYNC_APP_ID, "POSAwesome Sync", MENU_PATH, error);
  if (self->item == NULL || !sync_tray_menu_export (self->menu, connection, MENU_PATH, error))
    return NULL;
  if (icons != NULL)
    sync_tray_item_set_icon_directory (self->item, icons);
  self->status = g_object_ref (status);
  self->reader = g_object_ref (reader);
  g_signal_connect_swapped (self->item, "activate", G_CALLBACK (activate_cb), self);
  g_signal_connect_swapped (self->item, "host-changed", G_CALLBACK (host_changed_cb), self);
  g_signal_connect_swapped (status, "changed", G_CALLBACK (update), self);
  update (self);
  return g_steal_pointer (&self);
}

/**
 * sync_tray_is_shown:
 * @self: the tray
 *
 * Returns: whether a panel shows it
 */
gboolean
sync_tray_is_shown (SyncTray *self)
{
  return sync_tray_item_has_host (self->item);
}

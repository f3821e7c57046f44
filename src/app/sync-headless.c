/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program without a window: store, engine and doors in the main thread, until SIGTERM or SIGINT. Needs neither
 * a display nor a session bus. */
#include "config.h"

#include "sync-headless.h"

#include "sync-bus-object.h"
#include "sync-clock-system.h"
#include "sync-debug.h"
#include "sync-random.h"
#include "sync-service.h"
#include "sync-settings.h"
#include "sync-surroundings.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>

/* Exit statuses: 1 for what may work later or elsewhere, 2 for what has to be set right first. */
#define EXIT_USAGE 2

typedef struct
{
  GMainLoop *loop;      /* (owned) */
  SyncService *service; /* (owned) (nullable) */
  char *base_url;       /* (owned) (nullable): the site of this run */
  char *refused_url;    /* (owned) (nullable): the other one that was refused last; a setting that nobody set is empty */
  gboolean stopping;
  int status;
} Headless;

static void
shut_down_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Headless *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_service_shutdown_finish (SYNC_SERVICE (source), result, &error))
    {
      g_printerr ("posawesome-sync: %s\n", error->message);
      self->status = EXIT_FAILURE;
    }
  g_main_loop_quit (self->loop);
}

static gboolean
terminate_cb (gpointer user_data)
{
  Headless *self = user_data;

  if (!self->stopping)
    {
      self->stopping = TRUE;
      sync_service_shutdown_async (self->service, shut_down_cb, self);
    }
  return G_SOURCE_CONTINUE;
}

static void
network_hint_cb (Headless *self, gboolean metered)
{
  sync_engine_hint_network (sync_service_get_engine (self->service), metered);
}

/* The API key is that of one site, and must not go to another; once for each address that somebody tries. */
static void
refuse_site (Headless *self, const char *base_url)
{
  const char *tried = base_url != NULL ? base_url : "";

  if (g_strcmp0 (self->refused_url, tried) == 0)
    return;
  g_free (self->refused_url);
  self->refused_url = g_strdup (tried);
  g_printerr ("posawesome-sync: the site stays %s until the program is started again; restart it to use %s\n", self->base_url,
              base_url != NULL ? base_url : "another");
}

/* All but another site is used at once. */
static void
config_changed_cb (SyncSurroundings *surroundings, SyncConfig *config, gpointer user_data)
{
  Headless *self = user_data;
  g_autoptr (SyncConfig) own = sync_config_copy (config);
  g_autoptr (GError) error = NULL;

  if (g_strcmp0 (config->base_url, self->base_url) != 0)
    {
      refuse_site (self, config->base_url);
      g_free (own->base_url);
      own->base_url = g_strdup (self->base_url);
    }
  else
    g_clear_pointer (&self->refused_url, g_free);
  if (!sync_engine_set_config (sync_service_get_engine (self->service), own, &error))
    g_printerr ("posawesome-sync: %s\n", error->message);
}

/* The name on the bus, before anybody is told that we are ready. A desktop program may take it, and it comes back when that
 * ends. */
static void
take_name (GDBusConnection *bus)
{
  const guint32 allow_replacement = 1, is_owner = 1;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer
    = g_dbus_connection_call_sync (bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                   "RequestName", g_variant_new ("(su)", SYNC_BUS_NAME, allow_replacement),
                                   G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  guint32 result = is_owner;

  if (answer != NULL)
    g_variant_get (answer, "(u)", &result);
  if (error != NULL)
    g_printerr ("posawesome-sync: the name " SYNC_BUS_NAME " cannot be had on the session bus: %s\n", error->message);
  else if (result != is_owner)
    g_printerr ("posawesome-sync: another program has the name " SYNC_BUS_NAME " on the session bus: going on as %s\n",
                g_dbus_connection_get_unique_name (bus));
}

/* What was found out about the data when it was opened. */
static void
tell_restore (SyncStore *store)
{
  const char *report = sync_store_get_restore_report (store);

  if (report != NULL)
    g_printerr ("posawesome-sync: %s\n", report);
}

static void
serve (Headless *self, GSettings *settings, const SyncConfig *config, GDBusConnection *bus)
{
  g_autoptr (SyncSurroundings) surroundings = sync_surroundings_new (settings);
  guint on_term = g_unix_signal_add (SIGTERM, terminate_cb, self);
  guint on_int = g_unix_signal_add (SIGINT, terminate_cb, self);

  g_signal_connect_swapped (surroundings, "network-hint", G_CALLBACK (network_hint_cb), self);
  g_signal_connect (surroundings, "config-changed", G_CALLBACK (config_changed_cb), self);
  sync_surroundings_tell (surroundings);
  if (bus != NULL)
    take_name (bus);
  printf ("ready gateway=http://127.0.0.1:%u data=%s\n",
          sync_gateway_get_port (sync_service_get_gateway (self->service)), config->data_dir);
  fflush (stdout);
  /* Not before: whatever keeps the program from working is to be the first thing that it says. */
  if (bus == NULL)
    g_printerr ("posawesome-sync: no session bus: going on without it\n");
  g_main_loop_run (self->loop);
  g_source_remove (on_int);
  g_source_remove (on_term);
}

/**
 * sync_headless_run:
 *
 * Reads the settings, opens the data directory, prints the `ready` line on standard output once work is accepted, says
 * on standard error if there is no session bus, and serves until a signal ends it.
 *
 * Returns: the exit status: 0 after an orderly end; 1 if the data directory or the port cannot be had; 2 if a setting
 *   is missing or wrong
 */
int
sync_headless_run (void)
{
  g_autoptr (GSettings) settings = NULL;
  g_autoptr (SyncConfig) config = NULL;
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (SyncRandom) random = sync_random_kernel_new ();
  g_autoptr (GError) error = NULL;
  gboolean has_bus = sync_settings_find_bus ();
  g_autoptr (GDBusConnection) bus = has_bus ? g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL) : NULL;
  Headless self = { .status = EXIT_SUCCESS };

  settings = sync_settings_open (has_bus);
  if (has_bus || sync_settings_check_file (&error))
    config = sync_config_new (settings, NULL, &error);
  if (config == NULL)
    {
      g_printerr ("posawesome-sync: %s\n", error->message);
      return EXIT_USAGE;
    }
  if (config->base_url == NULL)
    {
      g_printerr ("posawesome-sync: ERPNEXT_BASE_URL is not set: give it the address of the ERPNext site, "
                  "for instance https://erp.example.com\n");
      return EXIT_USAGE;
    }
  if (config->debug)
    sync_debug_enable ();
  self.base_url = g_strdup (config->base_url);
  self.service = sync_service_new (config, clock, random);
  if (bus != NULL)
    {
      /* It can go on without. */
      g_dbus_connection_set_exit_on_close (bus, FALSE);
      sync_service_set_bus (self.service, bus);
    }
  if (!sync_service_start (self.service, &error))
    {
      g_printerr ("posawesome-sync: %s\n", error->message);
      self.status = EXIT_FAILURE;
    }
  else
    {
      self.loop = g_main_loop_new (NULL, FALSE);
      tell_restore (sync_engine_get_store (sync_service_get_engine (self.service)));
      serve (&self, settings, config, bus);
      g_main_loop_unref (self.loop);
    }
  g_object_unref (self.service);
  g_free (self.base_url);
  g_free (self.refused_url);
  return self.status;
}

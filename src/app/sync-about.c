/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the program is, and what somebody who looks for a mistake asks first. Main thread. */
#include "config.h"

#include "sync-about.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <inttypes.h>

static void
add_counts (GString *text, const SyncCounts *counts)
{
  g_string_append_printf (text, "Rows: %u\n", counts->total);
  for (guint state = 0; state < SYNC_N_STATES; state++)
    g_string_append_printf (text, "  %s: %u\n", sync_state_to_string (state), counts->n[state]);
  g_string_append_printf (text, "  need a person: %u\n  open conflicts: %u\n", counts->needs_person,
                          counts->pending_conflicts);
}

static void
add_snapshot (GString *text, const SyncSnapshot *snapshot)
{
  g_string_append_printf (text, "State: %s\nCondition: %s\n", sync_engine_state_to_string (snapshot->state),
                          sync_condition_to_string (snapshot->condition));
  if (snapshot->server_clock_known)
    g_string_append_printf (text, "Server's clock: %+" PRId64 " ms, uncertain by %" PRId64 " ms\n",
                            snapshot->server_clock_offset_ms, snapshot->server_clock_uncertainty_ms);
  add_counts (text, &snapshot->counts);
}

/**
 * sync_about_dup_report:
 * @snapshot: (nullable): how things stand; %NULL while there is no engine
 * @reader: (nullable): a store to read from
 *
 * Returns: (transfer full): versions, counts and condition, in English as they go into a report; nothing of what is in the
 *   entries, no address and no secret
 */
char *
sync_about_dup_report (const SyncSnapshot *snapshot, SyncStore *reader)
{
  g_autoptr (GString) text = g_string_new ("POSAwesome Sync " SYNC_VERSION "\n");
  g_autofree char *system = g_get_os_info (G_OS_INFO_KEY_PRETTY_NAME);

  g_string_append_printf (text, "System: %s\n", system != NULL ? system : "unknown");
  g_string_append_printf (text, "GTK %u.%u.%u, libadwaita %u.%u.%u, GLib %u.%u.%u\n", gtk_get_major_version (),
                          gtk_get_minor_version (), gtk_get_micro_version (), adw_get_major_version (),
                          adw_get_minor_version (), adw_get_micro_version (), glib_major_version, glib_minor_version,
                          glib_micro_version);
  if (reader != NULL)
    g_string_append_printf (text, "Database format: %d\n", sync_store_get_format (reader));
  if (snapshot != NULL)
    add_snapshot (text, snapshot);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * sync_about_present:
 * @parent: the window in front of which it is shown
 * @snapshot: (nullable): how things stand; %NULL while there is no engine
 * @reader: (nullable): a store to read from
 *
 * Shows what the program is, with a report to be copied.
 */
void
sync_about_present (GtkWindow *parent, const SyncSnapshot *snapshot, SyncStore *reader)
{
  g_autofree char *report = sync_about_dup_report (snapshot, reader);

  adw_show_about_window (
      parent, "application-name", "POSAwesome Sync", "application-icon", SYNC_APP_ID, "version", SYNC_VERSION,
      "license-type", GTK_LICENSE_GPL_3_0, "comments",
      _ ("Takes every sale, keeps it safe while the line is down, and delivers it to ERPNext exactly "
         "once."),
      "debug-info", report, "debug-info-filename", "posawesome-sync.txt", NULL);
}

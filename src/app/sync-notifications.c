/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notices as the desktop shows them. Main thread. */
#include "config.h"

#include "sync-notifications.h"

#include <glib/gi18n.h>

static void
show_cb (SyncNotices *notices, int notice, const char *title, const char *body, GApplication *application)
{
  g_autoptr (GNotification) notification = g_notification_new (title);
  gboolean in_order = notice == SYNC_NOTICE_IN_ORDER;

  g_notification_set_body (notification, body);
  g_notification_set_priority (notification, in_order ? G_NOTIFICATION_PRIORITY_LOW : G_NOTIFICATION_PRIORITY_HIGH);
  if (notice == SYNC_NOTICE_CONFLICT)
    {
      g_notification_set_default_action_and_target (notification, "app.show-conflict", "x", G_GINT64_CONSTANT (0));
      g_notification_add_button_with_target (notification, _ ("Decide…"), "app.show-conflict", "x", G_GINT64_CONSTANT (0));
    }
  else
    g_notification_set_default_action (notification, "app.open");
  g_application_send_notification (application, sync_notice_to_string (notice), notification);
}

static void
withdraw_cb (SyncNotices *notices, int notice, GApplication *application)
{
  g_application_withdraw_notification (application, sync_notice_to_string (notice));
}

/**
 * sync_notifications_show:
 * @notices: what is to be told
 * @application: on the bus; it has the actions `show-conflict` and `open`, and outlives @notices
 *
 * Shows the notices as notifications from now on, each kind in the place of the last one.
 */
void
sync_notifications_show (SyncNotices *notices, GApplication *application)
{
  g_signal_connect (notices, "show", G_CALLBACK (show_cb), application);
  g_signal_connect (notices, "withdraw", G_CALLBACK (withdraw_cb), application);
}

/**
 * sync_notifications_dup_key:
 * @notice: a kind of notice
 *
 * Returns: (transfer full): the setting that says whether anybody is told of it
 */
char *
sync_notifications_dup_key (SyncNotice notice)
{
  return g_strconcat ("notice-", sync_notice_to_string (notice), NULL);
}

static void
settings_changed_cb (GSettings *settings, const char *changed_key, SyncNotices *notices)
{
  for (int i = 0; i < SYNC_N_NOTICES; i++)
    {
      g_autofree char *key = sync_notifications_dup_key ((SyncNotice) i);

      if (changed_key == NULL || g_str_equal (changed_key, key))
        sync_notices_set_muted (notices, (SyncNotice) i, !g_settings_get_boolean (settings, key));
    }
}

/**
 * sync_notifications_follow:
 * @notices: what is to be told
 * @settings: which kinds of it
 *
 * Tells from now on only what the settings want to be told.
 */
void
sync_notifications_follow (SyncNotices *notices, GSettings *settings)
{
  settings_changed_cb (settings, NULL, notices);
  g_signal_connect_object (settings, "changed", G_CALLBACK (settings_changed_cb), notices, G_CONNECT_DEFAULT);
}

/**
 * sync_notifications_tell_background:
 * @application: on the bus; it has the action `open`
 *
 * Tells that the program goes on without a window, where no panel shows that.
 */
void
sync_notifications_tell_background (GApplication *application)
{
  g_autoptr (GNotification) notification = g_notification_new (_ ("POSAwesome Sync goes on in the background"));

  g_notification_set_body (notification, _ ("Start it again to see its window; to end it, choose Quit there."));
  g_notification_set_default_action (notification, "app.open");
  g_application_send_notification (application, "background", notification);
}

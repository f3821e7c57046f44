/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notices as the desktop shows them. Main thread. */
#include "config.h"

#include "sync-notifications.h"

#include <glib/gi18n.h>

#define BACKGROUND "background"
#define TOLD "told"

/* Where a notice leads to, and how urgent it is: the desktop keeps what is urgent until somebody has seen it. */
static const struct
{
  GNotificationPriority priority;
  const char *action; /* (nullable): the window, and no button */
  const char *target; /* (nullable): as g_variant_parse() takes it */
  const char *button;
} ways[SYNC_N_NOTICES] = {
  [SYNC_NOTICE_CONFLICT] = { G_NOTIFICATION_PRIORITY_URGENT, "app.show-conflict", "int64 0", N_ ("Decide…") },
  [SYNC_NOTICE_REFUSED] = { G_NOTIFICATION_PRIORITY_URGENT, "app.show-queue", "'needs'", N_ ("Show the entries") },
  [SYNC_NOTICE_SIGN_IN] = { G_NOTIFICATION_PRIORITY_URGENT, "app.set-up", NULL, N_ ("Set up…") },
  [SYNC_NOTICE_LATE] = { G_NOTIFICATION_PRIORITY_HIGH, "app.show-queue", "'undelivered'", N_ ("Show the queue") },
  [SYNC_NOTICE_IN_ORDER] = { G_NOTIFICATION_PRIORITY_LOW, NULL, NULL, NULL },
};

static void
show_cb (SyncNotices *notices, int notice, const char *title, const char *body, GApplication *application)
{
  g_autoptr (GNotification) notification = g_notification_new (title);
  const char *action = ways[notice].action;
  g_autoptr (GVariant) target
      = ways[notice].target != NULL ? g_variant_parse (NULL, ways[notice].target, NULL, NULL, NULL) : NULL;

  g_notification_set_body (notification, body);
  g_notification_set_priority (notification, ways[notice].priority);
  g_notification_set_default_action_and_target_value (notification, action != NULL ? action : "app.open", target);
  if (action != NULL)
    g_notification_add_button_with_target_value (notification, _ (ways[notice].button), action, target);
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
 * @application: on the bus; it has the actions `show-conflict`, `show-queue`, `set-up` and `open`, and outlives @notices
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
  g_application_send_notification (application, BACKGROUND, notification);
}

/**
 * sync_notifications_tell:
 * @application: on the bus; it has the action `open`
 * @words: a sentence
 *
 * Tells, in the place of the last such words, what a person who looks at no window would otherwise wait for in vain.
 */
void
sync_notifications_tell (GApplication *application, const char *words)
{
  g_autoptr (GNotification) notification = g_notification_new ("POSAwesome Sync");

  g_notification_set_body (notification, words);
  g_notification_set_default_action (notification, "app.open");
  g_application_send_notification (application, TOLD, notification);
}

/**
 * sync_notifications_tell_problem:
 * @application: on the bus; it has the action `open`
 * @words: what is in the way
 *
 * Tells, until somebody has seen it, that the program cannot work, in the place of the last words of
 * sync_notifications_tell().
 */
void
sync_notifications_tell_problem (GApplication *application, const char *words)
{
  g_autoptr (GNotification) notification = g_notification_new (_ ("Not ready to work"));

  g_notification_set_body (notification, words);
  g_notification_set_priority (notification, G_NOTIFICATION_PRIORITY_URGENT);
  g_notification_set_default_action (notification, "app.open");
  g_application_send_notification (application, TOLD, notification);
}

/**
 * sync_notifications_withdraw_told:
 * @application: on the bus
 *
 * Takes back what is of no use to somebody who looks at the window.
 */
void
sync_notifications_withdraw_told (GApplication *application)
{
  g_application_withdraw_notification (application, BACKGROUND);
  g_application_withdraw_notification (application, TOLD);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another program has the queue: when it has left, this one goes on in its place; one without a window is ended on request.
 * Main thread. */
#include "config.h"

#include "sync-application-private.h"

#include "sync-notifications.h"

#include <glib/gi18n.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define FREE_EVERY_MS 1000
#define LOOK_EVERY_MS 200
/* It may have a delivery to wait for, and takes ten seconds for that at most. */
#define LOOKS 75

static void
show (SyncApplication *self, const char *title, const char *words)
{
  if (self->window != NULL)
    sync_window_show_problem (self->window, title, words);
}

/* Whether that process is this program, and without a window. A number is a note only: whoever has it now is looked at. */
gboolean
sync_application_is_headless (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/cmdline", pid);
  g_autofree char *words = NULL;
  g_autofree char *name = NULL;
  gsize length;
  gboolean headless = FALSE;

  if (pid <= 0 || !g_file_get_contents (path, &words, &length, NULL) || length == 0)
    return FALSE;
  name = g_path_get_basename (words);
  for (const char *word = words; word < words + length; word += strlen (word) + 1)
    headless = headless || g_str_equal (word, "--headless");
  return headless && g_str_has_prefix (name, "posawesome-sync");
}

/* Whether the queue is looked after without a window. */
gboolean
sync_application_is_in_headless_hands (SyncApplication *self)
{
  return self->config->base_url != NULL
         && sync_application_is_headless (sync_store_get_holder (self->config->data_dir));
}

/* Whoever may help is told what is in the way, where no window shows it. */
void
sync_application_tell_hidden (SyncApplication *self)
{
  if (self->window == NULL && g_application_get_dbus_connection (G_APPLICATION (self)) != NULL)
    sync_notifications_tell_problem (G_APPLICATION (self), self->problem);
}

/* Nobody has the queue any more. */
static void
go_on_here (SyncApplication *self)
{
  g_clear_pointer (&self->problem, g_free);
  self->status_code = EXIT_SUCCESS;
  sync_application_prepare_service (self);
  if (self->problem == NULL && g_application_get_dbus_connection (G_APPLICATION (self)) != NULL)
    sync_notifications_withdraw_told (G_APPLICATION (self));
  else if (self->problem != NULL && !self->locked)
    sync_application_tell_hidden (self);
  if (self->window != NULL)
    sync_application_show_content (self);
}

static gboolean
free_cb (gpointer user_data)
{
  SyncApplication *self = user_data;

  if (self->service != NULL || self->quitting)
    {
      self->on_free = 0;
      return G_SOURCE_REMOVE;
    }
  if (self->on_take_over == 0 && sync_store_get_holder (self->config->data_dir) == 0)
    {
      self->on_free = 0;
      go_on_here (self);
      return G_SOURCE_REMOVE;
    }
  if (self->untold > 0 && --self->untold == 0)
    sync_application_tell_hidden (self);
  return G_SOURCE_CONTINUE;
}

/* Whoever has the queue may end, or be killed: this one goes on then, asked or not. */
void
sync_application_wait_for_queue (SyncApplication *self)
{
  if (self->on_free == 0)
    self->on_free = g_timeout_add (FREE_EVERY_MS, free_cb, self);
}

static gboolean
look_cb (gpointer user_data)
{
  SyncApplication *self = user_data;

  /* It may work already, with another address. */
  if (self->service != NULL || self->quitting)
    {
      self->on_take_over = 0;
      return G_SOURCE_REMOVE;
    }
  if (sync_store_get_holder (self->config->data_dir) != 0 && --self->take_over_looks > 0)
    return G_SOURCE_CONTINUE;
  self->on_take_over = 0;
  go_on_here (self);
  return G_SOURCE_REMOVE;
}

static void
take_over_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;
  int holder = sync_store_get_holder (self->config->data_dir);

  if (!self->locked || self->on_take_over != 0 || (holder != 0 && !sync_application_is_headless (holder)))
    {
      sync_application_show_locked (self);
      return;
    }
  /* It ends in an orderly way: what is under way is waited for, and written down. */
  if (holder != 0)
    kill (holder, SIGTERM);
  self->take_over_looks = LOOKS;
  self->on_take_over = g_timeout_add (LOOK_EVERY_MS, look_cb, self);
  sync_application_show_locked (self);
}

/* The action that does it. */
void
sync_application_add_take_over (SyncApplication *self)
{
  const GActionEntry entry = { .name = "take-over", .activate = take_over_action_cb };

  g_action_map_add_action_entries (G_ACTION_MAP (self), &entry, 1, self);
}

/* Why nothing works yet, and what a person can do about it. */
void
sync_application_show_locked (SyncApplication *self)
{
  if (self->on_take_over != 0)
    {
      show (self, _ ("Taking over…"), _ ("The other program is ending. What it has under way is waited for."));
      return;
    }
  if (!sync_application_is_in_headless_hands (self))
    {
      show (self, _ ("Not ready to work"), self->problem);
      return;
    }
  show (self, _ ("It works already, without a window"),
        _ ("Another POSAwesome Sync looks after the queue. It can be ended, and this one goes on in its place; nothing is lost."));
  if (self->window != NULL)
    sync_window_offer_remedy (self->window, _ ("_End it and go on here"), "app.take-over");
}

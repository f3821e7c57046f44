/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local programs find the gateway by two small files in the data directory, `gateway-token` (made once, kept) and
 * `gateway-port` (of the running program), both readable by their owner only; without them it is there and nobody can reach it. So whoever
 * removes or replaces one of them while the program runs finds it put back. The kernel tells of it (inotify on the files
 * themselves: on the directory every write of the database would wake us), and each change of the engine's state is a
 * moment to look as well, for a directory that was away. The engine's thread. */
#include "config.h"

#include "sync-gateway-private.h"

#include <glib-unix.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "sync-error.h"

/* Whoever clears the whole directory is to be done with it: what came back meanwhile would be in the way. */
#define PUT_BACK_AFTER_US G_USEC_PER_SEC
#define WATCHED (IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF)

typedef struct
{
  char *name; /* (owned) */
  char *text; /* (owned): what is to stand in it */
} File;

struct _SyncGatewayFiles
{
  SyncEngine *engine; /* (owned) */
  SyncClock *clock;   /* (owned) */
  guint alarm;        /* looks after what the kernel told, 0: it told nothing new */
  char *directory;    /* (owned) */
  GArray *files;      /* (owned) (element-type File) */
  int notifier;       /* -1: the kernel gave none */
  GSource *source;    /* (owned) (nullable) */
};

static void
file_clear (gpointer data)
{
  File *file = data;

  g_free (file->name);
  g_free (file->text);
}

/**
 * sync_gateway_write_file:
 * @directory: the data directory
 * @name: a file in it
 * @text: its new contents
 * @error: %SYNC_ERROR_STORAGE (transient), naming the file
 *
 * Writes a file as a whole, mode 0600; a reader sees the old one or the new one. Durable when it returns.
 *
 * Returns: whether it was written
 */
gboolean
sync_gateway_write_file (const char *directory, const char *name, const char *text, GError **error)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autoptr (GError) cause = NULL;

  if (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                0600, &cause))
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "cannot write %s: %s; make the data directory writable",
               path, cause->message);
  return FALSE;
}

/* Blanks at the end mean nothing to those who read it. */
static gboolean
is_whole (const char *path, const char *text)
{
  g_autofree char *found = NULL;
  g_autofree char *wanted = g_strchomp (g_strdup (text));

  return g_file_get_contents (path, &found, NULL, NULL) && g_str_equal (g_strchomp (found), wanted);
}

/* Puts it back where it is not as it should be, and watches the file that stands there now. */
static void
check (SyncGatewayFiles *self, File *file)
{
  g_autofree char *path = g_build_filename (self->directory, file->name, NULL);
  g_autoptr (GError) error = NULL;

  if (!is_whole (path, file->text))
    {
      if (!sync_gateway_write_file (self->directory, file->name, file->text, &error))
        {
          g_debug ("%s", error->message);
          return;
        }
      g_message ("%s was removed or changed while the program runs; it was put back", path);
    }
  /* One that is watched already is not watched twice; the watch of one that is gone ends by itself. */
  if (self->notifier >= 0 && inotify_add_watch (self->notifier, path, WATCHED) < 0)
    g_debug ("%s cannot be watched", path);
}

static void
check_all (SyncGatewayFiles *self)
{
  for (guint i = 0; i < self->files->len; i++)
    check (self, &g_array_index (self->files, File, i));
}

static void
state_changed_cb (SyncGatewayFiles *self)
{
  check_all (self);
}

static void
alarm_cb (gpointer user_data)
{
  SyncGatewayFiles *self = user_data;

  self->alarm = 0;
  check_all (self);
}

static gboolean
notified_cb (int fd, GIOCondition condition, gpointer user_data)
{
  SyncGatewayFiles *self = user_data;
  char buffer[4096] __attribute__ ((aligned (__alignof__ (struct inotify_event))));

  /* Which of them it is does not matter. */
  while (read (fd, buffer, sizeof buffer) > 0)
    ;
  if (self->alarm == 0)
    self->alarm
      = sync_clock_add_alarm (self->clock, sync_clock_boot_us (self->clock) + PUT_BACK_AFTER_US, alarm_cb, self);
  return G_SOURCE_CONTINUE;
}

/**
 * sync_gateway_files_new:
 * @engine: whose changes are moments to look
 * @clock: for the moment that is waited
 * @directory: the data directory
 *
 * Returns: (transfer full): watches nothing yet
 */
SyncGatewayFiles *
sync_gateway_files_new (SyncEngine *engine, SyncClock *clock, const char *directory)
{
  SyncGatewayFiles *self = g_new0 (SyncGatewayFiles, 1);

  self->engine = g_object_ref (engine);
  self->clock = g_object_ref (clock);
  self->directory = g_strdup (directory);
  self->files = g_array_new (FALSE, FALSE, sizeof (File));
  g_array_set_clear_func (self->files, file_clear);
  self->notifier = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  if (self->notifier >= 0)
    {
      self->source = g_unix_fd_source_new (self->notifier, G_IO_IN);
      g_source_set_callback (self->source, G_SOURCE_FUNC (notified_cb), self, NULL);
      g_source_attach (self->source, g_main_context_get_thread_default ());
    }
  g_signal_connect_swapped (engine, "state-changed", G_CALLBACK (state_changed_cb), self);
  return self;
}

/**
 * sync_gateway_files_keep:
 * @self: the watch
 * @name: a file in the directory, that is there
 * @text: what stands in it
 *
 * Keeps it there from now on.
 */
void
sync_gateway_files_keep (SyncGatewayFiles *self, const char *name, const char *text)
{
  File file = { g_strdup (name), g_strdup (text) };

  g_array_append_val (self->files, file);
  check (self, &g_array_index (self->files, File, self->files->len - 1));
}

/**
 * sync_gateway_files_free:
 * @self: the watch
 *
 * Ends it; the files stay as they are.
 */
void
sync_gateway_files_free (SyncGatewayFiles *self)
{
  g_signal_handlers_disconnect_by_data (self->engine, self);
  sync_clock_clear_alarm (self->clock, &self->alarm);
  g_object_unref (self->clock);
  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_source_unref (self->source);
    }
  if (self->notifier >= 0)
    close (self->notifier);
  g_array_unref (self->files);
  g_free (self->directory);
  g_object_unref (self->engine);
  g_free (self);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the built program (SYNC_TEST_PROGRAM) as a process, in a profile that is removed afterwards. */
#include "app-process.h"

#include <glib/gstdio.h>

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

AppProfile *
app_profile_new (void)
{
  AppProfile *self = g_new0 (AppProfile, 1);
  static const char *const directories[][2] = {
    { "HOME", "home" },           { "XDG_CONFIG_HOME", "config" }, { "XDG_DATA_HOME", "share" },
    { "XDG_STATE_HOME", "state" }, { "XDG_CACHE_HOME", "cache" },   { "XDG_RUNTIME_DIR", "run" },
    { "TMPDIR", "tmp" },
  };
  static const char *const unset[] = { "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "GSETTINGS_BACKEND",
                                       "ERPNEXT_BASE_URL", "ERPNEXT_API_TOKEN", "ERPNEXT_API_SECRET", "DEBUG",
                                       "POSAWESOME_SYNC_DATA_DIR", "G_MESSAGES_DEBUG" };

  self->home = g_dir_make_tmp ("sync-app-XXXXXX", NULL);
  g_assert_nonnull (self->home);
  self->data = g_build_filename (self->home, "data", NULL);
  self->launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  for (gsize i = 0; i < G_N_ELEMENTS (unset); i++)
    g_subprocess_launcher_unsetenv (self->launcher, unset[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (directories); i++)
    {
      g_autofree char *path = g_build_filename (self->home, directories[i][1], NULL);

      g_assert_no_errno (g_mkdir (path, 0700));
      app_profile_set (self, directories[i][0], path);
    }
  app_profile_set (self, "LC_ALL", "C.UTF-8");
  app_profile_set (self, "GATEWAY_PORT", "0");
  app_profile_set (self, "POSAWESOME_SYNC_DATA_DIR", self->data);
  return self;
}

void
app_profile_free (AppProfile *self)
{
  remove_tree (self->home);
  g_object_unref (self->launcher);
  g_free (self->home);
  g_free (self->data);
  g_free (self);
}

/* NULL takes the variable away. */
void
app_profile_set (AppProfile *self, const char *name, const char *value)
{
  if (value != NULL)
    g_subprocess_launcher_setenv (self->launcher, name, value, TRUE);
  else
    g_subprocess_launcher_unsetenv (self->launcher, name);
}

static GSubprocess *
spawn (AppProfile *self, va_list arguments)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  GSubprocess *process;
  char *argument;

  g_ptr_array_add (argv, (gpointer) g_getenv ("SYNC_TEST_PROGRAM"));
  while ((argument = va_arg (arguments, char *)) != NULL)
    g_ptr_array_add (argv, argument);
  g_ptr_array_add (argv, NULL);
  process = g_subprocess_launcher_spawnv (self->launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  return process;
}

GSubprocess *
app_profile_spawn (AppProfile *self, ...)
{
  GSubprocess *process;
  va_list arguments;

  va_start (arguments, self);
  process = spawn (self, arguments);
  va_end (arguments);
  return process;
}

AppEnd *
app_profile_run (AppProfile *self, ...)
{
  g_autoptr (GSubprocess) process = NULL;
  va_list arguments;

  va_start (arguments, self);
  process = spawn (self, arguments);
  va_end (arguments);
  return app_process_end (process, 0);
}

/* The next line of its standard output, byte by byte so that nothing more is taken; NULL at its end. */
char *
app_process_read_line (GSubprocess *process)
{
  GInputStream *stream = g_subprocess_get_stdout_pipe (process);
  g_autoptr (GString) line = g_string_new (NULL);
  char byte;

  while (g_input_stream_read (stream, &byte, 1, NULL, NULL) == 1)
    {
      if (byte == '\n')
        return g_string_free (g_steal_pointer (&line), FALSE);
      g_string_append_c (line, byte);
    }
  return NULL;
}

AppEnd *
app_process_end (GSubprocess *process, int signal)
{
  AppEnd *end = g_new0 (AppEnd, 1);
  g_autoptr (GError) error = NULL;

  if (signal != 0)
    g_subprocess_send_signal (process, signal);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &end->out, &end->err, &error);
  g_assert_no_error (error);
  end->status = g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process) : -1;
  return end;
}

void
app_end_free (AppEnd *self)
{
  g_free (self->out);
  g_free (self->err);
  g_free (self);
}

guint
app_count_lines (const char *text)
{
  guint n = 0;

  for (; *text != '\0'; text++)
    n += *text == '\n';
  return n;
}

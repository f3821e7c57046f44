/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conflict hook that is an executable file named after the DocType. It reads the question on standard input and writes
 * its answer to standard output, in a process group of its own, without the program's environment. Its input is a file in
 * memory: one who does not read it keeps nobody waiting. Nothing here blocks. One thread. */
#define _GNU_SOURCE
#include "config.h"

#include "sync-hook-program.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sync-error.h"
#include "sync-message.h"

/* Of its complaints so much is reported. */
#define MAX_COMPLAINT_BYTES 4096

/* What one read takes at most, so that a hook that never stops writing does not keep the thread. */
#define READ_BYTES 16384

/* One end of a pipe that the hook writes into. */
typedef struct
{
  int fd;           /* (owned) as long as there is @source */
  GSource *source;  /* (owned) (nullable): NULL: closed */
  GString *text;    /* (owned) */
  gsize limit;      /* what comes after so many bytes is read and forgotten */
} Pipe;

/* A hook that runs, or was killed and has to be buried. Its source for the process's end owns it. */
typedef struct
{
  SyncHookCall *call;  /* (owned) (nullable): NULL once it was answered or has ended */
  gulong cancelled_id; /* 0: not connected */
  GPid pid;            /* of the process and of its group; 0 once it is buried */
  int pidfd;           /* (owned) */
  Pipe out;
  Pipe errors;
} Run;

/**
 * sync_hook_program_dup_directory:
 *
 * Returns: (transfer full): where the executable hooks are: `posawesome-sync/hooks` in the user's configuration
 */
char *
sync_hook_program_dup_directory (void)
{
  return g_build_filename (g_get_user_config_dir (), "posawesome-sync", "hooks", NULL);
}

/* Whether a DocType can be the name of a file in the directory, and of a visible one. */
static gboolean
is_file_name (const char *resource_type)
{
  for (const char *c = resource_type; *c != '\0'; c++)
    if (*c == '/' || g_ascii_iscntrl (*c))
      return FALSE;
  return *resource_type != '\0' && *resource_type != '.' && strlen (resource_type) <= NAME_MAX;
}

/* Why a file or directory is not to be trusted; NULL if it is. */
static const char *
why_unsafe (const struct stat *info)
{
  if (info->st_uid != geteuid ())
    return "belongs to another user";
  if ((info->st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return "can be changed by others (chmod go-w)";
  return NULL;
}

static const char *
why_no_program (const struct stat *info)
{
  if (S_ISLNK (info->st_mode))
    return "is a symbolic link; the file itself has to be there";
  if (!S_ISREG (info->st_mode))
    return "is no regular file";
  if (why_unsafe (info) != NULL)
    return why_unsafe (info);
  if ((info->st_mode & S_IXUSR) == 0)
    return "is not executable (chmod u+x)";
  return NULL;
}

static void
refuse (const char *path, const char *why, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, "“%s” %s", path, why);
}

/* Looks at what stands at @path, without following a link if it is to be the @program; FALSE and the error if that
 * cannot be. */
static gboolean
look (const char *path, gboolean program, struct stat *info, GError **error)
{
  if ((program ? lstat (path, info) : stat (path, info)) == 0)
    return TRUE;
  if (errno == ENOENT || errno == ENOTDIR)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND, "there is no “%s”", path);
  else
    refuse (path, g_strerror (errno), error);
  return FALSE;
}

/**
 * sync_hook_program_find:
 * @directory: where the hooks are
 * @resource_type: a DocType, which is the file's name
 * @error: %SYNC_ERROR_NOT_FOUND (there is no such hook), %SYNC_ERROR_REFUSED (there is one, and it is not to be run: a
 *   link, not the user's own, others can write to it or to the directory, not executable); both permanent
 *
 * Returns: (transfer full) (nullable): the path of the hook for the type
 */
char *
sync_hook_program_find (const char *directory, const char *resource_type, GError **error)
{
  g_autofree char *path = NULL;
  struct stat folder, info;

  if (!is_file_name (resource_type))
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND, "this type cannot be the name of a hook");
      return NULL;
    }
  path = g_build_filename (directory, resource_type, NULL);
  if (!look (directory, FALSE, &folder, error) || !look (path, TRUE, &info, error))
    return NULL;
  /* Only where nobody else can put another file there is what was looked at what is run. */
  if (why_unsafe (&folder) != NULL)
    refuse (directory, why_unsafe (&folder), error);
  else if (why_no_program (&info) != NULL)
    refuse (path, why_no_program (&info), error);
  else
    return g_steal_pointer (&path);
  return NULL;
}

static void
pipe_open (Pipe *self, int fd, gsize limit, GUnixFDSourceFunc func, Run *run)
{
  self->fd = fd;
  self->text = g_string_new (NULL);
  self->limit = limit;
  g_unix_set_fd_nonblocking (fd, TRUE, NULL);
  self->source = g_unix_fd_source_new (fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
  g_source_set_callback (self->source, G_SOURCE_FUNC (func), run, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

static void
pipe_close (Pipe *self)
{
  if (self->source == NULL)
    return;
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  close (self->fd);
}

/* Reads once. Returns the bytes read; 0: it ended; -1: there is nothing now. */
static gssize
pipe_read (Pipe *self)
{
  char buffer[READ_BYTES];
  gssize n = read (self->fd, buffer, sizeof buffer);

  if (n > 0)
    g_string_append_len (self->text, buffer, MIN ((gsize) n, self->limit - self->text->len));
  return n;
}

/* Takes what is still in the pipe, up to the limit: another process may go on writing. */
static void
pipe_drain (Pipe *self)
{
  while (self->source != NULL && self->text->len < self->limit && pipe_read (self) > 0)
    ;
}

static void
run_kill (Run *self)
{
  /* Not buried yet, so the number is still its own. */
  if (self->pid != 0)
    kill (-self->pid, SIGKILL);
}

/* Nobody waits for it any more. */
static void
run_let_go (Run *self)
{
  if (self->call == NULL)
    return;
  g_clear_signal_handler (&self->cancelled_id, sync_hook_call_get_cancellable (self->call));
  pipe_close (&self->out);
  pipe_close (&self->errors);
  g_clear_object (&self->call);
}

static void
run_free (gpointer data)
{
  Run *self = data;

  run_kill (self);
  run_let_go (self);
  g_string_free (self->out.text, TRUE);
  g_string_free (self->errors.text, TRUE);
  close (self->pidfd);
  g_free (self);
}

/* The call ended without it. */
static void
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  Run *self = user_data;

  run_kill (self);
  run_let_go (self);
}

static gboolean
out_ready_cb (int fd, GIOCondition condition, gpointer user_data)
{
  Run *self = user_data;
  gssize n = pipe_read (&self->out);

  if (self->out.text->len == self->out.limit)
    {
      g_autoptr (GError) error
        = g_error_new (SYNC_ERROR, SYNC_ERROR_INVALID, "its answer is larger than %d bytes", SYNC_HOOK_MAX_ANSWER_BYTES);

      sync_hook_call_fail (self->call, error);
    }
  else if (n == 0)
    pipe_close (&self->out);
  return G_SOURCE_CONTINUE;
}

static gboolean
errors_ready_cb (int fd, GIOCondition condition, gpointer user_data)
{
  Run *self = user_data;

  if (pipe_read (&self->errors) == 0)
    pipe_close (&self->errors);
  return G_SOURCE_CONTINUE;
}

/* Why a hook that ended so does not decide; NULL if it may. */
static GError *
new_end_error (int status)
{
  if (WIFSIGNALED (status))
    return g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "it was ended by signal %d (%s)", WTERMSIG (status),
                        g_strsignal (WTERMSIG (status)));
  if (WEXITSTATUS (status) != 0)
    return g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "it exited with status %d", WEXITSTATUS (status));
  return NULL;
}

/* The process has ended; its number is kept until it is buried here. */
static gboolean
ended_cb (int fd, GIOCondition condition, gpointer user_data)
{
  Run *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;
  int status = 0;

  /* Whatever it left behind. */
  run_kill (self);
  waitpid (self->pid, &status, 0);
  self->pid = 0;
  if (self->call == NULL)
    return G_SOURCE_REMOVE;
  pipe_drain (&self->out);
  pipe_drain (&self->errors);
  words = sync_message_dup_line (self->errors.text->str, self->errors.text->len);
  sync_hook_call_set_complaint (self->call, words);
  error = new_end_error (status);
  if (error == NULL && self->out.text->len == self->out.limit)
    error = g_error_new (SYNC_ERROR, SYNC_ERROR_INVALID, "its answer is larger than %d bytes", SYNC_HOOK_MAX_ANSWER_BYTES);
  if (error != NULL)
    sync_hook_call_fail (self->call, error);
  else
    sync_hook_call_answer_text (self->call, self->out.text->str, self->out.text->len);
  return G_SOURCE_REMOVE;
}

/* In the child, between fork and exec. */
static void
child_setup (gpointer user_data)
{
  setpgid (0, 0);
}

/* What a hook may know of our environment; the secrets are not among it. */
static char **
dup_environment (void)
{
  const char *path = g_getenv ("PATH");
  const char *language = g_getenv ("LANG");
  char **environment = NULL;

  environment = g_environ_setenv (environment, "HOME", g_get_home_dir (), TRUE);
  environment = g_environ_setenv (environment, "PATH", path != NULL ? path : "/usr/local/bin:/usr/bin:/bin", TRUE);
  if (language != NULL)
    environment = g_environ_setenv (environment, "LANG", language, TRUE);
  return environment;
}

/* A file in memory with the question, at its beginning; -1 if there can be none. */
static int
open_question (SyncHookCall *call)
{
  g_autoptr (GBytes) text = sync_hook_call_dup_text (call);
  int fd = memfd_create ("posawesome-sync hook", MFD_CLOEXEC);
  gsize length, done = 0;
  const char *data = g_bytes_get_data (text, &length);

  while (fd >= 0 && done < length)
    {
      gssize n = write (fd, data + done, length - done);

      if (n < 0)
        {
          close (fd);
          return -1;
        }
      done += n;
    }
  if (fd >= 0)
    lseek (fd, 0, SEEK_SET);
  return fd;
}

static gboolean
spawn (const char *path, int in, GPid *pid, int *out, int *errors, GError **error)
{
  const char *const argv[] = { path, NULL };
  g_auto (GStrv) environment = dup_environment ();
  g_autofree char *directory = g_path_get_dirname (path);

  return g_spawn_async_with_pipes_and_fds (directory, argv, (const char *const *) environment,
                                           G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CLOEXEC_PIPES, child_setup, NULL, in, -1, -1,
                                           NULL, NULL, 0, pid, NULL, out, errors, error);
}

/* Watches over the process @pid, which answers @call; FALSE if the kernel does not let it. */
static gboolean
watch (SyncHookCall *call, GPid pid, int out, int errors)
{
  g_autoptr (GSource) source = NULL;
  int pidfd = pidfd_open (pid, 0);
  Run *self;

  if (pidfd < 0)
    return FALSE;
  self = g_new0 (Run, 1);
  self->call = g_object_ref (call);
  self->pid = pid;
  self->pidfd = pidfd;
  pipe_open (&self->out, out, SYNC_HOOK_MAX_ANSWER_BYTES + 1, out_ready_cb, self);
  pipe_open (&self->errors, errors, MAX_COMPLAINT_BYTES, errors_ready_cb, self);
  self->cancelled_id
    = g_signal_connect (sync_hook_call_get_cancellable (call), "cancelled", G_CALLBACK (cancelled_cb), self);
  source = g_unix_fd_source_new (pidfd, G_IO_IN);
  g_source_set_callback (source, G_SOURCE_FUNC (ended_cb), self, run_free);
  g_source_set_static_name (source, "[posawesome-sync] hook");
  g_source_attach (source, g_main_context_get_thread_default ());
  return TRUE;
}

static gboolean
start (SyncHookCall *call, const char *path, GError **error)
{
  int in = open_question (call);
  int out, errors;
  gboolean spawned;
  GPid pid;

  if (in < 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "there is no memory for its question: %s", g_strerror (errno));
      return FALSE;
    }
  /* The error names the file. */
  spawned = spawn (path, in, &pid, &out, &errors, error);
  close (in);
  if (!spawned || watch (call, pid, out, errors))
    return spawned;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "it cannot be watched: %s", g_strerror (errno));
  kill (-pid, SIGKILL);
  waitpid (pid, NULL, 0);
  close (out);
  close (errors);
  return FALSE;
}

/**
 * sync_hook_program_run:
 * @call: a call; answered later, or made to fail
 * @path: from sync_hook_program_find()
 *
 * Runs a hook: the question on its standard input, the answer from its standard output, at most 1 MB of it. It is killed
 * with its process group when the call ends without it; when it ends itself, what it leaves of its group is.
 */
void
sync_hook_program_run (SyncHookCall *call, const char *path)
{
  g_autoptr (GError) error = NULL;

  if (g_cancellable_is_cancelled (sync_hook_call_get_cancellable (call)))
    return;
  if (!start (call, path, &error))
    sync_hook_call_fail (call, error);
}

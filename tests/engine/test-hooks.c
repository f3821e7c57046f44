/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conflict hooks, functions and executable files, the well-behaved and the others. Time moves only when a test moves it;
 * a hook that is to be seen at work holds the pipe `life`, which ends when the last process of it has. Each test runs in a
 * main context of its own, and in a thread of its own with SYNC_TEST_THREAD=1. */
#include "config.h"

#include "sync-hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sync-clock-virtual.h"
#include "sync-error.h"
#include "sync-test-directory.h"

/* In real time; only a hook that is never killed reaches it. */
#define PATIENCE_MS 20000

#define LIMIT_US (SYNC_HOOK_LIMIT_MS * G_GINT64_CONSTANT (1000))

typedef struct
{
  char *directory;           /* (owned): of the hooks, and their working directory */
  SyncClockVirtual *clock;   /* (owned) */
  SyncHooks *hooks;          /* (owned) */
  GCancellable *cancellable; /* (owned) */
  SyncConflict *conflict;    /* (owned) */
  int life;                  /* (owned): the reading end, -1: not made */
  gboolean ended;            /* the answer came */
  SyncHookAnswer *answer;    /* (owned) (nullable) */
  GError *error;             /* (owned) (nullable) */
} Fixture;

typedef void (*HookTest) (Fixture *self);

static char *
path_of (Fixture *self, const char *name)
{
  return g_build_filename (self->directory, name, NULL);
}

static void
write_hook (Fixture *self, const char *script)
{
  g_autofree char *path = path_of (self, "Sales Invoice");
  g_autofree char *text = g_strconcat ("#!/bin/sh\n", script, "\n", NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_no_errno (g_chmod (path, 0700));
}

static void
make_fifo (Fixture *self, const char *name)
{
  g_autofree char *path = path_of (self, name);

  g_assert_no_errno (mkfifo (path, 0600));
}

/* From now on a hook can be seen at work. */
static void
make_life (Fixture *self)
{
  g_autofree char *path = path_of (self, "life");

  make_fifo (self, "life");
  self->life = g_open (path, O_RDONLY | O_NONBLOCK, 0);
  g_assert_cmpint (self->life, >=, 0);
}

/* Waits until the hook says so, or, with @word NULL, until no process of it is left. */
static void
wait_for_life (Fixture *self, const char *word)
{
  struct pollfd ready = { self->life, POLLIN, 0 };
  char buffer[64];
  gssize n;

  g_assert_cmpint (poll (&ready, 1, PATIENCE_MS), ==, 1);
  n = read (self->life, buffer, sizeof buffer - 1);
  g_assert_cmpint (n, >=, 0);
  buffer[n] = '\0';
  g_assert_cmpstr (buffer, ==, word != NULL ? word : "");
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *self = user_data;

  g_assert_false (self->ended);
  self->ended = TRUE;
  self->answer = sync_hooks_ask_finish (SYNC_HOOKS (source), result, &self->error);
  g_assert_true (self->answer == NULL || self->error == NULL);
}

static void
ask (Fixture *self)
{
  static const SyncHookFacts facts = { 1, 2, 0, "no stock" };

  self->ended = FALSE;
  g_clear_pointer (&self->answer, sync_hook_answer_free);
  g_clear_error (&self->error);
  sync_hooks_ask_async (self->hooks, self->conflict, &facts, self->cancellable, asked_cb, self);
  g_assert_false (self->ended);
}

static void
wait_for_answer (Fixture *self)
{
  while (!self->ended)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

/* Asks, and time stands still until the answer is there. */
static void
ask_and_wait (Fixture *self)
{
  ask (self);
  wait_for_answer (self);
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (self->clock), ==, 0);
}

static void
assert_decides (Fixture *self, SyncHookResolution resolution, const char *by)
{
  g_assert_no_error (self->error);
  g_assert_nonnull (self->answer);
  g_assert_cmpint (self->answer->resolution, ==, resolution);
  g_assert_cmpstr (self->answer->by, ==, by);
}

static void
assert_falls_through (Fixture *self, const char *words)
{
  g_assert_null (self->answer);
  g_assert_nonnull (self->error);
  if (strstr (self->error->message, words) == NULL)
    g_test_message ("“%s” is not in: %s", words, self->error->message);
  g_assert_nonnull (strstr (self->error->message, words));
  g_assert_null (strchr (self->error->message, '\n'));
}

static void
assert_no_hook (Fixture *self)
{
  g_assert_no_error (self->error);
  g_assert_null (self->answer);
}

static void
test_answers (Fixture *self)
{
  static const char *const words[] = { "local_wins", "server_wins", "merged", "manual", "ask", "skip" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      gboolean document = i == SYNC_HOOK_MERGED || i == SYNC_HOOK_MANUAL;
      g_autofree char *script = g_strdup_printf ("cat > /dev/null; echo '{\"resolution\":\"%s\",\"document\":%s,"
                                                 "\"reason\":\"so\\u0007 it\\nis\"}'",
                                                 words[i], document ? "{\"rate\":0.10,\"name\":\"INV-1\"}" : "null");

      /* The shell's echo reads backslashes. */
      g_autoptr (GString) quoted = g_string_new (script);

      g_string_replace (quoted, "\\", "\\\\", 0);
      write_hook (self, quoted->str);
      ask_and_wait (self);
      assert_decides (self, i, "hook Sales Invoice");
      g_assert_cmpstr (self->answer->reason, ==, "so it; is");
      g_assert_null (self->answer->passed);
      g_assert_cmpint (self->answer->document != NULL, ==, document);
      /* As it was written: a number keeps its digits. */
      if (document)
        g_assert_cmpmem (g_bytes_get_data (self->answer->document, NULL), g_bytes_get_size (self->answer->document),
                         "{\"rate\":0.10,\"name\":\"INV-1\"}", 28);
    }
}

static void
test_question (Fixture *self)
{
  g_autofree char *seen = path_of (self, "seen");
  g_autofree char *text = NULL;

  g_free (self->conflict->base_data);
  self->conflict->base_data = g_strdup ("a=1&b=ü\"");
  write_hook (self, "cat > seen; echo '{\"resolution\":\"ask\"}'");
  ask_and_wait (self);
  assert_decides (self, SYNC_HOOK_ASK, "hook Sales Invoice");
  g_assert_true (g_file_get_contents (seen, &text, NULL, NULL));
  g_assert_cmpstr (text, ==,
                   "{\"id\":7,\"resource_type\":\"Sales Invoice\",\"resource_id\":\"INV-1\",\"type\":\"edit_edit\","
                   "\"base\":\"a=1&b=ü\\\"\",\"local\":{\"rate\":0.10},\"server\":null,\"base_ms\":1,\"local_ms\":2,"
                   "\"server_ms\":null,\"message\":\"no stock\"}");
}

/* A hook may have no opinion; that is no failure. */
static void
test_pass (Fixture *self)
{
  write_hook (self, "echo '{\"resolution\":\"pass\"}'");
  ask_and_wait (self);
  g_assert_no_error (self->error);
  g_assert_null (self->answer);
}

/* Nothing of ours gets there but three variables: no secret, no descriptor. */
static void
test_surroundings (Fixture *self)
{
  g_autofree char *seen = path_of (self, "seen");
  g_autofree char *open_there = path_of (self, "open");
  g_autofree char *text = NULL;
  g_autofree char *descriptors = NULL;
  g_autofree char *secret = path_of (self, "secret");
  int fd = g_open (secret, O_CREAT | O_RDWR, 0600);

  write_hook (self, "tr '\\0' '\\n' < /proc/$$/environ | cut -d= -f1 | sort | tr '\\n' ' ' > seen\n"
                    "ls -l /proc/$$/fd > open\n"
                    "test \"$(cut -d')' -f2 /proc/$$/stat | cut -d' ' -f4)\" = $$ && echo '{\"resolution\":\"skip\"}'");
  ask_and_wait (self);
  close (fd);
  assert_decides (self, SYNC_HOOK_SKIP, "hook Sales Invoice");
  g_assert_true (g_file_get_contents (seen, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "HOME LANG PATH ");
  g_assert_true (g_file_get_contents (open_there, &descriptors, NULL, NULL));
  g_assert_nonnull (strstr (descriptors, "/Sales Invoice\n"));
  g_assert_null (strstr (descriptors, "/secret\n"));
}

static void
test_nonsense (Fixture *self)
{
  static const struct
  {
    const char *script;
    const char *words;
  } rows[] = {
    { "echo nonsense", "its answer: malformed JSON at line 1" },
    { "exit 0", "its answer: malformed JSON" },
    { "printf '\\377'", "its answer: malformed JSON" },
    { "echo '[]'", "no JSON object with “resolution”" },
    { "echo '{}'", "no JSON object with “resolution”" },
    { "echo '{\"resolution\":null}'", "no JSON object with “resolution”" },
    { "echo '{\"resolution\":\"mine\"}'", "“mine” is no resolution; there are local_wins, " },
    { "echo '{\"resolution\":1}'", "“1” is no resolution" },
    { "echo '{\"resolution\":\"skip\"} {}'", "something follows the value" },
    { "echo '{\"resolution\":\"merged\"}'", "“merged” needs a document" },
    { "echo '{\"resolution\":\"manual\",\"document\":null}'", "“manual” needs a document" },
    { "echo '{\"resolution\":\"merged\",\"document\":[]}'", "its document is no JSON object" },
    { "echo '{\"resolution\":\"merged\",\"document\":\"{}\"}'", "its document is no JSON object" },
    { "echo '{\"resolution\":\"local_wins\",\"document\":{}}'", "“local_wins” takes no document" },
    { "echo '{\"resolution\":\"merged\",\"document\":{\"name\":\"INV-2\"}}'", "its document has another name" },
    { "echo '{\"resolution\":\"merged\",\"document\":{\"doctype\":\"Note\"}}'", "its document is of another type" },
    { "echo '{\"resolution\":\"skip\"}'; echo a >&2; echo b >&2; exit 3", "it exited with status 3: a; b" },
    { "echo '{\"resolution\":\"skip\"}'; exit 3", "hook Sales Invoice: it exited with status 3" },
    { "echo '{\"resolution\":\"skip\"}'; kill -SEGV $$", "it was ended by signal 11 (" },
    { "echo 'no rate for 7' >&2; echo '{}'", "its answer is no JSON object with “resolution”: no rate for 7" },
    { "printf 'one\\ttwo\\033[1m\\377' >&2; exit 1", "it exited with status 1: onetwo[1m\xef\xbf\xbd" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      write_hook (self, rows[i].script);
      ask_and_wait (self);
      assert_falls_through (self, rows[i].words);
    }
}

static void
test_much_output (Fixture *self)
{
  gsize length;

  make_life (self);
  /* Just what is allowed, blanks and all. */
  write_hook (self, "printf '{\"resolution\":\"merged\",\"document\":{\"a\":\"'; head -c 1048530 /dev/zero | tr '\\0' x; "
                    "printf '\"}}'");
  ask_and_wait (self);
  assert_decides (self, SYNC_HOOK_MERGED, "hook Sales Invoice");
  length = g_bytes_get_size (self->answer->document);
  g_assert_cmpuint (length, ==, 1048530 + strlen ("{\"a\":\"\"}"));
  write_hook (self, "printf '{\"resolution\":\"skip\"}'; head -c 1048576 /dev/zero | tr '\\0' ' '");
  ask_and_wait (self);
  assert_falls_through (self, "its answer is larger than 1048576 bytes");
  /* Without an end: it is stopped long before its time is up. */
  write_hook (self, "exec 3>life; yes");
  ask_and_wait (self);
  assert_falls_through (self, "its answer is larger than 1048576 bytes");
  wait_for_life (self, NULL);
}

/* It has ended before anything of its answer is read: nothing of that is lost. */
static void
test_ends_first (Fixture *self)
{
  make_life (self);
  write_hook (self, "exec 3>life; printf '{\"resolution\":\"merged\",\"document\":{\"a\":\"'; "
                    "head -c 60000 /dev/zero | tr '\\0' x; printf '\"}}'");
  ask (self);
  wait_for_life (self, NULL);
  wait_for_answer (self);
  assert_decides (self, SYNC_HOOK_MERGED, "hook Sales Invoice");
  g_assert_cmpuint (g_bytes_get_size (self->answer->document), ==, 60000 + strlen ("{\"a\":\"\"}"));
}

static void
test_many_complaints (Fixture *self)
{
  write_hook (self, "head -c 3000000 /dev/zero | tr '\\0' e >&2; exit 1");
  ask_and_wait (self);
  assert_falls_through (self, "it exited with status 1: eeee");
  g_assert_cmpuint (strlen (strstr (self->error->message, ": ee")), ==, 4096 + 2);
  write_hook (self, "head -c 3000000 /dev/zero >&2; echo '{\"resolution\":\"skip\"}'");
  ask_and_wait (self);
  assert_decides (self, SYNC_HOOK_SKIP, "hook Sales Invoice");
}

/* The limit is a time of the clock that the caller gave. */
static void
test_hangs (Fixture *self)
{
  make_life (self);
  write_hook (self, "exec 3>life; printf up >&3; sleep 600 & sleep 600");
  ask (self);
  wait_for_life (self, "up");
  sync_clock_virtual_advance_us (self->clock, LIMIT_US - 1);
  while (g_main_context_iteration (g_main_context_get_thread_default (), FALSE))
    ;
  g_assert_false (self->ended);
  sync_clock_virtual_advance_us (self->clock, 1);
  wait_for_answer (self);
  assert_falls_through (self, "hook Sales Invoice: it gave no answer within 5 s");
  g_assert_error (self->error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  wait_for_life (self, NULL);
}

/* One megabyte that nobody reads keeps nobody waiting, and harms nobody. */
static void
test_does_not_read (Fixture *self)
{
  g_autofree char *filling = g_strnfill (1024 * 1024, 'x');

  g_free (self->conflict->local_data);
  self->conflict->local_data = g_strdup_printf ("{\"a\":\"%s\"}", filling);
  write_hook (self, "exec 0<&-; echo '{\"resolution\":\"server_wins\"}'");
  ask_and_wait (self);
  assert_decides (self, SYNC_HOOK_SERVER_WINS, "hook Sales Invoice");
  write_hook (self, "test \"$(wc -c)\" -gt 1048576 && echo '{\"resolution\":\"local_wins\"}'");
  ask_and_wait (self);
  assert_decides (self, SYNC_HOOK_LOCAL_WINS, "hook Sales Invoice");
}

/* A process that it left behind, and that holds its output, neither delays the answer nor survives it. */
static void
test_leaves_a_child (Fixture *self)
{
  make_life (self);
  write_hook (self, "exec 3>life; sleep 600 & echo '{\"resolution\":\"local_wins\"}'");
  ask_and_wait (self);
  assert_decides (self, SYNC_HOOK_LOCAL_WINS, "hook Sales Invoice");
  wait_for_life (self, NULL);
}

/* One that left the group is let live; the answer is there all the same. */
static void
test_leaves_a_daemon (Fixture *self)
{
  g_autofree char *gate = path_of (self, "gate");
  int fd;

  make_life (self);
  make_fifo (self, "gate");
  write_hook (self, "exec 3>life; setsid sh -c 'touch away; : < gate' &\n"
                    "until test -e away; do :; done; echo '{\"resolution\":\"local_wins\"}'");
  ask_and_wait (self);
  assert_decides (self, SYNC_HOOK_LOCAL_WINS, "hook Sales Invoice");
  fd = g_open (gate, O_WRONLY, 0);
  g_assert_cmpint (fd, >=, 0);
  close (fd);
  wait_for_life (self, NULL);
}

static void
test_not_to_be_run (Fixture *self)
{
  static const struct
  {
    guint mode;
    const char *words;
  } rows[] = {
    { 0600, "hook Sales Invoice: “" },
    { 0600, "” is not executable (chmod u+x)" },
    { 0702, "” can be changed by others (chmod go-w)" },
    { 0720, "” can be changed by others (chmod go-w)" },
  };
  g_autofree char *path = path_of (self, "Sales Invoice");

  write_hook (self, "touch ran; echo '{\"resolution\":\"skip\"}'");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_assert_no_errno (g_chmod (path, rows[i].mode));
      ask_and_wait (self);
      assert_falls_through (self, rows[i].words);
      g_assert_error (self->error, SYNC_ERROR, SYNC_ERROR_REFUSED);
    }
  g_assert_no_errno (g_chmod (path, 0755));
  g_assert_no_errno (g_chmod (self->directory, 0777));
  ask_and_wait (self);
  assert_falls_through (self, "” can be changed by others");
  g_assert_no_errno (g_chmod (self->directory, 0700));
  if (geteuid () == 0)
    {
      g_assert_no_errno (chown (path, 65534, 65534));
      ask_and_wait (self);
      assert_falls_through (self, "” belongs to another user");
      g_assert_no_errno (chown (path, 0, 0));
    }
  g_free (path);
  path = path_of (self, "ran");
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_no_file_of_its_own (Fixture *self)
{
  g_autofree char *path = path_of (self, "Sales Invoice");
  g_autofree char *target = path_of (self, "target");

  write_hook (self, "echo '{\"resolution\":\"skip\"}'");
  g_assert_no_errno (g_rename (path, target));
  ask_and_wait (self);
  assert_no_hook (self);
  g_assert_no_errno (symlink (target, path));
  ask_and_wait (self);
  assert_falls_through (self, "” is a symbolic link");
  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (symlink ("/bin/true", path));
  ask_and_wait (self);
  assert_falls_through (self, "” is a symbolic link");
  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (g_mkdir (path, 0700));
  ask_and_wait (self);
  assert_falls_through (self, "” is no regular file");
  g_assert_no_errno (g_rmdir (path));
  /* Neither machine code nor a script with an interpreter that is there. */
  g_assert_true (g_file_set_contents (path, "#!/nowhere\n", -1, NULL));
  g_assert_no_errno (g_chmod (path, 0700));
  ask_and_wait (self);
  assert_falls_through (self, "Failed to execute child process");
}

/* What the server calls its types never leads out of the directory. */
static void
test_names (Fixture *self)
{
  g_autofree char *up = path_of (self, "sub");
  g_autofree char *long_name = g_strnfill (256, 'a');
  const char *const names[] = { "../Sales Invoice", "/bin/true", "sub/../Sales Invoice", ".", "..", "",
                                ".hidden", "a\nb", "Note", long_name };
  g_autofree char *hidden = path_of (self, ".hidden");
  g_autofree char *path = path_of (self, "Sales Invoice");

  write_hook (self, "echo '{\"resolution\":\"skip\"}'");
  g_assert_no_errno (g_mkdir (up, 0700));
  g_assert_no_errno (link (path, hidden));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_free (self->conflict->resource_type);
      self->conflict->resource_type = g_strdup (names[i]);
      ask_and_wait (self);
      assert_no_hook (self);
    }
  g_clear_pointer (&self->conflict->resource_type, g_free);
  ask_and_wait (self);
  assert_no_hook (self);
  g_assert_no_errno (g_rmdir (up));
}

static void
test_no_directory (Fixture *self)
{
  g_autofree char *nowhere = path_of (self, "nowhere");

  g_set_object (&self->hooks, NULL);
  self->hooks = sync_hooks_new (SYNC_CLOCK (self->clock), nowhere);
  ask_and_wait (self);
  assert_no_hook (self);
  g_set_object (&self->hooks, NULL);
  self->hooks = sync_hooks_new (SYNC_CLOCK (self->clock), NULL);
  ask_and_wait (self);
  assert_no_hook (self);
}

static void
test_cancelled (Fixture *self)
{
  make_life (self);
  write_hook (self, "exec 3>life; printf up >&3; sleep 600 & sleep 600");
  ask (self);
  wait_for_life (self, "up");
  g_cancellable_cancel (self->cancellable);
  /* It is dead at once, whether or not the main context goes on. */
  wait_for_life (self, NULL);
  wait_for_answer (self);
  g_assert_error (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  /* Cancelled before: it is not even started. */
  ask (self);
  wait_for_answer (self);
  g_assert_error (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  wait_for_life (self, NULL);
}

/* The engine goes while a hook runs: it cancels, drops what it has, and does not wait. */
static void
test_shut_down (Fixture *self)
{
  SyncHooks *hooks = self->hooks;
  gpointer weak = hooks;

  g_object_add_weak_pointer (G_OBJECT (hooks), &weak);
  make_life (self);
  write_hook (self, "exec 3>life; printf up >&3; sleep 600");
  ask (self);
  wait_for_life (self, "up");
  g_cancellable_cancel (self->cancellable);
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (self->clock), ==, 0);
  g_clear_object (&self->hooks);
  wait_for_life (self, NULL);
  wait_for_answer (self);
  g_assert_error (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (weak);
}

static void
answer_now (SyncHookCall *call, gpointer user_data)
{
  const SyncHookQuestion *question = sync_hook_call_get_question (call);

  g_assert_cmpint (question->id, ==, 7);
  g_assert_cmpstr (question->local, ==, "{\"rate\":0.10}");
  g_assert_cmpint (question->local_ms, ==, 2);
  sync_hook_call_answer (call, SYNC_HOOK_LOCAL_WINS, NULL, user_data);
  /* Only the first counts. */
  sync_hook_call_answer (call, SYNC_HOOK_SERVER_WINS, NULL, NULL);
  sync_hook_call_answer_text (call, "nonsense", 8);
}

static void
answer_later (SyncHookCall *call, gpointer user_data)
{
  SyncHookCall **kept = user_data;

  *kept = g_object_ref (call);
}

static void
answer_never (SyncHookCall *call, gpointer user_data)
{
}

static void
never_asked (SyncHookCall *call, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
fail (SyncHookCall *call, gpointer user_data)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, user_data);

  sync_hook_call_fail (call, error);
}

static void
merge_without_document (SyncHookCall *call, gpointer user_data)
{
  sync_hook_call_answer (call, SYNC_HOOK_MERGED, NULL, NULL);
}

static void
unregister_itself (SyncHookCall *call, gpointer user_data)
{
  g_assert_true (sync_hooks_unregister (user_data, 1));
  sync_hook_call_answer (call, SYNC_HOOK_ASK, NULL, NULL);
}

static void
count_cb (gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_functions (Fixture *self)
{
  guint second;

  sync_hooks_register (self->hooks, "Note", answer_never, NULL, NULL);
  second = sync_hooks_register (self->hooks, "Sales Invoice", answer_now, (gpointer) "because", NULL);
  sync_hooks_register (self->hooks, "Sales Invoice", merge_without_document, NULL, NULL);
  write_hook (self, "echo '{\"resolution\":\"server_wins\"}'");
  ask_and_wait (self);
  assert_decides (self, SYNC_HOOK_LOCAL_WINS, "hook function 2 for Sales Invoice");
  g_assert_cmpstr (self->answer->reason, ==, "because");
  g_assert_true (sync_hooks_unregister (self->hooks, second));
  g_assert_false (sync_hooks_unregister (self->hooks, second));
  g_assert_false (sync_hooks_unregister (self->hooks, 0));
  ask_and_wait (self);
  assert_decides (self, SYNC_HOOK_SERVER_WINS, "hook Sales Invoice");
  g_assert_cmpstr (self->answer->passed, ==, "hook function 3 for Sales Invoice: “merged” needs a document");
}

/* Each one that fails is named, in the order in which they were asked. */
static void
test_all_fail (Fixture *self)
{
  sync_hooks_register (self->hooks, "Sales Invoice", answer_never, NULL, NULL);
  sync_hooks_register (self->hooks, "Sales Invoice", fail, (gpointer) "not today", NULL);
  write_hook (self, "exit 3");
  ask_and_wait (self);
  g_assert_null (self->answer);
  g_assert_cmpstr (self->error->message, ==,
                   "hook function 1 for Sales Invoice: it went away without an answer; "
                   "hook function 2 for Sales Invoice: not today; hook Sales Invoice: it exited with status 3");
}

static void
test_later (Fixture *self)
{
  g_autoptr (SyncHookCall) call = NULL;
  g_autoptr (GBytes) document = g_bytes_new_static ("{\"rate\":1}", 10);
  guint n_destroyed = 0;
  guint id = sync_hooks_register (self->hooks, "Sales Invoice", answer_later, &call, NULL);

  sync_hooks_register (self->hooks, "Note", answer_never, &n_destroyed, count_cb);
  ask (self);
  g_assert_nonnull (call);
  sync_clock_virtual_advance_us (self->clock, LIMIT_US - 1);
  /* It may still answer the call that it has. */
  sync_hooks_unregister (self->hooks, id);
  sync_hook_call_answer (call, SYNC_HOOK_MANUAL, document, NULL);
  wait_for_answer (self);
  assert_decides (self, SYNC_HOOK_MANUAL, "hook function 1 for Sales Invoice");
  g_assert_true (g_bytes_equal (self->answer->document, document));
  g_assert_false (g_cancellable_is_cancelled (sync_hook_call_get_cancellable (call)));
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (self->clock), ==, 0);
  g_assert_cmpuint (n_destroyed, ==, 0);
  g_clear_object (&self->hooks);
  g_assert_cmpuint (n_destroyed, ==, 1);
}

/* Too late is as if nothing had been said; then the next one has its own time. */
static void
test_too_late (Fixture *self)
{
  g_autoptr (SyncHookCall) call = NULL;

  sync_hooks_register (self->hooks, "Sales Invoice", answer_later, &call, NULL);
  write_hook (self, "echo '{\"resolution\":\"skip\"}'");
  ask (self);
  sync_clock_virtual_advance_us (self->clock, LIMIT_US);
  g_assert_true (g_cancellable_is_cancelled (sync_hook_call_get_cancellable (call)));
  sync_hook_call_answer (call, SYNC_HOOK_LOCAL_WINS, NULL, NULL);
  wait_for_answer (self);
  assert_decides (self, SYNC_HOOK_SKIP, "hook Sales Invoice");
  g_assert_cmpstr (self->answer->passed, ==, "hook function 1 for Sales Invoice: it gave no answer within 5 s");
}

/* A function that is cancelled hears it, and those behind it are not asked. */
static void
test_function_cancelled (Fixture *self)
{
  g_autoptr (SyncHookCall) call = NULL;
  g_autofree char *ran = path_of (self, "ran");

  sync_hooks_register (self->hooks, "Sales Invoice", answer_later, &call, NULL);
  sync_hooks_register (self->hooks, "Sales Invoice", never_asked, NULL, NULL);
  write_hook (self, "touch ran; echo '{\"resolution\":\"skip\"}'");
  ask (self);
  g_cancellable_cancel (self->cancellable);
  g_assert_true (g_cancellable_is_cancelled (sync_hook_call_get_cancellable (call)));
  sync_hook_call_answer (call, SYNC_HOOK_LOCAL_WINS, NULL, NULL);
  wait_for_answer (self);
  g_assert_error (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (g_file_test (ran, G_FILE_TEST_EXISTS));
}

static void
test_unregister_within (Fixture *self)
{
  sync_hooks_register (self->hooks, "Sales Invoice", unregister_itself, self->hooks, NULL);
  ask_and_wait (self);
  assert_decides (self, SYNC_HOOK_ASK, "hook function 1 for Sales Invoice");
  ask_and_wait (self);
  assert_no_hook (self);
}

static void
set_up (Fixture *self)
{
  self->directory = sync_test_directory_new ();
  self->clock = sync_clock_virtual_new ();
  self->hooks = sync_hooks_new (SYNC_CLOCK (self->clock), self->directory);
  self->cancellable = g_cancellable_new ();
  self->life = -1;
  self->conflict = sync_conflict_new ();
  self->conflict->id = 7;
  self->conflict->resource_type = g_strdup ("Sales Invoice");
  self->conflict->resource_id = g_strdup ("INV-1");
  self->conflict->conflict_type = g_strdup ("edit_edit");
  self->conflict->base_data = g_strdup ("{}");
  self->conflict->local_data = g_strdup ("{\"rate\":0.10}");
}

/* Nothing is left: no alarm, no process, no zombie, no source. */
static void
tear_down (Fixture *self)
{
  siginfo_t info;

  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (self->clock), ==, 0);
  while (waitid (P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) == 0)
    g_main_context_iteration (g_main_context_get_thread_default (), FALSE);
  g_assert_cmpint (errno, ==, ECHILD);
  g_clear_object (&self->hooks);
  g_clear_pointer (&self->answer, sync_hook_answer_free);
  g_clear_error (&self->error);
  g_assert_finalize_object (self->cancellable);
  g_assert_finalize_object (self->clock);
  sync_conflict_free (self->conflict);
  if (self->life >= 0)
    close (self->life);
  sync_test_directory_free (self->directory);
}

static gpointer
run_in_own_context (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  HookTest test = (HookTest) data;
  Fixture self = { 0 };

  g_main_context_push_thread_default (context);
  set_up (&self);
  test (&self);
  tear_down (&self);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
run_test (gconstpointer data)
{
  if (g_getenv ("SYNC_TEST_THREAD") != NULL)
    g_thread_join (g_thread_new ("engine", run_in_own_context, (gpointer) data));
  else
    run_in_own_context ((gpointer) data);
}

#define ADD(name, func) g_test_add_data_func ("/sync/hooks/" name, (gconstpointer) func, run_test)

int
main (int argc, char **argv)
{
  g_setenv ("ERPNEXT_API_SECRET", "secret", TRUE);
  g_setenv ("LANG", "C.UTF-8", TRUE);
  g_test_init (&argc, &argv, NULL);
  ADD ("answers", test_answers);
  ADD ("question", test_question);
  ADD ("pass", test_pass);
  ADD ("surroundings", test_surroundings);
  ADD ("nonsense", test_nonsense);
  ADD ("much-output", test_much_output);
  ADD ("ends-first", test_ends_first);
  ADD ("many-complaints", test_many_complaints);
  ADD ("hangs", test_hangs);
  ADD ("does-not-read", test_does_not_read);
  ADD ("leaves-a-child", test_leaves_a_child);
  ADD ("leaves-a-daemon", test_leaves_a_daemon);
  ADD ("not-to-be-run", test_not_to_be_run);
  ADD ("no-file-of-its-own", test_no_file_of_its_own);
  ADD ("names", test_names);
  ADD ("no-directory", test_no_directory);
  ADD ("cancelled", test_cancelled);
  ADD ("shut-down", test_shut_down);
  ADD ("functions", test_functions);
  ADD ("all-fail", test_all_fail);
  ADD ("later", test_later);
  ADD ("too-late", test_too_late);
  ADD ("function-cancelled", test_function_cancelled);
  ADD ("unregister-within", test_unregister_within);
  return g_test_run ();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `hooks test`: what an executable conflict hook would decide. It is run as the program runs it, which need not run. */
#include "config.h"

#include "sync-ctl.h"

#include <string.h>

#include "sync-clock-system.h"
#include "sync-error.h"
#include "sync-hook-program.h"

static char *
dup_member (const SyncJsonView *root, const char *name, char *(*dup) (const SyncJsonView *))
{
  SyncJsonView value;

  if (!sync_json_view_member (root, name, &value) || sync_json_view_kind (&value) == SYNC_JSON_NULL)
    return NULL;
  return dup (&value);
}

static gint64
get_number (const SyncJsonView *root, const char *name)
{
  g_autofree char *text = dup_member (root, name, sync_json_view_dup_text);

  return text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;
}

/* The question that stands in the file; besides the documents it may hold all that a hook is told. */
static SyncHookQuestion *
new_question (const char *resource_type, const SyncJsonView *root)
{
  SyncHookQuestion *question = g_new0 (SyncHookQuestion, 1);

  question->id = get_number (root, "id");
  question->resource_type = g_strdup (resource_type);
  question->resource_id = dup_member (root, "resource_id", sync_json_view_dup_text);
  question->type = dup_member (root, "type", sync_json_view_dup_text);
  question->base = dup_member (root, "base", sync_json_view_dup_raw);
  question->local = dup_member (root, "local", sync_json_view_dup_raw);
  question->server = dup_member (root, "server", sync_json_view_dup_raw);
  question->base_ms = get_number (root, "base_ms");
  question->local_ms = get_number (root, "local_ms");
  question->server_ms = get_number (root, "server_ms");
  question->message = dup_member (root, "message", sync_json_view_dup_text);
  return question;
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* Runs the hook and waits for it. */
static SyncHookAnswer *
ask (const SyncHookQuestion *question, GError **error)
{
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autofree char *directory = sync_hook_program_dup_directory ();
  g_autofree char *path = sync_hook_program_find (directory, question->resource_type, error);
  g_autoptr (GAsyncResult) result = NULL;
  SyncHookCall *call;

  if (path == NULL)
    return NULL;
  call = sync_hook_call_new (question, clock, NULL, asked_cb, &result);
  sync_hook_program_run (call, path);
  g_object_unref (call);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return sync_hook_call_finish (result, error);
}

static void
print_json (const SyncHookAnswer *answer)
{
  g_autoptr (GString) text = g_string_new ("{\"resolution\":");

  sync_json_append_quoted (text, sync_hook_resolution_to_string (answer->resolution));
  g_string_append (text, ",\"reason\":");
  if (answer->reason != NULL)
    sync_json_append_quoted (text, answer->reason);
  else
    g_string_append (text, "null");
  g_string_append (text, ",\"document\":");
  if (answer->document != NULL)
    g_string_append_len (text, g_bytes_get_data (answer->document, NULL), g_bytes_get_size (answer->document));
  else
    g_string_append (text, "null");
  g_string_append_c (text, '}');
  sync_ctl_print_answer (text->str);
}

static void
print_words (const char *resource_type, const SyncHookAnswer *answer)
{
  g_print (_ ("The hook for %s decides: %s\n"), resource_type, sync_hook_resolution_to_string (answer->resolution));
  if (answer->reason != NULL)
    g_print (_ ("Reason: %s\n"), answer->reason);
  if (answer->document != NULL)
    g_print (_ ("It would write: %.*s\n"), (int) g_bytes_get_size (answer->document),
             (const char *) g_bytes_get_data (answer->document, NULL));
}

int
sync_ctl_hooks (SyncCtl *ctl, char **arguments)
{
  const char *resource_type = arguments[1];
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (SyncHookAnswer) answer = NULL;
  g_autoptr (SyncHookQuestion) question = NULL;
  SyncJsonView root;

  if (strcmp (arguments[0], "test") != 0)
    return sync_ctl_usage_error (_ ("“%s” is not “test”"), arguments[0]);
  bytes = sync_ctl_read_json (arguments[2], &root, &error);
  if (bytes != NULL && sync_json_view_kind (&root) != SYNC_JSON_OBJECT)
    g_set_error (&error, SYNC_ERROR, SYNC_ERROR_INVALID, _ ("%s holds no JSON object with base, local and server"),
                 arguments[2]);
  if (error != NULL)
    return sync_ctl_fail (error);
  question = new_question (resource_type, &root);
  answer = ask (question, &error);
  if (answer == NULL)
    {
      g_prefix_error (&error, _ ("the hook for %s does not decide: "), resource_type);
      return sync_ctl_fail (error);
    }
  if (ctl->json)
    print_json (answer);
  else
    print_words (resource_type, answer);
  return SYNC_CTL_DONE;
}

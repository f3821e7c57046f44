/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another program decides about conflicts: in time, too late, nonsense, and by leaving. */
#include "config.h"

#include "bus-fixture.h"

#include <string.h>

#define HOOK_PATH "/org/example/Till"

/* What the other program does with a question. */
typedef struct
{
  Bus bus;
  const char *answer;                /* (nullable): NULL: none */
  SyncBusHook *hook;                 /* (owned) */
  GDBusMethodInvocation *invocation; /* (owned) (nullable): the question that is not answered */
  char *question;                    /* (owned) (nullable): the last one */
  gint64 request;
} Program;

static gboolean
handle_resolve_cb (SyncBusHook *hook, GDBusMethodInvocation *invocation, const char *question, gpointer user_data)
{
  Program *self = user_data;

  g_free (self->question);
  self->question = g_strdup (question);
  if (self->answer == NULL)
    self->invocation = g_object_ref (invocation);
  else if (strcmp (self->answer, "error") == 0)
    g_dbus_method_invocation_return_dbus_error (invocation, "org.example.Error.Tired", "not today");
  else
    sync_bus_hook_complete_resolve (hook, invocation, self->answer);
  return TRUE;
}

static void
program_open (Program *self, Engine *e, const char *answer)
{
  *self = (Program){ .answer = answer };
  bus_open (&self->bus, e);
  self->hook = sync_bus_hook_skeleton_new ();
  g_signal_connect (self->hook, "handle-resolve", G_CALLBACK (handle_resolve_cb), self);
  g_assert_true (g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->hook), self->bus.client, HOOK_PATH, NULL));
  engine_start (e);
}

static void
program_close (Program *self)
{
  g_clear_object (&self->invocation);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->hook));
  g_object_unref (self->hook);
  g_free (self->question);
  bus_close (&self->bus);
}

static void
program_register (Program *self, guint timeout_ms)
{
  g_variant_unref (bus_call (&self->bus, "RegisterHook", g_variant_new ("(sou)", "Item", HOOK_PATH, timeout_ms)));
}

/* An update of Item/A against a version that somebody else has replaced. */
static void
make_conflict (Program *self)
{
  Engine *e = self->bus.e;
  g_autofree char *body = NULL;

  toy_site_put (e->site, "Item", "A", "{\"color\":\"red\"}");
  body = g_strdup_printf ("{\"color\":\"blue\",\"modified\":\"%s\"}",
                          json_object_get_string_member (toy_site_get (e->site, "Item", "A"), "modified"));
  toy_site_put (e->site, "Item", "A", "{\"color\":\"green\"}");
  self->request = engine_submit (e, "PUT", "/api/resource/Item/A", body);
}

static gboolean
is_settled (Program *self)
{
  SyncState state = engine_state_of (self->bus.e, self->request);

  return state == SYNC_STATE_COMPLETED || state == SYNC_STATE_DISCARDED;
}

static SyncConflict *
get_conflict (Program *self)
{
  g_autoptr (GPtrArray) all = sync_store_list_conflicts (self->bus.e->store, NULL, 10, NULL);

  return all->len > 0 ? sync_store_get_conflict (self->bus.e->store, ((SyncConflict *) g_ptr_array_index (all, 0))->id, NULL)
                      : NULL;
}

static void
turn (Program *self)
{
  g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

/* What is said about a hook that does not decide. */
static void
expect (const char *words)
{
  g_autofree char *pattern = g_strdup_printf ("conflict 1: hook " HOOK_PATH " of :* for Item: *%s*; the policy decides", words);

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, pattern);
}

/* Until the conflict is a person's. */
static void
wait_for_person (Program *self)
{
  for (;;)
    {
      g_autoptr (SyncConflict) conflict = get_conflict (self);

      if (conflict != NULL && conflict->asked_ms != 0)
        break;
      turn (self);
    }
  g_test_assert_expected_messages ();
}

static const char *
color (Engine *e)
{
  return json_object_get_string_member (toy_site_get (e->site, "Item", "A"), "color");
}

static void
test_answer (Engine *e)
{
  g_autoptr (SyncConflict) conflict = NULL;
  g_autoptr (JsonNode) question = NULL;
  Program program;

  program_open (&program, e, "{\"resolution\":\"merged\",\"document\":{\"color\":\"white\"},\"reason\":\"so said\"}");
  program_register (&program, 0);
  make_conflict (&program);
  while (!is_settled (&program))
    turn (&program);
  g_assert_cmpstr (color (e), ==, "white");
  question = json_from_string (program.question, NULL);
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (question), "resource_type"), ==, "Item");
  conflict = get_conflict (&program);
  g_assert_nonnull (strstr (conflict->resolved_by, "hook " HOOK_PATH " of :"));
  program_close (&program);
}

static void
test_own_time (Engine *e)
{
  Program program;

  program_open (&program, e, NULL);
  program_register (&program, 200);
  make_conflict (&program);
  while (program.invocation == NULL)
    turn (&program);
  engine_run_for (e, 199);
  expect ("it gave no answer within 200 ms");
  engine_run_for (e, 1);
  wait_for_person (&program);
  /* Too late. */
  sync_bus_hook_complete_resolve (program.hook, g_steal_pointer (&program.invocation), "{\"resolution\":\"local_wins\"}");
  bus_catch_up (&program.bus);
  engine_assert_state (e, program.request, SYNC_STATE_CONFLICT);
  program_close (&program);
}

static void
test_everybodys_time (Engine *e)
{
  Program program;

  program_open (&program, e, NULL);
  program_register (&program, 0);
  make_conflict (&program);
  while (program.invocation == NULL)
    turn (&program);
  engine_run_for (e, 4999);
  expect ("it gave no answer within 5 s");
  engine_run_for (e, 1);
  wait_for_person (&program);
  program_close (&program);
}

static void
assert_passed_over (Engine *e, const char *answer, const char *words)
{
  Program program;

  program_open (&program, e, answer);
  program_register (&program, 0);
  expect (words);
  make_conflict (&program);
  wait_for_person (&program);
  program_close (&program);
}

static void
test_error (Engine *e)
{
  assert_passed_over (e, "error", "not today");
}

static void
test_nonsense (Engine *e)
{
  assert_passed_over (e, "{\"resolution\":\"maybe\"}", "maybe");
}

/* As large as a document that ERPNext would not take. */
static void
test_too_large (Engine *e)
{
  g_autofree char *answer = g_strnfill (SYNC_HOOK_MAX_ANSWER_BYTES + 1, ' ');

  assert_passed_over (e, answer, "larger than 1048576 bytes");
}

static void
test_no_object (Engine *e)
{
  Program program;

  program_open (&program, e, NULL);
  program_register (&program, 0);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (program.hook));
  expect (HOOK_PATH);
  make_conflict (&program);
  wait_for_person (&program);
  g_assert_true (g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (program.hook), program.bus.client, HOOK_PATH, NULL));
  program_close (&program);
}

/* Another one of the same kind. */
static void
program_come_again (Program *self)
{
  if (!g_dbus_connection_is_closed (self->bus.client))
    g_dbus_connection_close_sync (self->bus.client, NULL, NULL);
  g_clear_object (&self->invocation);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->hook));
  g_clear_object (&self->bus.client);
  self->bus.client = bus_connect ();
  g_assert_true (g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->hook), self->bus.client, HOOK_PATH, NULL));
}

/* With the question in its hand. */
static void
test_leaves (Engine *e)
{
  Program program;

  program_open (&program, e, NULL);
  program_register (&program, 0);
  make_conflict (&program);
  while (program.invocation == NULL)
    turn (&program);
  expect ("");
  g_dbus_connection_close_sync (program.bus.client, NULL, NULL);
  wait_for_person (&program);
  /* The same program under another name has registered nothing. */
  program_come_again (&program);
  bus_refuse (&program.bus, "UnregisterHook", g_variant_new ("(s)", "Item"), SYNC_ERROR_NOT_FOUND, "Item");
  program_close (&program);
}

/* Registering again is no second hook, and unregistering ends it. */
static void
test_unregister (Engine *e)
{
  Program program;

  program_open (&program, e, "{\"resolution\":\"local_wins\"}");
  program_register (&program, 100);
  program_register (&program, 0);
  g_variant_unref (bus_call (&program.bus, "UnregisterHook", g_variant_new ("(s)", "Item")));
  bus_refuse (&program.bus, "UnregisterHook", g_variant_new ("(s)", "Item"), SYNC_ERROR_NOT_FOUND, "Item");
  make_conflict (&program);
  engine_run_for (e, 1000);
  bus_catch_up (&program.bus);
  g_assert_null (program.question);
  engine_assert_state (e, program.request, SYNC_STATE_CONFLICT);
  program_close (&program);
}

/* Those of a program that has left do not count. */
static void
test_too_many (Engine *e)
{
  Program program;

  program_open (&program, e, NULL);
  for (guint i = 0; i < 256; i++)
    {
      g_autofree char *type = g_strdup_printf ("Type %u", i);

      g_variant_unref (bus_call (&program.bus, "RegisterHook", g_variant_new ("(sou)", type, HOOK_PATH, 0)));
    }
  bus_refuse (&program.bus, "RegisterHook", g_variant_new ("(sou)", "Item", HOOK_PATH, 0), SYNC_ERROR_REFUSED, "256");
  program_come_again (&program);
  program_register (&program, 0);
  program_close (&program);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!bus_set_up ())
    {
      g_print ("1..0 # SKIP there is no dbus-daemon\n");
      return 0;
    }
  engine_test_add ("/sync/bus-hooks/answer", test_answer);
  engine_test_add ("/sync/bus-hooks/own-time", test_own_time);
  engine_test_add ("/sync/bus-hooks/everybodys-time", test_everybodys_time);
  engine_test_add ("/sync/bus-hooks/error", test_error);
  engine_test_add ("/sync/bus-hooks/nonsense", test_nonsense);
  engine_test_add ("/sync/bus-hooks/too-large", test_too_large);
  engine_test_add ("/sync/bus-hooks/no-object", test_no_object);
  engine_test_add ("/sync/bus-hooks/leaves", test_leaves);
  engine_test_add ("/sync/bus-hooks/unregister", test_unregister);
  engine_test_add ("/sync/bus-hooks/too-many", test_too_many);
  status = g_test_run ();
  bus_tear_down ();
  return status;
}

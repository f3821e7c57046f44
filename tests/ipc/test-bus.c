/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs over the session bus, each with good and bad input; what a caller may do to them. */
#include "config.h"

#include "bus-fixture.h"

#include <string.h>

#include "sync-test-directory.h"
#include "sync-verb.h"

#define CUSTOMER "/api/resource/Customer"

/* Without an own table there is nothing to be forgotten; but a method may lack its verb, or a verb its method. */
static void
test_all_verbs (void)
{
  GDBusInterfaceInfo *info = sync_bus_interface_info ();
  guint n_verbs, n_methods = 0;
  const SyncVerb *verbs = sync_verb_get_all (&n_verbs);

  for (guint i = 0; i < n_verbs; i++)
    if (g_dbus_interface_info_lookup_method (info, verbs[i].name) == NULL)
      g_error ("%s has no method %s", verbs[i].path != NULL ? verbs[i].path : "a verb", verbs[i].name);
  for (guint i = 0; info->methods[i] != NULL; i++)
    {
      const GDBusMethodInfo *method = info->methods[i];
      gboolean has_id = method->in_args != NULL && method->in_args[0] != NULL && strcmp (method->in_args[0]->name, "id") == 0;
      const char *path;

      if (strcmp (method->name, "RegisterHook") == 0 || strcmp (method->name, "UnregisterHook") == 0)
        continue;
      n_methods++;
      g_assert_nonnull (sync_verb_find (method->name));
      path = sync_verb_find (method->name)->path;
      g_assert_cmpint (has_id, ==, strchr (path != NULL ? path : "", '#') != NULL);
    }
  g_assert_cmpuint (n_methods, ==, n_verbs);
}

static void
assert_documented (const char *xml, const char *name, GDBusArgInfo **args)
{
  g_autofree char *head = g_strdup_printf ("\n      %s:\n", name);
  g_autofree char *whole = NULL;
  const char *start = strstr (xml, head);

  if (start == NULL)
    g_error ("%s is not described", name);
  whole = g_strndup (start, strstr (start, "-->") - start);
  for (guint i = 0; args != NULL && args[i] != NULL; i++)
    {
      g_autofree char *line = g_strdup_printf ("\n      @%s: ", args[i]->name);

      if (strstr (whole, line) == NULL)
        g_error ("%s: “%s” is not described", name, args[i]->name);
    }
}

/* A stranger writes a client from the description alone. */
static void
test_described (void)
{
  GDBusInterfaceInfo *info = sync_bus_interface_info ();
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "src", "ipc", "org.posawesome.Sync1.xml", NULL);
  g_autofree char *xml = NULL;

  g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
  for (guint i = 0; info->methods[i] != NULL; i++)
    {
      assert_documented (xml, info->methods[i]->name, info->methods[i]->in_args);
      assert_documented (xml, info->methods[i]->name, info->methods[i]->out_args);
    }
  for (guint i = 0; info->signals[i] != NULL; i++)
    assert_documented (xml, info->signals[i]->name, info->signals[i]->args);
  for (guint i = 0; info->properties[i] != NULL; i++)
    {
      g_autofree char *comment = g_strdup_printf ("<!-- %s: ", info->properties[i]->name);

      g_assert_nonnull (strstr (xml, comment));
    }
  for (int code = 0; code <= SYNC_ERROR_CREDENTIALS; code++)
    {
      g_autoptr (GError) error = g_error_new_literal (SYNC_ERROR, code, "");
      g_autofree char *name = g_dbus_error_encode_gerror (error);
      g_autofree char *line = g_strdup_printf ("\n    %s: ", name);

      g_assert_nonnull (strstr (xml, line));
    }
}

/* (transfer full): the members that the description lists of @thing, without what stands in brackets */
static GHashTable *
list_described (const char *thing)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "src", "ipc", "org.posawesome.Sync1.xml", NULL);
  g_autofree char *head = g_strdup_printf ("\n    %s: ", thing);
  g_autofree char *xml = NULL;
  g_autofree char *sentence = NULL;
  g_autoptr (GRegex) brackets = g_regex_new ("\\s*\\([^)]*\\)", 0, 0, NULL);
  g_autofree char *plain = NULL;
  g_auto (GStrv) names = NULL;
  GHashTable *set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const char *start;

  g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
  start = strstr (xml, head);
  g_assert_nonnull (start);
  start += strlen (head);
  sentence = g_strndup (start, strstr (start, "\n\n") - start);
  plain = g_regex_replace_literal (brackets, sentence, -1, 0, "", 0, NULL);
  *strchr (plain, '.') = '\0';
  names = g_strsplit (plain, ",", -1);
  for (guint i = 0; names[i] != NULL; i++)
    g_hash_table_add (set, g_strdup (g_strstrip (names[i])));
  return set;
}

static void
assert_members (const char *thing, JsonObject *object)
{
  g_autoptr (GHashTable) described = list_described (thing);
  g_autoptr (GList) names = json_object_get_members (object);
  GHashTableIter iter;
  gpointer name;

  for (GList *l = names; l != NULL; l = l->next)
    if (!g_hash_table_contains (described, l->data))
      g_error ("%s: “%s” is in the answer and not in the description", thing, (const char *) l->data);
  g_hash_table_iter_init (&iter, described);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!json_object_has_member (object, name))
      g_error ("%s: “%s” is in the description and not in the answer", thing, (const char *) name);
}

/* The description lists what comes back, all of it and no more. */
static void
test_members (Engine *e)
{
  g_autoptr (SyncConflict) conflict = sync_conflict_new ();
  g_autoptr (JsonObject) status = NULL;
  g_autoptr (JsonObject) requests = NULL;
  g_autoptr (JsonObject) conflicts = NULL;
  g_autoptr (GError) error = NULL;
  Bus bus;

  bus_open (&bus, e);
  engine_start (e);
  sync_engine_pause (e->engine, 0, NULL);
  conflict->request_id = bus_submit (&bus, "POST", CUSTOMER, "{\"customer_name\":\"Ann\"}");
  conflict->conflict_type = g_strdup ("edit_edit");
  sync_store_add_conflict (e->store, conflict, &error);
  g_assert_no_error (error);
  status = bus_ask (&bus, "GetStatus", NULL);
  assert_members ("the status", status);
  requests = bus_ask (&bus, "ListRequests", g_variant_new_parsed ("(@a{sv} {},)"));
  assert_members ("a request", json_array_get_object_element (json_object_get_array_member (requests, "requests"), 0));
  conflicts = bus_ask (&bus, "ListConflicts", g_variant_new_parsed ("(@a{sv} {},)"));
  assert_members ("a conflict", json_array_get_object_element (json_object_get_array_member (conflicts, "conflicts"), 0));
  bus_close (&bus);
}

/* Whoever hears the answer finds the row in the file. */
static void
test_submit (Engine *e)
{
  g_autoptr (SyncStore) reader = NULL;
  g_autoptr (SyncRequest) row = NULL;
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GVariant) again = NULL;
  const char *key, *status;
  gboolean existing;
  gint64 id, other;
  Bus bus;

  bus_open (&bus, e);
  engine_start (e);
  answer = bus_call (&bus, "Submit",
                     g_variant_new_parsed ("('POST', %s, '{\"customer_name\":\"Café\"}', {'key': <'K-1'>, 'priority': <2>, "
                                           "'headers': <{'X-Till': '3'}>, 'group': <'g'>, 'base': <'{\"a\":1}'>})",
                                           CUSTOMER));
  g_variant_get (answer, "(x&s&sb)", &id, &key, &status, &existing);
  g_assert_cmpstr (key, ==, "K-1");
  g_assert_cmpstr (status, ==, "pending");
  g_assert_false (existing);
  reader = sync_store_open_reader (e->directory, NULL);
  row = sync_store_get (reader, id, NULL);
  g_assert_nonnull (row);
  g_assert_cmpint (row->priority, ==, 2);
  g_assert_cmpstr (row->group_name, ==, "g");
  g_assert_cmpstr (row->author, ==, "bus");
  again = bus_call (&bus, "Submit",
                    g_variant_new_parsed ("('POST', %s, '{\"customer_name\":\"Café\"}', {'key': <'K-1'>})", CUSTOMER));
  g_variant_get (again, "(x&s&sb)", &other, NULL, NULL, &existing);
  g_assert_cmpint (other, ==, id);
  g_assert_true (existing);
  bus_refuse (&bus, "Submit",
              g_variant_new_parsed ("('POST', %s, '{\"customer_name\":\"Tea\"}', {'key': <'K-1'>})", CUSTOMER),
              SYNC_ERROR_KEY_CONFLICT, "request 1");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
  bus_close (&bus);
}

static void
test_refusals (Engine *e)
{
  static const struct
  {
    const char *method;
    const char *arguments;
    SyncError code;
    const char *words;
  } cases[] = {
    { "Submit", "('', '/api/resource/Customer', '{}', @a{sv} {})", SYNC_ERROR_INVALID, "“method” is missing" },
    { "Submit", "('POST', '', '{}', @a{sv} {})", SYNC_ERROR_INVALID, "“url” is missing" },
    { "Submit", "('POST', '/api/resource/Customer', '{\"a\":', @a{sv} {})", SYNC_ERROR_INVALID, "body" },
    { "Submit", "('POST', '/api/resource/Customer', '1,\"key\":\"x\"', @a{sv} {})", SYNC_ERROR_INVALID, "body" },
    { "Submit", "('POST', '/api/resource/Customer', '{}', {'colour': <'x'>})", SYNC_ERROR_INVALID, "colour" },
    { "Submit", "('POST', '/api/resource/Customer', '{}', {'url': <'x'>})", SYNC_ERROR_INVALID, "twice" },
    { "Submit", "('POST', '/api/resource/Customer', '{}', {'key': <5>})", SYNC_ERROR_INVALID, "key" },
    { "Submit", "('POST', '/api/resource/Customer', '{}', {'priority': <9>})", SYNC_ERROR_INVALID, "priority" },
    { "Submit", "('POST', '/api/resource/Customer', '{}', {'priority': <1.5>})", SYNC_ERROR_INVALID, "priority" },
    { "Submit", "('POST', '/api/resource/Customer', '{}', {'depends_on': <['a']>})", SYNC_ERROR_INVALID, "depends_on" },
    { "Submit", "('POST', '/api/resource/Customer', '{}', {'depends_on': <[@x 99]>})", SYNC_ERROR_NOT_FOUND, "99" },
    { "Submit", "('POST', '/api/resource/Customer', '{}', {'base': <'{'>})", SYNC_ERROR_INVALID, "base" },
    { "Submit", "('POST', '/api/resource/Customer', '{}', {'base': <'{},\"key\":\"x\"'>})", SYNC_ERROR_INVALID, "base" },
    { "Submit", "('POST', '/api/resource/Customer', '{}', {'headers': <'x'>})", SYNC_ERROR_INVALID, "headers" },
    { "Submit", "('POST', 'https://elsewhere.example/api/resource/Customer', '{}', @a{sv} {})", SYNC_ERROR_FOREIGN_HOST, "" },
    { "Submit", "('GET', '/api/resource/Customer', '', @a{sv} {})", SYNC_ERROR_NOT_QUEUEABLE, "" },
    { "ListRequests", "({'status': <'lost'>},)", SYNC_ERROR_INVALID, "lost" },
    { "ListRequests", "({'limit': <0>},)", SYNC_ERROR_INVALID, "limit" },
    { "ListRequests", "({'limit': <'many'>},)", SYNC_ERROR_INVALID, "limit" },
    { "ListRequests", "({'colour': <'x'>},)", SYNC_ERROR_INVALID, "colour" },
    { "GetRequest", "(@x 4711,)", SYNC_ERROR_NOT_FOUND, "4711" },
    { "GetRequest", "(@x -1,)", SYNC_ERROR_NOT_FOUND, "-1" },
    { "EditRequest", "(@x 4711, '{}')", SYNC_ERROR_NOT_FOUND, "4711" },
    { "EditRequest", "(@x 1, '')", SYNC_ERROR_INVALID, "“body” is missing" },
    { "RetryRequest", "(@x 4711,)", SYNC_ERROR_NOT_FOUND, "4711" },
    { "RetryRequest", "(@x 1,)", SYNC_ERROR_ILLEGAL_EDGE, "" },
    { "DiscardRequest", "(@x 1, ' ', false)", SYNC_ERROR_INVALID, "reason" },
    { "DiscardRequest", "(@x 1, 'no use', false)", SYNC_ERROR_ILLEGAL_EDGE, "" },
    { "ConfirmRequest", "(@x 4711, true, '')", SYNC_ERROR_NOT_FOUND, "4711" },
    { "RestoreRequest", "(@x 1, false)", SYNC_ERROR_ILLEGAL_EDGE, "" },
    { "ListConflicts", "({'status': <'lost'>},)", SYNC_ERROR_INVALID, "lost" },
    { "GetConflict", "(@x 4711,)", SYNC_ERROR_NOT_FOUND, "4711" },
    { "ResolveConflict", "(@x 1, '', '', false)", SYNC_ERROR_INVALID, "local_wins" },
    { "ResolveConflict", "(@x 1, 'mixed', '', false)", SYNC_ERROR_INVALID, "mixed" },
    { "ResolveConflict", "(@x 1, 'manual', '[]', false)", SYNC_ERROR_INVALID, "document" },
    { "ResolveConflict", "(@x 1, 'manual', '{', false)", SYNC_ERROR_INVALID, "document" },
    { "ResolveConflict", "(@x 1, 'skip', '', true)", SYNC_ERROR_NOT_FOUND, "conflict 1" },
    { "UndoConflict", "(@x 1,)", SYNC_ERROR_NOT_FOUND, "conflict 1" },
    { "Sync", "(@as [], [@x 4711])", SYNC_ERROR_NOT_FOUND, "4711" },
    { "Pause", "(@x -1, @as [])", SYNC_ERROR_INVALID, "forMs" },
    { "ClearOld", "(@u 40000,)", SYNC_ERROR_INVALID, "days" },
    { "Backup", "('',)", SYNC_ERROR_INVALID, "directory" },
    { "Backup", "('here',)", SYNC_ERROR_INVALID, "here" },
    { "SetCredentials", "('', 'x')", SYNC_ERROR_INVALID, "token" },
    { "SetCredentials", "('a b', 'x')", SYNC_ERROR_INVALID, "token" },
    { "MakeKeys", "(@as [],)", SYNC_ERROR_INVALID, "types" },
    { "RegisterHook", "('', @o '/a', @u 0)", SYNC_ERROR_INVALID, "type" },
    { "RegisterHook", "('Item', @o '/a', @u 5001)", SYNC_ERROR_INVALID, "timeout" },
    { "UnregisterHook", "('Item',)", SYNC_ERROR_NOT_FOUND, "Item" },
  };
  Bus bus;

  bus_open (&bus, e);
  engine_start (e);
  bus_submit (&bus, "POST", CUSTOMER, "{\"customer_name\":\"Café\"}");
  engine_settle (e);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      GVariant *arguments = g_variant_parse (NULL, cases[i].arguments, NULL, NULL, &error);

      g_assert_no_error (error);
      g_test_message ("%s %s", cases[i].method, cases[i].arguments);
      bus_refuse (&bus, cases[i].method, arguments, cases[i].code, cases[i].words);
    }
  engine_assert_state (e, 1, SYNC_STATE_COMPLETED);
  bus_close (&bus);
}

static void
assert_status (JsonObject *request, const char *status)
{
  g_assert_cmpstr (json_object_get_string_member (request, "status"), ==, status);
}

static ToyFault
refuse_cb (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return request->write ? TOY_CANNED : TOY_ANSWER;
}

/* What a person does with a request that ERPNext refuses, and with one that waits for it. */
static void
test_decisions (Engine *e)
{
  g_autoptr (JsonObject) failed = NULL;
  g_autoptr (JsonObject) discarded = NULL;
  g_autoptr (JsonObject) restored = NULL;
  g_autoptr (JsonObject) edited = NULL;
  g_autoptr (JsonObject) list = NULL;
  g_autoptr (GVariant) waiting = NULL;
  gint64 id;
  Bus bus;

  bus_open (&bus, e);
  engine_start (e);
  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"ValidationError\",\"exception\":\"no\"}");
  toy_site_set_fault (e->site, refuse_cb, NULL);
  id = bus_submit (&bus, "POST", CUSTOMER, "{\"customer_name\":\"\"}");
  engine_run_for (e, 60000);
  failed = bus_ask (&bus, "GetRequest", g_variant_new ("(x)", id));
  assert_status (failed, "failed");
  g_assert_true (json_object_has_member (failed, "attempts"));
  waiting = bus_call (&bus, "Submit",
                      g_variant_new_parsed ("('POST', %s, '{\"customer_name\":\"B\"}', {'depends_on': <[%x]>})", CUSTOMER, id));
  bus_refuse (&bus, "DiscardRequest", g_variant_new ("(xsb)", id, "no use", FALSE), SYNC_ERROR_REFUSED, "2");
  discarded = bus_ask (&bus, "DiscardRequest", g_variant_new ("(xsb)", id, "no use", TRUE));
  assert_status (discarded, "discarded");
  engine_assert_state (e, 2, SYNC_STATE_FAILED);
  restored = bus_ask (&bus, "RestoreRequest", g_variant_new ("(xb)", id, TRUE));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (restored, "failedDependants")), ==, 0);
  engine_run_for (e, 60000);
  toy_site_set_fault (e->site, NULL, NULL);
  edited = bus_ask (&bus, "EditRequest", g_variant_new ("(xs)", id, "{\"customer_name\":\"A\"}"));
  assert_status (edited, "pending");
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  engine_assert_state (e, 2, SYNC_STATE_COMPLETED);
  list = bus_ask (&bus, "ListRequests", g_variant_new_parsed ("({'status': <'completed'>, 'limit': <1>},)"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (list, "requests")), ==, 1);
  g_assert_cmpint (json_object_get_int_member (list, "next"), ==, 1);
  json_object_unref (list);
  list = bus_ask (&bus, "ListRequests", g_variant_new_parsed ("({'type': <'Customer'>, 'after': <@x 1>},)"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (list, "requests")), ==, 1);
  bus_close (&bus);
}

static ToyFault
lose_cb (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return request->write ? TOY_RESET_AFTER : TOY_ANSWER;
}

static void
test_confirm (Engine *e)
{
  g_autoptr (JsonObject) confirmed = NULL;
  gint64 id;
  Bus bus;

  bus_open (&bus, e);
  engine_start (e);
  toy_site_set_key_field (e->site, FALSE);
  toy_site_set_fault (e->site, lose_cb, NULL);
  id = bus_submit (&bus, "POST", "/api/resource/Note", "{\"title\":\"A\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  confirmed = bus_ask (&bus, "ConfirmRequest", g_variant_new ("(xbs)", id, TRUE, ""));
  assert_status (confirmed, "completed");
  bus_close (&bus);
}

/* An update of Item/A against a version that somebody else has replaced. */
static gint64
make_conflict (Bus *bus)
{
  Engine *e = bus->e;
  g_autofree char *body = NULL;

  toy_site_put (e->site, "Item", "A", "{\"color\":\"red\"}");
  body = g_strdup_printf ("{\"color\":\"blue\",\"modified\":\"%s\"}",
                          json_object_get_string_member (toy_site_get (e->site, "Item", "A"), "modified"));
  toy_site_put (e->site, "Item", "A", "{\"color\":\"green\"}");
  return bus_submit (bus, "PUT", "/api/resource/Item/A", body);
}

static void
test_conflict (Engine *e)
{
  g_autoptr (JsonObject) list = NULL;
  g_autoptr (JsonObject) one = NULL;
  g_autoptr (JsonObject) preview = NULL;
  g_autoptr (JsonObject) resolved = NULL;
  g_autoptr (GVariant) undone = NULL;
  g_autofree char *told = NULL;
  JsonArray *conflicts;
  gint64 request, id, undo;
  Bus bus;

  bus_open (&bus, e);
  engine_start (e);
  bus_listen (&bus);
  request = make_conflict (&bus);
  engine_run_for (e, 1000);
  list = bus_ask (&bus, "ListConflicts", g_variant_new_parsed ("({'limit': <5>},)"));
  conflicts = json_object_get_array_member (list, "conflicts");
  g_assert_cmpuint (json_array_get_length (conflicts), ==, 1);
  id = json_object_get_int_member (json_array_get_object_element (conflicts, 0), "id");
  told = g_strdup_printf ("(%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ")", id, request);
  g_assert_cmpstr (bus_last_heard (&bus, "ConflictOpened"), ==, told);
  one = bus_ask (&bus, "GetConflict", g_variant_new ("(x)", id));
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (one, "server"), "color"), ==, "green");
  preview = bus_ask (&bus, "ResolveConflict",
                     g_variant_new ("(xssb)", id, "manual", "{\"color\":\"white\",\"api_key\":\"k3y\"}", TRUE));
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (preview, "preview"), "color"), ==, "white");
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (preview, "preview"), "api_key"), ==,
                   "••••••••");
  engine_assert_state (e, request, SYNC_STATE_CONFLICT);
  resolved = bus_ask (&bus, "ResolveConflict", g_variant_new ("(xssb)", id, "manual", "{\"color\":\"white\"}", FALSE));
  g_assert_cmpstr (json_object_get_string_member (resolved, "resolvedBy"), ==, "bus");
  bus_catch_up (&bus);
  g_assert_nonnull (strstr (bus_last_heard (&bus, "ConflictResolved"), "'manual'"));
  engine_run_for (e, 1000);
  g_assert_cmpstr (json_object_get_string_member (toy_site_get (e->site, "Item", "A"), "color"), ==, "white");
  undone = bus_call (&bus, "UndoConflict", g_variant_new ("(x)", id));
  g_variant_get (undone, "(x)", &undo);
  g_assert_cmpint (undo, >, request);
  engine_run_for (e, 1000);
  g_assert_cmpstr (json_object_get_string_member (toy_site_get (e->site, "Item", "A"), "color"), ==, "green");
  bus_close (&bus);
}

static void
test_steering (Engine *e)
{
  g_autofree char *backup = g_strconcat (e->directory, "-copy", NULL);
  g_autofree char *file = g_build_filename (backup, SYNC_STORE_FILE, NULL);
  g_autoptr (GVariant) cleared = NULL;
  g_autoptr (GVariant) nothing = NULL;
  g_autoptr (JsonObject) status = NULL;
  guint n;
  Bus bus;

  bus_open (&bus, e);
  engine_start (e);
  /* The newest row stays in any case. */
  bus_submit (&bus, "POST", CUSTOMER, "{\"customer_name\":\"A\"}");
  bus_submit (&bus, "POST", CUSTOMER, "{\"customer_name\":\"B\"}");
  engine_settle (e);
  status = bus_ask (&bus, "Pause", g_variant_new_parsed ("(@x 60000, ['Item', 'Customer'])"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (status, "pausedTypes")), ==, 2);
  json_object_unref (bus_ask (&bus, "Pause", g_variant_new_parsed ("(@x 0, @as [])")));
  bus_refuse (&bus, "Sync", g_variant_new_parsed ("(@as [], @ax [])"), SYNC_ERROR_REFUSED, "paused");
  json_object_unref (bus_ask (&bus, "Resume", NULL));
  json_object_unref (bus_ask (&bus, "SetOffline", g_variant_new ("(b)", TRUE)));
  bus_refuse (&bus, "Sync", g_variant_new_parsed ("(@as [], @ax [])"), SYNC_ERROR_REFUSED, "");
  json_object_unref (bus_ask (&bus, "SetOffline", g_variant_new ("(b)", FALSE)));
  json_object_unref (bus_ask (&bus, "Sync", g_variant_new_parsed ("(['Customer'], [@x 1])")));
  json_object_unref (bus_ask (&bus, "Check", NULL));
  nothing = bus_call (&bus, "Backup", g_variant_new ("(s)", backup));
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
  sync_test_directory_free (g_steal_pointer (&backup));
  engine_run_for (e, 1000);
  cleared = bus_call (&bus, "ClearOld", g_variant_new ("(u)", 0));
  g_variant_get (cleared, "(u)", &n);
  g_assert_cmpuint (n, ==, 1);
  json_object_unref (bus_ask (&bus, "ListKeys", NULL));
  bus_close (&bus);
}

static void
test_credentials (Engine *e)
{
  g_autoptr (GVariant) got = NULL;
  g_autoptr (JsonObject) described = NULL;
  const char *user, *source;
  gboolean set;
  Bus bus;

  bus_open (&bus, e);
  engine_start (e);
  toy_site_set_user (e->site, "anna@example.com");
  json_object_unref (bus_ask (&bus, "Check", NULL));
  got = bus_call (&bus, "GetCredentials", NULL);
  g_variant_get (got, "(b&s&s)", &set, &user, &source);
  g_assert_true (set);
  g_assert_cmpstr (user, ==, "anna@example.com");
  g_assert_cmpstr (source, ==, "environment");
  described = bus_ask (&bus, "DescribeCredentials", NULL);
  g_assert_cmpstr (json_object_get_string_member (described, "user"), ==, "anna@example.com");
  g_assert_true (json_object_get_null_member (described, "fault"));
  /* The same checks as over HTTP; what the environment gives stands. */
  bus_refuse (&bus, "KeepCredentials", g_variant_new_parsed ("('key', 'word', {'fil': <true>})"), SYNC_ERROR_INVALID, "fil");
  bus_refuse (&bus, "KeepCredentials", g_variant_new_parsed ("('key', 'word', {'file': <1>})"), SYNC_ERROR_INVALID, "file");
  bus_refuse (&bus, "KeepCredentials", g_variant_new_parsed ("('key', 'word', {'file': <true>})"), SYNC_ERROR_CREDENTIALS,
              "ERPNEXT_API_TOKEN");
  bus_close (&bus);
}

/* A property that is read is never behind what an answer said. */
static void
test_properties (Engine *e)
{
  g_autoptr (GVariant) version = NULL;
  Bus bus;

  bus_open (&bus, e);
  engine_start (e);
  version = bus_get (&bus, "Version");
  g_assert_cmpstr (g_variant_get_string (version, NULL), ==, SYNC_VERSION);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GVariant) paused = NULL;

      json_object_unref (i % 2 == 0 ? bus_ask (&bus, "Pause", g_variant_new_parsed ("(@x 0, @as [])"))
                                    : bus_ask (&bus, "Resume", NULL));
      paused = bus_get (&bus, "Paused");
      g_assert_cmpint (g_variant_get_boolean (paused), ==, i % 2 == 0);
    }
  bus_close (&bus);
}

static void
count_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GVariant) answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  guint *counts = user_data;

  counts[answer != NULL ? 0 : 1]++;
}

static void
submit_many (Bus *bus, GDBusConnection *client, guint n, guint *counts)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *body = g_strdup_printf ("{\"customer_name\":\"C %u\"}", i);

      g_dbus_connection_call (client, g_dbus_connection_get_unique_name (bus->server), SYNC_BUS_PATH, "org.posawesome.Sync1",
                              "Submit", g_variant_new ("(sssa{sv})", "POST", CUSTOMER, body, NULL), NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, count_cb, counts);
    }
}

/* From twenty programs, for a bus lets none have too many questions open. */
static void
test_many_at_once (Engine *e)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GVariant) pending = NULL;
  guint counts[2] = { 0 };
  Bus bus;

  bus_open (&bus, e);
  for (guint i = 0; i < 20; i++)
    {
      g_ptr_array_add (clients, bus_connect ());
      submit_many (&bus, g_ptr_array_index (clients, i), 100, counts);
    }
  while (counts[0] + counts[1] < 2000)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  g_assert_cmpuint (counts[0], ==, 2000);
  pending = bus_get (&bus, "Pending");
  g_assert_cmpuint (g_variant_get_uint32 (pending), ==, 2000);
  for (guint i = 0; i < 20; i++)
    g_dbus_connection_close_sync (g_ptr_array_index (clients, i), NULL, NULL);
  bus_close (&bus);
}

/* What it handed over is kept, and nobody is troubled by its end. */
static void
test_caller_leaves (Engine *e)
{
  guint counts[2] = { 0 };
  guint n_pending = 0;
  Bus bus;

  bus_open (&bus, e);
  submit_many (&bus, bus.client, 20, counts);
  g_dbus_connection_flush_sync (bus.client, NULL, NULL);
  g_dbus_connection_close_sync (bus.client, NULL, NULL);
  while (counts[1] < 20)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  g_clear_object (&bus.client);
  bus.client = bus_connect ();
  while (n_pending < 20)
    {
      g_autoptr (GVariant) pending = bus_get (&bus, "Pending");

      n_pending = g_variant_get_uint32 (pending);
    }
  bus_close (&bus);
}

static void
test_large (Engine *e)
{
  g_autofree char *body = g_malloc (27 * 1024 * 1024 + 1);
  g_autoptr (JsonObject) request = NULL;
  gint64 id;
  Bus bus;

  bus_open (&bus, e);
  memset (body, 'x', 27 * 1024 * 1024);
  memcpy (body, "{\"notes\":\"", 10);
  body[27 * 1024 * 1024] = '\0';
  bus_refuse (&bus, "Submit", g_variant_new ("(sssa{sv})", "POST", "/api/resource/Note", body, NULL), SYNC_ERROR_TOO_LARGE,
              "26 MB");
  strcpy (body + 1024 * 1024, "\"}");
  id = bus_submit (&bus, "POST", "/api/resource/Note", body);
  request = bus_ask (&bus, "GetRequest", g_variant_new ("(x)", id));
  g_assert_cmpuint (strlen (json_object_get_string_member (json_object_get_object_member (request, "body"), "notes")), ==,
                    1024 * 1024 - 10);
  bus_close (&bus);
}

/* A stranger's mistake is answered by the bus itself. */
static void
test_wrong_types (Engine *e)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = NULL;
  Bus bus;

  bus_open (&bus, e);
  answer = bus_try (&bus, "GetRequest", g_variant_new ("(s)", "1"), &error);
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  g_clear_error (&error);
  answer = bus_try (&bus, "Sell", NULL, &error);
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
  bus_close (&bus);
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
  g_test_add_func ("/sync/bus/all-verbs", test_all_verbs);
  engine_test_add ("/sync/bus/submit", test_submit);
  g_test_add_func ("/sync/bus/described", test_described);
  engine_test_add ("/sync/bus/members", test_members);
  engine_test_add ("/sync/bus/refusals", test_refusals);
  engine_test_add ("/sync/bus/decisions", test_decisions);
  engine_test_add ("/sync/bus/confirm", test_confirm);
  engine_test_add ("/sync/bus/conflict", test_conflict);
  engine_test_add ("/sync/bus/steering", test_steering);
  engine_test_add ("/sync/bus/credentials", test_credentials);
  engine_test_add ("/sync/bus/properties", test_properties);
  engine_test_add ("/sync/bus/many-at-once", test_many_at_once);
  engine_test_add ("/sync/bus/caller-leaves", test_caller_leaves);
  engine_test_add ("/sync/bus/large", test_large);
  engine_test_add ("/sync/bus/wrong-types", test_wrong_types);
  status = g_test_run ();
  bus_tear_down ();
  return status;
}

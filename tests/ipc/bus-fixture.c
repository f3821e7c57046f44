/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bus without waiting for time: what was told before an answer arrives before it, so that one more call shows that all
 * was heard. */
#include "config.h"

#include "bus-fixture.h"

#include <string.h>

static GTestDBus *daemon_of_tests;

/* Starts a bus for the process; FALSE if there is no daemon for it. */
gboolean
bus_set_up (void)
{
  g_autofree char *program = g_find_program_in_path ("dbus-daemon");

  if (program == NULL)
    return FALSE;
  daemon_of_tests = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (daemon_of_tests);
  return TRUE;
}

void
bus_tear_down (void)
{
  g_test_dbus_down (daemon_of_tests);
  g_clear_object (&daemon_of_tests);
}

GDBusConnection *
bus_connect (void)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_for_address_sync (
    g_test_dbus_get_bus_address (daemon_of_tests),
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

void
bus_open (Bus *self, Engine *e)
{
  g_autoptr (GError) error = NULL;

  *self = (Bus){ .e = e };
  self->server = bus_connect ();
  self->client = bus_connect ();
  self->heard = g_ptr_array_new_with_free_func (g_free);
  self->object = sync_bus_object_new (e->engine, SYNC_CLOCK (e->clock));
  sync_bus_object_export (self->object, self->server, &error);
  g_assert_no_error (error);
}

void
bus_close (Bus *self)
{
  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->client, self->subscription);
  sync_bus_object_close (self->object);
  engine_settle (self->e);
  g_assert_finalize_object (self->object);
  g_dbus_connection_close_sync (self->client, NULL, NULL);
  g_dbus_connection_close_sync (self->server, NULL, NULL);
  engine_settle (self->e);
  g_clear_object (&self->client);
  g_clear_object (&self->server);
  g_ptr_array_unref (self->heard);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **place = user_data;

  *place = g_object_ref (result);
}

static GVariant *
call_interface (Bus *self, const char *interface, const char *method, GVariant *arguments, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_dbus_connection_call (self->client, g_dbus_connection_get_unique_name (self->server), SYNC_BUS_PATH, interface, method,
                          arguments, NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, answered_cb, &result);
  while (result == NULL)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  return g_dbus_connection_call_finish (self->client, result, error);
}

GVariant *
bus_try (Bus *self, const char *method, GVariant *arguments, GError **error)
{
  return call_interface (self, "org.posawesome.Sync1", method, arguments, error);
}

GVariant *
bus_call (Bus *self, const char *method, GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  GVariant *answer = bus_try (self, method, arguments, &error);

  g_assert_no_error (error);
  return answer;
}

/* The object that a method answers with. */
JsonObject *
bus_ask (Bus *self, const char *method, GVariant *arguments)
{
  g_autoptr (GVariant) answer = bus_call (self, method, arguments);
  g_autoptr (JsonNode) node = NULL;
  const char *text;

  g_variant_get (answer, "(&s)", &text);
  node = json_from_string (text, NULL);
  g_assert_nonnull (node);
  return json_node_dup_object (node);
}

/* The call fails with this error, whose words have @words among them. */
void
bus_refuse (Bus *self, const char *method, GVariant *arguments, SyncError code, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = bus_try (self, method, arguments, &error);

  g_assert_null (answer);
  g_assert_error (error, SYNC_ERROR, (int) code);
  if (strstr (error->message, words) == NULL)
    g_error ("%s: “%s” does not say “%s”", method, error->message, words);
}

GVariant *
bus_get (Bus *self, const char *property)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = call_interface (self, "org.freedesktop.DBus.Properties", "Get",
                                                g_variant_new ("(ss)", "org.posawesome.Sync1", property), &error);
  GVariant *value;

  g_assert_no_error (error);
  g_variant_get (answer, "(v)", &value);
  return value;
}

gint64
bus_submit (Bus *self, const char *method, const char *url, const char *body)
{
  g_autoptr (GVariant) answer = bus_call (self, "Submit", g_variant_new ("(sssa{sv})", method, url, body, NULL));
  gint64 id;

  g_variant_get (answer, "(xssb)", &id, NULL, NULL, NULL);
  return id;
}

static void
signal_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name,
           GVariant *parameters, gpointer user_data)
{
  Bus *self = user_data;
  g_autofree char *text = g_variant_print (parameters, FALSE);

  g_ptr_array_add (self->heard, g_strdup_printf ("%s %s", name, text));
}

/* Hears all that was told so far. */
void
bus_catch_up (Bus *self)
{
  g_autoptr (GVariant) answer = bus_call (self, "GetStatus", NULL);
}

/* Keeps what is told from now on. */
void
bus_listen (Bus *self)
{
  self->subscription = g_dbus_connection_signal_subscribe (
    self->client, g_dbus_connection_get_unique_name (self->server), NULL, NULL, SYNC_BUS_PATH, NULL,
    G_DBUS_SIGNAL_FLAGS_NONE, signal_cb, self, NULL);
  bus_catch_up (self);
}

guint
bus_count_heard (Bus *self, const char *name)
{
  guint n = 0;

  for (guint i = 0; i < self->heard->len; i++)
    {
      const char *text = g_ptr_array_index (self->heard, i);

      if (g_str_has_prefix (text, name) && text[strlen (name)] == ' ')
        n++;
    }
  return n;
}

/* (nullable) */
const char *
bus_last_heard (Bus *self, const char *name)
{
  for (guint i = self->heard->len; i > 0; i--)
    {
      const char *text = g_ptr_array_index (self->heard, i - 1);

      if (g_str_has_prefix (text, name) && text[strlen (name)] == ' ')
        return text + strlen (name) + 1;
    }
  return NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls to the running program over its loopback gateway, each waited for. */
#include "config.h"

#include "sync-ctl-client.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <signal.h>

#include "sync-error.h"
#include "sync-json-member.h"
#include "sync-secret.h"

#define AGENT "posawesome-syncctl/" SYNC_VERSION
/* Longer than the 10 s that the program gives the Secret Service or a shutdown. */
#define TIMEOUT_S 30
/* The desktop program's, which it has as soon as it runs. */
#define BUS_NAME "org.posawesome.Sync"
/* A bus that is well answers at once. */
#define BUS_TIMEOUT_MS 5000

struct _SyncCtlClient
{
  SoupSession *session; /* (owned) */
  char *base;           /* (owned): "http://127.0.0.1:PORT/_sync/v1/" */
  char *authorization;  /* (owned) */
};

void
sync_ctl_answer_free (SyncCtlAnswer *self)
{
  g_free (self->text);
  g_clear_pointer (&self->root, json_node_unref);
  g_free (self);
}

/* %NULL, and no error, if there is none. */
static char *
read_small_file (const char *data_dir, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (data_dir, name, NULL);
  g_autoptr (GError) cause = NULL;
  char *text = NULL;

  if (g_file_get_contents (path, &text, NULL, &cause))
    return g_strstrip (text);
  if (!g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, _ ("%s; be the user who runs POSAwesome Sync"), cause->message);
  return NULL;
}

/* A program that was killed leaves its port behind, and whoever has that port now must not get the token. */
static gboolean
owner_is_alive (const char *data_dir)
{
  g_autofree char *text = read_small_file (data_dir, "lock", NULL);
  gint64 pid = text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;

  return pid <= 0 || kill ((pid_t) pid, 0) == 0 || errno != ESRCH;
}

/* Whether the desktop program runs in this session, wherever its data are. No bus is started for the question. */
static gboolean
desktop_runs (void)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  g_autofree char *socket_path = g_build_filename (g_get_user_runtime_dir (), "bus", NULL);
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GVariant) answer = NULL;
  gboolean owned = FALSE;

  if ((address == NULL || *address == '\0') && !g_file_test (socket_path, G_FILE_TEST_EXISTS))
    return FALSE;
  connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  if (connection == NULL)
    return FALSE;
  answer = g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "NameHasOwner", g_variant_new ("(s)", BUS_NAME),
                                        G_VARIANT_TYPE ("(b)"), G_DBUS_CALL_FLAGS_NONE, BUS_TIMEOUT_MS, NULL, NULL);
  if (answer != NULL)
    g_variant_get (answer, "(b)", &owned);
  return owned;
}

/* Before its first set-up the desktop program runs and has no gateway yet. */
static void
set_not_running (const char *data_dir, GError **error)
{
  if (desktop_runs ())
    g_set_error (
        error, SYNC_ERROR, SYNC_ERROR_REFUSED,
        _ ("POSAwesome Sync runs, but does not work on %s: it is not set up yet (do that in its window, or start it"
           " with ERPNEXT_BASE_URL), or its data directory is another one (name it with POSAWESOME_SYNC_DATA_DIR,"
           " also where it stands in the setting data-dir)"),
        data_dir);
  else
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                 _ ("POSAwesome Sync is not running on %s; start it with “posawesome-sync”, or name its data "
                    "directory with POSAWESOME_SYNC_DATA_DIR, also where it stands in the setting data-dir"),
                 data_dir);
}

/**
 * sync_ctl_client_new:
 * @data_dir: the program's data directory
 * @error: %SYNC_ERROR_REFUSED if the program is not running there (transient), or its files cannot be read
 *
 * Returns: (transfer full) (nullable): the way to the program; no call was made yet
 */
SyncCtlClient *
sync_ctl_client_new (const char *data_dir, GError **error)
{
  g_autoptr (GError) unreadable = NULL;
  g_autofree char *port = read_small_file (data_dir, "gateway-port", &unreadable);
  g_autofree char *token = unreadable == NULL ? read_small_file (data_dir, "gateway-token", &unreadable) : NULL;
  SyncCtlClient *self;
  guint64 number;

  if (unreadable != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&unreadable));
      return NULL;
    }
  if (port == NULL || token == NULL || !g_ascii_string_to_unsigned (port, 10, 1, 65535, &number, NULL)
      || !owner_is_alive (data_dir))
    {
      set_not_running (data_dir, error);
      return NULL;
    }
  self = g_new0 (SyncCtlClient, 1);
  self->session = soup_session_new_with_options ("user-agent", AGENT, "timeout", TIMEOUT_S, "proxy-resolver",
                                                 NULL, NULL);
  self->base = g_strdup_printf ("http://127.0.0.1:%u/_sync/v1/", (guint) number);
  self->authorization = g_strdup_printf ("Bearer %s", token);
  return self;
}

void
sync_ctl_client_free (SyncCtlClient *self)
{
  g_object_unref (self->session);
  g_free (self->base);
  sync_secret_free (self->authorization);
  g_free (self);
}

static SoupMessage *
new_message (SyncCtlClient *self, const char *method, const char *path, const char *body)
{
  g_autofree char *url = g_strconcat (self->base, path, NULL);
  SoupMessage *message = soup_message_new (method, url);

  soup_message_headers_replace (soup_message_get_request_headers (message), "Authorization",
                                self->authorization);
  if (body != NULL)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

      soup_message_set_request_body_from_bytes (message, "application/json", bytes);
    }
  return message;
}

static void
set_transport_error (SyncCtlClient *self, const GError *cause, GError **error)
{
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    g_set_error (
        error, SYNC_ERROR, SYNC_ERROR_REFUSED,
        _ ("POSAwesome Sync is not running (nothing answers at %s); start it with “posawesome-sync”"),
        self->base);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                 _ ("POSAwesome Sync did not answer: %s; look with “posawesome-syncctl doctor”"),
                 cause->message);
}

/* The words of an answer that is an error. */
static void
set_refusal (guint status, JsonNode *root, GError **error)
{
  JsonObject *object = root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  JsonObject *inner = NULL;

  if (object != NULL && json_object_has_member (object, "error")
      && JSON_NODE_HOLDS_OBJECT (json_object_get_member (object, "error")))
    inner = json_object_get_object_member (object, "error");
  if (inner != NULL)
    g_set_error_literal (error, SYNC_ERROR, status == SOUP_STATUS_NOT_FOUND ? SYNC_ERROR_NOT_FOUND : SYNC_ERROR_REFUSED,
                         sync_json_member_text (inner, "message", _ ("refused without a reason")));
  else
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                 _ ("the program at this port answered %u, which POSAwesome Sync does not; look with "
                    "“posawesome-syncctl doctor”"),
                 status);
}

/**
 * sync_ctl_client_call:
 * @self: the way to the program
 * @method: HTTP method
 * @path: below /_sync/v1/, with query
 * @body: (nullable): JSON
 * @error: %SYNC_ERROR_REFUSED or %SYNC_ERROR_NOT_FOUND with the program's own words, or because it is not running;
 *   %G_IO_ERROR_FAILED if the answer got lost
 *
 * Returns: (transfer full) (nullable): its answer
 */
SyncCtlAnswer *
sync_ctl_client_call (SyncCtlClient *self, const char *method, const char *path, const char *body,
                      GError **error)
{
  g_autoptr (SoupMessage) message = new_message (self, method, path, body);
  g_autoptr (GError) cause = NULL;
  g_autoptr (GBytes) bytes = soup_session_send_and_read (self->session, message, NULL, &cause);
  g_autoptr (SyncCtlAnswer) answer = NULL;
  gsize length;
  const char *data;

  if (bytes == NULL)
    {
      set_transport_error (self, cause, error);
      return NULL;
    }
  data = g_bytes_get_data (bytes, &length);
  answer = g_new0 (SyncCtlAnswer, 1);
  answer->text = g_strndup (data != NULL ? data : "", length);
  answer->root = json_from_string (answer->text, NULL);
  if (!SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message)) || answer->root == NULL
      || !JSON_NODE_HOLDS_OBJECT (answer->root))
    {
      set_refusal (soup_message_get_status (message), answer->root, error);
      return NULL;
    }
  return g_steal_pointer (&answer);
}

/**
 * sync_ctl_client_call_patiently:
 * @self: the way to the program
 * @method: HTTP method
 * @path: below /_sync/v1/, with query
 * @body: (nullable): JSON
 * @error: as of sync_ctl_client_call()
 *
 * The same for a call that the program answers only when the server has, however long that takes.
 *
 * Returns: (transfer full) (nullable): its answer
 */
SyncCtlAnswer *
sync_ctl_client_call_patiently (SyncCtlClient *self, const char *method, const char *path, const char *body,
                                GError **error)
{
  SyncCtlAnswer *answer;

  soup_session_set_timeout (self->session, 0);
  answer = sync_ctl_client_call (self, method, path, body, error);
  soup_session_set_timeout (self->session, TIMEOUT_S);
  return answer;
}

/**
 * sync_ctl_client_open:
 * @self: the way to the program
 * @path: below /_sync/v1/
 * @error: %SYNC_ERROR_REFUSED
 *
 * Returns: (transfer full) (nullable): the answer as it comes, without a time-out
 */
GInputStream *
sync_ctl_client_open (SyncCtlClient *self, const char *path, GError **error)
{
  g_autoptr (SoupMessage) message = new_message (self, "GET", path, NULL);
  g_autoptr (GError) cause = NULL;
  g_autoptr (GInputStream) stream = NULL;

  soup_session_set_timeout (self->session, 0);
  stream = soup_session_send (self->session, message, NULL, &cause);
  if (stream == NULL)
    {
      set_transport_error (self, cause, error);
      return NULL;
    }
  if (soup_message_get_status (message) != SOUP_STATUS_OK)
    {
      g_autoptr (JsonParser) parser = json_parser_new ();

      json_parser_load_from_stream (parser, stream, NULL, NULL);
      set_refusal (soup_message_get_status (message), json_parser_get_root (parser), error);
      return NULL;
    }
  return g_steal_pointer (&stream);
}

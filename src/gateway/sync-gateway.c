/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTP door on the loopback interface: who may come in, and which verb answers which call. A request
 * is judged when its headers are there, before its body is read: a page of another site (Host, Origin), a
 * caller without the token and a body that is too large are turned away without taking up memory. Lives in
 * the thread-default main context of the thread that made it, which is the engine's. */
#include "config.h"

#include "sync-gateway-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "sync-error.h"
#include "sync-secret.h"
#include "sync-verb.h"

#define PREFIX "/_sync/"
#define API_PREFIX "/_sync/v1/"
#define PORT_FILE "gateway-port"
/* How much of a refused body is read and thrown away, so that the caller gets to read the answer. */
#define MAX_DISCARDED_BYTES ((goffset) 4 * SYNC_CALL_MAX_BYTES)

struct _SyncGateway
{
  GObject parent_instance;

  SyncEngine *engine;     /* (owned) */
  SyncClock *clock;       /* (owned) */
  SyncRandom *random;     /* (owned) */
  SoupServer *server;     /* (owned) */
  SyncListener *listener; /* (owned) */
  SyncEvents *events;     /* (owned) (nullable): NULL once closed */
  SyncGatewayFiles *files; /* (owned) (nullable): NULL while it does not listen */
  char *token;            /* (owned) (nullable): NULL before it listens */
  char *directory;        /* (owned) (nullable): where it wrote its port, NULL before it listens */
  guint port;             /* 0 while it does not listen */
};

G_DEFINE_FINAL_TYPE (SyncGateway, sync_gateway, G_TYPE_OBJECT)

/* What there is over HTTP only; `#` would stand for an id. */
static const SyncVerb own_verbs[] = {
  { "GET", "events", NULL, sync_events_open },
  { "GET", "metrics", NULL, sync_gateway_get_metrics },
};

/* Whether @path fits @pattern. */
static gboolean
path_fits (const char *pattern, const char *path, gint64 *id)
{
  const char *hash = strchr (pattern, '#');
  g_autofree char *digits = NULL;
  gsize before, length;

  *id = 0;
  if (hash == NULL)
    return strcmp (pattern, path) == 0;
  before = hash - pattern;
  if (strncmp (pattern, path, before) != 0)
    return FALSE;
  length = strspn (path + before, "0123456789");
  digits = g_strndup (path + before, length);
  return strcmp (hash + 1, path + before + length) == 0
         && g_ascii_string_to_signed (digits, 10, 1, G_MAXINT64, id, NULL);
}

/* Has one of @verbs answer @message; FALSE if none fits. Adds the methods that @path does know to @allowed. */
static gboolean
answer_with (SyncGateway *self, const SyncVerb *verbs, guint n_verbs, SoupServerMessage *message, const char *path,
             GString *allowed)
{
  gint64 id;

  for (guint i = 0; i < n_verbs; i++)
    {
      if (verbs[i].path == NULL || !path_fits (verbs[i].path, path, &id))
        continue;
      if (strcmp (verbs[i].method, soup_server_message_get_method (message)) == 0)
        {
          g_autoptr (SyncCall) call = sync_http_call_new (self, self->engine, message);

          call->id = id;
          verbs[i].answer (call);
          return TRUE;
        }
      g_string_append_printf (allowed, "%s%s", allowed->len > 0 ? ", " : "", verbs[i].method);
    }
  return FALSE;
}

static void
dispatch (SyncGateway *self, SoupServerMessage *message, const char *path)
{
  g_autoptr (GString) allowed = g_string_new (NULL);
  g_autofree char *text = NULL;
  guint n_verbs;
  const SyncVerb *verbs = sync_verb_get_all (&n_verbs);

  if (answer_with (self, verbs, n_verbs, message, path, allowed)
      || answer_with (self, own_verbs, G_N_ELEMENTS (own_verbs), message, path, allowed))
    return;
  if (allowed->len == 0)
    {
      text = g_strdup_printf ("there is no call %s%.200s", API_PREFIX, path);
      sync_http_call_refuse_message (message, SOUP_STATUS_NOT_FOUND, "not-found", text);
      return;
    }
  text = g_strdup_printf ("%s%s does not know the method %.20s; it knows %s", API_PREFIX, path,
                          soup_server_message_get_method (message), allowed->str);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow", allowed->str);
  sync_http_call_refuse_message (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "method-not-allowed", text);
}

static gboolean
is_own_authority (SyncGateway *self, const char *authority)
{
  static const char *const names[] = { "127.0.0.1", "localhost" };

  for (guint i = 0; authority != NULL && i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *own = g_strdup_printf ("%s:%u", names[i], self->port);

      if (g_ascii_strcasecmp (own, authority) == 0)
        return TRUE;
    }
  return FALSE;
}

/* A page of another site cannot make a browser speak here: neither under a name of its own that points to
 * this machine (Host), nor with a form or a script of its own (Origin). */
static gboolean
check_site (SyncGateway *self, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *method = soup_server_message_get_method (message);
  const char *origin = soup_message_headers_get_one (headers, "Origin");
  gboolean safe
      = strcmp (method, "GET") == 0 || strcmp (method, "HEAD") == 0 || strcmp (method, "OPTIONS") == 0;
  g_autofree char *text = NULL;

  if (!is_own_authority (self, soup_message_headers_get_one (headers, "Host")))
    {
      text = g_strdup_printf (
          "this is the gateway of POSAwesome Sync; it answers under http://127.0.0.1:%u only", self->port);
      sync_http_call_refuse_message (message, SOUP_STATUS_FORBIDDEN, "wrong-host", text);
      return FALSE;
    }
  if (origin != NULL && !safe
      && !(g_str_has_prefix (origin, "http://") && is_own_authority (self, origin + 7)))
    {
      sync_http_call_refuse_message (message, SOUP_STATUS_FORBIDDEN, "wrong-origin",
                                "a page of another site may not write here");
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_caller (SyncGateway *self, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *path = g_uri_get_path (soup_server_message_get_uri (message));
  g_autofree char *text = NULL;

  if (self->port == 0)
    {
      sync_http_call_refuse_message (message, SOUP_STATUS_SERVICE_UNAVAILABLE, "ending",
                                "the program is ending; try again once it runs");
      return FALSE;
    }
  if (!check_site (self, message))
    return FALSE;
  if (!g_str_has_prefix (path, PREFIX))
    {
      const char *site = sync_engine_get_config (self->engine)->base_url;

      text = g_strdup_printf (
          "port %u is the gateway of POSAwesome Sync; its calls begin with %s, and ERPNext itself is at %s",
          self->port, API_PREFIX, site != NULL ? site : "no address yet (set ERPNEXT_BASE_URL)");
      sync_http_call_refuse_message (message, SOUP_STATUS_NOT_FOUND, "not-found", text);
      return FALSE;
    }
  if (!sync_gateway_token_matches (self->token, soup_message_headers_get_one (headers, "Authorization")))
    {
      soup_message_headers_replace (soup_server_message_get_response_headers (message), "WWW-Authenticate",
                                    "Bearer");
      sync_http_call_refuse_message (
          message, SOUP_STATUS_UNAUTHORIZED, "unauthorized",
          "the token is missing or wrong; send the contents of the file gateway-token in the data "
          "directory as “Authorization: Bearer …”");
      return FALSE;
    }
  return TRUE;
}

static void
refuse_size (SoupServerMessage *message)
{
  g_autofree char *text
      = g_strdup_printf ("the request is larger than %d MB; ERPNext itself takes 25 MB at most",
                         SYNC_CALL_MAX_BYTES / 1024 / 1024);

  sync_http_call_refuse_message (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "too-large", text);
}

typedef struct
{
  SyncGateway *gateway; /* (unowned): it outlives its connections */
  goffset received;     /* bytes of the body so far */
} Intake;

static void
refuse_body (SoupServerMessage *message)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  soup_message_body_set_accumulate (body, FALSE);
  soup_message_body_truncate (body);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection", "close");
}

static void
got_chunk_cb (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  Intake *intake = user_data;

  intake->received += g_bytes_get_size (chunk);
  if (intake->received > MAX_DISCARDED_BYTES)
    sync_listener_drop (intake->gateway->listener, message);
  else if (intake->received > SYNC_CALL_MAX_BYTES && soup_server_message_get_status (message) == 0)
    {
      refuse_size (message);
      refuse_body (message);
    }
}

static void
intake_free (gpointer data, GClosure *closure)
{
  g_free (data);
}

/* The headers are there, the body is not. An answer that is set here is the answer. */
static void
early_cb (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
          gpointer user_data)
{
  SyncGateway *self = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  gboolean has_body = soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED
                      || soup_message_headers_get_content_length (headers) > 0;
  Intake *intake;

  if (check_caller (self, message) && soup_message_headers_get_content_length (headers) > SYNC_CALL_MAX_BYTES)
    refuse_size (message);
  if (!has_body)
    return;
  if (soup_server_message_get_status (message) != 0)
    refuse_body (message);
  intake = g_new0 (Intake, 1);
  intake->gateway = self;
  g_signal_connect_data (message, "got-chunk", G_CALLBACK (got_chunk_cb), intake, intake_free,
                         G_CONNECT_DEFAULT);
}

static void
request_cb (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
            gpointer user_data)
{
  SyncGateway *self = user_data;
  const char *raw_path = g_uri_get_path (soup_server_message_get_uri (message));
  g_autofree char *text = NULL;

  if (sync_listener_has_parted (self->listener, message))
    {
      sync_http_call_refuse_message (message, SOUP_STATUS_BAD_REQUEST, "incomplete", "the request is not whole");
      return;
    }
  if (g_str_has_prefix (raw_path, API_PREFIX))
    {
      dispatch (self, message, raw_path + strlen (API_PREFIX));
      return;
    }
  text = g_strdup_printf ("there is nothing at %.200s; the calls begin with %s", raw_path, API_PREFIX);
  sync_http_call_refuse_message (message, SOUP_STATUS_NOT_FOUND, "not-found", text);
}

static void
sync_gateway_dispose (GObject *object)
{
  SyncGateway *self = SYNC_GATEWAY (object);

  if (self->listener != NULL)
    sync_gateway_close (self);
  g_clear_pointer (&self->events, sync_events_free);
  if (self->listener != NULL)
    g_object_run_dispose (G_OBJECT (self->listener));
  g_clear_object (&self->listener);
  g_clear_object (&self->server);
  g_clear_object (&self->engine);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  G_OBJECT_CLASS (sync_gateway_parent_class)->dispose (object);
}

static void
sync_gateway_finalize (GObject *object)
{
  SyncGateway *self = SYNC_GATEWAY (object);

  sync_secret_free (self->token);
  g_free (self->directory);
  G_OBJECT_CLASS (sync_gateway_parent_class)->finalize (object);
}

static void
sync_gateway_class_init (SyncGatewayClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_gateway_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_gateway_finalize;
}

static void
sync_gateway_init (SyncGateway *self)
{
}

/**
 * sync_gateway_new:
 * @engine: (transfer none): what the calls act on
 * @clock: (transfer none): for the heartbeat of event streams and the limits of callers that stand still
 * @random: (transfer none): fit for keys: the token is made from it
 *
 * Returns: (transfer full): a gateway that does not listen yet, in the caller's thread-default main context,
 * which must be the engine's
 */
SyncGateway *
sync_gateway_new (SyncEngine *engine, SyncClock *clock, SyncRandom *random)
{
  SyncGateway *self = g_object_new (SYNC_TYPE_GATEWAY, NULL);

  self->engine = g_object_ref (engine);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  self->server = g_object_new (SOUP_TYPE_SERVER, "raw-paths", TRUE, NULL);
  soup_server_add_early_handler (self->server, NULL, early_cb, self, NULL);
  soup_server_add_handler (self->server, NULL, request_cb, self, NULL);
  self->listener = sync_listener_new (self->server, self->clock);
  self->events = sync_events_new (engine, clock, self->listener);
  return self;
}

/**
 * sync_gateway_listen:
 * @self: a gateway
 * @port: 0 for any free one
 * @error: %SYNC_ERROR_CONFIG (permanent: the port cannot be had), %SYNC_ERROR_STORAGE (transient: the files
 *   `gateway-token` and `gateway-port` of the data directory cannot be written)
 *
 * Takes calls on 127.0.0.1 from now on. When it returns TRUE both files are there, and stay: one that is removed or changed
 * is put back.
 *
 * Returns: whether it listens
 */
gboolean
sync_gateway_listen (SyncGateway *self, guint port, GError **error)
{
  const char *directory = sync_engine_get_config (self->engine)->data_dir;
  g_autofree char *number = NULL;

  g_return_val_if_fail (self->port == 0, FALSE);
  if (self->token == NULL)
    self->token = sync_gateway_token_load (directory, self->random, error);
  if (self->token == NULL || !sync_listener_listen (self->listener, port, error))
    return FALSE;
  number = g_strdup_printf ("%u\n", sync_listener_get_port (self->listener));
  if (!sync_gateway_write_file (directory, PORT_FILE, number, error))
    {
      sync_listener_close (self->listener);
      return FALSE;
    }
  self->port = sync_listener_get_port (self->listener);
  g_free (self->directory);
  self->directory = g_strdup (directory);
  self->files = sync_gateway_files_new (self->engine, self->clock, directory);
  sync_gateway_files_keep (self->files, SYNC_GATEWAY_TOKEN_FILE, self->token);
  sync_gateway_files_keep (self->files, PORT_FILE, number);
  return TRUE;
}

/**
 * sync_gateway_close:
 * @self: a gateway
 *
 * Takes no more calls. Event streams end; a call that the engine is working on still gets its answer, as long
 * as the gateway lives. May be called again.
 */
void
sync_gateway_close (SyncGateway *self)
{
  g_clear_pointer (&self->files, sync_gateway_files_free);
  if (self->port != 0)
    {
      g_autofree char *path = g_build_filename (self->directory, PORT_FILE, NULL);

      /* A stale one would send the next caller, and the token, to whoever has that port then. */
      if (g_unlink (path) != 0 && errno != ENOENT)
        g_warning ("cannot remove %s: %s", path, g_strerror (errno));
    }
  self->port = 0;
  g_clear_pointer (&self->events, sync_events_free);
  sync_listener_close (self->listener);
}

/**
 * sync_gateway_get_port:
 * @self: a gateway
 *
 * Returns: the port, 0 while it does not listen
 */
guint
sync_gateway_get_port (SyncGateway *self)
{
  return self->port;
}

SyncListener *
sync_gateway_get_listener (SyncGateway *self)
{
  return self->listener;
}

SyncEvents *
sync_gateway_get_events (SyncGateway *self)
{
  return self->events;
}

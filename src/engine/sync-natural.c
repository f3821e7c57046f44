/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settling a create that no key protects, by what its document says of itself (the route's natural key), who made it
 * and when. The server is asked for the documents that this user made since the day before the first send:
 *
 *   one, made within the time in which a send of ours could make it, that holds what was sent: it arrived;
 *   none, in two reads after the settle time, by a user who is proven to see such documents: it did not, and goes again;
 *   anything else: a person decides, and is told what stands there.
 *
 * The time is the server's own: the till's clock may have been set in between. But `Date` may come from another clock than
 * `creation`, so what would be ours by the till's clock is not taken for somebody else's. That nothing is there counts
 * only when the boot clock agrees, too: the server's may have been set as well. A document that another
 * request of ours made is not looked at. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-body.h"
#include "sync-mutant.h"

/* More documents of one user and one natural key than this are not told apart. */
#define MAX_DOCUMENTS 100
/* So many of them are shown to the person. */
#define MAX_SHOWN 5
/* So far from our sends a document is a matter for a person: the clock of `Date` and that of `creation` may be two, and the
 * zone may not be the one that we were told, by less than a day. */
#define CLOCK_SLACK_MS (26 * 60 * 60 * 1000)

/* What a list of the server shows. */
typedef struct
{
  guint n_ours;      /* made in our time, with our natural key */
  guint n_doubtful;  /* may be ours */
  char *ours;        /* (owned) (nullable): the name of the last of the first kind */
  GString *evidence; /* (owned): both kinds, for a person */
} Sighting;

static void
sighting_clear (Sighting *self)
{
  g_free (self->ours);
  g_string_free (self->evidence, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sighting, sighting_clear)

/* Whether @row, about to be sent or looked for, may need to know as whom it goes and when it is on the server's clock. */
gboolean
sync_natural_must_ask (SyncEngine *self, const SyncRequest *row)
{
  return g_strcmp0 (row->action, sync_action_to_string (SYNC_ACTION_CREATE)) == 0
         && sync_engine_get_key_in_force (self, row->resource_type) == NULL
         && (self->user == NULL || sync_engine_get_server_ms (self) == 0);
}

static void
who_answered (SyncEngine *self, SyncHostNews news, const SyncAnswer *answer, const char *words, gpointer user_data)
{
  SyncOperation *op = user_data;

  if (sync_operation_is_dropped (op))
    {
      sync_operation_end (op);
      return;
    }
  sync_engine_note_host (self, news, answer, words);
  if (news == SYNC_HOST_UP)
    sync_delivery_continue (op);
  else
    sync_operation_end (op);
}

/* Asks it, once for @op, and goes on with @op. */
void
sync_natural_ask (SyncOperation *op)
{
  op->asked_who = TRUE;
  sync_probe_ask_who (op->engine, op->cancellable, who_answered, op);
}

/* Whether the row can be looked for in this way: of every send that may have arrived it is known as whom and when. */
gboolean
sync_natural_can_look (SyncEngine *self, const SyncRoute *route, const SyncRequest *request)
{
  g_auto (SyncHistory) history = { 0 };

  if (route->natural == NULL)
    return FALSE;
  sync_history_read (self, route, request, &history);
  return history.is_traceable && history.n_sends == request->attempts;
}

/* The last moment at which a send of the row can have made something, on the server's clock. */
static gint64
end_of_time (SyncOperation *op, const SyncHistory *history)
{
  const SyncConfig *config = op->engine->config;

  return SYNC_MUTANT ("no-settle-time") ? 0
                                        : history->last_server_ms + config->write_timeout + config->settle_time + SYNC_SEND_SLACK_MS;
}

static void
add_filter (JsonBuilder *builder, const char *field, const char *operator, const char *value)
{
  json_builder_begin_array (builder);
  json_builder_add_string_value (builder, field);
  json_builder_add_string_value (builder, operator);
  json_builder_add_string_value (builder, value);
  json_builder_end_array (builder);
}

static char *
dup_escaped (JsonBuilder *builder)
{
  g_autoptr (JsonNode) node = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (node, FALSE);

  return g_uri_escape_string (text, NULL, FALSE);
}

static char *
dup_filters (SyncOperation *op, const SyncHistory *history)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *from = sync_zone_dup_text (op->engine, history->earliest_ms - CLOCK_SLACK_MS);

  json_builder_begin_array (builder);
  add_filter (builder, "owner", "=", history->sent_as);
  add_filter (builder, "creation", ">=", from);
  /* What the server may have changed cannot be asked for. */
  for (guint i = 0; !op->route->natural_may_change && op->route->natural[i] != NULL; i += 2)
    add_filter (builder, op->route->natural[i], "=", op->route->natural[i + 1]);
  json_builder_end_array (builder);
  return dup_escaped (builder);
}

static char *
dup_fields (SyncOperation *op)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  json_builder_add_string_value (builder, "name");
  json_builder_add_string_value (builder, "creation");
  for (guint i = 0; op->route->natural[i] != NULL; i += 2)
    json_builder_add_string_value (builder, op->route->natural[i]);
  json_builder_end_array (builder);
  return dup_escaped (builder);
}

static gboolean
has_natural_key (SyncOperation *op, JsonObject *row)
{
  for (guint i = 0; op->route->natural[i] != NULL; i += 2)
    {
      JsonNode *node = json_object_get_member (row, op->route->natural[i]);
      g_autofree char *text = NULL;

      if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
        return FALSE;
      text = json_node_get_value_type (node) == G_TYPE_STRING ? json_node_dup_string (node) : json_to_string (node, FALSE);
      if (!g_str_equal (text, op->route->natural[i + 1]))
        return FALSE;
    }
  return TRUE;
}

static void
add_evidence (Sighting *self, const char *name, const char *creation)
{
  guint n = self->n_ours + self->n_doubtful;

  if (n <= MAX_SHOWN)
    g_string_append_printf (self->evidence, "%s“%s” (%s)", n > 1 ? ", " : "", name, creation);
  else if (n == MAX_SHOWN + 1)
    g_string_append (self->evidence, ", …");
}

static void
see_row (SyncOperation *op, const SyncHistory *history, JsonObject *row, const char *name, SyncMaker maker,
         Sighting *sighting)
{
  const char *creation = sync_json_member_text (row, "creation", "");
  gint64 end_ms = end_of_time (op, history);
  gint64 until_ms = history->latest_ms + CLOCK_SLACK_MS;
  gint64 earliest_ms, latest_ms;
  gboolean known = sync_zone_read (op->engine, creation, &earliest_ms, &latest_ms);
  gboolean equal = has_natural_key (op, row);

  /* Of another natural key only what can have been made by a send of ours. */
  if (known && !equal && (latest_ms < history->earliest_ms - CLOCK_SLACK_MS || earliest_ms > MAX (end_ms, until_ms)))
    return;
  if (known && equal && maker == SYNC_MAKER_NONE && earliest_ms >= history->first_server_ms && latest_ms <= end_ms)
    {
      sighting->n_ours++;
      g_free (sighting->ours);
      sighting->ours = g_strdup (name);
      add_evidence (sighting, name, creation);
    }
  else
    {
      sighting->n_doubtful++;
      add_evidence (sighting, name, creation);
    }
}

/* FALSE: the list or our own database cannot be read, and @op goes on by itself. */
static gboolean
see_rows (SyncOperation *op, const SyncHistory *history, JsonArray *rows, Sighting *sighting)
{
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonNode *node = json_array_get_element (rows, i);
      g_autofree char *name = JSON_NODE_HOLDS_OBJECT (node) ? sync_question_dup_name (json_node_get_object (node)) : NULL;
      g_autoptr (GError) error = NULL;
      SyncMaker maker = SYNC_MAKER_NONE;

      if (name == NULL)
        {
          sync_settle_take_trouble (op);
          return FALSE;
        }
      if (!sync_store_find_other_maker (op->engine->store, op->request, name, &maker, &error))
        {
          sync_engine_set_storage_trouble (op->engine, error);
          sync_operation_end (op);
          return FALSE;
        }
      if (maker != SYNC_MAKER_OTHER)
        see_row (op, history, json_node_get_object (node), name, maker, sighting);
    }
  return TRUE;
}

static void
give_with_evidence (SyncOperation *op, const SyncHistory *history, const char *evidence, const char *what)
{
  g_autofree char *why = g_strdup_printf (
    "It was sent without a key and no answer came back. At that time %s made on the server: %s %s. %s", history->sent_as,
    op->request->resource_type, evidence, what);

  sync_settle_give_to_person (op, why);
}

static void
give_unproven (SyncOperation *op)
{
  g_autofree char *why = g_strdup_printf (
    "It was sent without a key and no answer came back. The server shows no such %s; but whether %s would see it there is"
    " not certain, so only a person can tell whether it arrived.",
    op->request->resource_type, op->engine->user != NULL ? op->engine->user : "this user");

  sync_settle_give_to_person (op, why);
}

/* Another answer may have closed the line since the last question. */
static void
ask_next (SyncOperation *op, const char *path, GAsyncReadyCallback callback)
{
  if (!sync_settle_ends_with_the_host (op))
    sync_question_ask (op, path, callback);
}

/* The answer to "may I read this one?" */
static void
may_read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncOperation *op = user_data;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *message;
  JsonNode *may = NULL;
  g_auto (SyncHistory) history = { 0 };
  gboolean refused;

  if (!sync_question_take_reply (op, SYNC_TRANSPORT (source), result))
    return;
  message = sync_question_get_member (op->reply, parser, "message");
  if (message != NULL && JSON_NODE_HOLDS_OBJECT (message))
    may = json_object_get_member (json_node_get_object (message), "has_permission");
  if (op->outcome.verdict != SYNC_VERDICT_DELIVERED || may == NULL || !JSON_NODE_HOLDS_VALUE (may))
    {
      sync_settle_take_trouble (op);
      return;
    }
  if (json_node_get_value_type (may) != G_TYPE_BOOLEAN || !json_node_get_boolean (may))
    {
      give_unproven (op);
      return;
    }
  sync_history_read (op->engine, op->route, op->request, &history);
  refused = sync_history_is_refusal (&history, op->engine, op->request);
  sync_settle_as (op, refused ? SYNC_STATE_FAILED : SYNC_STATE_PENDING, SYNC_LOOK_ABSENT,
                  refused ? op->request->error_message : NULL);
}

/* The answer to "show me any document of that type": one that is shown can be asked about. */
static void
any_listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncOperation *op = user_data;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonArray *rows;
  JsonNode *row;
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;

  if (!sync_question_take_reply (op, SYNC_TRANSPORT (source), result))
    return;
  rows = sync_question_get_rows (op->reply, &op->outcome, parser);
  if (rows == NULL)
    {
      sync_settle_take_trouble (op);
      return;
    }
  row = json_array_get_length (rows) > 0 ? json_array_get_element (rows, 0) : NULL;
  name = row != NULL && JSON_NODE_HOLDS_OBJECT (row) ? sync_question_dup_name (json_node_get_object (row)) : NULL;
  if (name == NULL)
    {
      give_unproven (op);
      return;
    }
  path = sync_question_dup_right_path (op->request->resource_type, name);
  ask_next (op, path, may_read_cb);
}

/* Nothing of ours is there. That counts after the settle time, the second time, and for somebody who would see it. */
static void
absent (SyncOperation *op, const SyncHistory *history)
{
  SyncEngine *self = op->engine;
  gint64 now_ms = sync_engine_get_server_ms (self);
  gint64 settled_ms = history->last_server_ms + history->last_duration_ms + self->config->settle_time + SYNC_SEND_SLACK_MS;
  gint64 passing_ms = sync_absence_get_wait_ms (op);
  gint64 wait_ms = SYNC_MUTANT ("no-settle-time") ? 0 : MAX (passing_ms, settled_ms - now_ms);
  g_autofree char *list = NULL;
  g_autofree char *path = NULL;

  if (now_ms == 0 || g_strcmp0 (self->user, history->sent_as) != 0 || sync_store_get_restore_report (self->store) != NULL)
    {
      give_unproven (op);
      return;
    }
  if (passing_ms <= 0 && wait_ms > history->last_duration_ms + self->config->settle_time + SYNC_SEND_SLACK_MS)
    {
      /* Its time has passed here, and will not come there for long: when it was made nobody can tell any more. */
      sync_settle_give_to_person (op, "It was sent without a key and no answer came back. The server's clock has been set"
                                      " back since, so only a person can tell whether it arrived.");
      return;
    }
  if (wait_ms > 0)
    {
      /* It may still be on its way through the server. */
      sync_settle_look_later (op, sync_absence_space_ms (MIN (wait_ms, (gint64) self->config->settle_time)), SYNC_LOOK_NOT_YET, NULL);
      return;
    }
  wait_ms = sync_absence_see (op);
  if (wait_ms > 0)
    {
      sync_settle_look_later (op, wait_ms, SYNC_LOOK_ABSENT_ONCE, NULL);
      return;
    }
  list = sync_route_dup_document_path (op->request->resource_type, NULL);
  path = g_strdup_printf ("%s?fields=%%5B%%22name%%22%%5D&limit_page_length=1", list);
  ask_next (op, path, any_listed_cb);
}

/* The one document that may be ours. */
static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncOperation *op = user_data;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_auto (SyncHistory) history = { 0 };
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;
  g_autofree char *evidence = NULL;
  SyncMaker maker = SYNC_MAKER_NONE;
  JsonObject *document;
  JsonNode *data;

  if (!sync_question_take_reply (op, SYNC_TRANSPORT (source), result))
    return;
  data = sync_question_get_data (op->reply, parser);
  name = data != NULL && JSON_NODE_HOLDS_OBJECT (data) ? sync_question_dup_name (json_node_get_object (data)) : NULL;
  if (op->outcome.verdict != SYNC_VERDICT_DELIVERED || name == NULL)
    {
      sync_settle_take_trouble (op);
      return;
    }
  document = json_node_get_object (data);
  text = json_to_string (data, FALSE);
  /* Another request may have been settled by it while it was read. */
  if (!sync_store_find_other_maker (op->engine->store, op->request, name, &maker, NULL) || maker != SYNC_MAKER_NONE)
    {
      sync_settle_look_later (op, sync_absence_space_ms (op->engine->config->base_retry_delay), SYNC_LOOK_NOT_YET, NULL);
      return;
    }
  if (sync_body_agrees_with (op->route, op->request->content_type, sync_request_get_body (op->request), text))
    {
      sync_found_take (op, document);
      return;
    }
  sync_history_read (op->engine, op->route, op->request, &history);
  evidence = g_strdup_printf ("“%s” (%s)", name, sync_json_member_text (document, "creation", ""));
  give_with_evidence (op, &history, evidence,
                      "It differs from what was sent, so only a person can tell whether it is the one.");
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncOperation *op = user_data;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_auto (SyncHistory) history = { 0 };
  g_auto (Sighting) sighting = { .evidence = g_string_new (NULL) };
  g_autofree char *path = NULL;
  JsonArray *rows;

  if (!sync_question_take_reply (op, SYNC_TRANSPORT (source), result))
    return;
  rows = sync_question_get_rows (op->reply, &op->outcome, parser);
  if (rows == NULL)
    {
      sync_settle_take_trouble (op);
      return;
    }
  sync_history_read (op->engine, op->route, op->request, &history);
  if (!see_rows (op, &history, rows, &sighting))
    return;
  if (json_array_get_length (rows) >= MAX_DOCUMENTS)
    give_with_evidence (op, &history, sighting.evidence->str,
                        "There are too many to tell them apart, so only a person can tell whether it is among them.");
  else if (sighting.n_ours == 0 && sighting.n_doubtful == 0)
    absent (op, &history);
  else if (sighting.n_ours == 1 && sighting.n_doubtful == 0)
    {
      path = sync_route_dup_document_path (op->request->resource_type, sighting.ours);
      ask_next (op, path, read_cb);
    }
  else
    give_with_evidence (op, &history, sighting.evidence->str, "Only a person can tell whether it is one of them.");
}

/* Looks for the document of @op; sync_natural_can_look() says whether that can be done. */
void
sync_natural_look (SyncOperation *op)
{
  g_auto (SyncHistory) history = { 0 };
  g_autofree char *list = NULL;
  g_autofree char *filters = NULL;
  g_autofree char *fields = NULL;
  g_autofree char *path = NULL;

  if (sync_zone_is_unasked (op->engine))
    {
      sync_zone_ask (op);
      return;
    }
  if (op->engine->zone == NULL)
    {
      sync_settle_give_to_person (op, "It was sent without a key and no answer came back. The site does not tell its time"
                                      " zone, so it cannot be looked for, and only a person can tell whether it arrived.");
      return;
    }
  sync_history_read (op->engine, op->route, op->request, &history);
  list = sync_route_dup_document_path (op->request->resource_type, NULL);
  filters = dup_filters (op, &history);
  fields = dup_fields (op);
  path = g_strdup_printf ("%s?filters=%s&fields=%s&order_by=creation%%20asc&limit_page_length=%d", list, filters, fields,
                          MAX_DOCUMENTS);
  sync_question_ask (op, path, listed_cb);
}

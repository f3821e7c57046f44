/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server of the simulator. Its rules are those that the recordings show, as far as the engine depends on them. */
#include "config.h"

#include "sim-site.h"

#include "sim-cover.h"

#include <string.h>

#define POSA_SUBMIT "/api/method/posawesome.posawesome.api.invoices.submit_invoice"
#define KEY_OF_SALE "posa_client_request_id"
#define KEY_OF_OTHERS "sync_client_id"
/* Asia/Kolkata: the site's times are not the till's. */
#define ZONE_S (19800)
#define OTHER "other@example.com"

struct _SimSite
{
  GHashTable *documents; /* (owned) (element-type utf8 JsonObject): "Type/name" */
  GPtrArray *order;      /* (owned) (element-type utf8): the same names in the order of (last) making, gone ones too */
  GArray *commits;       /* (owned) (element-type SimCommit) */
  GPtrArray *queued;     /* (owned) (element-type utf8): documents whose submission waits for a worker */
  gboolean is_lenient;   /* the rule does not hold at present */
  guint n_made;
  guint n_saves;
  gint64 wall_us;
};

static void
commit_clear (gpointer data)
{
  g_free (((SimCommit *) data)->id);
  g_free (((SimCommit *) data)->over);
}

SimSite *
sim_site_new (void)
{
  SimSite *self = g_new0 (SimSite, 1);

  self->documents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_object_unref);
  self->order = g_ptr_array_new_with_free_func (g_free);
  self->commits = g_array_new (FALSE, TRUE, sizeof (SimCommit));
  g_array_set_clear_func (self->commits, commit_clear);
  self->queued = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
sim_site_free (SimSite *self)
{
  g_hash_table_unref (self->documents);
  g_ptr_array_unref (self->order);
  g_array_unref (self->commits);
  g_ptr_array_unref (self->queued);
  g_free (self);
}

void
sim_site_set_wall_us (SimSite *self, gint64 wall_us)
{
  self->wall_us = wall_us;
}

/* Answers ----------------------------------------------------------------------------------------------------------- */

SyncTransportReply *
sim_reply_new (guint status, const char *content_type, const char *body)
{
  SyncTransportReply *reply = sync_transport_reply_new ();

  reply->result = SYNC_TRANSPORT_OK;
  reply->bytes_written = TRUE;
  reply->status = status;
  reply->content_type = g_strdup (content_type);
  reply->body = g_bytes_new (body, strlen (body));
  return reply;
}

SyncTransportReply *
sim_reply_new_exception (guint status, const char *exc_type, const char *words)
{
  g_autofree char *body
    = g_strdup_printf ("{\"exc_type\":\"%s\",\"exception\":\"frappe.exceptions.%s: %s\"}", exc_type, exc_type, words);

  return sim_reply_new (status, "application/json", body);
}

SyncTransportReply *
sim_reply_new_broken (SyncTransportResult result, gboolean written)
{
  SyncTransportReply *reply = sync_transport_reply_new ();

  reply->result = result;
  reply->bytes_written = written;
  reply->error = g_strdup (sync_transport_result_to_string (result));
  return reply;
}

static char *
dup_document (JsonObject *document)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), document);

  return json_to_string (node, FALSE);
}

static SyncTransportReply *
reply_document (const char *member, JsonObject *document)
{
  g_autofree char *text = dup_document (document);
  g_autofree char *body = g_strdup_printf ("{\"%s\":%s}", member, text);

  return sim_reply_new (200, "application/json", body);
}

/* Documents --------------------------------------------------------------------------------------------------------- */

gboolean
sim_site_enforces_key (const char *type)
{
  return g_str_equal (type, "Sales Invoice");
}

/* Whether whoever makes a document of @type names it. */
static gboolean
takes_name (const char *type)
{
  return g_str_equal (type, "Batch");
}

static const char *
key_field (const char *type)
{
  return sim_site_enforces_key (type) ? KEY_OF_SALE : KEY_OF_OTHERS;
}

JsonObject *
sim_site_get (SimSite *self, const char *type, const char *name)
{
  g_autofree char *id = g_strconcat (type, "/", name, NULL);

  return g_hash_table_lookup (self->documents, id);
}

static JsonObject *
find_key (SimSite *self, const char *type, const char *key)
{
  g_autofree char *prefix = g_strconcat (type, "/", NULL);

  for (guint i = 0; key != NULL && i < self->order->len; i++)
    {
      const char *id = g_ptr_array_index (self->order, i);
      JsonObject *document = g_hash_table_lookup (self->documents, id);
      const char *its = document != NULL && g_str_has_prefix (id, prefix)
                          ? json_object_get_string_member_with_default (document, key_field (type), NULL)
                          : NULL;

      if (its != NULL && g_ascii_strcasecmp (its, key) == 0)
        return document;
    }
  return NULL;
}

/* The document of @type that carries @mark, and how many do. */
JsonObject *
sim_site_find_mark (SimSite *self, const char *type, gint64 mark, guint *n)
{
  g_autofree char *prefix = g_strconcat (type, "/", NULL);
  JsonObject *found = NULL;

  *n = 0;
  for (guint i = 0; i < self->order->len; i++)
    {
      const char *id = g_ptr_array_index (self->order, i);
      JsonObject *document = g_hash_table_lookup (self->documents, id);

      if (document == NULL || !g_str_has_prefix (id, prefix)
          || json_object_get_int_member_with_default (document, "n", 0) != mark)
        continue;
      found = document;
      (*n)++;
    }
  return found;
}

const SimCommit *
sim_site_get_commits (SimSite *self, guint *n)
{
  *n = self->commits->len;
  return &g_array_index (self->commits, SimCommit, 0);
}

/* How often the till did this. */
guint
sim_site_count (SimSite *self, SimCommitKind kind, gint64 mark)
{
  guint n = 0;

  for (guint i = 0; i < self->commits->len; i++)
    {
      const SimCommit *commit = &g_array_index (self->commits, SimCommit, i);

      n += commit->ours && commit->kind == kind && commit->mark == mark;
    }
  return n;
}

static void
stamp (SimSite *self, JsonObject *document, gboolean ours)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (self->wall_us / G_USEC_PER_SEC + ZONE_S);
  g_autofree char *second = g_date_time_format (time, "%Y-%m-%d %H:%M:%S");
  /* Never twice the same. */
  g_autofree char *modified = g_strdup_printf ("%s.%06u", second, ++self->n_saves);

  json_object_set_string_member (document, "modified", modified);
  json_object_set_string_member (document, "modified_by", ours ? "cashier@example.com" : OTHER);
}

static void
record (SimSite *self, SimCommitKind kind, const char *id, gint64 mark, gboolean ours)
{
  const SimCommit commit = { kind, mark, g_strdup (id), ours, NULL };

  g_array_append_val (self->commits, commit);
}

static void
copy_members (JsonObject *from, JsonObject *to)
{
  g_autoptr (GList) members = json_object_get_members (from);

  for (GList *l = members; l != NULL; l = l->next)
    if (!g_str_equal (l->data, "modified") && !g_str_equal (l->data, "name"))
      json_object_set_member (to, l->data, json_node_copy (json_object_get_member (from, l->data)));
}

static gint64
mark_of (JsonObject *body)
{
  return body != NULL ? json_object_get_int_member_with_default (body, "n", 0) : 0;
}

static JsonObject *
make (SimSite *self, const char *type, const char *name, JsonObject *body, gboolean ours)
{
  g_autofree char *own_name = name != NULL ? g_strdup (name) : g_strdup_printf ("NAME-%u", ++self->n_made);
  g_autofree char *id = g_strconcat (type, "/", own_name, NULL);
  JsonObject *document = json_object_new ();
  guint before;

  copy_members (body, document);
  if (!sim_site_enforces_key (type))
    json_object_remove_member (document, KEY_OF_OTHERS);
  json_object_set_string_member (document, "name", own_name);
  json_object_set_string_member (document, "owner", ours ? "cashier@example.com" : OTHER);
  stamp (self, document, ours);
  json_object_set_string_member (document, "creation", json_object_get_string_member (document, "modified"));
  if (!json_object_has_member (document, "docstatus"))
    json_object_set_int_member (document, "docstatus", 0);
  if (g_ptr_array_find_with_equal_func (self->order, id, g_str_equal, &before))
    g_ptr_array_remove_index (self->order, before);
  g_ptr_array_add (self->order, g_strdup (id));
  record (self, SIM_COMMIT_CREATE, id, mark_of (body), ours);
  g_hash_table_insert (self->documents, g_steal_pointer (&id), document);
  return document;
}

/* Calls --------------------------------------------------------------------------------------------------------------- */

/* (transfer full) (nullable): the body as an object; NULL if it is none, a cut one above all */
static JsonObject *
parse (const char *text, gssize length)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;

  if (text == NULL || !json_parser_load_from_data (parser, text, length, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_object_ref (json_node_get_object (root)) : NULL;
}

static JsonObject *
parse_body (const SyncTransportRequest *request)
{
  gsize length = 0;
  const char *text = request->body != NULL ? g_bytes_get_data (request->body, &length) : NULL;

  return parse (text, (gssize) length);
}

static JsonObject *
parse_invoice (JsonObject *body)
{
  return body != NULL ? parse (json_object_get_string_member_with_default (body, "invoice", NULL), -1) : NULL;
}

/* What a call of set_value sets, NULL: @body is none. */
static JsonObject *
find_fields (JsonObject *body)
{
  JsonNode *fields = body != NULL ? json_object_get_member (body, "fieldname") : NULL;

  return fields != NULL && JSON_NODE_HOLDS_OBJECT (fields) ? json_node_get_object (fields) : NULL;
}

/* The number that a write carries, wherever its document is. */
gint64
sim_site_mark_of (const SyncTransportRequest *request)
{
  g_autoptr (JsonObject) body = parse_body (request);
  g_autoptr (JsonObject) invoice = parse_invoice (body);

  JsonObject *fields = find_fields (body);

  return mark_of (invoice != NULL ? invoice : fields != NULL ? fields : body);
}

/* What the rule makes of it, NULL: nothing. @at: 1: what is new or changed; 2: what is submitted. */
static SyncTransportReply *
check_rule (SimSite *self, JsonObject *document, gint64 at)
{
  gint64 rule = json_object_get_int_member_with_default (document, "rule", 0);

  if (self->is_lenient || rule == 0 || rule > at)
    return NULL;
  sim_cover_act (SIM_ACT_RULE);
  return sim_reply_new_exception (417, "NegativeStockError", "9 units needed");
}

static SyncTransportReply *
create (SimSite *self, const char *type, const SyncTransportRequest *request)
{
  g_autoptr (JsonObject) body = parse_body (request);
  const char *key = body != NULL ? json_object_get_string_member_with_default (body, key_field (type), NULL) : NULL;
  const char *name = body != NULL && takes_name (type) ? json_object_get_string_member (body, "name") : NULL;
  SyncTransportReply *refusal;

  if (body == NULL)
    return sim_reply_new_exception (500, "JSONDecodeError", "Expecting value");
  /* In one step no payment would be booked: the engine must never ask for that. */
  g_assert_cmpint (json_object_get_int_member_with_default (body, "docstatus", 0), ==, 0);
  if (sim_site_enforces_key (type) && find_key (self, type, key) != NULL)
    return sim_reply_new_exception (417, "UniqueValidationError", "Duplicate entry");
  if (name != NULL && sim_site_get (self, type, name) != NULL)
    {
      g_autofree char *words = g_strdup_printf ("%s %s already exists", type, name);

      return sim_reply_new_exception (409, "DuplicateEntryError", words);
    }
  refusal = check_rule (self, body, 1);
  return refusal != NULL ? refusal : reply_document ("data", make (self, type, name, body, TRUE));
}

/* POS Awesome's own call: makes and submits in one transaction, and shows what it made when it is asked again. */
static SyncTransportReply *
submit_sale (SimSite *self, const SyncTransportRequest *request)
{
  g_autoptr (JsonObject) body = parse_body (request);
  g_autoptr (JsonObject) invoice = parse_invoice (body);
  JsonObject *document;
  SyncTransportReply *refusal;
  g_autofree char *id = NULL;

  if (invoice == NULL)
    return sim_reply_new_exception (500, "JSONDecodeError", "Expecting value");
  document = find_key (self, "Sales Invoice", json_object_get_string_member_with_default (invoice, KEY_OF_SALE, NULL));
  if (document != NULL && json_object_get_int_member (document, "docstatus") == 2)
    return sim_reply_new_exception (417, "ValidationError", "Cannot edit cancelled document");
  if (document != NULL && json_object_get_int_member (document, "docstatus") == 1)
    return reply_document ("message", document);
  refusal = check_rule (self, invoice, 2);
  if (refusal != NULL)
    return refusal;
  if (document == NULL)
    document = make (self, "Sales Invoice", NULL, invoice, TRUE);
  json_object_set_int_member (document, "docstatus", 1);
  stamp (self, document, TRUE);
  id = g_strconcat ("Sales Invoice/", json_object_get_string_member (document, "name"), NULL);
  record (self, SIM_COMMIT_SUBMIT, id, mark_of (document), TRUE);
  return reply_document ("message", document);
}

/* The same in two transactions, of which the first was the last. */
SyncTransportReply *
sim_site_serve_half (SimSite *self, const SyncTransportRequest *request)
{
  g_autoptr (JsonObject) body = parse_body (request);
  g_autoptr (JsonObject) invoice = parse_invoice (body);

  if (invoice != NULL
      && find_key (self, "Sales Invoice", json_object_get_string_member_with_default (invoice, KEY_OF_SALE, NULL)) == NULL)
    make (self, "Sales Invoice", NULL, invoice, TRUE);
  return sim_reply_new_exception (500, "OperationalError", "gone away");
}

/* What a change of docstatus, or of a document that has one, comes to; NULL: it may go on. */
static SyncTransportReply *
check_docstatus (JsonObject *document, JsonObject *body)
{
  gint64 is = json_object_get_int_member (document, "docstatus");
  gint64 wanted = json_object_get_int_member_with_default (body, "docstatus", is);

  if (is == 2)
    return sim_reply_new_exception (417, "ValidationError", "Cannot edit cancelled document");
  if (wanted < is || wanted > is + 1)
    return sim_reply_new_exception (417, "DocstatusTransitionError", "Cannot change docstatus");
  if (is == 1 && json_object_has_member (body, "n"))
    return sim_reply_new_exception (417, "UpdateAfterSubmitError", "Not allowed to change after submission");
  return NULL;
}

static SyncTransportReply *
update (SimSite *self, const char *id, JsonObject *document, JsonObject *body)
{
  gint64 before = json_object_get_int_member (document, "docstatus");
  g_autofree char *over = NULL;
  SyncTransportReply *refusal;
  JsonObject *rules;
  gint64 after;

  if (body == NULL)
    return sim_reply_new_exception (500, "JSONDecodeError", "Expecting value");
  if (json_object_has_member (body, "modified")
      && g_strcmp0 (json_object_get_string_member (body, "modified"), json_object_get_string_member (document, "modified")) != 0)
    return sim_reply_new_exception (417, "TimestampMismatchError", "Document has been modified after you have opened it");
  refusal = check_docstatus (document, body);
  if (refusal != NULL)
    return refusal;
  after = json_object_get_int_member_with_default (body, "docstatus", before);
  /* A submission that says nothing of it is about what the draft says. */
  rules = after > before && !json_object_has_member (body, "rule") ? document : body;
  refusal = check_rule (self, rules, after > before ? 2 : 1);
  if (refusal != NULL)
    return refusal;
  if (after > before && json_object_has_member (document, "queued"))
    {
      /* A worker will do it; the answer shows the draft. */
      if (!g_ptr_array_find_with_equal_func (self->queued, id, g_str_equal, NULL))
        g_ptr_array_add (self->queued, g_strdup (id));
      return reply_document ("data", document);
    }
  if (g_str_equal (json_object_get_string_member (document, "modified_by"), OTHER))
    over = g_strdup (json_object_get_string_member (document, "modified"));
  copy_members (body, document);
  stamp (self, document, TRUE);
  record (self, after > before ? (after == 1 ? SIM_COMMIT_SUBMIT : SIM_COMMIT_CANCEL) : SIM_COMMIT_UPDATE, id,
          after > before ? mark_of (document) : mark_of (body), TRUE);
  g_array_index (self->commits, SimCommit, self->commits->len - 1).over = g_steal_pointer (&over);
  return reply_document ("data", document);
}

static gboolean
is_one_of (const char *text, JsonArray *texts)
{
  for (guint i = 0; i < json_array_get_length (texts); i++)
    if (g_str_equal (json_array_get_string_element (texts, i), text))
      return TRUE;
  return FALSE;
}

/* ["customer_name", "=", "A"] */
static gboolean
passes (JsonObject *document, JsonArray *filter)
{
  const char *is = json_object_get_string_member_with_default (document, json_array_get_string_element (filter, 0), "");
  int order;

  if (g_str_equal (json_array_get_string_element (filter, 1), "in"))
    return is_one_of (is, json_array_get_array_element (filter, 2));
  order = strcmp (is, json_array_get_string_element (filter, 2));
  return g_str_equal (json_array_get_string_element (filter, 1), "=") ? order == 0 : order >= 0;
}

/* The documents of a type that pass all of @filters. */
static SyncTransportReply *
list_filtered (SimSite *self, const char *type, JsonArray *filters)
{
  g_autofree char *prefix = g_strconcat (type, "/", NULL);
  g_autoptr (GString) body = g_string_new ("{\"data\":[");

  for (guint i = 0; i < self->order->len; i++)
    {
      const char *id = g_ptr_array_index (self->order, i);
      JsonObject *document = g_hash_table_lookup (self->documents, id);
      gboolean in = document != NULL && g_str_has_prefix (id, prefix);
      g_autofree char *text = NULL;

      for (guint j = 0; in && j < json_array_get_length (filters); j++)
        in = passes (document, json_array_get_array_element (filters, j));
      if (!in)
        continue;
      text = dup_document (document);
      g_string_append_printf (body, "%s%s", body->str[body->len - 1] == '[' ? "" : ",", text);
    }
  g_string_append (body, "]}");
  return sim_reply_new (200, "application/json", body->str);
}

static SyncTransportReply *
list (SimSite *self, const char *type, const char *query)
{
  g_autoptr (GHashTable) arguments = g_uri_parse_params (query, -1, "&", G_URI_PARAMS_NONE, NULL);
  const char *text = g_hash_table_lookup (arguments, "filters");
  g_autoptr (JsonNode) filters = text != NULL ? json_from_string (text, NULL) : NULL;
  g_autoptr (JsonArray) all = json_array_new ();
  g_autofree char *decoded = g_uri_unescape_string (query, NULL);
  g_autofree char *member = g_strdup_printf ("\"%s\":\"", key_field (type));
  const char *colon = strstr (decoded, member);
  g_autofree char *key = NULL;
  g_autofree char *body = NULL;
  JsonObject *document;

  if (filters == NULL)
    return list_filtered (self, type, all);
  if (JSON_NODE_HOLDS_ARRAY (filters))
    return list_filtered (self, type, json_node_get_array (filters));
  if (json_object_has_member (json_node_get_object (filters), "creation"))
    {
      JsonArray *one = json_array_new ();

      json_array_add_string_element (one, "creation");
      json_array_add_string_element (one, "=");
      json_array_add_string_element (one, json_object_get_string_member (json_node_get_object (filters), "creation"));
      json_array_add_array_element (all, one);
      return list_filtered (self, type, all);
    }
  if (!sim_site_enforces_key (type))
    return sim_reply_new_exception (417, "DataError", "Field not permitted in query");
  g_assert_nonnull (colon);
  key = g_strndup (colon + strlen (member), strcspn (colon + strlen (member), "\""));
  document = find_key (self, type, key);
  if (document == NULL)
    return sim_reply_new (200, "application/json", "{\"data\":[]}");
  body = g_strdup_printf ("{\"data\":[{\"name\":\"%s\",\"%s\":\"%s\"}]}", json_object_get_string_member (document, "name"),
                          key_field (type), json_object_get_string_member (document, key_field (type)));
  return sim_reply_new (200, "application/json", body);
}

static SyncTransportReply *
delete (SimSite *self, const char *id, JsonObject *document)
{
  if (json_object_get_int_member (document, "docstatus") == 1)
    return sim_reply_new_exception (417, "ValidationError", "Submitted Record cannot be deleted");
  record (self, SIM_COMMIT_DELETE, id, mark_of (document), TRUE);
  g_hash_table_remove (self->documents, id);
  return sim_reply_new (202, "application/json", "{\"data\":\"ok\"}");
}

static SyncTransportReply *
serve_resource (SimSite *self, const char *path, const SyncTransportRequest *request)
{
  g_autofree char *plain = g_strndup (path, strcspn (path, "?"));
  g_autofree char *id = g_uri_unescape_string (plain, NULL);
  const char *query = strchr (path, '?');
  g_autoptr (JsonObject) body = NULL;
  JsonObject *document;

  if (strchr (id, '/') == NULL)
    return g_str_equal (request->method, "POST") ? create (self, id, request) : list (self, id, query + 1);
  document = g_hash_table_lookup (self->documents, id);
  if (document == NULL)
    return sim_reply_new_exception (404, "DoesNotExistError", "not found");
  if (g_str_equal (request->method, "GET"))
    return reply_document ("data", document);
  if (g_str_equal (request->method, "DELETE"))
    return delete (self, id, document);
  body = parse_body (request);
  return update (self, id, document, body);
}

/* The same by a method of frappe.client. */
static SyncTransportReply *
set_value (SimSite *self, const SyncTransportRequest *request)
{
  g_autoptr (JsonObject) body = parse_body (request);
  JsonObject *fields = find_fields (body);
  g_autofree char *id = NULL;
  JsonObject *document;

  if (fields == NULL)
    return sim_reply_new_exception (500, "JSONDecodeError", "Expecting value");
  id = g_strconcat (json_object_get_string_member (body, "doctype"), "/", json_object_get_string_member (body, "name"), NULL);
  document = g_hash_table_lookup (self->documents, id);
  return document != NULL ? update (self, id, document, fields)
                          : sim_reply_new_exception (404, "DoesNotExistError", "not found");
}

/* The key with which a document is made; NULL: without one that the site enforces, so nothing tells it from another. */
static char *
dup_key_of (const SyncTransportRequest *request)
{
  g_autoptr (JsonObject) body = parse_body (request);
  g_autoptr (JsonObject) invoice = parse_invoice (body);
  JsonObject *document = invoice != NULL ? invoice : body;

  return document != NULL ? g_strdup (json_object_get_string_member_with_default (document, KEY_OF_SALE, NULL)) : NULL;
}

/* A genuine document that is not the one that @request is about, as the answer to it: what something on the way that
 * mixes answers up would give. NULL: there is none, or the answer to @request is no document. */
SyncTransportReply *
sim_site_show_another (SimSite *self, const SyncTransportRequest *request, guint start)
{
  const char *path = strstr (request->url, "/api/");
  gboolean is_sale = g_str_has_suffix (path, POSA_SUBMIT);
  gboolean makes = g_str_equal (request->method, "POST");
  g_autofree char *key = makes ? dup_key_of (request) : NULL;
  g_autofree char *id = g_str_has_prefix (path, "/api/resource/")
                          ? g_uri_unescape_string (path + strlen ("/api/resource/"), NULL)
                          : NULL;

  if (g_str_equal (request->method, "DELETE") || (makes && key == NULL) || (id == NULL && !is_sale)
      || (!makes && (strchr (id, '/') == NULL || strchr (id, '?') != NULL)))
    return NULL;
  for (guint i = 0; i < self->order->len; i++)
    {
      const char *other = g_ptr_array_index (self->order, (start + i) % self->order->len);
      JsonObject *document = g_hash_table_lookup (self->documents, other);
      const char *its = document != NULL ? json_object_get_string_member_with_default (document, KEY_OF_SALE, NULL) : NULL;

      if (document != NULL
          && (makes ? its != NULL && g_ascii_strcasecmp (its, key) != 0
                    : strcmp (strrchr (other, '/'), strrchr (id, '/')) != 0))
        return reply_document (is_sale ? "message" : "data", document);
    }
  return NULL;
}

/* What the site answers when the whole request arrives and nothing is in its way. */
SyncTransportReply *
sim_site_serve (SimSite *self, const SyncTransportRequest *request)
{
  const char *path = strstr (request->url, "/api/");

  g_assert_nonnull (path);
  if (g_str_has_suffix (path, "get_logged_user"))
    return sim_reply_new (200, "application/json", "{\"message\":\"cashier@example.com\"}");
  if (g_str_has_suffix (path, "get_time_zone"))
    return sim_reply_new (200, "application/json", "{\"message\":{\"time_zone\":\"Asia/Kolkata\"}}");
  if (g_str_has_prefix (path, "/api/method/frappe.client.has_permission"))
    return sim_reply_new (200, "application/json", "{\"message\":{\"has_permission\":true}}");
  if (g_str_has_suffix (path, POSA_SUBMIT))
    return submit_sale (self, request);
  if (g_str_has_suffix (path, "/frappe.client.set_value"))
    return set_value (self, request);
  g_assert_true (g_str_has_prefix (path, "/api/resource/"));
  return serve_resource (self, path + strlen ("/api/resource/"), request);
}

/* The workers do what is queued, or fail. */
void
sim_site_finish_queued (SimSite *self, gboolean well)
{
  for (guint i = 0; well && i < self->queued->len; i++)
    {
      const char *id = g_ptr_array_index (self->queued, i);
      JsonObject *document = g_hash_table_lookup (self->documents, id);

      if (document == NULL || json_object_get_int_member (document, "docstatus") != 0)
        continue;
      json_object_set_int_member (document, "docstatus", 1);
      stamp (self, document, TRUE);
      record (self, SIM_COMMIT_SUBMIT, id, mark_of (document), TRUE);
    }
  g_ptr_array_set_size (self->queued, 0);
}

gboolean
sim_site_has_queued (SimSite *self)
{
  return self->queued->len > 0;
}

void
sim_site_set_lenient (SimSite *self, gboolean is_lenient)
{
  self->is_lenient = is_lenient;
}

/* Somebody else ------------------------------------------------------------------------------------------------------ */

/* Saves a document, or makes it. */
void
sim_site_put (SimSite *self, const char *type, const char *name, const char *json)
{
  g_autoptr (JsonObject) body = parse (json, -1);
  g_autofree char *id = g_strconcat (type, "/", name, NULL);
  JsonObject *document = sim_site_get (self, type, name);

  if (document == NULL)
    {
      make (self, type, name, body, FALSE);
      return;
    }
  copy_members (body, document);
  stamp (self, document, FALSE);
  record (self, SIM_COMMIT_UPDATE, id, 0, FALSE);
}

/* FALSE: it is not there, or submitted. */
gboolean
sim_site_remove (SimSite *self, const char *type, const char *name)
{
  g_autofree char *id = g_strconcat (type, "/", name, NULL);
  JsonObject *document = sim_site_get (self, type, name);

  if (document == NULL || json_object_get_int_member (document, "docstatus") == 1)
    return FALSE;
  record (self, SIM_COMMIT_DELETE, id, mark_of (document), FALSE);
  return g_hash_table_remove (self->documents, id);
}

/* FALSE: it is not there. */
gboolean
sim_site_rename (SimSite *self, const char *type, const char *name)
{
  g_autofree char *id = g_strconcat (type, "/", name, NULL);
  g_autofree char *new_name = g_strdup_printf ("%s-%u", name, ++self->n_made);
  char *new_id = g_strconcat (type, "/", new_name, NULL);
  JsonObject *document = sim_site_get (self, type, name);

  if (document == NULL)
    {
      g_free (new_id);
      return FALSE;
    }
  json_object_ref (document);
  record (self, SIM_COMMIT_DELETE, id, 0, FALSE);
  g_hash_table_remove (self->documents, id);
  json_object_set_string_member (document, "name", new_name);
  stamp (self, document, FALSE);
  g_ptr_array_add (self->order, g_strdup (new_id));
  return g_hash_table_insert (self->documents, new_id, document);
}

/* FALSE: it is not there, or not one step below. */
gboolean
sim_site_set_docstatus (SimSite *self, const char *type, const char *name, int docstatus)
{
  g_autofree char *id = g_strconcat (type, "/", name, NULL);
  JsonObject *document = sim_site_get (self, type, name);

  if (document == NULL || json_object_get_int_member (document, "docstatus") != docstatus - 1)
    return FALSE;
  json_object_set_int_member (document, "docstatus", docstatus);
  stamp (self, document, FALSE);
  record (self, docstatus == 1 ? SIM_COMMIT_SUBMIT : SIM_COMMIT_CANCEL, id, 0, FALSE);
  return TRUE;
}

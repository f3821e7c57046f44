/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Placeholders in what waits: which row makes the document that one stands for, and what the server calls it.
 * At acceptance, and whenever a body is put in the place of another, each placeholder is either replaced at
 * once or becomes a dependency; at delivery those dependencies are the index by which the rows to rewrite are
 * found. A row with a placeholder in it is never sent, because that dependency is not met. All of it runs
 * within the transaction of a verb. */
#include "config.h"

#include "sync-store-private.h"

#include "sync-placeholder.h"

/* The row that makes the document of a placeholder. */
typedef struct
{
  gboolean known; /* there is, or was, one */
  gint64 id;      /* 0: it was delivered and forgotten */
  SyncStoreParent parent;
} Maker;

/* One search. */
typedef struct
{
  SyncStore *store;
  const SyncRequest *request; /* (unowned): in which the placeholders stand */
  GHashTable *names;          /* (unowned) (element-type utf8 utf8): placeholders in lower case, and names */
  GArray *parents;            /* (unowned) (element-type gint64): rows to wait for */
} Search;

static void
maker_clear (Maker *self)
{
  sync_store_parent_clear (&self->parent);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Maker, maker_clear)

void
sync_store_mentions_clear (SyncStoreMentions *self)
{
  g_clear_pointer (&self->parents, g_array_unref);
  g_clear_pointer (&self->url, g_free);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_pointer (&self->resource_id, g_free);
}

static gboolean
is_alive (const Maker *maker)
{
  return maker->parent.state != SYNC_STATE_DISCARDED || maker->parent.server_won;
}

static gboolean
read_maker (SyncStore *self, sqlite3_stmt *stmt, Maker *maker, GError **error)
{
  maker->known = TRUE;
  maker->id = sqlite3_column_int64 (stmt, 0);
  if (maker->id != 0)
    return sync_store_dependency_find_parent (self, &maker->id, &maker->parent, error);
  maker->parent.state = SYNC_STATE_COMPLETED;
  maker->parent.server_name = sync_store_dup_column (stmt, 1);
  return TRUE;
}

/* Of several rows with that key the one that is not given up; two of them cannot be told apart. */
static gboolean
find_maker (SyncStore *self, const char *site, const char *placeholder, Maker *maker, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_FIND_MAKER, error);
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "ss", site, placeholder))
    return FALSE;
  for (;;)
    {
      g_auto (Maker) found = { 0 };

      if (!sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      if (!read_maker (self, stmt, &found, error))
        return FALSE;
      if (maker->known && is_alive (maker) && is_alive (&found))
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                       "“%s” may stand for the document of request %" G_GINT64_FORMAT
                       " or of request %" G_GINT64_FORMAT ": give each a key of its own",
                       placeholder, maker->id, found.id);
          return FALSE;
        }
      if (maker->known && is_alive (maker))
        continue;
      maker_clear (maker);
      *maker = found;
      found = (Maker){ 0 };
    }
}

static gboolean
refuse_own (const char *placeholder, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
               "“%s” stands for the document of this very request: leave it out", placeholder);
  return FALSE;
}

/* Nobody makes the document. A name that merely begins like a placeholder is a name. */
static gboolean
take_unknown (const char *placeholder, GError **error)
{
  if (!sync_placeholder_is_certain (placeholder))
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
               "“%s” stands for a document that no request here makes: hand that one over first, or use the "
               "document's real name",
               placeholder);
  return FALSE;
}

static gboolean
refuse_nameless (const char *placeholder, const Maker *maker, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
               "what “%s” stands for is on the server (request %" G_GINT64_FORMAT
               "), but not what it is called there: use the document's real name",
               placeholder, maker->id);
  return FALSE;
}

static void
add_name (GHashTable *names, const char *placeholder, Maker *maker)
{
  if (maker->parent.server_name != NULL)
    g_hash_table_replace (names, g_ascii_strdown (placeholder, -1),
                          g_steal_pointer (&maker->parent.server_name));
}

static gboolean
search_one (Search *search, const char *placeholder, GError **error)
{
  const SyncRequest *request = search->request;
  g_autofree char *own = sync_placeholder_dup (request->key);
  g_auto (Maker) maker = { 0 };
  gboolean done;

  /* A till may make its keys so; where its key stands it is no name. */
  if (g_ascii_strcasecmp (placeholder, request->key) == 0)
    return TRUE;
  if (g_ascii_strcasecmp (placeholder, own) == 0)
    return refuse_own (placeholder, error);
  if (!find_maker (search->store, request->site, placeholder, &maker, error))
    return FALSE;
  if (!maker.known)
    return take_unknown (placeholder, error);
  if (request->id != 0 && maker.id == request->id)
    return refuse_own (placeholder, error);
  if (!is_alive (&maker))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                   "request %" G_GINT64_FORMAT ", which makes “%s”, was given up: take it back first", maker.id,
                   placeholder);
      return FALSE;
    }
  done = maker.parent.state == SYNC_STATE_COMPLETED || maker.parent.server_won;
  if (done && maker.parent.server_name == NULL)
    return refuse_nameless (placeholder, &maker, error);
  /* A draft has a name before it is done; but it may be given up, and made again under another. */
  if (!done)
    g_array_append_val (search->parents, maker.id);
  else
    add_name (search->names, placeholder, &maker);
  return TRUE;
}

static const char *
look_up (const char *placeholder, gpointer user_data)
{
  GHashTable *names = user_data;
  g_autofree char *lower = g_ascii_strdown (placeholder, -1);

  return g_hash_table_lookup (names, lower);
}

static GHashTable *
names_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/* What changes by the names that are known; NULL where nothing does. */
static void
rewrite (const SyncRequest *request, GBytes *body, GHashTable *names, SyncStoreMentions *mentions)
{
  if (g_hash_table_size (names) == 0)
    return;
  sync_placeholder_rewrite (sync_request_get_url (request), request->content_type, body, look_up, names,
                            &mentions->url, &mentions->body);
  if (request->resource_id != NULL)
    mentions->resource_id = g_strdup (look_up (request->resource_id, names));
}

/**
 * sync_store_placeholder_find:
 * @self: a store
 * @request: a request, accepted or about to be
 * @body: (nullable): its body, or the one that is to take its place
 * @mentions: (out caller-allocates): an empty one
 *
 * Finds the placeholders in URL and body, and for each the row that makes its document: one to wait for, or
 * the name to put there now.
 *
 * Returns: whether each of them can be had; else %SYNC_ERROR_INVALID (nobody makes it, the request itself
 *   does, or two do; the message names it), %SYNC_ERROR_REFUSED (given up, or on the server under a name that
 *   is not known), or a storage error
 */
gboolean
sync_store_placeholder_find (SyncStore *self, const SyncRequest *request, GBytes *body,
                             SyncStoreMentions *mentions, GError **error)
{
  g_autoptr (GPtrArray) found
    = sync_placeholder_list (sync_request_get_url (request), request->content_type, body);
  g_autoptr (GHashTable) names = names_new ();
  Search search = { self, request, names, NULL };

  mentions->parents = search.parents = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; i < found->len; i++)
    if (!search_one (&search, g_ptr_array_index (found, i), error))
      return FALSE;
  rewrite (request, body, names, mentions);
  return TRUE;
}

/* Whether @placeholder stands for the document of @parent: by its own key, or by one that it took over. */
static gboolean
is_made_by (SyncStore *self, const char *placeholder, const SyncRequest *parent, gboolean *is, GError **error)
{
  g_autofree char *own = sync_placeholder_dup (parent->key);
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_FIND_MAKER, error);
  gboolean has_row = TRUE;

  *is = g_ascii_strcasecmp (placeholder, own) == 0;
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "ss", parent->site, placeholder))
    return FALSE;
  while (has_row && !*is)
    {
      g_auto (Maker) maker = { 0 };

      if (!sync_store_step (self, stmt, &has_row, error)
          || (has_row && !read_maker (self, stmt, &maker, error)))
        return FALSE;
      *is = has_row && maker.id == parent->id;
    }
  return TRUE;
}

/**
 * sync_store_placeholder_apply:
 * @self: a store
 * @id: of a row that waits
 * @parent: one that it waits for
 * @name: what the server calls the document of @parent
 * @changed: (out): whether the row mentioned it
 *
 * Puts the name in the place of its placeholder; others stay.
 *
 * Returns: whether it could; else %SYNC_ERROR_CORRUPT or a storage error
 */
gboolean
sync_store_placeholder_apply (SyncStore *self, gint64 id, const SyncRequest *parent, const char *name,
                              gboolean *changed, GError **error)
{
  g_autoptr (SyncRequest) request = sync_store_row_load_full (self, id, error);
  g_autoptr (GPtrArray) found = NULL;
  g_autoptr (GHashTable) names = names_new ();
  g_auto (SyncStoreMentions) mentions = { NULL };

  if (request == NULL)
    return FALSE;
  found = sync_placeholder_list (sync_request_get_url (request), request->content_type,
                                 sync_request_get_body (request));
  for (guint i = 0; i < found->len; i++)
    {
      const char *placeholder = g_ptr_array_index (found, i);
      gboolean is;

      if (!is_made_by (self, placeholder, parent, &is, error))
        return FALSE;
      if (is)
        g_hash_table_replace (names, g_ascii_strdown (placeholder, -1), g_strdup (name));
    }
  rewrite (request, sync_request_get_body (request), names, &mentions);
  *changed = mentions.url != NULL || mentions.body != NULL || mentions.resource_id != NULL;
  return !*changed || sync_store_placeholder_write (self, id, &mentions, error);
}

/**
 * sync_store_placeholder_write:
 * @self: a store
 * @id: of a row
 * @mentions: what sync_store_placeholder_find() found
 *
 * Writes what is to be sent instead.
 *
 * Returns: whether it could
 */
gboolean
sync_store_placeholder_write (SyncStore *self, gint64 id, const SyncStoreMentions *mentions, GError **error)
{
  g_autoptr (GBytes) body = sync_store_body_encode (mentions->body);

  return sync_store_run (self, SYNC_STATEMENT_SET_EFFECTIVE, error, "isbs", id, mentions->url, body,
                         mentions->resource_id)
         && (mentions->body == NULL || sync_store_shown_write (self, id, mentions->body, error));
}

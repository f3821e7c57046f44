/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decision about one field of a document or of a row, and what becomes of an object by such decisions. No state;
 * any thread. */
#include "config.h"

#include "sync-merge-private.h"

#include <string.h>

#include "sync-body.h"

/* Texts are copied; the parent is the item in whose `parts` the new one goes, or NULL. */
SyncMergeItem *
sync_merge_item_new (SyncMergeKind kind, SyncMergeItem *parent, const char *name, const char *base, const char *local,
                     const char *server)
{
  SyncMergeItem *item = g_new0 (SyncMergeItem, 1);

  item->kind = kind;
  item->name = g_strdup (name);
  item->path = parent != NULL ? g_strdup_printf ("%s/%s", parent->path, name) : g_strdup (name);
  item->base = g_strdup (base);
  item->local = g_strdup (local);
  item->server = g_strdup (server);
  item->sent = local != NULL;
  item->parent = parent;
  sync_merge_item_set (item, SYNC_MERGE_EQUAL, server);
  return item;
}

void
sync_merge_item_free (gpointer data)
{
  SyncMergeItem *item = data;

  g_free (item->name);
  g_free (item->path);
  g_free (item->base);
  g_free (item->local);
  g_free (item->server);
  g_free (item->result);
  g_free (item->automatic);
  g_clear_pointer (&item->parts, g_ptr_array_unref);
  g_free (item);
}

/* Writes the decision of the merge; the result (nullable) is copied. */
void
sync_merge_item_set (SyncMergeItem *item, SyncMergeDecision decision, const char *automatic)
{
  char *copy = g_strdup (automatic);

  item->decision = decision;
  g_free (item->automatic);
  g_free (item->result);
  item->automatic = copy;
  item->result = g_strdup (copy);
}

/* Leaves the item to a person; meanwhile it is as on the server. */
void
sync_merge_item_ask (SyncMergeItem *item, SyncMergeReason reason)
{
  item->reason = reason;
  sync_merge_item_set (item, SYNC_MERGE_ASK, item->server);
}

static SyncMergePolicy
resolve_policy (SyncMergeStyle style, SyncMergePolicy policy)
{
  switch (style)
    {
    case SYNC_MERGE_STYLE_LOCAL:
      return SYNC_MERGE_POLICY_LOCAL;
    case SYNC_MERGE_STYLE_SERVER:
      return SYNC_MERGE_POLICY_SERVER;
    case SYNC_MERGE_STYLE_ASK:
      return SYNC_MERGE_POLICY_ASK;
    case SYNC_MERGE_STYLE_MERGE:
      return policy != SYNC_MERGE_POLICY_DEFAULT ? policy : SYNC_MERGE_POLICY_ASK;
    case SYNC_MERGE_STYLE_LAST_WRITE_WINS:
      break;
    }
  return policy != SYNC_MERGE_POLICY_DEFAULT ? policy : SYNC_MERGE_POLICY_NEWEST;
}

/* The policy of @field ("qty", "items.qty") and its decimals. What the server computes is that in every style. */
SyncMergePolicy
sync_merge_find_policy (const SyncMergeContext *context, const char *field, guint *precision)
{
  const SyncMergeInput *input = context->input;
  SyncMergePolicy policy = SYNC_MERGE_POLICY_DEFAULT;

  *precision = input->precision;
  if (input->policies != NULL)
    policy = sync_merge_policies_lookup (input->policies, input->resource_type, field, precision);
  return policy == SYNC_MERGE_POLICY_COMPUTED ? policy : resolve_policy (context->style, policy);
}

/* Whether the type's style looks at the parts, or takes what the till sent as a whole. */
gboolean
sync_merge_goes_by_field (const SyncMergeContext *context)
{
  return context->style == SYNC_MERGE_STYLE_MERGE || context->style == SYNC_MERGE_STYLE_LAST_WRITE_WINS;
}

static void
decide_computed (SyncMergeItem *item, char *value, SyncMergeReason otherwise)
{
  g_autofree char *owned = value;

  if (owned != NULL)
    sync_merge_item_set (item, SYNC_MERGE_BY_POLICY, owned);
  else
    sync_merge_item_ask (item, otherwise);
}

/* Both changed it, or nobody knows. */
static void
decide_by_policy (const SyncMergeContext *context, SyncMergeItem *item, gboolean has_base)
{
  SyncMergeReason both = has_base ? SYNC_MERGE_REASON_BOTH_CHANGED : SYNC_MERGE_REASON_NO_BASE;
  gboolean take_local = item->policy == SYNC_MERGE_POLICY_LOCAL || context->input->newer == SYNC_MERGE_NEWER_LOCAL;

  switch (item->policy)
    {
    case SYNC_MERGE_POLICY_NEWEST:
      if (context->input->newer == SYNC_MERGE_NEWER_UNKNOWN)
        {
          sync_merge_item_ask (item, SYNC_MERGE_REASON_NEWER_UNKNOWN);
          break;
        }
      G_GNUC_FALLTHROUGH;
    case SYNC_MERGE_POLICY_LOCAL:
      sync_merge_item_set (item, SYNC_MERGE_BY_POLICY, take_local ? item->local : item->server);
      break;
    case SYNC_MERGE_POLICY_SERVER:
      sync_merge_item_set (item, SYNC_MERGE_BY_POLICY, item->server);
      break;
    case SYNC_MERGE_POLICY_DELTA:
      decide_computed (item,
                       has_base ? sync_merge_delta (item->base, item->local, item->server, item->precision) : NULL,
                       has_base ? SYNC_MERGE_REASON_NOT_A_NUMBER : both);
      break;
    case SYNC_MERGE_POLICY_UNION:
      decide_computed (item, sync_merge_union (item->base, item->local, item->server), SYNC_MERGE_REASON_NOT_A_LIST);
      break;
    case SYNC_MERGE_POLICY_LINES:
      decide_computed (item, has_base ? sync_merge_lines (item->base, item->local, item->server) : NULL,
                       has_base ? SYNC_MERGE_REASON_OVERLAP : both);
      break;
    default:
      sync_merge_item_ask (item, both);
    }
}

static void
find_changes (SyncMergeItem *item, gboolean has_base, gboolean same)
{
  gboolean local = has_base
                       ? item->sent && !sync_merge_values_equal (item->local, item->base, item->server, item->precision)
                       : !same;
  gboolean server
      = has_base ? !sync_merge_values_equal (item->server, item->base, item->local, item->precision) : !same;

  item->changed = (local ? SYNC_MERGE_CHANGED_LOCAL : 0) | (server ? SYNC_MERGE_CHANGED_SERVER : 0);
}

/* Decides one field, whose policy is known. @has_base: there is a base, even if it has not this field. */
void
sync_merge_decide_field (const SyncMergeContext *context, SyncMergeItem *item, gboolean has_base)
{
  gboolean same = !item->sent || sync_merge_values_equal (item->local, item->server, item->base, item->precision);
  gboolean by_field = sync_merge_goes_by_field (context);

  find_changes (item, has_base, same);
  if (item->policy == SYNC_MERGE_POLICY_COMPUTED || (item->parent == NULL && sync_body_is_own_field (item->name)))
    sync_merge_item_set (item, SYNC_MERGE_OWN, item->server);
  else if (same)
    sync_merge_item_set (item, item->changed == SYNC_MERGE_CHANGED_SERVER ? SYNC_MERGE_ONLY_SERVER : SYNC_MERGE_EQUAL,
                         item->server);
  else if (by_field && has_base && (item->changed & SYNC_MERGE_CHANGED_LOCAL) == 0)
    sync_merge_item_set (item, SYNC_MERGE_ONLY_SERVER, item->server);
  else if (item->policy == SYNC_MERGE_POLICY_NEVER)
    sync_merge_item_ask (item, SYNC_MERGE_REASON_NEVER_MERGED);
  else if (by_field && has_base && (item->changed & SYNC_MERGE_CHANGED_SERVER) == 0)
    sync_merge_item_set (item, SYNC_MERGE_ONLY_LOCAL, item->local);
  else
    decide_by_policy (context, item, has_base);
}

/* The decision about a row or a table from those about its parts. */
void
sync_merge_summarise (SyncMergeItem *item, gboolean reordered)
{
  gboolean local = reordered, server = FALSE, mixed = FALSE;

  for (guint i = 0; i < item->parts->len; i++)
    {
      const SyncMergeItem *part = item->parts->pdata[i];

      local |= part->decision == SYNC_MERGE_ONLY_LOCAL;
      server |= part->decision == SYNC_MERGE_ONLY_SERVER;
      mixed |= part->decision == SYNC_MERGE_ASK || part->decision == SYNC_MERGE_BY_POLICY
               || part->decision == SYNC_MERGE_BY_PARTS;
      if (part->decision != SYNC_MERGE_OWN)
        item->changed |= part->changed;
    }
  item->changed |= reordered ? SYNC_MERGE_CHANGED_LOCAL : 0;
  item->decision = mixed || (local && server) ? SYNC_MERGE_BY_PARTS
                   : local                    ? SYNC_MERGE_ONLY_LOCAL
                   : server                   ? SYNC_MERGE_ONLY_SERVER
                                              : SYNC_MERGE_EQUAL;
}

static void
append_member (GString *out, const char *name, const char *value)
{
  if (out->len > 1)
    g_string_append_c (out, ',');
  sync_json_append_quoted (out, name);
  g_string_append_c (out, ':');
  g_string_append (out, value != NULL ? value : "null");
}

/* (transfer full): the server's object (nullable) with the results of the items in it, marks left out */
char *
sync_merge_render_object (const SyncMergeObject *server, GPtrArray *items)
{
  g_autoptr (GHashTable) by_name = g_hash_table_new (g_str_hash, g_str_equal);
  GString *out = g_string_new ("{");

  for (guint i = 0; i < items->len; i++)
    g_hash_table_insert (by_name, ((SyncMergeItem *) items->pdata[i])->name, items->pdata[i]);
  for (guint i = 0; server != NULL && i < server->names->len; i++)
    {
      const char *name = server->names->pdata[i];
      const SyncMergeItem *item = g_hash_table_lookup (by_name, name);

      if (!sync_merge_is_mark (name))
        append_member (out, name, item != NULL ? item->result : sync_merge_object_get (server, name));
    }
  for (guint i = 0; i < items->len; i++)
    {
      const SyncMergeItem *item = items->pdata[i];

      if (sync_merge_object_get (server, item->name) == NULL && item->result != NULL)
        append_member (out, item->name, item->result);
    }
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

/* (transfer full): a complete row from what one side says of it (@row). @server: the row there (nullable); without it
 * the row is a new one, which must have no name, and @base (nullable) fills it up. @whole: @row is complete, so what
 * it does not say is empty. */
char *
sync_merge_fit_row (const char *row, const char *server, const char *base, gboolean whole)
{
  g_autoptr (SyncMergeObject) wanted = sync_merge_object_new (row);
  g_autoptr (SyncMergeObject) there = sync_merge_object_new (server != NULL || whole ? server : base);
  g_autoptr (GPtrArray) names = sync_merge_union_names (there, wanted, NULL);
  GString *out = g_string_new ("{");

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i], *value = sync_merge_object_get (wanted, name);
      gboolean own = sync_body_is_own_field (name);

      if (sync_merge_is_mark (name) || (own && sync_merge_object_get (server != NULL ? there : NULL, name) == NULL))
        continue;
      if (own || (value == NULL && !whole))
        value = sync_merge_object_get (there, name);
      append_member (out, name, value);
    }
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

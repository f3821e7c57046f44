/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conflict, said so that a cashier understands it: what happened, who did what and when, and what would come of a
 * choice. Pure functions from values to text, in the user's language; no toolkit, any thread. */
#include "config.h"

#include "sync-conflict-words.h"

#include "sync-conflict-preview.h"
#include "sync-conflict-value.h"
#include "sync-json.h"
#include "sync-words.h"

#include <glib/gi18n.h>
#include <string.h>

/* Of a whole document; a till is not high. */
#define MAX_LINES 14
#define NO_BREAK_SPACE "\302\240"

/* Fields that most conflicts are about; all others are called by the names that ERPNext stores them under. */
static const char *const field_labels[][2] = {
  { "additional_discount_percentage", N_ ("Additional discount in per cent") },
  { "address_line1", N_ ("Address, line 1") },
  { "address_line2", N_ ("Address, line 2") },
  { "amount", N_ ("Amount") },
  { "city", N_ ("City") },
  { "credit_limit", N_ ("Credit limit") },
  { "credit_limits", N_ ("Credit limits") },
  { "customer", N_ ("Customer") },
  { "customer_group", N_ ("Customer group") },
  { "customer_name", N_ ("Customer's name") },
  { "delivery_date", N_ ("Delivery date") },
  { "description", N_ ("Description") },
  { "disabled", N_ ("Disabled") },
  { "discount_amount", N_ ("Discount") },
  { "due_date", N_ ("Due date") },
  { "email_id", N_ ("E-mail") },
  { "grand_total", N_ ("Grand total") },
  { "item_code", N_ ("Item code") },
  { "item_name", N_ ("Item's name") },
  { "items", N_ ("Items") },
  { "loyalty_points", N_ ("Loyalty points") },
  { "mobile_no", N_ ("Mobile phone") },
  { "net_total", N_ ("Net total") },
  { "paid_amount", N_ ("Amount paid") },
  { "payments", N_ ("Payments") },
  { "phone", N_ ("Phone") },
  { "pincode", N_ ("Postal code") },
  { "posting_date", N_ ("Posting date") },
  { "qty", N_ ("Quantity") },
  { "rate", N_ ("Rate") },
  { "remarks", N_ ("Remarks") },
  { "status", N_ ("Status") },
  { "tax_id", N_ ("Tax number") },
  { "taxes", N_ ("Taxes") },
  { "territory", N_ ("Territory") },
};

/* ERPNext writes "2024-05-06 07:08:09.123456" in the site's time. (transfer full) (nullable) */
static GDateTime *
parse_modified (const SyncConflictCase *conflict)
{
  g_autofree char *modified = sync_conflict_case_dup_text (conflict->conflict->server_data, "modified");
  g_autoptr (GTimeZone) zone = conflict->zone != NULL ? g_time_zone_new_identifier (conflict->zone) : NULL;

  if (modified == NULL || strlen (modified) < strlen ("2024-05-06 07:08:09"))
    return NULL;
  if (zone == NULL)
    zone = g_time_zone_new_local ();
  modified[10] = 'T';
  return g_date_time_new_from_iso8601 (modified, zone);
}

static char *
format_moment (GDateTime *moment)
{
  g_autoptr (GDateTime) then = g_date_time_to_local (moment);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  gboolean today = g_date_time_get_year (now) == g_date_time_get_year (then)
                   && g_date_time_get_day_of_year (now) == g_date_time_get_day_of_year (then);
  g_autofree char *text = NULL;
  g_auto (GStrv) parts = NULL;

  /* Translators: a time of day, and a day with a time of day; see strftime(3). */
  text = g_date_time_format (then, today ? _ ("%H:%M") : _ ("%Y-%m-%d %H:%M"));
  /* The two stay in one line. */
  parts = g_strsplit (text, " ", -1);
  return g_strjoinv (NO_BREAK_SPACE, parts);
}

/**
 * sync_conflict_words_document:
 * @conflict: a conflict
 *
 * Returns: (transfer full): which document it is about
 */
char *
sync_conflict_words_document (const SyncConflictCase *conflict)
{
  const char *type = conflict->request != NULL ? sync_words_type (conflict->request) : conflict->conflict->resource_type;
  const char *name = conflict->conflict->resource_id;

  if (name == NULL && conflict->request != NULL)
    name = sync_request_get_document_name (conflict->request);
  if (type == NULL)
    type = _ ("Other");
  return name != NULL && *name != '\0' ? g_strdup_printf ("%s %s", type, name) : g_strdup (type);
}

/**
 * sync_conflict_words_what:
 * @conflict: a conflict
 *
 * Returns: (transfer full): what happened, in a sentence
 */
char *
sync_conflict_words_what (const SyncConflictCase *conflict)
{
  const char *type = conflict->conflict->conflict_type;

  if (g_strcmp0 (type, "edit_delete") == 0)
    return g_strdup (_ ("It was changed on this till and deleted on the server."));
  if (g_strcmp0 (type, "delete_edit") == 0)
    return g_strdup (_ ("It was deleted on this till and changed on the server."));
  if (g_strcmp0 (type, "submitted") == 0)
    return g_strdup (_ ("It was changed on this till and submitted on the server."));
  if (g_strcmp0 (type, "cancelled") == 0)
    return g_strdup (_ ("It was changed on this till and cancelled on the server."));
  if (g_strcmp0 (type, "renamed") == 0)
    return g_strdup (_ ("It was changed on this till and renamed on the server."));
  if (g_strcmp0 (type, "name_taken") == 0)
    return g_strdup (_ ("The server has another document of that name already."));
  return g_strdup (_ ("It was changed on this till and on the server."));
}

/**
 * sync_conflict_words_note:
 * @conflict: a conflict
 *
 * Returns: (transfer full) (nullable): what else there is to know before deciding: why not everything is possible, what is
 *   not known, what the server said
 */
char *
sync_conflict_words_note (const SyncConflictCase *conflict)
{
  g_autoptr (GString) text = g_string_new (conflict->why_not_merged);
  if (conflict->merge != NULL && conflict->conflict->base_data == NULL)
    g_string_append (text, _ ("What the till had read before is not kept, so nobody knows which side changed what: each "
                              "difference is for you to decide."));
  if (g_strcmp0 (conflict->conflict->conflict_type, "renamed") == 0 && conflict->request != NULL
      && conflict->request->resource_id != NULL)
    {
      g_autofree char *was = g_strdup_printf (_ ("This till knows it as %s."), conflict->request->resource_id);

      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", was);
    }
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/**
 * sync_conflict_words_local:
 * @conflict: a conflict
 *
 * Returns: (transfer full): this till's side, with when it wrote: "This till, 14:02"
 */
char *
sync_conflict_words_local (const SyncConflictCase *conflict)
{
  g_autoptr (GDateTime) then = NULL;
  g_autofree char *time = NULL;

  if (conflict->request == NULL || conflict->request->accepted_ms <= 0)
    return g_strdup (_ ("This till"));
  then = g_date_time_new_from_unix_local (conflict->request->accepted_ms / 1000);
  time = format_moment (then);
  return g_strdup_printf (_ ("This till, %s"), time);
}

/**
 * sync_conflict_words_server:
 * @conflict: a conflict
 *
 * Returns: (transfer full): the server's side, with who wrote there, as far as that is known, and when: "Server, another
 *   user, 14:10"
 */
char *
sync_conflict_words_server (const SyncConflictCase *conflict)
{
  g_autofree char *user = sync_conflict_case_dup_text (conflict->conflict->server_data, "modified_by");
  g_autoptr (GDateTime) modified = parse_modified (conflict);
  g_autofree char *time = modified != NULL ? format_moment (modified) : NULL;
  const char *who = user == NULL || conflict->user == NULL ? NULL
                    : strcmp (user, conflict->user) == 0   ? _ ("the same user")
                                                           : _ ("another user");

  if (conflict->conflict->server_data == NULL)
    return g_strdup (_ ("Server, deleted there"));
  if (who != NULL && time != NULL)
    return g_strdup_printf (_ ("Server, %s, %s"), who, time);
  if (time != NULL)
    return g_strdup_printf (_ ("Server, %s"), time);
  return g_strdup (_ ("Server"));
}

/**
 * sync_conflict_words_user:
 * @conflict: a conflict
 * @side: LOCAL or SERVER
 *
 * Returns: (transfer full) (nullable): who wrote on that side, as ERPNext knows him
 */
char *
sync_conflict_words_user (const SyncConflictCase *conflict, SyncConflictSide side)
{
  if (side == SYNC_CONFLICT_SIDE_SERVER)
    return sync_conflict_case_dup_text (conflict->conflict->server_data, "modified_by");
  return g_strdup (conflict->user);
}

static char *
join_fields (const SyncConflictCase *conflict, guint *n)
{
  g_auto (GStrv) names = sync_conflict_preview_dup_written (conflict);
  g_autoptr (GString) text = g_string_new (NULL);

  *n = g_strv_length (names);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *label = sync_conflict_words_field (names[i]);

      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", label);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * sync_conflict_words_outcome:
 * @conflict: a conflict
 *
 * Returns: (transfer full): what comes of the present choices, in a sentence
 */
char *
sync_conflict_words_outcome (const SyncConflictCase *conflict)
{
  guint n = sync_conflict_case_count_open (conflict);
  g_autofree char *fields = NULL;

  if (n > 0 && conflict->merge == NULL)
    return g_strdup (_ ("Nothing is decided yet."));
  if (n > 0)
    return g_strdup_printf (ngettext ("%u difference is still to be decided.", "%u differences are still to be decided.", n),
                            n);
  if (sync_conflict_case_get_resolution (conflict) == SYNC_RESOLUTION_SERVER_WINS)
    return g_strdup (_ ("Nothing will be written: the server's version stands. This till's is kept in the history."));
  if (sync_conflict_case_deletes (conflict))
    return g_strdup (_ ("The document will be deleted on the server."));
  if (sync_conflict_case_is_made_anew (conflict))
    return g_strdup (_ ("This till's will be made as a new document. The one on the server stays as it is."));
  fields = join_fields (conflict, &n);
  if (conflict->whole == SYNC_CONFLICT_WHOLE_LOCAL && n == 0)
    return g_strdup (_ ("This till's version will be sent. The server's is kept in the history."));
  return g_strdup_printf (ngettext ("%u field will be written: %s", "%u fields will be written: %s", n), n, fields);
}

/* What ERPNext keeps for itself tells nobody anything here. */
static gboolean
is_own (const char *name)
{
  static const char *const own[] = { "name", "owner", "creation", "modified", "modified_by", "docstatus", "idx", "doctype",
                                     "naming_series", NULL };

  return *name == '_' || g_strv_contains (own, name);
}

static gboolean
is_empty (const SyncJsonView *value)
{
  static const char *const empty[] = { "null", "false", "\"\"", "[]", "{}", NULL };
  g_autofree char *raw = sync_json_view_dup_raw (value);

  return g_strv_contains (empty, raw)
         || (sync_json_view_kind (value) == SYNC_JSON_NUMBER && g_ascii_strtod (raw, NULL) == 0);
}

static gboolean
has_member (const char *document, const char *name)
{
  SyncJsonView view, value;

  return document != NULL && sync_json_check (document, strlen (document), &view, NULL)
         && sync_json_view_kind (&view) == SYNC_JSON_OBJECT && sync_json_view_member (&view, name, &value);
}

/* Adds those fields of @view that @other has, or those that it has not, and are not empty, in lines up to
 * @limit; returns how many do not fit. */
static guint
add_fields (GString *lines, const SyncJsonView *view, const char *other, gboolean in_other, guint *limit)
{
  SyncJsonIter iter;
  SyncJsonView key, value;
  guint n_left = 0;

  sync_json_iter_init (&iter, view);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = sync_json_view_dup_text (&key);
      g_autofree char *raw = sync_json_view_dup_raw (&value);
      g_autofree char *label = sync_conflict_words_field (name);
      g_autofree char *shown = NULL;

      if (has_member (other, name) != in_other || is_own (name) || (!in_other && is_empty (&value)))
        continue;
      if (*limit == 0)
        {
          n_left++;
          continue;
        }
      (*limit)--;
      shown = sync_conflict_value_format (name, raw);
      g_string_append_printf (lines, "%s%s: %s", lines->len > 0 ? "\n" : "", label, shown);
    }
  return n_left;
}

/* Fields in lines, first those that @other has, too; text that is no document as it is. */
static char *
list_fields (const char *text, const char *other)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  guint limit = MAX_LINES;
  guint n_left;
  SyncJsonView view;

  if (!sync_json_check (text, strlen (text), &view, NULL) || sync_json_view_kind (&view) != SYNC_JSON_OBJECT)
    return g_utf8_make_valid (text, -1);
  n_left = add_fields (lines, &view, other, TRUE, &limit);
  n_left += add_fields (lines, &view, other, FALSE, &limit);
  if (n_left > 0)
    {
      g_autofree char *more = g_strdup_printf (ngettext ("and %u more field", "and %u more fields", n_left), n_left);

      g_string_append_printf (lines, "\n%s", more);
    }
  return g_string_free (g_steal_pointer (&lines), FALSE);
}

/**
 * sync_conflict_words_whole:
 * @conflict: a conflict whose fields are not compared
 * @side: one of its sides, or what comes of it
 *
 * Returns: (transfer full): the document of that side in lines, or which side is taken
 */
char *
sync_conflict_words_whole (const SyncConflictCase *conflict, SyncConflictSide side)
{
  const char *local = conflict->conflict->local_data;
  gboolean deletes = conflict->request != NULL && g_strcmp0 (conflict->request->action, "delete") == 0;

  if (side == SYNC_CONFLICT_SIDE_SERVER)
    return conflict->conflict->server_data != NULL ? list_fields (conflict->conflict->server_data, local)
                                                   : g_strdup (_ ("(deleted there)"));
  if (side == SYNC_CONFLICT_SIDE_LOCAL && local != NULL && *local != '\0')
    return list_fields (local, conflict->conflict->server_data);
  if (side == SYNC_CONFLICT_SIDE_LOCAL)
    return g_strdup (deletes ? _ ("(to be deleted)") : _ ("(not there)"));
  switch (conflict->whole)
    {
    case SYNC_CONFLICT_WHOLE_LOCAL:
      return g_strdup (_ ("This till's version"));
    case SYNC_CONFLICT_WHOLE_SERVER:
      return g_strdup (_ ("The server's version"));
    case SYNC_CONFLICT_WHOLE_NONE:
    default:
      return g_strdup (_ ("Not decided"));
    }
}

/**
 * sync_conflict_words_field:
 * @name: of a field
 *
 * Returns: (transfer full): what a person calls it
 */
char *
sync_conflict_words_field (const char *name)
{
  char *label;

  for (gsize i = 0; i < G_N_ELEMENTS (field_labels); i++)
    if (strcmp (field_labels[i][0], name) == 0)
      return g_strdup (_ (field_labels[i][1]));
  label = g_strdelimit (g_strdup (name), "_", ' ');
  label[0] = g_ascii_toupper (label[0]);
  return label;
}

static guint
find_position (const SyncMergeItem *item)
{
  guint position = 0;

  if (item->parent != NULL)
    g_ptr_array_find (item->parent->parts, item, &position);
  return position + 1;
}

/**
 * sync_conflict_words_item:
 * @item: of a merge
 *
 * Returns: (transfer full): what it is called where its table and row are known: a field's name, or which row
 */
char *
sync_conflict_words_item (const SyncMergeItem *item)
{
  if (item->kind != SYNC_MERGE_KIND_ROW)
    return sync_conflict_words_field (item->name);
  return g_strdup_printf (_ ("Row %u"), find_position (item));
}

static const char *
policy_words (const SyncMergeItem *item)
{
  switch (item->policy)
    {
    case SYNC_MERGE_POLICY_DELTA:
      return _ ("Both changes are added up");
    case SYNC_MERGE_POLICY_UNION:
      return _ ("Both lists are united");
    case SYNC_MERGE_POLICY_LINES:
      return _ ("Both texts are put together");
    case SYNC_MERGE_POLICY_NEWEST:
      return _ ("The newest counts for this field");
    case SYNC_MERGE_POLICY_LOCAL:
      return _ ("This till counts for this field");
    case SYNC_MERGE_POLICY_SERVER:
    default:
      return _ ("The server counts for this field");
    }
}

static const char *
reason_words (SyncMergeReason reason)
{
  switch (reason)
    {
    case SYNC_MERGE_REASON_NO_BASE:
      return _ ("They differ; please decide");
    case SYNC_MERGE_REASON_OVERLAP:
      return _ ("Both changed the same lines; please decide");
    case SYNC_MERGE_REASON_NEVER_MERGED:
      return _ ("This is never merged; please decide");
    case SYNC_MERGE_REASON_DELETED_LOCAL:
      return _ ("This till took it out, the server changed it; please decide");
    case SYNC_MERGE_REASON_DELETED_SERVER:
      return _ ("The server took it out, this till changed it; please decide");
    case SYNC_MERGE_REASON_SAME_NEW_ROW:
      return _ ("Both have the same new row; is it once or twice?");
    case SYNC_MERGE_REASON_ROWS_UNCLEAR:
      return _ ("The rows cannot be told apart; please decide for the table");
    default:
      return _ ("Both changed it; please decide");
    }
}

/**
 * sync_conflict_words_state:
 * @item: of a merge
 *
 * Returns: (transfer none): how it stands: who changed it, and what is taken
 */
const char *
sync_conflict_words_state (const SyncMergeItem *item)
{
  switch (item->take)
    {
    case SYNC_MERGE_TAKE_LOCAL:
      return _ ("Decided: this till's");
    case SYNC_MERGE_TAKE_SERVER:
      return _ ("Decided: the server's");
    case SYNC_MERGE_TAKE_VALUE:
      return _ ("Decided: as typed");
    case SYNC_MERGE_TAKE_BASE:
      return _ ("Decided: as before");
    case SYNC_MERGE_TAKE_AUTOMATIC:
    default:
      break;
    }
  switch (item->decision)
    {
    case SYNC_MERGE_ONLY_LOCAL:
      return _ ("Only this till changed it");
    case SYNC_MERGE_ONLY_SERVER:
      return _ ("Only the server changed it");
    case SYNC_MERGE_BY_POLICY:
      return policy_words (item);
    case SYNC_MERGE_BY_PARTS:
      return item->kind == SYNC_MERGE_KIND_TABLE ? _ ("Row by row, see below") : _ ("Field by field, see below");
    case SYNC_MERGE_ASK:
      return reason_words (item->reason);
    case SYNC_MERGE_OWN:
      return _ ("The server sets this itself");
    case SYNC_MERGE_EQUAL:
    default:
      return _ ("The same on both sides");
    }
}

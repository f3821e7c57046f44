/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The laws of the three-way merge, on documents made by chance, and against a second merge that is written another
 * way: it works on parsed values, doubles and sets, and on nothing but what the generator makes. Each text is a list
 * of lines of which no two are the same, so that lines can be matched by looking for them. A seed that fails is
 * printed; run it alone with SYNC_MERGE_SEED. */
#include "config.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>

#include "sync-merge.h"
#include "sync-random.h"

#define ROUNDS 1500
#define N_ROWS 4
#define N_LINES 6

static const char shop[]
    = "{\"format\":1,\"types\":{\"T\":{\"n\":\"delta\",\"tags\":\"union\",\"list\":\"union\","
      "\"text\":\"lines\",\"s\":\"server\",\"l\":\"local\",\"w\":\"newest\",\"rows.n\":\"delta\"}}}";
static const char *const fields[] = { "a", "b", "s", "l", "w", "n", "tags", "list", "text", "rows" };

static SyncMergePolicies *policies;
static volatile sig_atomic_t current_seed;

/* An assertion that fails ends the program by this. */
static void
print_seed (int number)
{
  g_printerr ("failed with SYNC_MERGE_SEED=%d\n", (int) current_seed);
}

typedef struct
{
  SyncRandom *random;
  gboolean small; /* few values, so that both sides often come to the same */
} Maker;

static guint
below (Maker *maker, guint limit)
{
  return (guint) sync_random_below (maker->random, limit);
}

static JsonNode *
take_text (char *text)
{
  JsonNode *node = json_node_init_string (json_node_alloc (), text);

  g_free (text);
  return node;
}

static JsonNode *
make_scalar (Maker *maker)
{
  static const char *const words[] = { "x", "é", "漢字", "\"q\\\"", " y" };
  JsonNode *node = json_node_alloc ();

  switch (below (maker, maker->small ? 3 : 5))
    {
    case 0:
      return json_node_init_string (node, words[below (maker, G_N_ELEMENTS (words))]);
    case 1:
      return json_node_init_string (node, "");
    case 2:
      return json_node_init_null (node);
    default:
      json_node_unref (node);
      return take_text (g_strdup_printf ("w%u", below (maker, 1000)));
    }
}

/* Tenths, so that doubles have something to get wrong. */
static JsonNode *
make_number (Maker *maker)
{
  return json_node_init_double (json_node_alloc (), below (maker, maker->small ? 3 : 100) / 10.0);
}

static JsonNode *
make_tags (Maker *maker, gboolean list)
{
  g_autoptr (JsonArray) array = json_array_new ();
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < 5; i++)
    if (below (maker, 2) == 0)
      {
        g_autofree char *tag = g_strdup_printf ("t%u", i);

        json_array_add_string_element (array, tag);
        g_string_append_printf (text, ",%s", tag);
      }
  if (!list)
    return take_text (g_string_free (text, FALSE));
  g_string_free (text, TRUE);
  return json_node_init_array (json_node_alloc (), array);
}

/* The lines b0, b1, … of the base, some of them gone, changed or followed by new ones. */
static JsonNode *
make_lines (Maker *maker, gboolean base, const char *side)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < N_LINES; i++)
    {
      guint what = base ? 0 : below (maker, 8);

      if (what < 6)
        g_ptr_array_add (lines, g_strdup_printf ("b%u", i));
      if (what == 5 || what == 6)
        g_ptr_array_add (lines, g_strdup_printf ("%s%u", maker->small ? "new" : side, i));
    }
  g_ptr_array_add (lines, NULL);
  return take_text (g_strjoinv ("\n", (char **) lines->pdata));
}

static JsonNode *
make_field (Maker *maker, const char *name, const char *side)
{
  if (strcmp (name, "n") == 0)
    return make_number (maker);
  if (strcmp (name, "tags") == 0 || strcmp (name, "list") == 0)
    return make_tags (maker, *name == 'l');
  if (strcmp (name, "text") == 0)
    return make_lines (maker, *side == 'b', side);
  return make_scalar (maker);
}

static JsonNode *
make_row (Maker *maker, const char *name)
{
  g_autoptr (JsonObject) row = json_object_new ();

  json_object_set_string_member (row, "name", name);
  json_object_set_member (row, "x", make_scalar (maker));
  json_object_set_member (row, "y", make_scalar (maker));
  json_object_set_member (row, "n", make_number (maker));
  return json_node_init_object (json_node_alloc (), row);
}

/* The rows of the base, some of them changed or gone, and perhaps one of this side's own. */
static JsonNode *
make_rows (Maker *maker, JsonArray *base, const char *side)
{
  g_autoptr (JsonArray) rows = json_array_new ();

  for (guint i = 0; i < N_ROWS; i++)
    {
      g_autofree char *name = g_strdup_printf ("r%u", i);
      guint what = base == NULL ? 0 : below (maker, 6);

      if (base == NULL || what == 1)
        json_array_add_element (rows, make_row (maker, name));
      else if (what > 1)
        json_array_add_element (rows, json_node_copy (json_array_get_element (base, i)));
    }
  if (*side == 's' && below (maker, 2) == 0)
    json_array_add_element (rows, make_row (maker, "s-new"));
  return json_node_init_array (json_node_alloc (), rows);
}

static JsonObject *
make_base (Maker *maker)
{
  JsonObject *base = json_object_new ();

  for (gsize i = 0; i + 1 < G_N_ELEMENTS (fields); i++)
    json_object_set_member (base, fields[i], make_field (maker, fields[i], "base"));
  json_object_set_member (base, "rows", make_rows (maker, NULL, "base"));
  return base;
}

/* Another version: each field the same as in the base (or not there if @partial), or a new one. */
static JsonObject *
make_version (Maker *maker, JsonObject *base, const char *side, gboolean partial)
{
  JsonObject *version = json_object_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      guint what = below (maker, 4);

      if (what < 2 && !(partial && what == 0))
        json_object_set_member (version, fields[i], json_node_copy (json_object_get_member (base, fields[i])));
      else if (what >= 2)
        json_object_set_member (version, fields[i],
                                strcmp (fields[i], "rows") == 0
                                    ? make_rows (maker, json_object_get_array_member (base, "rows"), side)
                                    : make_field (maker, fields[i], side));
    }
  return version;
}

static char *
write_object (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  return json_to_string (node, FALSE);
}

static SyncMerge *
merge (JsonObject *base, JsonObject *local, JsonObject *server, SyncMergeNewer newer)
{
  g_autofree char *b = base != NULL ? write_object (base) : NULL, *l = write_object (local), *s = write_object (server);
  SyncMergeInput input = { b, l, s, "T", policies, SYNC_MERGE_STYLE_MERGE, newer, SYNC_MERGE_DEFAULT_PRECISION };
  g_autoptr (GError) error = NULL;
  SyncMerge *self = sync_merge_new (&input, &error);

  g_assert_no_error (error);
  return self;
}

static JsonObject *
parse_object (const char *text)
{
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  g_assert_nonnull (node);
  return json_object_ref (json_node_get_object (node));
}

static JsonObject *
dup_result (const SyncMerge *self)
{
  g_autofree char *text = sync_merge_dup_document (self);

  return parse_object (text);
}

/* ---- the second merge ---- */

static gboolean
is_nothing (JsonNode *node)
{
  return node == NULL || JSON_NODE_HOLDS_NULL (node)
         || (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             && *json_node_get_string (node) == '\0')
         || (JSON_NODE_HOLDS_ARRAY (node) && json_array_get_length (json_node_get_array (node)) == 0);
}

static gboolean
is_number (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) != G_TYPE_STRING;
}

static gboolean
same (JsonNode *a, JsonNode *b)
{
  if (is_nothing (a) || is_nothing (b))
    return is_nothing (a) && is_nothing (b);
  if (is_number (a) && is_number (b))
    return ABS (json_node_get_double (a) - json_node_get_double (b)) < 1e-6;
  if (is_number (a) || is_number (b))
    return FALSE;
  if (JSON_NODE_HOLDS_VALUE (a) && JSON_NODE_HOLDS_VALUE (b))
    {
      g_autofree char *left = g_strstrip (json_node_dup_string (a)), *right = g_strstrip (json_node_dup_string (b));

      return strcmp (left, right) == 0;
    }
  return json_node_equal (a, b);
}

static gboolean
has_tag (JsonNode *node, const char *tag)
{
  g_autofree char *text = json_to_string (node, FALSE);

  return strstr (text, tag) != NULL;
}

/* By the definition of a symmetric difference of each of the five tags there are. */
static gboolean
expects_tag (JsonNode *base, JsonNode *local, JsonNode *server, const char *tag)
{
  gboolean b = has_tag (base, tag), l = has_tag (local, tag), s = has_tag (server, tag);

  return b ? l && s : l || s;
}

static gint
find_line (GStrv lines, const char *line)
{
  for (gint i = 0; lines[i] != NULL; i++)
    if (strcmp (lines[i], line) == 0)
      return i;
  return -1;
}

/* The lines of @lines behind the one that is @after up to the one that is @before. */
static char *
between (GStrv lines, const char *after, const char *before)
{
  gint from = after != NULL ? find_line (lines, after) + 1 : 0;
  gint to = before != NULL ? find_line (lines, before) : (gint) g_strv_length (lines);
  GString *out = g_string_new (NULL);

  for (gint i = from; i < to; i++)
    g_string_append_printf (out, "%s\n", lines[i]);
  return g_string_free (out, FALSE);
}

/* Piece by piece between lines that all three have; NULL if a piece is another one on both sides. */
static char *
expect_lines (JsonNode *base, JsonNode *local, JsonNode *server)
{
  g_auto (GStrv) b = g_strsplit (json_node_get_string (base), "\n", -1);
  g_auto (GStrv) l = g_strsplit (json_node_get_string (local), "\n", -1);
  g_auto (GStrv) s = g_strsplit (json_node_get_string (server), "\n", -1);
  g_autoptr (GString) out = g_string_new (NULL);
  const char *after = NULL;

  for (guint i = 0; i <= g_strv_length (b); i++)
    {
      g_autofree char *was = NULL, *mine = NULL, *theirs = NULL;

      if (b[i] != NULL && (find_line (l, b[i]) < 0 || find_line (s, b[i]) < 0))
        continue;
      was = between (b, after, b[i]);
      mine = between (l, after, b[i]);
      theirs = between (s, after, b[i]);
      if (strcmp (was, mine) != 0 && strcmp (was, theirs) != 0 && strcmp (mine, theirs) != 0)
        return NULL;
      g_string_append (out, strcmp (was, mine) == 0 ? theirs : mine);
      if (b[i] != NULL)
        g_string_append_printf (out, "%s\n", b[i]);
      after = b[i];
    }
  if (out->len > 0)
    g_string_truncate (out, out->len - 1);
  return g_strdup (out->str);
}

/* Whether @result is what has to become of a field (of a row, if @row); @asked: a person has to be asked. */
static gboolean
is_expected (const char *name, gboolean row, JsonNode *base, JsonNode *local, JsonNode *server, JsonNode *result,
             SyncMergeNewer newer, gboolean *asked)
{
  *asked = FALSE;
  if (local == NULL || same (local, server) || same (local, base))
    return same (result, server);
  if (same (server, base))
    return same (result, local);
  if (strcmp (name, "n") == 0)
    return ABS (json_node_get_double (result) + json_node_get_double (base) - json_node_get_double (local)
                - json_node_get_double (server))
           < 1e-6;
  if (!row && (strcmp (name, "tags") == 0 || strcmp (name, "list") == 0))
    {
      for (guint i = 0; i < 5; i++)
        {
          g_autofree char *tag = g_strdup_printf ("t%u", i);

          if (has_tag (result, tag) != expects_tag (base, local, server, tag))
            return FALSE;
        }
      return TRUE;
    }
  if (!row && strcmp (name, "text") == 0)
    {
      g_autofree char *text = expect_lines (base, local, server);

      *asked = text == NULL;
      return text != NULL ? strcmp (text, json_node_get_string (result)) == 0 : same (result, server);
    }
  if (!row && strcmp (name, "l") == 0)
    return same (result, local);
  if (!row && strcmp (name, "w") == 0 && newer == SYNC_MERGE_NEWER_LOCAL)
    return same (result, local);
  *asked = row || (strcmp (name, "s") != 0 && !(strcmp (name, "w") == 0 && newer == SYNC_MERGE_NEWER_SERVER));
  return same (result, server);
}

static JsonObject *
find_row (JsonNode *rows, const char *name)
{
  JsonArray *array = rows != NULL ? json_node_get_array (rows) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    if (g_strcmp0 (json_object_get_string_member_with_default (json_array_get_object_element (array, i), "name", NULL),
                   name)
        == 0)
      return json_array_get_object_element (array, i);
  return NULL;
}

static gboolean
same_rows (JsonObject *a, JsonObject *b)
{
  static const char *const members[] = { "x", "y", "n" };

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    if (!same (json_object_get_member (a, members[i]), json_object_get_member (b, members[i])))
      return FALSE;
  return TRUE;
}

static guint
check_row (JsonObject *base, JsonObject *local, JsonObject *server, JsonObject *result)
{
  static const char *const members[] = { "x", "y", "n" };
  guint n_asked = 0;

  if (local == NULL || server == NULL)
    {
      JsonObject *left = local != NULL ? local : server;
      gboolean stays = base == NULL || !same_rows (base, left);

      g_assert_true (base == NULL ? server != NULL : TRUE);
      /* Gone on one side: gone, unless the other one changed it; then it is for a person, and as on the server. */
      g_assert_true ((result != NULL) == (stays && server != NULL));
      g_assert_true (result == NULL || same_rows (result, left));
      return stays && base != NULL;
    }
  g_assert_nonnull (result);
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      gboolean asked;

      g_assert_true (is_expected (
          members[i], TRUE, json_object_get_member (base, members[i]), json_object_get_member (local, members[i]),
          json_object_get_member (server, members[i]), json_object_get_member (result, members[i]), 0, &asked));
      n_asked += asked;
    }
  return n_asked;
}

static guint
check_rows (JsonNode *base, JsonNode *local, JsonNode *server, JsonNode *result)
{
  static const char *const names[] = { "r0", "r1", "r2", "r3", "s-new" };
  guint n_asked = 0, n_rows = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      JsonObject *b = find_row (base, names[i]), *l = local != NULL ? find_row (local, names[i]) : b,
                 *s = find_row (server, names[i]), *r = find_row (result, names[i]);

      n_rows += r != NULL;
      if (l != NULL || s != NULL)
        n_asked += check_row (b, l, s, r);
      else
        g_assert_null (r);
    }
  g_assert_cmpuint (json_array_get_length (json_node_get_array (result)), ==, n_rows);
  return n_asked;
}

static void
check_reference (Maker *maker)
{
  SyncMergeNewer newer = (SyncMergeNewer) below (maker, 3);
  g_autoptr (JsonObject) base = make_base (maker), local = make_version (maker, base, "local", TRUE),
                         server = make_version (maker, base, "server", FALSE);
  g_autoptr (SyncMerge) self = merge (base, local, server, newer);
  g_autoptr (JsonObject) result = dup_result (self);
  guint n_asked = 0;

  for (gsize i = 0; i + 1 < G_N_ELEMENTS (fields); i++)
    {
      gboolean asked;

      g_assert_true (is_expected (fields[i], FALSE, json_object_get_member (base, fields[i]),
                                  json_object_get_member (local, fields[i]), json_object_get_member (server, fields[i]),
                                  json_object_get_member (result, fields[i]), newer, &asked));
      n_asked += asked;
    }
  n_asked += check_rows (json_object_get_member (base, "rows"), json_object_get_member (local, "rows"),
                         json_object_get_member (server, "rows"), json_object_get_member (result, "rows"));
  g_assert_cmpuint (sync_merge_count_open (self), ==, n_asked);
}

/* ---- the laws ---- */

static void
assert_same_documents (JsonObject *a, JsonObject *b)
{
  for (gsize i = 0; i + 1 < G_N_ELEMENTS (fields); i++)
    g_assert_true (same (json_object_get_member (a, fields[i]), json_object_get_member (b, fields[i])));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (a, "rows")), ==,
                    json_array_get_length (json_object_get_array_member (b, "rows")));
  for (guint i = 0; i < json_array_get_length (json_object_get_array_member (a, "rows")); i++)
    g_assert_true (same_rows (json_array_get_object_element (json_object_get_array_member (a, "rows"), i),
                              json_array_get_object_element (json_object_get_array_member (b, "rows"), i)));
}

static void
assert_merges_to (JsonObject *base, JsonObject *local, JsonObject *server, JsonObject *wanted)
{
  g_autoptr (SyncMerge) self = merge (base, local, server, SYNC_MERGE_NEWER_UNKNOWN);
  g_autoptr (JsonObject) result = dup_result (self);

  g_assert_cmpuint (sync_merge_count_open (self), ==, 0);
  assert_same_documents (result, wanted);
}

/* merge (b, b, r) = r, merge (b, l, b) = l, merge (b, x, x) = x, also without a base */
static void
check_identities (Maker *maker)
{
  g_autoptr (JsonObject) base = make_base (maker), one = make_version (maker, base, "one", FALSE),
                         other = make_version (maker, base, "server", FALSE), nothing = json_object_new ();
  g_autoptr (SyncMerge) quiet = merge (base, base, other, SYNC_MERGE_NEWER_UNKNOWN);
  g_autofree char *changes = sync_merge_dup_changes (quiet);

  g_assert_cmpstr (changes, ==, "{}");
  assert_merges_to (base, base, other, other);
  assert_merges_to (base, nothing, other, other);
  assert_merges_to (base, one, base, one);
  assert_merges_to (base, other, other, other);
  assert_merges_to (NULL, other, other, other);
}

/* Two sides that change different fields, or different rows, come to the same whoever is first. */
static void
check_disjoint (Maker *maker)
{
  g_autoptr (JsonObject) base = make_base (maker), one = json_object_new (), other = json_object_new (),
                         changed = make_version (maker, base, "one", FALSE);
  g_autoptr (SyncMerge) first = NULL, second = NULL;
  g_autoptr (JsonObject) result = NULL, turned = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      gboolean mine = below (maker, 2) == 0;

      json_object_set_member (one, fields[i],
                              json_node_copy (json_object_get_member (mine ? changed : base, fields[i])));
      json_object_set_member (other, fields[i],
                              json_node_copy (json_object_get_member (mine ? base : changed, fields[i])));
    }
  assert_merges_to (base, one, other, changed);
  assert_merges_to (base, other, one, changed);
  first = merge (base, one, other, SYNC_MERGE_NEWER_UNKNOWN);
  second = merge (base, other, one, SYNC_MERGE_NEWER_UNKNOWN);
  result = dup_result (first);
  turned = dup_result (second);
  assert_same_documents (result, turned);
}

/* Counters, tags and lines come to the same in either order; what has been merged once changes nothing when merged
 * again. */
static void
check_commuting (Maker *maker)
{
  static const char *const names[] = { "n", "tags", "list", "text" };
  g_autoptr (JsonObject) base = make_base (maker), one = make_version (maker, base, "one", FALSE),
                         other = make_version (maker, base, "other", FALSE);
  g_autoptr (SyncMerge) first = merge (base, one, other, SYNC_MERGE_NEWER_UNKNOWN),
                        second = merge (base, other, one, SYNC_MERGE_NEWER_UNKNOWN), again = NULL;
  g_autoptr (JsonObject) result = dup_result (first), turned = dup_result (second), repeated = NULL;

  again = merge (base, result, result, SYNC_MERGE_NEWER_UNKNOWN);
  repeated = dup_result (again);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      JsonNode *left = json_object_get_member (result, names[i]), *right = json_object_get_member (turned, names[i]);

      g_assert_true (same (left, json_object_get_member (repeated, names[i])));
      if (sync_merge_lookup (first, names[i])->decision == SYNC_MERGE_ASK)
        g_assert_cmpint (sync_merge_lookup (second, names[i])->decision, ==, SYNC_MERGE_ASK);
      else if (i == 1 || i == 2)
        for (guint j = 0; j < 5; j++)
          {
            g_autofree char *tag = g_strdup_printf ("t%u", j);

            g_assert_true (has_tag (left, tag) == has_tag (right, tag));
          }
      else
        g_assert_true (same (left, right));
    }
}

static gboolean
is_one_of (const char *value, const SyncMergeItem *item)
{
  return g_strcmp0 (value, item->base) == 0 || g_strcmp0 (value, item->local) == 0
         || g_strcmp0 (value, item->server) == 0;
}

/* No value is made up: each is that of a side, byte for byte, or a sum, a union or a merge of lines. */
static void
check_not_invented (GPtrArray *items)
{
  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      const SyncMergeItem *item = items->pdata[i];
      gboolean made = item->policy == SYNC_MERGE_POLICY_DELTA || item->policy == SYNC_MERGE_POLICY_UNION
                      || item->policy == SYNC_MERGE_POLICY_LINES;

      check_not_invented (item->parts);
      if (item->kind != SYNC_MERGE_KIND_FIELD)
        continue;
      if (!(made && item->decision == SYNC_MERGE_BY_POLICY))
        g_assert_true (is_one_of (item->result, item));
      if (item->decision == SYNC_MERGE_ONLY_LOCAL)
        g_assert_cmpstr (item->result, ==, item->local);
      if (item->decision == SYNC_MERGE_ASK || item->decision == SYNC_MERGE_ONLY_SERVER
          || item->decision == SYNC_MERGE_EQUAL)
        g_assert_cmpstr (item->result, ==, item->server);
    }
}

/* Whatever the style, and with or without a base; and each choice of all leaves nothing open. */
static void
check_values (Maker *maker)
{
  g_autoptr (JsonObject) base = make_base (maker), local = make_version (maker, base, "local", TRUE),
                         server = make_version (maker, base, "server", FALSE);
  g_autofree char *b = write_object (base), *l = write_object (local), *s = write_object (server);
  SyncMergeInput input = { below (maker, 2) == 0 ? b : NULL,
                           l,
                           s,
                           "T",
                           policies,
                           (SyncMergeStyle) below (maker, 5),
                           (SyncMergeNewer) below (maker, 3),
                           SYNC_MERGE_DEFAULT_PRECISION };
  g_autoptr (SyncMerge) self = sync_merge_new (&input, NULL), same_again = sync_merge_new (&input, NULL);
  g_autofree char *document = sync_merge_dup_document (self), *document_again = sync_merge_dup_document (same_again);
  g_autofree char *changes = NULL, *after = NULL;
  g_autoptr (JsonObject) chosen = NULL;

  g_assert_cmpstr (document, ==, document_again);
  check_not_invented (self->items);
  sync_merge_choose_all (self, SYNC_MERGE_TAKE_SERVER);
  changes = sync_merge_dup_changes (self);
  g_assert_cmpstr (changes, ==, "{}");
  g_assert_cmpuint (sync_merge_count_open (self), ==, 0);
  sync_merge_choose_all (self, SYNC_MERGE_TAKE_LOCAL);
  g_assert_cmpuint (sync_merge_count_open (self), ==, 0);
  chosen = dup_result (self);
  for (gsize i = 0; i + 1 < G_N_ELEMENTS (fields); i++)
    if (json_object_has_member (local, fields[i]))
      g_assert_true (same (json_object_get_member (chosen, fields[i]), json_object_get_member (local, fields[i])));
  sync_merge_choose_all (self, SYNC_MERGE_TAKE_AUTOMATIC);
  after = sync_merge_dup_document (self);
  g_assert_cmpstr (document, ==, after);
}

static void
test_law (gconstpointer data)
{
  void (*check) (Maker * maker) = *(void (*const *) (Maker *)) data;
  const char *only = g_getenv ("SYNC_MERGE_SEED");
  guint first = only != NULL ? (guint) g_ascii_strtoull (only, NULL, 10) : 1, last = only != NULL ? first : ROUNDS;

  for (guint seed = first; seed <= last; seed++)
    {
      g_autoptr (SyncRandom) random = sync_random_seeded_new (seed);
      Maker maker = { random, seed % 2 == 0 };

      current_seed = (sig_atomic_t) seed;
      check (&maker);
    }
}

static void (*const reference) (Maker *) = check_reference;
static void (*const identities) (Maker *) = check_identities;
static void (*const disjoint) (Maker *) = check_disjoint;
static void (*const commuting) (Maker *) = check_commuting;
static void (*const invented) (Maker *) = check_values;

static SyncMergePolicies *
load_policies (void)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("sync-merge-XXXXXX", &path, NULL);
  SyncMergePolicies *loaded;

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (path, shop, -1, NULL));
  loaded = sync_merge_policies_new (path, &error);
  g_assert_no_error (error);
  g_unlink (path);
  return loaded;
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  signal (SIGABRT, print_seed);
  policies = load_policies ();
  g_test_add_data_func ("/sync/merge/laws/reference", &reference, test_law);
  g_test_add_data_func ("/sync/merge/laws/identities", &identities, test_law);
  g_test_add_data_func ("/sync/merge/laws/disjoint", &disjoint, test_law);
  g_test_add_data_func ("/sync/merge/laws/commuting", &commuting, test_law);
  g_test_add_data_func ("/sync/merge/laws/nothing-invented", &invented, test_law);
  result = g_test_run ();
  g_object_unref (policies);
  return result;
}

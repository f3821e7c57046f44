/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `keys` and `keys make`: of which documents ERPNext enforces the key. */
#include "config.h"

#include "sync-ctl.h"

#include <string.h>

#include "sync-json.h"

static const char *
state_words (const char *state)
{
  static const struct
  {
    const char *state;
    const char *words;
  } known[] = {
    { "enforced", N_ ("enforced") },
    { "missing", N_ ("no field") },
    { "not-unique", N_ ("not unique") },
    { "unchecked", N_ ("not checked") },
    { "unreadable", N_ ("not readable") },
    { "not-kept", N_ ("not kept") },
    { "unproven", N_ ("not known") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_strcmp0 (state, known[i].state) == 0)
      return _ (known[i].words);
  return state;
}

/* Prints the keys, and below them what is to be done about those that are not enforced. */
static void
print_keys (JsonArray *keys)
{
  const char *const headings[] = { _ ("DOCUMENT"), _ ("KEY"), _ ("FIELD"), NULL };
  g_autoptr (SyncCtlTable) table = sync_ctl_table_new (headings);
  g_autoptr (GString) remedies = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (keys); i++)
    {
      JsonObject *key = json_array_get_object_element (keys, i);
      const char *type = sync_ctl_get_string (key, "type");
      const char *cells[] = { type, state_words (sync_ctl_get_string (key, "state")), sync_ctl_get_string (key, "field"),
                              NULL };

      sync_ctl_table_add (table, cells);
      if (!sync_ctl_get_bool (key, "enforced"))
        g_string_append_printf (remedies, "%s: %s\n", type, sync_ctl_get_string (key, "words"));
    }
  sync_ctl_table_print (table);
  if (remedies->len > 0)
    g_print ("\n%s", remedies->str);
}

static char *
dup_types_body (char **types)
{
  GString *body = g_string_new ("{\"types\":[");

  for (guint i = 0; types[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (body, ',');
      sync_json_append_quoted (body, types[i]);
    }
  g_string_append (body, "]}");
  return g_string_free (body, FALSE);
}

/* The words of the first key that could not be made, on standard error: why, and the remedy. */
static int
refuse (JsonArray *keys)
{
  for (guint i = 0; i < json_array_get_length (keys); i++)
    {
      JsonObject *key = json_array_get_object_element (keys, i);

      if (!sync_ctl_get_bool (key, "enforced"))
        {
          g_autoptr (GError) error
            = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, sync_ctl_get_string (key, "words"));

          return sync_ctl_fail (error);
        }
    }
  return SYNC_CTL_DONE;
}

int
sync_ctl_keys (SyncCtl *ctl, char **arguments)
{
  gboolean make = arguments[0] != NULL;
  g_autofree char *body = make ? dup_types_body (arguments + 1) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCtlAnswer) answer = NULL;
  JsonArray *keys;

  if (make && strcmp (arguments[0], "make") != 0)
    return sync_ctl_usage_error (_ ("“%s” is not “make”; “keys” alone shows what is enforced"), arguments[0]);
  if (make && arguments[1] == NULL)
    return sync_ctl_usage_error ("%s", _ ("name the documents whose key field is to be made: keys make Customer"));
  answer = sync_ctl_client_call (ctl->client, make ? "POST" : "GET", "keys", body, &error);
  if (answer == NULL)
    return sync_ctl_fail (error);
  keys = json_object_get_array_member (json_node_get_object (answer->root), "keys");
  if (ctl->json)
    sync_ctl_print_answer (answer->text);
  else
    print_keys (keys);
  return make ? refuse (keys) : SYNC_CTL_DONE;
}

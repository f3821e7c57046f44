/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words that nobody should read: wiped before their memory is given back, and dots in place of them where a document is
 * shown. What is masked is a copy; every other byte of it is that of the original. Relies on sync_json_check(); any
 * thread. */
#include "config.h"

#include "sync-secret.h"

#include <string.h>

#include "sync-args.h"

static const char *const name_parts[]
    = { "password", "passwd", "secret", "token", "api_key", "apikey", "authorization", "private_key" };

static gboolean append_masked (GString *out, const SyncJsonView *view);

/**
 * sync_secret_free:
 * @secret: (nullable) (transfer full): a text
 *
 * Frees it; its memory is overwritten first.
 */
void
sync_secret_free (char *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

/**
 * sync_secret_is_name:
 * @name: of a member or a field
 *
 * Returns: whether its value is likely to be a secret
 */
gboolean
sync_secret_is_name (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (name_parts); i++)
    if (strstr (lower, name_parts[i]) != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
append_container (GString *out, const SyncJsonView *view, gboolean object)
{
  const char *copied = view->text;
  gboolean masked = FALSE;
  SyncJsonIter iter;
  SyncJsonView key, value;

  sync_json_iter_init (&iter, view);
  while (sync_json_iter_next (&iter, object ? &key : NULL, &value))
    {
      g_autofree char *name = object ? sync_json_view_dup_text (&key) : NULL;
      gboolean hide = name != NULL && sync_json_view_kind (&value) == SYNC_JSON_STRING && value.length > strlen ("\"\"")
                      && sync_secret_is_name (name);

      g_string_append_len (out, copied, value.text - copied);
      copied = value.text + value.length;
      if (hide)
        g_string_append (out, "\"" SYNC_SECRET_DOTS "\"");
      else
        hide = append_masked (out, &value);
      masked |= hide;
    }
  g_string_append_len (out, copied, view->text + view->length - copied);
  return masked;
}

/* A document that stands as text in another one, as methods of ERPNext take it. */
static gboolean
append_string (GString *out, const SyncJsonView *view)
{
  g_autofree char *text = view->text[1] == '{' || view->text[1] == '[' ? sync_json_view_dup_text (view) : NULL;
  g_autofree char *masked = text != NULL ? sync_secret_dup_masked (text, strlen (text)) : NULL;

  if (masked != NULL)
    sync_json_append_quoted (out, masked);
  else
    g_string_append_len (out, view->text, view->length);
  return masked != NULL;
}

static gboolean
append_masked (GString *out, const SyncJsonView *view)
{
  SyncJsonKind kind = sync_json_view_kind (view);

  if (kind == SYNC_JSON_OBJECT || kind == SYNC_JSON_ARRAY)
    return append_container (out, view, kind == SYNC_JSON_OBJECT);
  if (kind == SYNC_JSON_STRING)
    return append_string (out, view);
  g_string_append_len (out, view->text, view->length);
  return FALSE;
}

/**
 * sync_secret_dup_masked:
 * @text: a text
 * @length: its length in bytes
 *
 * Returns: (transfer full) (nullable): the same JSON, with dots in place of what looks like a secret; %NULL if there is none
 *   in it, or it is no JSON
 */
char *
sync_secret_dup_masked (const char *text, gsize length)
{
  g_autoptr (GString) out = NULL;
  SyncJsonView root;

  if (!sync_json_check (text, length, &root, NULL))
    return NULL;
  out = g_string_sized_new (root.length);
  return append_masked (out, &root) ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}

/* The encoded @form with the value of one field in other words. */
static char *
dup_masked_form (const char *form, gsize length, GArray *fields)
{
  g_autoptr (GString) out = g_string_sized_new (length);
  const char *copied = form;
  gboolean masked = FALSE;

  for (guint i = 0; i < fields->len; i++)
    {
      const SyncField *field = &g_array_index (fields, SyncField, i);
      const char *equals = memchr (field->start, '=', field->length);
      gboolean hide = *field->value != '\0' && sync_secret_is_name (field->name);
      g_autofree char *document = hide ? NULL : sync_secret_dup_masked (field->value, strlen (field->value));
      g_autofree char *escaped = document != NULL ? g_uri_escape_string (document, NULL, FALSE) : NULL;

      if (equals == NULL || (!hide && escaped == NULL))
        continue;
      g_string_append_len (out, copied, equals + 1 - copied);
      g_string_append (out, hide ? SYNC_SECRET_DOTS : escaped);
      copied = field->start + field->length;
      masked = TRUE;
    }
  g_string_append_len (out, copied, form + length - copied);
  return masked ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}

/**
 * sync_secret_dup_masked_body:
 * @content_type: (nullable): its media type
 * @body: (nullable): the body of a request: JSON, or a form
 *
 * Returns: (transfer full) (nullable): the same, with dots in place of what looks like a secret; %NULL if there is none in it,
 *   or it is neither
 */
char *
sync_secret_dup_masked_body (const char *content_type, GBytes *body)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, content_type, body);
  gsize length = 0;
  const char *text = body != NULL ? g_bytes_get_data (body, &length) : NULL;

  if (text == NULL)
    return NULL;
  if (args->kind == SYNC_BODY_FORM)
    return dup_masked_form (text, length, args->form);
  return sync_secret_dup_masked (text, length);
}

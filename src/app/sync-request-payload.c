/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body of a request for people: laid out to read, without secrets, and to edit. No toolkit, any thread. */
#include "config.h"

#include "sync-request-payload.h"

#include "sync-args.h"

#include <string.h>

/* More than that nobody reads, and a text view does not like. */
#define SHOWN_MAX_BYTES (256 * 1024)

static gboolean
is_json (const SyncRequest *request)
{
  return request->content_type == NULL || strstr (request->content_type, "json") != NULL;
}

/* (nullable): the body as text, NULL if there is none or it is none */
static const char *
get_text (const SyncRequest *request, gsize *length)
{
  GBytes *body = sync_request_get_body (request);
  const char *text = body != NULL ? g_bytes_get_data (body, length) : NULL;

  return text != NULL && g_utf8_validate_len (text, *length, NULL) ? text : NULL;
}

/* One line for each field, its value laid out where it is JSON itself. */
static char *
dup_form (const SyncRequest *request, gboolean *masked)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, request->content_type, sync_request_get_body (request));
  g_autoptr (GString) text = NULL;

  if (args->kind != SYNC_BODY_FORM)
    return NULL;
  text = g_string_new (NULL);
  for (guint i = 0; i < args->form->len; i++)
    {
      const SyncField *field = &g_array_index (args->form, SyncField, i);
      gboolean hidden = FALSE;
      g_autofree char *pretty = sync_json_dup_pretty (field->value, strlen (field->value), &hidden);

      *masked |= hidden;
      g_string_append_printf (text, "%s%s = %s", i > 0 ? "\n" : "", field->name,
                              pretty != NULL ? pretty : field->value);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
dup_shown (const SyncRequest *request, gboolean *masked)
{
  gsize length = 0;
  const char *text = get_text (request, &length);
  char *pretty;

  *masked = FALSE;
  if (text == NULL)
    return NULL;
  pretty = is_json (request) ? sync_json_dup_pretty (text, length, masked) : dup_form (request, masked);
  return pretty != NULL ? pretty : g_strndup (text, length);
}

/**
 * sync_request_payload_dup_shown:
 * @request: a request with its body
 *
 * Returns: (transfer full) (nullable): what is sent, laid out, with dots in place of secrets, and cut if it is very long;
 *   %NULL if there is nothing that can be read
 */
char *
sync_request_payload_dup_shown (const SyncRequest *request)
{
  gboolean masked;
  char *text = dup_shown (request, &masked);
  char *end;

  if (text == NULL || strlen (text) <= SHOWN_MAX_BYTES)
    return text;
  end = g_utf8_find_prev_char (text, text + SHOWN_MAX_BYTES);
  memcpy (end, "…", MIN (strlen (end), strlen ("…")));
  end[strlen ("…")] = '\0';
  return text;
}

/**
 * sync_request_payload_has_secret:
 * @request: a request with its body
 *
 * Returns: whether something in it is shown as dots only
 */
gboolean
sync_request_payload_has_secret (const SyncRequest *request)
{
  gboolean masked;
  g_autofree char *text = dup_shown (request, &masked);

  return masked;
}

/**
 * sync_request_payload_dup_editable:
 * @request: a request with its body
 * @json: (out): whether it is JSON, and has to stay that
 *
 * Returns: (transfer full) (nullable): what is sent, JSON laid out and anything else as it is; %NULL if it cannot be
 *   edited as a text
 */
char *
sync_request_payload_dup_editable (const SyncRequest *request, gboolean *json)
{
  gsize length = 0;
  const char *text = get_text (request, &length);
  char *pretty;

  *json = is_json (request);
  if (text == NULL)
    return NULL;
  pretty = *json ? sync_json_dup_pretty (text, length, NULL) : NULL;
  return pretty != NULL ? pretty : g_strndup (text, length);
}

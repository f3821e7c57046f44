/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the recorded exchanges: comments in lines that begin with #, the request after "##### REQUEST", the
 * answer after "##### RESPONSE". Of several exchanges in one file the first is read. */
#include "config.h"

#include "recording.h"

#include <string.h>

#define WIRE SYNC_FIXTURES "/wire"

static char *
dup_header (const char *head, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  gsize length = strlen (name);

  for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 && lines[i][length] == ':')
      return g_strstrip (g_strdup (lines[i] + length + 1));
  return NULL;
}

/* Head and body of one message; the line break that ends the section is no part of the body. */
static char *
split (const char *start, const char *end, GBytes **body)
{
  const char *gap = g_strstr_len (start, end - start, "\r\n\r\n");
  gsize length;

  if (gap == NULL)
    gap = end;
  length = gap < end ? (gsize) (end - gap) - 4 : 0;
  if (length > 0 && gap[4 + length - 1] == '\n')
    length--;
  *body = g_bytes_new (gap < end ? gap + 4 : NULL, length);
  return g_strndup (start, gap - start);
}

static const char *
find_section (const char *text, const char *end, const char *mark)
{
  const char *found = text != NULL ? g_strstr_len (text, end - text, mark) : NULL;
  const char *line
      = found != NULL ? memchr (found + strlen (mark), '\n', end - found - strlen (mark)) : NULL;

  return line != NULL ? line + 1 : NULL;
}

/* The file's name without ".http". */
Recording *
recording_load (const char *name)
{
  g_autofree char *path = g_strdup_printf (WIRE "/%s.http", name);
  g_autofree char *text = NULL, *head = NULL, *answer_head = NULL;
  g_auto (GStrv) words = NULL;
  g_autoptr (GError) error = NULL;
  Recording *self = g_new0 (Recording, 1);
  const char *request, *answer, *request_end, *answer_end, *end;
  gsize length;

  g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);
  end = text + length;
  request = find_section (text, end, "##### REQUEST");
  g_assert_nonnull (request);
  answer = find_section (request, end, "\n##### RESPONSE");
  request_end = answer != NULL ? g_strstr_len (request, end - request, "\n##### RESPONSE") : end;
  head = split (request, request_end, &self->request);
  words = g_strsplit_set (head, " \r\n", 4);
  self->method = g_strdup (words[0]);
  self->path = g_strdup (words[1]);
  self->request_type = dup_header (head, "Content-Type");
  self->answered = answer != NULL && g_str_has_prefix (answer, "HTTP/");
  if (!self->answered)
    {
      self->answer = g_bytes_new (NULL, 0);
      return self;
    }
  answer_end = g_strstr_len (answer, end - answer, "\n##### REQUEST");
  answer_head = split (answer, answer_end != NULL ? answer_end : end, &self->answer);
  self->status = (guint) g_ascii_strtoull (strchr (answer_head, ' '), NULL, 10);
  self->type = dup_header (answer_head, "Content-Type");
  self->retry_after = dup_header (answer_head, "Retry-After");
  self->date = dup_header (answer_head, "Date");
  self->reset = dup_header (answer_head, "X-RateLimit-Reset");
  return self;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* (transfer full) (element-type utf8): the names of all recordings, sorted. */
GPtrArray *
recording_list (void)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (WIRE, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".http"))
      g_ptr_array_add (names, g_strndup (name, strlen (name) - strlen (".http")));
  g_ptr_array_sort (names, compare_names);
  return names;
}

void
recording_free (Recording *self)
{
  g_free (self->method);
  g_free (self->path);
  g_free (self->request_type);
  g_bytes_unref (self->request);
  g_free (self->type);
  g_free (self->retry_after);
  g_free (self->date);
  g_free (self->reset);
  g_bytes_unref (self->answer);
  g_free (self);
}

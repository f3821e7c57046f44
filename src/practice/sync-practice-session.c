/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who asks: API tokens, sessions with their cookies, and the CSRF token that a session owns once a page
 * was opened in it. The order is the real site's: the Host, then a live session, then its CSRF token, then
 * the Authorization header. Sessions live in memory: they are gone after a restart. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

#define PASSWORD "practice"
#define LOCK_AFTER 10 /* failed log-ins */

static const char *const manager_roles[] = { "All", "System Manager", "Sales User", NULL };
static const char *const sales_roles[] = { "All", "Sales User", NULL };
static const char *const no_roles[] = { NULL };

static void
user_free (gpointer data)
{
  SyncPracticeUser *user = data;

  g_free (user->name);
  g_free (user->secret);
  g_free (user);
}

void
sync_practice_session_free (gpointer data)
{
  SyncPracticeSession *session = data;

  g_free (session->csrf);
  g_free (session);
}

/* Returns: (transfer full): the users that every shop has. */
GHashTable *
sync_practice_users_new (void)
{
  static const struct
  {
    const char *name;
    const char *const *roles;
  } seeds[] = { { "Administrator", manager_roles },
                { "manager@example.com", manager_roles },
                { "cashier@example.com", sales_roles },
                { "clerk@example.com", sales_roles },
                { "noroles@example.com", no_roles } };
  GHashTable *users = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, user_free);

  for (guint i = 0; i < G_N_ELEMENTS (seeds); i++)
    {
      SyncPracticeUser *user = g_new0 (SyncPracticeUser, 1);

      user->name = g_strdup (seeds[i].name);
      user->secret = g_strdup ("SECRET");
      user->roles = seeds[i].roles;
      user->enabled = TRUE;
      g_hash_table_insert (users, user->name, user);
    }
  return users;
}

/* Returns: (nullable): by mail address, or by what stands before the @. */
SyncPracticeUser *
sync_practice_shop_find_user (SyncPracticeShop *self, const char *name)
{
  SyncPracticeUser *user = name != NULL ? g_hash_table_lookup (self->users, name) : NULL;
  g_autofree char *address = NULL;

  if (user != NULL || name == NULL)
    return user;
  address = g_strconcat (name, "@example.com", NULL);
  return g_hash_table_lookup (self->users, address);
}

/**
 * sync_practice_shop_set_user_enabled:
 * @self: a shop
 * @user: a mail address, or what stands before its @
 * @enabled: a disabled user's token is refused with 401
 *
 * Not durable: a reopened shop has its built-in users.
 *
 * Returns: whether there is such a user
 */
gboolean
sync_practice_shop_set_user_enabled (SyncPracticeShop *self, const char *user, gboolean enabled)
{
  SyncPracticeUser *found = sync_practice_shop_find_user (self, user);

  if (found != NULL)
    found->enabled = enabled;
  return found != NULL;
}

/**
 * sync_practice_shop_set_user_secret:
 * @self: a shop
 * @user: a mail address, or what stands before its @
 * @secret: (nullable): the new secret of its key; %NULL clears the key
 *
 * Not durable.
 *
 * Returns: whether there is such a user
 */
gboolean
sync_practice_shop_set_user_secret (SyncPracticeShop *self, const char *user, const char *secret)
{
  SyncPracticeUser *found = sync_practice_shop_find_user (self, user);

  if (found == NULL)
    return FALSE;
  g_free (found->secret);
  found->secret = g_strdup (secret);
  return TRUE;
}

/* Returns: (transfer full): so many random hexadecimal digits. */
char *
sync_practice_shop_token (SyncPracticeShop *self, guint n_hex)
{
  g_autofree guint8 *bytes = g_malloc (n_hex);
  char *text = g_malloc (n_hex + 1);

  sync_random_fill (self->random, bytes, n_hex);
  for (guint i = 0; i < n_hex; i++)
    text[i] = "0123456789abcdef"[bytes[i] & 15];
  text[n_hex] = '\0';
  return text;
}

/**
 * sync_practice_shop_dup_session:
 * @self: a shop
 * @user: a mail address, or what stands before its @
 * @with_csrf: as after a page was opened in it: writes then need the CSRF token, which is `csrf-` and the sid
 *
 * Returns: (transfer full) (nullable): the `sid` of a new session of the user
 */
char *
sync_practice_shop_dup_session (SyncPracticeShop *self, const char *user, gboolean with_csrf)
{
  SyncPracticeUser *found = sync_practice_shop_find_user (self, user);
  SyncPracticeSession *session;
  char *sid;

  if (found == NULL)
    return NULL;
  session = g_new0 (SyncPracticeSession, 1);
  session->user = found;
  sid = sync_practice_shop_token (self, 40);
  if (with_csrf)
    session->csrf = g_strconcat ("csrf-", sid, NULL);
  g_hash_table_insert (self->sessions, g_strdup (sid), session);
  return sid;
}

static char *
dup_sid (SyncPracticeCall *call)
{
  const char *cookies =
    call->headers != NULL ? soup_message_headers_get_list (call->headers, "Cookie") : NULL;
  g_auto (GStrv) parts = cookies != NULL ? g_strsplit (cookies, ";", -1) : NULL;

  for (guint i = 0; parts != NULL && parts[i] != NULL; i++)
    {
      const char *part = g_strstrip (parts[i]);

      if (g_str_has_prefix (part, "sid=") && strcmp (part, "sid=Guest") != 0 && part[4] != '\0')
        return g_strdup (part + 4);
    }
  return NULL;
}

static gboolean
check_csrf (SyncPracticeCall *call)
{
  const char *sent;

  if (call->session == NULL || call->session->csrf == NULL || sync_practice_call_is_read (call))
    return TRUE;
  sent = soup_message_headers_get_one (call->headers, "X-Frappe-CSRF-Token");
  if (g_strcmp0 (sent, call->session->csrf) == 0)
    return TRUE;
  sync_practice_call_fail (call, 400, "CSRFTokenError", "Invalid Request");
  call->traced = FALSE;
  return FALSE;
}

static gboolean
refuse_key (SyncPracticeCall *call)
{
  return sync_practice_call_fail_quietly (call, 401, "AuthenticationError", NULL);
}

static gboolean
check_pair (SyncPracticeCall *call, const char *pair)
{
  const char *colon = strchr (pair, ':');
  g_autofree char *name = colon != NULL &&
    g_str_has_prefix (pair, "KEY-") ? g_strndup (pair + 4, colon - pair - 4) : NULL;
  SyncPracticeUser *user = sync_practice_shop_find_user (call->shop, name);

  if (user == NULL || !user->enabled || user->secret == NULL || strcmp (user->secret, colon + 1) != 0)
    return refuse_key (call);
  if (call->user == NULL)
    call->user = user;
  return TRUE;
}

/* Exactly two words are examined; anything else is as if there was no header. */
static gboolean
check_authorization (SyncPracticeCall *call)
{
  const char *header = soup_message_headers_get_one (call->headers, "Authorization");
  g_auto (GStrv) words = header != NULL ? g_strsplit (header, " ", -1) : NULL;

  if (words == NULL || g_strv_length (words) != 2)
    return TRUE;
  if (g_ascii_strcasecmp (words[0], "token") == 0)
    return check_pair (call, words[1]);
  if (g_ascii_strcasecmp (words[0], "basic") == 0)
    {
      gsize n = 0;
      g_autofree guchar *bytes = g_base64_decode (words[1], &n);
      g_autofree char *pair = g_strndup ((const char *) bytes, n);

      return check_pair (call, pair);
    }
  return refuse_key (call);
}

static gboolean
check_host (SyncPracticeCall *call)
{
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;

  if (call->host == NULL || soup_message_headers_get_one (call->headers, "X-Frappe-Site-Name") != NULL)
    return TRUE;
  name = g_strndup (call->host, strcspn (call->host, ":"));
  if (call->host[0] == '[' || strcmp (name, "127.0.0.1") == 0 || strcmp (name, "localhost") == 0)
    return TRUE;
  text = g_strdup_printf ("%s does not exist", name);
  return sync_practice_call_fail_page (call, 404, "Not Found", text);
}

/**
 * sync_practice_session_authenticate:
 * @call: a call
 *
 * Finds out who asks. A live session wins over a token.
 *
 * Returns: %FALSE when the request must not be handled
 */
gboolean
sync_practice_session_authenticate (SyncPracticeCall *call)
{
  g_autofree char *sid = NULL;

  if (!check_host (call))
    return FALSE;
  sid = dup_sid (call);
  if (sid != NULL)
    {
      call->session = g_hash_table_lookup (call->shop->sessions, sid);
      call->session_expired = call->session == NULL;
      if (call->session != NULL)
        call->user = call->session->user;
    }
  return check_csrf (call) && check_authorization (call);
}

/* `usr` and `pwd` are checked; more than ten failures lock the account (tokens go on working). Returns:
 * FALSE when it failed */
gboolean
sync_practice_session_login (SyncPracticeCall *call)
{
  SyncPracticeUser *user =
    sync_practice_shop_find_user (call->shop, sync_practice_call_get_text (call, "usr"));

  if (user != NULL && user->n_failures > LOCK_AFTER)
    return sync_practice_call_fail (call, 500, "SecurityException",
                                    "Your account has been locked and will resume after 60 seconds");
  if (user == NULL || !user->enabled || g_strcmp0 (sync_practice_call_get_text (call, "pwd"), PASSWORD) != 0)
    {
      if (user != NULL)
        user->n_failures++;
      call->extra_message = "Invalid login credentials";
      return refuse_key (call);
    }
  user->n_failures = 0;
  call->user = user;
  call->new_sid = sync_practice_shop_dup_session (call->shop, user->name, FALSE);
  call->session_expired = FALSE;
  sync_practice_call_return_text (call, "Logged In");
  call->result_beside = json_object_new ();
  json_object_set_string_member (call->result_beside, "home_page", "/app/home");
  json_object_set_string_member (call->result_beside, "full_name", user->name);
  return TRUE;
}

void
sync_practice_session_logout (SyncPracticeCall *call)
{
  g_autofree char *sid = dup_sid (call);

  if (sid != NULL)
    g_hash_table_remove (call->shop->sessions, sid);
  call->session = NULL;
  call->own_commit = TRUE;
  sync_practice_call_return_text (call, "No App");
  call->result_beside = json_object_new ();
  json_object_set_string_member (call->result_beside, "home_page", "/login");
  json_object_set_string_member (call->result_beside, "full_name", "Guest");
}

/* A desk page: from now on the session owns a CSRF token, which the page tells. */
void
sync_practice_session_page (SyncPracticeCall *call)
{
  if (call->session != NULL && call->session->csrf == NULL)
    call->session->csrf = sync_practice_shop_token (call->shop, 56);
  call->status = 200;
  call->page_type = "text/html; charset=utf-8";
  call->page =
    g_strdup_printf ("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta"
                     " charset=\"UTF-8\">\n<title>%s</title>\n"
                                "<script>window.frappe = {}; frappe.csrf_token = \"%s\";</script>\n</head>\n"
                                "<body>%s</body>\n</html>\n", call->path,
                                call->session != NULL ? call->session->csrf : "None",
                     sync_practice_call_user (call));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a handled call to the bytes of its answer: JSON of both API versions, Frappe's error bodies, its
 * cookies, and the prepared answers that the fault switch sends (each failure that a real site, its proxy
 * or a captive portal was seen to give). One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

typedef struct
{
  const char *name;
  guint status;
  const char *exc_type;    /* (nullable): NULL for a page */
  const char *exc_module;
  const char *exception;   /* (nullable) */
  gboolean told;           /* the exception's text is also a message for the person */
  const char *page;        /* (nullable) */
  const char *page_type;
  const char *source;      /* (nullable): the app that raised it */
  const char *remark;      /* (nullable): a message that came before */
  const char *headers[9];  /* name, value, ... */
} Prepared;

#define FRAPPE "frappe.exceptions."
#define HTML "text/html"
#define NGINX_PAGE(text) \
  "<html>\n<head><title>" text "</title></head>\n<body>\n<center><h1>" text "</h1></center>\n" \
  "<hr><center>nginx/1.22.1</center>\n</body>\n</html>\n"
#define GUNICORN_PAGE \
  "<html>\n  <head>\n    <title>Internal Server Error</title>\n  </head>\n  <body>\n" \
  "    <h1><p>Internal Server Error</p></h1>\n  </body>\n</html>\n"
#define READ_ONLY_TEXT \
  "Site is running in read only mode for maintenance or site update, this action can not be performed right" \
  " now. Please try again later."
#define LOGIN_PAGE \
  "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Login</title></head>\n<body><form action=\"/login\">" \
  "<input name=\"user\"><input name=\"password\" type=\"password\"></form></body>\n</html>\n"

static const Prepared prepared[] = {
  { "deadlock", 500, "QueryDeadlockError", FRAPPE,
    "(1213, 'Deadlock found when trying to get lock; try restarting transaction')",
    .source = "erpnext (app)" },
  { "lock-timeout", 500, "QueryTimeoutError", FRAPPE,
    "(1205, 'Lock wait timeout exceeded; try restarting transaction')" },
  { "database-down", 500, "OperationalError", "pymysql.err.",
    "(2003, \"Can't connect to MySQL server on '127.0.0.1' ([Errno 111] Connection refused)\")" },
  { "interface-error", 500, "InterfaceError", "pymysql.err.", "(0, '')" },
  { "type-error", 500, "TypeError", "", "unsupported operand type(s) for -: 'NoneType' and 'float'" },
  { "document-locked", 417, "DocumentLockedError", FRAPPE,
    "This document is currently locked and queued for execution. Please try again after some time.", TRUE },
  { "stale", 417, "TimestampMismatchError", FRAPPE,
    "Error: Document has been modified after you have opened it (2026-01-01 00:00:00.000001, 2026-01-01"
    " 00:00:00.000002). Please refresh to get the latest document.", TRUE },
  { "duplicate", 409, "DuplicateEntryError", FRAPPE, "('Item', 'ITEM-001', IntegrityError(1062, \"Duplicate entry\"))",
    TRUE },
  { "validation", 417, "ValidationError", FRAPPE, "Not accepted by a rule of this site", TRUE },
  { "negative-stock", 417, "NegativeStockError", "erpnext.stock.stock_ledger.",
    "<strong>1.0</strong> units of Item ITEM-001 needed in Warehouse Stores - TC to complete this"
    " transaction.", TRUE,
    .source = "erpnext (app)" },
  { "concurrent-submit", 417, "ValidationError", FRAPPE,
    "A concurrent request is already processing this invoice. Please try again.", TRUE,
   .source = "posawesome (app)",
    .remark = "POS Invoice Submission Ledger already exists" },
  { "unauthorized", 401, "AuthenticationError", FRAPPE, NULL },
  { "forbidden", 403, "PermissionError", FRAPPE, "Not permitted", TRUE },
  { "guest", 403, "PermissionError", FRAPPE,
    "<details><summary>You are not permitted to access this resource. Login to access</summary>Function"
    " <strong>frappe.auth.get_logged_user</strong> is not whitelisted.</details>", TRUE },
  { "csrf", 400, "CSRFTokenError", FRAPPE, "Invalid Request", TRUE },
  { "missing", 404, "DoesNotExistError", FRAPPE, "Not found", TRUE },
  { "rate-limited", 429, "TooManyRequestsError", FRAPPE, NULL,
    .headers = { "X-RateLimit-Reset", "9", "X-RateLimit-Limit", "150000", "X-RateLimit-Remaining", "0",
                "Retry-After",
                 "9", NULL } },
  { "endpoint-rate-limited", 429, "RateLimitExceededError", FRAPPE,
    "You hit the rate limit because of too many requests. Please try after sometime.", TRUE },
  { "maintenance", 503, "SessionStopped", FRAPPE, "Session Stopped" },
  { "read-only", 503, "InReadOnlyMode", FRAPPE, READ_ONLY_TEXT, TRUE },
  { "login-locked", 500, "SecurityException", FRAPPE,
    "Your account has been locked and will resume after 60 seconds", TRUE },
  { "internal-error", 500, .page = GUNICORN_PAGE, .page_type = HTML },
  { "too-large", 413, .page = NGINX_PAGE ("413 Request Entity Too Large"), .page_type = HTML },
  { "bad-gateway", 502, .page = NGINX_PAGE ("502 Bad Gateway"), .page_type = HTML },
  { "unavailable", 503, .page = NGINX_PAGE ("503 Service Temporarily Unavailable"), .page_type = HTML,
    .headers = { "Retry-After", "7", NULL } },
  { "gateway-timeout", 504, .page = NGINX_PAGE ("504 Gateway Time-out"), .page_type = HTML },
  { "portal", 200, .page = LOGIN_PAGE, .page_type = "text/html; charset=utf-8" },
  { "login-redirect", 302, .page = NGINX_PAGE ("302 Found"), .page_type = HTML,
   .headers = { "Location", "/login", NULL } },
  { "moved", 301, .page = NGINX_PAGE ("301 Moved Permanently"), .page_type = HTML,
    .headers = { "Location", "/elsewhere", NULL } },
  { "see-other", 303, .page = NGINX_PAGE ("303 See Other"), .page_type = HTML,
    .headers = { "Location", "/app", NULL } },
  { "proxy-sign-in", 401, .page = NGINX_PAGE ("401 Authorization Required"), .page_type = HTML },
  { "error-page", 500, .page = LOGIN_PAGE, .page_type = "text/html; charset=utf-8" },
  { "wrong-json", 200, .page = "{\"ok\":true}", .page_type = "application/json" },
  { "empty-list", 200, .page = "{\"data\":[]}", .page_type = "application/json" },
  { "no-right", 200, .page = "{\"message\":{\"has_permission\":false}}", .page_type = "application/json" },
  { "broken-json", 200, .page = "{\"data\":{\"name\":\"AC", .page_type = "application/json" },
  { "empty", 200, .page = "", .page_type = "application/json" },
  { "huge", 200, .page_type = "application/json" },
};

static const Prepared *
find_prepared (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (prepared); i++)
    if (g_strcmp0 (prepared[i].name, name) == 0)
      return &prepared[i];
  return NULL;
}

/**
 * sync_practice_fault_answers:
 *
 * What a fault can answer with: each failure of a site, its database, its proxy or a captive portal, with its
 * status and body as recorded. For instance `deadlock`, `database-down`, `document-locked`, `rate-limited`,
 * `maintenance`, `unauthorized`, `csrf`, `internal-error`, `bad-gateway`, `unavailable`, `gateway-timeout`,
 * `portal`, `login-redirect`, `wrong-json`, `huge`.
 *
 * Returns: (transfer none): the names of the prepared answers, %NULL-terminated
 */
const char *const *
sync_practice_fault_answers (void)
{
  static const char *names[G_N_ELEMENTS (prepared) + 1];

  for (guint i = 0; i < G_N_ELEMENTS (prepared); i++)
    names[i] = prepared[i].name;
  return names;
}

static char *
huge_page (gsize bytes)
{
  GString *page = g_string_sized_new (bytes + 16);

  g_string_append (page, "{\"data\":\"");
  for (gsize i = page->len + 2; i < bytes; i++)
    g_string_append_c (page, 'x');
  g_string_append (page, "\"}");
  return g_string_free (page, FALSE);
}

/**
 * sync_practice_answer_prepared:
 * @call: a call; what it would have answered is dropped
 * @name: (nullable): one of sync_practice_fault_answers()
 * @fault: (nullable): the fault that asks for it
 *
 * Returns: %FALSE when there is no such answer
 */
gboolean
sync_practice_answer_prepared (SyncPracticeCall *call, const char *name, const SyncPracticeFault *fault)
{
  const Prepared *found = find_prepared (name);

  if (found == NULL)
    return FALSE;
  g_ptr_array_set_size (call->messages, 0);
  g_clear_pointer (&call->result, json_node_unref);
  g_clear_pointer (&call->result_beside, json_object_unref);
  g_clear_pointer (&call->page, g_free);
  g_clear_pointer (&call->exception, g_free);
  g_clear_pointer (&call->error_message, g_free);
  call->session_expired = FALSE;
  call->status = found->status;
  call->exc_type = found->exc_type;
  call->exc_module = found->exc_module;
  call->exc_source = found->source;
  call->exception = g_strdup (found->exception);
  call->traced = strcmp (found->name, "csrf") != 0;
  call->page_type = found->page_type;
  if (strcmp (found->name, "huge") == 0)
    call->page = huge_page (fault != NULL ? fault->bytes : 0);
  else if (found->exc_type == NULL)
    call->page = g_strdup (found->page);
  if (found->remark != NULL)
    sync_practice_call_say (call, "Duplicate Name", "red", FALSE, "%s", found->remark);
  if (found->told)
    sync_practice_call_say (call, "Message", "red", TRUE, "%s", found->exception);
  g_clear_pointer (&call->extra_headers, g_ptr_array_unref);
  call->extra_headers = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; found->headers[i] != NULL; i += 2)
    {
      gboolean retry = fault != NULL && fault->retry_after_s > 0 &&
        strcmp (found->headers[i], "Retry-After") == 0;

      g_ptr_array_add (call->extra_headers, g_strdup (found->headers[i]));
      g_ptr_array_add (call->extra_headers, retry ? g_strdup_printf ("%u", fault->retry_after_s)
                                                  : g_strdup (found->headers[i + 1]));
    }
  return TRUE;
}

static JsonObject *
message_object (SyncPracticeCall *call, SyncPracticeMessage *message)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "message", message->text);
  json_object_set_string_member (object, "title", message->title);
  if (message->indicator != NULL)
    json_object_set_string_member (object, "indicator", message->indicator);
  if (message->raised)
    {
      g_autofree char *id = sync_practice_shop_token (call->shop, 56);

      json_object_set_int_member (object, "raise_exception", 1);
      json_object_set_string_member (object, "__frappe_exc_id", id);
    }
  return object;
}

/* `_server_messages`: a JSON text of a list of JSON texts. */
static char *
server_messages (SyncPracticeCall *call)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  g_autoptr (JsonArray) list = json_array_new ();

  for (guint i = 0; i < call->messages->len; i++)
    {
      g_autoptr (JsonObject) object = message_object (call, g_ptr_array_index (call->messages, i));
      g_autofree char *text = sync_practice_json_text (object);

      json_array_add_string_element (list, text);
    }
  json_node_set_array (node, list);
  return json_to_string (node, FALSE);
}

static char *
exception_text (SyncPracticeCall *call)
{
  const char *module = call->exc_module != NULL ? call->exc_module : "";

  return call->exception != NULL ? g_strdup_printf ("%s%s: %s", module, call->exc_type, call->exception)
                                 : g_strconcat (module, call->exc_type, NULL);
}

static gboolean
shows_trace (SyncPracticeCall *call)
{
  return call->traced && (call->shop->tracebacks || call->always_traced);
}

static void
add_error_v1 (SyncPracticeCall *call, JsonObject *body)
{
  if (call->extra_message != NULL)
    json_object_set_string_member (body, "message", call->extra_message);
  if (shows_trace (call))
    {
      g_autofree char *exception = exception_text (call);

      json_object_set_string_member (body, "exception", exception);
    }
  json_object_set_string_member (body, "exc_type", call->exc_type);
  if (shows_trace (call))
    {
      if (call->exc_source != NULL)
        json_object_set_string_member (body, "_exc_source", call->exc_source);
      json_object_set_string_member (body, "exc", "[\"Traceback (most recent call last): ...\"]");
    }
}

static void
add_error_v2 (SyncPracticeCall *call, JsonObject *body)
{
  g_autoptr (JsonObject) error = json_object_new ();
  JsonArray *errors = json_array_new ();

  json_object_set_string_member (error, "type", call->exc_type);
  if (shows_trace (call))
    {
      g_autofree char *exception = exception_text (call);
      g_autofree char *trace = g_strdup_printf ("Traceback (most recent call last):\n  ...\n%s\n", exception);

      json_object_set_string_member (error, "exception", trace);
    }
  if (call->messages->len > 0)
    {
      SyncPracticeMessage *last = g_ptr_array_index (call->messages, call->messages->len - 1);

      json_object_set_string_member (error, "message", last->text);
      json_object_set_string_member (error, "title", last->title);
      if (last->indicator != NULL)
        json_object_set_string_member (error, "indicator", last->indicator);
      g_ptr_array_set_size (call->messages, call->messages->len - 1);
    }
  json_array_add_object_element (errors, g_steal_pointer (&error));
  json_object_set_array_member (body, "errors", errors);
}

static void
add_messages (SyncPracticeCall *call, JsonObject *body)
{
  if (call->messages->len == 0)
    return;
  if (call->v2)
    {
      JsonArray *list = json_array_new ();

      for (guint i = 0; i < call->messages->len; i++)
        json_array_add_object_element (list, message_object (call, g_ptr_array_index (call->messages, i)));
      json_object_set_array_member (body, "messages", list);
    }
  else
    {
      g_autofree char *text = server_messages (call);

      json_object_set_string_member (body, "_server_messages", text);
    }
}

static char *
json_answer (SyncPracticeCall *call)
{
  g_autoptr (JsonObject) body = json_object_new ();

  if (call->session_expired)
    json_object_set_int_member (body, "session_expired", 1);
  if (call->exc_type != NULL && call->v2)
    add_error_v2 (call, body);
  else if (call->exc_type != NULL)
    add_error_v1 (call, body);
  else if (call->result != NULL)
    json_object_set_member (body, call->result_key != NULL ? call->result_key : call->v2 ? "data" : "message",
                            json_node_ref (call->result));
  if (call->result_beside != NULL && call->exc_type == NULL)
    {
      JsonObjectIter iter;
      const char *name;
      JsonNode *value;

      json_object_iter_init (&iter, call->result_beside);
      while (json_object_iter_next (&iter, &name, &value))
        json_object_set_member (body, name, json_node_ref (value));
    }
  add_messages (call, body);
  if (call->error_message != NULL && !call->v2)
    json_object_set_string_member (body, "_error_message", call->error_message);
  return sync_practice_json_text (body);
}

/* An Accept that starts with `text` gets a page for an error, not JSON. */
static void
make_error_page (SyncPracticeCall *call)
{
  if (call->status == 429)
    {
      call->page = g_strdup ("Too Many Requests");
      call->page_type = "text/plain; charset=utf-8";
      return;
    }
  if (call->status == 503)
    {
      call->status = 500;
      call->page = g_strdup (GUNICORN_PAGE);
      call->page_type = HTML;
      return;
    }
  call->page = g_strdup_printf ("<!DOCTYPE html>\n<!-- Built on ERPNext Platform. https://erpnext.io/ -->\n"
                                "<html lang=\"en\">\n<head>\n\t<meta"
                                " charset=\"utf-8\">\n\t<title>%s</title>\n</head>\n"
                                "<body></body>\n</html>\n", call->exc_type);
  call->page_type = "text/html; charset=utf-8";
}

static void
add_cookies (SyncPracticeCall *call, SoupMessageHeaders *headers)
{
  gboolean session = call->new_sid != NULL || call->session != NULL;
  const char *shown = session ? sync_practice_call_user (call) : "Guest";
  g_autofree char *sid = g_strdup_printf ("sid=%s; Max-Age=612000; HttpOnly; Path=/; SameSite=Lax",
                                          call->new_sid != NULL ? call->new_sid : "Guest");
  g_autofree char *escaped = g_uri_escape_string (shown, NULL, FALSE);
  g_autofree char *user_id = g_strdup_printf ("user_id=%s; Path=/; SameSite=Lax", escaped);
  g_autofree char *full_name = g_strdup_printf ("full_name=%.*s; Path=/; SameSite=Lax",
                                                (int) strcspn (shown, "@"), shown);

  /* A client keeps the session cookie that it has. */
  if (call->new_sid != NULL || call->session == NULL)
    soup_message_headers_append (headers, "Set-Cookie", sid);
  soup_message_headers_append (headers, "Set-Cookie", session ? "system_user=yes; Path=/; SameSite=Lax"
                                                              : "system_user=no; Path=/; SameSite=Lax");
  soup_message_headers_append (headers, "Set-Cookie", full_name);
  soup_message_headers_append (headers, "Set-Cookie", user_id);
  soup_message_headers_append (headers, "Set-Cookie", "user_image=; Path=/; SameSite=Lax");
  if (call->status == 401)
    {
      static const char *const names[] = { "system_user", "user_image", "sid", "full_name", "user_id" };

      for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        {
          g_autofree char *gone =
            g_strdup_printf ("%s=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/", names[i]);

          soup_message_headers_append (headers, "Set-Cookie", gone);
        }
    }
}

/* The reason phrase in capitals, as gunicorn writes it. */
static void
set_status (SoupServerMessage *message, guint status)
{
  g_autofree char *reason =
    status == 200 ? g_strdup ("OK") : g_ascii_strup (soup_status_get_phrase (status), -1);

  soup_server_message_set_status (message, status, reason);
}

/* The shop has one clock: what it writes into documents, and what its answers say. */
static void
put_date (SyncPracticeCall *call, SoupMessageHeaders *headers)
{
  g_autoptr (GDateTime) now =
    g_date_time_new_from_unix_utc (sync_clock_wall_us (call->shop->clock) / G_USEC_PER_SEC);
  g_autofree char *date = soup_date_time_to_string (now, SOUP_DATE_HTTP);

  soup_message_headers_replace (headers, "Date", date);
}

/**
 * sync_practice_answer_send:
 * @call: a handled call
 * @message: gets status, headers and body
 */
void
sync_practice_answer_send (SyncPracticeCall *call, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  gboolean wants_page = call->accept != NULL && g_str_has_prefix (call->accept, "text");
  char *text;

  if (call->exc_type != NULL && call->page == NULL && wants_page)
    make_error_page (call);
  if (call->status == 0)
    call->status = 200;
  if (call->page == NULL || g_str_has_prefix (call->page_type, "text/html; charset"))
    add_cookies (call, headers);
  put_date (call, headers);
  for (guint i = 0; call->extra_headers != NULL && i < call->extra_headers->len; i += 2)
    soup_message_headers_append (headers, g_ptr_array_index (call->extra_headers, i),
                                 g_ptr_array_index (call->extra_headers, i + 1));
  if (!call->shop->keep_alive)
    soup_message_headers_append (headers, "Connection", "close");
  text = call->page != NULL ? g_steal_pointer (&call->page) : json_answer (call);
  set_status (message, call->status);
  soup_server_message_set_response (message, call->page_type != NULL ? call->page_type : "application/json",
                                    SOUP_MEMORY_TAKE, text, strlen (text));
}

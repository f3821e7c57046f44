/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line is cut at every byte. For each kind of write, each call that its delivery makes and each byte k: the
 * connection is reset after k bytes of the request (the server did nothing), reset after k bytes of the answer and closed
 * after k bytes of the answer (the server had committed). Then the line is good again, and the write must be on the
 * server exactly once and `completed`. Every case has an engine that knows nothing yet, on one growing database.
 *
 * SYNC_CUTS=all takes each byte; else it is every 9th of the request and of the answer's headers, and fewer in the
 * answer's body. An argument, `invoices` or `others`, takes one half of the kinds of write. */
#include "config.h"

#include "street.h"

#include <string.h>

#define DEFAULT_STRIDE 9
/* Answers' headers end before this; in the body one byte is like the next. */
#define HEADERS_BYTES 600
#define BODY_STRIDE 20
/* No call of these is longer than that; a delivery that never gets through ends here. */
#define MAX_BYTES 20000
/* Virtual time within which a write must be through after one cut, or three in a row. */
#define PATIENCE_MS (G_GINT64_CONSTANT (3600) * 1000)

/* What one case works on. */
typedef struct
{
  guint number;
  char *key;      /* (owned): the client's idempotency key */
  char *name;     /* (owned) (nullable): the document that was there before */
  char *modified; /* (owned) (nullable): its version */
  guint64 n_before; /* documents of the type before the write was handed over */
} Case;

/* A kind of write. */
typedef struct
{
  const char *label;
  const char *doctype;
  const char *method;
  const char *before;   /* (nullable): body of the document that must be there before, with $N */
  const char *url;      /* with $NAME */
  const char *body;     /* (nullable): with $N, $KEY, $MODIFIED */
  int n_documents;      /* how many more there are afterwards */
  const char *commits[4]; /* kinds of commit that the document must have had, each exactly once; all others never */
  const char *before_done; /* (nullable): after `before`, this change, as `url` and `body` have it */
  gboolean person_may_be_asked; /* the server cannot be asked what became of it */
} Write;

#define INVOICE                                                                                                \
  "\"customer\":\"Walk In\",\"company\":\"Test Co\",\"is_pos\":1,\"pos_profile\":\"Main POS\","                \
  "\"items\":[{\"item_code\":\"SRV-001\",\"qty\":$N,\"rate\":15}],"                                            \
  "\"payments\":[{\"mode_of_payment\":\"Cash\",\"amount\":15}]"
#define POSA "/api/method/posawesome.posawesome.api."
#define NESTED                                                                                                 \
  "{\\\"doctype\\\":\\\"Sales Invoice\\\",\\\"customer\\\":\\\"Walk In\\\",\\\"company\\\":\\\"Test Co\\\","   \
  "\\\"is_pos\\\":1,\\\"pos_profile\\\":\\\"Main POS\\\",\\\"posa_client_request_id\\\":\\\"$KEY\\\","         \
  "\\\"items\\\":[{\\\"item_code\\\":\\\"SRV-001\\\",\\\"qty\\\":$N,\\\"rate\\\":15}],"                        \
  "\\\"payments\\\":[{\\\"mode_of_payment\\\":\\\"Cash\\\",\\\"amount\\\":15}]}"

static const Write writes[] = {
  { .label = "create", .doctype = "Customer", .method = "POST", .url = "/api/resource/Customer",
    .body = "{\"customer_name\":\"Cut $N\",\"sync_client_id\":\"$KEY\"}", .n_documents = 1, .commits = { "create" } },
  { .label = "create-with-own-key", .doctype = "Customer", .method = "POST", .url = "/api/v2/document/Customer",
    .body = "{\"customer_name\":\"Own $N\"}", .n_documents = 1, .commits = { "create" } },
  { .label = "create-and-submit", .doctype = "Sales Invoice", .method = "POST", .url = "/api/resource/Sales%20Invoice",
    .body = "{\"docstatus\":1,\"posa_client_request_id\":\"$KEY\"," INVOICE "}", .n_documents = 1,
    .commits = { "create", "submit" } },
  { .label = "update", .doctype = "Customer", .method = "PUT", .before = "{\"customer_name\":\"Upd $N\"}",
    .url = "/api/resource/Customer/$NAME", .body = "{\"website\":\"site $N\",\"modified\":\"$MODIFIED\"}",
    .commits = { "create", "update" } },
  { .label = "update-without-base", .doctype = "Customer", .method = "PUT", .before = "{\"customer_name\":\"Bas $N\"}",
    .url = "/api/resource/Customer/$NAME", .body = "{\"website\":\"site $N\"}", .commits = { "create", "update" } },
  { .label = "delete", .doctype = "Customer", .method = "DELETE", .before = "{\"customer_name\":\"Del $N\"}",
    .url = "/api/resource/Customer/$NAME", .n_documents = -1, .commits = { "create", "delete" } },
  { .label = "submit", .doctype = "Sales Invoice", .method = "PUT", .before = "{" INVOICE "}",
    .url = "/api/resource/Sales%20Invoice/$NAME", .body = "{\"docstatus\":1,\"modified\":\"$MODIFIED\"}",
    .commits = { "create", "submit" } },
  { .label = "cancel", .doctype = "Sales Invoice", .method = "PUT", .before = "{" INVOICE "}",
    .before_done = "{\"docstatus\":1}", .url = "/api/resource/Sales%20Invoice/$NAME",
    .body = "{\"docstatus\":2,\"modified\":\"$MODIFIED\"}", .commits = { "create", "submit", "cancel" } },
  { .label = "posawesome-outbox", .doctype = "Sales Invoice", .method = "POST",
    .url = POSA "offline_sync.invoices.submit_invoice_outbox_entry",
    .body = "{\"client_request_id\":\"$KEY\",\"invoice\":\"" NESTED "\",\"data\":\"{}\"}", .n_documents = 1,
    .commits = { "create", "submit" } },
  { .label = "posawesome-submit", .doctype = "Sales Invoice", .method = "POST", .url = POSA "invoices.submit_invoice",
    .body = "{\"invoice\":\"" NESTED "\",\"data\":\"{}\"}", .n_documents = 1, .commits = { "create", "submit" } },
  /* Nothing on the server holds its key, so a person is asked where the answer was lost. */
  { .label = "create-without-key", .doctype = "Note", .method = "POST", .url = "/api/resource/Note",
    .body = "{\"title\":\"Cut $N\"}", .n_documents = 1, .commits = { "create" }, .person_may_be_asked = TRUE },
};

static const char *const commit_kinds[] = { "create", "update", "submit", "update_after_submit", "cancel", "delete", NULL };

typedef struct
{
  SyncPracticeFaultKind kind;
  const char *label;
} Cut;

static const Cut cuts[] = {
  { SYNC_PRACTICE_FAULT_RESET_REQUEST, "request" },
  { SYNC_PRACTICE_FAULT_RESET_ANSWER, "answer" },
  { SYNC_PRACTICE_FAULT_TRUNCATE, "answer closed" },
};

/* All that one kind of write is tried with. */
typedef struct
{
  const Write *write;
  Street *street;
  Till *till;
  guint n_cases;
  guint n_clean;   /* calls of a delivery without a cut */
  guint n_asked;   /* cases that ended with a question to a person */
} Run;

static guint
stride (void)
{
  return g_strcmp0 (g_getenv ("SYNC_CUTS"), "all") == 0 ? 1 : DEFAULT_STRIDE;
}

static void
case_clear (Case *self)
{
  g_free (self->key);
  g_free (self->name);
  g_free (self->modified);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Case, case_clear)

static char *
fill_in (const Case *self, const char *text)
{
  g_autoptr (GString) out = g_string_new (text);
  g_autofree char *number = g_strdup_printf ("%u", self->number);
  g_autofree char *name = self->name != NULL ? g_uri_escape_string (self->name, NULL, FALSE) : NULL;

  g_string_replace (out, "$NAME", name != NULL ? name : "", 0);
  g_string_replace (out, "$N", number, 0);
  g_string_replace (out, "$KEY", self->key, 0);
  g_string_replace (out, "$MODIFIED", self->modified != NULL ? self->modified : "", 0);
  return g_strdup (out->str);
}

static void
case_prepare (Case *self, Run *run)
{
  const Write *write = run->write;
  g_autoptr (JsonObject) document = NULL;

  self->number = ++run->n_cases;
  self->key = g_strdup_printf ("cut-%s-%u", write->label, self->number);
  if (write->before != NULL)
    {
      g_autofree char *body = fill_in (self, write->before);

      document = street_make (run->street, write->doctype, body);
      self->name = g_strdup (json_object_get_string_member (document, "name"));
    }
  if (write->before_done != NULL)
    {
      street_change (run->street, write->doctype, self->name, write->before_done);
      json_object_unref (document);
      document = sync_practice_shop_dup_doc (run->street->shop, write->doctype, self->name);
    }
  if (document != NULL)
    self->modified = g_strdup (json_object_get_string_member (document, "modified"));
  self->n_before = sync_practice_shop_count (run->street->shop, write->doctype, NULL, NULL);
}

/* What the case was, and what became of it. */
static void G_GNUC_NORETURN
complain (Run *run, gint64 id, const char *what, const char *why)
{
  g_autofree char *story = till_describe (run->till, id);

  g_error ("%s, %s: %s\n%s", run->write->label, what, why, story);
}

/* The ledger of the server has the write once, and the request is completed; or, where nobody but a person can tell, it
 * is there at most once and the request asks. */
static void
check (Run *run, const Case *self, gint64 id, const char *what)
{
  const Write *write = run->write;
  g_autoptr (SyncRequest) row = till_get (run->till, id);
  guint64 n_now = sync_practice_shop_count (run->street->shop, write->doctype, NULL, NULL);
  const char *name = self->name != NULL ? self->name : row->server_name;
  gboolean asked = row->state == SYNC_STATE_UNKNOWN && row->needs_person;

  if (asked && write->person_may_be_asked)
    {
      if (n_now - self->n_before > 1)
        complain (run, id, what, "it is on the server more than once");
      run->n_asked++;
      return;
    }
  if (row->state != SYNC_STATE_COMPLETED || row->unaccounted != 0)
    complain (run, id, what, "it is not completed");
  if ((gint64) (n_now - self->n_before) != write->n_documents)
    {
      g_autofree char *words = g_strdup_printf ("%" G_GINT64_FORMAT " documents more", (gint64) (n_now - self->n_before));

      complain (run, id, what, words);
    }
  for (guint i = 0; commit_kinds[i] != NULL; i++)
    {
      guint wanted = g_strv_contains (write->commits, commit_kinds[i]);
      guint n = street_count_commits (run->street, write->doctype, name, commit_kinds[i], NULL);

      if (n != wanted)
        {
          g_autofree char *words = g_strdup_printf ("%s has %u commits of kind %s", name, n, commit_kinds[i]);

          complain (run, id, what, words);
        }
    }
}

/* One delivery with a fault; the @call-th call of it is cut. Returns whether anything of the fault was felt. */
static gboolean
deliver (Run *run, const SyncPracticeFault *fault, const char *what)
{
  Street *street = run->street;
  g_auto (Case) self = { 0 };
  g_autofree char *url = NULL;
  g_autofree char *body = NULL;
  gint64 begun_us = sync_clock_boot_us (SYNC_CLOCK (street->clock));
  gint64 id;

  case_prepare (&self, run);
  url = fill_in (&self, run->write->url);
  body = run->write->body != NULL ? fill_in (&self, run->write->body) : NULL;
  till_open (run->till);
  if (fault != NULL)
    sync_practice_shop_add_fault (street->shop, fault);
  id = till_submit (run->till, run->write->method, url, body);
  if (!till_run (run->till, PATIENCE_MS))
    complain (run, id, what, "it is still waiting");
  sync_practice_shop_clear_faults (street->shop);
  check (run, &self, id, what);
  if (fault == NULL)
    run->n_clean = counted_transport_n_calls (run->till->transport);
  /* A delivery in which nothing went wrong takes no time and no further call. */
  return sync_clock_boot_us (SYNC_CLOCK (street->clock)) > begun_us
         || counted_transport_n_calls (run->till->transport) != run->n_clean;
}

/* Cuts the @call-th call at every byte, until one that is no cut any more because everything had passed. Returns how
 * many bytes that are. */
static gsize
cut_everywhere (Run *run, guint call, const Cut *cut, guint times, guint step)
{
  gsize k = call % step;

  for (;; k += k < HEADERS_BYTES || step == 1 ? step : step * BODY_STRIDE)
    {
      const SyncPracticeFault fault = { .kind = cut->kind, .skip = call, .count = times, .bytes = k };
      g_autofree char *what
        = g_strdup_printf ("call %u, %s cut after %" G_GSIZE_FORMAT " bytes, %u times", call, cut->label, k, times);

      g_assert_cmpuint (k, <, MAX_BYTES);
      if (!deliver (run, &fault, what))
        return k;
    }
}

/* The cuts that have no byte: as soon as the connection is there, and between request and answer. */
static void
cut_between (Run *run, guint call, guint times)
{
  static const Cut between[] = {
    { SYNC_PRACTICE_FAULT_RESET_BEFORE, "cut before it was done" },
    { SYNC_PRACTICE_FAULT_RESET_AFTER, "cut after it was done" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (between); i++)
    {
      const SyncPracticeFault fault = { .kind = between[i].kind, .skip = call, .count = times };
      g_autofree char *what = g_strdup_printf ("call %u, %s, %u times", call, between[i].label, times);

      g_assert_true (deliver (run, &fault, what));
    }
}

static void
run_call (Run *run, guint call, guint step)
{
  g_autofree char *label = NULL;
  gsize sent, received, n[G_N_ELEMENTS (cuts)];

  deliver (run, NULL, "no cut");
  label = g_strdup (counted_transport_label (run->till->transport, call));
  sent = counted_transport_sent (run->till->transport, call);
  received = counted_transport_received (run->till->transport, call);
  for (guint i = 0; i < G_N_ELEMENTS (cuts); i++)
    {
      n[i] = cut_everywhere (run, call, &cuts[i], 1, step);
      /* The first case without a cut was behind the last byte of the body, not somewhere before. */
      g_assert_cmpuint (n[i], >, i == 0 ? sent : received);
    }
  for (guint times = 1; times <= 4; times++)
    cut_between (run, call, times);
  g_test_message ("%s: call %u, %.60s: %" G_GSIZE_FORMAT " bytes of request, %" G_GSIZE_FORMAT
                  " of answer, every %u%s cut, two ways", run->write->label, call, strstr (label, "/api"), n[0], n[1], step,
                  step == 1 ? "st" : "th");
}

static void
test_cuts (gconstpointer data)
{
  const Write *write = data;
  Run run = { .write = write };
  guint step = stride ();

  run.street = street_new ();
  run.till = till_new (run.street);
  json_object_unref (street_make (run.street, "Custom Field",
                                  "{\"dt\":\"Customer\",\"fieldname\":\"sync_client_id\",\"label\":\"Sync\","
                                  "\"fieldtype\":\"Data\",\"unique\":1,\"no_copy\":1,\"read_only\":1}"));
  deliver (&run, NULL, "no cut");
  for (guint call = 0; call < run.n_clean; call++)
    run_call (&run, call, step);
  /* The next two calls are cut at the same byte, too: the look and the second try; and after the third the breaker
   * opens and its probe meets a fourth. */
  for (guint call = 0; call < run.n_clean; call++)
    for (guint i = 0; i < G_N_ELEMENTS (cuts); i++)
      for (guint times = 2; times <= 4; times++)
        cut_everywhere (&run, call, &cuts[i], times, 40 * step);
  if (write->person_may_be_asked)
    g_test_message ("%s: %u cases, 0 doubled, 0 falsely completed, %u ask a person", write->label, run.n_cases, run.n_asked);
  else
    g_test_message ("%s: %u cases, each once on the server and completed", write->label, run.n_cases);
  till_free (run.till);
  street_free (run.street);
}

/* The test harness would print every debug message of ten thousand deliveries. */
static void
log_cb (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  if (level < G_LOG_LEVEL_INFO)
    g_log_default_handler (domain, level, message, user_data);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_default_handler (log_cb, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (writes); i++)
    {
      g_autofree char *path = g_strconcat ("/sync/cuts/", writes[i].label, NULL);
      gboolean is_invoice = g_str_equal (writes[i].doctype, "Sales Invoice");

      if (argc < 2 || is_invoice == g_str_equal (argv[1], "invoices"))
        g_test_add_data_func (path, &writes[i], test_cuts);
    }
  return g_test_run ();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Customer and amount of a request, read from its body for people to recognise it by; nothing is decided by them. What
 * the body does not say for certain is left out: a wrong amount is worse than none. Pure functions. */
#include "config.h"

#include "sync-summary.h"

#include <math.h>
#include <string.h>

#include "sync-args.h"

/* ERPNext's own limit for a name. */
#define NAME_MAX_CHARS 140
/* What two sums of the same money may differ by. */
#define TOLERANCE 0.005
/* Above this a double does not hold the cents. */
#define AMOUNT_MAX 1e12

/* Where a document may be: the body itself, or an argument of POS Awesome's calls and of `frappe.client`. The first
 * that says anything is the one. */
static const char *const places[] = { "", "invoice", "order", "doc", "data", "payload" };

/* What makes the total another one than the sum of the rows. */
static const char *const adjustments[]
    = { "taxes",       "taxes_and_charges", "discount_amount", "additional_discount_percentage",
        "pos_profile", "shipping_rule",     "coupon_code" };

void
sync_summary_free (SyncSummary *self)
{
  g_free (self->customer);
  g_free (self->title);
  g_free (self->amount);
  g_free (self->currency);
  g_free (self);
}

/* A member that is a text which is not empty, cut to what a name may be long. */
static char *
dup_name (const SyncJsonView *object, const char *name)
{
  SyncJsonView value;
  g_autofree char *text = NULL;

  if (!sync_json_view_member (object, name, &value) || sync_json_view_kind (&value) != SYNC_JSON_STRING)
    return NULL;
  text = sync_json_view_dup_text (&value);
  if (*g_strstrip (text) == '\0')
    return NULL;
  return g_utf8_strlen (text, -1) <= NAME_MAX_CHARS ? g_steal_pointer (&text)
                                                    : g_utf8_substring (text, 0, NAME_MAX_CHARS);
}

/* A member that is a number, or a text that is nothing but one. */
static gboolean
get_number (const SyncJsonView *object, const char *name, double *number)
{
  SyncJsonView value;
  g_autofree char *text = NULL;
  char *end;

  if (!sync_json_view_member (object, name, &value)
      || (sync_json_view_kind (&value) != SYNC_JSON_NUMBER && sync_json_view_kind (&value) != SYNC_JSON_STRING))
    return FALSE;
  text = g_strstrip (sync_json_view_dup_text (&value));
  *number = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && fabs (*number) < AMOUNT_MAX;
}

static gboolean
get_rows (const SyncJsonView *object, const char *name, SyncJsonIter *rows)
{
  SyncJsonView value;

  if (!sync_json_view_member (object, name, &value) || sync_json_view_kind (&value) != SYNC_JSON_ARRAY)
    return FALSE;
  sync_json_iter_init (rows, &value);
  return TRUE;
}

/* The sum of a member of each row, or of its product with another one; FALSE if there is no row, or one without. */
static gboolean
sum_rows (const SyncJsonView *object, const char *name, const char *member, const char *factor, double *sum)
{
  SyncJsonIter rows;
  SyncJsonView row;
  double value, times = 1;
  gboolean any = FALSE;

  *sum = 0;
  if (!get_rows (object, name, &rows))
    return FALSE;
  while (sync_json_iter_next (&rows, NULL, &row))
    {
      if (sync_json_view_kind (&row) != SYNC_JSON_OBJECT || !get_number (&row, member, &value)
          || (factor != NULL && !get_number (&row, factor, &times)))
        return FALSE;
      *sum += value * times;
      any = TRUE;
    }
  return any;
}

/* What was paid, without the change that was given back. A till lists the ways of payment that were not used, too. */
static gboolean
read_paid (const SyncJsonView *object, double *paid)
{
  double change;

  if (!(get_number (object, "paid_amount", paid) && *paid != 0) && !sum_rows (object, "payments", "amount", NULL, paid)
      && !sum_rows (object, "payment_methods", "amount", NULL, paid))
    return FALSE;
  if (get_number (object, "change_amount", &change))
    *paid -= change;
  return *paid != 0;
}

/* Null, false, zero, or nothing between its quotes or brackets. */
static gboolean
is_empty (const SyncJsonView *object, const char *name)
{
  SyncJsonView value;
  double number;

  if (!sync_json_view_member (object, name, &value))
    return TRUE;
  switch (sync_json_view_kind (&value))
    {
    case SYNC_JSON_NULL:
    case SYNC_JSON_FALSE:
      return TRUE;
    case SYNC_JSON_TRUE:
      return FALSE;
    case SYNC_JSON_NUMBER:
    case SYNC_JSON_STRING:
    case SYNC_JSON_ARRAY:
    case SYNC_JSON_OBJECT:
    default:
      return get_number (object, name, &number) ? number == 0 : value.length == strlen ("[]");
    }
}

static gboolean
is_adjusted (const SyncJsonView *object)
{
  for (guint i = 0; i < G_N_ELEMENTS (adjustments); i++)
    if (!is_empty (object, adjustments[i]))
      return TRUE;
  return FALSE;
}

/* Without a total: what was paid, and what the rows cost. Where they differ (a part was paid, there are taxes, change
 * was given) neither is the amount. */
static gboolean
read_parts (const SyncJsonView *object, double *amount)
{
  double paid = 0, priced = 0;
  gboolean is_paid = read_paid (object, &paid);
  gboolean is_priced = !is_adjusted (object) && sum_rows (object, "items", "rate", "qty", &priced);

  if (is_paid && is_priced && fabs (paid - priced) > TOLERANCE)
    return FALSE;
  *amount = is_paid ? paid : priced;
  return is_paid || is_priced;
}

/**
 * sync_summary_format_amount:
 * @amount: money
 *
 * Returns: (transfer full): it with two decimal places, or with more where there are more: some currencies have three
 */
char *
sync_summary_format_amount (double amount)
{
  char text[64];
  gsize length, point;

  g_ascii_formatd (text, sizeof text, "%.6f", amount);
  length = strlen (text);
  point = strcspn (text, ".");
  while (length > point + 3 && text[length - 1] == '0')
    length--;
  return g_strndup (text, length);
}

static void
read_amount (SyncSummary *self, const SyncJsonView *object)
{
  double amount;
  gboolean found;

  /* Zero where totals are not rounded. */
  found = (get_number (object, "rounded_total", &amount) && amount != 0) || get_number (object, "grand_total", &amount)
          || read_parts (object, &amount) || get_number (object, "total_amount", &amount)
          || get_number (object, "amount", &amount);
  if (!found)
    return;
  self->amount = sync_summary_format_amount (amount);
  self->currency = dup_name (object, "currency");
  if (self->currency == NULL)
    self->currency = dup_name (object, "paid_from_account_currency");
}

static void
read_names (SyncSummary *self, const SyncJsonView *object)
{
  g_autofree char *kind = dup_name (object, "party_type");
  g_autofree char *party = dup_name (object, "party_name");

  if (party == NULL)
    party = dup_name (object, "party");
  self->customer = dup_name (object, "customer_name");
  if (self->customer == NULL)
    self->customer = dup_name (object, "customer");
  if (self->customer == NULL && g_strcmp0 (kind, "Customer") == 0)
    self->customer = g_steal_pointer (&party);
  self->title = dup_name (object, "title");
  if (self->title == NULL)
    self->title = g_steal_pointer (&party);
}

/**
 * sync_summary_new:
 * @content_type: (nullable): the body's media type, JSON if %NULL
 * @body: (nullable): a body
 *
 * Understands documents as they are, and in an argument (an object, or JSON inside a text) of a JSON body or a form.
 *
 * Returns: (transfer full): whom it is for and how much, as far as the body says so
 */
SyncSummary *
sync_summary_new (const char *content_type, GBytes *body)
{
  SyncSummary *self = g_new0 (SyncSummary, 1);
  g_autoptr (SyncArgs) args = sync_args_new (NULL, content_type != NULL ? content_type : "application/json", body);
  SyncJsonView object;

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      if (!sync_args_find_object (args, places[i], &object))
        continue;
      read_names (self, &object);
      read_amount (self, &object);
      if (self->customer != NULL || self->title != NULL || self->amount != NULL)
        break;
    }
  return self;
}

/**
 * sync_summary_get_party:
 * @self: a summary
 *
 * Returns: (transfer none) (nullable): whom it is for, else what it is called
 */
const char *
sync_summary_get_party (const SyncSummary *self)
{
  return self->customer != NULL ? self->customer : self->title;
}

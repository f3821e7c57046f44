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

/* The members that tell something; from FIRST_ADJUSTMENT on those that make the total another one than the sum of the rows. */
typedef enum
{
  FIELD_CUSTOMER,
  FIELD_CUSTOMER_NAME,
  FIELD_PARTY_TYPE,
  FIELD_PARTY,
  FIELD_PARTY_NAME,
  FIELD_TITLE,
  FIELD_ROUNDED_TOTAL,
  FIELD_GRAND_TOTAL,
  FIELD_TOTAL_AMOUNT,
  FIELD_AMOUNT,
  FIELD_CURRENCY,
  FIELD_PAID_FROM_ACCOUNT_CURRENCY,
  FIELD_PAID_AMOUNT,
  FIELD_CHANGE_AMOUNT,
  FIELD_PAYMENTS,
  FIELD_PAYMENT_METHODS,
  FIELD_ITEMS,
  FIELD_TAXES,
  FIELD_TAXES_AND_CHARGES,
  FIELD_DISCOUNT_AMOUNT,
  FIELD_ADDITIONAL_DISCOUNT_PERCENTAGE,
  FIELD_POS_PROFILE,
  FIELD_SHIPPING_RULE,
  FIELD_COUPON_CODE,
  N_FIELDS,
  FIRST_ADJUSTMENT = FIELD_TAXES,
} Field;

static const char *const field_names[N_FIELDS] = {
  [FIELD_CUSTOMER] = "customer",
  [FIELD_CUSTOMER_NAME] = "customer_name",
  [FIELD_PARTY_TYPE] = "party_type",
  [FIELD_PARTY] = "party",
  [FIELD_PARTY_NAME] = "party_name",
  [FIELD_TITLE] = "title",
  [FIELD_ROUNDED_TOTAL] = "rounded_total",
  [FIELD_GRAND_TOTAL] = "grand_total",
  [FIELD_TOTAL_AMOUNT] = "total_amount",
  [FIELD_AMOUNT] = "amount",
  [FIELD_CURRENCY] = "currency",
  [FIELD_PAID_FROM_ACCOUNT_CURRENCY] = "paid_from_account_currency",
  [FIELD_PAID_AMOUNT] = "paid_amount",
  [FIELD_CHANGE_AMOUNT] = "change_amount",
  [FIELD_PAYMENTS] = "payments",
  [FIELD_PAYMENT_METHODS] = "payment_methods",
  [FIELD_ITEMS] = "items",
  [FIELD_TAXES] = "taxes",
  [FIELD_TAXES_AND_CHARGES] = "taxes_and_charges",
  [FIELD_DISCOUNT_AMOUNT] = "discount_amount",
  [FIELD_ADDITIONAL_DISCOUNT_PERCENTAGE] = "additional_discount_percentage",
  [FIELD_POS_PROFILE] = "pos_profile",
  [FIELD_SHIPPING_RULE] = "shipping_rule",
  [FIELD_COUPON_CODE] = "coupon_code",
};

/* A document's, found in one walk: it may be long. */
typedef struct
{
  SyncJsonView values[N_FIELDS];
} Fields;

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
dup_name (const Fields *fields, Field field)
{
  const SyncJsonView *value = &fields->values[field];
  g_autofree char *text = NULL;

  if (value->text == NULL || sync_json_view_kind (value) != SYNC_JSON_STRING)
    return NULL;
  text = sync_json_view_dup_text (value);
  if (*g_strstrip (text) == '\0')
    return NULL;
  return g_utf8_strlen (text, -1) <= NAME_MAX_CHARS ? g_steal_pointer (&text)
                                                    : g_utf8_substring (text, 0, NAME_MAX_CHARS);
}

/* A number, or a text that is nothing but one. */
static gboolean
read_number (const SyncJsonView *value, double *number)
{
  g_autofree char *text = NULL;
  char *end;

  if (sync_json_view_kind (value) != SYNC_JSON_NUMBER && sync_json_view_kind (value) != SYNC_JSON_STRING)
    return FALSE;
  text = g_strstrip (sync_json_view_dup_text (value));
  *number = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && fabs (*number) < AMOUNT_MAX;
}

static gboolean
get_number (const Fields *fields, Field field, double *number)
{
  const SyncJsonView *value = &fields->values[field];

  return value->text != NULL && read_number (value, number);
}

static gboolean
get_row_number (const SyncJsonView *row, const char *name, double *number)
{
  SyncJsonView value;

  return sync_json_view_member (row, name, &value) && read_number (&value, number);
}

static gboolean
get_rows (const Fields *fields, Field field, SyncJsonIter *rows)
{
  const SyncJsonView *value = &fields->values[field];

  if (value->text == NULL || sync_json_view_kind (value) != SYNC_JSON_ARRAY)
    return FALSE;
  sync_json_iter_init (rows, value);
  return TRUE;
}

/* The sum of a member of each row, or of its product with another one; FALSE if there is no row, or one without. */
static gboolean
sum_rows (const Fields *fields, Field field, const char *member, const char *factor, double *sum)
{
  SyncJsonIter rows;
  SyncJsonView row;
  double value, times = 1;
  gboolean any = FALSE;

  *sum = 0;
  if (!get_rows (fields, field, &rows))
    return FALSE;
  while (sync_json_iter_next (&rows, NULL, &row))
    {
      if (sync_json_view_kind (&row) != SYNC_JSON_OBJECT || !get_row_number (&row, member, &value)
          || (factor != NULL && !get_row_number (&row, factor, &times)))
        return FALSE;
      *sum += value * times;
      any = TRUE;
    }
  return any;
}

/* What was paid, without the change that was given back. A till lists the ways of payment that were not used, too. */
static gboolean
read_paid (const Fields *fields, double *paid)
{
  double change;

  if (!(get_number (fields, FIELD_PAID_AMOUNT, paid) && *paid != 0) && !sum_rows (fields, FIELD_PAYMENTS, "amount", NULL, paid)
      && !sum_rows (fields, FIELD_PAYMENT_METHODS, "amount", NULL, paid))
    return FALSE;
  if (get_number (fields, FIELD_CHANGE_AMOUNT, &change))
    *paid -= change;
  return *paid != 0;
}

/* Null, false, zero, or nothing between its quotes or brackets. */
static gboolean
is_empty (const Fields *fields, Field field)
{
  const SyncJsonView *value = &fields->values[field];
  double number;

  if (value->text == NULL)
    return TRUE;
  switch (sync_json_view_kind (value))
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
      return get_number (fields, field, &number) ? number == 0 : value->length == strlen ("[]");
    }
}

static gboolean
is_adjusted (const Fields *fields)
{
  for (guint i = FIRST_ADJUSTMENT; i < N_FIELDS; i++)
    if (!is_empty (fields, i))
      return TRUE;
  return FALSE;
}

/* Without a total: what was paid, and what the rows cost. Where they differ (a part was paid, there are taxes, change
 * was given) neither is the amount. */
static gboolean
read_parts (const Fields *fields, double *amount)
{
  double paid = 0, priced = 0;
  gboolean is_paid = read_paid (fields, &paid);
  gboolean is_priced = !is_adjusted (fields) && sum_rows (fields, FIELD_ITEMS, "rate", "qty", &priced);

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
read_amount (SyncSummary *self, const Fields *fields)
{
  double amount;
  gboolean found;

  /* Zero where totals are not rounded. */
  found = (get_number (fields, FIELD_ROUNDED_TOTAL, &amount) && amount != 0) || get_number (fields, FIELD_GRAND_TOTAL, &amount)
          || read_parts (fields, &amount) || get_number (fields, FIELD_TOTAL_AMOUNT, &amount)
          || get_number (fields, FIELD_AMOUNT, &amount);
  if (!found)
    return;
  self->amount = sync_summary_format_amount (amount);
  self->currency = dup_name (fields, FIELD_CURRENCY);
  if (self->currency == NULL)
    self->currency = dup_name (fields, FIELD_PAID_FROM_ACCOUNT_CURRENCY);
}

static void
read_names (SyncSummary *self, const Fields *fields)
{
  g_autofree char *kind = dup_name (fields, FIELD_PARTY_TYPE);
  g_autofree char *party = dup_name (fields, FIELD_PARTY_NAME);

  if (party == NULL)
    party = dup_name (fields, FIELD_PARTY);
  self->customer = dup_name (fields, FIELD_CUSTOMER_NAME);
  if (self->customer == NULL)
    self->customer = dup_name (fields, FIELD_CUSTOMER);
  if (self->customer == NULL && g_strcmp0 (kind, "Customer") == 0)
    self->customer = g_steal_pointer (&party);
  self->title = dup_name (fields, FIELD_TITLE);
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
  Fields fields;

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      if (!sync_args_find_object (args, places[i], &object))
        continue;
      sync_json_view_members (&object, field_names, N_FIELDS, fields.values);
      read_names (self, &fields);
      read_amount (self, &fields);
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

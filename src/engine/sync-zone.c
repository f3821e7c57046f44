/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The site's time zone and clock, by which a sale says when it was made. The zone is asked for once, before the first sale
 * is sent, and kept in the database with the site that it belongs to. A site that does not tell it gives sales its own
 * time. The clock comes with any answer; where none has told it in this run, the question for the zone is asked for its
 * sake. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-body.h"

#include <stdio.h>
#include <string.h>

#define METADATA_ZONE "site_time_zone"
/* Suspicious answers in a run before it goes without. */
#define VAIN_BEFORE_WITHOUT 10
#define ZONE_PATH "/api/method/frappe.client.get_time_zone"

static void
take_zone (SyncEngine *self, const char *name)
{
  g_clear_pointer (&self->zone, g_time_zone_unref);
  self->zone = name != NULL ? g_time_zone_new_identifier (name) : NULL;
}

/* From the database: the site's base URL, a blank, the zone's name. */
static void
load (SyncEngine *self)
{
  g_autofree char *kept = sync_store_dup_metadata (self->store, METADATA_ZONE);
  const char *blank = kept != NULL ? strrchr (kept, ' ') : NULL;

  if (blank != NULL && strlen (self->config->base_url) == (gsize) (blank - kept)
      && g_str_has_prefix (kept, self->config->base_url))
    take_zone (self, blank + 1);
}

/* Forgets it, for another site. */
void
sync_zone_forget (SyncEngine *self)
{
  g_clear_pointer (&self->zone, g_time_zone_unref);
  self->zone_asked = FALSE;
  self->n_zone_vain = 0;
}

/* Whether the zone or the clock is not known, and was not asked for. */
gboolean
sync_zone_is_unasked (SyncEngine *self)
{
  if (self->zone_asked)
    return FALSE;
  if (self->zone == NULL)
    load (self);
  return self->zone == NULL || sync_engine_get_server_ms (self) == 0;
}

/* Whether @row, as listed, is a sale that cannot say yet when it was made, or a change of which one may have to know
 * or to show whether it is newer than the server's. */
gboolean
sync_zone_must_ask (SyncEngine *self, const SyncRequest *row)
{
  return (sync_body_takes_posting_time (row->resource_type, row->action) || sync_resolver_compares_times (row))
         && sync_zone_is_unasked (self);
}

static char *
zone_of (const SyncTransportReply *reply)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *message = sync_question_get_member (reply, parser, "message");

  if (message == NULL || !JSON_NODE_HOLDS_OBJECT (message))
    return NULL;
  return g_strdup (sync_json_member_text (json_node_get_object (message), "time_zone", NULL));
}

static void
keep (SyncEngine *self, const SyncTransportReply *reply)
{
  g_autofree char *name = zone_of (reply);
  g_autofree char *value = name != NULL ? g_strdup_printf ("%s %s", self->config->base_url, name) : NULL;

  /* What is known already does not become unknown by an answer that says nothing. */
  if (name == NULL && self->zone != NULL)
    return;
  take_zone (self, name);
  if (self->zone == NULL)
    g_message ("the site's time zone %s is not known here; sales get the time of their delivery",
               name != NULL ? name : "(none)");
  else if (!sync_store_set_metadata (self->store, METADATA_ZONE, value, NULL))
    g_debug ("the site's time zone was not kept");
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncOperation *op = user_data;
  SyncEngine *self = op->engine;

  if (!sync_question_take_reply (op, SYNC_TRANSPORT (source), result))
    return;
  /* With the host away, or suspicious, the row stays as it is, and due; but no sale waits for ever for a question that
   * somebody on the way answers each time. */
  if (op->outcome.host == SYNC_HOST_SUSPECT)
    self->n_zone_vain++;
  if (sync_breaker_is_open (&self->breaker)
      || (op->outcome.host == SYNC_HOST_SUSPECT && self->n_zone_vain < VAIN_BEFORE_WITHOUT))
    {
      sync_operation_end (op);
      return;
    }
  self->zone_asked = TRUE;
  if (op->outcome.verdict == SYNC_VERDICT_DELIVERED)
    keep (self, op->reply);
  sync_delivery_continue (op);
}

/* Asks the site, and goes on with @op. */
void
sync_zone_ask (SyncOperation *op)
{
  sync_question_ask (op, ZONE_PATH, answered_cb);
}

/* (transfer full) (nullable): the moment in the site's zone, NULL if that is not known. */
static GDateTime *
dup_local (SyncEngine *self, gint64 wall_ms)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (wall_ms / 1000);

  return self->zone != NULL && utc != NULL ? g_date_time_to_timezone (utc, self->zone) : NULL;
}

/* The moment as the site writes it, to the second; NULL if its zone is not known. */
char *
sync_zone_dup_text (SyncEngine *self, gint64 wall_ms)
{
  g_autoptr (GDateTime) local = dup_local (self, wall_ms);

  return local != NULL ? g_date_time_format (local, "%Y-%m-%d %H:%M:%S") : NULL;
}

/* What a time of ERPNext's tells below the second, in microseconds; -1: nothing. */
gint64
sync_zone_read_fraction_us (const char *text)
{
  const char *dot = strrchr (text, '.');
  gint64 us = dot != NULL ? 0 : -1;

  for (guint i = 1; us >= 0 && i <= 6; i++)
    {
      dot = dot != NULL && g_ascii_isdigit (dot[1]) ? dot + 1 : NULL;
      us = us * 10 + (dot != NULL ? g_ascii_digit_value (*dot) : 0);
    }
  return us;
}

/* The moments that a text of the site's may mean: within its second if it tells no fraction, and twice as many in the night in
 * which its clocks go back. FALSE if its zone is not known, or it is no time. */
gboolean
sync_zone_read (SyncEngine *self, const char *text, gint64 *earliest_ms, gint64 *latest_ms)
{
  static const GTimeType types[] = { G_TIME_TYPE_STANDARD, G_TIME_TYPE_DAYLIGHT };
  g_autoptr (GDateTime) as_utc = NULL;
  int year, month, day, hour, minute, second;
  gint64 fraction_us;

  if (self->zone == NULL || text == NULL
      || sscanf (text, "%d-%d-%d%*1[ T]%d:%d:%d", &year, &month, &day, &hour, &minute, &second) != 6)
    return FALSE;
  as_utc = g_date_time_new_utc (year, month, day, hour, minute, second);
  if (as_utc == NULL)
    return FALSE;
  fraction_us = sync_zone_read_fraction_us (text);
  *earliest_ms = G_MAXINT64;
  *latest_ms = G_MININT64;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      gint64 local = g_date_time_to_unix (as_utc);
      int interval = g_time_zone_adjust_time (self->zone, types[i], &local);
      gint64 ms = (local - g_time_zone_get_offset (self->zone, interval)) * 1000;

      *earliest_ms = MIN (*earliest_ms, ms + MAX (fraction_us, 0) / 1000);
      *latest_ms = MAX (*latest_ms, ms + (fraction_us >= 0 ? fraction_us / 1000 : 999));
    }
  return TRUE;
}

/* The moment in the site's zone; FALSE if that is not known. */
gboolean
sync_zone_get_posting (SyncEngine *self, gint64 wall_ms, char **date, char **time)
{
  g_autoptr (GDateTime) local = dup_local (self, wall_ms);

  if (local == NULL)
    return FALSE;
  *date = g_date_time_format (local, "%Y-%m-%d");
  *time = g_date_time_format (local, "%H:%M:%S");
  return TRUE;
}

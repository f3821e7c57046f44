/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decides what a person is told, from how the engine stands and for how long. One alarm, while something is about to be
 * told. */
#include "config.h"

#include "sync-notices.h"

#include "sync-words.h"

#include <glib/gi18n.h>

/* A hook or a policy ends most conflicts within that time. */
#define HOLD_US (5 * G_USEC_PER_SEC)
#define GAP_US (60 * G_USEC_PER_SEC)
#define LATE_MS (15 * 60 * G_GINT64_CONSTANT (1000))

typedef struct
{
  gboolean muted;  /* nobody is to be told */
  char *shown;     /* (owned) (nullable): the title that is shown */
  gint64 since_us; /* boot clock: since when there is something to show, 0: there is not */
  gint64 shown_us; /* boot clock: when it was shown last, 0: never */
} Kind;

struct _SyncNotices
{
  GObject parent_instance;

  SyncClock *clock;       /* (owned) */
  SyncSnapshot *snapshot; /* (owned) (nullable): the last one */
  Kind kinds[SYNC_N_NOTICES];
  gboolean was_late;      /* somebody was told that something waits, and not yet that it does no more */
  guint n_given_up;       /* how many were given up until then */
  guint alarm;            /* 0: none */
};

enum
{
  SIGNAL_SHOW,
  SIGNAL_WITHDRAW,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncNotices, sync_notices, G_TYPE_OBJECT)

/* When the oldest of it has waited for long, wall clock; 0: nothing waits */
static gint64
late_from_ms (const SyncSnapshot *snapshot)
{
  return sync_words_count_waiting (&snapshot->counts) > 0 && snapshot->counts.oldest_waiting_ms > 0
             ? snapshot->counts.oldest_waiting_ms + LATE_MS
             : 0;
}

/* Since somebody was told that something waits, none of it was given up. */
static gboolean
is_all_delivered (SyncNotices *self)
{
  return self->snapshot->counts.n[SYNC_STATE_DISCARDED] == self->n_given_up;
}

/* (transfer full) (nullable): the title of a notice, if there is something to tell */
static char *
dup_title (SyncNotices *self, SyncNotice notice, gint64 now_ms)
{
  const SyncSnapshot *snapshot = self->snapshot;
  const SyncCounts *counts = &snapshot->counts;
  gint64 late_ms = late_from_ms (snapshot);
  guint n;

  switch (notice)
    {
    case SYNC_NOTICE_CONFLICT:
      n = counts->n[SYNC_STATE_CONFLICT];
      return n > 0 ? g_strdup_printf (ngettext ("%u document was also changed on the server",
                                                "%u documents were also changed on the server", n),
                                      n)
                   : NULL;
    case SYNC_NOTICE_REFUSED:
      n = counts->n[SYNC_STATE_FAILED] + counts->needs_person;
      return n > 0 ? g_strdup_printf (ngettext ("%u entry needs you", "%u entries need you", n), n) : NULL;
    case SYNC_NOTICE_SIGN_IN:
      return snapshot->condition == SYNC_CONDITION_SIGN_IN_NEEDED ? g_strdup (_ ("The server does not know this till")) : NULL;
    case SYNC_NOTICE_LATE:
      n = sync_words_count_waiting (counts);
      return late_ms > 0 && now_ms >= late_ms
               ? g_strdup_printf (ngettext ("%u entry is not on the server yet", "%u entries are not on the server yet", n), n)
               : NULL;
    case SYNC_NOTICE_IN_ORDER:
      if (!self->was_late || !snapshot->safe_to_close)
        return NULL;
      return g_strdup (is_all_delivered (self) ? _ ("Everything is on the server") : _ ("Nothing waits any more"));
    case SYNC_N_NOTICES:
    default:
      return NULL;
    }
}

static char *
dup_body (SyncNotices *self, SyncNotice notice)
{
  switch (notice)
    {
    case SYNC_NOTICE_CONFLICT:
      return g_strdup (_ ("Both versions are kept. Somebody has to decide which one counts."));
    case SYNC_NOTICE_REFUSED:
      return sync_words_needs (self->snapshot);
    case SYNC_NOTICE_IN_ORDER:
      return g_strdup (is_all_delivered (self) ? _ ("Whatever waited was delivered.")
                                               : _ ("What waited was delivered or given up."));
    case SYNC_NOTICE_SIGN_IN:
    case SYNC_NOTICE_LATE:
    case SYNC_N_NOTICES:
    default:
      return sync_words_status (self->snapshot, FALSE);
    }
}

static void
withdraw (SyncNotices *self, SyncNotice notice)
{
  Kind *kind = &self->kinds[notice];

  kind->since_us = 0;
  if (kind->shown == NULL)
    return;
  g_clear_pointer (&kind->shown, g_free);
  g_signal_emit (self, signals[SIGNAL_WITHDRAW], 0, (int) notice);
}

static void
show (SyncNotices *self, SyncNotice notice, const char *title, gint64 now_us)
{
  Kind *kind = &self->kinds[notice];
  g_autofree char *body = dup_body (self, notice);

  g_free (kind->shown);
  kind->shown = g_strdup (title);
  kind->shown_us = now_us;
  if (notice == SYNC_NOTICE_LATE && !self->was_late)
    {
      self->was_late = TRUE;
      self->n_given_up = self->snapshot->counts.n[SYNC_STATE_DISCARDED];
      withdraw (self, SYNC_NOTICE_IN_ORDER);
    }
  if (notice == SYNC_NOTICE_IN_ORDER)
    self->was_late = FALSE;
  g_signal_emit (self, signals[SIGNAL_SHOW], 0, (int) notice, title, body != NULL ? body : "");
}

/* When the notice may be shown, boot clock. */
static gint64
moment_us (const Kind *kind)
{
  gint64 held_us = kind->since_us + HOLD_US;

  return kind->shown_us != 0 ? MAX (held_us, kind->shown_us + GAP_US) : held_us;
}

static void look (SyncNotices *self);

static void
alarm_cb (gpointer user_data)
{
  SyncNotices *self = user_data;

  self->alarm = 0;
  look (self);
}

/* That all is in order stays told until something is late again. */
static gboolean
stays (SyncNotice notice)
{
  return notice == SYNC_NOTICE_IN_ORDER;
}

static void
look (SyncNotices *self)
{
  gint64 now_us = sync_clock_boot_us (self->clock);
  gint64 now_ms = sync_clock_wall_ms (self->clock);
  gint64 late_ms = late_from_ms (self->snapshot);
  gint64 next_us = late_ms > now_ms ? now_us + (late_ms - now_ms) * 1000 : 0;

  for (int i = 0; i < SYNC_N_NOTICES; i++)
    {
      Kind *kind = &self->kinds[i];
      g_autofree char *title = kind->muted ? NULL : dup_title (self, (SyncNotice) i, now_ms);

      if (title == NULL && !stays ((SyncNotice) i))
        withdraw (self, (SyncNotice) i);
      if (title == NULL || g_strcmp0 (title, kind->shown) == 0)
        continue;
      if (kind->since_us == 0)
        kind->since_us = now_us;
      if (moment_us (kind) <= now_us)
        show (self, (SyncNotice) i, title, now_us);
      else
        next_us = next_us == 0 ? moment_us (kind) : MIN (next_us, moment_us (kind));
    }
  sync_clock_clear_alarm (self->clock, &self->alarm);
  if (next_us > 0)
    self->alarm = sync_clock_add_alarm (self->clock, next_us, alarm_cb, self);
}

static void
sync_notices_finalize (GObject *object)
{
  SyncNotices *self = SYNC_NOTICES (object);

  sync_clock_clear_alarm (self->clock, &self->alarm);
  for (int i = 0; i < SYNC_N_NOTICES; i++)
    g_free (self->kinds[i].shown);
  g_clear_pointer (&self->snapshot, sync_snapshot_free);
  g_object_unref (self->clock);
  G_OBJECT_CLASS (sync_notices_parent_class)->finalize (object);
}

static void
sync_notices_class_init (SyncNoticesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_notices_finalize;
  signals[SIGNAL_SHOW] = g_signal_new ("show", SYNC_TYPE_NOTICES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                                       G_TYPE_INT, G_TYPE_STRING, G_TYPE_STRING);
  signals[SIGNAL_WITHDRAW] = g_signal_new ("withdraw", SYNC_TYPE_NOTICES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
sync_notices_init (SyncNotices *self)
{
}

/**
 * sync_notices_new:
 * @clock: tells how long something lasts
 *
 * Returns: (transfer full): nothing told yet
 */
SyncNotices *
sync_notices_new (SyncClock *clock)
{
  SyncNotices *self = g_object_new (SYNC_TYPE_NOTICES, NULL);

  self->clock = g_object_ref (clock);
  return self;
}

/**
 * sync_notices_update:
 * @self: notices
 * @snapshot: how the engine stands now
 *
 * Tells what there is to tell, at once or when it has lasted.
 */
void
sync_notices_update (SyncNotices *self, const SyncSnapshot *snapshot)
{
  g_clear_pointer (&self->snapshot, sync_snapshot_free);
  self->snapshot = sync_snapshot_copy (snapshot);
  look (self);
}

/**
 * sync_notices_set_muted:
 * @self: notices
 * @notice: a kind of notice
 * @muted: whether nobody is to be told of it
 *
 * Takes back what is shown of a kind that is muted; what is there to tell of one that is not any more is told.
 */
void
sync_notices_set_muted (SyncNotices *self, SyncNotice notice, gboolean muted)
{
  if (self->kinds[notice].muted == muted)
    return;
  self->kinds[notice].muted = muted;
  if (muted)
    withdraw (self, notice);
  if (self->snapshot != NULL)
    look (self);
}

/**
 * sync_notice_to_string:
 * @notice: a kind of notice
 *
 * Returns: (transfer none): its name, which stays: "conflict"
 */
const char *
sync_notice_to_string (SyncNotice notice)
{
  static const char *const names[SYNC_N_NOTICES] = { "conflict", "refused", "sign-in", "late", "in-order" };

  return names[notice];
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine as others see it: its properties, signals and snapshot. What is shown is derived from the
 * database and the live operations after each commit; nothing is shown that a restart would not find again. Lives in
 * one main context; every public function asserts that. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-error.h"


#define METADATA_LAST_SYNC "last_sync_time"
#define METADATA_LAST_DURATION "last_sync_duration"

typedef enum
{
  PROP_STATE = 1,
  PROP_CONDITION,
  PROP_N_PENDING,
  PROP_N_UNKNOWN,
  PROP_N_CONFLICTS,
  PROP_N_FAILED,
  PROP_PROGRESS_DONE,
  PROP_PROGRESS_TOTAL,
  PROP_LAST_SYNC_MS,
  PROP_PAUSED,
  PROP_SAFE_TO_CLOSE,
} SyncEngineProperty;

enum
{
  SIGNAL_STATE_CHANGED,
  SIGNAL_PROGRESS,
  SIGNAL_REQUEST_CHANGED,
  SIGNAL_CONFLICT_OPENED,
  SIGNAL_CONFLICT_RESOLVED,
  N_SIGNALS
};

static GParamSpec *properties[PROP_SAFE_TO_CLOSE + 1];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncEngine, sync_engine, G_TYPE_OBJECT)

/* Every entrance from outside passes here. */
void
sync_engine_assert_own_context (SyncEngine *self)
{
  g_return_if_fail (SYNC_IS_ENGINE (self));
  g_return_if_fail (g_main_context_is_owner (self->context) || g_main_context_get_thread_default () == self->context
                    || (self->context == g_main_context_default () && g_main_context_get_thread_default () == NULL));
}

/* What is shown ------------------------------------------------------------------------------------------------- */

/* Why the engine does what it does now. */
SyncCondition
sync_engine_get_condition (SyncEngine *self)
{
  g_autofree char *authorization = NULL;

  if (self->storage_trouble)
    return SYNC_CONDITION_STORAGE_TROUBLE;
  if (self->paused && self->paused_types == NULL)
    return SYNC_CONDITION_PAUSED;
  if (self->offline_by_hand)
    return SYNC_CONDITION_OFFLINE;
  authorization = sync_credentials_dup_authorization (self->credentials);
  if (authorization == NULL)
    return SYNC_CONDITION_SIGN_IN_NEEDED;
  switch (self->breaker.reason)
    {
    case SYNC_HOST_THROTTLED:
      return SYNC_CONDITION_THROTTLED;
    case SYNC_HOST_SIGN_IN:
      return SYNC_CONDITION_SIGN_IN_NEEDED;
    case SYNC_HOST_NOT_OURS:
      return SYNC_CONDITION_NOT_OUR_SERVER;
    case SYNC_HOST_DOWN:
    case SYNC_HOST_SUSPECT:
      return SYNC_CONDITION_OFFLINE;
    case SYNC_HOST_UP:
    case SYNC_HOST_NO_NEWS:
    default:
      return SYNC_CONDITION_ONLINE;
    }
}

SyncEngineState
sync_engine_derive_state (SyncEngine *self)
{
  if (self->sweeping)
    return SYNC_ENGINE_SYNCING;
  if (self->sweep_troubled || self->counts.n[SYNC_STATE_FAILED] > 0)
    return SYNC_ENGINE_FAILED;
  return SYNC_ENGINE_IDLE;
}

static guint
n_waiting (const SyncCounts *counts)
{
  guint n = counts->n[SYNC_STATE_PENDING] + counts->n[SYNC_STATE_SENDING] + counts->n[SYNC_STATE_UNKNOWN];

  return n - MIN (n, counts->needs_person);
}

/* Nothing undelivered, nothing that needs a person. */
gboolean
sync_engine_is_safe_to_close (const SyncCounts *counts)
{
  return counts->total == counts->n[SYNC_STATE_COMPLETED] + counts->n[SYNC_STATE_DISCARDED];
}

static void
notify_if (SyncEngine *self, gboolean changed, SyncEngineProperty property)
{
  if (changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static void
notify_counts (SyncEngine *self, const SyncCounts *old)
{
  const guint *was = old->n;
  const guint *is = self->counts.n;

  notify_if (self, was[SYNC_STATE_PENDING] + was[SYNC_STATE_SENDING] != is[SYNC_STATE_PENDING] + is[SYNC_STATE_SENDING],
             PROP_N_PENDING);
  notify_if (self, was[SYNC_STATE_UNKNOWN] != is[SYNC_STATE_UNKNOWN], PROP_N_UNKNOWN);
  notify_if (self, was[SYNC_STATE_CONFLICT] != is[SYNC_STATE_CONFLICT], PROP_N_CONFLICTS);
  notify_if (self, was[SYNC_STATE_FAILED] != is[SYNC_STATE_FAILED], PROP_N_FAILED);
  notify_if (self, sync_engine_is_safe_to_close (old) != sync_engine_is_safe_to_close (&self->counts), PROP_SAFE_TO_CLOSE);
}

static void
update_progress (SyncEngine *self)
{
  guint done = self->progress_done;
  guint total = self->sweeping ? done + n_waiting (&self->counts) : done;

  if (total != self->progress_total)
    {
      self->progress_total = total;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROGRESS_TOTAL]);
    }
}

/* Reads the counts and tells whoever listens what is different. */
void
sync_engine_refresh (SyncEngine *self)
{
  SyncCounts old = self->counts;
  g_autofree char *news = NULL;
  SyncEngineState state;
  SyncCondition condition;
  gint64 probe_us;

  /* What is not committed is not shown; the turn's end comes back here. */
  if (self->turn != NULL)
    return;
  news = sync_store_take_news (self->store);
  if (news != NULL)
    {
      g_message ("%s", news);
      sync_engine_add_notice (self, news);
    }
  g_object_freeze_notify (G_OBJECT (self));
  if (!sync_store_get_counts (self->store, &self->counts, NULL))
    self->counts = old;
  notify_counts (self, &old);
  update_progress (self);
  state = sync_engine_derive_state (self);
  condition = sync_engine_get_condition (self);
  probe_us = sync_breaker_is_open (&self->breaker) ? self->breaker.probe_due_us : 0;
  if (state != self->shown_state || condition != self->shown_condition || probe_us != self->shown_probe_us
      || self->has_new_notice)
    {
      self->has_new_notice = FALSE;
      self->shown_probe_us = probe_us;
      notify_if (self, state != self->shown_state, PROP_STATE);
      notify_if (self, condition != self->shown_condition, PROP_CONDITION);
      self->shown_state = state;
      self->shown_condition = condition;
      g_signal_emit (self, signals[SIGNAL_STATE_CHANGED], 0, state, condition);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

static gboolean
is_settled (SyncState from, SyncState to)
{
  return from != to && (to == SYNC_STATE_COMPLETED || to == SYNC_STATE_FAILED || to == SYNC_STATE_CONFLICT);
}

/* Counts a committed change of state (or an acceptance: @from equal to @to), before it is told. */
void
sync_engine_count_row (SyncEngine *self, SyncState from, SyncState to)
{
  if (!is_settled (from, to))
    return;
  if (to == SYNC_STATE_COMPLETED)
    {
      self->success_count++;
      self->sweep_delivered++;
    }
  else if (to == SYNC_STATE_FAILED)
    self->failure_count++;
  else
    self->conflict_count++;
  if (self->sweeping)
    {
      self->progress_done++;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROGRESS_DONE]);
    }
}

/* Tells of it, after sync_engine_refresh(). */
void
sync_engine_tell_row (SyncEngine *self, gint64 id, SyncState from, SyncState to)
{
  if (to == SYNC_STATE_COMPLETED)
    sync_absence_forget (self, id);
  g_signal_emit (self, signals[SIGNAL_REQUEST_CHANGED], 0, id, (int) to);
  if (is_settled (from, to))
    g_signal_emit (self, signals[SIGNAL_PROGRESS], 0, self->progress_done, MAX (self->progress_total, self->progress_done));
}

/* A conflict was committed for a row. */
void
sync_engine_conflict_opened (SyncEngine *self, gint64 request_id)
{
  gint64 id = sync_store_find_open_conflict (self->store, request_id, NULL);

  if (id == 0)
    return;
  g_signal_emit (self, signals[SIGNAL_CONFLICT_OPENED], 0, id, request_id);
  sync_resolver_add (self, id);
  sync_engine_kick (self);
}

/* A conflict was closed, and that is committed. */
void
sync_engine_conflict_resolved (SyncEngine *self, gint64 conflict_id, const char *resolution)
{
  g_signal_emit (self, signals[SIGNAL_CONFLICT_RESOLVED], 0, conflict_id, resolution);
}

/* Tells of a change, and of the rows that changed with it: now, or after the turn's commit. */
void
sync_engine_tell_change (SyncEngine *self, const SyncChange *change)
{
  SyncState to = change->to;

  for (guint i = 0; i < change->others->len; i++)
    if (g_array_index (change->others, SyncOtherChange, i).id == change->id)
      to = g_array_index (change->others, SyncOtherChange, i).to;
  sync_turn_tell (self, change->id, change->from, to, change->conflict != NULL);
  for (guint i = 0; i < change->others->len; i++)
    {
      const SyncOtherChange *other = &g_array_index (change->others, SyncOtherChange, i);

      if (other->id != change->id)
        sync_turn_tell (self, other->id, other->from, other->to, FALSE);
    }
}

/* The one way in which the engine changes a row: commit first, then tell; within a turn both wait for its end. */
gboolean
sync_engine_apply (SyncEngine *self, const SyncChange *change, GError **error)
{
  g_autoptr (GArray) others = g_array_new (FALSE, FALSE, sizeof (SyncOtherChange));
  SyncChange full = *change;

  full.others = others;
  if (!sync_store_change (self->store, &full, error))
    return FALSE;
  if (self->turn == NULL)
    self->storage_trouble = self->disk_rests = FALSE;
  sync_engine_tell_change (self, &full);
  return TRUE;
}

/* A sweep delivered, or found nothing due. */
void
sync_engine_note_sync (SyncEngine *self)
{
  g_autofree char *when = NULL;
  g_autofree char *duration = g_strdup_printf ("%" G_GINT64_FORMAT, self->last_duration_ms);

  self->last_sync_ms = sync_clock_wall_ms (self->clock);
  when = g_strdup_printf ("%" G_GINT64_FORMAT, self->last_sync_ms);
  if (!sync_store_set_metadata (self->store, METADATA_LAST_SYNC, when, NULL)
      || !sync_store_set_metadata (self->store, METADATA_LAST_DURATION, duration, NULL))
    g_debug ("the time of the last sync was not kept");
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LAST_SYNC_MS]);
  sync_upkeep_run (self);
}

/* The disk did not take something, and whoever gave it was told. */
void
sync_engine_show_storage_trouble (SyncEngine *self, const GError *error)
{
  g_debug ("storage: %s", error != NULL ? error->message : "unreadable");
  self->storage_trouble = TRUE;
  g_free (self->storage_words);
  self->storage_words = g_strdup (error != NULL ? error->message : NULL);
  sync_engine_refresh (self);
  sync_dispatcher_arm (self);
}

/* The disk did not take a change of ours. Nothing is lost by it; it is tried again after the processing interval, and
 * nothing new is begun so long. */
void
sync_engine_set_storage_trouble (SyncEngine *self, const GError *error)
{
  self->disk_rests = TRUE;
  sync_engine_show_storage_trouble (self, error);
}

/* The switch, and those who watch it. */
void
sync_engine_set_paused (SyncEngine *self, gboolean paused)
{
  gboolean changed = self->paused != paused;

  self->paused = paused;
  notify_if (self, changed, PROP_PAUSED);
  sync_engine_refresh (self);
}

/* How long the server wants to be left alone, in milliseconds; -1: it does not say. */
static gint64
read_rest_ms (SyncEngine *self, const SyncAnswer *answer)
{
  gint64 now_ms = sync_engine_get_corrected_ms (self);

  if (answer->retry_after_ms >= 0 || answer->retry_at_ms == 0)
    return answer->retry_after_ms;
  return CLAMP (answer->retry_at_ms - (now_ms != 0 ? now_ms : sync_clock_wall_ms (self->clock)), 0, SYNC_OUTCOME_MAX_WAIT_MS);
}

/* What an answer says about the host. */
void
sync_engine_note_host (SyncEngine *self, SyncHostNews news, const SyncAnswer *answer, const char *words)
{
  const char *server_words = answer->message != NULL ? answer->message : words;

  if (news != SYNC_HOST_NO_NEWS)
    self->tried_ms = sync_clock_wall_ms (self->clock);
  if (sync_breaker_note (&self->breaker, news, read_rest_ms (self, answer), sync_clock_boot_us (self->clock), self->random))
    g_debug ("host: %s%s%s", sync_host_news_to_string (self->breaker.reason), server_words != NULL ? ": " : "",
             server_words != NULL ? server_words : "");
  if (news == SYNC_HOST_THROTTLED)
    sync_rest_keep (self);
  else if (!sync_breaker_is_open (&self->breaker))
    sync_rest_end (self);
  if (sync_breaker_is_open (&self->breaker))
    {
      char *kept = g_strdup (server_words);

      g_free (self->host_words);
      self->host_words = kept;
    }
  else
    g_clear_pointer (&self->host_words, g_free);
  sync_engine_refresh (self);
}

/* A request goes out once more; when too many do, the host gets a rest. */
void
sync_engine_spend_retry (SyncEngine *self)
{
  if (!sync_breaker_spend (&self->breaker, sync_clock_boot_us (self->clock), self->random))
    return;
  g_free (self->host_words);
  self->host_words = g_strdup ("the server answers too much with errors; it is given a rest");
  sync_engine_refresh (self);
}

/* Calls to the site ---------------------------------------------------------------------------------------------- */

/* A question to the site: a read with the request time-out, unless the caller says otherwise. */
SyncTransportRequest *
sync_engine_new_call (SyncEngine *self, const char *method, const char *path)
{
  g_autofree char *url = g_strconcat (self->config->base_url, path, NULL);
  SyncTransportRequest *call = sync_transport_request_new (method, url);

  call->authorization = sync_credentials_dup_authorization (self->credentials);
  call->timeout_ms = self->config->request_timeout;
  return call;
}

/* The shop may have changed its rules since, or somebody the body. By what was accepted it is asked for and looked for, so it
 * cannot be sent as anything else. */
static gboolean
check_accepted (const SyncRequest *request, const SyncRoute *route, GError **error)
{
  const char *action = sync_action_to_string (route->action);

  if (g_strcmp0 (request->action, action) == 0 && g_strcmp0 (request->resource_type, route->resource_type) == 0)
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
               "it was accepted as “%s” of %s, and the route rules take it for “%s” of %s today: set them back and try again,"
               " or discard it and hand it over anew",
               request->action, request->resource_type != NULL ? request->resource_type : "no DocType", action,
               route->resource_type != NULL ? route->resource_type : "no DocType");
  return FALSE;
}

/* What the rules of today say of a row; an error if they no longer let it wait in the queue as what it was accepted. */
SyncRoute *
sync_engine_match (SyncEngine *self, const SyncRequest *request, GError **error)
{
  g_autoptr (SyncRoute) route = NULL;

  /* Whatever brought it here: it was made for another server. */
  if (g_strcmp0 (request->site, self->config->base_url) != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, "it belongs to %s, not to %s", request->site,
                   self->config->base_url);
      return NULL;
    }
  route = sync_route_table_match (self->routes, request->method, sync_request_get_url (request), request->content_type,
                                  sync_request_get_body (request), error);
  if (route == NULL)
    return NULL;
  if (route->kind != SYNC_ROUTE_WRITE)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_QUEUEABLE, "the route rules no longer take %s %.200s", request->method,
                   request->url);
      return NULL;
    }
  if (!check_accepted (request, route, error))
    return NULL;
  return g_steal_pointer (&route);
}

/* Reading ----------------------------------------------------------------------------------------------------------- */

/**
 * sync_engine_get_store:
 * @self: an engine
 *
 * Returns: (transfer none): its store, for reading in the engine's thread
 */
SyncStore *
sync_engine_get_store (SyncEngine *self)
{
  return self->store;
}

/**
 * sync_engine_get_credentials:
 * @self: an engine
 *
 * Returns: (transfer none): what it signs its calls with
 */
SyncCredentials *
sync_engine_get_credentials (SyncEngine *self)
{
  return self->credentials;
}

/**
 * sync_engine_get_user:
 * @self: an engine
 *
 * Returns: (transfer none) (nullable): whom the server takes us for, once it was asked
 */
const char *
sync_engine_get_user (SyncEngine *self)
{
  return self->user;
}

/* The object -------------------------------------------------------------------------------------------------------- */

static void
sync_engine_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SyncEngine *self = SYNC_ENGINE (object);

  switch ((SyncEngineProperty) id)
    {
    case PROP_STATE:
      g_value_set_enum (value, self->shown_state);
      break;
    case PROP_CONDITION:
      g_value_set_enum (value, self->shown_condition);
      break;
    case PROP_N_PENDING:
      g_value_set_uint (value, self->counts.n[SYNC_STATE_PENDING] + self->counts.n[SYNC_STATE_SENDING]);
      break;
    case PROP_N_UNKNOWN:
      g_value_set_uint (value, self->counts.n[SYNC_STATE_UNKNOWN]);
      break;
    case PROP_N_CONFLICTS:
      g_value_set_uint (value, self->counts.n[SYNC_STATE_CONFLICT]);
      break;
    case PROP_N_FAILED:
      g_value_set_uint (value, self->counts.n[SYNC_STATE_FAILED]);
      break;
    case PROP_PROGRESS_DONE:
      g_value_set_uint (value, self->progress_done);
      break;
    case PROP_PROGRESS_TOTAL:
      g_value_set_uint (value, self->progress_total);
      break;
    case PROP_LAST_SYNC_MS:
      g_value_set_int64 (value, self->last_sync_ms);
      break;
    case PROP_PAUSED:
      g_value_set_boolean (value, self->paused);
      break;
    case PROP_SAFE_TO_CLOSE:
      g_value_set_boolean (value, sync_engine_is_safe_to_close (&self->counts));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sync_engine_finalize (GObject *object)
{
  SyncEngine *self = SYNC_ENGINE (object);

  /* Operations hold a reference to the engine, so there is none. */
  sync_submit_cancel (self);
  sync_clock_clear_alarm (self->clock, &self->alarm);
  sync_clock_clear_alarm (self->clock, &self->shutdown_alarm);
  if (self->kick_source != NULL)
    {
      g_source_destroy (self->kick_source);
      g_source_unref (self->kick_source);
    }
  g_queue_clear_full (&self->batch, (GDestroyNotify) sync_request_unref);
  g_ptr_array_unref (self->arrivals);
  g_hash_table_unref (self->operations);
  g_hash_table_unref (self->trust);
  g_array_unref (self->undecided);
  g_array_unref (self->refusals);
  g_hash_table_unref (self->suspects);
  g_object_unref (self->policies);
  g_object_unref (self->hooks);
  g_hash_table_unref (self->absences);
  sync_zone_forget (self);
  g_strfreev (self->paused_types);
  g_free (self->switches_kept);
  g_free (self->user);
  g_free (self->host_words);
  g_free (self->storage_words);
  g_free (self->notice);
  g_clear_object (&self->probe);
  g_ptr_array_unref (self->checks);
  g_clear_object (&self->shutdown);
  g_clear_object (&self->routes);
  g_clear_object (&self->credentials);
  g_clear_object (&self->transport);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  sync_config_free (self->config);
  g_main_context_unref (self->context);
  G_OBJECT_CLASS (sync_engine_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  properties[PROP_STATE]
    = g_param_spec_enum ("state", NULL, NULL, SYNC_TYPE_ENGINE_STATE, SYNC_ENGINE_IDLE, flags);
  properties[PROP_CONDITION]
    = g_param_spec_enum ("condition", NULL, NULL, SYNC_TYPE_CONDITION, SYNC_CONDITION_ONLINE, flags);
  properties[PROP_N_PENDING] = g_param_spec_uint ("n-pending", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_N_UNKNOWN] = g_param_spec_uint ("n-unknown", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_N_CONFLICTS] = g_param_spec_uint ("n-conflicts", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_N_FAILED] = g_param_spec_uint ("n-failed", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_PROGRESS_DONE] = g_param_spec_uint ("progress-done", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_PROGRESS_TOTAL] = g_param_spec_uint ("progress-total", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_LAST_SYNC_MS] = g_param_spec_int64 ("last-sync-ms", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_PAUSED] = g_param_spec_boolean ("paused", NULL, NULL, FALSE, flags);
  properties[PROP_SAFE_TO_CLOSE] = g_param_spec_boolean ("safe-to-close", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
sync_engine_class_init (SyncEngineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GSignalFlags flags = G_SIGNAL_RUN_LAST;

  object_class->get_property = sync_engine_get_property;
  object_class->finalize = sync_engine_finalize;
  install_properties (object_class);
  signals[SIGNAL_STATE_CHANGED] = g_signal_new ("state-changed", SYNC_TYPE_ENGINE, flags, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                                2, SYNC_TYPE_ENGINE_STATE, SYNC_TYPE_CONDITION);
  signals[SIGNAL_PROGRESS] = g_signal_new ("progress", SYNC_TYPE_ENGINE, flags, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                           G_TYPE_UINT, G_TYPE_UINT);
  signals[SIGNAL_REQUEST_CHANGED] = g_signal_new ("request-changed", SYNC_TYPE_ENGINE, flags, 0, NULL, NULL, NULL,
                                                  G_TYPE_NONE, 2, G_TYPE_INT64, G_TYPE_INT);
  signals[SIGNAL_CONFLICT_OPENED] = g_signal_new ("conflict-opened", SYNC_TYPE_ENGINE, flags, 0, NULL, NULL, NULL,
                                                  G_TYPE_NONE, 2, G_TYPE_INT64, G_TYPE_INT64);
  signals[SIGNAL_CONFLICT_RESOLVED] = g_signal_new ("conflict-resolved", SYNC_TYPE_ENGINE, flags, 0, NULL, NULL, NULL,
                                                    G_TYPE_NONE, 2, G_TYPE_INT64, G_TYPE_STRING);
}

static void
sync_engine_init (SyncEngine *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->arrivals = g_ptr_array_new_with_free_func (g_object_unref);
  self->checks = g_ptr_array_new_with_free_func (g_object_unref);
  self->operations = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->trust = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->undecided = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->refusals = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->suspects = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->policies = sync_merge_policies_new (NULL, NULL);
  self->absences = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  g_queue_init (&self->batch);
  g_queue_init (&self->answered);
  g_queue_init (&self->unwritten);
  sync_breaker_init (&self->breaker);
}

/**
 * sync_engine_new:
 * @config: the settings; copied
 * @store: an open store, not a reader
 * @transport: how the site is reached
 * @credentials: how calls are signed
 * @routes: the route rules
 * @clock: all time
 * @random: all chance: keys and jitter
 *
 * Makes an engine in the thread-default main context of the caller. It takes writes at once and delivers once it is
 * started.
 *
 * Returns: (transfer full): an engine
 */
SyncEngine *
sync_engine_new (const SyncConfig *config, SyncStore *store, SyncTransport *transport, SyncCredentials *credentials,
                 SyncRouteTable *routes, SyncClock *clock, SyncRandom *random)
{
  SyncEngine *self = g_object_new (SYNC_TYPE_ENGINE, NULL);
  g_autofree char *last_sync = sync_store_dup_metadata (store, METADATA_LAST_SYNC);
  g_autofree char *last_duration = sync_store_dup_metadata (store, METADATA_LAST_DURATION);

  self->config = sync_config_copy (config);
  self->store = g_object_ref (store);
  self->transport = g_object_ref (transport);
  self->credentials = g_object_ref (credentials);
  self->routes = g_object_ref (routes);
  self->clock = g_object_ref (clock);
  self->hooks = sync_hooks_new (clock, NULL);
  self->random = g_object_ref (random);
  self->last_sync_ms = last_sync != NULL ? g_ascii_strtoll (last_sync, NULL, 10) : 0;
  self->last_duration_ms = last_duration != NULL ? g_ascii_strtoll (last_duration, NULL, 10) : 0;
  sync_store_get_counts (store, &self->counts, NULL);
  self->shown_state = sync_engine_derive_state (self);
  self->shown_condition = sync_engine_get_condition (self);
  return self;
}

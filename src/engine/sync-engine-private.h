/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-breaker.h"
#include "sync-engine.h"
#include "sync-hooks.h"
#include "sync-json-member.h"
#include "sync-merge.h"
#include "sync-server-clock.h"

G_BEGIN_DECLS

typedef struct _SyncTurn SyncTurn;

/* Looks of one request that found nothing new before a person is asked. */
#define SYNC_LOOKS_BEFORE_PERSON 5
/* How much later a send may have begun than is known of it: twice the uncertainty of the server's clock. */
#define SYNC_SEND_SLACK_MS 5000
/* Verdicts of looks: the server did not answer; it is too early to tell; nothing is there, seen once; nothing is there. */
#define SYNC_LOOK_NO_ANSWER "no_answer"
#define SYNC_LOOK_NOT_YET "not_yet"
#define SYNC_LOOK_ABSENT_ONCE "absent_once"
#define SYNC_LOOK_ABSENT "absent"
/* What the server had made is not there any more. */
#define SYNC_LOOK_MISSING "missing"
/* A hook sends what was refused again. */
#define SYNC_LOOK_HOOKED "hooked"
/* A hook was asked, and did not help. */
#define SYNC_LOOK_HOOK_FAILED "hook_failed"
/* The verdict of a person who says that it did not arrive. */
#define SYNC_SEND_AGAIN "send_again"

/* What the attempts of a row tell. */
typedef struct
{
  char *verdict;    /* (owned) (nullable): of the last send; NULL: it ended without one */
  gint64 sent_ms;   /* wall clock: the end of the last send */
  char *ended;      /* (owned) (nullable): the verdict of the last send that has one, and how many in a row had it, since a
                     * person or a hook decided */
  guint n_in_a_row;
  guint n_sends;
  guint n_unsure;   /* those of them that may have arrived */
  guint n_looks;    /* answered looks since the last send */
  guint n_hooked;   /* how often a hook had it sent again */
  guint n_unanswered; /* looks since the last one that was answered */
  gboolean unkeyed; /* a send that may have arrived went out when the server did not enforce its key */
  gboolean is_traceable; /* of all sends that may have arrived, one at least, it is known as whom and when: */
  char *sent_as;    /* (owned) (nullable): the user, one and the same */
  gint64 first_server_ms; /* when the first and the last of them began at the earliest, on the server's clock */
  gint64 last_server_ms;
  gint64 last_duration_ms;
  gint64 earliest_ms; /* likewise, on whichever of the server's clock and the till's is behind */
  gint64 latest_ms;   /* when one of them ended at the latest, on whichever is ahead */
} SyncHistory;

/* What this run knows of the absence of a row: the boot clock does not jump, whatever is done to the two others. */
typedef struct
{
  gint64 id;        /* of the row */
  gint64 ended_us;  /* boot clock: when its last send ended; the start of the engine, if it was not in this run */
  gint64 absent_us; /* boot clock: when it was not seen for the first time since; -1: not yet */
} SyncAbsence;

/* One live piece of work on one row: a send, or a look. */
typedef struct _SyncOperation SyncOperation;

struct _SyncOperation
{
  SyncEngine *engine;       /* (owned) */
  gint64 id;
  SyncRequest *request;     /* (owned) (nullable): the row with its bodies */
  SyncRoute *route;         /* (owned) (nullable) */
  GCancellable *cancellable; /* (owned) */
  gboolean claimed;         /* the row is `sending`; else this is a look */
  guint attempt;            /* of the send */
  gint64 started_us;        /* boot clock: of the call that is out now */
  SyncTransportReply *reply; /* (owned) (nullable): the answer to the send, kept until it is recorded */
  SyncAnswer *answer;       /* (owned) (nullable): the same, read */
  SyncOutcome outcome;      /* of @answer */
  char *asked;              /* (owned) (nullable): the name of the document that a look reads */
  gboolean look_for_base;   /* a look that only fetches the version to send against */
  gboolean look_first;      /* its document is said to have changed, or what the write before it made of it is not known */
  gboolean seen;            /* a look found the version that is to be deleted */
  gboolean asked_who;       /* for its sake it was asked whom the server takes us for */
  void (*unreadable) (SyncOperation *op); /* (nullable): what comes of it if what a look asks for may not be read */
};

/* An answer to a question, read. */
typedef struct
{
  SyncTransportReply *reply; /* (owned) */
  SyncAnswer *answer;        /* (owned) */
  SyncOutcome outcome;
} SyncReading;

/* A conflict that is open, with its row as it is now. */
typedef struct
{
  SyncConflict *conflict; /* (owned) */
  SyncRequest *row;       /* (owned): with its bodies */
  SyncRoute *route;       /* (owned) */
  char *hook_trouble; /* (owned) (nullable): what a hook failed at that was asked about it */
} SyncOpenConflict;

void sync_open_conflict_clear (SyncOpenConflict *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncOpenConflict, sync_open_conflict_clear)

struct _SyncEngine
{
  GObject parent_instance;

  SyncConfig *config;           /* (owned) */
  SyncStore *store;             /* (owned) */
  SyncTransport *transport;     /* (owned) */
  SyncCredentials *credentials; /* (owned) */
  SyncRouteTable *routes;       /* (owned) */
  SyncClock *clock;             /* (owned) */
  SyncRandom *random;           /* (owned) */
  GMainContext *context;        /* (owned): all of this lives in it */

  /* Acceptance */
  GPtrArray *arrivals;          /* (owned) (element-type GTask): submissions that wait for the group's commit */
  GSource *flush_source;        /* (owned) (nullable): commits when nothing else is ready */
  guint flush_alarm;            /* commits at the latest after GROUP_COMMIT_US, 0: none */

  /* Delivery */
  gboolean running;
  gboolean stopping;            /* no new claims */
  GHashTable *operations;       /* (owned) (element-type gint64 SyncOperation) */
  GQueue batch;                 /* (element-type SyncRequest, owned): due rows that were read and not yet looked at */
  SyncTurn *turn;               /* (owned) (nullable): the transaction that is being put together */
  GQueue answered;              /* (element-type SyncOperation): their answers wait for the next turn */
  GQueue unwritten;             /* (element-type SyncOperation): their answers wait for the disk */
  GSource *kick_source;         /* (owned) (nullable) */
  guint alarm;                  /* the one alarm of delivery, 0 while nothing waits */
  gint64 alarm_us;              /* boot clock: when it fires */
  gint64 looked_us;             /* boot clock: just before the due rows were read last */
  GHashTable *trust;            /* (owned) (element-type utf8 SyncKeyState): per DocType */
  GHashTable *absences;         /* (owned) (element-type gint64 SyncAbsence): of rows that were sent or missed in this run */
  gint64 began_us;              /* boot clock: when it was started last */
  GTimeZone *zone;              /* (owned) (nullable): the site's, NULL: not known */
  gboolean zone_asked;          /* this run has asked for it */
  guint n_zone_vain;            /* suspicious answers to that */
  GCancellable *errands;        /* (owned) (nullable): questions for nobody's row; NULL while it does not run */
  gint64 trust_proven_us;       /* boot clock: when the oldest of them was proven */
  GTask *shutdown;              /* (owned) (nullable) */
  guint shutdown_alarm;

  /* Conflicts */
  SyncMergePolicies *policies;  /* (owned): of the fields */
  SyncHooks *hooks;             /* (owned) */
  GArray *refusals;             /* (owned) (element-type gint64): rows that failed, of which no hook was told */
  GArray *undecided;            /* (owned) (element-type gint64): conflicts of which nobody has decided who ends them */

  GHashTable *suspects;         /* (owned) (element-type gint64): rows whose document was changed by somebody else */
  guint n_surveys;              /* questions for them that are out */

  /* The host */
  SyncBreaker breaker;
  GCancellable *probe;          /* (owned) (nullable): a probe is out */
  GPtrArray *checks;            /* (owned) (element-type GTask): persons who wait for its answer */
  gint64 tried_ms;              /* wall clock: when this run last learned something about the host, 0: never */
  gboolean rest_kept;           /* the database says how long the server wants to be left alone */
  gint64 upkeep_ms;             /* wall clock: when delivered rows were last looked after; 0: not known */
  char *user;                   /* (owned) (nullable): whom the server takes us for */
  char *host_words;             /* (owned) (nullable): why the host is away */
  SyncServerClock server_clock; /* of this run: the boot clock that it leans on begins anew with the machine */
  gboolean storage_trouble;
  gboolean disk_rests;          /* it did not take a change: nothing is started before the next alarm */
  char *storage_words;          /* (owned) (nullable) */
  char *notice;                 /* (owned) (nullable): what a person should know of the database, a line each */
  gboolean has_new_notice;      /* nobody was told of the newest of them */

  gint64 held_until_us;         /* boot clock: nothing new is sent before, because the machine is about to rest; 0: not so */

  /* Switches of a person */
  gboolean paused;
  gint64 paused_until_us;       /* boot clock, 0: until resumed */
  gint64 paused_for_ms;         /* how long that was to be when it began, 0: until resumed */
  gint64 paused_end_ms;         /* the same end on the wall clock as it was then, for another boot */
  char **paused_types;          /* (owned) (nullable): only these DocTypes are paused */
  gboolean offline_by_hand;
  char *switches_kept;          /* (owned) (nullable): how they stand in the database */

  /* The sweep and what is shown */
  gboolean sweeping;
  gboolean sweep_troubled;      /* the last sweep was stopped by host or storage trouble */
  gint64 sweep_started_us;
  guint sweep_delivered;
  guint progress_done;
  guint progress_total;
  guint64 success_count;
  guint64 failure_count;
  guint64 conflict_count;
  gint64 last_sync_ms;
  gint64 last_duration_ms;
  SyncCounts counts;            /* as of the last commit */
  SyncEngineState shown_state;
  SyncCondition shown_condition;
  gint64 shown_probe_us;        /* boot clock: the next try of a host that is away, as it was told last */
};

/* sync-engine.c: what the other files of the engine tell it */
void sync_engine_assert_own_context (SyncEngine *self);
SyncCondition sync_engine_get_condition (SyncEngine *self);
void sync_engine_set_paused (SyncEngine *self, gboolean paused);
void sync_engine_count_row (SyncEngine *self, SyncState from, SyncState to);
void sync_engine_tell_row (SyncEngine *self, gint64 id, SyncState from, SyncState to);
void sync_engine_conflict_opened (SyncEngine *self, gint64 request_id);
void sync_engine_conflict_resolved (SyncEngine *self, gint64 conflict_id, const char *resolution);
void sync_engine_refresh (SyncEngine *self);
void sync_engine_note_sync (SyncEngine *self);
void sync_engine_show_storage_trouble (SyncEngine *self, const GError *error);
void sync_engine_set_storage_trouble (SyncEngine *self, const GError *error);
void sync_engine_tell_change (SyncEngine *self, const SyncChange *change);
gboolean sync_engine_apply (SyncEngine *self, const SyncChange *change, GError **error);
void sync_engine_note_host (SyncEngine *self, SyncHostNews news, const SyncAnswer *answer, const char *words);
void sync_engine_spend_retry (SyncEngine *self);
gint64 sync_engine_get_server_ms (SyncEngine *self);
gint64 sync_engine_get_corrected_ms (SyncEngine *self);
gint64 sync_engine_get_accepted_ms (SyncEngine *self, const SyncRequest *request);
gint64 sync_engine_get_uncertainty_ms (SyncEngine *self, const SyncRequest *request);
SyncEngineState sync_engine_derive_state (SyncEngine *self);
gboolean sync_engine_is_safe_to_close (const SyncCounts *counts);
void sync_engine_note_date (SyncEngine *self, const SyncTransportReply *reply, const SyncAnswer *answer, SyncHostNews news,
                            gint64 sent_us);
SyncTransportRequest *sync_engine_new_call (SyncEngine *self, const char *method, const char *path);
SyncRoute *sync_engine_match (SyncEngine *self, const SyncRequest *request, GError **error);

/* sync-life.c */
void sync_engine_kick (SyncEngine *self);

/* sync-person.c */
SyncRequest *sync_engine_find_row (SyncEngine *self, gint64 id, GError **error);

/* sync-resolve.c: a conflict ends */
gboolean sync_resolve_load (SyncEngine *self, gint64 conflict_id, SyncOpenConflict *open, GError **error);
gboolean sync_resolve_is_name_taken (const SyncOpenConflict *open);
gboolean sync_resolve_check_body (SyncEngine *self, const SyncRequest *row, const SyncRoute *route, GBytes *body, GError **error);
gboolean sync_resolve_check_edit (SyncEngine *self, const SyncRequest *row, GBytes *body, GError **error);
const char *sync_resolve_why_not_local (const SyncOpenConflict *open);
const char *sync_resolve_why_not_merged (const SyncOpenConflict *open);
SyncMerge *sync_resolve_merge (SyncEngine *self, const SyncOpenConflict *open, SyncMergeStyle style, SyncMergeNewer newer,
                               GError **error);
gboolean sync_resolve_as (SyncEngine *self, const SyncOpenConflict *open, SyncResolution resolution, GBytes *document,
                          const char *kind, const char *actor, const char *reason, GError **error);
gboolean sync_resolve_apply (SyncEngine *self, const SyncOpenConflict *open, SyncResolution resolution, GBytes *body,
                             const char *kind, const char *actor, const char *reason, GError **error);

/* sync-resolver.c: who ends it? */
void sync_resolver_start (SyncEngine *self);
void sync_resolver_add (SyncEngine *self, gint64 conflict_id);
SyncHookFacts sync_resolver_get_facts (SyncEngine *self, const SyncRequest *row, const char *server_version);
void sync_resolver_run (SyncEngine *self);
char *sync_resolver_dup_open_fields (const SyncMerge *merge);
gboolean sync_resolver_compares_times (const SyncRequest *row);

/* sync-survey.c: which of many documents have changed? */
void sync_survey_start (SyncEngine *self);
gboolean sync_survey_take_suspect (SyncEngine *self, gint64 id);

/* sync-trust.c: does the server enforce the key? */
typedef void (*SyncKeyFunc) (SyncEngine *self, const char *resource_type, SyncKeyState state, const char *words,
                             gpointer user_data);
SyncKeyState sync_trust_get (SyncEngine *self, const char *resource_type);
gint64 sync_trust_get_seen_ms (SyncEngine *self, const char *resource_type);
gboolean sync_trust_is_unproven (SyncEngine *self, const SyncRoute *route);
void sync_trust_prove (SyncEngine *self, const char *resource_type, GCancellable *cancellable, SyncKeyFunc func,
                       gpointer user_data);
gboolean sync_engine_must_prove_key (SyncEngine *self, const SyncRequest *row);
const char *sync_engine_get_key_in_force (SyncEngine *self, const char *resource_type);
gboolean sync_engine_key_is_enforced (SyncEngine *self, const SyncRoute *route);
void sync_trust_give_up (SyncEngine *self, const char *resource_type);
void sync_engine_withdraw_trust (SyncEngine *self, const char *resource_type);

/* sync-rest.c: how long the server wants to be left alone */
void sync_rest_keep (SyncEngine *self);
void sync_rest_end (SyncEngine *self);
void sync_rest_take_up (SyncEngine *self);

/* sync-upkeep.c: what is kept for how long */
void sync_upkeep_run (SyncEngine *self);

/* sync-zone.c: when was it, there? */
void sync_zone_forget (SyncEngine *self);
gboolean sync_zone_must_ask (SyncEngine *self, const SyncRequest *row);
void sync_zone_ask (SyncOperation *op);
gboolean sync_zone_is_unasked (SyncEngine *self);
char *sync_zone_dup_text (SyncEngine *self, gint64 wall_ms);
gint64 sync_zone_read_fraction_us (const char *text);
gboolean sync_zone_read (SyncEngine *self, const char *text, gint64 *earliest_ms, gint64 *latest_ms);
gboolean sync_zone_get_posting (SyncEngine *self, gint64 wall_ms, char **date, char **time);

/* sync-submit.c */
void sync_submit_flush (SyncEngine *self);
void sync_submit_cancel (SyncEngine *self);
void sync_submit_refuse_all (SyncEngine *self);

/* sync-switches.c */
void sync_switches_pause (SyncEngine *self, gint64 for_ms, const char *const *types);
void sync_switches_keep (SyncEngine *self);
void sync_switches_restore (SyncEngine *self);

/* sync-steering.c */
const char *sync_engine_get_hindrance (SyncEngine *self);

/* sync-dispatcher.c */
void sync_dispatcher_run (SyncEngine *self);
void sync_dispatcher_arm (SyncEngine *self);
gboolean sync_dispatcher_may_send (SyncEngine *self);
gboolean sync_dispatcher_is_shut (SyncEngine *self);
gint64 sync_dispatcher_get_next_try_us (SyncEngine *self);

/* sync-taken.c */
gboolean sync_taken_can_look (const SyncRoute *route, const SyncRequest *request, const char *exc_type, const char *message);
void sync_taken_look (SyncOperation *op);

/* sync-turn.c */
void sync_turn_begin (SyncEngine *self);
void sync_turn_tell (SyncEngine *self, gint64 id, SyncState from, SyncState to, gboolean conflict);
void sync_turn_add_answered (SyncOperation *op);
void sync_turn_add_claimed (SyncOperation *op);
guint sync_turn_n_answered (SyncEngine *self);
void sync_turn_end (SyncEngine *self);

/* sync-operation.c */
SyncOperation *sync_operation_new (SyncEngine *engine, gint64 id);
void sync_operation_end (SyncOperation *op);
void sync_operation_cancel (SyncEngine *engine, gboolean sends_too);
gboolean sync_operation_is_dropped (SyncOperation *op);

/* sync-delivery.c */
void sync_delivery_read_step (const SyncOperation *op, SyncAction *action, SyncProof *proof);
SyncTransportRequest *sync_delivery_build_call (SyncOperation *op, GError **error);
gboolean sync_delivery_is_draft_update (const SyncRoute *route, const SyncRequest *request);
void sync_delivery_start (SyncEngine *self, SyncRequest *row);
void sync_delivery_continue (SyncOperation *op);
void sync_delivery_send (SyncOperation *op);
void sync_delivery_record (SyncOperation *op);
void sync_delivery_write_again (SyncEngine *self);

/* sync-question.c */
void sync_question_read (SyncEngine *self, SyncTransport *transport, GAsyncResult *result, gint64 started_us,
                         SyncReading *reading);
void sync_reading_clear (SyncReading *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncReading, sync_reading_clear)
JsonArray *sync_question_get_rows (const SyncTransportReply *reply, const SyncOutcome *outcome, JsonParser *parser);
char *sync_question_dup_filters (const char *field, ...) G_GNUC_NULL_TERMINATED;
void sync_question_ask (SyncOperation *op, const char *path, GAsyncReadyCallback callback);
gboolean sync_question_take_reply (SyncOperation *op, SyncTransport *transport, GAsyncResult *result);
JsonObject *sync_question_parse (JsonParser *parser, const char *text, gssize length);
JsonNode *sync_question_get_kept_document (const char *answer, JsonParser *parser);
JsonNode *sync_question_get_member (const SyncTransportReply *reply, JsonParser *parser, const char *member);
JsonNode *sync_question_get_data (const SyncTransportReply *reply, JsonParser *parser);
char *sync_question_dup_find_path (const char *resource_type, const char *field, const char *value);

char *sync_question_dup_right_path (const char *resource_type, const char *name);
char *sync_question_dup_name (JsonObject *document);

/* sync-history.c: what the attempts of a row tell */
void sync_history_read (SyncEngine *engine, const SyncRoute *route, const SyncRequest *request, SyncHistory *self);
void sync_history_clear (SyncHistory *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncHistory, sync_history_clear)
guint sync_history_count (const SyncHistory *self, SyncVerdict verdict);
gboolean sync_history_ended (const SyncHistory *self, SyncVerdict verdict);
gboolean sync_history_is_refusal (const SyncHistory *self, SyncEngine *engine, const SyncRequest *request);
gboolean sync_history_is_final (const SyncHistory *self, SyncEngine *engine, const SyncRequest *request);

/* sync-anew.c: the same write under another key */
gboolean sync_anew_is_the_way (const SyncOpenConflict *open);
gboolean sync_anew_make (SyncEngine *self, const SyncOpenConflict *open, const char *actor, GError **error);

/* sync-absence.c: when does it count that nothing is there? */
void sync_absence_begin (SyncEngine *self);
void sync_absence_note_send (SyncOperation *op);
void sync_absence_forget (SyncEngine *self, gint64 id);
gint64 sync_absence_space_ms (gint64 delay_ms);
gint64 sync_absence_get_age_ms (SyncOperation *op);
gint64 sync_absence_get_wait_ms (SyncOperation *op);
gint64 sync_absence_see (SyncOperation *op);

/* sync-natural.c: is it there, without a key? */
gboolean sync_natural_must_ask (SyncEngine *self, const SyncRequest *row);
void sync_natural_ask (SyncOperation *op);
gboolean sync_natural_can_look (SyncEngine *self, const SyncRoute *route, const SyncRequest *request);
void sync_natural_look (SyncOperation *op);

/* sync-found.c */
void sync_found_take (SyncOperation *op, JsonObject *document);
gboolean sync_found_is_by_us (SyncEngine *self, const SyncRoute *route, const SyncRequest *request, JsonObject *document);

/* sync-between.c: what did others write between two versions of ours? */
gboolean sync_between_is_elsewhere (SyncOperation *op, JsonObject *document);
char *sync_between_dup_version (SyncEngine *self, const SyncOpenConflict *open);

/* sync-refusal.c */
void sync_refusal_add (SyncEngine *self, gint64 id);
void sync_refusal_run (SyncEngine *self);

/* sync-renamed.c */
char *sync_renamed_dup_creation (SyncEngine *self, const SyncRequest *request);
gboolean sync_renamed_lane_knows (SyncEngine *self, const SyncRoute *route, const SyncRequest *request);
gboolean sync_renamed_follow_lane (SyncOperation *op);
gboolean sync_renamed_is_made_anew (SyncEngine *self, const SyncRequest *request, JsonObject *document);
gboolean sync_renamed_can_look (SyncEngine *self, const SyncRoute *route, const SyncRequest *request);
void sync_renamed_look (SyncOperation *op);

/* sync-settle.c */
SyncChange sync_settle_change (SyncOperation *op, SyncState to, const char *verdict);
void sync_settle_write_down (SyncOperation *op, const SyncChange *change);
void sync_settle_as (SyncOperation *op, SyncState to, const char *verdict, const char *message);
void sync_settle_look_later (SyncOperation *op, gint64 delay_ms, const char *verdict, const char *message);
void sync_settle_open_conflict (SyncOperation *op, const char *type, const char *server_data, const char *server_version);
void sync_settle_open_conflict_as (SyncOperation *op, const char *type, const char *name, const char *server_name,
                                   const char *server_data, const char *server_version);
void sync_settle_gone (SyncOperation *op);
void sync_settle_absent (SyncOperation *op);
char *sync_settle_dup_base (SyncEngine *self, const SyncRequest *request);
JsonNode *sync_settle_get_shown (SyncOperation *op, JsonParser *parser);
void sync_settle_read (SyncOperation *op, const char *name, GAsyncReadyCallback callback);
gboolean sync_settle_looks_by_key (const SyncRoute *route, const SyncRequest *request);
gboolean sync_settle_ends_with_the_host (SyncOperation *op);
void sync_settle_take_trouble (SyncOperation *op);
void sync_settle_look (SyncOperation *op);
void sync_settle_prove_key (SyncOperation *op);
void sync_settle_give_to_person (SyncOperation *op, const char *why);
gboolean sync_settle_can_look (SyncEngine *self, const SyncRoute *route, const SyncRequest *request);
gboolean sync_settle_wants_look (SyncEngine *self, const SyncRoute *route, const SyncRequest *request);
char *sync_settle_dup_local (const SyncRoute *route, const SyncRequest *request);
SyncConflict *sync_settle_new_conflict (SyncEngine *self, const SyncRequest *request, const char *type,
                                        const char *server_data, const char *server_version);

/* sync-probe.c */
typedef void (*SyncWhoFunc) (SyncEngine *self, SyncHostNews news, const SyncAnswer *answer, const char *words,
                             gpointer user_data);
void sync_probe_start (SyncEngine *self);
void sync_probe_end_checks (SyncEngine *self);
void sync_probe_ask_who (SyncEngine *self, GCancellable *cancellable, SyncWhoFunc func, gpointer user_data);

G_END_DECLS

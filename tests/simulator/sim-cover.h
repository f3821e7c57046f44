/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What may happen to a call on its way. Each is met, or the runs were too few. */
#define SIM_FAULTS(X)                                                                  \
  X (DATE, "Date of another clock")                                                    \
  X (DNS, "name not resolved")                                                         \
  X (CONNECT, "connection refused")                                                    \
  X (TLS, "handshake refused")                                                         \
  X (DROP, "request lost")                                                             \
  X (CUT_REQUEST, "request cut at byte k")                                             \
  X (RESET_BEFORE, "reset before the commit")                                          \
  X (RESET_AFTER, "reset after the commit")                                            \
  X (LOST_ANSWER, "committed, answer lost")                                            \
  X (CUT_ANSWER, "answer cut at byte k")                                               \
  X (CUT_CHUNKED, "chunked answer that ends early")                                    \
  X (SLOW, "server slower than the time-out")                                          \
  X (LATE, "reset while the server works")                                             \
  X (HALF, "draft made, and not submitted")                                            \
  X (DUPLICATE, "request delivered twice")                                             \
  X (PORTAL, "captive portal, 200")                                                    \
  X (REDIRECT, "captive portal, 302")                                                  \
  X (SIGNED_OUT, "401")                                                                \
  X (GUEST, "403, session expired")                                                    \
  X (FORBIDDEN, "403, no permission")                                                  \
  X (RATE_LIMIT, "429 with Retry-After")                                               \
  X (MAINTENANCE, "503 SessionStopped")                                                \
  X (UNAVAILABLE, "503 page with Retry-After")                                         \
  X (DEADLOCK, "500 deadlock")                                                         \
  X (LOCKED, "417 document locked")                                                    \
  X (DATABASE, "500 OperationalError")                                                 \
  X (BROKEN, "500 of this request")                                                    \
  X (REFUSAL, "417 refusal")                                                           \
  X (STALE, "417 stale, although it is not")                                           \
  X (TAKEN, "409 taken, although it is not")                                           \
  X (PAGE, "500 page")                                                                 \
  X (BAD_GATEWAY, "502 page")                                                          \
  X (GATEWAY_TIMEOUT, "committed, 504 page")                                           \
  X (NONSENSE, "committed, 200 without proof")                                         \
  X (ANOTHER, "answer about another document")

/* Where the machine may die. */
#define SIM_CRASHES(X)                                                                 \
  X (BETWEEN, "between two events")                                                    \
  X (DISK, "at the n-th write or sync of the database")                                \
  X (BEFORE_SEND, "before the first byte of a request")                                \
  X (AFTER_SEND, "after a request left")                                               \
  X (AT_COMMIT, "as the server commits")                                               \
  X (AT_ANSWER, "as the answer comes in")

/* What is left of the disk's cache then. */
#define SIM_LOSSES(X)                                                                  \
  X (KILL, "process killed, cache kept")                                               \
  X (LOSE, "power lost, unsynced sectors lost")                                        \
  X (CHANCE, "power lost, unsynced sectors kept, lost or torn")

/* What people, the machine and somebody else do. */
#define SIM_ACTS(X)                                                                    \
  X (SUBMIT, "submit")                                                                 \
  X (REPEAT, "submit the same again")                                                  \
  X (REPLACE, "submit other content under the same key")                               \
  X (RETRY, "retry")                                                                   \
  X (EDIT, "edit")                                                                     \
  X (DISCARD, "discard")                                                               \
  X (DISCARD_TREE, "discard with dependants")                                          \
  X (RESTORE, "take back")                                                             \
  X (RESTORE_TREE, "take back with dependants")                                        \
  X (ARRIVED, "confirm: it arrived")                                                   \
  X (SEND_AGAIN, "confirm: send it again")                                             \
  X (LOCAL_WINS, "resolve: local wins")                                                \
  X (SERVER_WINS, "resolve: server wins")                                              \
  X (OTHER_KEY, "made anew under another key")                                         \
  X (MERGED, "resolve: merged")                                                        \
  X (SKIP, "resolve: put off")                                                         \
  X (UNDO, "undo the end of a conflict")                                               \
  X (ARRIVED_READ, "confirm: it arrived, and is read first")                           \
  X (CLEAR_OLD, "forget delivered rows")                                               \
  X (PAUSE, "pause, resume")                                                           \
  X (HOLD, "hold, as before a suspend")                                                \
  X (OFFLINE, "off line by hand")                                                      \
  X (SYNC_NOW, "sync now")                                                             \
  X (HINT, "hint of the network")                                                      \
  X (SIGN_IN, "sign in")                                                               \
  X (SETTINGS, "other settings")                                                       \
  X (OUTAGE, "outage")                                                                 \
  X (WALL_JUMP, "wall clock set")                                                      \
  X (SUSPEND, "suspend")                                                               \
  X (REBOOT, "reboot")                                                                 \
  X (SHUTDOWN, "orderly end and start")                                                \
  X (DISK_FULL, "disk full")                                                           \
  X (SYNC_FAILS, "sync fails")                                                         \
  X (BACKUP, "backup put back")                                                        \
  X (COPY, "older copy of the files put back")                                         \
  X (OTHER_EDITS, "second till edits")                                                 \
  X (OTHER_DELETES, "second till deletes")                                             \
  X (OTHER_RENAMES, "second till renames")                                             \
  X (OTHER_SUBMITS, "second till submits")                                             \
  X (OTHER_CANCELS, "second till cancels")                                              \
  X (OTHER_TAKES, "second till takes or frees a name")                                  \
  X (RULE_CHANGES, "the site's rule comes or goes")                                     \
  X (RULE, "refused by the site's rule")                                                \
  X (HOOK_CORRECTS, "hook corrects what the rule refused")                              \
  X (HOOK_REPEATS, "hook has it sent again as it is")                                   \
  X (HOOK_PASSES, "hook passes")                                                        \
  X (HOOK_DECLINES, "hook would give it up, or ask")                                    \
  X (HOOK_NONSENSE, "hook answers nonsense, or fails")                                  \
  X (HOOK_WAITS, "hook answers later, or too late")                                     \
  X (HOOK_FOLLOWED, "a refused request went again because of a hook")                   \
  X (TAKEN_STANDS, "name taken: the other document stands")                             \
  X (TAKEN_RENAMED, "name taken: another name")

#define SIM_ENUM(prefix, id) prefix##id,
typedef enum
{
#define X(id, name) SIM_ENUM (SIM_FAULT_, id)
  SIM_FAULTS (X)
#undef X
  SIM_N_FAULTS,
  SIM_FAULT_NONE = SIM_N_FAULTS,
} SimFault;

typedef enum
{
#define X(id, name) SIM_ENUM (SIM_CRASH_, id)
  SIM_CRASHES (X)
#undef X
  SIM_N_CRASHES,
} SimCrash;

typedef enum
{
#define X(id, name) SIM_ENUM (SIM_LOSS_, id)
  SIM_LOSSES (X)
#undef X
  SIM_N_LOSSES,
} SimLoss;

typedef enum
{
#define X(id, name) SIM_ENUM (SIM_ACT_, id)
  SIM_ACTS (X)
#undef X
  SIM_N_ACTS,
} SimAct;

const char *sim_fault_name (SimFault fault);
const char *sim_act_name (SimAct act);
const char *sim_crash_name (SimCrash crash);

void sim_cover_fault (SimFault fault);
void sim_cover_crash (SimCrash crash);
void sim_cover_loss (SimLoss loss);
void sim_cover_act (SimAct act);
void sim_cover_edge (const char *from, const char *to);
void sim_cover_verdict (const char *verdict);
void sim_cover_look (const char *verdict, gboolean unkeyed);
gboolean sim_cover_print (void);

G_END_DECLS

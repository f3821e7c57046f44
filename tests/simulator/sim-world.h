/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sim-network.h"
#include "sync-engine.h"

G_BEGIN_DECLS

#define SIM_LANES 5
#define SIM_NAMES 6 /* for which documents contend */

/* What a request is meant to do. */
typedef enum
{
  SIM_WORK_INVOICE, /* a draft whose key the site enforces */
  SIM_WORK_SALE,    /* the same, made and submitted in two steps */
  SIM_WORK_QUEUED,  /* the same, and the site only queues the submission */
  SIM_WORK_POSA,    /* POS Awesome's own submit */
  SIM_WORK_NOTE,    /* a create that no key protects */
  SIM_WORK_CUSTOMER, /* the same, known again by its natural key; two have the same one */
  SIM_WORK_NAMED,   /* a create under a name that may be taken */
  SIM_WORK_CHANGE,  /* an update in a lane that many share */
  SIM_WORK_BLIND,   /* the same without a base */
  SIM_WORK_DELETE,
  SIM_WORK_ROWS,    /* an update of child rows without a base: never sent blindly */
  SIM_N_WORKS,
} SimWork;

/* When the site's rule refuses it. */
typedef enum
{
  SIM_RULE_NONE,
  SIM_RULE_WRITTEN,
  SIM_RULE_SUBMITTED,
  SIM_RULE_MET, /* it was corrected */
} SimRule;

/* One write that somebody handed over. */
typedef struct
{
  gint64 id;             /* of the row, 0: not acknowledged */
  SimWork work;
  gint64 mark;           /* its number, in its body and so in the site's ledger */
  guint lane;
  char *key;             /* (owned) */
  char *link;            /* (owned) (nullable): the key of the deed whose document it mentions */
  char *body;            /* (owned) (nullable): as it was handed over */
  char *base;            /* (owned) (nullable): the document that was read before, handed over with it */
  gint64 depends_on;     /* 0: nothing */
  gboolean in_group;     /* goes after the one before it that is, too */
  int priority;          /* -1: as the rules have it */
  gboolean edited;
  gboolean moved;        /* taken back: its order is no longer that of acceptance */
  guint n_again;         /* how often a person let it be sent once more although it may have been done */
  guint n_resent;        /* how often a conflict of it ended with something being sent */
  guint n_anew;          /* how often it was handed over again to a database that had forgotten it */
  guint n_other_key;     /* how often a row with another key took its place */
  gint64 id_in_backup;
  gboolean in_backup;      /* was accepted when the backup was made */
  gboolean edited_in_backup; /* and was edited by then */
  gboolean forgotten;    /* a backup without it was put back */
  char *name;            /* (owned) (nullable): that its document is to have */
  SimRule rule;
  gboolean unanswered;   /* whoever handed it over heard nothing, and asks again */
} SimDeed;

/* One run: a shop, its till, its people and its bad luck. */
typedef struct
{
  guint64 seed;
  SyncRandom *random;      /* (owned): the world's */
  SyncRandom *chance;      /* (owned): the engine's */
  SimTime time;
  SimSite *site;           /* (owned) */
  SimNetwork *network;     /* (owned) */
  SyncConfig *config;      /* (owned) */
  SyncCredentials *credentials; /* (owned) */
  SyncRouteTable *routes;  /* (owned) */
  char *directory;         /* (owned) */
  char *state_directory;   /* (owned) */
  char *aside;             /* (owned): where a backup is kept */
  SyncStore *store;        /* (owned) (nullable) */
  SyncEngine *engine;      /* (owned) (nullable) */
  guint n_undone[SIM_LANES]; /* how often the end of a conflict about the document of that lane was undone */
  GPtrArray *deeds;        /* (owned) (element-type SimDeed) */
  gint64 marks;            /* the last that was given out */
  gboolean has_backup;
  gboolean backup_is_copy;
  gpointer witness;        /* (owned) (nullable): the oracle's own connection to the database */
  guint n_crashes;
  gboolean has_cleared;    /* delivered rows were forgotten, and with them the versions that they made */
  gboolean has_ended;      /* the engine that was to end in an orderly way */
  guint n_put_back;        /* how often an older database took the place of the present one */
  guint n_commits_then;    /* that the site had seen when it did so last */
  GPtrArray *hooked;       /* (owned) (element-type SimHooked): what the shop's hook has not answered yet */
  GPtrArray *ended;        /* (owned) (nullable) (element-type SyncConflict): while the oracle looks at the end */
  gboolean disk_works;
  gboolean ending;         /* in an orderly way */
} SimWorld;

void sim_world_prepare (const char *directory);
void sim_world_run (guint64 seed, const char *directory, SyncRouteTable *routes);

/* For the files of the simulator */
guint sim_world_dice (SimWorld *world, guint sides);
void sim_world_say (SimWorld *world, const char *format, ...) G_GNUC_PRINTF (2, 3);
void sim_world_open (SimWorld *world);
void sim_world_close (SimWorld *world, gboolean orderly);
gboolean sim_world_let_pass (SimWorld *world, gint64 us);
void sim_world_crash (SimWorld *world, SimCrash where);

/* sim-people.c */
void sim_people_submit (SimWorld *world);
void sim_people_act (SimWorld *world);
void sim_people_follow (SimWorld *world);
void sim_people_ask_again (SimWorld *world);
void sim_people_settle_what_waits (SimWorld *world, gboolean last);
char *sim_people_dup_body (SimWorld *world, const SimDeed *deed, gboolean edited);
const char *sim_work_name (SimWork work);
const char *sim_work_type (SimWork work);

/* sim-hooks.c */
void sim_hooks_init (SimWorld *world);
void sim_hooks_register (SimWorld *world);
void sim_hooks_forget (SimWorld *world);
void sim_hooks_clear (SimWorld *world);

/* sim-oracle.c */
void sim_oracle_begin (SimWorld *world);
void sim_oracle_check_waiting (SimWorld *world);
void sim_oracle_check_end (SimWorld *world);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Decimals of a Float field in ERPNext, as it stores them. */
#define SYNC_MERGE_DEFAULT_PRECISION 9

/* The policy of a DocType, as CONFLICT_POLICIES names it. */
typedef enum
{
  SYNC_MERGE_STYLE_LAST_WRITE_WINS, /* by field, where a base is kept: what both changed goes by its field's policy,
                                       else to the newer side; without a base the newer side's whole document */
  SYNC_MERGE_STYLE_MERGE,           /* by field: what both changed goes by its field's policy, else to a person */
  SYNC_MERGE_STYLE_LOCAL,           /* all that the till sent */
  SYNC_MERGE_STYLE_SERVER,          /* nothing that the till sent */
  SYNC_MERGE_STYLE_ASK,             /* all that the till sent and the server has not is for a person */
} SyncMergeStyle;

/* The policy of a field. All but the last two count only where both sides changed it, or nobody knows because there is
 * no base. b: base, l: local, s: server. */
typedef enum
{
  SYNC_MERGE_POLICY_DEFAULT,  /* what the type's style says */
  SYNC_MERGE_POLICY_ASK,      /* a person */
  SYNC_MERGE_POLICY_SERVER,   /* s */
  SYNC_MERGE_POLICY_LOCAL,    /* l */
  SYNC_MERGE_POLICY_NEWEST,   /* l or s, whichever the caller says is newer; a person if he does not */
  SYNC_MERGE_POLICY_DELTA,    /* a counter: s + (l - b), in decimals; a person without a base */
  SYNC_MERGE_POLICY_UNION,    /* a list of tags, ",a,b" or a JSON array of scalars: (s + (l without b)) without
                                 (b without l); without a base s + l */
  SYNC_MERGE_POLICY_LINES,    /* long text: diff3 by lines; a person where hunks overlap, or without a base */
  SYNC_MERGE_POLICY_NEVER,    /* never merged: each change of the till's is for a person (taxes) */
  SYNC_MERGE_POLICY_COMPUTED, /* the server computes it: always s, never written (totals) */
} SyncMergePolicy;

/* Which side wrote last. */
typedef enum
{
  SYNC_MERGE_NEWER_UNKNOWN, /* within the clocks' uncertainty */
  SYNC_MERGE_NEWER_LOCAL,
  SYNC_MERGE_NEWER_SERVER, /* also where one of the times is missing, or they are equal */
} SyncMergeNewer;

/* Which sides differ from the base; flags. Without a base, and with a difference, both. */
typedef enum
{
  SYNC_MERGE_CHANGED_NOWHERE = 0,
  SYNC_MERGE_CHANGED_LOCAL = 1 << 0,
  SYNC_MERGE_CHANGED_SERVER = 1 << 1,
  SYNC_MERGE_CHANGED_BOTH = SYNC_MERGE_CHANGED_LOCAL | SYNC_MERGE_CHANGED_SERVER,
} SyncMergeChanged;

/* Who or what decided. */
typedef enum
{
  SYNC_MERGE_EQUAL,       /* there was nothing to decide: both sides have the same, or the till did not send it */
  SYNC_MERGE_ONLY_LOCAL,  /* only the till changed it: the till's */
  SYNC_MERGE_ONLY_SERVER, /* only the server changed it: the server's */
  SYNC_MERGE_BY_POLICY,   /* by the item's `policy` */
  SYNC_MERGE_BY_PARTS,    /* a table or a row: see its parts */
  SYNC_MERGE_ASK,         /* a person has to (`reason` says why); until he did the server's stands as result */
  SYNC_MERGE_OWN,         /* the server's own (name, owner, modified, …) or computed by it: not for anyone */
} SyncMergeDecision;

/* Why a person has to decide. */
typedef enum
{
  SYNC_MERGE_REASON_NONE,
  SYNC_MERGE_REASON_BOTH_CHANGED,  /* and the policy says ask */
  SYNC_MERGE_REASON_NO_BASE,       /* they differ, and who changed it is not known */
  SYNC_MERGE_REASON_NEWER_UNKNOWN, /* the newest was to be taken */
  SYNC_MERGE_REASON_NOT_A_NUMBER,  /* a counter that is none, or is too long to be computed */
  SYNC_MERGE_REASON_NOT_A_LIST,    /* tags that are none */
  SYNC_MERGE_REASON_OVERLAP,       /* the same lines of a text, or lines beside each other */
  SYNC_MERGE_REASON_NEVER_MERGED,  /* the policy `never` */
  SYNC_MERGE_REASON_DELETED_LOCAL, /* a row: the till took it out, the server changed it */
  SYNC_MERGE_REASON_DELETED_SERVER, /* a row: the server took it out, the till changed it */
  SYNC_MERGE_REASON_SAME_NEW_ROW,  /* a row: the server has a new one that says the same; once or twice? Local: twice */
  SYNC_MERGE_REASON_ROWS_UNCLEAR,  /* a table: two rows have the same name */
} SyncMergeReason;

typedef enum
{
  SYNC_MERGE_KIND_FIELD, /* one value, taken or computed as a whole */
  SYNC_MERGE_KIND_TABLE, /* a child table; its parts are rows in the order of the result, among them those that go */
  SYNC_MERGE_KIND_ROW,   /* a row of it; its parts are fields */
} SyncMergeKind;

/* What a person takes. */
typedef enum
{
  SYNC_MERGE_TAKE_AUTOMATIC, /* what the merge decided */
  SYNC_MERGE_TAKE_LOCAL,     /* the server's, where the till did not send it */
  SYNC_MERGE_TAKE_SERVER,
  SYNC_MERGE_TAKE_BASE,
  SYNC_MERGE_TAKE_VALUE, /* what he typed */
} SyncMergeTake;

typedef struct _SyncMergeItem SyncMergeItem;

/* One line of the report. Values are JSON texts as they came (no number is rewritten); NULL is "not there", of a row
 * "no such row". Read only. */
struct _SyncMergeItem
{
  SyncMergeKind kind;
  char *name;   /* (owned): the field; of a row its name, or "+1", "+2", … for those that the till added */
  char *path;   /* (owned): "qty", "items", "items/8f2b6c", "items/8f2b6c/qty", "items/+1" */
  char *base;   /* (owned) (nullable) */
  char *local;  /* (owned) (nullable): NULL also where the till did not send it */
  char *server; /* (owned) (nullable) */
  char *result; /* (owned) (nullable): what will be there */
  gboolean sent; /* the till sent it; of a row: its table */
  SyncMergeChanged changed;
  SyncMergeDecision decision; /* of the merge; stays when a person takes something */
  SyncMergeReason reason;     /* of SYNC_MERGE_ASK */
  SyncMergePolicy policy;     /* that holds for it, DEFAULT and the style resolved */
  guint precision;            /* decimals that count */
  SyncMergeTake take;         /* what a person took; AUTOMATIC while nobody did */
  GPtrArray *parts;           /* (owned) (nullable) (element-type SyncMergeItem): of tables and rows; NULL of a field,
                                 and of a table or row that is decided as a whole */
  SyncMergeItem *parent;      /* (unowned) (nullable) */
  /*< private >*/
  char *automatic; /* (owned) (nullable): the result as the merge decided it */
};

#define SYNC_TYPE_MERGE_POLICIES (sync_merge_policies_get_type ())
G_DECLARE_FINAL_TYPE (SyncMergePolicies, sync_merge_policies, SYNC, MERGE_POLICIES, GObject)

/* What is to be merged. Nothing is kept of it. */
typedef struct
{
  const char *base;             /* (unowned) (nullable): the document that the till read, JSON */
  const char *local;            /* (unowned): what it sends: only the fields that it means to set, JSON */
  const char *server;           /* (unowned): the whole document that is there now, JSON */
  const char *resource_type;    /* (unowned) (nullable): its DocType */
  SyncMergePolicies *policies;  /* (unowned) (nullable): of its fields; NULL: none has one of its own */
  SyncMergeStyle style;         /* of sync_merge_style_for_type() */
  SyncMergeNewer newer;
  guint precision;              /* decimals of a number whose policy names none: SYNC_MERGE_DEFAULT_PRECISION */
} SyncMergeInput;

typedef struct
{
  GPtrArray *items; /* (owned) (element-type SyncMergeItem): every field of server, local and base, in the order of the
                       server's document, then what it has not; marks (__islocal, …) are left out. Read only. */
  /*< private >*/
  char *server; /* (owned) */
  gboolean has_base;
} SyncMerge;

SyncMerge *sync_merge_new (const SyncMergeInput *input, GError **error);
void sync_merge_free (SyncMerge *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncMerge, sync_merge_free)

SyncMergeItem *sync_merge_lookup (const SyncMerge *self, const char *path);
guint sync_merge_count_open (const SyncMerge *self);
gboolean sync_merge_choose (SyncMerge *self, SyncMergeItem *item, SyncMergeTake take, const char *value,
                            GError **error);
void sync_merge_choose_all (SyncMerge *self, SyncMergeTake take);
char *sync_merge_dup_changes (const SyncMerge *self);
char *sync_merge_dup_document (const SyncMerge *self);

gboolean sync_merge_style_from_string (const char *name, SyncMergeStyle *style);
const char *sync_merge_style_to_string (SyncMergeStyle style);
SyncMergeStyle sync_merge_style_for_type (const char *conflict_policies, const char *resource_type);
const char *sync_merge_policy_to_string (SyncMergePolicy policy);

SyncMergePolicies *sync_merge_policies_new (const char *extra_path, GError **error);
SyncMergePolicies *sync_merge_policies_new_for_shop (GError **error);
SyncMergePolicy sync_merge_policies_lookup (SyncMergePolicies *self, const char *resource_type, const char *field,
                                            guint *precision);

G_END_DECLS

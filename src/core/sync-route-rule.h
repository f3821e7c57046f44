/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "sync-args.h"
#include "sync-route.h"

G_BEGIN_DECLS

/* A condition on one argument. */
typedef struct
{
  char *path;      /* (owned): of the argument; "$doc/" in front stands for the document */
  char **values;   /* (owned) (nullable): one of these texts; NULL: anything that is there */
  gboolean absent; /* it must not be there, or be empty */
} SyncRouteCondition;

/* One rule, as it stands in a routes file. */
typedef struct
{
  char *name;       /* (owned) */
  char **methods;   /* (owned): HTTP methods */
  char **paths;     /* (owned) (nullable): path patterns */
  GPtrArray *calls; /* (owned) (nullable) (element-type GPatternSpec): patterns for the dotted name */
  GPtrArray *when;  /* (owned) (element-type SyncRouteCondition): all must hold */
  SyncRouteKind kind;
  SyncAction action;
  SyncProof proof;
  char **type;      /* (owned) (nullable): templates, the first that can be filled counts */
  char **id;        /* (owned) (nullable): templates */
  char **lane;      /* (owned) (nullable): templates */
  char **document;  /* (owned) (nullable): paths, the first with an object counts; "" is the body */
  char *field_path; /* (owned) (nullable) */
  char *value_path; /* (owned) (nullable) */
  char **key_from;  /* (owned) (nullable): paths where the caller's key may be */
  char *key_at;     /* (owned) (nullable): path where it must be on the wire */
  char *key_field;  /* (owned) (nullable): "$key" is the field of the type */
  gboolean key_enforced;
  gboolean key_echoed;
  char **natural; /* (owned) (nullable): field, path of its value, field, path */
  char **forced; /* (owned) (nullable): name, value, name, value */
  int priority;  /* -1: the type's */
} SyncRouteRule;

void sync_route_rule_free (SyncRouteRule *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncRouteRule, sync_route_rule_free)

SyncRouteRule *sync_route_rule_new (JsonNode *node, guint number, GError **error);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One recorded exchange with a real ERPNext, from tests/fixtures/wire. */
typedef struct
{
  char *method;       /* (owned) */
  char *path;         /* (owned) */
  char *request_type; /* (owned) (nullable): Content-Type */
  GBytes *request;    /* (owned): body */
  gboolean answered;
  guint status;
  char *type;        /* (owned) (nullable): Content-Type of the answer */
  char *retry_after; /* (owned) (nullable) */
  char *date;        /* (owned) (nullable) */
  char *reset;       /* (owned) (nullable): X-RateLimit-Reset */
  GBytes *answer;    /* (owned): body */
} Recording;

Recording *recording_load (const char *name);
GPtrArray *recording_list (void);
void recording_free (Recording *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recording, recording_free)

G_END_DECLS

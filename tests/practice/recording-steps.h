/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What has to be so before a recording is replayed: what the person who recorded it had set up by other
 * means. */
typedef enum
{
  STEP_CREATE,      /* a: DocType, b: body,
    c: recorded name (and stamp after a blank) that the new document stands for */
  STEP_UPDATE,      /* a: DocType, b: body, c: recorded name (and new recorded stamp) */
  STEP_DELETE,      /* a: DocType, c: recorded name */
  STEP_FAULT,       /* a: the fault as JSON */
  STEP_MAINTENANCE, /* a: "stopped", "read-only"; for this exchange */
  STEP_NO_TRACEBACKS, /* for this exchange */
  STEP_SECRET,      /* a: user, b: secret or NULL */
  STEP_ENABLED,     /* a: user, b: "0", "1" */
  STEP_SESSION,     /* a: "live" with a CSRF token, "fresh" without, "dead" */
  STEP_LOCK_LOGIN,  /* a: user */
  STEP_BODY,        /* a: the request's body in place of the recorded one, which lost its bytes */
  STEP_BIG_BODY,    /* a: how many bytes of text the body's `content` has */
  STEP_WHOLE_CLOCK, /* the clock to a whole second */
} StepKind;

typedef struct
{
  const char *file; /* prefix of the recording's name */
  StepKind kind;
  const char *a;
  const char *b;
  const char *c;
} Step;

typedef struct
{
  const char *file;
  const char *reason;
} Skip;

extern const Step recording_steps[];
extern const Skip recording_skips[];

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gateway-fixture.h"

G_BEGIN_DECLS

/* What one run of the command did. */
typedef struct
{
  int status;
  char *out;    /* (owned) */
  char *errors; /* (owned) */
  gboolean ended;
} Run;

/* The bus of the session in which the command runs, NULL: none. */
extern const char *session_bus;

void run_free (Run *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

GSubprocess *start (GatewayFixture *self, const char *command);
Run *run_with_input (GatewayFixture *self, const char *command, const char *input);
void assert_contains (const char *text, const char *part);
char *expect (GatewayFixture *self, const char *command, int status, const char *words);

G_END_DECLS

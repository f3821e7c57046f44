/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A home of its own for processes under test: no bus, no display, nothing of the user's. */
typedef struct
{
  char *home;                     /* (owned) */
  char *data;                     /* (owned): the data directory, not yet made */
  GSubprocessLauncher *launcher;  /* (owned): set further variables here */
} AppProfile;

/* How a process ended. */
typedef struct
{
  int status; /* exit status, -1: killed by a signal */
  char *out;  /* (owned) */
  char *err;  /* (owned) */
} AppEnd;

AppProfile *app_profile_new (void);
void app_profile_free (AppProfile *self);
void app_profile_set (AppProfile *self, const char *name, const char *value);
AppEnd *app_profile_run (AppProfile *self, ...) G_GNUC_NULL_TERMINATED;
GSubprocess *app_profile_spawn (AppProfile *self, ...) G_GNUC_NULL_TERMINATED;
char *app_process_read_line (GSubprocess *process);
AppEnd *app_process_end (GSubprocess *process, int signal);
void app_end_free (AppEnd *self);
guint app_count_lines (const char *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AppProfile, app_profile_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AppEnd, app_end_free)

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "engine-fixture.h"
#include "sync-bus-object.h"
#include "sync-error.h"

G_BEGIN_DECLS

/* The object of a test's engine on a bus of its own, and another program on the same bus. All in the test's context. */
typedef struct
{
  Engine *e;               /* (unowned) */
  SyncBusObject *object;   /* (owned) */
  GDBusConnection *server; /* (owned): the object's */
  GDBusConnection *client; /* (owned): the other program's */
  GPtrArray *heard;        /* (owned) (element-type utf8): the signals that it got, as "Name arguments" */
  guint subscription;
} Bus;

gboolean bus_set_up (void);
void bus_tear_down (void);

GDBusConnection *bus_connect (void);
void bus_open (Bus *self, Engine *e);
void bus_close (Bus *self);
GVariant *bus_try (Bus *self, const char *method, GVariant *arguments, GError **error);
GVariant *bus_call (Bus *self, const char *method, GVariant *arguments);
JsonObject *bus_ask (Bus *self, const char *method, GVariant *arguments);
void bus_refuse (Bus *self, const char *method, GVariant *arguments, SyncError code, const char *words);
GVariant *bus_get (Bus *self, const char *property);
gint64 bus_submit (Bus *self, const char *method, const char *url, const char *body);
void bus_catch_up (Bus *self);
void bus_listen (Bus *self);
guint bus_count_heard (Bus *self, const char *name);
const char *bus_last_heard (Bus *self, const char *name);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sim-cover.h"
#include "sim-site.h"
#include "sim-time.h"
#include "sync-random.h"

G_BEGIN_DECLS

/* What the street is like at the moment; it lasts until it is changed. */
typedef enum
{
  SIM_WEATHER_FAIR,
  SIM_WEATHER_OUTAGE,      /* no connection */
  SIM_WEATHER_PORTAL,      /* somebody else answers */
  SIM_WEATHER_SIGNED_OUT,  /* the site does not know the till */
  SIM_WEATHER_MAINTENANCE, /* the site answers SessionStopped */
  SIM_N_WEATHERS,
} SimWeather;

/* The line between the till and the site: delays, loses, cuts, doubles, answers in the site's place. It is the engine's
 * transport. */
#define SIM_TYPE_NETWORK (sim_network_get_type ())
G_DECLARE_FINAL_TYPE (SimNetwork, sim_network, SIM, NETWORK, GObject)

SimNetwork *sim_network_new (SimTime *time, SimSite *site, SyncRandom *random);
void sim_network_set_weather (SimNetwork *self, SimWeather weather, guint faults_in_hundred);
void sim_network_arm_crash (SimNetwork *self, SimCrash where, guint nth);
gboolean sim_network_take_crash (SimNetwork *self, SimCrash *where);
void sim_network_till_died (SimNetwork *self);
gboolean sim_network_has_under_way (SimNetwork *self, gint64 mark);
guint sim_network_n_faults (SimNetwork *self);
guint sim_network_n_calls (SimNetwork *self);

G_END_DECLS

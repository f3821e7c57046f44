/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run from the first sale to the last question of the oracle. The production engine and store; only clock, chance,
 * network and disk are the simulator's. */
#include "config.h"

#include "sim-world.h"

#include "sim-trace.h"

#include "power-vfs.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define MS ((gint64) 1000)
#define SECOND ((gint64) G_USEC_PER_SEC)
#define HOUR (3600 * SECOND)
#define SITE "http://site.example"

/* What each run has at least. */
#define MIN_REQUESTS 20
#define MIN_LANES 4
#define MIN_FAULTS 10
#define MIN_CRASHES 1
#define MIN_STEPS 45
#define MAX_STEPS 400
/* After everything is well again; the longest wait of all is a submission that the site only queues. */
#define DRAIN_HOURS 6
#define ROUNDS 4

guint
sim_world_dice (SimWorld *world, guint sides)
{
  return (guint) sync_random_below (world->random, sides);
}

void
sim_world_say (SimWorld *world, const char *format, ...)
{
  g_autoptr (GString) text = g_string_new (NULL);
  va_list args;

  va_start (args, format);
  g_string_append_vprintf (text, format, args);
  va_end (args);
  /* The same story wherever it is told. */
  g_string_replace (text, world->directory, "DATA", 0);
  sim_trace (sim_time_now_us (&world->time), "%s", text->str);
}

static void
deed_free (SimDeed *deed)
{
  g_free (deed->key);
  g_free (deed->name);
  g_free (deed->link);
  g_free (deed->body);
  g_free (deed->base);
  g_free (deed);
}

/* The till ------------------------------------------------------------------------------------------------------------ */

static void
changed_cb (SyncEngine *engine, gint64 id, int state, gpointer user_data)
{
  SimWorld *world = user_data;

  if (power_vfs_is_dead ())
    return;
  sim_world_say (world, "  request %" G_GINT64_FORMAT " is %s", id, sync_state_to_string (state));
}

static gint64
plenty_cb (const char *directory, gpointer user_data)
{
  return G_MAXINT64;
}

/* What is sent after a conflict may have been done before somebody else changed the document again. */
static void
resolved_cb (SyncEngine *engine, gint64 id, const char *resolution, gpointer user_data)
{
  SimWorld *world = user_data;
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (world->store, id, NULL);

  if (power_vfs_is_dead () || conflict == NULL)
    return;
  sim_world_say (world, "  conflict %" G_GINT64_FORMAT " of request %" G_GINT64_FORMAT ": %s by %s", id,
                 conflict->request_id, resolution, conflict->resolved_by);
  for (guint i = 0; i < world->deeds->len; i++)
    {
      SimDeed *deed = g_ptr_array_index (world->deeds, i);

      if (deed->id == conflict->request_id && !deed->forgotten)
        deed->n_resent += !g_str_equal (resolution, "server_wins");
    }
}

void
sim_world_open (SimWorld *world)
{
  SyncStoreOptions options = SYNC_STORE_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;

  options.reserve_bytes = 0;
  options.free_bytes = plenty_cb;
  options.witness_directory = world->state_directory;
  options.machine_id = "a machine";
  world->store = sync_store_open (world->directory, &options, SYNC_CLOCK (world->time.clock), &error);
  if (world->store == NULL)
    {
      /* It may die while it starts. */
      if (power_vfs_is_dead ())
        return;
      sim_violation ("the store does not open: %s", error->message);
    }
  if (sync_store_get_restore_report (world->store) != NULL && world->n_put_back == 0)
    sim_violation ("the database is taken for an older one: %s", sync_store_get_restore_report (world->store));
  if (sync_store_get_loss_report (world->store) != NULL)
    sim_violation ("the database was damaged: %s", sync_store_get_loss_report (world->store));
  world->engine = sync_engine_new (world->config, world->store, SYNC_TRANSPORT (world->network), world->credentials,
                                   world->routes, SYNC_CLOCK (world->time.clock), world->chance);
  g_signal_connect (world->engine, "request-changed", G_CALLBACK (changed_cb), world);
  sim_hooks_register (world);
  g_signal_connect (world->engine, "conflict-resolved", G_CALLBACK (resolved_cb), world);
  if (!sync_engine_start (world->engine, &error) && !power_vfs_is_dead ())
    sim_violation ("the engine does not start: %s", error->message);
  sim_world_say (world, "started%s%s", sync_store_get_restore_report (world->store) != NULL ? ": " : "",
                 sync_store_get_restore_report (world->store) != NULL ? sync_store_get_restore_report (world->store) : "");
  sim_people_follow (world);
}

static void
drain_main_loop (void)
{
  for (guint turns = 0; g_main_context_iteration (NULL, FALSE); turns++)
    if (turns > 50000)
      sim_violation ("the main loop does not come to rest after the end");
}

static void
ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ((SimWorld *) user_data)->has_ended = TRUE;
}

static void
end_orderly (SimWorld *world)
{
  world->time.n_left = 0;
  world->has_ended = FALSE;
  /* Of a machine that dies meanwhile it is heard later. */
  sync_engine_safe_shutdown_async (world->engine, NULL, ended_cb, world);
  for (guint seconds = 0; !world->has_ended && !power_vfs_is_dead (); seconds++)
    {
      if (seconds > 10)
        sim_violation ("the engine does not end within 10 s");
      sim_time_run (&world->time, SECOND);
    }
}

/* Nothing of it may be left. */
static void
finalize (GObject **object, const char *what)
{
  GObject *it = g_steal_pointer (object);
  gpointer weak = it;

  if (it == NULL)
    return;
  g_object_add_weak_pointer (it, &weak);
  g_object_unref (it);
  if (weak != NULL)
    sim_violation ("the %s is still referenced after its end", what);
}

/* Ends the program: in an orderly way, or because it is dead already. */
void
sim_world_close (SimWorld *world, gboolean orderly)
{
  if (world->engine != NULL)
    {
      world->ending = orderly;
      if (orderly)
        end_orderly (world);
      sync_engine_stop (world->engine);
      sim_hooks_forget (world);
      drain_main_loop ();
      world->ending = FALSE;
      g_signal_handlers_disconnect_by_data (world->engine, world);
      finalize ((GObject **) &world->engine, "engine");
    }
  if (world->store != NULL)
    {
      sync_store_close (world->store);
      finalize ((GObject **) &world->store, "store");
    }
  drain_main_loop ();
  if (sync_clock_virtual_get_n_alarms (world->time.clock) > 0)
    sim_violation ("the engine left an alarm behind");
  sim_network_till_died (world->network);
}

/* Crashes ------------------------------------------------------------------------------------------------------------- */

static void
settle_again (SimWorld *world)
{
  world->disk_works = TRUE;
  power_vfs_set_trouble (POWER_TROUBLE_NONE);
  power_vfs_arm (0);
}

static void
open_again (SimWorld *world)
{
  SimCrash unused;

  settle_again (world);
  /* Not in the very instant in which it died: what its start writes would be what the dead one wrote, and SQLite does not write,
   * nor flush, what is there already. */
  sync_clock_virtual_advance_us (world->time.clock, MS);
  sim_network_take_crash (world->network, &unused);
  /* It may die again while it starts. */
  if (sim_world_dice (world, 8) == 0)
    power_vfs_arm (1 + sim_world_dice (world, 30));
  sim_world_open (world);
  if (power_vfs_is_dead ())
    sim_world_crash (world, SIM_CRASH_DISK);
  else
    {
      power_vfs_arm (0);
      sim_people_ask_again (world);
    }
}

/* The machine is dead, or dies now; then it starts again. */
void
sim_world_crash (SimWorld *world, SimCrash where)
{
  SimLoss loss = (SimLoss) sim_world_dice (world, SIM_N_LOSSES);

  if (!power_vfs_is_dead ())
    power_vfs_die ();
  sim_world_say (world, "DIES %s; %s", sim_crash_name (where), loss == SIM_LOSS_KILL ? "killed" : "power lost");
  world->n_crashes++;
  sim_cover_crash (where);
  sim_cover_loss (loss);
  sim_world_close (world, FALSE);
  power_vfs_revive (loss == SIM_LOSS_KILL   ? POWER_KEEP
                    : loss == SIM_LOSS_LOSE ? POWER_LOSE
                                            : POWER_CHANCE,
                    world->random);
  if (loss != SIM_LOSS_KILL || sim_world_dice (world, 4) == 0)
    {
      sim_cover_act (SIM_ACT_REBOOT);
      sim_time_reboot (&world->time, (gint64) sim_world_dice (world, 600) * SECOND);
    }
  open_again (world);
}

/* Lets time pass; if the machine dies meanwhile, it starts again. FALSE: it did. */
gboolean
sim_world_let_pass (SimWorld *world, gint64 us)
{
  SimCrash where;

  if (sim_time_run (&world->time, us))
    return TRUE;
  if (!sim_network_take_crash (world->network, &where))
    where = world->time.died ? SIM_CRASH_BETWEEN : SIM_CRASH_DISK;
  world->time.died = FALSE;
  sim_world_crash (world, where);
  return FALSE;
}

/* The next crash is prepared; it comes when it comes. */
static void
arm_crash (SimWorld *world)
{
  SimCrash where = (SimCrash) sim_world_dice (world, SIM_N_CRASHES);

  if (where == SIM_CRASH_BETWEEN)
    world->time.n_left = 1 + sim_world_dice (world, 40);
  else if (where == SIM_CRASH_DISK)
    power_vfs_arm (1 + sim_world_dice (world, 60));
  else
    sim_network_arm_crash (world->network, where, 1 + sim_world_dice (world, 6));
}

/* The machine, its owner, and somebody else ------------------------------------------------------------------------------ */

static void
steer (SimWorld *world)
{
  static const char *const types[] = { "Sales Invoice", NULL };
  SyncEngine *engine = world->engine;
  gint64 id = 1 + sim_world_dice (world, MAX (world->deeds->len, 1));

  switch (sim_world_dice (world, 10))
    {
    case 0:
      sim_cover_act (SIM_ACT_PAUSE);
      sync_engine_pause (engine, sim_world_dice (world, 100000), sim_world_dice (world, 2) ? types : NULL);
      break;
    case 1:
    case 2:
      sync_engine_resume (engine);
      break;
    case 3:
      sim_cover_act (SIM_ACT_OFFLINE);
      sync_engine_set_offline (engine, sim_world_dice (world, 3) == 0);
      break;
    case 4:
    case 5:
      sim_cover_act (SIM_ACT_SYNC_NOW);
      sync_engine_force_sync (engine, sim_world_dice (world, 3) ? NULL : types, &id, sim_world_dice (world, 3) == 0, NULL);
      break;
    case 6:
      sim_cover_act (SIM_ACT_HINT);
      sync_engine_hint_network (engine, sim_world_dice (world, 2));
      break;
    case 7:
      sim_cover_act (SIM_ACT_HOLD);
      sync_engine_hold (engine, sim_world_dice (world, 60000));
      break;
    case 8:
      sim_cover_act (SIM_ACT_SIGN_IN);
      sync_engine_credentials_changed (engine);
      break;
    default:
      sim_cover_act (SIM_ACT_SETTINGS);
      world->config->concurrency = 1 + sim_world_dice (world, 6);
      world->config->batch_size = 1 + sim_world_dice (world, 20);
      world->config->max_retries = sim_world_dice (world, 5);
      if (!sync_engine_set_config (engine, world->config, NULL))
        sim_violation ("other settings for the same site were refused");
      break;
    }
}

static void
change_weather (SimWorld *world)
{
  static const guint faults[] = { 0, 10, 30, 60, 100 };
  SimWeather weather = sim_world_dice (world, 3) == 0 ? (SimWeather) sim_world_dice (world, SIM_N_WEATHERS) : SIM_WEATHER_FAIR;
  guint share = faults[sim_world_dice (world, G_N_ELEMENTS (faults))];

  if (weather != SIM_WEATHER_FAIR)
    sim_cover_act (SIM_ACT_OUTAGE);
  sim_world_say (world, "weather %d, faults %u %%", weather, share);
  sim_network_set_weather (world->network, weather, share);
}

static void
trouble_disk (SimWorld *world)
{
  static const PowerTrouble troubles[] = { POWER_TROUBLE_NONE, POWER_TROUBLE_NONE, POWER_TROUBLE_FULL, POWER_TROUBLE_SYNC_FAILS };
  PowerTrouble trouble = troubles[sim_world_dice (world, G_N_ELEMENTS (troubles))];

  /* What was refused before is answered before. */
  if (!sim_time_settle (&world->time))
    return;
  world->disk_works = trouble == POWER_TROUBLE_NONE;
  if (!world->disk_works)
    sim_cover_act (trouble == POWER_TROUBLE_FULL ? SIM_ACT_DISK_FULL : SIM_ACT_SYNC_FAILS);
  sim_world_say (world, "disk: %s", world->disk_works ? "works" : trouble == POWER_TROUBLE_FULL ? "full" : "sync fails");
  power_vfs_set_trouble (trouble);
}

static void
turn_clocks (SimWorld *world)
{
  gint64 us = ((gint64) sim_world_dice (world, 14400) - 7200) * SECOND;

  switch (sim_world_dice (world, 3))
    {
    case 0:
      sim_cover_act (SIM_ACT_WALL_JUMP);
      sim_world_say (world, "the wall clock is set by %" G_GINT64_FORMAT " s", us / SECOND);
      sync_clock_virtual_jump_wall_us (world->time.clock, us);
      break;
    case 1:
      sim_cover_act (SIM_ACT_SUSPEND);
      sim_world_say (world, "sleeps");
      sim_time_suspend (&world->time, ABS (us));
      break;
    default:
      sync_clock_virtual_set_per_read_us (world->time.clock, sim_world_dice (world, 3));
      break;
    }
}

/* A change of what this till is about to delete. */
static void
edit_what_goes (SimWorld *world)
{
  const SimDeed *deed = world->deeds->len > 0 ? g_ptr_array_index (world->deeds, sim_world_dice (world, world->deeds->len)) : NULL;
  g_autofree char *name = deed != NULL ? g_strdup_printf ("gone-%" G_GINT64_FORMAT, deed->mark) : NULL;

  if (name == NULL || sim_site_get (world->site, "Item", name) == NULL)
    return;
  sim_cover_act (SIM_ACT_OTHER_EDITS);
  sim_site_put (world->site, "Item", name, "{\"other\":1}");
}

/* Another till, or somebody in ERPNext's own pages. */
static void
somebody_else (SimWorld *world)
{
  char lane[] = { (char) ('A' + sim_world_dice (world, SIM_LANES)), '\0' };
  g_autofree char *name = g_strdup_printf ("NAME-%u", 1 + sim_world_dice (world, 20));
  g_autofree char *batch = g_strdup_printf ("B%u", 1 + sim_world_dice (world, SIM_NAMES));

  switch (sim_world_dice (world, 10))
    {
    case 8:
      sim_cover_act (SIM_ACT_OTHER_TAKES);
      if (!sim_site_remove (world->site, "Batch", batch))
        sim_site_put (world->site, "Batch", batch, "{\"other\":1}");
      break;
    case 9:
      sim_cover_act (SIM_ACT_RULE_CHANGES);
      sim_site_set_lenient (world->site, sim_world_dice (world, 2));
      break;
    case 6:
      if (sim_site_rename (world->site, "Item", lane))
        sim_cover_act (SIM_ACT_OTHER_RENAMES);
      break;
    case 7:
      edit_what_goes (world);
      break;
    case 0:
      if (sim_site_remove (world->site, "Sales Invoice", name))
        sim_cover_act (SIM_ACT_OTHER_DELETES);
      break;
    case 1:
      if (sim_site_remove (world->site, "Item", lane))
        sim_cover_act (SIM_ACT_OTHER_DELETES);
      break;
    case 2:
      if (sim_site_set_docstatus (world->site, "Sales Invoice", name, 1))
        sim_cover_act (SIM_ACT_OTHER_SUBMITS);
      break;
    case 3:
      if (sim_site_set_docstatus (world->site, "Sales Invoice", name, 2))
        sim_cover_act (SIM_ACT_OTHER_CANCELS);
      break;
    default:
      sim_cover_act (SIM_ACT_OTHER_EDITS);
      sim_site_put (world->site, "Item", lane, "{\"other\":1}");
      break;
    }
}

/* Backups ------------------------------------------------------------------------------------------------------------- */

static void
copy_file (const char *from_directory, const char *to_directory, const char *name)
{
  g_autoptr (GFile) from = g_file_new_build_filename (from_directory, name, NULL);
  g_autoptr (GFile) to = g_file_new_build_filename (to_directory, name, NULL);

  g_file_delete (to, NULL, NULL);
  if (g_file_query_exists (from, NULL))
    g_file_copy (from, to, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, NULL);
}

static void
make_backup (SimWorld *world)
{
  g_autoptr (GError) error = NULL;

  if (!world->disk_works || power_vfs_is_dead ())
    return;
  power_vfs_arm (0);
  world->backup_is_copy = sim_world_dice (world, 2);
  if (world->backup_is_copy)
    {
      power_vfs_flush ();
      copy_file (world->directory, world->aside, "queue.db");
      copy_file (world->directory, world->aside, "queue.db-wal");
    }
  else
    {
      g_autofree char *old = g_build_filename (world->aside, "queue.db", NULL);
      g_autofree char *log = g_build_filename (world->aside, "queue.db-wal", NULL);

      g_unlink (old);
      g_unlink (log);
      if (!sync_store_backup (world->directory, world->aside, sync_clock_wall_ms (SYNC_CLOCK (world->time.clock)), &error))
        sim_violation ("no backup: %s", error->message);
    }
  world->has_backup = TRUE;
  for (guint i = 0; i < world->deeds->len; i++)
    {
      SimDeed *deed = g_ptr_array_index (world->deeds, i);

      deed->in_backup = deed->id != 0 && !deed->forgotten;
      deed->id_in_backup = deed->id;
      deed->edited_in_backup = deed->edited;
    }
  sim_world_say (world, "%s", world->backup_is_copy ? "the files are copied" : "a backup is made");
}

/* The program is ended, an older database takes the place of the present one, the program starts. */
static void
put_backup_back (SimWorld *world)
{
  g_autofree char *shm = g_build_filename (world->directory, "queue.db-shm", NULL);

  sim_cover_act (world->backup_is_copy ? SIM_ACT_COPY : SIM_ACT_BACKUP);
  sim_world_say (world, "an older database is put back");
  world->n_put_back++;
  sim_site_get_commits (world->site, &world->n_commits_then);
  power_vfs_die ();
  sim_world_close (world, FALSE);
  power_vfs_revive (POWER_KEEP, world->random);
  power_vfs_forget ();
  copy_file (world->aside, world->directory, "queue.db");
  copy_file (world->aside, world->directory, "queue.db-wal");
  g_unlink (shm);
  world->has_backup = FALSE;
  for (guint i = 0; i < world->deeds->len; i++)
    {
      SimDeed *deed = g_ptr_array_index (world->deeds, i);

      deed->forgotten = deed->id != 0 && !deed->in_backup;
      if (deed->in_backup)
        deed->id = deed->id_in_backup;
      deed->edited = deed->edited && deed->edited_in_backup;
    }
  settle_again (world);
  sim_world_open (world);
}

/* The run --------------------------------------------------------------------------------------------------------------- */

static void
begin (SimWorld *world)
{
  for (guint i = 0; i < SIM_LANES; i++)
    {
      char name[] = { (char) ('A' + i), '\0' };

      sim_site_put (world->site, "Item", name, "{\"n\":0}");
    }
  change_weather (world);
  open_again (world);
}

static void
do_something (SimWorld *world)
{
  static const gint64 waits_ms[] = { 1, 100, 1000, 5000, 30000, 150000, 600000 };
  /* On a broken disk a long time is the same refusal over and over. */
  guint n_waits = world->disk_works ? G_N_ELEMENTS (waits_ms) : G_N_ELEMENTS (waits_ms) - 3;
  guint what = sim_world_dice (world, 100);

  if (what < 30)
    sim_people_submit (world);
  else if (what < 42)
    sim_people_act (world);
  else if (what < 45)
    steer (world);
  else if (what < 50)
    change_weather (world);
  else if (what < 53)
    arm_crash (world);
  else if (what < 55)
    trouble_disk (world);
  else if (what < 58)
    turn_clocks (world);
  else if (what < 65)
    somebody_else (world);
  else if (what < 66 && world->disk_works && sim_world_dice (world, 2) == 0)
    {
      sim_cover_act (SIM_ACT_SHUTDOWN);
      sim_world_say (world, "ends in an orderly way");
      sim_world_close (world, TRUE);
      if (power_vfs_is_dead ())
        power_vfs_revive (POWER_KEEP, world->random);
      open_again (world);
    }
  else if (what < 67)
    {
      sim_cover_act (SIM_ACT_CLEAR_OLD);
      sim_world_say (world, "delivered rows are forgotten");
      world->has_cleared = TRUE;
      sync_engine_clear_old (world->engine, 0, NULL, NULL);
    }
  else if (what < 68 && !world->has_backup && sim_world_dice (world, 3) == 0)
    make_backup (world);
  else if (what < 69 && world->has_backup)
    put_backup_back (world);
  else
    sim_world_let_pass (world, waits_ms[sim_world_dice (world, n_waits)] * MS);
  if (power_vfs_is_dead () || sim_world_dice (world, 3) == 0)
    sim_world_let_pass (world, sim_world_dice (world, 2000) * MS);
}

static gboolean
has_enough (SimWorld *world)
{
  gboolean has_sale = FALSE;
  guint known = 0;
  guint lanes = 0;
  guint makes = 0;

  for (guint i = 0; i < world->deeds->len; i++)
    {
      const SimDeed *deed = g_ptr_array_index (world->deeds, i);

      known += deed->id != 0;
      if (deed->id != 0 && g_str_equal (sim_work_type (deed->work), "Item"))
        lanes |= 1u << deed->lane;
      else
        makes += deed->id != 0;
      has_sale = has_sale || (deed->id != 0 && (deed->work == SIM_WORK_SALE || deed->work == SIM_WORK_QUEUED));
    }
  /* What makes a document has a lane of its own. */
  return known >= MIN_REQUESTS && makes + (guint) __builtin_popcount (lanes) >= MIN_LANES && has_sale && sim_network_n_faults (world->network) >= MIN_FAULTS
         && world->n_crashes >= MIN_CRASHES;
}

/* A run in which little happens gets what it lacks. */
static void
bring_about (SimWorld *world)
{
  if (!sim_time_settle (&world->time) || world->n_crashes < MIN_CRASHES)
    sim_world_crash (world, SIM_CRASH_BETWEEN);
  settle_again (world);
  sync_engine_resume (world->engine);
  sync_engine_set_offline (world->engine, FALSE);
  sim_network_set_weather (world->network, SIM_WEATHER_FAIR, 60);
  sim_world_let_pass (world, 600 * SECOND);
}

/* Everything works, and nobody is in the way. */
static void
heal (SimWorld *world)
{
  SimCrash unused;

  world->time.n_left = 0;
  if (!sim_time_settle (&world->time))
    sim_world_crash (world, SIM_CRASH_DISK);
  sim_world_say (world, "ALL IS WELL AGAIN");
  sim_network_set_weather (world->network, SIM_WEATHER_FAIR, 0);
  sim_network_take_crash (world->network, &unused);
  settle_again (world);
  sync_clock_virtual_set_per_read_us (world->time.clock, 0);
  sync_engine_resume (world->engine);
  sync_engine_set_offline (world->engine, FALSE);
  sim_people_ask_again (world);
}

static void
drain (SimWorld *world)
{
  sim_world_let_pass (world, DRAIN_HOURS * HOUR);
}

static gboolean
is_all_settled (SimWorld *world)
{
  SyncCounts counts;

  sync_store_get_counts (world->store, &counts, NULL);
  return counts.total == counts.n[SYNC_STATE_COMPLETED] + counts.n[SYNC_STATE_DISCARDED];
}

static void
end (SimWorld *world)
{
  heal (world);
  drain (world);
  sim_oracle_begin (world);
  sim_oracle_check_waiting (world);
  for (guint round = 0; !is_all_settled (world); round++)
    {
      if (round > ROUNDS + world->deeds->len)
        sim_violation ("people decide again and again, and something always waits");
      sim_people_settle_what_waits (world, round >= ROUNDS);
      drain (world);
      sim_oracle_check_waiting (world);
    }
  sim_oracle_check_end (world);
  sim_world_close (world, TRUE);
}

static void
remove_files (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_unlink (path);
    }
}

static void
set_up (SimWorld *world, const char *directory, SyncRouteTable *routes)
{
  static const char *const policies[] = { "*=ask", "*=ask", "", "*=merge", "*=local", "Item=server,*=ask" };
  g_autofree char *policy = g_strdup_printf ("CONFLICT_POLICIES=%s", policies[world->seed % G_N_ELEMENTS (policies)]);
  const char *const environment[] = { "ERPNEXT_BASE_URL=" SITE, policy, NULL };

  world->random = sync_random_seeded_new ((guint32) (world->seed ^ world->seed >> 32));
  world->chance = sync_random_seeded_new ((guint32) (world->seed * 2654435761u + 1));
  sim_time_init (&world->time);
  world->site = sim_site_new ();
  world->network = sim_network_new (&world->time, world->site, world->random);
  world->config = sync_config_new (NULL, environment, NULL);
  world->credentials = sync_credentials_new (SITE, "KEY", "SECRET");
  world->routes = g_object_ref (routes);
  world->directory = g_build_filename (directory, "data", NULL);
  world->state_directory = g_build_filename (directory, "state", NULL);
  world->aside = g_build_filename (directory, "aside", NULL);
  world->deeds = g_ptr_array_new_with_free_func ((GDestroyNotify) deed_free);
  sim_hooks_init (world);
  world->disk_works = TRUE;
  g_mkdir_with_parents (world->aside, 0700);
  remove_files (world->directory);
  remove_files (world->state_directory);
  remove_files (world->aside);
  /* Mostly the first start is over; sometimes the machine may die in the middle of that, too. */
  if (sim_world_dice (world, 8) > 0)
    {
      g_autofree char *empty = g_build_filename (directory, "empty", NULL);

      g_mkdir_with_parents (world->directory, 0700);
      copy_file (empty, world->directory, SYNC_STORE_FILE);
    }
}

static void
tear_down (SimWorld *world)
{
  power_vfs_forget ();
  finalize ((GObject **) &world->network, "network");
  sim_site_free (world->site);
  sync_config_free (world->config);
  g_object_unref (world->credentials);
  g_object_unref (world->routes);
  g_ptr_array_unref (world->deeds);
  sim_hooks_clear (world);
  sim_time_clear (&world->time);
  g_object_unref (world->chance);
  g_object_unref (world->random);
  g_free (world->directory);
  g_free (world->state_directory);
  g_free (world->aside);
}

/* Makes what all runs begin with: an empty database, once. */
void
sim_world_prepare (const char *directory)
{
  SyncStoreOptions options = SYNC_STORE_OPTIONS_INIT;
  g_autofree char *empty = g_build_filename (directory, "empty", NULL);
  g_autoptr (SyncClockVirtual) clock = sync_clock_virtual_new ();
  g_autoptr (SyncStore) store = NULL;

  options.reserve_bytes = 0;
  options.free_bytes = plenty_cb;
  options.machine_id = "a machine";
  store = sync_store_open (empty, &options, SYNC_CLOCK (clock), NULL);
  if (store == NULL)
    sim_violation ("no database can be made");
  sync_store_close (store);
}

/* Runs one seed; does not return if the promise is broken. */
void
sim_world_run (guint64 seed, const char *directory, SyncRouteTable *routes)
{
  SimWorld world = { .seed = seed };
  guint steps = 0;

  set_up (&world, directory, routes);
  begin (&world);
  for (steps = 0; steps < MIN_STEPS || (!has_enough (&world) && steps < MAX_STEPS); steps++)
    {
      do_something (&world);
      if (steps >= MAX_STEPS / 4 && steps % 20 == 0)
        bring_about (&world);
    }
  if (!has_enough (&world))
    sim_violation ("the run had too little: %u calls, %u faults, %u crashes, %u deeds", sim_network_n_calls (world.network),
                   sim_network_n_faults (world.network), world.n_crashes, world.deeds->len);
  end (&world);
  tear_down (&world);
}

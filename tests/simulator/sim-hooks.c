/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shop's hook: asked about what the site's rule refuses and about names that are taken, it corrects, repeats,
 * passes, has no time, or talks nonsense. What else is in conflict it leaves to the policies and to people. */
#include "config.h"

#include "sim-world.h"

#include "sim-trace.h"

#include <string.h>

#define LATEST_US (8 * (gint64) G_USEC_PER_SEC) /* later than a hook may be */

/* A question that is answered later. */
typedef struct
{
  SimWorld *world;    /* (unowned) */
  SyncHookCall *call; /* (owned) */
  guint event;        /* 0: it comes now */
} SimHooked;

static void
hooked_free (gpointer data)
{
  SimHooked *hooked = data;

  if (hooked->event != 0)
    sim_time_remove (&hooked->world->time, hooked->event);
  g_object_unref (hooked->call);
  g_free (hooked);
}

void
sim_hooks_init (SimWorld *world)
{
  world->hooked = g_ptr_array_new_with_free_func (hooked_free);
}

void
sim_hooks_clear (SimWorld *world)
{
  g_ptr_array_unref (world->hooked);
}

/* The program has ended: nobody waits for an answer. */
void
sim_hooks_forget (SimWorld *world)
{
  g_ptr_array_set_size (world->hooked, 0);
}

/* The deed whose number is in @question, as it is now. */
static const SimDeed *
deed_of (SimWorld *world, const SyncHookQuestion *question)
{
  const char *at = question->local != NULL ? strstr (question->local, "\"n\":") : NULL;
  gint64 mark;

  if (at == NULL && question->local != NULL)
    at = strstr (question->local, "\\\"n\\\":");
  if (at == NULL)
    return NULL;
  mark = g_ascii_strtoll (strchr (at, ':') + 1, NULL, 10);
  for (guint i = 0; i < world->deeds->len; i++)
    {
      const SimDeed *deed = g_ptr_array_index (world->deeds, i);

      if (deed->mark == mark && deed->id != 0 && !deed->forgotten)
        return deed;
    }
  return NULL;
}

static void
write_instead (SyncHookCall *call, SimWorld *world, SyncHookResolution resolution, const SimDeed *deed, gboolean edited)
{
  g_autofree char *text = sim_people_dup_body (world, deed, edited);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  sync_hook_call_answer (call, resolution, body, "the shop knows");
}

static void
talk_nonsense (SyncHookCall *call, SimWorld *world)
{
  static const char *const texts[] = {
    "",
    "yes",
    "{\"resolution\":\"perhaps\"}",
    "{\"resolution\":\"merged\"}",
    "{\"resolution\":\"merged\",\"document\":[1]}",
    "{\"resolution\":\"merged\",\"document\":{\"doctype\":\"Nothing\"}}",
    "{\"resolution\":\"local_wins\",\"document\":{\"n\":1}}",
  };
  guint i = sim_world_dice (world, G_N_ELEMENTS (texts) + 1);
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "the hook fails");

  sim_cover_act (SIM_ACT_HOOK_NONSENSE);
  if (i < G_N_ELEMENTS (texts))
    sync_hook_call_answer_text (call, texts[i], strlen (texts[i]));
  else
    sync_hook_call_fail (call, error);
}

static void
answer_rule (SyncHookCall *call, SimWorld *world, const SimDeed *deed)
{
  static const SyncHookResolution declines[] = { SYNC_HOOK_SERVER_WINS, SYNC_HOOK_ASK, SYNC_HOOK_SKIP };
  SimDeed corrected = *deed;

  switch (sim_world_dice (world, 8))
    {
    case 0:
    case 1:
    case 2:
      sim_cover_act (SIM_ACT_HOOK_CORRECTS);
      if (deed->rule != SIM_RULE_NONE)
        corrected.rule = SIM_RULE_MET;
      write_instead (call, world, SYNC_HOOK_MERGED, &corrected, deed->edited);
      break;
    case 3:
    case 4:
      sim_cover_act (SIM_ACT_HOOK_REPEATS);
      sync_hook_call_answer (call, SYNC_HOOK_LOCAL_WINS, NULL, NULL);
      break;
    case 5:
      sim_cover_act (SIM_ACT_HOOK_PASSES);
      sync_hook_call_answer (call, SYNC_HOOK_PASS, NULL, NULL);
      break;
    case 6:
      sim_cover_act (SIM_ACT_HOOK_DECLINES);
      sync_hook_call_answer (call, declines[sim_world_dice (world, G_N_ELEMENTS (declines))], NULL, NULL);
      break;
    default:
      talk_nonsense (call, world);
      break;
    }
}

static void
answer_taken (SyncHookCall *call, SimWorld *world, const SimDeed *deed)
{
  g_autofree char *name = g_strdup_printf ("B%u", 1 + sim_world_dice (world, 2 * SIM_NAMES));
  SimDeed renamed = *deed;

  switch (sim_world_dice (world, 6))
    {
    case 0:
      sim_cover_act (SIM_ACT_TAKEN_RENAMED);
      renamed.name = name;
      write_instead (call, world, SYNC_HOOK_MANUAL, &renamed, deed->edited);
      break;
    case 1:
      sync_hook_call_answer (call, SYNC_HOOK_SERVER_WINS, NULL, NULL);
      break;
    case 2:
      /* Nothing of this till can be written there. */
      sync_hook_call_answer (call, SYNC_HOOK_LOCAL_WINS, NULL, NULL);
      break;
    case 3:
      talk_nonsense (call, world);
      break;
    default:
      sim_cover_act (SIM_ACT_HOOK_PASSES);
      sync_hook_call_answer (call, SYNC_HOOK_PASS, NULL, NULL);
      break;
    }
}

static void
answer (SyncHookCall *call, SimWorld *world)
{
  const SyncHookQuestion *question = sync_hook_call_get_question (call);
  const SimDeed *deed = deed_of (world, question);
  g_autofree char *type = g_strdup (question->type);

  if (deed == NULL)
    sync_hook_call_answer (call, SYNC_HOOK_PASS, NULL, NULL);
  else if (g_strcmp0 (type, "rule") == 0)
    answer_rule (call, world, deed);
  else if (deed->work == SIM_WORK_NAMED)
    answer_taken (call, world, deed);
  else
    sync_hook_call_answer (call, SYNC_HOOK_PASS, NULL, NULL);
}

static void
later_cb (gpointer user_data)
{
  SimHooked *hooked = user_data;

  hooked->event = 0;
  answer (hooked->call, hooked->world);
  g_ptr_array_remove (hooked->world->hooked, hooked);
}

static void
asked_cb (SyncHookCall *call, gpointer user_data)
{
  SimWorld *world = user_data;
  SimHooked *hooked;

  sim_world_say (world, "  the hook is asked: %s %s", sync_hook_call_get_question (call)->type,
                 sync_hook_call_get_question (call)->resource_type);
  if (sim_world_dice (world, 3) > 0)
    {
      answer (call, world);
      return;
    }
  sim_cover_act (SIM_ACT_HOOK_WAITS);
  hooked = g_new0 (SimHooked, 1);
  hooked->world = world;
  hooked->call = g_object_ref (call);
  hooked->event = sim_time_add (&world->time, (gint64) sim_world_dice (world, LATEST_US), later_cb, hooked);
  g_ptr_array_add (world->hooked, hooked);
}

/* One hook for each DocType, as long as the program runs. */
void
sim_hooks_register (SimWorld *world)
{
  static const char *const types[] = { "Sales Invoice", "Note", "Customer", "Batch", "Item" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    sync_hooks_register (sync_engine_get_hooks (world->engine), types[i], asked_cb, world, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tray's menu on the bus. The whole model is read anew whenever it or an action changes, once for all changes of one
 * moment: menus of panels are short. Ids are the places in that reading, so they stay as long as the structure does. */
#include "config.h"

#include "sync-tray-menu.h"

#include "sync-tray-bus.h"

#include <string.h>

/* One entry; the first is the menu itself. */
typedef struct
{
  GArray *children;     /* (owned) (element-type int): ids */
  GVariantDict *values; /* (owned): what the panel is told */
  char *action;         /* (owned) (nullable) */
  GVariant *target;     /* (owned) (nullable) */
} Entry;

struct _SyncTrayMenu
{
  GObject parent_instance;

  SyncTrayMenuBus *bus;  /* (owned) */
  GMenuModel *model;     /* (owned) */
  GActionGroup *actions; /* (owned) */
  GPtrArray *parts;      /* (owned) (element-type GMenuModel): the model and all below it, watched */
  GPtrArray *entries;    /* (owned) (element-type Entry): by id */
  guint revision;
  guint idle; /* source id, 0: none */
};

G_DEFINE_FINAL_TYPE (SyncTrayMenu, sync_tray_menu, G_TYPE_OBJECT)

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_array_unref (entry->children);
  g_variant_dict_unref (entry->values);
  g_free (entry->action);
  g_clear_pointer (&entry->target, g_variant_unref);
  g_free (entry);
}

static Entry *
add_entry (SyncTrayMenu *self, Entry *parent)
{
  Entry *entry = g_new0 (Entry, 1);
  int id = (int) self->entries->len;

  entry->children = g_array_new (FALSE, FALSE, sizeof (int));
  entry->values = g_variant_dict_new (NULL);
  g_ptr_array_add (self->entries, entry);
  if (parent != NULL)
    g_array_append_val (parent->children, id);
  return entry;
}

/* Without the group's name: there is one group. */
static void
read_action (SyncTrayMenu *self, Entry *entry, int i, GMenuModel *model)
{
  g_autofree char *name = NULL;
  g_autoptr (GVariant) state = NULL;
  gboolean enabled = FALSE;

  if (!g_menu_model_get_item_attribute (model, i, G_MENU_ATTRIBUTE_ACTION, "s", &name))
    return;
  entry->action = g_strdup (strchr (name, '.') != NULL ? strchr (name, '.') + 1 : name);
  entry->target = g_menu_model_get_item_attribute_value (model, i, G_MENU_ATTRIBUTE_TARGET, NULL);
  if (!g_action_group_query_action (self->actions, entry->action, &enabled, NULL, NULL, NULL, &state))
    enabled = FALSE;
  g_variant_dict_insert (entry->values, "enabled", "b", enabled);
  if (state != NULL && g_variant_is_of_type (state, G_VARIANT_TYPE_BOOLEAN) && entry->target == NULL)
    {
      g_variant_dict_insert (entry->values, "toggle-type", "s", "checkmark");
      g_variant_dict_insert (entry->values, "toggle-state", "i", (int) g_variant_get_boolean (state));
    }
}

static void changed_cb (SyncTrayMenu *self);

static void
read_model (SyncTrayMenu *self, Entry *parent, GMenuModel *model)
{
  g_ptr_array_add (self->parts, g_object_ref (model));
  g_signal_connect_swapped (model, "items-changed", G_CALLBACK (changed_cb), self);
  for (int i = 0; i < g_menu_model_get_n_items (model); i++)
    {
      g_autoptr (GMenuModel) section = g_menu_model_get_item_link (model, i, G_MENU_LINK_SECTION);
      g_autoptr (GMenuModel) submenu = g_menu_model_get_item_link (model, i, G_MENU_LINK_SUBMENU);
      g_autofree char *label = NULL;
      Entry *entry;

      if (section != NULL)
        {
          if (parent->children->len > 0)
            g_variant_dict_insert (add_entry (self, parent)->values, "type", "s", "separator");
          read_model (self, parent, section);
          continue;
        }
      entry = add_entry (self, parent);
      g_menu_model_get_item_attribute (model, i, G_MENU_ATTRIBUTE_LABEL, "s", &label);
      g_variant_dict_insert (entry->values, "label", "s", label != NULL ? label : "");
      read_action (self, entry, i, model);
      if (submenu != NULL)
        {
          g_variant_dict_insert (entry->values, "children-display", "s", "submenu");
          read_model (self, entry, submenu);
        }
    }
}

static void
forget_parts (SyncTrayMenu *self)
{
  for (guint i = 0; i < self->parts->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->parts, i), self);
  g_ptr_array_set_size (self->parts, 0);
}

static void
read_all (SyncTrayMenu *self)
{
  Entry *root;

  forget_parts (self);
  g_ptr_array_set_size (self->entries, 0);
  self->revision++;
  root = add_entry (self, NULL);
  g_variant_dict_insert (root->values, "children-display", "s", "submenu");
  read_model (self, root, self->model);
}

static gboolean
read_again_cb (gpointer user_data)
{
  SyncTrayMenu *self = user_data;

  self->idle = 0;
  read_all (self);
  sync_tray_menu_bus_emit_layout_updated (self->bus, self->revision, 0);
  return G_SOURCE_REMOVE;
}

static void
changed_cb (SyncTrayMenu *self)
{
  if (self->idle == 0)
    self->idle = g_idle_add (read_again_cb, self);
}

static Entry *
find (SyncTrayMenu *self, int id)
{
  return id >= 0 && (guint) id < self->entries->len ? g_ptr_array_index (self->entries, (guint) id) : NULL;
}

/* (transfer floating): a{sv} of those that were asked for, of all if nothing was */
static GVariant *
describe (const Entry *entry, const char *const *names)
{
  GVariantBuilder builder;
  g_autoptr (GVariantDict) copy = NULL;
  g_autoptr (GVariant) all = NULL;
  GVariantIter iter;
  const char *name;
  GVariant *value;

  all = g_variant_ref_sink (g_variant_dict_end (entry->values));
  g_variant_dict_init (entry->values, all);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, all);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    if (names == NULL || names[0] == NULL || g_strv_contains (names, name))
      g_variant_builder_add (&builder, "{sv}", name, value);
  return g_variant_builder_end (&builder);
}

/* (transfer floating): (ia{sv}av); @depth levels, -1: all */
static GVariant *
lay_out (SyncTrayMenu *self, int id, int depth, const char *const *names)
{
  const Entry *entry = find (self, id);
  GVariantBuilder children;

  g_variant_builder_init (&children, G_VARIANT_TYPE ("av"));
  for (guint i = 0; depth != 0 && i < entry->children->len; i++)
    g_variant_builder_add (&children, "v", lay_out (self, g_array_index (entry->children, int, i), depth - 1, names));
  return g_variant_new ("(i@a{sv}av)", id, describe (entry, names), &children);
}

static gboolean
refuse (GDBusMethodInvocation *invocation, int id)
{
  g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "there is no entry %d", id);
  return TRUE;
}

static gboolean
get_layout_cb (SyncTrayMenuBus *bus, GDBusMethodInvocation *invocation, int parent, int depth, const char *const *names,
               SyncTrayMenu *self)
{
  if (find (self, parent) == NULL)
    return refuse (invocation, parent);
  sync_tray_menu_bus_complete_get_layout (bus, invocation, self->revision, lay_out (self, parent, depth, names));
  return TRUE;
}

static gboolean
get_group_properties_cb (SyncTrayMenuBus *bus, GDBusMethodInvocation *invocation, GVariant *ids, const char *const *names,
                         SyncTrayMenu *self)
{
  GVariantBuilder builder;
  gsize n = g_variant_n_children (ids);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ia{sv})"));
  for (gsize i = 0; i < (n > 0 ? n : self->entries->len); i++)
    {
      int id = (int) i;
      Entry *entry;

      if (n > 0)
        g_variant_get_child (ids, i, "i", &id);
      entry = find (self, id);
      if (entry != NULL)
        g_variant_builder_add (&builder, "(i@a{sv})", id, describe (entry, names));
    }
  sync_tray_menu_bus_complete_get_group_properties (bus, invocation, g_variant_builder_end (&builder));
  return TRUE;
}

static gboolean
get_property_cb (SyncTrayMenuBus *bus, GDBusMethodInvocation *invocation, int id, const char *name, SyncTrayMenu *self)
{
  Entry *entry = find (self, id);
  g_autoptr (GVariant) value = entry != NULL ? g_variant_dict_lookup_value (entry->values, name, NULL) : NULL;

  if (value == NULL)
    return refuse (invocation, id);
  sync_tray_menu_bus_complete_get_property (bus, invocation, g_variant_new_variant (value));
  return TRUE;
}

static gboolean
take_event (SyncTrayMenu *self, int id, const char *kind)
{
  const Entry *entry = find (self, id);

  if (entry == NULL)
    return FALSE;
  if (entry->action != NULL && strcmp (kind, "clicked") == 0)
    g_action_group_activate_action (self->actions, entry->action, entry->target);
  return TRUE;
}

static gboolean
event_cb (SyncTrayMenuBus *bus, GDBusMethodInvocation *invocation, int id, const char *kind, GVariant *data, guint timestamp,
          SyncTrayMenu *self)
{
  if (!take_event (self, id, kind))
    return refuse (invocation, id);
  sync_tray_menu_bus_complete_event (bus, invocation);
  return TRUE;
}

static gboolean
event_group_cb (SyncTrayMenuBus *bus, GDBusMethodInvocation *invocation, GVariant *events, SyncTrayMenu *self)
{
  GVariantBuilder errors;
  GVariantIter iter;
  const char *kind;
  int id;

  g_variant_builder_init (&errors, G_VARIANT_TYPE ("ai"));
  g_variant_iter_init (&iter, events);
  while (g_variant_iter_next (&iter, "(i&s@vu)", &id, &kind, NULL, NULL))
    if (!take_event (self, id, kind))
      g_variant_builder_add (&errors, "i", id);
  sync_tray_menu_bus_complete_event_group (bus, invocation, g_variant_builder_end (&errors));
  return TRUE;
}

/* It is always up to date. */
static gboolean
about_to_show_cb (SyncTrayMenuBus *bus, GDBusMethodInvocation *invocation, int id, SyncTrayMenu *self)
{
  sync_tray_menu_bus_complete_about_to_show (bus, invocation, FALSE);
  return TRUE;
}

static gboolean
about_to_show_group_cb (SyncTrayMenuBus *bus, GDBusMethodInvocation *invocation, GVariant *ids, SyncTrayMenu *self)
{
  sync_tray_menu_bus_complete_about_to_show_group (bus, invocation, g_variant_new_array (G_VARIANT_TYPE_INT32, NULL, 0),
                                                   g_variant_new_array (G_VARIANT_TYPE_INT32, NULL, 0));
  return TRUE;
}

static void
sync_tray_menu_dispose (GObject *object)
{
  SyncTrayMenu *self = SYNC_TRAY_MENU (object);

  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->bus));
  g_clear_handle_id (&self->idle, g_source_remove);
  forget_parts (self);
  if (self->actions != NULL)
    g_signal_handlers_disconnect_by_data (self->actions, self);
  g_clear_object (&self->actions);
  G_OBJECT_CLASS (sync_tray_menu_parent_class)->dispose (object);
}

static void
sync_tray_menu_finalize (GObject *object)
{
  SyncTrayMenu *self = SYNC_TRAY_MENU (object);

  g_object_unref (self->bus);
  g_clear_object (&self->model);
  g_ptr_array_unref (self->parts);
  g_ptr_array_unref (self->entries);
  G_OBJECT_CLASS (sync_tray_menu_parent_class)->finalize (object);
}

static void
sync_tray_menu_class_init (SyncTrayMenuClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_tray_menu_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_tray_menu_finalize;
}

static void
sync_tray_menu_init (SyncTrayMenu *self)
{
  static const struct
  {
    const char *signal;
    GCallback callback;
  } calls[] = {
    { "handle-get-layout", G_CALLBACK (get_layout_cb) },
    { "handle-get-group-properties", G_CALLBACK (get_group_properties_cb) },
    { "handle-get-property", G_CALLBACK (get_property_cb) },
    { "handle-event", G_CALLBACK (event_cb) },
    { "handle-event-group", G_CALLBACK (event_group_cb) },
    { "handle-about-to-show", G_CALLBACK (about_to_show_cb) },
    { "handle-about-to-show-group", G_CALLBACK (about_to_show_group_cb) },
  };

  self->parts = g_ptr_array_new_with_free_func (g_object_unref);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->bus = sync_tray_menu_bus_skeleton_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    g_signal_connect (self->bus, calls[i].signal, calls[i].callback, self);
}

/**
 * sync_tray_menu_new:
 * @model: the menu
 * @actions: what its entries activate
 *
 * Returns: (transfer full): the menu for the panel, not yet on the bus
 */
SyncTrayMenu *
sync_tray_menu_new (GMenuModel *model, GActionGroup *actions)
{
  static const char *const changes[] = { "action-added", "action-removed", "action-enabled-changed", "action-state-changed" };
  SyncTrayMenu *self = g_object_new (SYNC_TYPE_TRAY_MENU, NULL);

  self->model = g_object_ref (model);
  self->actions = g_object_ref (actions);
  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    g_signal_connect_swapped (actions, changes[i], G_CALLBACK (changed_cb), self);
  read_all (self);
  return self;
}

/**
 * sync_tray_menu_export:
 * @self: a menu
 * @connection: a bus
 * @path: where
 * @error: what GDBus says; permanent
 *
 * Puts it on the bus until it is freed.
 *
 * Returns: whether it could
 */
gboolean
sync_tray_menu_export (SyncTrayMenu *self, GDBusConnection *connection, const char *path, GError **error)
{
  sync_tray_menu_bus_set_version (self->bus, 3);
  sync_tray_menu_bus_set_status (self->bus, "normal");
  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->bus), connection, path, error);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row with an entry and a button. What was added leaves the entry empty for the next. */
#include "config.h"

#include "sync-type-entry.h"

#include "sync-button-name.h"
#include "sync-label.h"
#include "sync-policy-list.h"

#include <glib/gi18n.h>

struct _SyncTypeEntry
{
  AdwActionRow parent_instance;

  GtkEditable *entry; /* (unowned) */
  GtkWidget *button; /* (unowned) */
  char *purpose; /* (owned) */
};

enum
{
  SIGNAL_ADD,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncTypeEntry, sync_type_entry, ADW_TYPE_ACTION_ROW)

static void
explain (SyncTypeEntry *self, const char *refusal)
{
  const char *words = refusal != NULL ? refusal : self->purpose;

  sync_label_set_subtitle (ADW_ACTION_ROW (self), words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
  if (refusal != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self), "refused");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "refused");
}

static void
add_cb (SyncTypeEntry *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *type = sync_policy_list_check_type (gtk_editable_get_text (self->entry), &error);

  if (type == NULL)
    {
      explain (self, error->message);
      return;
    }
  explain (self, NULL);
  gtk_editable_set_text (self->entry, "");
  g_signal_emit (self, signals[SIGNAL_ADD], 0, type);
}

static void
sync_type_entry_finalize (GObject *object)
{
  g_free (SYNC_TYPE_ENTRY (object)->purpose);
  G_OBJECT_CLASS (sync_type_entry_parent_class)->finalize (object);
}

static void
sync_type_entry_class_init (SyncTypeEntryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_type_entry_finalize;
  signals[SIGNAL_ADD] = g_signal_new ("add", SYNC_TYPE_TYPE_ENTRY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                      1, G_TYPE_STRING);
}

static void
sync_type_entry_init (SyncTypeEntry *self)
{
  GtkWidget *entry = gtk_entry_new ();

  self->entry = GTK_EDITABLE (entry);
  self->button = gtk_button_new ();
  gtk_widget_set_valign (entry, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (self->button, GTK_ALIGN_CENTER);
  gtk_editable_set_width_chars (self->entry, 18);
  adw_action_row_add_suffix (ADW_ACTION_ROW (self), entry);
  adw_action_row_add_suffix (ADW_ACTION_ROW (self), self->button);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (self), entry);
  g_signal_connect_swapped (entry, "activate", G_CALLBACK (add_cb), self);
  g_signal_connect_swapped (self->button, "clicked", G_CALLBACK (add_cb), self);
}

/**
 * sync_type_entry_new:
 * @title: what the entry is for
 * @purpose: what is to be written, in a sentence
 * @button: what its button does, in a word
 *
 * Returns: (transfer floating): an empty entry
 */
SyncTypeEntry *
sync_type_entry_new (const char *title, const char *purpose, const char *button)
{
  SyncTypeEntry *self = g_object_new (SYNC_TYPE_TYPE_ENTRY, "title", title, NULL);
  g_autofree char *name = g_strdup_printf ("%s: %s", button, title);

  self->purpose = g_strdup (purpose);
  gtk_button_set_label (GTK_BUTTON (self->button), button);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  sync_button_name_set (self->button, name);
  explain (self, NULL);
  return self;
}

/**
 * sync_type_entry_refuse:
 * @self: an entry
 * @words: why the type that was to be added was not
 *
 * Says so in the place of the purpose, until the next one is added.
 */
void
sync_type_entry_refuse (SyncTypeEntry *self, const char *words)
{
  explain (self, words);
}

/**
 * sync_type_entry_set_usable:
 * @self: an entry
 * @usable: whether anything can be added now
 *
 * Assistive technology asks the entry and the button themselves, and not what they are in.
 */
void
sync_type_entry_set_usable (SyncTypeEntry *self, gboolean usable)
{
  gtk_widget_set_sensitive (GTK_WIDGET (self->entry), usable);
  gtk_widget_set_sensitive (self->button, usable);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three entries, a try, and what came of it in words. Nothing is kept here. */
#include "config.h"

#include "sync-setup-dialog.h"

#include "sync-config.h"
#include "sync-credentials.h"
#include "sync-key-file.h"
#include "sync-key-ring.h"
#include "sync-label.h"
#include "sync-site-check.h"
#include "sync-transport-soup.h"

#include <glib/gi18n.h>
#include <string.h>

#define VARIABLE "ERPNEXT_BASE_URL"

struct _SyncSetupDialog
{
  AdwWindow parent_instance;

  SyncTransport *transport;  /* (owned) */
  SyncClock *clock;          /* (owned) */
  GCancellable *cancellable; /* (owned): of the try that is under way */
  GCancellable *closed;      /* (owned) */
  GtkEditable *address;      /* (unowned) */
  GtkEditable *token;        /* (unowned) */
  GtkEditable *secret;       /* (unowned) */
  GtkLabel *outcome;         /* (unowned) */
  GtkWidget *try_button;     /* (unowned) */
  GtkWidget *save_button;    /* (unowned) */
  GtkWidget *file_row;       /* (unowned) */
  GtkSwitch *in_file;        /* (unowned) */
  GtkSwitch *autostart;      /* (unowned) */
};

enum
{
  SIGNAL_SAVE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncSetupDialog, sync_setup_dialog, ADW_TYPE_WINDOW)

/* A bare host is meant as https. */
static char *
dup_address (SyncSetupDialog *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (self->address)));

  return *text == '\0' || strstr (text, "://") != NULL ? g_steal_pointer (&text) : g_strconcat ("https://", text, NULL);
}

static char *
dup_stripped (GtkEditable *editable)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (editable)));
}

/* A person who writes it in an entry knows no variable. @why: what is wrong, with the variable's name before it */
static void
refuse_address (const char *address, const char *why, GError **error)
{
  g_autofree char *scheme = g_uri_parse_scheme (address);

  if (g_strcmp0 (scheme, "http") != 0 && g_strcmp0 (scheme, "https") != 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _ ("“%s” is no http or https address. Write it like https://shop.example.com"), address);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _ ("The address is not usable: %s."),
                 g_str_has_prefix (why, VARIABLE ": ") ? why + strlen (VARIABLE ": ") : why);
}

/* (transfer full) (nullable): the address as the program wants it; NULL with what is wrong with it or with the key */
static char *
check_entries (SyncSetupDialog *self, GError **error)
{
  g_autofree char *address = dup_address (self);
  g_autofree char *variable = g_strconcat (VARIABLE "=", address, NULL);
  const char *const environment[] = { variable, NULL };
  g_autofree char *token = dup_stripped (self->token);
  g_autofree char *secret = dup_stripped (self->secret);
  g_autoptr (SyncConfig) config = NULL;
  g_autoptr (GError) wrong = NULL;
  const char *fault;

  if (*address == '\0' || *token == '\0' || *secret == '\0')
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("The address, the API key and the API secret are needed."));
      return NULL;
    }
  config = sync_config_new (NULL, environment, &wrong);
  if (config == NULL)
    {
      refuse_address (address, wrong->message, error);
      return NULL;
    }
  fault = sync_credentials_find_fault (token) != NULL ? sync_credentials_find_fault (token) : sync_credentials_find_fault (secret);
  if (fault != NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _ ("The API key or secret is not usable: %s."), fault);
      return NULL;
    }
  return g_strdup (config->base_url);
}

static void
checked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetupDialog) self = user_data;
  g_autofree char *words = NULL;
  SyncSite site;

  if (!sync_site_check_finish (SYNC_TRANSPORT (source), result, &site, &words, NULL))
    return;
  gtk_widget_set_sensitive (self->try_button, TRUE);
  sync_label_set_optional (self->outcome, words);
  /* What comes next is brought into view. */
  gtk_widget_grab_focus (site == SYNC_SITE_READY ? self->save_button : self->try_button);
}

static void
try_cb (SyncSetupDialog *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *base_url = check_entries (self, &error);
  g_autofree char *token = dup_stripped (self->token);
  g_autofree char *secret = dup_stripped (self->secret);

  if (base_url == NULL)
    {
      sync_label_set_optional (self->outcome, error->message);
      return;
    }
  sync_label_set_optional (self->outcome, _ ("The server is being asked…"));
  gtk_widget_set_sensitive (self->try_button, FALSE);
  sync_site_check_async (self->transport, base_url, token, secret, self->clock, self->cancellable, checked_cb,
                         g_object_ref (self));
}

static void
save_cb (SyncSetupDialog *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *base_url = check_entries (self, &error);
  g_autofree char *token = dup_stripped (self->token);
  g_autofree char *secret = dup_stripped (self->secret);

  if (base_url == NULL)
    sync_label_set_optional (self->outcome, error->message);
  else
    g_signal_emit (self, signals[SIGNAL_SAVE], 0, base_url, token, secret);
}

/* What is still being asked was asked about something else. */
static void
changed_cb (SyncSetupDialog *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
  gtk_widget_set_sensitive (self->try_button, TRUE);
  sync_label_set_optional (self->outcome, "");
}

static void
key_ring_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetupDialog) self = user_data;
  gboolean found;

  if (sync_key_ring_find_finish (result, &found, NULL))
    gtk_widget_set_visible (self->file_row, !found);
}

/* What is asked holds the dialog; nobody waits for it any more. */
static void
sync_setup_dialog_unmap (GtkWidget *widget)
{
  SyncSetupDialog *self = SYNC_SETUP_DIALOG (widget);

  g_cancellable_cancel (self->cancellable);
  g_cancellable_cancel (self->closed);
  GTK_WIDGET_CLASS (sync_setup_dialog_parent_class)->unmap (widget);
}

static void
sync_setup_dialog_dispose (GObject *object)
{
  SyncSetupDialog *self = SYNC_SETUP_DIALOG (object);

  g_clear_object (&self->transport);
  G_OBJECT_CLASS (sync_setup_dialog_parent_class)->dispose (object);
}

static void
sync_setup_dialog_finalize (GObject *object)
{
  SyncSetupDialog *self = SYNC_SETUP_DIALOG (object);

  g_object_unref (self->cancellable);
  g_object_unref (self->closed);
  g_object_unref (self->clock);
  G_OBJECT_CLASS (sync_setup_dialog_parent_class)->finalize (object);
}

static void
sync_setup_dialog_class_init (SyncSetupDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_setup_dialog_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_setup_dialog_finalize;
  signals[SIGNAL_SAVE] = g_signal_new ("save", SYNC_TYPE_SETUP_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                                       G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
  widget_class->unmap = sync_setup_dialog_unmap;
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-setup-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDialog, address);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDialog, token);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDialog, secret);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDialog, outcome);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDialog, try_button);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDialog, save_button);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDialog, autostart);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDialog, file_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDialog, in_file);
  gtk_widget_class_bind_template_callback (widget_class, try_cb);
  gtk_widget_class_bind_template_callback (widget_class, save_cb);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
}

static void
sync_setup_dialog_init (SyncSetupDialog *self)
{
  self->cancellable = g_cancellable_new ();
  self->closed = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_setup_dialog_new:
 * @parent: the window in front of which it stands
 * @base_url: (nullable): the present address
 * @fixed: the environment sets the address
 * @autostart: whether the program starts at log-in now
 * @clock: for the time limit of the try, and compared with the server's
 *
 * Returns: (transfer none): the dialog, not yet shown; it goes with @parent
 */
SyncSetupDialog *
sync_setup_dialog_new (GtkWindow *parent, const char *base_url, gboolean fixed, gboolean autostart, SyncClock *clock)
{
  SyncSetupDialog *self = g_object_new (SYNC_TYPE_SETUP_DIALOG, "transient-for", parent, NULL);
  g_autofree char *key_file = sync_key_file_dup_path ();

  self->clock = g_object_ref (clock);
  self->transport = sync_transport_soup_new (clock);
  sync_key_ring_find_async (self->closed, key_ring_cb, g_object_ref (self));
  if (base_url != NULL)
    {
      gtk_editable_set_text (self->address, base_url);
      gtk_widget_grab_focus (GTK_WIDGET (self->token));
    }
  gtk_switch_set_active (self->in_file, g_file_test (key_file, G_FILE_TEST_EXISTS));
  gtk_widget_set_sensitive (GTK_WIDGET (self->address), !fixed);
  gtk_switch_set_active (self->autostart, autostart);
  return self;
}

/**
 * sync_setup_dialog_show_refusal:
 * @self: the dialog
 * @words: why what was to be saved is not used
 *
 * Shows it where the outcome of a try stands.
 */
void
sync_setup_dialog_show_refusal (SyncSetupDialog *self, const char *words)
{
  sync_label_set_optional (self->outcome, words);
}

/**
 * sync_setup_dialog_get_autostart:
 * @self: the dialog
 *
 * Returns: whether the program is to start at log-in
 */
gboolean
sync_setup_dialog_get_autostart (SyncSetupDialog *self)
{
  return gtk_switch_get_active (self->autostart);
}

/**
 * sync_setup_dialog_get_in_file:
 * @self: the dialog
 *
 * Returns: whether a file may keep the key where there is no key ring
 */
gboolean
sync_setup_dialog_get_in_file (SyncSetupDialog *self)
{
  return gtk_switch_get_active (self->in_file);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A resolver that knows no name, or never answers, so that no test depends on the machine's DNS. */
#include "test-resolver.h"

struct _TestResolver
{
  GResolver parent_instance;

  gboolean hang;
  guint n_lookups;
  GResolver *before; /* (owned): the process's own */
};

G_DEFINE_FINAL_TYPE (TestResolver, test_resolver, G_TYPE_RESOLVER)

static void
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  g_task_return_error_if_cancelled (user_data);
}

static void
test_resolver_lookup_with_flags_async (GResolver *resolver, const char *hostname,
                                       GResolverNameLookupFlags flags, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, user_data);

  TEST_RESOLVER (resolver)->n_lookups++;
  if (TEST_RESOLVER (resolver)->hang)
    g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (cancelled_cb), g_steal_pointer (&task),
                           (GClosureNotify) (void (*) (void)) g_object_unref, 0);
  else
    g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "there is no “%s”",
                             hostname);
}

static void
test_resolver_lookup_async (GResolver *resolver, const char *hostname, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  test_resolver_lookup_with_flags_async (resolver, hostname, G_RESOLVER_NAME_LOOKUP_FLAGS_DEFAULT,
                                         cancellable, callback, user_data);
}

static GList *
test_resolver_lookup_finish (GResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_resolver_finalize (GObject *object)
{
  g_clear_object (&TEST_RESOLVER (object)->before);
  G_OBJECT_CLASS (test_resolver_parent_class)->finalize (object);
}

static void
test_resolver_class_init (TestResolverClass *klass)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = test_resolver_finalize;
  resolver_class->lookup_by_name_async = test_resolver_lookup_async;
  resolver_class->lookup_by_name_finish = test_resolver_lookup_finish;
  resolver_class->lookup_by_name_with_flags_async = test_resolver_lookup_with_flags_async;
  resolver_class->lookup_by_name_with_flags_finish = test_resolver_lookup_finish;
}

static void
test_resolver_init (TestResolver *self)
{
}

/* (transfer full): from now on names are looked up here; give it to test_resolver_restore() */
TestResolver *
test_resolver_use (gboolean hang)
{
  TestResolver *self = g_object_new (TEST_TYPE_RESOLVER, NULL);

  self->hang = hang;
  self->before = g_resolver_get_default ();
  g_resolver_set_default (G_RESOLVER (self));
  return self;
}

void
test_resolver_restore (TestResolver *self)
{
  g_resolver_set_default (self->before);
}

guint
test_resolver_n_lookups (TestResolver *self)
{
  return self->n_lookups;
}

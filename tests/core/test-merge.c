/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of the three-way merge, one by one. In the texts here ' stands for ". */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sync-decimal.h"
#include "sync-error.h"
#include "sync-merge.h"

#define LWW SYNC_MERGE_STYLE_LAST_WRITE_WINS
#define MERGE SYNC_MERGE_STYLE_MERGE
#define LOCAL SYNC_MERGE_STYLE_LOCAL
#define SERVER SYNC_MERGE_STYLE_SERVER
#define ASK SYNC_MERGE_STYLE_ASK

static const char shop[]
    = "{'format':1,'description':'x','types':{'*':{'_liked_by':'local'},'T':{'n':'delta','tags':'union','text':'lines',"
      "'s':'server','l':'local',"
      "'a':'ask','w':'newest','taxes':'never','sum':'computed','money':{'precision':2},'till':{'policy':'delta',"
      "'precision':2},'rows.sum':'computed','rows.n':'delta','rows.mine':'local','_user_tags':'default'}}}";

typedef struct
{
  const char *title;
  SyncMergeStyle style;
  SyncMergeNewer newer;
  const char *base; /* (nullable) */
  const char *local;
  const char *server;
  const char *changes;
  const char *report; /* "path decision[:reason] …", of what is asked about it */
} Case;

static const char *const decisions[] = { "equal", "local", "server", "policy", "parts", "ask", "own" };
static const char *const reasons[]
    = { "",         ":both",  ":nobase",       ":newer",         ":number",   ":list",
        ":overlap", ":never", ":deleted-here", ":deleted-there", ":same-new", ":unclear" };

static const Case fields[] = {
  { "nothing", MERGE, 0, "{}", "{}", "{}", "{}", "" },
  { "only local", MERGE, 0, "{'x':'1'}", "{'x':'2'}", "{'x':'1'}", "{'x':'2'}", "x local" },
  { "only server", MERGE, 0, "{'x':'1'}", "{'x':'1'}", "{'x':'2'}", "{}", "x server" },
  { "not sent", MERGE, 0, "{'x':'1'}", "{}", "{'x':'2'}", "{}", "x server" },
  { "both the same", MERGE, 0, "{'x':'1'}", "{'x':'2'}", "{'x':'2'}", "{}", "x equal" },
  { "both", MERGE, 0, "{'x':'1'}", "{'x':'2'}", "{'x':'3'}", "{}", "x ask:both" },
  { "new field", MERGE, 0, "{}", "{'x':'2'}", "{}", "{'x':'2'}", "x local" },
  { "emptied", MERGE, 0, "{'x':'1'}", "{'x':null}", "{'x':'1'}", "{'x':null}", "x local" },
  { "last one counts", MERGE, 0, "{'x':'1'}", "{'x':'9','x':'2'}", "{'x':'1'}", "{'x':'2'}", "x local" },
  { "policies", MERGE, 0, "{'s':1,'l':1,'a':1}", "{'s':2,'l':2,'a':2}", "{'s':3,'l':3,'a':3}", "{'l':2}",
    "s policy l policy a ask:both" },
  { "newest local", MERGE, SYNC_MERGE_NEWER_LOCAL, "{'w':1}", "{'w':2}", "{'w':3}", "{'w':2}", "w policy" },
  { "newest server", MERGE, SYNC_MERGE_NEWER_SERVER, "{'w':1}", "{'w':2}", "{'w':3}", "{}", "w policy" },
  { "newest unknown", MERGE, 0, "{'w':1}", "{'w':2}", "{'w':3}", "{}", "w ask:newer" },
  { "last write wins by field", LWW, SYNC_MERGE_NEWER_LOCAL, "{'x':1,'y':1,'s':1,'z':1}", "{'x':2,'y':1,'s':2,'z':2}",
    "{'x':3,'y':9,'s':3,'z':1}", "{'x':2,'z':2}", "x policy y server s policy z local" },
  { "last write wins, too close", LWW, 0, "{'x':1}", "{'x':2}", "{'x':3}", "{}", "x ask:newer" },
  { "last write wins without base: local", LWW, SYNC_MERGE_NEWER_LOCAL, NULL, "{'x':1,'s':1}", "{'x':2,'s':2,'y':3}",
    "{'x':1,'s':1}", "x policy s policy y equal" },
  { "last write wins without base: server", LWW, SYNC_MERGE_NEWER_SERVER, NULL, "{'x':1,'l':1}", "{'x':2,'l':2}", "{}",
    "x policy l policy" },
  { "last write wins without base: unknown", LWW, 0, NULL, "{'x':1,'l':1}", "{'x':2,'l':2}", "{}",
    "x ask:nobase l ask:nobase" },
  { "two-way", MERGE, 0, NULL, "{'x':1,'y':2,'l':5,'s':5}", "{'x':1,'y':3,'l':6,'s':6}", "{'l':5}",
    "x equal y ask:nobase l policy s policy" },
  { "local: the whole", LOCAL, 0, "{'x':1,'y':1,'s':1}", "{'x':1,'y':2,'s':2}", "{'x':5,'y':1,'s':3,'z':1}",
    "{'x':1,'y':2,'s':2}", "x policy y policy s policy z server" },
  { "server: the whole", SERVER, 0, "{'x':1,'l':1}", "{'x':2,'l':2}", "{'x':1,'l':3}", "{}", "x policy l policy" },
  { "ask: the whole", ASK, 0, "{'x':1,'l':1}", "{'x':2,'l':2}", "{'x':1,'l':1}", "{}", "x ask:both l ask:both" },
  { "own fields", LOCAL, 0, "{'modified':'1'}", "{'modified':'1','owner':'me','name':'N','docstatus':1,'__islocal':1}",
    "{'modified':'2','owner':'she','name':'M','docstatus':0}", "{}", "modified own owner own name own docstatus own" },
  { "computed", LOCAL, 0, "{'sum':1}", "{'sum':2}", "{'sum':1}", "{}", "sum own" },
  { "Unicode", MERGE, 0, "{'é':'a'}", "{'\\u00e9':'\\ud83d\\ude00'}", "{'é':'a'}", "{'é':'\\ud83d\\ude00'}",
    "é local" },
  { "composed is decomposed", MERGE, 0, "{'x':'é'}", "{'x':'e\xcc\x81'}", "{'x':'z'}", "{}", "x server" },
  { "blanks around", MERGE, 0, "{'x':'a'}", "{'x':' a '}", "{'x':'b'}", "{}", "x server" },
  { "nested", MERGE, 0, "{'x':{'a':1,'b':[1,{'c':null}]}}", "{'x':{'b':[1.0,{}],'a':1}}", "{'x':{'a':2}}", "{}",
    "x server" },
  { "nested zero is something", MERGE, 0, "{'x':{'vat':0}}", "{'x':{}}", "{'x':{'vat':0}}", "{'x':{}}", "x local" },
  { "nested in a text", MERGE, 0, "{'x':'{\\'a\\':1}'}", "{'x':{'a':1}}", "{'x':'2'}", "{}", "x server" },
  { "a list is one value", MERGE, 0, "{'x':[1]}", "{'x':[1,2]}", "{'x':[1,3]}", "{}", "x ask:both" },
};

static const Case values[] = {
  { "null, absent and empty", MERGE, 0, "{'x':null}", "{'x':'','y':null}", "{'x':'s','y':''}", "{}",
    "x server y equal" },
  { "zero is nothing in numbers", MERGE, 0, "{}", "{'x':0,'y':null,'z':false}", "{'x':7,'y':0,'z':1}", "{}",
    "x server y equal z server" },
  { "zero is something in texts", MERGE, 0, "{'x':''}", "{'x':'0'}", "{'x':''}", "{'x':'0'}", "x local" },
  { "checks", MERGE, 0, "{'x':0}", "{'x':true}", "{'x':1}", "{}", "x equal" },
  { "spellings", MERGE, 0, "{'x':15}", "{'x':15.0,'y':'5'}", "{'x':1.6e1,'y':5.00}", "{}", "x server y equal" },
  { "precision", MERGE, 0, "{'x':0.3,'money':1.5}", "{'x':0.30000000000000004,'money':1.504}", "{'x':1,'money':9}",
    "{}", "x server money server" },
  { "beyond precision", MERGE, 0, "{'x':0.3,'money':1.5}", "{'x':0.300000001,'money':1.505}", "{'x':0.3,'money':1.5}",
    "{'x':0.300000001,'money':1.505}", "x local money local" },
  { "huge integers", MERGE, 0, "{'x':12345678901234567890}", "{'x':12345678901234567891}", "{'x':12345678901234567890}",
    "{'x':12345678901234567891}", "x local" },
  { "absurd numbers", MERGE, 0, "{'x':1e999999,'n':1}", "{'x':10e999998,'n':1e999}", "{'x':1,'n':2}", "{}",
    "x server n ask:number" },
  { "counter", MERGE, 0, "{'n':10}", "{'n':12}", "{'n':7}", "{'n':9}", "n policy" },
  { "counter in decimals", MERGE, 0, "{'n':0}", "{'n':0.1}", "{'n':0.2}", "{'n':0.3}", "n policy" },
  { "counter below zero", MERGE, 0, "{'n':'2.5'}", "{'n':-1}", "{'n':null}", "{'n':-3.5}", "n policy" },
  { "huge counter", MERGE, 0, "{'n':99999999999999999999}", "{'n':99999999999999999998}", "{'n':100000000000000000000}",
    "{'n':99999999999999999999}", "n policy" },
  { "money counter", MERGE, 0, "{'till':10.005}", "{'till':11.014}", "{'till':20}", "{'till':21}", "till policy" },
  { "counters meet", MERGE, 0, "{'n':10}", "{'n':12}", "{'n':12}", "{}", "n equal" },
  { "no counter", MERGE, 0, "{'n':1}", "{'n':'x'}", "{'n':2}", "{}", "n ask:number" },
  { "counter without base", MERGE, 0, NULL, "{'n':1}", "{'n':2}", "{}", "n ask:nobase" },
  { "tags", MERGE, 0, "{'tags':',a,b'}", "{'tags':',a,c'}", "{'tags':',b,a,d'}", "{'tags':',a,d,c'}", "tags policy" },
  { "tags without leading comma", MERGE, 0, "{'tags':'a, b'}", "{'tags':'b'}", "{'tags':'a,b,ü'}", "{'tags':'b,ü'}",
    "tags policy" },
  { "tags in a list", MERGE, 0, "{'tags':[1]}", "{'tags':[1,'x']}", "{'tags':[1.0,2]}", "{'tags':[1.0,2,'x']}",
    "tags policy" },
  { "tags in a text", MERGE, 0, "{}", "{'tags':'[\\'x\\']'}", "{'tags':'[\\'y\\']'}", "{'tags':'[\\'y\\',\\'x\\']'}",
    "tags policy" },
  { "last tag", MERGE, 0, "{'tags':',a'}", "{'tags':null}", "{'tags':',a,b'}", "{'tags':',b'}", "tags policy" },
  { "all tags go", MERGE, 0, "{'tags':',a,b'}", "{'tags':',a'}", "{'tags':',b'}", "{'tags':''}", "tags policy" },
  { "tags without base", MERGE, 0, NULL, "{'tags':',a,b'}", "{'tags':',b,c'}", "{'tags':',b,c,a'}", "tags policy" },
  { "tags of two kinds", MERGE, 0, "{}", "{'tags':['a']}", "{'tags':',b'}", "{}", "tags ask:list" },
  { "no tags", MERGE, 0, "{}", "{'tags':[{'a':1}]}", "{'tags':['b']}", "{}", "tags ask:list" },
  { "lines", MERGE, 0, "{'text':'a\\nb\\nc\\nd\\ne'}", "{'text':'A\\nb\\nc\\nd\\ne\\nf'}",
    "{'text':'a\\nb\\nc2\\nd\\ne'}", "{'text':'A\\nb\\nc2\\nd\\ne\\nf'}", "text policy" },
  { "lines taken out", MERGE, 0, "{'text':'a\\nb\\nc\\nd'}", "{'text':'b\\nc\\nd'}", "{'text':'a\\nb\\nc'}",
    "{'text':'b\\nc'}", "text policy" },
  { "same hunk on both sides", MERGE, 0, "{'text':'a\\nb\\nc'}", "{'text':'X\\nb\\nC'}", "{'text':'X\\nb\\nc'}",
    "{'text':'X\\nb\\nC'}", "text policy" },
  { "lines overlap", MERGE, 0, "{'text':'a\\nb'}", "{'text':'a\\nx'}", "{'text':'a\\ny'}", "{}", "text ask:overlap" },
  { "lines beside each other", MERGE, 0, "{'text':'a\\nb'}", "{'text':'x\\nb'}", "{'text':'a\\ny'}", "{}",
    "text ask:overlap" },
  { "lines without base", MERGE, 0, NULL, "{'text':'a'}", "{'text':'b'}", "{}", "text ask:nobase" },
  { "no lines", MERGE, 0, "{'text':'a'}", "{'text':5}", "{'text':'b'}", "{}", "text ask:overlap" },
};

static const Case tables[] = {
  { "rows and fields", MERGE, 0, "{'rows':[{'name':'r','x':1,'y':1,'z':1}]}", "{'rows':[{'name':'r','x':2,'y':1}]}",
    "{'rows':[{'name':'r','x':1,'y':5,'z':1,'idx':1}]}", "{'rows':[{'name':'r','x':2,'y':5,'z':1,'idx':1}]}",
    "rows parts rows/r parts rows/r/x local rows/r/y server rows/r/z equal" },
  { "complete rows", MERGE, 0, "{'rows':[{'name':'r','x':1}]}", "{'rows':[{'name':'r','x':2}]}",
    "{'rows':[{'name':'r','owner':'she','x':1,'z':9},{'name':'q','z':8}]}",
    "{'rows':[{'name':'r','owner':'she','x':2,'z':9},{'name':'q','z':8}]}", "rows parts rows/q server" },
  { "both the same field", MERGE, 0, "{'rows':[{'name':'r','x':1,'n':1}]}", "{'rows':[{'name':'r','x':2,'n':3}]}",
    "{'rows':[{'name':'r','x':3,'n':5}]}", "{'rows':[{'name':'r','x':3,'n':7}]}", "rows/r/x ask:both rows/r/n policy" },
  { "rows added on both sides", MERGE, 0, "{'rows':[{'name':'r','x':1}]}",
    "{'rows':[{'name':'new-1','__islocal':1,'x':0},{'name':'r','x':1},{'x':2,'parent':'P','idx':3}]}",
    "{'rows':[{'name':'r','x':1,'idx':1},{'name':'s','x':3,'idx':2}]}",
    "{'rows':[{'x':0},{'name':'r','x':1,'idx':2},{'x':2},{'name':'s','x':3,'idx':4}]}",
    "rows parts rows/+1 local rows/+2 local rows/s server" },
  { "only server's rows", MERGE, 0, "{'rows':[{'name':'r','x':1}]}", "{'rows':[{'name':'r','x':1}]}",
    "{'rows':[{'name':'r','x':2,'modified':'9'},{'name':'s'}]}", "{}", "rows server rows/r server rows/s server" },
  { "table not sent", MERGE, 0, "{'rows':[{'name':'r','x':1},{'name':'q'}]}", "{'y':1}",
    "{'rows':[{'name':'r','x':2},{'name':'s'}],'y':1}", "{}",
    "rows server rows/r server rows/q server rows/s server y equal" },
  { "taken out here", MERGE, 0, "{'rows':[{'name':'r','x':1,'modified':'1'},{'name':'q'}]}", "{'rows':[{'name':'q'}]}",
    "{'rows':[{'name':'r','x':1,'modified':'2'},{'name':'q'}]}", "{'rows':[{'name':'q'}]}", "rows local rows/r local" },
  { "all taken out here", MERGE, 0, "{'rows':[{'name':'r','x':1}]}", "{'rows':[]}", "{'rows':[{'name':'r','x':1}]}",
    "{'rows':[]}", "rows local rows/r local" },
  { "taken out there", MERGE, 0, "{'rows':[{'name':'r','x':1},{'name':'q'}]}",
    "{'rows':[{'name':'r','x':1},{'name':'q'}]}", "{'rows':[{'name':'q'}]}", "{}", "rows server rows/r server" },
  { "taken out by both", MERGE, 0, "{'rows':[{'name':'r','x':1},{'name':'q'}]}", "{'rows':[{'name':'q'}]}",
    "{'rows':[{'name':'q'}]}", "{}", "rows equal rows/r equal" },
  { "taken out here, edited there", MERGE, 0, "{'rows':[{'name':'r','x':1}]}", "{'rows':[]}",
    "{'rows':[{'name':'r','x':2}]}", "{}", "rows parts rows/r ask:deleted-here" },
  { "edited here, taken out there", MERGE, 0, "{'rows':[{'name':'r','x':1}]}", "{'rows':[{'name':'r','x':2}]}",
    "{'rows':[]}", "{}", "rows parts rows/r ask:deleted-there" },
  { "the newer one decides about a row", LWW, SYNC_MERGE_NEWER_LOCAL,
    "{'rows':[{'name':'r','x':1,'y':2},{'name':'q','x':1}]}", "{'rows':[{'name':'r','x':2}]}",
    "{'rows':[{'name':'q','x':2}]}", "{'rows':[{'x':2,'y':2}]}", "rows parts rows/r policy rows/q policy" },
  { "computed in a row", MERGE, 0, "{'rows':[{'name':'r','sum':1}]}", "{'rows':[{'name':'r','sum':2}]}",
    "{'rows':[{'name':'r','sum':3}]}", "{}", "rows equal rows/r equal rows/r/sum own" },
  { "computed is no edit", MERGE, 0, "{'rows':[{'name':'r','sum':1},{'name':'q'}]}", "{'rows':[{'name':'q'}]}",
    "{'rows':[{'name':'r','sum':3},{'name':'q'}]}", "{'rows':[{'name':'q'}]}", "rows/r local" },
  { "order of the till", MERGE, 0, "{'rows':[{'name':'a'},{'name':'b'},{'name':'c'}]}",
    "{'rows':[{'name':'c'},{'name':'a'},{'name':'b'}]}",
    "{'rows':[{'name':'a','idx':1},{'name':'b','idx':2},{'name':'d','idx':3},{'name':'c','idx':4}]}",
    "{'rows':[{'name':'c','idx':1},{'name':'a','idx':2},{'name':'b','idx':3},{'name':'d','idx':4}]}", "rows parts" },
  { "order of both", MERGE, 0, "{'rows':[{'name':'a'},{'name':'b'},{'name':'c'}]}",
    "{'rows':[{'name':'c'},{'name':'a'},{'name':'b'}]}", "{'rows':[{'name':'b'},{'name':'a'},{'name':'c'}]}", "{}",
    "rows equal" },
  { "rows that have arrived", MERGE, 0, "{'rows':[]}", "{'rows':[{'x':1},{'x':1}]}",
    "{'rows':[{'name':'p','x':1,'z':2},{'name':'q','x':1.0}]}", "{}", "rows equal" },
  { "the same new row", MERGE, 0, "{'rows':[{'name':'r','x':1}]}", "{'rows':[{'name':'r','x':1},{'x':5},{'x':5}]}",
    "{'rows':[{'name':'r','x':2},{'name':'s','x':5}]}", "{'rows':[{'name':'r','x':2},{'x':5},{'name':'s','x':5}]}",
    "rows parts rows/+1 ask:same-new rows/+2 local rows/s server" },
  { "added with the same name", MERGE, 0, "{'rows':[]}", "{'rows':[{'name':'r','x':1,'mine':2,'y':3}]}",
    "{'rows':[{'name':'r','x':2,'y':3}]}", "{'rows':[{'name':'r','x':2,'y':3,'mine':2}]}",
    "rows/r/x ask:nobase rows/r/mine policy" },
  { "two-way rows", MERGE, 0, NULL, "{'rows':[{'name':'r','x':1},{'name':'gone'},{'name':'new-1','x':7},{'x':8}]}",
    "{'rows':[{'name':'r','x':1},{'name':'s','x':2}]}",
    "{'rows':[{'name':'r','x':1},{'x':7},{'x':8},{'name':'s','x':2}]}",
    "rows parts rows/r equal rows/gone ask:nobase rows/+1 local rows/+2 local rows/s ask:nobase" },
  { "local: the whole table", LOCAL, 0, "{'rows':[{'name':'r','x':1},{'name':'g','x':1}]}",
    "{'rows':[{'name':'g','x':1},{'x':7},{'name':'r','x':1}]}", "{'rows':[{'name':'r','x':2,'z':3},{'name':'s'}]}",
    "{'rows':[{'x':1},{'x':7},{'name':'r','x':1,'z':3}]}", "rows parts rows/s policy" },
  { "server: the whole table", SERVER, 0, "{'rows':[{'name':'r','x':1}]}", "{'rows':[{'name':'r','x':2},{'x':7}]}",
    "{'rows':[{'name':'r','x':1}]}", "{}", "rows/+1 policy rows/r/x policy" },
  { "ask: the whole table", ASK, 0, "{'rows':[{'name':'r','x':1}]}", "{'rows':[{'x':7}]}",
    "{'rows':[{'name':'r','x':1}]}", "{}", "rows/+1 ask:both rows/r ask:deleted-here" },
  { "duplicate names", MERGE, 0, "{'rows':[{'name':'r'}]}", "{'rows':[{'name':'r','x':1},{'name':'r','x':2}]}",
    "{'rows':[{'name':'r'}]}", "{}", "rows ask:unclear" },
  { "duplicate names, local", LOCAL, 0, "{'rows':[{'name':'r'}]}", "{'rows':[{'name':'r','x':1},{'name':'r','x':2}]}",
    "{'rows':[{'name':'r','z':1}]}", "{'rows':[{'name':'r','z':1,'x':1},{'x':2}]}", "rows policy" },
  { "duplicate names, not sent", MERGE, 0, "{'rows':[{'name':'r'},{'name':'r'}]}", "{}", "{'rows':[{'name':'r'}]}",
    "{}", "rows server" },
  { "taxes of the server", MERGE, 0, "{'taxes':[{'name':'r','x':1}]}", "{'taxes':[{'name':'r','x':1}]}",
    "{'taxes':[{'name':'r','x':2}]}", "{}", "taxes server" },
  { "taxes of the till", MERGE, 0, "{'taxes':[{'name':'r','x':1}]}", "{'taxes':[{'name':'r','x':2}]}",
    "{'taxes':[{'name':'r','x':1}]}", "{}", "taxes ask:never" },
  { "one tax of the till", MERGE, 0, "{'taxes':'a'}", "{'taxes':'b'}", "{'taxes':'a'}", "{}", "taxes ask:never" },
  { "rows without names are one value", MERGE, 0, "{'x':[{'a':1}]}", "{'x':[{'a':2}]}", "{'x':[{'a':1}]}",
    "{'x':[{'a':2}]}", "x local" },
  { "rows without names are one value, both", MERGE, 0, "{'x':[{'a':1}]}", "{'x':[{'a':2}]}", "{'x':[{'a':3}]}", "{}",
    "x ask:both" },
  { "numbered names", MERGE, 0, "{'rows':[{'name':7,'x':1}]}", "{'rows':[{'name':7,'x':2}]}",
    "{'rows':[{'name':7,'x':1}]}", "{'rows':[{'name':7,'x':2}]}", "rows/7/x local" },
};

static SyncMergePolicies *policies;

static char *
quotes (const char *text)
{
  return text != NULL ? g_strdelimit (g_strdup (text), "'", '"') : NULL;
}

static SyncMergePolicies *
load_policies (const char *text, GError **error)
{
  g_autofree char *path = NULL, *json = quotes (text);
  int fd = g_file_open_tmp ("sync-merge-XXXXXX", &path, NULL);
  SyncMergePolicies *loaded;

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (path, json, -1, NULL));
  loaded = sync_merge_policies_new (path, error);
  g_unlink (path);
  return loaded;
}

static SyncMerge *
merge (SyncMergeStyle style, SyncMergeNewer newer, const char *base, const char *local, const char *server,
       GError **error)
{
  g_autofree char *b = quotes (base), *l = quotes (local), *s = quotes (server);
  SyncMergeInput input = { b, l, s, "T", policies, style, newer, SYNC_MERGE_DEFAULT_PRECISION };

  return sync_merge_new (&input, error);
}

static void
assert_changes (const SyncMerge *self, const char *wanted)
{
  g_autofree char *changes = sync_merge_dup_changes (self), *text = quotes (wanted);
  g_autoptr (GString) found = g_string_new (changes);

  g_string_replace (found, "\\u000a", "\\n", 0);
  g_assert_cmpstr (found->str, ==, text);
}

static guint
count_asked (GPtrArray *items)
{
  guint n = 0;

  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      const SyncMergeItem *item = items->pdata[i];

      n += (item->decision == SYNC_MERGE_ASK) + count_asked (item->parts);
    }
  return n;
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncMerge) self = merge (test->style, test->newer, test->base, test->local, test->server, &error);
  g_auto (GStrv) words = g_strsplit (test->report, " ", -1);

  g_assert_no_error (error);
  for (gsize i = 0; words[i] != NULL; i += 2)
    {
      const SyncMergeItem *item = sync_merge_lookup (self, words[i]);
      g_autofree char *found = NULL, *wanted = NULL;

      g_assert_nonnull (item);
      found = g_strdup_printf ("%s %s%s", item->path, decisions[item->decision], reasons[item->reason]);
      wanted = g_strdup_printf ("%s %s", words[i], words[i + 1]);
      g_assert_cmpstr (found, ==, wanted);
    }
  assert_changes (self, test->changes);
  g_assert_cmpuint (sync_merge_count_open (self), ==, count_asked (self->items));
}

static void
add_cases (const Case *cases, gsize n, const char *group)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *path = g_strdup_printf ("/sync/merge/%s/%s", group, cases[i].title);

      g_test_add_data_func (path, &cases[i], test_case);
    }
}

static void
test_document (void)
{
  g_autoptr (SyncMerge) self = merge (MERGE, 0, "{'x':1}", "{'x':2,'new':[1],'gone':null}",
                                      "{ 'name':'D', 'x' : 1, '__onload':{}, 'y':0.10 }", NULL);
  g_autofree char *document = sync_merge_dup_document (self);
  g_autofree char *wanted = quotes ("{'name':'D','x':2,'y':0.10,'new':[1]}");

  g_assert_cmpstr (document, ==, wanted);
  g_assert_null (sync_merge_lookup (self, "__onload"));
  g_assert_null (sync_merge_lookup (self, "x/y"));
}

static void
test_refused (void)
{
  static const char *const submitted[] = { "{'docstatus':1}", "{'docstatus':'2'}", "{'docstatus':2.0}" };

  for (gsize i = 0; i < G_N_ELEMENTS (submitted); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (merge (LOCAL, 0, "{}", "{'x':1}", submitted[i], &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
      g_assert_nonnull (strstr (error->message, i == 0 ? "submitted" : "cancelled"));
    }
}

static void
test_invalid (void)
{
  static const char *const bad[] = { "", "[]", "7", "null", "'x'", "{'a':}", "{} {}" };
  static const char *const which[] = { "base", "local", "server" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    for (guint side = 0; side < 3; side++)
      {
        g_autoptr (GError) error = NULL;

        g_assert_null (
            merge (MERGE, 0, side == 0 ? bad[i] : "{}", side == 1 ? bad[i] : "{}", side == 2 ? bad[i] : "{}", &error));
        g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
        g_assert_true (g_str_has_prefix (error->message, which[side]));
      }
}

static void
choose (SyncMerge *self, const char *path, SyncMergeTake take, const char *value, const char *changes)
{
  g_autofree char *json = quotes (value);
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_merge_choose (self, sync_merge_lookup (self, path), take, json, &error));
  g_assert_no_error (error);
  assert_changes (self, changes);
}

static void
test_choose_field (void)
{
  g_autoptr (SyncMerge) self = merge (MERGE, 0, "{'x':1}", "{'x':2,'y':5}", "{'x':3,'z':1}", NULL);

  g_assert_cmpuint (sync_merge_count_open (self), ==, 1);
  choose (self, "x", SYNC_MERGE_TAKE_LOCAL, NULL, "{'x':2,'y':5}");
  g_assert_cmpuint (sync_merge_count_open (self), ==, 0);
  g_assert_cmpint (sync_merge_lookup (self, "x")->decision, ==, SYNC_MERGE_ASK);
  choose (self, "x", SYNC_MERGE_TAKE_BASE, NULL, "{'x':1,'y':5}");
  choose (self, "x", SYNC_MERGE_TAKE_VALUE, " 4 ", "{'x':4,'y':5}");
  choose (self, "x", SYNC_MERGE_TAKE_VALUE, NULL, "{'x':null,'y':5}");
  choose (self, "x", SYNC_MERGE_TAKE_SERVER, NULL, "{'y':5}");
  choose (self, "y", SYNC_MERGE_TAKE_SERVER, NULL, "{}");
  choose (self, "z", SYNC_MERGE_TAKE_LOCAL, NULL, "{}");
  choose (self, "y", SYNC_MERGE_TAKE_AUTOMATIC, NULL, "{'y':5}");
  choose (self, "x", SYNC_MERGE_TAKE_AUTOMATIC, NULL, "{'y':5}");
  g_assert_cmpuint (sync_merge_count_open (self), ==, 1);
}

static void
test_choose_rows (void)
{
  g_autoptr (SyncMerge) self
      = merge (MERGE, 0, "{'rows':[{'name':'r','x':1,'y':1},{'name':'d','x':1},{'name':'e','x':1,'y':6}]}",
               "{'rows':[{'name':'r','x':2},{'name':'e','x':2},{'x':9}]}",
               "{'rows':[{'name':'r','x':3,'y':7},{'name':'d','x':5}]}", NULL);

  g_assert_cmpuint (sync_merge_count_open (self), ==, 3);
  assert_changes (self, "{'rows':[{'name':'r','x':3,'y':7},{'x':9},{'name':'d','x':5}]}");
  choose (self, "rows/r/x", SYNC_MERGE_TAKE_LOCAL, NULL,
          "{'rows':[{'name':'r','x':2,'y':7},{'x':9},{'name':'d','x':5}]}");
  choose (self, "rows/d", SYNC_MERGE_TAKE_LOCAL, NULL, "{'rows':[{'name':'r','x':2,'y':7},{'x':9}]}");
  choose (self, "rows/e", SYNC_MERGE_TAKE_LOCAL, NULL, "{'rows':[{'name':'r','x':2,'y':7},{'x':2,'y':6},{'x':9}]}");
  g_assert_cmpuint (sync_merge_count_open (self), ==, 0);
  choose (self, "rows/+1", SYNC_MERGE_TAKE_SERVER, NULL, "{'rows':[{'name':'r','x':2,'y':7},{'x':2,'y':6}]}");
  choose (self, "rows/r", SYNC_MERGE_TAKE_BASE, NULL, "{'rows':[{'name':'r','x':1,'y':1},{'x':2,'y':6}]}");
  choose (self, "rows/r", SYNC_MERGE_TAKE_VALUE, "{'x':8,'name':'other'}",
          "{'rows':[{'name':'r','x':8,'y':7},{'x':2,'y':6}]}");
  choose (self, "rows/r/y", SYNC_MERGE_TAKE_VALUE, "0", "{'rows':[{'name':'r','x':3,'y':0},{'x':2,'y':6}]}");
  choose (self, "rows", SYNC_MERGE_TAKE_LOCAL, NULL, "{'rows':[{'name':'r','x':2,'y':7},{'x':2,'y':6},{'x':9}]}");
  g_assert_cmpuint (sync_merge_count_open (self), ==, 0);
  choose (self, "rows", SYNC_MERGE_TAKE_BASE, NULL,
          "{'rows':[{'name':'r','x':1,'y':1},{'name':'d','x':1},{'x':1,'y':6}]}");
  choose (self, "rows", SYNC_MERGE_TAKE_VALUE, "[{'name':'d'},{'name':'d'},{'x':4}]",
          "{'rows':[{'name':'d','x':5},{},{'x':4}]}");
  choose (self, "rows", SYNC_MERGE_TAKE_VALUE, "[]", "{'rows':[]}");
  choose (self, "rows", SYNC_MERGE_TAKE_SERVER, NULL, "{}");
  choose (self, "rows/d", SYNC_MERGE_TAKE_SERVER, NULL,
          "{'rows':[{'name':'r','x':3,'y':7},{'x':9},{'name':'d','x':5}]}");
  g_assert_cmpuint (sync_merge_count_open (self), ==, 2);
}

static void
test_choose_all (void)
{
  g_autoptr (SyncMerge) self = merge (MERGE, 0, "{'x':1,'n':1,'rows':[{'name':'r','x':1}]}",
                                      "{'x':2,'n':3,'sum':4,'rows':[{'name':'r','x':2}]}",
                                      "{'x':3,'n':5,'z':1,'rows':[{'name':'r','x':3}]}", NULL);

  sync_merge_choose_all (self, SYNC_MERGE_TAKE_LOCAL);
  assert_changes (self, "{'x':2,'n':3,'rows':[{'name':'r','x':2}]}");
  g_assert_cmpuint (sync_merge_count_open (self), ==, 0);
  sync_merge_choose_all (self, SYNC_MERGE_TAKE_BASE);
  assert_changes (self, "{'x':1,'n':1,'rows':[{'name':'r','x':1}]}");
  sync_merge_choose_all (self, SYNC_MERGE_TAKE_SERVER);
  assert_changes (self, "{}");
  sync_merge_choose_all (self, SYNC_MERGE_TAKE_AUTOMATIC);
  assert_changes (self, "{'n':7}");
  g_assert_cmpuint (sync_merge_count_open (self), ==, 2);
}

static void
test_choose_refused (void)
{
  static const struct
  {
    const char *path;
    SyncMergeTake take;
    const char *value;
    SyncError code;
  } cases[] = {
    { "sum", SYNC_MERGE_TAKE_LOCAL, NULL, SYNC_ERROR_REFUSED },
    { "modified", SYNC_MERGE_TAKE_VALUE, "1", SYNC_ERROR_REFUSED },
    { "x", SYNC_MERGE_TAKE_BASE, NULL, SYNC_ERROR_REFUSED },
    { "x", SYNC_MERGE_TAKE_VALUE, "{", SYNC_ERROR_INVALID },
    { "rows", SYNC_MERGE_TAKE_VALUE, "7", SYNC_ERROR_INVALID },
    { "rows", SYNC_MERGE_TAKE_VALUE, "[7]", SYNC_ERROR_INVALID },
    { "rows/r", SYNC_MERGE_TAKE_VALUE, "[]", SYNC_ERROR_INVALID },
  };
  g_autoptr (SyncMerge) self = merge (MERGE, 0, NULL, "{'x':1,'sum':1,'rows':[{'name':'r','x':1}]}",
                                      "{'x':2,'sum':2,'modified':'9','rows':[{'name':'r','x':2}]}", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (
          sync_merge_choose (self, sync_merge_lookup (self, cases[i].path), cases[i].take, cases[i].value, &error));
      g_assert_error (error, SYNC_ERROR, (gint) cases[i].code);
      g_assert_true (g_str_has_prefix (error->message, cases[i].path));
      assert_changes (self, "{}");
    }
}

static void
test_decimal (void)
{
  static const struct
  {
    const char *a, *b;
    guint precision;
    const char *sum, *difference, *rounded;
  } cases[] = {
    { "0.1", "0.2", 9, "0.3", "-0.1", "0.1" },
    { "0.1", "0.2", 0, "0", "0", "0" },
    { "0.5", "-0.5", 0, "0", "2", "1" },
    { "-1.005", "1.005", 2, "0", "-2.02", "-1.01" },
    { "99.99", "0.01", 2, "100", "99.98", "99.99" },
    { "999.999", "1e-3", 2, "1000", "1000", "1000" },
    { "1e3", "-1e3", 3, "0", "2000", "1000" },
    { "-0.0", "0", 9, "0", "0", "0" },
    { "12345678901234567890.123456789", "0.000000001", 9, "12345678901234567890.12345679",
      "12345678901234567890.123456788", "12345678901234567890.123456789" },
    { "1e400", "1", 9, NULL, NULL, NULL },
    { "1e-999999999999999", "1", 9, "1", "-1", "0" },
    { "0.0000000005", "0.0000000004", 9, "0.000000001", "0.000000001", "0.000000001" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *sum = sync_decimal_add (cases[i].a, cases[i].b, cases[i].precision);
      g_autofree char *difference = sync_decimal_subtract (cases[i].a, cases[i].b, cases[i].precision);
      g_autofree char *rounded = sync_decimal_round (cases[i].a, cases[i].precision);

      g_assert_cmpstr (sum, ==, cases[i].sum);
      g_assert_cmpstr (difference, ==, cases[i].difference);
      g_assert_cmpstr (rounded, ==, cases[i].rounded);
    }
}

static void
test_policies (void)
{
  g_autoptr (SyncMergePolicies) builtin = sync_merge_policies_new (NULL, NULL);
  guint precision = 7;

  g_assert_cmpint (sync_merge_policies_lookup (builtin, "Customer", "_user_tags", &precision), ==,
                   SYNC_MERGE_POLICY_UNION);
  g_assert_cmpint (sync_merge_policies_lookup (builtin, NULL, "taxes", &precision), ==, SYNC_MERGE_POLICY_NEVER);
  g_assert_cmpint (sync_merge_policies_lookup (builtin, "Sales Invoice", "grand_total", &precision), ==,
                   SYNC_MERGE_POLICY_COMPUTED);
  g_assert_cmpint (sync_merge_policies_lookup (builtin, "Sales Invoice", "items.amount", &precision), ==,
                   SYNC_MERGE_POLICY_COMPUTED);
  g_assert_cmpint (sync_merge_policies_lookup (builtin, "Sales Invoice", "items.qty", &precision), ==,
                   SYNC_MERGE_POLICY_DEFAULT);
  g_assert_cmpint (sync_merge_policies_lookup (builtin, "Coupon Code", "used", &precision), ==,
                   SYNC_MERGE_POLICY_DELTA);
  g_assert_cmpuint (precision, ==, 7);
  /* The shop's own come first. */
  g_assert_cmpint (sync_merge_policies_lookup (policies, "U", "_liked_by", &precision), ==, SYNC_MERGE_POLICY_LOCAL);
  g_assert_cmpint (sync_merge_policies_lookup (policies, "T", "_user_tags", &precision), ==, SYNC_MERGE_POLICY_DEFAULT);
  g_assert_cmpint (sync_merge_policies_lookup (policies, "U", "_user_tags", &precision), ==, SYNC_MERGE_POLICY_UNION);
  g_assert_cmpint (sync_merge_policies_lookup (policies, "T", "till", &precision), ==, SYNC_MERGE_POLICY_DELTA);
  g_assert_cmpuint (precision, ==, 2);
  g_assert_cmpstr (sync_merge_policy_to_string (SYNC_MERGE_POLICY_COMPUTED), ==, "computed");
  g_assert_cmpstr (sync_merge_policy_to_string (SYNC_MERGE_POLICY_LINES), ==, "lines");
}

static void
test_policy_files (void)
{
  static const struct
  {
    const char *text;
    const char *says;
  } bad[] = {
    { "{'format':1,\n oops}", "line 2" },
    { "[]", "an object is expected" },
    { "{}", "“format”" },
    { "{'format':1,'extra':1}", "“extra”" },
    { "{'format':1,'types':[]}", "“types”" },
    { "{'format':1,'types':{'A':1}}", "“A”: an object" },
    { "{'format':1,'types':{'A':{'f':'guess'}}}", "“A”, field “f”" },
    { "{'format':1,'types':{'A':{'f':1}}}", "“A”, field “f”" },
    { "{'format':1,'types':{'A':{'f':{'policy':'ask','colour':1}}}}", "“A”, field “f”" },
    { "{'format':1,'types':{'A':{'f':{'precision':10}}}}", "“A”, field “f”" },
    { "{'format':1,'types':{'A':{'f':{'precision':'2'}}}}", "“A”, field “f”" },
  };
  g_autoptr (GError) missing = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (load_policies (bad[i].text, &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, bad[i].says));
      g_assert_nonnull (strstr (error->message, "sync-merge-"));
    }
  g_assert_null (sync_merge_policies_new ("/nonexistent/merge.json", &missing));
  g_assert_error (missing, SYNC_ERROR, SYNC_ERROR_CONFIG);
}

/* The shop's own file is found where it is kept. */
static void
test_shop_file (void)
{
  g_autofree char *folder = g_build_filename (g_get_user_config_dir (), "posawesome-sync", NULL);
  g_autofree char *path = g_build_filename (folder, "merge-policies.json", NULL);
  g_autofree char *json = quotes (shop);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncMergePolicies) without = sync_merge_policies_new_for_shop (&error);
  g_autoptr (SyncMergePolicies) with = NULL;
  guint precision = 0;

  g_assert_no_error (error);
  g_assert_cmpint (sync_merge_policies_lookup (without, "T", "n", &precision), ==, SYNC_MERGE_POLICY_DEFAULT);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, json, -1, &error));
  with = sync_merge_policies_new_for_shop (&error);
  g_assert_no_error (error);
  g_assert_cmpint (sync_merge_policies_lookup (with, "T", "n", &precision), ==,
                   sync_merge_policies_lookup (policies, "T", "n", &precision));
  g_assert_cmpint (sync_merge_policies_lookup (with, "T", "n", &precision), !=, SYNC_MERGE_POLICY_DEFAULT);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_styles (void)
{
  static const char text[] = "Customer=merge,*=ask,Item=local,Note=server";
  SyncMergeStyle style = MERGE;

  g_assert_cmpint (sync_merge_style_for_type (text, "Customer"), ==, MERGE);
  g_assert_cmpint (sync_merge_style_for_type (text, "Item"), ==, LOCAL);
  g_assert_cmpint (sync_merge_style_for_type (text, "Note"), ==, SERVER);
  g_assert_cmpint (sync_merge_style_for_type (text, "ToDo"), ==, ASK);
  g_assert_cmpint (sync_merge_style_for_type (text, NULL), ==, ASK);
  g_assert_cmpint (sync_merge_style_for_type ("", "ToDo"), ==, LWW);
  g_assert_cmpint (sync_merge_style_for_type ("Item=local", "ToDo"), ==, LWW);
  g_assert_false (sync_merge_style_from_string ("guess", &style));
  g_assert_cmpint (style, ==, MERGE);
  g_assert_cmpstr (sync_merge_style_to_string (LWW), ==, "last-write-wins");
}

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;
  g_autofree char *configuration = NULL;
  int result;

  /* GLib's own isolation of directories leaks. */
  configuration = g_dir_make_tmp ("sync-merge-XXXXXX", &error);
  g_assert_no_error (error);
  g_setenv ("XDG_CONFIG_HOME", configuration, TRUE);
  g_test_init (&argc, &argv, NULL);
  policies = load_policies (shop, &error);
  g_assert_no_error (error);
  add_cases (fields, G_N_ELEMENTS (fields), "fields");
  add_cases (values, G_N_ELEMENTS (values), "values");
  add_cases (tables, G_N_ELEMENTS (tables), "tables");
  g_test_add_func ("/sync/merge/document", test_document);
  g_test_add_func ("/sync/merge/refused", test_refused);
  g_test_add_func ("/sync/merge/invalid", test_invalid);
  g_test_add_func ("/sync/merge/choose/field", test_choose_field);
  g_test_add_func ("/sync/merge/choose/rows", test_choose_rows);
  g_test_add_func ("/sync/merge/choose/all", test_choose_all);
  g_test_add_func ("/sync/merge/choose/refused", test_choose_refused);
  g_test_add_func ("/sync/merge/decimal", test_decimal);
  g_test_add_func ("/sync/merge/policies", test_policies);
  g_test_add_func ("/sync/merge/policy-files", test_policy_files);
  g_test_add_func ("/sync/merge/shop-file", test_shop_file);
  g_test_add_func ("/sync/merge/styles", test_styles);
  result = g_test_run ();
  g_object_unref (policies);
  g_rmdir (configuration);
  return result;
}

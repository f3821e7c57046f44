#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house rules that a program can check. Every finding is an error.

    lint.py [SOURCE_DIRECTORY]   checks the tree, prints `file:line: rule: what`, exits 1 if there is any
    lint.py --self-test          feeds each rule something bad and something good
"""

import os
import re
import subprocess
import sys

# What each layer may include, beside itself.
LAYERS = {
    'core': [],
    'store': ['core'],
    'net': ['core'],
    'hooks': ['core'],
    'engine': ['core', 'store', 'net', 'hooks'],
    'verbs': ['core', 'store', 'net', 'hooks', 'engine'],
    'ipc': ['core', 'store', 'net', 'hooks', 'engine', 'verbs'],
    'gateway': ['core', 'store', 'net', 'hooks', 'engine', 'verbs', 'ipc'],
    'practice': ['core'],
    'ctl': ['core', 'hooks'],
    'app': ['core', 'store', 'net', 'hooks', 'engine', 'verbs', 'ipc', 'gateway', 'practice'],
}
# Which layers may use a library: (what its headers look like, who may).
LIBRARIES = [
    (re.compile(r'<(gtk|gdk|adwaita)'), ['app']),
    (re.compile(r'<sqlite3'), ['store', 'practice']),
    (re.compile(r'<libsoup'), ['net', 'gateway', 'practice', 'ctl', 'app']),
]
# Where time, chance and sockets are arguments, and the two files that know the real ones.
INJECTED = ['core', 'store', 'net', 'hooks', 'engine', 'verbs', 'ipc', 'gateway', 'practice']
REAL_CLOCKS = ['src/core/sync-clock-system.c', 'src/core/sync-random.c']
CLOCK_CALL = re.compile(
    r'\b(g_get_real_time|g_get_monotonic_time|g_source_get_time|clock_gettime|gettimeofday|time|g_timeout_\w+'
    r'|g_date_time_new_now\w*|g_usleep|usleep|sleep|nanosleep|g_random_\w+|g_rand_\w+|random|rand|arc4random\w*'
    r'|getrandom|g_uuid_string_random|g_cond_wait_until|g_async_queue_timeout_pop\w*|alarm|timerfd_create)\s*\(')
# The state of a request is written by the statement table, and by the recovery at start.
STATE_WRITERS = ['src/store/sync-store-statement.c', 'src/store/sync-store.c']
STATE_WRITE = re.compile(r'UPDATE\s+offline_requests\s+SET\b(?:(?!\bWHERE\b)[^;])*?\bstatus\s*=', re.S)
# In an assertion, which a release build leaves out, these would vanish with it.
EFFECT = re.compile(
    r'\+\+|--|(?<![=!<>])=(?!=)|\b\w*_(remove|steal|insert|add|append|push|pop|unref|free|clear|close|set|write|read'
    r'|start|stop|step|exec|run|take|replace)(_\w+)?\s*\(')
ASSERTION = re.compile(r'\b(g_assert|g_assert_cmp\w+|g_assert_true|g_assert_false|g_assert_nonnull|g_assert_null)\s*\(')
MACHINE_PATH = re.compile(r'(?<![\w.}$/])/(work|root|home|farm)/')
UNDONE = re.compile(r'\b(TODO|FIXME|XXX|HACK)\b')
TOP_LEVEL = {
    '.ci', '.clang-format', '.gitignore', '.gitattributes', '.editorconfig', 'LICENSE', 'README.md', 'NEWS.md', 'data',
    'debian', 'docs', 'meson.build', 'meson_options.txt', 'meson.options', 'org.posawesome.Sync.desktop', 'po', 'src',
    'tests', 'packaging', 'CONTRIBUTING.md',
}
MAX_FUNCTION = 80
MAX_FILE = 900
# Of the files of the program, so many in a hundred may be longer than that many lines.
LONG_FILE = 600
MAX_LONG_FILES = 5
DOCUMENTED = ['core', 'store', 'net', 'hooks', 'engine', 'verbs', 'ipc', 'gateway']


def blank(match):
    return re.sub(r'[^\n]', ' ', match.group(0))


TOKENS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_of(text):
    """The text with comments and the insides of literals blanked, at the same places."""
    def replace(match):
        token = match.group(0)
        if token[0] in '"\'':
            return token[0] + ' ' * (len(token) - 2) + token[-1]
        return blank(match)
    return TOKENS.sub(replace, text)


def line_of(text, position):
    return text.count('\n', 0, position) + 1


def layer_of(path):
    parts = path.split('/')
    return parts[1] if parts[0] == 'src' and len(parts) > 2 else None


def arguments(code, start):
    """The text between the parenthesis at start and the one that closes it."""
    depth = 0
    for i in range(start, len(code)):
        depth += (code[i] == '(') - (code[i] == ')')
        if depth == 0:
            return code[start + 1:i]
    return code[start + 1:]


class Tree:
    """The files to check (path → text), and what was found."""

    def __init__(self, files):
        self.files = files
        self.headers = {os.path.basename(p): layer_of(p) for p in files if p.endswith('.h') and layer_of(p)}
        self.found = []

    def add(self, path, line, rule, text):
        self.found.append((path, line, rule, text))

    def check(self):
        for path, text in sorted(self.files.items()):
            self.check_any(path, text)
            if path.endswith(('.c', '.h')):
                code = code_of(text)
                self.check_c(path, text, code)
                if layer_of(path):
                    self.check_layer(path, text, code)
                    self.check_library(path, text, code)
        self.check_long_files()
        self.check_documented()
        self.check_translated()
        return self.found

    def check_any(self, path, text):
        if path.split('/')[0] not in TOP_LEVEL:
            self.add(path, 1, 'top-level', 'does not belong at the top of the repository')
        if path == 'LICENSE' or path.startswith('tests/fixtures/') or path == 'tests/lint.py':
            return
        for number, line in enumerate(text.split('\n'), 1):
            if UNDONE.search(line):
                self.add(path, number, 'undone', 'finish it or leave it out')
            if MACHINE_PATH.search(line):
                self.add(path, number, 'machine-path', 'a path of one machine')

    def check_c(self, path, text, code):
        lines = text.split('\n')
        if 'SPDX-License-Identifier: GPL-3.0-or-later' not in lines[0]:
            self.add(path, 1, 'spdx', 'the first line names the licence')
        if len(lines) - 1 > MAX_FILE:
            self.add(path, MAX_FILE, 'file-length', f'{len(lines) - 1} lines; at most {MAX_FILE}')
        for number, line in enumerate(lines, 1):
            if '\t' in line or line != line.rstrip():
                self.add(path, number, 'blanks', 'a tab or trailing blanks')
        for match in re.finditer(r'\bgoto\s+\w', code):
            self.add(path, line_of(code, match.start()), 'goto', 'leave by return and g_auto')
        for match in re.finditer(r'(?<=\)\n)^\{\n(.*?)^\}', code, re.S | re.M):
            length = match.group(0).count('\n') + 1
            if length > MAX_FUNCTION:
                self.add(path, line_of(code, match.start()), 'function-length', f'{length} lines; at most {MAX_FUNCTION}')

    def check_layer(self, path, text, code):
        layer = layer_of(path)
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', text, re.M):
            line = line_of(text, match.start())
            other = self.headers.get(os.path.basename(match.group(2))) if match.group(1) == '"' else None
            if other and other != layer and other not in LAYERS.get(layer, []):
                self.add(path, line, 'layer', f'{layer} may not include {match.group(2)} of {other}')
            for pattern, who in LIBRARIES:
                if pattern.match(match.group(1) + match.group(2)) and layer not in who:
                    self.add(path, line, 'library', f'{match.group(2)} is for {", ".join(who)} only')
        if layer in INJECTED and path not in REAL_CLOCKS:
            for match in CLOCK_CALL.finditer(code):
                self.add(path, line_of(code, match.start()), 'clock', f'{match.group(1)}: time and chance are arguments')

    def check_library(self, path, text, code):
        if layer_of(path) != 'app':
            for match in re.finditer(r'\bg_object_set_q?data(_full)?\s*\(', code):
                self.add(path, line_of(code, match.start()), 'set-data', 'state hidden behind a string')
        for match in re.finditer(r'\bg_task_new\s*\(', code):
            following = code[match.start():].split('\n')[1:12]
            if not any('g_task_set_source_tag' in line for line in following):
                self.add(path, line_of(code, match.start()), 'source-tag', 'g_task_set_source_tag does not follow')
        for match in ASSERTION.finditer(code):
            if EFFECT.search(arguments(code, match.end() - 1)):
                self.add(path, line_of(code, match.start()), 'assert', 'a release build leaves out what is done here')
        joined = re.sub(r'"\s*\n\s*"', lambda m: ' ' * len(m.group(0)), text)
        for match in STATE_WRITE.finditer(joined):
            if path not in STATE_WRITERS:
                self.add(path, line_of(joined, match.start()), 'state', 'the state is written in the store\'s table only')
        for struct in re.finditer(r'^struct _Sync\w+\n\{\n(.*?)^\}', text, re.S | re.M) if path.endswith('.c') else ():
            self.check_fields(path, struct, text)

    def check_fields(self, path, struct, text):
        """A pointer says whose it is: beside it, or above the group up to a blank line."""
        grouped = False
        for i, line in enumerate(struct.group(1).split('\n')):
            grouped = bool(line.strip()) and (grouped or line.strip().startswith('/*'))
            if re.match(r'\s+\w[\w \t]*\*+\s*\w+(\[\w*\])?;', line) and '/*' not in line and not grouped:
                self.add(path, line_of(text, struct.start(1)) + i, 'field', f'whose is it: {line.strip()}')

    def check_long_files(self):
        files = [p for p in self.files if layer_of(p) and p.endswith('.c')]
        long = [p for p in files if self.files[p].count('\n') > LONG_FILE]
        if len(long) * 100 > len(files) * MAX_LONG_FILES:
            for path in sorted(long):
                self.add(path, LONG_FILE, 'long-files', f'one of {len(long)} over {LONG_FILE} lines, of {len(files)}')

    def check_documented(self):
        """Each function of a public header has a gi-docgen block in some .c file of its layer."""
        for path, text in sorted(self.files.items()):
            layer = layer_of(path)
            if layer not in DOCUMENTED or not path.endswith('.h') or path.endswith('-private.h'):
                continue
            code = re.sub(r'^#(\\\n|[^\n])*', blank, code_of(text), flags=re.M)
            blocks = ''.join(t for p, t in self.files.items() if layer_of(p) == layer)
            for match in re.finditer(r'^[\w \t*]*?\b(sync_\w+)\s+\([^;{]*\)[^;{]*;', code, re.M):
                if code[match.start():].startswith('typedef') or match.group(1).endswith(('_get_type', '_quark', '_free')):
                    continue
                if f' * {match.group(1)}:\n' not in blocks:
                    self.add(path, line_of(code, match.start()), 'documentation', f'{match.group(1)} has no doc comment')

    def check_translated(self):
        listed = self.files.get('po/POTFILES.in', '').split()
        for path, text in sorted(self.files.items()):
            marked = (path.endswith('.c') and re.search(r'\b(_|N_|C_|ngettext) \("', text)
                      or path.endswith('.ui') and 'translatable="yes"' in text)
            if marked and path.startswith('src/') and path not in listed:
                self.add(path, 1, 'translation', 'is not in po/POTFILES.in')


def read_tree(directory):
    """Tracked and new files, or, outside a repository, all that are not below a build directory."""
    command = ['git', '-C', directory, 'ls-files', '-z', '--cached', '--others', '--exclude-standard']
    try:
        names = subprocess.run(command, check=True, capture_output=True).stdout.decode().split('\0')
    except (OSError, subprocess.CalledProcessError):
        names = []
        for top, folders, files in os.walk(directory):
            folders[:] = [f for f in folders if f != '.git' and not (top == directory and f.startswith('build'))]
            names += [os.path.relpath(os.path.join(top, f), directory) for f in files]
    files = {}
    for name in names:
        try:
            with open(os.path.join(directory, name), encoding='utf-8') as file:
                files[name] = file.read()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return files


SPDX = '/* SPDX-License-Identifier: GPL-3.0-or-later */\n'
# (rule, path, what it has to find, what it has to let pass)
SELF_TEST = [
    ('layer', 'src/core/a.c', '#include "sync-up.h"\n', '#include "sync-low.h"\n'),
    ('library', 'src/engine/a.c', '#include <gtk/gtk.h>\n', '#include <gio/gio.h>\n'),
    ('library', 'src/net/a.c', '#include <sqlite3.h>\n', '#include <libsoup/soup.h>\n'),
    ('clock', 'src/engine/a.c', 'int a = g_timeout_add (1, f, 0);\n', 'int a = sync_clock_add_alarm (c, 1, f);\n'),
    ('clock', 'src/store/a.c', 'long a = time (NULL);\n', 'long a = wall_time (NULL); /* time (NULL) */\n'),
    ('state', 'src/engine/a.c', 's = "UPDATE offline_requests SET step = 1,"\n  " status = 2";\n',
     's = "UPDATE offline_requests SET step = 1 WHERE status = 2";\n'),
    ('source-tag', 'src/net/a.c', 'f (g_task_new (a));\nreturn;\n', 'f (g_task_new (a));\ng_task_set_source_tag (t, f);\n'),
    ('assert', 'src/core/a.c', 'g_assert (g_hash_table_remove (t, k));\n', 'g_assert (g_hash_table_contains (t, k));\n'),
    ('assert', 'src/core/a.c', 'g_assert (i++ < 3);\n', 'g_assert (i <= 3 && a == b);\n'),
    ('function-length', 'src/core/a.c', 'void f (void)\n{\n' + '  a ();\n' * 79 + '}\n', 'void f (void)\n{\n' + '  a ();\n' * 78 + '}\n'),
    ('file-length', 'tests/a.c', '\n' * MAX_FILE, '\n' * (MAX_FILE - 1)),
    ('long-files', 'src/core/a.c', '\n' * LONG_FILE, '\n' * (LONG_FILE - 1)),
    ('blanks', 'src/core/a.c', 'int a; \n', 'int a;\n'),
    ('documentation', 'src/core/a.h', 'void sync_a (int b,\n             int c);\n', 'typedef void (*SyncA) (int b);\n'),
    ('field', 'src/core/a.c', 'struct _SyncA\n{\n  char *name;\n};\n', 'struct _SyncA\n{\n  char *name; /* (owned) */\n};\n'),
    ('undone', 'src/core/a.c', '/* TO' 'DO: later */\n', '/* later */\n'),
    ('machine-path', 'data/a.sh', 'cd /ho' 'me/me\n', 'cd "$HOME/ho' 'me/me"\n'),
    ('goto', 'src/app/a.c', '  goto out;\n', '  /* goto out; */\n'),
    ('set-data', 'src/net/a.c', 'g_object_set_data (a, "b", c);\n', 'g_object_set (a, "b", c, NULL);\n'),
    ('top-level', 'notes.txt', 'a\n', None),
    ('translation', 'src/app/b.c', 'a = _ ("b");\n', 'a = f ("b");\n'),
]


def self_test():
    around = {'src/core/sync-low.h': SPDX, 'src/engine/sync-up.h': SPDX, 'po/POTFILES.in': ''}
    bad = Tree({**around, 'src/core/a.c': 'int a;\n'}).check()
    failures = [] if [f[2] for f in bad] == ['spdx'] else [f'spdx: {bad}']
    for rule, path, wrong, right in SELF_TEST:
        head = SPDX if path.endswith(('.c', '.h')) else ''
        for text, expected in ((wrong, [rule]), (right, [])):
            if text is None:
                continue
            found = [f[2] for f in Tree({**around, path: head + text}).check()]
            if sorted(set(found)) != expected:
                failures.append(f'{rule}: expected {expected}, found {found} in {text[:60]!r}')
    for failure in failures:
        print(failure)
    return 1 if failures else 0


def main():
    if sys.argv[1:] == ['--self-test']:
        return self_test()
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
    found = Tree(read_tree(directory)).check()
    for path, line, rule, text in found:
        print(f'{path}:{line}: {rule}: {text}')
    return 1 if found else 0


sys.exit(main())

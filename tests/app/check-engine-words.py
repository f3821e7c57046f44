# SPDX-License-Identifier: GPL-3.0-or-later
"""Each sentence that the window knows of engine and store is still said there, in the same words.

    check-engine-words.py SOURCE_DIRECTORY    says which are not

A sentence may be put together from several texts of the sources, one in the place-holder of another or one behind the other."""

import glob
import os
import re
import sys

TABLE = 'src/app/sync-engine-words.c'
LAYERS = ('core', 'engine', 'store', 'verbs')
HOLE = '%s'
STRING = r'"(?:[^"\\\n]|\\.)*"'
# What may stand between two parts of a text: a format of <inttypes.h> or GLib, or a constant, which is filled in.
MACRO = r'[A-Z][A-Z0-9_]*'


def without_comments(text):
    return re.sub(rf'({STRING})|/\*.*?\*/', lambda match: match.group(1) or ' ', text, flags=re.S)


def texts_of(source):
    """The string literals of C, adjacent ones joined, every place-holder as %s."""
    for match in re.finditer(rf'{STRING}(?:\s+(?:{MACRO}\s+)?{STRING})*(?:\s+{MACRO})?', source):
        text = ''
        for part in re.finditer(rf'{STRING}|{MACRO}', match.group(0)):
            if part.group(0)[0] == '"':
                text += re.sub(r'\\(.)', r'\1', part.group(0)[1:-1])
            elif not text.endswith('%'):
                text += HOLE
            else:
                text += 'd'
        yield re.sub(r'%[-0-9.*]*(?:hh|h|ll|l|z)?[suidc]', HOLE, text)


def read(paths):
    texts = set()
    for path in paths:
        with open(path, encoding='utf-8') as file:
            texts.update(texts_of(without_comments(file.read())))
    return texts | {text.strip() for text in texts}


def fits(sentence, literals, said, depth):
    """Whether it begins with the first of these, goes on with the others, and what is between them is said, too."""
    if not sentence.startswith(literals[0]):
        return False
    rest = sentence[len(literals[0]):]
    if len(literals) == 1:
        return rest == ''
    return any(fits(rest[end:], literals[1:], said, depth) and is_said(rest[:end], said, depth + 1)
               for end in range(len(rest) + 1) if rest.startswith(literals[1], end))


def is_said(sentence, said, depth=0):
    """Whether it is one of the texts, or made of them."""
    if sentence in ('', HOLE) or sentence in said:
        return True
    if depth > 2:
        return False
    # A number behind a word: “request %s”.
    if sentence.endswith(' ' + HOLE) and sentence[:-len(HOLE) - 1] in said:
        return True
    for text in said:
        literals = text.split(HOLE)
        if len(literals) < 2 or len(''.join(literals).strip()) < 2 or any(part not in sentence for part in literals):
            continue
        if fits(sentence, literals, said, depth):
            return True
    # One behind the other.
    return any(sentence.startswith(text + ' ') and is_said(sentence[len(text) + 1:], said, depth + 1)
               for text in said if len(text) > 12)


def main():
    os.chdir(sys.argv[1])
    with open(TABLE, encoding='utf-8') as file:
        table = without_comments(file.read())
    known = [text for marked in re.findall(rf'\bN_ \(((?:\s*{STRING})+)\)', table) for text in texts_of(marked)]
    said = read(sorted(path for layer in LAYERS for path in glob.glob(f'src/{layer}/*.[ch]')))
    lost = [sentence for sentence in known if not is_said(sentence, said)]
    for sentence in lost:
        print(f'{TABLE}: neither {", ".join(LAYERS[:-1])} nor {LAYERS[-1]} says: {sentence}')
    if len(known) < 40:
        print(f'{TABLE}: only {len(known)} sentences were found')
    return 1 if lost or len(known) < 40 else 0


sys.exit(main())

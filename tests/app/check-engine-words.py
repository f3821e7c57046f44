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


class Said:
    """What is said in the sources."""

    def __init__(self, texts):
        self.texts = texts
        # The longest first: what is said in many words is seldom put together otherwise.
        self.longest = sorted(texts, key=lambda text: (-len(text), text))
        self.known = {}

    def fits(self, sentence, literals, depth):
        """Whether it begins with the first of these, goes on with the others, and what is between them is said, too."""
        if not sentence.startswith(literals[0]):
            return False
        rest = sentence[len(literals[0]):]
        if len(literals) == 1:
            return rest == ''
        return any(self.has(rest[:end], depth + 1) and self.fits(rest[end:], literals[1:], depth)
                   for end in range(len(rest) + 1) if rest.startswith(literals[1], end))

    def is_made(self, sentence, depth):
        """Whether it is made of several texts."""
        # A number behind a word: “request %s”.
        if sentence.endswith(' ' + HOLE) and sentence[:-len(HOLE) - 1] in self.texts:
            return True
        for text in self.longest:
            literals = text.split(HOLE)
            if (len(literals) > 1 and len(''.join(literals).strip()) > 1 and all(part in sentence for part in literals)
                    and self.fits(sentence, literals, depth)):
                return True
        # One behind the other.
        return any(sentence.startswith(text + ' ') and self.has(sentence[len(text) + 1:], depth + 1)
                   for text in self.longest if len(text) > 12)

    def has(self, sentence, depth=0):
        """Whether it is one of the texts, or made of them."""
        if sentence in ('', HOLE) or sentence in self.texts:
            return True
        if depth > 2:
            return False
        if (sentence, depth) not in self.known:
            self.known[sentence, depth] = self.is_made(sentence, depth)
        return self.known[sentence, depth]


def main():
    os.chdir(sys.argv[1])
    with open(TABLE, encoding='utf-8') as file:
        table = without_comments(file.read())
    known = [text for marked in re.findall(rf'\bN_ \(((?:\s*{STRING})+)\)', table) for text in texts_of(marked)]
    said = Said(read(sorted(path for layer in LAYERS for path in glob.glob(f'src/{layer}/*.[ch]'))))
    lost = [sentence for sentence in known if not said.has(sentence)]
    for sentence in lost:
        print(f'{TABLE}: neither {", ".join(LAYERS[:-1])} nor {LAYERS[-1]} says: {sentence}')
    if len(known) < 40:
        print(f'{TABLE}: only {len(known)} sentences were found')
    return 1 if lost or len(known) < 40 else 0


sys.exit(main())

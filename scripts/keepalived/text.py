# SPDX-License-Identifier: Apache-2.0
"""Text -> statements, as keepalived.conf(5) has it: comments, quotes, include, @conditions, $parameters.

What it does not read (~SEQ, ~LST, ${_RANDOM}) is refused with its line: a part that is lost without a
word would be a vip without traffic.
"""
import dataclasses
import glob
import os
import re

MOST_INCLUDES, MOST_EXPANSIONS, MOST_LINES = 16, 64, 200_000
INCLUDE = re.compile(r"(include[rmwba]?)\s+(\S.*)")
DEFINITION = re.compile(r"\$([A-Za-z_]\w*)=(.*)")
PARAMETER = re.compile(r"\$\{(\w+)\}|\$([A-Za-z_]\w*)(?=\s|$)")
NAMED = {"a": "\a", "b": "\b", "E": "\033", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class Malformed(Exception):
    """What nobody can read, with its place."""


@dataclasses.dataclass(frozen=True)
class Where:
    file: str
    line: int

    def __str__(self):
        return f"{self.file}:{self.line}"


@dataclasses.dataclass
class Statement:
    """`word argument ...`, and what stands in braces behind it."""
    words: list
    where: Where
    inner: list = None

    @property
    def name(self):
        return self.words[0]

    def argument(self, number=1):
        if len(self.words) > number:
            return self.words[number]
        raise Malformed(f"{self.where}: {self.name} needs {'a value' if number == 1 else 'more values'}")


class Reader:
    """Lines of one keepalived.conf and of what it includes, parameters replaced."""

    def __init__(self, config_id):
        self.config_id, self.parameters, self.produced = config_id, {}, 0
        self.notes = []

    def lines(self, path, depth=0):
        """(text, Where) of each line that counts."""
        if depth > MOST_INCLUDES:
            raise Malformed(f"{path}: included {MOST_INCLUDES} deep; does it include itself?")
        rows = self._text(path).split("\n")
        at = 0
        while at < len(rows):
            where, text = Where(path, at + 1), rows[at].strip()
            at += 1
            if included := INCLUDE.fullmatch(without_comment(text)):
                yield from self._included(included, where, depth)
                continue
            text = self._chosen(text, where)
            if text is None:
                continue
            if definition := DEFINITION.fullmatch(text):
                value, at = self._value(definition[2], rows, at, where)
                self.parameters[definition[1]] = value
                continue
            yield from self._expanded(text, where)

    def _text(self, path):
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except UnicodeDecodeError as error:
            raise Malformed(f"{path}: not UTF-8, at byte {error.start}") from None
        except OSError as error:
            raise Malformed(f"{path}: {error.strerror}") from None
        if "\0" in text:
            raise Malformed(f"{path}:{text[:text.index(chr(0))].count(chr(10)) + 1}: a zero byte; is this a text?")
        return text

    def _included(self, included, where, depth):
        pattern = " ".join(split(included[2], where))
        files = sorted(glob.glob(os.path.join(os.path.dirname(where.file), pattern)))
        if not files and not glob.has_magic(pattern):
            raise Malformed(f"{where}: {included[1]} {pattern}: no such file")
        if not files:
            self.notes.append((where, f"{included[1]} {pattern}: matches no file"))
        for path in files:
            yield from self.lines(path, depth + 1)

    def _chosen(self, text, where):
        """Without its @condition; None if that leaves it out."""
        if not text.startswith("@"):
            return text
        condition, _, rest = text[1:].partition(" ")
        if self.config_id is None:
            raise Malformed(f"{where}: @{condition} depends on the host: say which with --config-id NAME")
        is_other = condition.startswith("^")
        return rest.strip() if (condition.lstrip("^") == self.config_id) != is_other else None

    @staticmethod
    def _value(first, rows, at, where):
        """Of a definition: one line, or several where each but the last ends in a backslash."""
        lines = [without_comment(first).strip()]
        while lines[-1].endswith("\\"):
            lines[-1] = lines[-1][:-1].rstrip()
            if at >= len(rows):
                raise Malformed(f"{where}: the definition goes on behind the end of the file")
            lines.append(without_comment(rows[at]).strip())
            at += 1
        return "\n".join(lines), at

    def _expanded(self, text, where, depth=0):
        if depth > MOST_EXPANSIONS:
            raise Malformed(f"{where}: a parameter that contains itself")
        text = without_comment(text)
        replaced = PARAMETER.sub(lambda found: self._parameter(found, where), text)
        for row in replaced.split("\n"):
            self._count(row, where)
            row = self._chosen(row.strip(), where)
            if row and (definition := DEFINITION.fullmatch(row)):
                self.parameters[definition[1]] = definition[2].strip()
            elif row and row != text and PARAMETER.search(row):
                yield from self._expanded(row, where, depth + 1)
            elif row:
                yield row.replace("${_HASH}", "#").replace("${_BANG}", "!"), where

    def _parameter(self, found, where):
        name = found[1] or found[2]
        if name == "_PWD":
            return os.path.dirname(os.path.abspath(where.file))
        if name == "_INSTANCE" and self.config_id:
            return self.config_id
        return self.parameters.get(name, found[0])  # who is not defined stays, as with keepalived

    def _count(self, row, where):
        self.produced += 1
        if self.produced > MOST_LINES or len(row) > 65536:
            raise Malformed(f"{where}: more than {MOST_LINES} lines, or one of more than 65536 bytes")
        if row.lstrip().startswith(("~SEQ", "~LST")) or "${_RANDOM" in row:
            raise Malformed(f"{where}: {row.split('(')[0].split()[0]} is not read here: write out what it makes")


def without_comment(text):
    """Up to the first # or ! that stands in no quotes."""
    quote = None
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif quote:
            quote = None if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "#!":
            return text[:at].rstrip()
        at += 1
    return text


def split(text, where):
    """The words of a line; a brace that stands in no quotes is a word."""
    words, word, quote, at = [], None, None, 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\" and at < len(text):
            value, at = _escaped(text, at)
            word = (word or "") + value
        elif quote:
            word, quote = (word, None) if char == quote else (word + char, quote)
        elif char in "\"'":
            word, quote = word or "", char
        elif char.isspace() or char in "{}":
            # ${NAME} of a parameter that nobody defined is a part of its word
            if char == "{" and (word or "").endswith("$") and "}" in text[at:]:
                end = text.index("}", at) + 1
                word, at = word + text[at - 1:end], end
                continue
            words += ([word] if word is not None else []) + ([Brace(char)] if char in "{}" else [])
            word = None
        else:
            word = (word or "") + char
    if quote:
        raise Malformed(f"{where}: a quote {quote} that does not end")
    return words + ([word] if word is not None else [])


class Brace(str):
    """A brace that is none of a word."""


def _escaped(text, at):
    for pattern, base in ((r"[0-7]{1,3}", 8), (r"x[0-9a-fA-F]+", 16)):
        if found := re.compile(pattern).match(text, at):
            return chr(int(found[0].lstrip("x"), base) & 0xff), found.end()
    return NAMED.get(text[at], text[at]), at + 1


def statements(path, config_id=None):
    """(statements, notes) of a file; Malformed with the first place that cannot be read."""
    reader = Reader(config_id)
    top, open_ = [], []
    last = None  # what a brace at the beginning of a line belongs to
    for text, where in reader.lines(path):
        words = []
        for word in [*split(text, where), None]:
            if isinstance(word, Brace) or word is None:
                if words:
                    last = Statement(words, where)
                    (open_[-1].inner if open_ else top).append(last)
                    words = []
                if word == "{":
                    last = _opened(last, where)
                    open_.append(last)
                    last = None
                elif word == "}":
                    if not open_:
                        raise Malformed(f"{where}: a closing brace without an opening one")
                    open_.pop()
                    last = None
            else:
                words.append(word)
    if open_:
        raise Malformed(f"{open_[-1].where}: the block of {open_[-1].name} is never closed")
    return top, reader.notes


def _opened(last, where):
    if last is None or last.inner is not None:
        raise Malformed(f"{where}: an opening brace without a word in front of it")
    last.inner = []
    return last

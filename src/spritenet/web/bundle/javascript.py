"""JavaScript as a list of tokens: just enough to move modules and to leave comments out.

It knows where strings, templates, regular expressions and comments begin and end, and how deep in
brackets a token is (ECMA-262, chapter 12). It knows no grammar. Whether a slash begins a regular
expression or divides is told by the token before it, which is right unless a regular expression
begins a statement behind a closing bracket; a test compares with TypeScript's parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Token", "compact", "tokens"]

SCANNER = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>//[^\n]*|/\*.*?\*/)
    | (?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    | (?P<word>[\w$#\u200c\u200d]+)
    | (?P<sign>=>|\.\.\.|\?\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)
REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
TEMPLATE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(`|\$\{)", re.DOTALL)
BEFORE_REGEX = re.compile(
    "return|typeof|case|in|of|delete|void|instanceof|new|do|else|throw|yield|await"
)
PAIRS = {")": "(", "]": "[", "}": "{"}
DOTS = frozenset({".", "?."})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of source text.

    Attributes:
        kind: space, comment, string, template, regex, word or sign.
        text: as it stands there; all texts joined are the source.
        depth: how many brackets are open around it; a bracket is outside of itself.
    """

    kind: str
    text: str
    depth: int


def tokens(source: str) -> list[Token]:
    """The tokens of a module.

    Raises:
        ValueError: a template never ends, or brackets don't pair.
    """
    found: list[Token] = []
    open_: list[str] = []  # brackets, "${" for those of templates
    place, last = 0, ""
    while place < len(source):
        kind, end = _next(source, place, last)
        text = source[place:end]
        continues = text == "}" and open_[-1:] == ["${"]
        if kind == "sign" and text in PAIRS:
            if open_[-1:] != [PAIRS[text]] and not continues:
                raise ValueError("brackets don't pair")
            open_.pop()
        depth = len(open_)
        if text == "`" or continues:
            end, begins = _template(source, end)
            kind, text = "template", source[place:end]
            open_ += ["${"] if begins else []
        elif kind == "sign" and text in PAIRS.values():
            open_.append(text)
        found.append(Token(kind, text, depth))
        if kind not in {"space", "comment"}:
            # A name behind a dot is a name, also if it is a keyword elsewhere.
            last = text if kind == "sign" or (kind == "word" and last not in DOTS) else kind
        place = end
    if open_:
        raise ValueError("brackets don't pair")
    return found


def _next(source: str, place: int, last: str) -> tuple[str, int]:
    """The kind of the token at a place, and where it ends. `last` is the one before it."""
    if source[place] == "/" and source[place + 1 : place + 2] not in {"/", "*"}:
        value = re.fullmatch(r"[\w$#]+|[)\]}]", last)
        regex = REGEX.match(source, place)
        if regex is not None and (value is None or BEFORE_REGEX.fullmatch(last)):
            return "regex", regex.end()
    match = SCANNER.match(source, place)
    if match is None or match.lastgroup is None:
        raise ValueError(f"nothing is known at {source[place : place + 20]!r}")
    return match.lastgroup, match.end()


def _template(source: str, place: int) -> tuple[int, bool]:
    """Where the text of a template ends, and whether an expression begins there."""
    match = TEMPLATE.match(source, place)
    if match is None:
        raise ValueError("a template never ends")
    return match.end(), match[1] == "${"


TIGHT = re.compile(r"[(\[{}\])=,;:?<>!&|*%^~.]|=>|\?\.|\.\.\.")
"""Signs that need no space beside them. Not + and -, of which two are another sign."""
NO_LINE_AFTER = frozenset("([{,;:?=&|") | {"=>"}
"""Signs behind which no statement can end, so that a line break there means nothing."""


def compact(found: Sequence[Token]) -> str:
    """The same program without comments and without the space that people need.

    Comments that begin with `/*!` stay: they hold licences. A line break stays wherever it could
    stand for a semicolon.
    """
    parts: list[str] = []
    last = ""
    for gap, token in _spaced(found):
        tight = TIGHT.fullmatch(last) or (token.kind == "sign" and TIGHT.fullmatch(token.text))
        if token.text == "." and last[:1].isdigit():
            tight = None  # it would become the number's
        if "\n" in gap:
            if last and last not in NO_LINE_AFTER and token.text not in {")", "]", ","}:
                parts.append("\n")
        elif gap and not tight:
            parts.append(" ")
        parts.append(token.text)
        last = token.text if token.kind in {"word", "sign"} else token.kind
    return "".join(parts)


def _spaced(found: Sequence[Token]) -> Iterator[tuple[str, Token]]:
    """Each token that counts, with the space and comments before it, as "", " " or a line break."""
    gap = ""
    for token in found:
        if token.kind == "space" or (token.kind == "comment" and not token.text.startswith("/*!")):
            gap = "\n" if "\n" in gap + token.text else " "
        else:
            yield gap, token
            gap = "\n" if token.kind == "comment" else ""

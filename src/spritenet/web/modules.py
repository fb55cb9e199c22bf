"""ES modules put into one program, without a bundler.

Each module becomes a function that returns what it exports, and is called when it is first needed:

    const spritenet = {
    "lib/core.js"(load) { const { CoreError } = load("lib/errors.js"); … return { Core }; },
    …

What a module exports must be final once the module has run, and modules must not import each other
in a circle; both are checked. Entries, which nobody imports, may use `await` at their top.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from spritenet.errors import CoreError
from spritenet.web.javascript import Token, compact, tokens

__all__ = ["Module", "gather", "program"]

DECLARATIONS = frozenset({"const", "class", "function", "async"})


@dataclass(slots=True)
class Module:
    """One module, taken apart.

    Attributes:
        name: its path from the root of all modules: "lib/core.js".
        needs: the modules it imports, in order.
        exports: what is exported, and the expression that has it.
        handed_on: expressions of modules whose exports it exports too.
        code: its text, imports and exports replaced.
    """

    name: str
    needs: list[str] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)
    handed_on: list[str] = field(default_factory=list)
    code: str = ""

    def function(self, *, entry: bool) -> str:
        """As an entry of the program's table."""
        body = self.code.strip()
        parts = [f"...{value}" for value in self.handed_on]
        parts += [k if k == v else f"{json.dumps(k)}:{v}" for k, v in self.exports.items()]
        body += f"\nreturn{{{','.join(parts)}}};" if parts else ""
        return f"{'async ' if entry else ''}{json.dumps(self.name)}(load){{\n{body}\n}}"


def gather(entries: Iterable[str], read: Callable[[str], str]) -> dict[str, Module]:
    """The modules that entries need, each behind those it needs.

    Args:
        entries: names of modules.
        read: the text of a module by its name.

    Raises:
        CoreError: a module uses what can't be moved, or modules import each other in a circle.
    """
    found: dict[str, Module] = {}
    above: list[str] = []

    def visit(name: str) -> None:
        if name in above:
            circle = " → ".join([*above[above.index(name) :], name])
            raise CoreError("modules import each other in a circle", where=circle)
        if name in found:
            return
        above.append(name)
        module = _taken_apart(name, read(name))
        for needed in module.needs:
            visit(needed)
        above.pop()
        found[name] = module

    for entry in entries:
        visit(entry)
    return found


def program(modules: dict[str, Module], entries: Sequence[str]) -> str:
    """The program: a table of all modules, and `load`, which runs one when it is first needed."""
    functions = ",\n".join(m.function(entry=name in entries) for name, m in modules.items())
    return (
        f"const modules={{\n{functions}\n}};\n"
        "const made={};\n"
        "const load=(name)=>made[name]??=modules[name](load)??{};\n"
    )


def _taken_apart(name: str, source: str) -> Module:
    """A module's imports and exports, and its code without them."""
    module = Module(name)
    try:
        found = tokens(source)
        module.code = compact(_Mover(module, found).moved())
    except ValueError as error:
        raise CoreError(str(error), where=name) from error
    return module


class _Mover:
    """Goes through the tokens of a module and replaces its imports and exports."""

    def __init__(self, module: Module, found: Sequence[Token]) -> None:
        self.module = module
        self.found = found
        self.place = 0
        self.last = ""

    def moved(self) -> list[Token]:
        """The tokens of its code."""
        made: list[Token] = []
        while self.place < len(self.found):
            token = self.found[self.place]
            behind = self._sign_after(self.place)
            if token.depth == 0 and token.text == "import" and behind not in {"(", "."}:
                made.append(Token("word", self._import(), 0))
            elif token.depth == 0 and token.text == "export" and self.last != ".":
                made.append(Token("word", self._export(), 0))
            else:
                made.append(token)
                self.place += 1
            if token.kind not in {"space", "comment"}:
                self.last = token.text
        return made

    def _import(self) -> str:
        """`import … from '…';` as a line that loads it."""
        words = self._statement()
        needed = self._needed(words[-1])
        names = words[1:-2]
        if not names:
            return f"load({needed});"
        if names[0] == "*":
            return f"const {names[2]}=load({needed});"
        if names[0] != "{":
            names = ["{", "default", "as", names[0], *(names[3:] if "{" in names else "}")]
        pairs = ",".join(a if a == b else f"{a}:{b}" for a, b in self._pairs(names))
        return f"const{{{pairs}}}=load({needed});"

    def _export(self) -> str:
        """`export …` as what remains of it; what it exports is noted."""
        kind = self._sign_after(self.place)
        if kind == "default":
            self._skip(2)
            self.module.exports["default"] = "default_"
            return "const default_="
        if kind in DECLARATIONS:
            self._skip(1)
            ahead = [t.text for t in self.found[self.place : self.place + 12] if _counts(t)]
            name = next(word for word in ahead if word not in DECLARATIONS | {"*"})
            if name in {"{", "["}:
                raise ValueError("an export takes something apart: export each name by itself")
            self.module.exports[name] = name
            return ""
        words = self._statement()
        source = f"load({self._needed(words[-1])})" if "from" in words else ""
        if words[1] == "*":
            self.module.handed_on.append(source)
            return ""
        if words[1] != "{":
            raise ValueError(f"'export {words[1]}' can't be moved: its value might change")
        for inner, outer in self._pairs(words[1 : words.index("}") + 1]):
            self.module.exports[outer] = f"{source}.{inner}" if source else inner
        return ""

    def _pairs(self, words: Sequence[str]) -> list[tuple[str, str]]:
        """`{ a, b as c }` as [("a", "a"), ("b", "c")]."""
        pairs: list[tuple[str, str]] = []
        part: list[str] = []
        for word in words[1:]:
            if word not in {",", "}"}:
                part.append(word)
            elif part:
                pairs.append((part[0], part[-1]))
                part = []
        return pairs

    def _needed(self, quoted: str) -> str:
        """The name, in quotes, of the module that a relative address means here."""
        address = quoted[1:-1]
        if not address.startswith("."):
            raise ValueError(f"it imports {address}, which is no file of ours")
        here = posixpath.dirname(self.module.name)
        name = posixpath.normpath(posixpath.join(here, address))
        if name not in self.module.needs:
            self.module.needs.append(name)
        return json.dumps(name)

    def _statement(self) -> list[str]:
        """The words of the import or export that begins here, which is passed over.

        It ends with the module's address, or with `}` where there is none.
        """
        words: list[str] = []
        while self.place < len(self.found):
            token = self.found[self.place]
            self.place += 1
            if _counts(token):
                words.append(token.text)
            ended = token.kind == "string" or (
                token.text == "}"
                and words[0] == "export"
                and self._sign_after(self.place - 1) != "from"
            )
            if ended:
                break
        if self.place < len(self.found) and self.found[self.place].text == ";":
            self.place += 1
        return words

    def _sign_after(self, place: int) -> str:
        """The next token that counts."""
        return next((t.text for t in self.found[place + 1 :] if _counts(t)), "")

    def _skip(self, count: int) -> None:
        """Passes over so many tokens that count, and the space behind them."""
        while count or not _counts(self.found[self.place]):
            count -= _counts(self.found[self.place])
            self.place += 1


def _counts(token: Token) -> bool:
    """Whether a token is more than space."""
    return token.kind not in {"space", "comment"}

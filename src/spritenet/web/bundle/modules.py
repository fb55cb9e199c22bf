"""ES modules put into one program, without a bundler.

Each module becomes a function that returns what it exports, and is called when it is first needed:

    const modules = {
    "lib/core.js"(load) { const { CoreError } = load("lib/errors.js"); … return { Core }; },
    …

A module that only hands on what others export (lib/index.js) is left out: who imports from it gets
the module that has it, so a page carries no more of the library than it uses. The program is no
module itself, so that it may also be a worker's; `import.meta.url` is the address of its page.

What a module exports must be final once the module has run, and modules must not import each other
in a circle; both are checked. Entries, which nobody imports, may use `await` at their top.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from spritenet.errors import CoreError
from spritenet.web.bundle.javascript import Token, compact, tokens

__all__ = ["Module", "gather", "program"]

DECLARATIONS = frozenset({"const", "class", "function", "async"})


@dataclass(slots=True)
class Module:
    """One module, taken apart.

    Attributes:
        name: its path from the root of all modules: "lib/core.js".
        needs: the modules it imports, in order.
        exports: what is exported; its name in the module, or in another one.
        handed_on: modules all of whose exports it exports too.
        code: its text, imports and exports replaced.
    """

    name: str
    needs: list[str] = field(default_factory=list)
    exports: dict[str, tuple[str, str]] = field(default_factory=dict)
    handed_on: list[str] = field(default_factory=list)
    code: str = ""

    @property
    def hands_on(self) -> bool:
        """Whether it does nothing else."""
        return not self.code.strip() and not self.handed_on and bool(self.exports)

    def function(self, *, entry: bool) -> str:
        """As an entry of the program's table."""
        parts = [f"...{_load(name)}" for name in self.handed_on]
        for outer, (module, inner) in self.exports.items():
            value = f"{_load(module)}.{inner}" if module else inner
            parts.append(outer if outer == value else f"{outer}:{value}")
        body = self.code.strip() + (f"\nreturn{{{','.join(parts)}}};" if parts else "")
        return f"{'async ' if entry else ''}{json.dumps(self.name)}(load){{\n{body}\n}}"


def gather(entries: Iterable[str], read: Callable[[str], str]) -> dict[str, Module]:
    """The modules that entries need, each behind those it needs.

    Args:
        entries: names of modules.
        read: the text of a module by its name.

    Raises:
        CoreError: a module uses what can't be moved, or modules import each other in a circle.
    """
    library = _Library(read)
    wanted: set[str] = set()
    waiting = list(entries)
    while waiting:
        module = library.module(waiting.pop())
        if module.name not in wanted:
            wanted.add(module.name)
            waiting += module.needs
    return {name: module for name, module in library.modules.items() if name in wanted}


class _Library:
    """Modules by name, each taken apart when it is first asked for."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self.read = read
        self.modules: dict[str, Module] = {}
        self.above: list[str] = []

    def module(self, name: str) -> Module:
        """A module; those it needs are taken apart before it."""
        if name in self.above:
            circle = " → ".join([*self.above[self.above.index(name) :], name])
            raise CoreError("modules import each other in a circle", where=circle)
        if name not in self.modules:
            self.above.append(name)
            try:
                self.modules[name] = _Mover(name, tokens(self.read(name)), self).moved()
            except ValueError as error:
                raise CoreError(str(error), where=name) from error
            self.above.pop()
        return self.modules[name]

    def origin(self, name: str, export: str) -> tuple[str, str]:
        """The module that really has an export, and its name there."""
        module = self.module(name)
        if export not in module.exports and not module.handed_on:
            raise ValueError(f"{name} has no export {export}")
        while module.hands_on:
            name, export = module.exports[export]
            module = self.module(name)
        return name, export


def program(modules: dict[str, Module], entries: Sequence[str]) -> str:
    """The program: a table of all modules, and `load`, which runs one when it is first needed.

    Raises:
        CoreError: a module imports an entry.
    """
    for module in modules.values():
        for entry in set(module.needs) & set(entries):
            raise CoreError(f"an entry can't be imported, but {module.name} does", where=entry)
    functions = ",\n".join(m.function(entry=name in entries) for name, m in modules.items())
    return (
        f"const modules={{\n{functions}\n}};\n"
        'const here={url:globalThis.location?.href??""};\n'
        "const made={};\n"
        "const load=(name)=>made[name]??=modules[name](load)??{};\n"
    )


def _load(name: str) -> str:
    """The expression that has a module's exports."""
    return f"load({json.dumps(name)})"


class _Mover:
    """Goes through the tokens of a module and replaces its imports and exports."""

    def __init__(self, name: str, found: Sequence[Token], library: _Library) -> None:
        self.module = Module(name)
        self.found = found
        self.library = library
        self.place = 0

    def moved(self) -> Module:
        """The module."""
        made: list[Token] = []
        last = ""
        while self.place < len(self.found):
            token = self.found[self.place]
            word = token.text if token.depth == 0 and last != "." else ""
            last = token.text if _counts(token) else last
            if word == "import" and self._following() not in {"(", "."}:
                made.append(Token("word", self._import(), 0))
            elif token.text == "import" and self._skip_meta():
                made.append(Token("word", "here", token.depth))
            elif word == "export":
                made.append(Token("word", self._export(), 0))
            else:
                made.append(token)
                self.place += 1
        self.module.code = compact(made)
        return self.module

    def _import(self) -> str:
        """`import … from '…';` as what loads it."""
        words = self._statement()
        address = self._name(words[-1])
        names = words[1:-2]
        if not names or names[0] == "*":
            self._need(address)
            return (f"const {names[2]}=" if names else "") + f"{_load(address)};"
        pairs = [("default", names[0])] if names[0] != "{" else []
        pairs += _pairs(names[names.index("{") + 1 :]) if "{" in names else []
        by_module: dict[str, list[str]] = {}
        for outer, local in pairs:
            module, inner = self.library.origin(address, outer)
            part = inner if inner == local else f"{inner}:{local}"
            by_module.setdefault(module, []).append(part)
            self._need(module)
        return "".join(f"const{{{','.join(p)}}}={_load(m)};" for m, p in by_module.items())

    def _export(self) -> str:
        """`export …` as what remains of it; what it exports is noted."""
        exports = self.module.exports
        kind = self._following()
        if kind == "default":
            self._skip(2)
            exports["default"] = "", "default_"
            return "const default_="
        if kind in DECLARATIONS:
            self._skip(1)
            name = self._declared()
            exports[name] = "", name
            return ""
        if kind not in {"{", "*"}:
            raise ValueError(f"'export {kind}' can't be moved: its value might change")
        words = self._statement()
        address = ""
        if "from" in words:
            address = self._name(words[-1])
            self._need(address)
        if kind == "*":
            self.module.handed_on.append(address)
            return ""
        for inner, outer in _pairs(words[2 : words.index("}") + 1]):
            exports[outer] = address, inner
        return ""

    def _declared(self) -> str:
        """The one name that the declaration here declares."""
        outside = [t.text for t in self.found[self.place :] if _counts(t) and t.depth == 0]
        ends = next((n for n, text in enumerate(outside) if text in {";", "export"}), None)
        name = next(text for text in outside if text not in DECLARATIONS | {"*"})
        if name in {"{", "["} or (outside[0] == "const" and "," in outside[:ends]):
            raise ValueError("an export declares several names: export each by itself")
        return name

    def _name(self, quoted: str) -> str:
        """The name of the module that a relative address means here."""
        address = quoted[1:-1]
        if not address.startswith("."):
            raise ValueError(f"it imports {address}, which is no file of ours")
        here = posixpath.dirname(self.module.name)
        return posixpath.normpath(posixpath.join(here, address))

    def _need(self, name: str) -> None:
        if name not in self.module.needs:
            self.module.needs.append(name)
        self.library.module(name)

    def _statement(self) -> list[str]:
        """The words of the import or export that begins here, which is passed over.

        It ends with the module's address, or with `}` where there is none.
        """
        words: list[str] = []
        while self.place < len(self.found):
            token = self.found[self.place]
            words += [token.text] if _counts(token) else []
            listed = token.text == "}" and words[0] == "export" and self._following() != "from"
            self.place += 1
            if token.kind == "string" or listed:
                break
        if self.place < len(self.found) and self.found[self.place].text == ";":
            self.place += 1
        return words

    def _following(self) -> str:
        """The next token that counts."""
        return next((t.text for t in self.found[self.place + 1 :] if _counts(t)), "")

    def _skip_meta(self) -> bool:
        """Passes over `import.meta`, if it is that."""
        ahead = [t.text for t in self.found[self.place : self.place + 3]]
        found = ahead == ["import", ".", "meta"]
        self.place += 3 if found else 0
        return found

    def _skip(self, count: int) -> None:
        """Passes over so many tokens that count, and the space behind them."""
        while count or not _counts(self.found[self.place]):
            count -= _counts(self.found[self.place])
            self.place += 1


def _pairs(words: Sequence[str]) -> list[tuple[str, str]]:
    """`a, b as c }` as [("a", "a"), ("b", "c")]."""
    pairs: list[tuple[str, str]] = []
    part: list[str] = []
    for word in words:
        if word not in {",", "}"}:
            part.append(word)
        elif part:
            pairs.append((part[0], part[-1]))
            part = []
    return pairs


def _counts(token: Token) -> bool:
    """Whether a token is more than space."""
    return token.kind not in {"space", "comment"}

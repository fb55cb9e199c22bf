"""Banned words, and the places in which they still occur.

    python tests/vocabulary.py            every hit: area, place, word, what to say
    python tests/vocabulary.py --write    writes the counts into tests/vocabulary.json

`docs/glossary.md` explains the words. A rule is a regular expression, so that ordinary English
passes; `ALLOWED` excuses single places, each with its reason.
"""

from __future__ import annotations

import ast
import html
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spritenet import errors

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "spritenet"
STATIC = PACKAGE / "web" / "static"
COUNTS = Path(__file__).with_suffix(".json")

PROSE = {
    r"\blearnt\b": "trained on, learned",
    r"\b(?:tried|tries) on\b|\btry (?:it|them|on)\b": "evaluated on",
    r"\bhow (?:far|many) an? (?:update|step)\b|\bhow far an\b": "learning rate",
    r"\bhow many (?:threads )?work at a time\b": "number of threads",
    r"\b(?:is|are|was|were|be|been|often) taken for\b(?! granted)": "predicted as",
    r"\b(?:takes?|took) (?:it|them|what|which|one|each) for\b": "predicted as",
    r"\bshares? of\b|\b(?:a|the|this|that|same|least|largest) share\b": "fraction",
    r"\bthere is no such\b|\bno such (?:layer|option|name)s? here\b": "unsupported, unknown",
    r"\b(?:doesn't|don't|does not|do not) exist here\b": "unsupported",
    r"\bstands? (?:instead|in place) of\b|\bmay stand in\b": "mutually exclusive",
    r"\bit must be said\b|\b(?:is|are|was|were|be) said\b": "required; reported",
    r"\bwhat (?:it|each|they|each layer|the layers?) makes?\b": "output",
    r"\b(?:an|each|every|one|per|single|next|last|\d[\d,]*) updates?\b": "step",
    r"\bupdates (?:done|so far|in all|as many|cut)\b": "steps",
    r"\boptimi[sz]er(?:'s|s'|s)? memory\b": "optimizer state",
    r"\bcallbacks' memory\b": "callback state",
    r"\bhow sure\b|\bas sure as\b|\bmay be sure\b": "confidence, calibration",
    r"\bdoubt\w*": "out-of-distribution, ambiguous, not sure",
    r"\bwatchers?\b": "OOD detector",
    r"\bstrangers?\b|\bstrangeness\b|\bstrange (?:ones?|pictures?|images?)\b": "outlier",
    r"\bpictures?\b": "image, PNG, figure",
    r"\b(?:is|are|was|were|be) told\b(?! apart)|\btold of\b": "reported, given",
    r"\bpass(?:es|ed|ing)? over\b": "skip, ignore",
    r"\bwhoever\b": "the caller, users, a program that",
    r"\bone's own\b": "your own",
    r"\banew\b": "again",
    r"\bthrice\b": "three times",
    r"\blikeliest\b": "most likely",
    r"\breckoned\b": "estimated, computed",
    r"\bby program\b": "synthetic",
    r"\bvouch\w*": "checked, hashed",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bmeetings? of (?:the )?(?:threads|team)\b": "barrier",
    r"\ba figure (?:for each|has|of a history|stops)\b": "metric",
    r"\bsomebody else's\b|\bnobody found out\b": "other programs'; absent",
    r"\bby itself alone\b|\bwithout a word\b": "silently",
    r"\bwhat is asked of\b|\bwhat was seen of\b": "commands; snapshots",
}

NAMES = frozenset(
    {
        "ahead",
        "beside",
        "doubt",
        "doubted",
        "doubter",
        "doubts",
        "habits",
        "inventions",
        "kept",
        "learnt",
        "looking",
        "opened",
        "pace",
        "picture",
        "pictures",
        "remarks",
        "share",
        "shares",
        "shown",
        "strange",
        "strangeness",
        "told",
        "watcher",
    }
)
"""Parts of public names: `read_picture` has two."""

MODULES = frozenset(
    {
        "ahead",
        "beside",
        "doubting",
        "ending",
        "fitting",
        "found",
        "given",
        "habits",
        "held",
        "instead",
        "inventions",
        "judging",
        "kept",
        "learnt",
        "located",
        "looking",
        "made",
        "mapped",
        "member",
        "opened",
        "pace",
        "remarks",
        "saved",
        "shown",
        "strange",
        "streamed",
        "taken",
        "told",
        "unused",
        "wanted",
    }
)
"""Names of modules that say nothing of what is inside."""

OPENINGS = re.compile(r"(?:What|How|Whose|Whether|Who|Where|Which)\b")

ALLOWED = {
    ("docs/glossary.md", ""): "names the banned words",
}
"""Places that may keep a word: (file, word; "" for all), and the reason."""

_PROSE = [(re.compile(rule, re.IGNORECASE), say) for rule, say in PROSE.items()]
_OTHERS = {"reference/cli.md": "docs/cli", "explanation/core.md": "docs/core"}
_OTHERS["how-to/extending.md"] = "docs/core"


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A banned word in its place."""

    area: str
    place: str
    word: str
    say: str


def prose(area: str, place: str, text: str) -> Iterator[Hit]:
    """The banned words of a text that people read."""
    for rule, say in _PROSE:
        for found in rule.finditer(text):
            yield Hit(area, place, found[0], say)


def in_docs() -> Iterator[Hit]:
    """The pages of docs/ and the root, without code."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for page in sorted(pages):
        text = page.read_text(encoding="utf-8")
        text = re.sub(r"```.*?```|`[^`\n]*`|\]\([^)]*\)", " ", text, flags=re.DOTALL)
        if page.name == "keras.md":  # its lists are texts of errors, written by a script
            text = text.partition("<!-- python")[0]
        docs = page.parent != ROOT
        area = _OTHERS.get(page.relative_to(ROOT / "docs").as_posix(), "docs") if docs else "root"
        yield from prose(area, page.relative_to(ROOT).as_posix(), text)


def area_of(path: Path) -> str:
    """The package of a module, one level deep; `spritenet` for those at the top."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else "spritenet"


def in_modules() -> Iterator[Hit]:
    """Names of modules, openings of docstrings, and texts of errors."""
    for path in sorted(PACKAGE.rglob("*.py")):
        area, place = area_of(path), path.relative_to(ROOT).as_posix()
        if path.stem in MODULES:
            yield Hit(area, place, path.stem, "the noun that is inside")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                opening = OPENINGS.match(ast.get_docstring(node) or "")
                if opening:
                    line = getattr(node, "lineno", 1)
                    yield Hit(area, f"{place}:{line}", opening[0], "a verb or a noun first")
            if isinstance(node, ast.Call) and _called(node) in errors.__all__:
                yield from prose(area, f"{place}:{node.lineno}", _literals(node))


def _called(node: ast.Call) -> str:
    """The name of what is called, without its module."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _literals(node: ast.AST) -> str:
    """All texts inside a node."""
    values = (child.value for child in ast.walk(node) if isinstance(child, ast.Constant))
    return " ".join(value for value in values if isinstance(value, str))


def in_public_names() -> Iterator[Hit]:
    """Names in `__all__`, and the public methods, properties and parameters of classes there."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        public = {
            name
            for node in tree.body
            if isinstance(node, ast.Assign) and _assigns_all(node)
            for name in _literals(node).split()
        }
        for node in tree.body:
            if getattr(node, "name", None) in public:
                for name in _names(node):
                    for word in NAMES & set(re.sub(r"([A-Z])", r"_\1", name).lower().split("_")):
                        place = f"{path.relative_to(ROOT).as_posix()}: {name}"
                        yield Hit(area_of(path), place, word, "see docs/glossary.md")


def _assigns_all(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)


def _names(node: ast.AST) -> set[str]:
    """A definition's own name and those that its users type."""
    found = {str(getattr(node, "name", ""))}
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef) and isinstance(node, ast.ClassDef):
            if not child.name.startswith("_") or child.name == "__init__":
                found |= _names(child)
        elif isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name):
            found.add(child.target.id)
        elif isinstance(child, ast.arguments):
            found |= {argument.arg for argument in (*child.args, *child.kwonlyargs)}
    return {name for name in found if not name.startswith("_")}


def in_help() -> Iterator[Hit]:
    """Help texts of every command and option."""
    import typer

    from spritenet.cli import application

    def walk(name: str, command: object) -> Iterator[Hit]:
        yield from prose("cli", f"{name} --help", str(getattr(command, "help", "") or ""))
        for parameter in getattr(command, "params", []):
            text = str(getattr(parameter, "help", "") or "")
            yield from prose("cli", f"{name} {parameter.name}", text)
        for child, below in getattr(command, "commands", {}).items():
            yield from walk(f"{name} {child}", below)

    yield from walk("spritenet", typer.main.get_command(application()))


def in_pages() -> Iterator[Hit]:
    """Texts of HTML pages, and texts in JavaScript that look like sentences."""
    for path in sorted([*STATIC.rglob("*.html"), *STATIC.rglob("*.js")]):
        if "vendor" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            text = re.sub(
                r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]+>", " ", text, flags=re.DOTALL
            )
            text = html.unescape(text)
        else:
            text = re.sub(r"/\*.*?\*/|^\s*//.*$", " ", text, flags=re.DOTALL | re.MULTILINE)
            quoted = re.findall(r"'(?:[^'\\\n]|\\.)*'|`[^`]*`|\"[^\"\n]*\"", text)
            text = "\n".join(part for part in quoted if re.search(r"[A-Za-z]{2} [A-Za-z]", part))
        folder = path.relative_to(STATIC).parts[0]
        yield from prose(f"pages/{folder}", path.relative_to(ROOT).as_posix(), text)


def hits() -> list[Hit]:
    """Every banned word that is left and not allowed."""
    everything = [*in_docs(), *in_modules(), *in_public_names(), *in_help(), *in_pages()]

    def allowed(hit: Hit) -> bool:
        file = re.split(r"[: ]", hit.place)[0]
        return (file, "") in ALLOWED or (file, hit.word.lower()) in ALLOWED

    return sorted(hit for hit in everything if not allowed(hit))


def counts(found: list[Hit]) -> dict[str, int]:
    """Returns the number of hits in each area."""
    return dict(sorted(Counter(hit.area for hit in found).items()))


if __name__ == "__main__":
    left = hits()
    if "--write" in sys.argv:
        COUNTS.write_text(json.dumps(counts(left), indent=2) + "\n", encoding="utf-8")
    else:
        for hit in left:
            sys.stdout.write(f"{hit.area}: {hit.place}: {hit.word!r}: say {hit.say}\n")
    sys.stderr.write(f"{len(left)} left\n")

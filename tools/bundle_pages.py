"""Builds the exported pages: HTML files that hold pages with their styles and their program.

    python tools/bundle_pages.py              into src/spritenet/web/static/export
    python tools/bundle_pages.py --out DIR    elsewhere, to compare

esbuild joins the modules into one script, and the style sheets into one. The page that is small
leaves out modules, methods and rows that it never needs (`LEFT_OUT`, `LEFT_METHODS`, `KEPT_ROWS`),
and reads models only as Spritenet writes them (`REPLACED`). The built files are committed, so that
`spritenet export` needs no Node.js and only fills in the model; a test builds them again and
compares every byte. esbuild's version is pinned in tests/node/package.json.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import posixpath
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "src" / "spritenet" / "web" / "static"
ESBUILD = ROOT / "tests" / "node" / "node_modules" / ".bin" / "esbuild"

LEFT_OUT = {
    "draw.html": (
        "address.js",  # its files lie inside it
        "augmentation.js",
        "calibration.js",
        "class-weight.js",
        "download.js",
        "label-metrics.js",
        "metrics.js",  # accuracy is the only one of what it teaches
        "new-network.js",  # its network is in a file
        "optimizer-state.js",
        "schedules.js",  # its learning rate is a function
        "shared-memory.js",
        "sprite-labels.js",  # examples are in the page with the lab
        "sprite.js",
        "stored.js",
        "team.js",
        "unzip.js",
    )
}
"""Modules of the library that a page never calls: a stub of each takes its place."""

REPLACED = {
    "draw.html": {
        "files.js": "own-files.js",
        "layers.js": "own-layers.js",
        "manifest.js": "own-manifest.js",
        "topology-graph.js": "own-graph.js",
    }
}
"""Modules of the library, and those of export/ that do as much of their work as a page needs."""

KEPT_ROWS = {"draw.html": {"optimizer-table.js": ("Adam",)}}
"""Rows of the library's tables that a page needs: the others are left out."""

LEFT_METHODS = {
    "draw.html": {
        "core.js": ("load", "loadInt8", "loadGlyphs", "loadThreads"),
        "model.js": (
            "create",
            "weights",
            "setTrainable",
            "calibrate",
            "tuneThresholds",
            "examine",
            "pause",
            "resume",
            "setLearningRate",
        ),
    }
}
"""Methods of the library's classes that a page never calls."""

ROW = re.compile(r"^  (\w+): \{\n.*?^  \},\n", re.MULTILINE | re.DOTALL)
METHOD = r"^  (?:(?:static|async|get) )*{name}\([^\n]*\{{\n.*?^  \}}\n"
STUB = """export function {name}() {{
  throw new Error('{file} is not in this page');
}}
"""
EXPORTED = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.MULTILINE)

PAGES = {"draw.html": ("draw",), "draw-lab.html": ("draw", "lab"), "collect.html": ("collect",)}
"""Built files, and the pages inside them; each file's program is the .js beside it."""

COMMON = ("--minify", "--charset=utf8", "--log-level=warning")
PROGRAM = (
    "--bundle",
    "--format=iife",  # a page opened from disk can't start a module as a worker
    "--target=es2022",
    "--legal-comments=none",  # the page's first comment holds the licence
    "--define:import.meta.url=globalThis.location.href",  # what addresses are relative to
)

NOTICE = "Made with Spritenet {{VERSION}}, Apache-2.0. It holds all it needs, and asks nobody."
PAGE = """\
<!doctype html>
<!-- {notice} -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:image/svg+xml;base64,{icon}">
<title>{title}</title>
<style>{styles}</style>
</head>
<body>
{templates}
{{{{FILES}}}}
<script id="program">{program}</script>
{{{{DATA}}}}
</body>
</html>
"""
POLICY = (
    "default-src 'none'; script-src '{program}' 'wasm-unsafe-eval'; style-src '{styles}'; "
    "img-src data: blob:; worker-src blob:; base-uri 'none'; form-action 'none'"
)
"""Only this script and these styles run, and nothing is requested from anywhere."""

VIDEOS = "; media-src blob:"
"""For the page that takes images out of video files."""


def build(out: Path) -> list[Path]:
    """Writes the pages into a folder, and returns their paths."""
    return [_write(out / file, _page(file, pages)) for file, pages in PAGES.items()]


def _page(file: str, names: tuple[str, ...]) -> str:
    """Returns an exported page, with slots for the version, the model's files and the data."""
    sources = {name: (STATIC / name / "index.html").read_text(encoding="utf-8") for name in names}
    titles = {name: _between(source, "<title>", "</title>") for name, source in sources.items()}
    program = _program(file)
    styles = _styles(sources)
    policy = POLICY.format(program=_digest(program), styles=_digest(styles))
    notice = NOTICE
    if "lab" in names:
        licence = (STATIC / "vendor" / "uplot-LICENSE").read_text(encoding="utf-8").strip()
        notice += f"\n\nIt holds uPlot:\n\n{licence}"
    for text, end in ((program, "</script"), (styles, "</style")):
        if end in text.lower() or "<!--" in text:
            sys.exit(f"{file}: its text would end the element that holds it.")
    return PAGE.format(
        notice=notice,
        policy=policy + VIDEOS if "collect" in names else policy,
        icon=base64.b64encode((STATIC / "ui" / "icon.svg").read_bytes()).decode(),
        title=titles[names[0]],
        styles=styles,
        program=program,
        templates="\n".join(
            f'<template id="{name}" title="{titles[name]}">\n{_body(source)}\n</template>'
            for name, source in sources.items()
        ),
    )


def _program(file: str) -> str:
    """Returns the program of a page, without the modules that it never calls."""
    entry = f"export/{file.removesuffix('.html')}.js"
    if file not in LEFT_OUT:
        return _esbuild(*PROGRAM, str(STATIC / entry))
    with tempfile.TemporaryDirectory(prefix="spritenet-pages-") as scratch:
        sources(file, Path(scratch))
        return _esbuild(*PROGRAM, str(Path(scratch, entry)))


def sources(file: str, out: Path) -> None:
    """Writes the modules of a page into a folder, as far as it needs them."""
    for path in STATIC.rglob("*.js"):
        copy = out / path.relative_to(STATIC)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    lib = out / "lib"
    for name in LEFT_OUT[file]:
        (lib / name).write_text(_stubs(lib / name), encoding="utf-8")
    for name, own in REPLACED[file].items():
        stubs = _stubs(lib / name, but=out / "export" / own)
        text = f"export * from '../export/{own}';\n{stubs}"
        (lib / name).write_text(text, encoding="utf-8")
    for name, rows in KEPT_ROWS[file].items():
        text = (lib / name).read_text(encoding="utf-8")
        for row in ROW.finditer(text):
            if row[1] not in rows:
                text = text.replace(row[0], "")
        (lib / name).write_text(text, encoding="utf-8")
    for name, methods in LEFT_METHODS[file].items():
        text = (lib / name).read_text(encoding="utf-8")
        for method in methods:
            pattern = re.compile(METHOD.format(name=method), re.MULTILINE | re.DOTALL)
            text, count = pattern.subn("", text)
            if count != 1:
                sys.exit(f"{name} has {count} methods {method}.")
        (lib / name).write_text(text, encoding="utf-8")


def _stubs(module: Path, *, but: Path | None = None) -> str:
    """Returns functions in place of what a module exports, but for what another one does."""
    names = EXPORTED.findall(module.read_text(encoding="utf-8"))
    given = EXPORTED.findall(but.read_text(encoding="utf-8")) if but else ()
    return "".join(STUB.format(name=name, file=module.name) for name in names if name not in given)


def _styles(sources: dict[str, str]) -> str:
    """Returns the style sheets that the pages link to, each once, as one."""
    files = {
        posixpath.normpath(f"{name}/{address}"): None
        for name, source in sources.items()
        for address in re.findall(r'<link rel="stylesheet" href="([^"]+)">', source)
    }
    if len(sources) > 1:
        files["export/export.css"] = None
    text = "\n".join((STATIC / file).read_text(encoding="utf-8") for file in files)
    return _esbuild("--loader=css", text=text)


def _body(source: str) -> str:
    """Returns what is inside a page's body, without indentation."""
    lines = (line.strip() for line in _between(source, "<body>", "</body>").splitlines())
    return "\n".join(line for line in lines if line)


def _between(text: str, start: str, end: str) -> str:
    """Returns the text between the first `start` and the last `end`."""
    return text.partition(start)[2].rpartition(end)[0].strip()


def _esbuild(*options: str, text: str | None = None) -> str:
    """Returns what esbuild makes of a file, or of a text."""
    if not ESBUILD.exists():
        sys.exit("esbuild is missing. Type: npm ci --prefix tests/node")
    done = subprocess.run(
        [ESBUILD, *COMMON, *options], input=text, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode or done.stderr:
        sys.exit(done.stderr.strip())
    return done.stdout.strip()


def _digest(text: str) -> str:
    """Returns the hash by which a content security policy allows an inline script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _write(path: Path, text: str) -> Path:
    """Writes a file beside and renames it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    return beside.replace(path)


def main() -> None:
    """Builds, and prints each file's size."""
    parser = argparse.ArgumentParser(description="Builds the exported pages with esbuild.")
    parser.add_argument("--out", type=Path, default=STATIC / "export")
    for path in build(parser.parse_args().out):
        print(f"{path}  {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()

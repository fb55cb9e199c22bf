"""Builds the npm package: the JavaScript library, its types, and one minified file.

    python tools/build_npm.py              into build/npm, and packs build/npm/spritenet-X.Y.Z.tgz
    python tools/build_npm.py --out DIR    elsewhere

The modules are those that Python serves to its pages, as they are; TypeScript writes their
declarations from their JSDoc, and esbuild joins them into spritenet.min.js. `package.json` and
README.md are in js/. The versions of the tools are pinned in tests/node/package.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "src" / "spritenet" / "web" / "static" / "lib"
PAGE_CORE = "core-page.wasm"  # for exported pages alone
PACKAGE = ROOT / "js"
NODE = ROOT / "tests" / "node"
TOOLS = NODE / "node_modules"

DECLARATIONS = ("--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--newLine", "lf")
MINIFIED = (
    "--bundle",
    "--format=esm",
    "--target=es2022",
    "--minify",
    "--charset=utf8",
    "--keep-names",  # an error's class is told by its name
    "--log-level=warning",
)


def build(out: Path) -> Path:
    """Writes the package's folder, and packs it.

    Returns:
        The path of the .tgz file.
    """
    if not (TOOLS / "typescript").exists():
        sys.exit("TypeScript is missing. Type: npm ci --prefix tests/node")
    shutil.rmtree(out, ignore_errors=True)
    lib = out / "lib"
    lib.mkdir(parents=True)
    for path in LIBRARY.iterdir():
        if path.name != PAGE_CORE:
            shutil.copy(path, lib)
    for path in (PACKAGE / "package.json", PACKAGE / "README.md", ROOT / "LICENSE"):
        shutil.copy(path, out)
    _declare(lib)
    _run(TOOLS / ".bin" / "esbuild", *MINIFIED, LIBRARY / "index.js", f"--outfile={lib / BUNDLE}")
    text = _run("npm", "pack", "--json", "--ignore-scripts", cwd=out)
    return out / str(json.loads(text)[0]["filename"])


BUNDLE = "spritenet.min.js"


def _declare(lib: Path) -> None:
    """Writes a .d.ts beside each module."""
    config = lib / "tsconfig.json"
    config.write_text(
        json.dumps(
            {
                "extends": str(NODE / "tsconfig.json"),
                "compilerOptions": {"typeRoots": [str(TOOLS / "@types")]},
                "include": [],
                "files": ["index.js", "worker.js"],
            }
        ),
        encoding="utf-8",
    )
    _run(TOOLS / ".bin" / "tsc", "-p", config, *DECLARATIONS, "--outDir", lib)
    config.unlink()


def _run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Returns what a command printed; ends with its complaint if it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


def main() -> None:
    """Builds, and prints the file's size."""
    parser = argparse.ArgumentParser(description="Builds the npm package.")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "npm")
    path = build(parser.parse_args().out.resolve())
    print(f"{path}  {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()

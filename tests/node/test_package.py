"""The npm package: its content, its size, its types, and the examples of its README in Node.js."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import spritenet
from npm_package import README, ROOT, TOOLS, blocks, run

LIBRARY = ROOT / "src" / "spritenet" / "web" / "static" / "lib"
BUDGET = {
    "packed": 655_000,
    "minified, gzipped": 74_000,
}  # bytes; the cores are 75 kB gzipped each, the weights for few images 60 kB


def package(project: Path) -> Path:
    """The installed package."""
    return project / "node_modules" / "spritenet"


def test_it_holds_the_library_its_types_and_nothing_else(npm_project: Path) -> None:
    """Each module as Python serves it, but the core of pages; declarations; README, licence."""
    folder = package(npm_project)
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    served = {f"lib/{path.name}" for path in LIBRARY.iterdir()} - {"lib/core-page.wasm"}
    types = {name for name in files if name.endswith(".d.ts")}
    assert files - types == served | {
        "LICENSE",
        "README.md",
        "package.json",
        "lib/spritenet.min.js",
    }
    assert {name.removesuffix(".d.ts") + ".js" for name in types} <= served
    assert {"lib/index.d.ts", "lib/worker.d.ts"} <= types
    for name in served:
        assert (folder / name).read_bytes() == (LIBRARY / Path(name).name).read_bytes()
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_its_size_is_within_the_budget(npm_project: Path) -> None:
    """Of what npm downloads, and of what a page does that takes the one file."""
    (tarball,) = (npm_project.parent / "npm").glob("*.tgz")
    minified = (package(npm_project) / "lib" / "spritenet.min.js").read_bytes()
    sizes = {
        "packed": tarball.stat().st_size,
        "minified, gzipped": len(gzip.compress(minified, 9, mtime=0)),
    }
    assert {name: size for name, size in sizes.items() if size > BUDGET[name]} == {}


def test_what_it_exports_is_there(npm_project: Path) -> None:
    """Every path of `exports`; a bundler and Node.js find nothing else."""
    folder = package(npm_project)
    exports = json.loads((folder / "package.json").read_text(encoding="utf-8"))["exports"]
    paths = [
        path
        for entry in exports.values()
        for path in (entry.values() if isinstance(entry, dict) else [entry])
    ]
    assert [path for path in paths if not (folder / path).is_file()] == []
    script = "import('spritenet/lib/model.js').catch((error) => console.log(error.code))"
    assert run("node", "-e", script, cwd=npm_project).strip() == "ERR_PACKAGE_PATH_NOT_EXPORTED"


def test_the_examples_run_in_node(npm_project: Path) -> None:
    """Each of README's as a module of its own: a training that learns, a model read and written."""
    printed = []
    examples = [text for text in blocks("js") if "main.js" not in text]
    for number, text in enumerate(examples):
        path = npm_project / f"example_{number}.js"
        path.write_text(text, encoding="utf-8")
        printed.append(run("node", path, cwd=npm_project))
    train, load, save = printed
    loss, accuracy = (float(number) for number in re.findall(r"[\d.]+$", train, re.MULTILINE))
    assert loss < 1.5
    assert accuracy > 0.5
    assert re.match(r"\d [\d.]+", load)
    assert save == ""
    before = (npm_project / "digits" / "weights.bin").read_bytes()
    assert (npm_project / "weights.bin").read_bytes() == before


def test_the_one_file_computes_the_same(npm_project: Path) -> None:
    """The minified build's probabilities are those of the modules, bit for bit."""
    script = """
      const outputs = [];
      for (const name of ['spritenet', 'spritenet/spritenet.min.js']) {
        const { Model } = await import(name);
        const model = await Model.load('digits');
        outputs.push(model.predict(new Uint8Array(784).map((_, i) => i % 251)));
      }
      console.log(outputs.map((values) => Buffer.from(values.buffer).toString('hex')).join(' '));
    """
    (npm_project / "both.js").write_text(script, encoding="utf-8")
    modules, minified = run("node", "both.js", cwd=npm_project).split()
    assert modules == minified
    assert len(modules) == 80


def test_a_missing_file_is_one_line(npm_project: Path) -> None:
    """A path that isn't there, of a model and of a sprite."""
    script = """
      const { Model, SpriteData } = await import('spritenet');
      for (const load of [() => Model.load('nothing'), () => SpriteData.load('nothing.png')]) {
        await load().catch(({ name, message }) => console.log(name, message));
      }
    """
    (npm_project / "missing.js").write_text(script, encoding="utf-8")
    model, sprite = run("node", "missing.js", cwd=npm_project).strip().splitlines()
    assert re.match(r"ModelError file://.*/nothing/model.json: it can't be read.*ENOENT", model)
    assert re.match(r"DataError nothing.png: it can't be read.*ENOENT", sprite)


def test_typescript_takes_its_types(npm_project: Path) -> None:
    """README's TypeScript, with all declarations of the package checked, and none of Node.js."""
    wrong = "import { Model } from 'spritenet';\nvoid Model.create({ inputShape: 'wide' });\n"
    (npm_project / "right.ts").write_text("\n".join(blocks("ts")), encoding="utf-8")
    (npm_project / "wrong.ts").write_text(wrong, encoding="utf-8")
    options = {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "esnext",
        "moduleResolution": "bundler",
        "lib": ["es2022", "dom", "dom.iterable"],
        "types": [],
        "skipLibCheck": False,
        "skipDefaultLibCheck": True,
    }
    config = {"compilerOptions": options, "files": ["right.ts", "wrong.ts"]}
    (npm_project / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    compiler = TOOLS / "typescript" / "bin" / "tsc"
    script = f"try {{ require('child_process').execFileSync('node', [{str(compiler)!r}]) }} "
    script += "catch (error) { console.log(String(error.stdout)) }"
    printed = run("node", "--input-type=commonjs", "-e", script, cwd=npm_project).strip()
    assert re.fullmatch(r"wrong\.ts\(2,\d+\): error TS2322: .*", printed)


def test_its_version_is_the_projects() -> None:
    """package.json's is the Python package's, and README has its name."""
    described = json.loads((ROOT / "js" / "package.json").read_text(encoding="utf-8"))
    assert described["version"] == spritenet.__version__
    assert README.read_text(encoding="utf-8").startswith(f"# {described['name']}\n")

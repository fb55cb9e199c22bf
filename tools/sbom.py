"""The software bill of materials: what a wheel contains and needs, as CycloneDX 1.6 in JSON.

    python tools/sbom.py > spritenet.cdx.json

The packages are those of the base, at the versions and with the hashes of requirements/run.txt; the
script that is kept in the repository, uPlot, stands beside them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BUILD = (
    "ziglang",
    "hatchling",
    "editables",
    "pathspec",
    "trove-classifiers",
    "pluggy",
    "packaging",
    "tomlkit",
)
"""Pins of run.txt that build the core and are in no wheel."""


def version() -> str:
    """The version of the package."""
    text = (ROOT / "src" / "spritenet" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if found is None:
        sys.exit("src/spritenet/__init__.py: there is no __version__")
    return found[1]


def uplot() -> dict[str, Any]:
    """The component for the chart library in web/static/vendor."""
    vendor = ROOT / "src" / "spritenet" / "web" / "static" / "vendor"
    head = (vendor / "uplot.js").read_text(encoding="utf-8")[:2000]
    found = re.search(r"v(\d+\.\d+\.\d+)", head)
    number = found[1] if found else ""
    return {
        "type": "library",
        "bom-ref": f"pkg:npm/uplot@{number}",
        "name": "uplot",
        "version": number,
        "purl": f"pkg:npm/uplot@{number}",
        "licenses": [{"license": {"id": "MIT"}}],
    }


def locked() -> str:
    """run.txt's text without what only builds."""
    text = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9._-]+==)", text)
    kept = [block for block in blocks if block.partition("==")[0].lower() not in BUILD]
    return "\n".join(kept) + "\n"


def written() -> str:
    """The bill, the same text for the same versions."""
    with tempfile.TemporaryDirectory() as folder:
        lock, project = Path(folder) / "run.txt", Path(folder) / "pyproject.toml"
        lock.write_text(locked(), encoding="utf-8")
        table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        project.write_text(
            f'[project]\nname = "{table["name"]}"\nversion = "{version()}"\n'
            f"description = {json.dumps(table['description'])}\n"
            f'license = "{table["license"]}"\n',
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "cyclonedx_py", "requirements", str(lock)]
        command += ["--pyproject", str(project), "--mc-type", "library", "--of", "JSON"]
        command += ["--sv", "1.6", "--output-reproducible"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.strip())
    bill = json.loads(done.stdout)
    chart = uplot()
    bill["components"].append(chart)
    bill.setdefault("dependencies", []).append({"ref": chart["bom-ref"]})
    return json.dumps(bill, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    print(written(), end="")

"""Builds everything that a release publishes, into dist/: `make release`.

    python tools/release.py                             all platforms, each built twice
    python tools/release.py --platform windows-x86_64   one of them
    python tools/release.py --once                      without the second build

The source archive, one wheel for each platform of hatch_build.py, the npm package's tarball, a
software bill of materials (CycloneDX), and SHA256SUMS. One machine builds all of them, as the
compiler knows every platform. The wheels are built from the unpacked source archive, twice, in
different folders: the same bytes must come out. Then they are checked: release_checks.py.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import release_checks
import sbom

ROOT = Path(__file__).resolve().parents[1]
NPM = ROOT / "tools" / "build_npm.py"


class ReleaseError(Exception):
    """A part can't be built, or isn't what it must be; the text is what a person should read."""


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> None:
    """Runs a command in a folder.

    Raises:
        ReleaseError: it failed; with the last lines of what it said.
    """
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise ReleaseError(f"{' '.join(map(str, command))}: failed\n{said}")


def only(folder: Path, pattern: str) -> Path:
    """The one file of that pattern.

    Raises:
        ReleaseError: there is none, or more than one.
    """
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise ReleaseError(f"{folder}: expected one {pattern}, got {len(found)}")
    return found[0]


def hatchling(source: Path, out: Path, target: str, **environment: str) -> Path:
    """Builds the source archive or a wheel of a source folder, as pip would."""
    out.mkdir(parents=True)
    run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", out], source, **environment
    )
    return only(out, "*.whl" if target == "wheel" else "*.tar.gz")


def unpacked(archive: Path, folder: Path) -> Path:
    """The source archive's folder, unpacked in another."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return source


def built_wheel(archive: Path, platform: str, folder: Path) -> Path:
    """A platform's wheel, built from the source archive alone in a folder of its own."""
    cache = str(ROOT / "build" / "zig")  # C libraries, compiled once
    return hatchling(
        unpacked(archive, folder / "source"),
        folder / "wheel",
        "wheel",
        SPRITENET_PLATFORM=platform,
        ZIG_GLOBAL_CACHE_DIR=cache,
        ZIG_LOCAL_CACHE_DIR=str(folder / "cache"),  # each build compiles the core itself
        SOURCE_DATE_EPOCH="1577836800",
    )


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def same_bytes(first: Path, second: Path) -> None:
    """Compares two builds.

    Raises:
        ReleaseError: they differ; names the first member that does.
    """
    if digest(first) != digest(second):
        where = release_checks.first_difference(first, second)
        raise ReleaseError(f"{first.name}: a second build gives other bytes, in {where}")


def release(platforms: Sequence[str], out: Path, *, twice: bool = True) -> list[Path]:
    """Builds, compares and checks all parts.

    Args:
        platforms: names of hatch_build.PLATFORMS.
        out: the folder they are put into; replaced if all went well.
        twice: build all but the npm package a second time and compare.

    Returns:
        The files, in `out`.

    Raises:
        ReleaseError: something can't be built, or differs.
        release_checks.CheckError: a part isn't what its name promises.
    """
    with tempfile.TemporaryDirectory(prefix="spritenet-release-") as scratch:
        work = Path(scratch)
        done = work / "done"
        done.mkdir()
        archive = hatchling(ROOT, work / "sdist", "sdist", SOURCE_DATE_EPOCH="1577836800")
        if twice:
            same_bytes(
                archive,
                hatchling(ROOT, work / "sdist-2", "sdist", SOURCE_DATE_EPOCH="1577836800"),
            )
        shutil.copy2(archive, done)
        print(f"{archive.name}: {archive.stat().st_size / 1e6:.2f} MB", flush=True)
        for platform in platforms:
            wheel = built_wheel(archive, platform, work / platform)
            if twice:
                same_bytes(wheel, built_wheel(archive, platform, work / f"{platform}-2"))
            said = release_checks.check_wheel(wheel, platform)
            shutil.copy2(wheel, done)
            print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB; {said}", flush=True)
        run([sys.executable, "-m", "twine", "check", "--strict", *sorted(done.iterdir())], ROOT)
        if NPM.exists() and shutil.which("npm"):
            run([sys.executable, NPM, "--out", work / "npm"], ROOT)
            shutil.copy2(only(work / "npm", "*.tgz"), done)
        else:
            print("The npm package is left out: Node.js is missing.")
        (done / "spritenet.cdx.json").write_text(sbom.written(), encoding="utf-8")
        files = sorted(done.iterdir())
        sums = "".join(f"{digest(file)}  {file.name}\n" for file in files)
        (done / "SHA256SUMS").write_text(sums, encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        shutil.move(done, out)
    return sorted(out.iterdir())


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    known = release_checks.PLATFORMS
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--platform", action="append", choices=known, help="one of them (all)")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="the folder (dist)")
    parser.add_argument("--once", action="store_true", help="don't build twice to compare")
    options = parser.parse_args(arguments)
    try:
        release(options.platform or list(known), options.out, twice=not options.once)
    except (ReleaseError, release_checks.CheckError) as error:
        sys.exit(str(error))
    print(f"{options.out}: SHA256SUMS, spritenet.cdx.json. macOS's wheels were never run.")


if __name__ == "__main__":
    main()

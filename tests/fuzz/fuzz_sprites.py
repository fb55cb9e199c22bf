"""The coverage-guided fuzzer of whatever reads pictures: `make fuzz`.

    python tests/fuzz/fuzz_sprites.py -max_total_time=600 NEW tests/fuzz/corpus

Arguments are libFuzzer's. What is new goes into the first folder; an input that breaks a promise
into a file `crash-…`, which belongs into the corpus once it is mended.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))
with atheris.instrument_imports(include=["spritenet.sprites", "spritenet.sources"]):
    from fuzz_input import one_input
    from spritenet.sources import png_rows as foreign  # noqa: F401 - instrumented before it is needed


def main() -> None:
    """Run until the options or a broken promise end it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.png"
        atheris.Setup(sys.argv, lambda data: one_input(data, path))
        atheris.Fuzz()


if __name__ == "__main__":
    main()

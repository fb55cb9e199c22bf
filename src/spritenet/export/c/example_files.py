"""The files beside a model's C code: an example, an Arduino sketch, what describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.export.c.literals import literal, wrapped
from spritenet.export.c.source import Source
from spritenet.layers import ImageShape

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["example_code", "library_properties", "readme", "sketch"]

_EXAMPLE = """\
/* Classifies one image, and compares the outputs with those that Python computed for it:

   cc -std=c99 -O2 -Isrc example.c src/model.c{link} -o example && ./example */
#include <stdio.h>

#include "model.h"

static const uint8_t image[MODEL_HEIGHT * MODEL_WIDTH * MODEL_CHANNELS] = {{
{pixels}}};

static const model_output expected[MODEL_OUTPUTS] = {{
{outputs}}};

static model_arena arena;

int main(void) {{
  model_output outputs[MODEL_OUTPUTS];
  model_predict(image, outputs, &arena);
{before}  for (int i = 0; i < MODEL_OUTPUTS; ++i) {{
    printf("%4d  {number}  (Python: {number})\\n", i, ({type})outputs[i], ({type})expected[i]);
{compare}  }}
  printf("class {format}\\n", {answer});
  return {result};
}}
"""

_SKETCH = """\
// Classifies one image again and again, and prints its class and how long that took.
#include <model.h>

static const uint8_t image[MODEL_HEIGHT * MODEL_WIDTH * MODEL_CHANNELS] = {{
{pixels}}};

static model_arena arena;

void setup() {{
  Serial.begin(115200);
}}

void loop() {{
  model_output outputs[MODEL_OUTPUTS];
  const unsigned long start = micros();
  model_predict(image, outputs, &arena);
  const unsigned long microseconds = micros() - start;
  Serial.print("class ");
  Serial.print({answer});
  Serial.print(", ");
  Serial.print(microseconds);
  Serial.println(" microseconds");
  delay(1000);
}}
"""


def _link(*, uses_math: bool) -> str:
    """The argument that links the functions of math.h, if they are called."""
    return " -lm" if uses_math else ""


def _answer(class_names: Sequence[str]) -> tuple[str, str]:
    """The format of `printf` for the class, and the expression."""
    if class_names:
        return "%s", "model_class_names[model_class(outputs)]"
    return "%d", "(int)model_class(outputs)"


def example_code(
    pixels: NDArray[np.uint8],
    outputs: NDArray[Any],
    class_names: Sequence[str],
    *,
    uses_math: bool,
) -> str:
    """Returns example.c. In int8 it ends with 1 if an integer differs.

    Args:
        pixels: h × w × c.
        outputs: of the network for them.
        class_names: a name for each output, or none.
        uses_math: the code calls functions of math.h.
    """
    form, answer = _answer(class_names)
    is_exact = outputs.dtype.kind != "f"
    return _EXAMPLE.format(
        link=_link(uses_math=uses_math),
        before="  int differs = 0;\n" if is_exact else "",
        compare="    differs |= outputs[i] != expected[i];\n" if is_exact else "",
        result="differs" if is_exact else "0",
        pixels=wrapped(map(literal, pixels.ravel())),
        outputs=wrapped(map(literal, outputs.ravel())),
        format=form,
        number="%.6f" if outputs.dtype.kind == "f" else "%d",
        type="double" if outputs.dtype.kind == "f" else "int",
        answer=answer,
    )


def sketch(pixels: NDArray[np.uint8], class_names: Sequence[str]) -> str:
    """Returns the Arduino sketch; see `example_code`."""
    return _SKETCH.format(
        pixels=wrapped(map(literal, pixels.ravel())), answer=_answer(class_names)[1]
    )


def library_properties(name: str, version: str) -> str:
    """Returns the description by which the Arduino IDE knows the library."""
    entries = {
        "name": name,
        "version": version,
        "author": "Spritenet",
        "maintainer": "Spritenet",
        "sentence": "An image classifier in C.",
        "paragraph": "Trained with Spritenet. No heap, no other library.",
        "category": "Data Processing",
        "url": "",
        "architectures": "*",
        "includes": "model.h",
    }
    return "".join(f"{key}={value}\n" for key, value in entries.items())


def readme(name: str, source: Source, image_shape: ImageShape) -> str:
    """Returns README.md: ten lines on the files, their use and their needs."""
    size = " × ".join(map(str, image_shape))
    math = "It calls functions of math.h (link with -lm)." if source.uses_math else "No library."
    link = _link(uses_math=source.uses_math)
    return f"""\
# {name}: a model in C

`src/model.h`, `src/model.c`: C99, {source.precision}, without a heap. {math}
Weights: {source.constant_bytes:,} bytes. Images: {size} bytes.
Working memory: {source.arena_bytes:,} bytes (`MODEL_ARENA_BYTES`).

- Try it: `cc -std=c99 -O2 -Isrc example.c src/model.c{link} -o example && ./example`
- Call `model_predict(image, outputs, &arena)` with a `static model_arena arena`.
- `model_class(outputs)` is the class.
- Images of any size: `model_prepare(pixels, height, width, channels, image)` before.
- Arduino: copy this folder into `libraries`; the sketch is under File → Examples → {name}.
"""

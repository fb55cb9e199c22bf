"""model.h: the sizes of a model in C, and its functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spritenet.export.c.dialect import Dialect
from spritenet.export.c.literals import literal
from spritenet.layers import ImageShape
from spritenet.prepare import Preparation

__all__ = ["OutputScale", "header_text"]


@dataclass(frozen=True, slots=True)
class OutputScale:
    """The meaning of integer outputs.

    Attributes:
        scale: of a step.
        zero_point: the integer that stands for 0.
        activation: the function of the numbers that C leaves out, or "linear".
    """

    scale: float
    zero_point: int
    activation: str


_START = """\
/* {title} */
#ifndef MODEL_H
#define MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

/* An image: rows from the top, in a row its pixels, of a pixel its channels, 0 to 255. */
#define MODEL_HEIGHT {height}
#define MODEL_WIDTH {width}
#define MODEL_CHANNELS {channels}
#define MODEL_OUTPUTS {outputs}

/* The working memory of model_predict, in bytes; nothing in it needs to be kept. */
#define MODEL_ARENA_BYTES {bytes}

typedef {arena} model_arena;

typedef {output} model_output;

/* Computes the outputs for one image. */
void model_predict(const uint8_t* image, model_output* outputs, model_arena* arena);

/* Returns the index of the largest output. */
int32_t model_class(const model_output* outputs);
"""

_ARENAS = {
    "float32": "struct {\n  float values[MODEL_ARENA_BYTES / 4];\n}",
    "int8": "union {\n  int8_t values[MODEL_ARENA_BYTES];\n  int32_t aligned;\n}",
}

_SCALE = """
/* An output q stands for the number MODEL_OUTPUT_SCALE * (q - MODEL_OUTPUT_ZERO){function}. */
#define MODEL_OUTPUT_SCALE {scale}
#define MODEL_OUTPUT_ZERO {zero}
"""

_NAMES = """
/* The name of each class, in UTF-8. */
extern const char* const model_class_names[MODEL_OUTPUTS];
"""

_THRESHOLDS = """
/* Several classes may be present: those whose output is at least the threshold. */
extern const {type} model_thresholds[MODEL_OUTPUTS];
"""

_PREPARE = """
/* Converts an image of any size to the input of model_predict: mode "{mode}".

   pixels: height × width × channels, 0 to 255; 1 (grey), 3 (red, green, blue) or 4 (and opacity).
   input: MODEL_HEIGHT × MODEL_WIDTH × MODEL_CHANNELS.
   Returns 0, and an input of zeros, if there is no ink, no pixel or another number of channels. */
int model_prepare(const uint8_t* pixels, int32_t height, int32_t width, int32_t channels,
                  uint8_t* input);
"""

_END = """
#ifdef __cplusplus
}
#endif

#endif
"""


def header_text(
    title: str,
    dialect: Dialect,
    image_shape: ImageShape,
    outputs: int,
    arena_bytes: int,
    class_names: Sequence[str],
    preparation: Preparation | None,
    scale: OutputScale | None,
    thresholds: str = "",
) -> str:
    """Returns model.h.

    Args:
        title: the first comment.
        dialect: the types of values and outputs.
        image_shape: height, width and channels of an image.
        outputs: the number of outputs.
        arena_bytes: the size of the arena.
        class_names: a name for each output, or none.
        preparation: the preprocessing, or None.
        scale: the meaning of outputs in int8; None in float32.
        thresholds: the type of the thresholds; "" for none.
    """
    height, width, channels = image_shape
    parts = [
        _START.format(
            title=title,
            height=height,
            width=width,
            channels=channels,
            outputs=outputs,
            bytes=arena_bytes,
            arena=_ARENAS[dialect.name],
            output=dialect.output,
        )
    ]
    if scale is not None:
        function = "" if scale.activation == "linear" else f", before {scale.activation}"
        parts.append(
            _SCALE.format(
                function=function, scale=literal(np.float32(scale.scale)), zero=scale.zero_point
            )
        )
    if class_names:
        parts.append(_NAMES)
    if thresholds:
        parts.append(_THRESHOLDS.format(type=thresholds))
    if preparation is not None:
        parts.append(_PREPARE.format(mode=preparation.mode))
    return "".join(parts) + _END

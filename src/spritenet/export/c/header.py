"""model.h: the sizes of a model in C, and its functions."""

from __future__ import annotations

from collections.abc import Sequence

from spritenet.layers import ImageShape
from spritenet.prepare import Preparation

__all__ = ["header_text"]

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

typedef struct {{
  float values[MODEL_ARENA_BYTES / 4];
}} model_arena;

/* Computes the outputs for one image. */
void model_predict(const uint8_t* image, float* outputs, model_arena* arena);

/* Returns the index of the largest output. */
int32_t model_class(const float* outputs);
"""

_NAMES = """
/* The name of each class, in UTF-8. */
extern const char* const model_class_names[MODEL_OUTPUTS];
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
    image_shape: ImageShape,
    outputs: int,
    arena: int,
    class_names: Sequence[str],
    preparation: Preparation | None,
) -> str:
    """Returns model.h.

    Args:
        title: the first comment.
        image_shape: height, width and channels of an image.
        outputs: the number of outputs.
        arena: the values in the arena.
        class_names: a name for each output, or none.
        preparation: the preprocessing, or None.
    """
    height, width, channels = image_shape
    parts = [
        _START.format(
            title=title,
            height=height,
            width=width,
            channels=channels,
            outputs=outputs,
            bytes=4 * max(arena, 1),
        )
    ]
    if class_names:
        parts.append(_NAMES)
    if preparation is not None:
        parts.append(_PREPARE.format(mode=preparation.mode))
    return "".join(parts) + _END

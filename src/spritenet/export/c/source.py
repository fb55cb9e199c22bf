"""model.h and model.c: the text of a program's functions, constants and calls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spritenet.export.c.arena import Arena, plan_arena
from spritenet.export.c.dialect import FLOAT32, Dialect
from spritenet.export.c.header import OutputScale, header_text
from spritenet.export.c.kernel_text import image_name, kernel_texts
from spritenet.export.c.literals import array, identifier, literal, string, wrapped
from spritenet.export.c.operation import IMAGE, Operation, Program
from spritenet.layers import ImageShape
from spritenet.prepare import Preparation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Source", "write_source"]

MATH = re.compile(r"\b(?:expf|logf|tanhf|sqrtf|erff|fabsf)\(")


@dataclass(frozen=True, slots=True)
class Source:
    """The two files of a network in C.

    Attributes:
        header: model.h.
        code: model.c.
        arena_bytes: the working memory that it needs.
        constant_bytes: its weights.
        uses_math: True if it calls functions of math.h.
    """

    header: str
    code: str
    arena_bytes: int
    constant_bytes: int
    uses_math: bool
    precision: str


def write_source(
    program: Program,
    dialect: Dialect,
    title: str,
    image_shape: ImageShape,
    class_names: Sequence[str] = (),
    preparation: Preparation | None = None,
    scale: OutputScale | None = None,
    thresholds: NDArray[Any] | None = None,
) -> Source:
    """Returns the files of a program.

    Args:
        program: the operations, folded.
        dialect: its types and functions.
        title: the first comment.
        image_shape: height, width and channels of an image.
        class_names: a name for each output, or none.
        preparation: the preprocessing of images of any size, or None.
        scale: the meaning of outputs in int8; None in float32.
        thresholds: of the outputs, float32 or int32, if several classes may be present.
    """
    arena = plan_arena(program, 4 // dialect.value_bytes)
    names = _layer_names(program)
    functions = list(dict.fromkeys(_function(one, dialect) for one in program.operations))
    constants = [_constants(one, name) for one, name in zip(program.operations, names, strict=True)]
    calls = [
        _call(program, one, name, arena, dialect)
        for one, name in zip(program.operations, names, strict=True)
    ]
    texts = [*filter(None, [dialect.definitions])]
    texts += kernel_texts(dialect.name, functions, dialect.given)
    texts += filter(None, constants)
    outputs = program.size(program.output)
    texts.append(_predict(calls, dialect, uses_arena=bool(arena.offsets)))
    texts.append(_CLASS)
    if class_names:
        items = wrapped(map(string, class_names))
        texts.append(f"const char* const model_class_names[MODEL_OUTPUTS] = {{\n{items}}};\n")
    kind = "" if thresholds is None else "float" if thresholds.dtype.kind == "f" else "int32_t"
    if thresholds is not None:
        items = wrapped(map(literal, thresholds))
        texts.append(f"const {kind} model_thresholds[MODEL_OUTPUTS] = {{\n{items}}};\n")
    if preparation is not None:
        background = f"#define BACKGROUND {preparation.background}\n"
        parts = kernel_texts("prepare", [preparation.mode])
        texts += [background, *parts] if "BACKGROUND" in "".join(parts) else parts
        texts.append(_PREPARE)
    body = "\n".join(texts)
    uses_math = bool(MATH.search(body))
    includes = ['#include "model.h"\n']
    if "FLT_MAX" in body:
        includes.append("#include <float.h>\n")
    if uses_math:
        includes.append("#include <math.h>\n")
    code = f"/* {title} */\n" + "".join(includes[:1]) + "\n" + "".join(includes[1:])
    arena_bytes = dialect.value_bytes * max(arena.size, 4 // dialect.value_bytes)
    header = header_text(
        title, dialect, image_shape, outputs, arena_bytes, class_names, preparation, scale, kind
    )
    return Source(
        header,
        f"{code}\n{body}" if includes[1:] else f"{code}{body}",
        arena_bytes,
        sum(values.nbytes for one in program.operations for values in one.arrays.values()),
        uses_math,
        dialect.name,
    )


def _function(one: Operation, dialect: Dialect) -> str:
    """Returns the name of an operation's C function."""
    reads_image = IMAGE in one.inputs and dialect is FLOAT32
    return image_name(one.function) if reads_image else one.function


def _layer_names(program: Program) -> list[str]:
    """Returns a C name for each operation, after its layer."""
    taken: set[str] = set()
    names = []
    for one in program.operations:
        base = identifier(one.layer)
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        names.append(name)
    return names


def _constants(one: Operation, name: str) -> str:
    """Returns the arrays of an operation, and its structure."""
    texts = [array(f"{name}_{key}", values) for key, values in one.arrays.items()]
    if one.struct:
        fields = [f".{key} = {literal(value)}" for key, value in one.fields.items()]
        fields += [f".{key} = {name}_{key}" for key in one.arrays]
        texts.append(f"static const struct {one.struct} {name}_layer = {{\n{wrapped(fields)}}};\n")
    return "\n".join(texts)


def _call(program: Program, one: Operation, name: str, arena: Arena, dialect: Dialect) -> str:
    """Returns the line that calls an operation, with a comment where a layer begins."""

    def pointer(value: int, start: int) -> str:
        base, offset = "values", arena.offsets.get(value, 0) + start
        if value == IMAGE:
            base, offset = dialect.image_argument(one), start
        elif value not in arena.offsets:
            base, offset = "outputs", start
        return f"{base} + {offset}" if offset else base

    values = [pointer(value, one.start_of(i)) for i, value in enumerate(one.inputs)]
    if one.is_listed:
        values = [f"(const {dialect.value}* const[]){{{', '.join(values)}}}"]
    arguments = [f"&{name}_layer"] if one.struct else []
    arguments += [*values, pointer(one.output, one.start_of(-1))]
    arguments += [literal(value) for value in one.arguments]
    if not one.struct:
        arguments += [f"{name}_{key}" for key in one.arrays]
    shape = "×".join(map(str, program.shapes[one.output]))
    return f"  {_function(one, dialect)}({', '.join(arguments)}); /* {one.layer}: {shape} */"


def _predict(calls: list[str], dialect: Dialect, *, uses_arena: bool) -> str:
    start = f"  {dialect.value}* values = arena->values;\n" if uses_arena else "  (void)arena;\n"
    lines = "\n".join(calls)
    return (
        "void model_predict(const uint8_t* image, model_output* outputs, model_arena* arena) {\n"
        f"{start}{lines}\n}}\n"
    )


_CLASS = """\
int32_t model_class(const model_output* outputs) {
  int32_t best = 0;
  for (int32_t i = 1; i < MODEL_OUTPUTS; ++i) best = outputs[i] > outputs[best] ? i : best;
  return best;
}
"""

_PREPARE = """\
int model_prepare(const uint8_t* pixels, int32_t height, int32_t width, int32_t channels,
                  uint8_t* input) {
  for (int32_t i = 0; i < MODEL_HEIGHT * MODEL_WIDTH * MODEL_CHANNELS; ++i) input[i] = 0;
  if (height < 1 || width < 1 || (channels != 1 && channels != 3 && channels != 4)) return 0;
  const struct source source = source_of(pixels, height, width, channels);
  return prepare(&source, input);
}
"""

"""Activations and merges in C: an expression each, in a loop over values."""

from __future__ import annotations

__all__ = ["ACTIVATIONS", "MERGES", "MONOTONE", "function_text"]

_EXP = "1.0f / (1.0f + expf(-v))"
_SOFTPLUS = "(v > 0.0f ? v : 0.0f) + logf(1.0f + expf(-fabsf(v)))"
_HARD_SIGMOID = "hard_limit(v / 6.0f + 0.5f, 0.0f, 1.0f)"

ACTIVATIONS = {
    "relu": "v > 0.0f ? v : 0.0f",
    "relu6": "hard_limit(v, 0.0f, 6.0f)",
    "leaky_relu": "v < 0.0f ? v * alpha : v",
    "elu": "v < 0.0f ? (expf(v) - 1.0f) * alpha : v",
    "sigmoid": _EXP,
    "tanh": "tanhf(v)",
    "selu": "v < 0.0f ? (expf(v) - 1.0f) * 1.75809934f : v * 1.05070098f",
    "softplus": _SOFTPLUS,
    "softsign": "v / (1.0f + fabsf(v))",
    "exponential": "expf(v)",
    "hard_sigmoid": _HARD_SIGMOID,
    "hard_tanh": "hard_limit(v, -1.0f, 1.0f)",
    "hard_shrink": "fabsf(v) > alpha ? v : 0.0f",
    "soft_shrink": "v - hard_limit(v, -alpha, alpha)",
    "sparse_sigmoid": "hard_limit(v * 0.5f + 0.5f, 0.0f, 1.0f)",
    "squareplus": "v < 0.0f ? 2.0f / (sqrtf(v * v + 4.0f) - v) : (sqrtf(v * v + 4.0f) + v) * 0.5f",
    "log_sigmoid": "(v < 0.0f ? v : 0.0f) - logf(1.0f + expf(-fabsf(v)))",
    "gelu": "v * 0.5f * (1.0f + erff(v * 0.707106781f))",
    "gelu_new": "v / (1.0f + expf(-2.0f * 0.797884561f * (v + v * v * v * 0.044715f)))",
    "silu": "v / (1.0f + expf(-v))",
    "hard_silu": f"v * {_HARD_SIGMOID}",
    "mish": f"v * tanhf({_SOFTPLUS})",
    "tanh_shrink": "v - tanhf(v)",
    "sparse_plus": "v > 1.0f ? v : v < -1.0f ? 0.0f : (v + 1.0f) * (v + 1.0f) * 0.25f",
}
"""The value of each activation of `v`; those over an axis are files of their own."""

_APPLY = "apply_"
"""The functions of activations begin so: C has a `tanh` of its own."""

MONOTONE = frozenset(
    f"{_APPLY}{name}"
    for name in (
        *("relu", "relu6", "leaky_relu", "elu", "sigmoid", "tanh", "selu", "softplus", "softsign"),
        *("exponential", "hard_sigmoid", "hard_tanh", "sparse_sigmoid", "squareplus"),
        "log_sigmoid",
    )
) | {"relu_of"}
"""Functions of activations that never fall, so that the maximum may be taken before them."""

MERGES = {
    "add": "a + b",
    "subtract": "a - b",
    "multiply": "a * b",
    "maximum": "a > b ? a : b",
    "minimum": "a < b ? a : b",
}
"""The value of each merge of `a` and `b`."""

_LIMIT = """\
static float hard_limit(float value, float least, float most) {
  return value < least ? least : value > most ? most : value;
}
"""

_ACTIVATION = """\
static void {name}(const float* x, float* y, int32_t count{alpha}) {{
  for (int32_t i = 0; i < count; ++i) {{
    const float v = x[i];
    y[i] = {expression};
  }}
}}
"""

_MERGE = """\
static void {name}(const float* x, const float* z, float* y, int32_t count) {{
  for (int32_t i = 0; i < count; ++i) {{
    const float a = x[i], b = z[i];
    y[i] = {expression};
  }}
}}
"""

_BROADCAST = """\
/* Steps of 0 repeat an input along an axis. */
static void {name}_broadcast(const struct broadcast* layer, const float* x, const float* z,
{indent}float* y) {{
  for (int32_t row = 0; row < layer->height; ++row) {{
    for (int32_t column = 0; column < layer->width; ++column) {{
      for (int32_t c = 0; c < layer->channels; ++c) {{
        const float a = x[row * layer->x_row + column * layer->x_column + c * layer->x_channel];
        const float b = z[row * layer->z_row + column * layer->z_column + c * layer->z_channel];
        *y++ = {expression};
      }}
    }}
  }}
}}
"""

_STEPS = """\
struct broadcast {
  int32_t height, width, channels;
  int32_t x_row, x_column, x_channel;
  int32_t z_row, z_column, z_channel;
};
"""


def function_text(name: str) -> list[str]:
    """Returns the definitions that an activation or a merge needs, its own last."""
    if name.startswith(_APPLY):
        expression = ACTIVATIONS[name.removeprefix(_APPLY)]
        alpha = ", float alpha" if "alpha" in expression else ""
        text = _ACTIVATION.format(name=name, alpha=alpha, expression=expression)
        return [_LIMIT, text] if "hard_limit" in expression else [text]
    plain = name.removesuffix("_broadcast")
    if plain == name:
        return [_MERGE.format(name=name, expression=MERGES[name])]
    indent = " " * len(f"static void {name}(")
    return [_STEPS, _BROADCAST.format(name=plain, expression=MERGES[plain], indent=indent)]

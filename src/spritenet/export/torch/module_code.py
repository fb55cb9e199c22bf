"""Code: the statements of an nn.Module under construction, and its arrays."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Code", "call", "identifiers"]

WIDTH = 88
TAKEN = frozenset(
    """
    F Path T_destination add_module apply bfloat16 buffers call_super_init children compile
    cpu cuda double dump_patches eval extra_repr float forward get_buffer get_extra_state
    get_parameter get_submodule half images ipu load_state_dict modules mtia named_buffers
    named_children named_modules named_parameters nn np parameters register_backward_hook
    register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook
    requires_grad_ self set_extra_state set_submodule share_memory state_dict to to_empty
    torch train training type x xpu zero_grad
    """.split()  # noqa: SIM905 - one name a line would be a page
)
"""Names of `nn.Module`, and of the code around it."""


def identifiers(names: Sequence[str]) -> list[str]:
    """Returns a Python identifier for each name, all different."""
    found: list[str] = []
    for name in names:
        word = re.sub(r"[^0-9a-zA-Z_]", "_", name).strip("_")[:60].lower() or "layer"
        word = f"layer_{word}" if word[0].isdigit() else word
        if keyword.iskeyword(word) or word in TAKEN:
            word = f"{word}_layer"
        unique, number = word, 1
        while unique in found:
            number += 1
            unique = f"{word}_{number}"
        found.append(unique)
    return found


def call(head: str, arguments: Sequence[str], tail: str = "", indent: int = 8) -> str:
    """Returns a call on one line, or broken as a formatter would break it.

    Args:
        head: what comes before the bracket.
        arguments: the arguments.
        tail: what comes after the bracket.
        indent: the number of spaces before it.
    """
    space, inner = " " * indent, " " * (indent + 4)
    line = f"{space}{head}({', '.join(arguments)}){tail}"
    if len(line) <= WIDTH:
        return line
    middle = f"{inner}{', '.join(arguments)}"
    if len(middle) <= WIDTH:
        return f"{space}{head}(\n{middle}\n{space}){tail}"
    rows = "".join(f"{inner}{argument},\n" for argument in arguments)
    return f"{space}{head}(\n{rows}{space}){tail}"


@dataclass(slots=True)
class Code:
    """The parts of a module.

    Attributes:
        made: statements of `__init__`.
        steps: statements of `forward`.
        arrays: the state by its names in PyTorch.
        helpers: names of functions that the module calls.
    """

    made: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)

    def module(
        self,
        name: str,
        kind: str,
        arguments: Sequence[object],
        state: dict[str, NDArray[Any]],
        *,
        trainable: bool = True,
    ) -> str:
        """Adds a module with its state; returns the expression that names it.

        Args:
            name: the attribute.
            kind: the class, like "Conv2d".
            arguments: of its constructor.
            state: the arrays by name, in PyTorch's layout.
            trainable: False freezes its weights.
        """
        tail = "" if trainable else ".requires_grad_(False)"
        self.made.append(call(f"self.{name} = nn.{kind}", [str(a) for a in arguments], tail))
        for key, values in state.items():
            array = np.ascontiguousarray(values)
            self.arrays[f"{name}.{key}"] = array.reshape(values.shape)
        return f"self.{name}"

    def parameter(self, name: str, values: NDArray[Any], *, trainable: bool = True) -> str:
        """Adds a parameter of the module itself; returns the expression that names it."""
        shape = ", ".join(str(side) for side in values.shape)
        arguments = [f"torch.zeros({shape})", *([] if trainable else ["requires_grad=False"])]
        line = f"        self.{name} = nn.Parameter({', '.join(arguments)})"
        self.made.append(
            line if len(line) <= WIDTH else call(f"self.{name} = nn.Parameter", arguments)
        )
        self.arrays[name] = np.ascontiguousarray(values)
        return f"self.{name}"

    def step(self, target: str, expression: str) -> None:
        """Adds a statement of `forward`: an expression, which may end in a call, to a name."""
        line = f"        {target} = {expression}"
        if len(line) > WIDTH and expression.endswith(")"):
            head, arguments = _split(expression)
            line = call(f"{target} = {head}", arguments) if arguments else line
        if line.strip() != f"{target} = {target}":
            self.steps.append(line)


def _split(expression: str) -> tuple[str, list[str]]:
    """Returns the last call of an expression: what is before its bracket, and its arguments."""
    depth = 0
    for place in range(len(expression) - 1, -1, -1):
        depth += {")": 1, "]": 1, "(": -1, "[": -1}.get(expression[place], 0)
        if depth == 0:
            break
    arguments, depth, begin = [], 0, place + 1
    for index in range(place + 1, len(expression) - 1):
        character = expression[index]
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            arguments.append(expression[begin:index].strip())
            begin = index + 1
    return expression[:place], [*arguments, expression[begin:-1].strip()]

"""The arena: the place in memory of each value, reused once nobody reads it any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spritenet.export.c.operation import IMAGE, Program

__all__ = ["Arena", "plan_arena"]


@dataclass(frozen=True, slots=True)
class Arena:
    """The place of each value, in elements.

    Attributes:
        offsets: by value; those in the memory of the outputs are not among them.
        size: the elements of the arena.
    """

    offsets: dict[int, int]
    size: int


@dataclass(slots=True)
class Block:
    """Memory of one or several values, one after the other.

    Attributes:
        values: the values.
        size: in elements.
        first: the first operation during which it is in use.
        last: the last one.
    """

    values: list[int]
    size: int
    first: int
    last: int


def plan_arena(program: Program, align: int = 1) -> Arena:
    """Places the values of a program.

    A value takes the place of an input that isn't read later, where the operation allows it. The
    others are placed greedily, in each of several orders, and the smallest arena is taken.

    Args:
        program: the operations.
        align: offsets are multiples of so many elements.
    """
    blocks = [b for b in _blocks(program) if program.output not in b.values]
    orders = (
        lambda b: (-b.size, b.first),
        lambda b: (-(b.last - b.first), -b.size),
        lambda b: (b.first, -b.size),
        lambda b: (-b.size * (b.last - b.first + 1), b.first),
    )
    plans = [_place(sorted(blocks, key=order), align) for order in orders]
    return min(plans, key=lambda plan: plan.size)


def _blocks(program: Program) -> list[Block]:
    """Returns the memory that a program needs, with values that can share it in one block."""
    blocks: dict[int, Block] = {}
    for index, one in enumerate(program.operations):
        if one.output in blocks:
            blocks[one.output].last = index
        else:
            shared = _shared(program, index, blocks)
            block = shared or Block([], program.size(one.output), index, index)
            block.values.append(one.output)
            block.last = index
            blocks[one.output] = block
        for value in one.inputs:
            if value != IMAGE:
                blocks[value].last = max(blocks[value].last, index)
    if program.output != IMAGE:
        blocks[program.output].last = len(program.operations)
    return list({id(block): block for block in blocks.values()}.values())


def _shared(program: Program, index: int, blocks: dict[int, Block]) -> Block | None:
    """Returns the block of an input whose memory an operation's output can take; None for none."""
    one = program.operations[index]
    for position in one.in_place:
        value = one.inputs[position]
        if (
            value != IMAGE
            and max(program.readers(value)) == index
            and one.inputs.count(value) == 1
            and blocks[value].size == program.size(one.output)
        ):
            return blocks[value]
    return None


def _place(blocks: Iterable[Block], align: int) -> Arena:
    """Places each block at the lowest offset where no other is in use at the same time."""
    placed: list[tuple[int, Block]] = []
    for block in blocks:
        others = sorted(
            (offset, offset + other.size)
            for offset, other in placed
            if other.first <= block.last and block.first <= other.last
        )
        offset = 0
        for first, last in others:
            if offset + block.size <= first:
                break
            offset = max(offset, -(-last // align) * align)
        placed.append((offset, block))
    size = max((offset + block.size for offset, block in placed), default=0)
    offsets = {value: offset for offset, block in placed for value in block.values}
    return Arena(offsets, -(-size // align) * align)

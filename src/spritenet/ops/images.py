"""Convolution and pooling: both look at an image through windows.

`windows` cuts out what every window sees. After it a convolution is one product of matrices, and a
pooling one maximum or mean; so their gradients need no formula of their own, but that of `windows`:
each pixel gets the gradients of all windows that saw it, added up.

Images have the shape n h w c: number, height, width, channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from spritenet.errors import ModelError
from spritenet.ops.reductions import max as largest
from spritenet.ops.tensor import Array, Tensor, TensorLike, mat_mul, reshape, result, sum, tensor  # noqa: A004 - NumPy's name of sum

__all__ = ["avg_pool", "conv2d", "depthwise_conv2d", "max_pool", "pad", "windows"]

Sides = int | tuple[int, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """The windows over an image: their size, the steps between them, and the padding around it."""

    size: tuple[int, int]
    strides: tuple[int, int]
    dilation: tuple[int, int]
    before: tuple[int, int]
    after: tuple[int, int]
    output: tuple[int, int]  # windows from top to bottom, from left to right

    @classmethod
    def over(
        cls, image: tuple[int, int], size: Sides, strides: Sides, padding: str, dilation: Sides
    ) -> Grid:
        """The windows over images of a height and width."""
        window, steps, apart = _pair(size), _pair(strides), _pair(dilation)
        if padding not in ("same", "valid"):
            raise ModelError("unknown padding", expected="'same' or 'valid'", got=repr(padding))
        if min(*window, *steps, *apart) < 1:
            raise ModelError(
                "a window is empty or doesn't move",
                expected="sizes, strides and dilations of at least 1",
                got=f"{window}, {steps} and {apart}",
            )
        before, after, output = [], [], []
        for side, w, step, d in zip(image, window, steps, apart, strict=True):
            reach = (w - 1) * d + 1
            count = -(-side // step) if padding == "same" else (side - reach) // step + 1
            if count < 1:
                raise ModelError(
                    "the window is larger than the image", expected=f"at most {image}", got=window
                )
            missing = (count - 1) * step + reach - side if padding == "same" else 0
            before.append(missing // 2 if missing > 0 else 0)
            after.append(missing - missing // 2 if missing > 0 else 0)
            output.append(count)
        return cls(
            window,
            steps,
            apart,
            (before[0], before[1]),
            (after[0], after[1]),
            (output[0], output[1]),
        )

    def seen(self, y: int, x: int) -> tuple[slice, slice, slice]:
        """Returns the part of the padded image at place (y, x) of each window."""
        top, left = y * self.dilation[0], x * self.dilation[1]
        return (
            slice(None),
            slice(top, top + (self.output[0] - 1) * self.strides[0] + 1, self.strides[0]),
            slice(left, left + (self.output[1] - 1) * self.strides[1] + 1, self.strides[1]),
        )

    def places(self) -> list[tuple[int, int]]:
        """Every place of a window, row by row."""
        return [(y, x) for y in range(self.size[0]) for x in range(self.size[1])]


def _pair(sides: Sides) -> tuple[int, int]:
    return (sides, sides) if isinstance(sides, int) else sides


def _images(x: TensorLike, where: str) -> Tensor:
    x = tensor(x)
    if x.ndim != 4:
        raise ModelError(
            "needs images",
            where=where,
            expected="the shape (n, height, width, channels)",
            got=x.shape,
        )
    return x


def windows(
    x: TensorLike,
    size: Sides,
    strides: Sides = 1,
    padding: str = "valid",
    dilation: Sides = 1,
    value: float = 0.0,
) -> Tensor:
    """Returns what each window over the images sees.

    Args:
        x: images, n h w c.
        size: height and width of a window, or one number for both.
        strides: steps between windows.
        padding: "valid": windows stay inside; "same": as many windows as there are steps in the
            image, with `value` around it.
        dilation: steps between the pixels of a window.
        value: what is around the image.

    Returns:
        The shape (n, rows, columns, window height, window width, c).

    Raises:
        ModelError: no images, or a window that is larger.
    """
    x = _images(x, "windows")
    grid = Grid.over((x.shape[1], x.shape[2]), size, strides, padding, dilation)
    return _cut(x, grid, value)


def _cut(x: Tensor, grid: Grid, value: float) -> Tensor:
    n, height, width, c = x.shape
    reach = [(size - 1) * apart + 1 for size, apart in zip(grid.size, grid.dilation, strict=True)]
    every = sliding_window_view(_padded(x.values, grid, value), reach, (1, 2))
    (down, right), (tall, wide) = grid.strides, grid.dilation
    seen = np.ascontiguousarray(
        every[:, ::down, ::right, :, ::tall, ::wide].transpose(0, 1, 2, 4, 5, 3)
    )
    return result(seen, (x, lambda g, _: _put_back(g, grid, (n, height, width, c))))


def _put_back(x: Tensor, grid: Grid, shape: tuple[int, ...]) -> Tensor:
    """The derivative of `_cut`: each pixel is the sum of what the windows have at its place."""
    padded = _padded(np.zeros(shape), grid, 0.0)
    for a, b in grid.places():
        padded[grid.seen(a, b)] += x.values[:, :, :, a, b]
    (top, left), (_, height, width, _) = grid.before, shape
    inside = padded[:, top : top + height, left : left + width]
    return result(inside, (x, lambda g, _: _cut(g, grid, 0.0)))


def _padded(values: Array, grid: Grid, value: float) -> Array:
    sides = [(0, 0), *zip(grid.before, grid.after, strict=True), (0, 0)]
    return np.pad(values, sides, constant_values=value)


def pad(x: TensorLike, rows: tuple[int, int], columns: tuple[int, int]) -> Tensor:
    """Returns images with zeros above and below, left and right."""
    x = _images(x, "pad")
    _, height, width, _ = x.shape
    values = np.pad(x.values, [(0, 0), rows, columns, (0, 0)])
    inside = (slice(None), slice(rows[0], rows[0] + height), slice(columns[0], columns[0] + width))
    return result(values, (x, lambda g, _: g[inside]))


def conv2d(
    x: TensorLike,
    kernel: TensorLike,
    strides: Sides = 1,
    padding: str = "valid",
    dilation: Sides = 1,
) -> Tensor:
    """Returns images convolved with a kernel: each window times the kernel, summed.

    Args:
        x: images, n h w c.
        kernel: shape (height, width, c, filters).
        strides: steps between windows.
        padding: "valid" or "same", see `windows`.
        dilation: steps between the pixels of a window.

    Returns:
        The shape (n, rows, columns, filters).

    Raises:
        ModelError: the kernel doesn't fit the images.
    """
    x, kernel = _images(x, "conv2d"), _kernel(kernel, x, "conv2d")
    height, width, channels, filters = kernel.shape
    seen = windows(x, (height, width), strides, padding, dilation)
    rows = reshape(seen, (-1, height * width * channels))
    product = mat_mul(rows, reshape(kernel, (-1, filters)))
    return reshape(product, (*seen.shape[:3], filters))


def depthwise_conv2d(
    x: TensorLike,
    kernel: TensorLike,
    strides: Sides = 1,
    padding: str = "valid",
    dilation: Sides = 1,
) -> Tensor:
    """Returns images convolved channel by channel.

    Args:
        x: images, n h w c.
        kernel: shape (height, width, c, multiplier).
        strides: steps between windows.
        padding: "valid" or "same", see `windows`.
        dilation: steps between the pixels of a window.

    Returns:
        The shape (n, rows, columns, c · multiplier); the multiplied channels are neighbours.

    Raises:
        ModelError: the kernel doesn't fit the images.
    """
    x, kernel = _images(x, "depthwise_conv2d"), _kernel(kernel, x, "depthwise_conv2d")
    height, width, channels, multiplier = kernel.shape
    seen = windows(x, (height, width), strides, padding, dilation)
    n, rows, columns = seen.shape[:3]
    y = sum(reshape(seen, (*seen.shape, 1)) * kernel, (3, 4))
    return reshape(y, (n, rows, columns, channels * multiplier))


def _kernel(kernel: TensorLike, x: Tensor, where: str) -> Tensor:
    kernel = tensor(kernel)
    if kernel.ndim != 4 or kernel.shape[2] != x.shape[3]:
        raise ModelError(
            "the kernel doesn't fit the images",
            where=where,
            expected=f"(height, width, {x.shape[3]}, filters)",
            got=kernel.shape,
        )
    return kernel


def max_pool(
    x: TensorLike, size: Sides, strides: Sides | None = None, padding: str = "valid"
) -> Tensor:
    """Returns the largest value of each channel in each window; what is outside counts for nothing.

    Args:
        x: images, n h w c.
        size: height and width of a window, or one number for both.
        strides: steps between windows; None for their size.
        padding: "valid" or "same", see `windows`.
    """
    seen = windows(x, size, size if strides is None else strides, padding, value=-np.inf)
    n, rows, columns, height, width, channels = seen.shape
    return largest(reshape(seen, (n, rows, columns, height * width, channels)), 3)


def avg_pool(
    x: TensorLike, size: Sides, strides: Sides | None = None, padding: str = "valid"
) -> Tensor:
    """Returns the mean of each channel in each window, of what is inside the image.

    Args:
        x: images, n h w c.
        size: height and width of a window, or one number for both.
        strides: steps between windows; None for their size.
        padding: "valid" or "same", see `windows`.
    """
    x = _images(x, "avg_pool")
    steps = size if strides is None else strides
    inside = windows(np.ones((1, *x.shape[1:3], 1)), size, steps, padding)
    return sum(windows(x, size, steps, padding), (3, 4)) / sum(inside, (3, 4))

"""Layers described in the core alone: each against PyTorch, over random arguments and shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from builds import examples
from layer_cases import Tensor, activated, check, check_file, same_padding, torch
from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.layers import Layer

functional = torch.nn.functional

Weights = Mapping[str, Tensor]
images = st.tuples(st.integers(1, 7), st.integers(1, 9), st.integers(1, 9))
activations = st.sampled_from(["linear", "relu", "tanh", "gelu", "softmax"])
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
paddings = st.sampled_from(["valid", "same"])
few = settings(max_examples=examples(25))


def fits(layer: Layer, image: tuple[int, int, int]) -> None:
    """Only arguments that fit the image are of use."""
    try:
        layer.output_shape(image)
    except ModelError:
        assume(False)


def padded(
    x: Tensor, layer: kinds.Conv2D | kinds.DepthwiseConv2D | kinds.SeparableConv2D
) -> Tensor:
    """N c h w with the zeros of `same` around it."""
    if layer.padding != "same":
        return x
    sides: list[int] = []
    for axis in (1, 0):
        window = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis] + 1
        sides += same_padding(x.shape[2 + axis], window, layer.strides[axis])
    return functional.pad(x, sides)


def convolved(
    layer: kinds.Conv2D | kinds.DepthwiseConv2D | kinds.SeparableConv2D,
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    groups: int,
) -> Tensor:
    """N h w c convolved with a kernel of Keras's."""
    y = functional.conv2d(
        padded(x.permute(0, 3, 1, 2), layer),
        kernel.permute(3, 2, 0, 1).contiguous(),
        bias,
        layer.strides,
        dilation=layer.dilation_rate,
        groups=groups,
    )
    return y.permute(0, 2, 3, 1)


@st.composite
def strides_and_dilation(draw: st.DrawFn) -> dict[str, Any]:
    """One or the other more than 1."""
    return {draw(st.sampled_from(["strides", "dilation_rate"])): draw(pairs)}


@few
@given(st.data())
def test_conv2d_dilated_and_in_groups(data: st.DataObject) -> None:
    """Any groups that divide channels and filters."""
    groups = data.draw(st.integers(1, 3))
    height, width, each = (
        data.draw(st.integers(1, 9)),
        data.draw(st.integers(1, 12)),
        data.draw(st.integers(1, 4)),
    )
    layer = kinds.Conv2D(
        groups * data.draw(st.integers(1, 5)),
        data.draw(pairs),
        padding=data.draw(paddings),
        activation=data.draw(activations),
        use_bias=data.draw(st.booleans()),
        groups=groups,
        **data.draw(strides_and_dilation()),
    )
    image = (height, width, groups * each)
    fits(layer, image)

    def oracle(x: Sequence[Tensor], w: Weights) -> Tensor:
        y = convolved(layer, x[0], w["kernel"], w.get("bias"), groups)
        return activated(layer.activation, y)

    check(layer, image, oracle)
    check_file(layer, image)


@few
@given(
    images,
    pairs,
    strides_and_dilation(),
    paddings,
    st.integers(1, 3),
    st.integers(1, 9),
    activations,
)
def test_separable_and_depthwise_conv2d(
    image: tuple[int, int, int],
    kernel: tuple[int, int],
    moves: dict[str, Any],
    padding: str,
    each: int,
    filters: int,
    activation: str,
) -> None:
    """Two convolutions; the first also alone, dilated."""
    separable = kinds.SeparableConv2D(
        filters, kernel, padding=padding, depth_multiplier=each, activation=activation, **moves
    )
    depthwise = kinds.DepthwiseConv2D(
        kernel, padding=padding, depth_multiplier=each, activation=activation, **moves
    )
    fits(separable, image)

    def first(x: Tensor, w: Weights, bias: Tensor | None) -> Tensor:
        own = w["depthwise_kernel"]
        own = own.reshape(*own.shape[:2], 1, -1)
        return convolved(depthwise, x, own, bias, x.shape[3])

    def whole(x: Sequence[Tensor], w: Weights) -> Tensor:
        pointwise = w["pointwise_kernel"]
        y = first(x[0], w, None) @ pointwise.reshape(pointwise.shape[2:])
        return activated(activation, y + w["bias"])

    check(separable, image, whole)
    check(depthwise, image, lambda x, w: activated(activation, first(x[0], w, w["bias"])))
    check_file(separable, image)
    check_file(depthwise, image)


@few
@given(st.data())
def test_conv2d_transpose(data: st.DataObject) -> None:
    """The gradient of the convolution with the same arguments, by PyTorch's autograd."""
    image, moves = data.draw(images), data.draw(strides_and_dilation())
    kernel, padding = data.draw(pairs), data.draw(paddings)
    strides = moves.get("strides", (1, 1))
    dilation = moves.get("dilation_rate", (1, 1))
    more = data.draw(st.none() | st.tuples(*(st.integers(0, s - 1) for s in strides)))
    layer = kinds.Conv2DTranspose(
        data.draw(st.integers(1, 6)),
        kernel,
        strides,
        padding,
        more,
        dilation,
        data.draw(activations),
        data.draw(st.booleans()),
    )
    fits(layer, image)
    height, width, _ = layer.output_shape(image)

    def oracle(x: Sequence[Tensor], w: Weights) -> Tensor:
        # Onto a canvas wide enough for every tap; then the padding is cut off.
        full = functional.conv_transpose2d(
            x[0].permute(0, 3, 1, 2),
            w["kernel"].permute(3, 2, 0, 1).contiguous(),
            None,
            strides,
            dilation=dilation,
        )
        full = functional.pad(full, (0, width, 0, height))
        top = left = 0
        if padding == "same":
            windows = [(kernel[i] - 1) * dilation[i] + 1 for i in (0, 1)]
            top = same_padding(height, windows[0], strides[0])[0]
            left = same_padding(width, windows[1], strides[1])[0]
        y = full[:, :, top : top + height, left : left + width].permute(0, 2, 3, 1)
        return activated(layer.activation, y + w["bias"] if layer.use_bias else y)

    check(layer, image, oracle)
    check_file(layer, image)
    if more is None:
        for axis in (0, 1):
            window = (kernel[axis] - 1) * dilation[axis] + 1
            expected = image[axis] * strides[axis]
            expected += max(window - strides[axis], 0) if padding == "valid" else 0
            assert layer.output_shape(image)[axis] == expected


def _folded(function: Callable[[Tensor, Tensor], Tensor], x: Sequence[Tensor]) -> Tensor:
    y = x[0]
    for other in x[1:]:
        y = function(y, other)
    return y


MERGES: dict[str, Callable[[Sequence[Tensor]], Tensor]] = {
    "Add": lambda x: sum(x[1:], x[0]),
    "Subtract": lambda x: x[0] - x[1],
    "Multiply": lambda x: _folded(torch.mul, x),
    "Average": lambda x: sum(x[1:], x[0]) / len(x),
    "Maximum": lambda x: _folded(torch.maximum, x),
    "Minimum": lambda x: _folded(torch.minimum, x),
}


@pytest.mark.parametrize("name", MERGES)
@settings(max_examples=examples(8))
@given(image=images, count=st.integers(2, 4), pooled=st.integers(0, 3))
def test_layers_of_several_inputs(
    name: str, image: tuple[int, int, int], count: int, pooled: int
) -> None:
    """Of one shape; and one of them pooled to 1×1, as in squeeze-and-excitation."""
    layer = kinds.LAYERS[name]()
    count = 2 if name == "Subtract" else count
    between = [
        kinds.GlobalAveragePooling2D(keepdims=True) if k == pooled else None for k in range(count)
    ]
    check(layer, image, lambda x, _: MERGES[name](x), reshapes=between)


@few
@given(st.tuples(st.integers(7, 9), st.integers(7, 9), st.integers(1, 9)), st.tuples(pairs, pairs))
def test_cropping2d(
    image: tuple[int, int, int], sides: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    """Rows and columns from each side."""
    layer = kinds.Cropping2D(sides)
    (top, bottom), (left, right) = sides
    fits(layer, image)
    height, width, _ = image
    check(layer, image, lambda x, _: x[0][:, top : height - bottom, left : width - right])
    check_file(layer, image)


@few
@given(images, pairs, st.sampled_from(["nearest", "bilinear"]))
def test_up_sampling2d(image: tuple[int, int, int], size: tuple[int, int], way: str) -> None:
    """Repeated pixels; and blended ones with centres at halves."""
    layer = kinds.UpSampling2D(size, way)
    arguments = {"align_corners": False} if way == "bilinear" else {}

    def oracle(x: Sequence[Tensor], _: Weights) -> Tensor:
        first = x[0].permute(0, 3, 1, 2)
        y = functional.interpolate(
            first,
            size=(image[0] * size[0], image[1] * size[1]),
            mode=way,
            **arguments,
        )
        return y.permute(0, 2, 3, 1)

    check(layer, image, oracle)
    check_file(layer, image)


@few
@given(images, st.permutations((1, 2, 3)), st.booleans())
def test_reshape_and_permute(image: tuple[int, int, int], dims: list[int], known: bool) -> None:
    """Any order of axes; any shape of as many values, before a convolution that pads."""
    permute = kinds.Permute(tuple(dims))
    check(permute, image, lambda x, _: x[0].permute(0, *dims))
    check_file(permute, image)
    height, width, channels = image
    for target in [
        (height * width, channels),
        (width, height, channels),
        (channels, height * width, 1),
        (1, 1, height * width * channels),
        (height * width * channels,),
    ]:
        shape = target if known else (-1, *target[1:])
        layer = kinds.Reshape(shape)
        check(layer, image, lambda x, _: x[0].reshape(len(x[0]), *target))  # noqa: B023 - called here
        check_file(layer, image)
    between = kinds.Reshape((width, height, channels))
    convolution = kinds.Conv2D(2, 3, padding="same")
    check(
        convolution,
        image,
        lambda x, w: convolved(convolution, x[0], w["kernel"], w["bias"], 1),
        reshapes=[between],
    )
    swapped = kinds.Permute((2, 1))
    check(
        swapped,
        image,
        lambda x, _: x[0].permute(0, 2, 1),
        reshapes=[kinds.Reshape((height * width, channels))],
    )


@few
@given(images, st.none() | st.lists(st.integers(1, 3), min_size=1, max_size=3, unique=True))
def test_prelu(image: tuple[int, int, int], shared: list[int] | None) -> None:
    """Alpha for each value, or shared along some axes; of vectors too."""
    layer = kinds.PReLU(shared_axes=shared)

    def oracle(x: Sequence[Tensor], w: Weights) -> Tensor:
        return torch.where(x[0] > 0, x[0], x[0] * w["alpha"])

    check(layer, image, oracle)
    check_file(layer, image)
    check(kinds.PReLU(), image, oracle, reshapes=[kinds.Flatten()])


@few
@given(images, st.integers(1, 6), activations)
def test_dense_on_any_rank(image: tuple[int, int, int], units: int, activation: str) -> None:
    """A product over the last axis: of images, of rows, of vectors."""
    layer = kinds.Dense(units, activation)

    def oracle(x: Sequence[Tensor], w: Weights) -> Tensor:
        return activated(activation, x[0] @ w["kernel"] + w["bias"])

    rows = kinds.Reshape((image[0] * image[1], image[2]))
    for between in (None, rows, kinds.Flatten()):
        check(layer, image, oracle, reshapes=[between])


@few
@given(images)
def test_identity_and_pooling_that_keeps_dimensions(image: tuple[int, int, int]) -> None:
    """The input itself; and an image of 1×1 pixels."""
    check(kinds.Identity(), image, lambda x, _: x[0])
    check(
        kinds.GlobalAveragePooling2D(keepdims=True),
        image,
        lambda x, _: x[0].mean((1, 2), keepdim=True),
    )
    check_file(kinds.GlobalMaxPooling2D(keepdims=True), image)


WRONG: list[tuple[Callable[[], Layer], tuple[int, ...], str]] = [
    (lambda: kinds.Conv2D(4, 3, 2, dilation_rate=2), (9, 9, 1), "can't both be more than 1"),
    (lambda: kinds.Conv2D(4, 3, groups=3), (9, 9, 3), "4 filters can't be in 3 groups"),
    (lambda: kinds.Conv2DTranspose(1, 2, 2, "same", 0), (3, 3, 1), "output_padding doesn't fit"),
    (lambda: kinds.Conv2DTranspose(1, 3, 2, "same", 2), (3, 3, 1), "less than strides"),
    (lambda: kinds.Cropping2D(2), (4, 9, 1), "nothing is left"),
    (lambda: kinds.Reshape((5,)), (2, 2, 1), "its input has 4 values"),
    (lambda: kinds.Reshape((-1, -1)), (2, 2, 1), "target_shape is wrong"),
    (lambda: kinds.Permute((2, 1)), (2, 2, 1), "the 3 axes"),
    (lambda: kinds.Permute((1, 1, 2)), (2, 2, 1), "each axis once"),
    (lambda: kinds.PReLU(shared_axes=[2]), (4,), "an axis its input doesn't have"),
    (kinds.UpSampling2D, (4,), "it needs an image"),
    (lambda: kinds.SeparableConv2D(2, 5), (4, 4, 1), "larger than its input"),
]


@pytest.mark.parametrize(("make", "shape", "words"), WRONG, ids=[w[2] for w in WRONG])
def test_inputs_that_do_not_fit_are_refused_in_a_line(
    make: Callable[[], Layer], shape: tuple[int, ...], words: str
) -> None:
    """Beginning with the layer's name."""
    with pytest.raises(ModelError, match=words) as caught:
        make().output_shape(shape)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(make().class_name)


@pytest.mark.parametrize(
    "make",
    [
        lambda: kinds.Permute((0, 1, 2)),
        lambda: kinds.Permute((1, 2, 3, 4)),
        lambda: kinds.Reshape(()),
        lambda: kinds.Reshape((1, 2, 3, 4)),
        lambda: kinds.UpSampling2D(0),
        lambda: kinds.UpSampling2D(2, "bicubic"),
        lambda: kinds.Cropping2D((1, 2, 3)),
        lambda: kinds.Cropping2D(-1),
        lambda: kinds.Conv2DTranspose(2, 3, output_padding="1"),  # type: ignore[arg-type]  # that is the point
        lambda: kinds.Conv2D(2, 3, groups=0),
        lambda: kinds.Conv2D(2, 3, dilation_rate=1.5),  # type: ignore[arg-type]  # that is the point
        lambda: kinds.Conv2D(2, 100_000),
        lambda: kinds.Concatenate(1),
    ],
)
def test_wrong_arguments_are_refused_in_a_line(make: Callable[[], Layer]) -> None:
    """At the call that gives them."""
    with pytest.raises(ModelError) as caught:
        make()
    assert "\n" not in str(caught.value)

"""The normalizations of one image's values against PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builds import examples
from layer_cases import Tensor, check, check_file, torch
from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.layers import Layer

Weights = Mapping[str, Tensor]
functional = torch.nn.functional
images = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(2, 9))
epsilons = st.sampled_from([0.001, 0.1])
few = settings(max_examples=examples(20))


def checked(layer: Layer, image: tuple[int, int, int], oracle: object) -> None:
    """Compare outputs, gradients and the file; of images, of rows and of vectors."""
    rows = kinds.Reshape((image[0] * image[1], image[2]))
    for between in (None, rows, kinds.Flatten()):
        check(layer, image, oracle, reshapes=[between])  # type: ignore[arg-type]  # one of layer_cases
    check_file(layer, image)


@few
@given(images, epsilons, st.booleans(), st.booleans())
def test_layer_normalization(
    image: tuple[int, int, int], epsilon: float, center: bool, scale: bool
) -> None:
    """Over the last axis, with and without its weights."""
    layer = kinds.LayerNormalization(epsilon=epsilon, center=center, scale=scale)

    def oracle(x: Sequence[Tensor], w: Weights) -> Tensor:
        last = x[0].shape[-1:]
        return functional.layer_norm(x[0], last, w.get("gamma"), w.get("beta"), epsilon)

    checked(layer, image, oracle)


@few
@given(images, st.integers(1, 3), epsilons, st.booleans())
def test_group_normalization(
    image: tuple[int, int, int], groups: int, epsilon: float, own: bool
) -> None:
    """Groups that divide the channels; and each channel a group."""
    image = (*image[:2], image[2] * groups)
    layer = kinds.GroupNormalization(-1 if own else groups, epsilon=epsilon)

    def oracle(x: Sequence[Tensor], w: Weights) -> Tensor:
        channels = x[0].movedim(-1, 1)
        number = channels.shape[1] if own else groups
        if own and channels[0, 0].numel() == 1:  # PyTorch refuses a group of one value
            return w["beta"].expand(x[0].shape) + x[0] * 0
        y = functional.group_norm(channels, number, w["gamma"], w["beta"], epsilon)
        return y.movedim(1, -1)

    checked(layer, image, oracle)


@few
@given(images, epsilons)
def test_rms_and_unit_normalization(image: tuple[int, int, int], epsilon: float) -> None:
    """By the root of the mean square, and by the length."""

    def root(x: Sequence[Tensor], w: Weights) -> Tensor:
        return functional.rms_norm(x[0], x[0].shape[-1:], w["scale"], epsilon)

    checked(kinds.RMSNormalization(epsilon=epsilon), image, root)
    checked(kinds.UnitNormalization(), image, lambda x, _: functional.normalize(x[0], dim=-1))


def test_what_does_not_fit_is_refused_in_a_line() -> None:
    """Groups that don't divide the channels, another axis."""
    with pytest.raises(ModelError, match="its 6 channels can't be in 4 groups"):
        kinds.GroupNormalization(4).output_shape((3, 3, 6))
    with pytest.raises(ModelError, match="can't be in 0 groups"):
        kinds.GroupNormalization(0).output_shape((3, 3, 6))
    for make in (kinds.LayerNormalization, kinds.RMSNormalization, kinds.UnitNormalization):
        with pytest.raises(ModelError, match="unsupported axis"):
            make(1)
    with pytest.raises(ModelError, match="invalid epsilon"):
        kinds.LayerNormalization(epsilon=-1)

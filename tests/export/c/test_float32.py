"""C in float32 computes what `predict` computes, for every layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from c_models import CompiledModel, sequential, with_values, write_model
from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export import SavedModel
from spritenet.export.c import source_of
from spritenet.export.c.float_layers import FUNCTIONS, SUPPORTED
from spritenet.layers import Graph, activations
from spritenet.model import Model


def residual() -> Model:
    """Every merge, with and without broadcasting, and what changes places."""
    images = sn.Input((8, 6, 3))
    x = kinds.Rescaling(1 / 255)(images)
    x = kinds.Conv2D(4, 3, padding="same", activation="tanh")(x)
    y = kinds.Conv2D(4, (2, 3), padding="same", dilation_rate=(2, 1))(x)
    z = kinds.Add()([x, y])
    pixel = kinds.GlobalAveragePooling2D(keepdims=True)(z)
    z = kinds.Multiply()([pixel, z])
    z = kinds.Subtract()([z, kinds.Maximum()([x, pixel])])
    z = kinds.Average()([z, kinds.Minimum()([x, y]), x])
    z = kinds.Concatenate()([z, x, y])
    z = kinds.Permute((2, 1, 3))(z)
    z = kinds.Cropping2D(((1, 0), (2, 1)))(z)
    z = kinds.CenterCrop(3, 4)(z)
    z = kinds.UpSampling2D((2, 3))(z)
    z = kinds.UpSampling2D(2, interpolation="bilinear")(z)
    z = kinds.Resizing(5, 7)(z)
    z = kinds.Resizing(4, 4, interpolation="nearest")(z)
    z = kinds.ZeroPadding2D(((1, 2), (0, 1)))(z)
    z = kinds.Identity()(z)
    return sn.Model(images, kinds.GlobalMaxPooling2D()(z))


def every_activation() -> Model:
    """Each activation of one dense layer, side by side."""
    images = sn.Input((7,))
    x = kinds.Dense(5)(kinds.Rescaling(1 / 99, -1)(images))
    outputs = [kinds.Activation(name)(x) for name in activations.names() if name != "linear"]
    outputs += [kinds.ELU(0.7)(x), kinds.LeakyReLU(0.1)(x), kinds.ReLU(0.5, 0.1, 0.2)(x)]
    return sn.Model(images, kinds.Concatenate()(outputs))


NETWORKS = {
    "tutorial": lambda: sequential(
        (28, 28, 1),
        kinds.Conv2D(8, 5, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Conv2D(16, 5, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Flatten(),
        kinds.Dropout(0.2),
        kinds.Dense(10, activation="softmax"),
    ),
    "mobile": lambda: sequential(
        (13, 11, 3),
        kinds.ZeroPadding2D(((0, 1), (1, 0))),
        kinds.Conv2D(6, 3, strides=2, use_bias=False),
        kinds.BatchNormalization(),
        kinds.ReLU(6.0),
        kinds.DepthwiseConv2D((3, 2), padding="same", depth_multiplier=2, use_bias=False),
        kinds.BatchNormalization(scale=False),
        kinds.SeparableConv2D(4, 3, strides=2, padding="same", activation="silu"),
        kinds.Conv2D(8, 1),
        kinds.BatchNormalization(center=False),
        kinds.GaussianNoise(0.1),
        kinds.AveragePooling2D(2, strides=1, padding="same"),
        kinds.Conv2D(8, 3, groups=4, padding="same"),
        kinds.MaxPooling2D(3, strides=2, padding="same"),
        kinds.SpatialDropout2D(0.1),
        kinds.GlobalAveragePooling2D(),
        kinds.Dense(4, activation="sigmoid"),
    ),
    "normalised": lambda: sequential(
        (6, 5, 2),
        kinds.Rescaling(1 / 127.5, -1),
        kinds.Normalization(mean=[0.1, 0.2], variance=[0.5, 0.3]),
        kinds.Normalization(mean=0.1, variance=0.2, invert=True),
        kinds.Conv2D(6, 3, padding="same"),
        kinds.LayerNormalization(),
        kinds.Conv2DTranspose(4, 3, strides=2, padding="same"),
        kinds.GroupNormalization(2),
        kinds.PReLU(shared_axes=(1, 2)),
        kinds.Conv2DTranspose(3, 2, dilation_rate=2, use_bias=False),
        kinds.RMSNormalization(),
        kinds.BatchNormalization(),
        kinds.Softmax(axis=2),
        kinds.AlphaDropout(0.1),
        kinds.UnitNormalization(),
        kinds.GaussianDropout(0.1),
        kinds.Reshape((-1, 3)),
        kinds.Dense(5),
        kinds.Flatten(),
    ),
    "residual": residual,
    "activations": every_activation,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_outputs_are_those_of_predict(name: str, tmp_path: Path) -> None:
    """Within 1e-5; the arena is as large as it says."""
    model = NETWORKS[name]()
    saved = with_values(model)
    random = np.random.default_rng(1)
    images: NDArray[np.uint8] = random.integers(0, 256, (4, *saved.image_shape), np.uint8)
    compiled = CompiledModel(write_model(saved, tmp_path / "c"), saved)
    expected = model.predict(images.reshape(4, *saved.input_shape)).reshape(4, -1)
    largest = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(compiled.predict(images), expected, atol=1e-5 * largest, rtol=0)


def test_every_supported_layer_is_compared() -> None:
    """The networks above hold each of them; RandomCrop is in no file."""
    held = {layer.class_name for make in NETWORKS.values() for layer in make().network.graph}
    assert SUPPORTED - held == {"RandomCrop"}


def test_pooling_goes_into_the_convolution() -> None:
    """The largest value of `tutorial` is then 12×12×8, not 24×24×8."""
    saved = with_values(NETWORKS["tutorial"]())
    source = source_of(saved)
    assert source.arena_bytes == 4 * (12 * 12 * 8 + 4 * 4 * 16)
    assert "pool_max" not in source.code


def test_an_unsupported_layer_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, before anything is written."""
    monkeypatch.delitem(FUNCTIONS, "PReLU")
    saved = with_values(NETWORKS["normalised"]())
    with pytest.raises(ModelError, match=r"p_re_lu: unsupported layer.*got PReLU"):
        source_of(saved)


def test_sizes_beyond_16_bits_are_refused() -> None:
    """A convolution's fields hold at most 65,535."""
    layers = [kinds.Rescaling(1.0).named("scale"), kinds.Conv2D(65536, (1, 2)).named("wide")]
    saved = SavedModel(Graph.of(layers), (1, 2, 1), np.zeros(65536 * 3, np.float32))
    with pytest.raises(ModelError, match="wide, filters: too large for C"):
        source_of(saved)

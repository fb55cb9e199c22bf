"""The torch engine on the CPU against the core: the same training, step by step."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from spritenet import layers as kinds
from spritenet import losses, optimizers
from spritenet.augmentation import Step, augmented, find_steps
from spritenet.engines import devices, native
from spritenet.engines.engine import Engine, Examples
from spritenet.errors import ModelError
from spritenet.layers import Graph, Layer
from spritenet.losses import Loss
from spritenet.optimizers import Optimizer
from spritenet.permutation import permutation
from spritenet.regularizers import L1, L2

torch = pytest.importorskip("torch", reason="PyTorch runs the engine")

from spritenet.core.losses import loss_rows  # noqa: E402 - where there is PyTorch alone
from spritenet.core.operators import activations, operators  # noqa: E402 - likewise
from spritenet.core.optimizers import optimizer_rows  # noqa: E402 - likewise
from spritenet.engines.torch.activations import FUNCTIONS as ACTIVATIONS  # noqa: E402 - likewise
from spritenet.engines.torch.augmentation import Augmenter  # noqa: E402 - likewise
from spritenet.engines.torch.changes import find_changes  # noqa: E402 - likewise
from spritenet.engines.torch.counters import epoch_order, epoch_words  # noqa: E402 - likewise
from spritenet.engines.torch.examples import Batch  # noqa: E402 - likewise
from spritenet.engines.torch.gradient import Differentiation  # noqa: E402 - likewise
from spritenet.engines.torch.losses import FUNCTIONS as LOSSES  # noqa: E402 - likewise
from spritenet.engines.torch.network import TorchNetwork  # noqa: E402 - likewise
from spritenet.engines.torch.operators import OPERATORS  # noqa: E402 - likewise
from spritenet.engines.torch.optimizers import RULES  # noqa: E402 - likewise

SHAPE = (8, 8, 2)
CLASSES = 3
ENTROPY = losses.SparseCategoricalCrossentropy()

NORMALIZED: list[Layer] = [
    kinds.Rescaling(1 / 255, -0.5),
    kinds.Conv2D(6, 3, padding="same", use_bias=False),
    kinds.BatchNormalization(),
    kinds.ReLU(),
    kinds.MaxPooling2D(2),
    kinds.Flatten(),
    kinds.Dropout(0.25),
    kinds.Dense(CLASSES, activation="softmax"),
]


@dataclass(frozen=True)
class Trained:
    """The end of a training: what each step and the network gave."""

    losses: NDArray[np.float32]
    correct: NDArray[np.float64]
    parameters: NDArray[np.float32]
    slots: NDArray[np.float32]
    outputs: NDArray[np.float32]


def random_examples(count: int, targets: int = 0) -> Examples:
    """Random images with labels, or with targets from 0 to 1, and weights."""
    random = np.random.default_rng(count)
    return Examples(
        random.integers(0, 256, (count, *SHAPE), dtype=np.uint8),
        None if targets else random.integers(0, CLASSES, count, dtype=np.int32),
        random.uniform(0, 1, (count, targets)).astype(np.float32) if targets else None,
        random.uniform(0.5, 2, count).astype(np.float32),
    )


def begin(network: native.Network) -> NDArray[np.float32]:
    """Random parameters; variances are 1."""
    made = np.random.default_rng(1).normal(0, 0.2, network.parameter_count).astype(np.float32)
    for weight in network.weights:
        if weight.name in ("moving_variance", "variance"):
            made[weight.offset : weight.offset + int(np.prod(weight.shape))] = 1
    return made


def trained(
    engine: Engine,
    parameters: NDArray[np.float32],
    examples: Examples,
    loss: Loss,
    optimizer: Optimizer,
    steps: int,
) -> Trained:
    """Trains on batches of 16 from the permutation of a seed."""
    parameters, slots = parameters.copy(), optimizer.initial_slots(len(parameters))
    done = engine.train(
        parameters,
        slots,
        examples,
        loss=loss,
        optimizer=optimizer,
        learning_rates=optimizer.schedule(np.arange(steps)).astype(np.float32),
        first_step=0,
        batch_size=16,
        seed=3,
    )
    outputs = np.empty((len(examples), engine.output_shapes[-1][-1]), np.float32)
    engine.evaluate(parameters, examples, loss, outputs=outputs)
    right = np.zeros(0) if done.correct is None else np.asarray(done.correct, np.float64)
    return Trained(done.losses, right, parameters, slots, outputs)


def both(
    layers: Sequence[Layer],
    *,
    loss: Loss = ENTROPY,
    optimizer: Optimizer | None = None,
    steps: int = 6,
    examples: Examples | None = None,
    augmentation: Sequence[Step] = (),
) -> tuple[Trained, Trained]:
    """Trains in the core and in PyTorch."""
    how: dict[str, Any] = {"batch_size": 16, "threads": 1, "augmentation": augmentation}
    core = native.Network(layers, SHAPE, **how)
    other = TorchNetwork(layers, SHAPE, **how)
    start, given = begin(core), examples or random_examples(40)
    chosen = optimizer or optimizers.SGD(0.05)
    first, second = (trained(engine, start, given, loss, chosen, steps) for engine in (core, other))
    return first, second


def is_close(core: Trained, other: Trained, tolerance: float = 1e-5) -> None:
    """Checks that losses, right decisions, outputs and weights agree."""
    scale = max(1.0, float(np.abs(core.losses).max()))
    np.testing.assert_allclose(other.losses, core.losses, rtol=0, atol=tolerance * scale)
    np.testing.assert_allclose(other.correct, core.correct, atol=1e-6)
    np.testing.assert_allclose(other.outputs, core.outputs, atol=10 * tolerance, rtol=1e-4)
    np.testing.assert_allclose(other.parameters, core.parameters, atol=10 * tolerance, rtol=1e-3)


def test_fifty_losses_are_the_cores() -> None:
    """Dropout, batch normalization and smaller last batches: losses within 0.00001."""
    core, other = both(NORMALIZED, optimizer=optimizers.Adam(0.003), steps=50)
    np.testing.assert_allclose(other.losses, core.losses, rtol=0, atol=1e-5)
    assert core.losses[-5:].mean() < core.losses[:5].mean()


def test_fifty_losses_are_the_cores_with_augmentation() -> None:
    """Pixels are moved, erased and mixed alike."""
    steps = find_steps("digits", mixup=0.3, cutmix=0.5)
    core, other = both(NORMALIZED, optimizer=optimizers.Adam(0.003), steps=50, augmentation=steps)
    np.testing.assert_allclose(other.losses, core.losses, rtol=0, atol=1e-5)


RANDOM: list[list[Layer]] = [
    [kinds.RandomFlip(), kinds.RandomRotation(0.1, fill_mode="wrap"), kinds.RandomBrightness(0.3)],
    [kinds.RandomZoom(0.3), kinds.RandomTranslation(0.2, 0.3), kinds.RandomContrast(0.5)],
    [kinds.RandomShear(0.2, 0.1, interpolation="nearest", fill_mode="constant", fill_value=7)],
    [kinds.RandomElasticTransform(1.0, 1.0), kinds.RandomErasing(1.0)],
    [kinds.RandomErasing(0.8, fill_value=200), kinds.RandomZoom(0.3, 0.2, fill_mode="nearest")],
]


@pytest.mark.parametrize("layers", RANDOM, ids=lambda layers: layers[0].class_name)
def test_augmented_pixels_are_the_cores(layers: list[Layer]) -> None:
    """Byte for byte, also where rows are longer than a block of places."""
    images = np.random.default_rng(2).integers(0, 256, (9, 23, 70, 3), dtype=np.uint8)
    steps = find_steps(layers)
    augmenter = Augmenter(find_changes(steps, Graph()), images.shape[1:])
    batch = Batch(torch.from_numpy(images), None, None, None, torch.arange(len(images)))
    found = augmenter(batch, torch.tensor([epoch_words(5, 2)])).images.numpy()
    expected = augmented(images, steps, seed=5, epoch=2)
    assert (expected != images).any()
    np.testing.assert_array_equal(found, expected)


def test_random_layers_of_a_network_are_the_cores() -> None:
    """Before and behind Rescaling, with a crop."""
    own: list[Layer] = [
        kinds.RandomCrop(6, 7),
        kinds.Rescaling(-1 / 128, 1.0),
        kinds.RandomBrightness(0.2, value_range=(-1, 1)),
        kinds.RandomErasing(0.7, value_range=(-1, 1)),
    ]
    is_close(*both([*own, *NORMALIZED[1:]]))


LAYERS: list[Layer] = [
    kinds.Conv2D(4, 3, 2, "same", "relu", kernel_regularizer=L2(0.01), bias_constraint="non_neg"),
    kinds.Conv2D(4, (2, 3), padding="same", dilation_rate=2, kernel_regularizer=L1(0.01)),
    kinds.Conv2D(4, 3, groups=2, kernel_constraint=sn.constraints.MaxNorm(0.5, axis=(0, 1, 2))),
    kinds.Conv2DTranspose(3, 3, 2, "same"),
    kinds.Conv2DTranspose(3, 2, 3, "valid", output_padding=1),
    kinds.DepthwiseConv2D(3, 2, "same", 2),
    kinds.SeparableConv2D(5, 3, 2, "same", depth_multiplier=2, activation="relu"),
    kinds.Dense(4, "tanh"),
    kinds.MaxPooling2D(3, 2, "same"),
    kinds.AveragePooling2D(3, 2, "same"),
    kinds.AveragePooling2D((2, 3)),
    kinds.GlobalMaxPooling2D(),
    kinds.GlobalAveragePooling2D(keepdims=True),
    kinds.ZeroPadding2D(((1, 2), (0, 3))),
    kinds.Cropping2D(((1, 2), (0, 3))),
    kinds.CenterCrop(5, 4),
    kinds.Resizing(5, 11),
    kinds.Resizing(5, 11, interpolation="nearest"),
    kinds.UpSampling2D(2),
    kinds.UpSampling2D((2, 3), interpolation="bilinear"),
    kinds.Reshape((4, 16, -1)),
    kinds.Permute((3, 1, 2)),
    kinds.Identity(),
    kinds.Softmax(axis=1),
    kinds.ReLU(0.9, 0.1, 0.2),
    kinds.LeakyReLU(),
    kinds.ELU(0.5),
    kinds.PReLU(shared_axes=(1, 2)),
    kinds.BatchNormalization(momentum=0.5, scale=False),
    kinds.LayerNormalization(),
    kinds.GroupNormalization(2),
    kinds.RMSNormalization(),
    kinds.UnitNormalization(),
    kinds.Normalization(mean=0.1, variance=2.0),
    kinds.Normalization(mean=0.1, variance=2.0, invert=True),
    kinds.Dropout(0.3),
    kinds.AlphaDropout(0.3),
    kinds.GaussianDropout(0.3),
    kinds.GaussianNoise(0.3),
    kinds.SpatialDropout2D(0.3),
]


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_a_layer_trains_as_the_cores(layer: Layer) -> None:
    """Outputs, gradients and weights, behind a layer that is trained."""
    layers = [
        kinds.Rescaling(1 / 64, -2),
        kinds.Conv2D(4, 1, activation="tanh"),
        layer,
        kinds.Flatten(),
        kinds.Dense(CLASSES, activation="softmax"),
    ]
    is_close(*both(layers, steps=3))


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_an_activation_trains_as_the_cores(name: str) -> None:
    """Its values and derivatives, of both signs."""
    layers = [
        kinds.Rescaling(1 / 64, -2),
        kinds.Conv2D(4, 3, activation=name),
        kinds.Flatten(),
        kinds.Dense(CLASSES, activation="softmax"),
    ]
    is_close(*both(layers, steps=3))


@pytest.mark.parametrize("kind", ["Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"])
def test_a_merge_trains_as_the_cores(kind: str) -> None:
    """Also of inputs that are broadcast; and Concatenate of both."""
    images = sn.Input(SHAPE)
    first = sn.Conv2D(4, 3, activation="tanh")(sn.Rescaling(1 / 64, -2)(images))
    second = sn.GlobalAveragePooling2D(keepdims=True)(sn.Conv2D(4, 3)(first))
    both_of = getattr(sn, kind)()([first, second])
    joined = sn.Concatenate()([both_of, first])
    graph = sn.Model(images, sn.Dense(CLASSES, "softmax")(sn.Flatten()(joined))).graph
    is_close(*both(graph, steps=3))


LOSSES_OF = [
    losses.SparseCategoricalCrossentropy(),
    losses.CategoricalCrossentropy(label_smoothing=0.1),
    losses.CategoricalFocalCrossentropy(label_smoothing=0.1),
    losses.CategoricalGeneralizedCrossEntropy(),
    losses.KLDivergence(),
    losses.BinaryCrossentropy(label_smoothing=0.2),
    losses.BinaryFocalCrossentropy(apply_class_balancing=True),
    losses.CategoricalHinge(),
    losses.Hinge(),
    losses.SquaredHinge(),
    losses.CosineSimilarity(),
    losses.Dice(),
    losses.Tversky(0.3, 0.7),
    losses.Huber(0.3),
    losses.LogCosh(),
    losses.MeanAbsoluteError(),
    losses.MeanAbsolutePercentageError(),
    losses.MeanSquaredError(),
    losses.MeanSquaredLogarithmicError(),
    losses.Poisson(),
]


@pytest.mark.parametrize(
    ("loss", "labelled"),
    [
        pytest.param(loss, labelled, id=f"{loss.name}-{'labels' if labelled else 'targets'}")
        for loss in LOSSES_OF
        for labelled in (True, False)
        if labelled or loss.row.targets != "labels"
    ],
)
def test_a_loss_is_the_cores(loss: Loss, labelled: bool) -> None:
    """Values, gradients and right decisions, of weighted examples with labels and with targets."""
    activation = {"softmax": "softmax", "sigmoid": "sigmoid"}.get(loss.row.activation, "sigmoid")
    layers = [
        kinds.Rescaling(1 / 255),
        kinds.Flatten(),
        kinds.Dense(CLASSES, activation=activation),
    ]
    examples = random_examples(40, 0 if labelled else CLASSES)
    if loss.row.by_output:
        given = np.array([1, 2, 0.5], np.float32)
        examples = replace(examples, output_weights=given)
    is_close(*both(layers, loss=loss, examples=examples, optimizer=optimizers.SGD(0.001)), 2e-5)


def test_frozen_layers_stay() -> None:
    """They have no gradient, and a frozen normalization uses its averages."""
    layers = [layer.named(f"l{k}") for k, layer in enumerate(NORMALIZED)]
    layers[1].trainable = layers[2].trainable = False
    is_close(*both(layers, optimizer=optimizers.Adam(0.01)))


def test_gradients_and_activations_are_the_cores() -> None:
    """Of one batch without dropout, and of every layer for one image."""
    core = native.Network(NORMALIZED, SHAPE, batch_size=16, threads=1)
    other = TorchNetwork(NORMALIZED, SHAPE, batch_size=16, threads=1)
    parameters, examples = begin(core), random_examples(40)
    indices = np.arange(3, 19)
    first, second = (e.gradient(parameters, examples, indices, ENTROPY) for e in (core, other))
    assert first[0] == pytest.approx(second[0], abs=1e-5)
    np.testing.assert_allclose(first[1], second[1], atol=1e-5)
    image = examples.images[0]
    viewer = native.Network(NORMALIZED, SHAPE, threads=1)
    seen = viewer.activations(parameters, image), other.activations(parameters, image)
    for one, two in zip(*seen, strict=True):
        np.testing.assert_allclose(two, one, atol=1e-5)
    np.testing.assert_allclose(
        other.predict(parameters, examples.images),
        core.predict(parameters, examples.images),
        atol=1e-5,
    )


def test_a_diverged_step_is_not_done() -> None:
    """Weights are those before it, as in the core."""
    core, other = both(
        [NORMALIZED[0], kinds.Flatten(), kinds.Dense(CLASSES)],
        loss=losses.MeanSquaredError(),
        examples=random_examples(40, CLASSES),
        optimizer=optimizers.SGD(1e4),
        steps=40,
    )
    assert 0 < len(core.losses) < 40
    assert len(other.losses) == len(core.losses)
    np.testing.assert_allclose(other.parameters, core.parameters, rtol=1e-3)


def test_every_row_of_the_tables_has_an_implementation() -> None:
    """Operators, activations, losses and optimizers of the core."""
    assert OPERATORS.keys() == operators().keys()
    assert ACTIVATIONS.keys() == {row.name for row in activations()}
    assert LOSSES.keys() == loss_rows().keys()
    assert RULES.keys() == optimizer_rows().keys()


@pytest.mark.parametrize("size", [1, 2, 255, 257, 3000])
def test_the_order_on_the_device_is_the_permutation(size: int) -> None:
    """Integers of the core, of Python and of PyTorch are the same."""
    found = epoch_order(7, 2, size, torch.device("cpu")).numpy()
    np.testing.assert_array_equal(found, permutation(7, 2, size))


OPTIMIZERS = [
    optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    optimizers.SGD(0.1, global_clipnorm=0.1, weight_decay=0.1, no_weight_decay=["bias"]),
    optimizers.Adam(0.01, gradient_accumulation_steps=2, use_ema=True, ema_overwrite_frequency=2),
    optimizers.Adam(0.01, use_ema=True, clipvalue=0.01),
    optimizers.AdamW(0.01, amsgrad=True, clipnorm=0.1),
    optimizers.Adamax(0.01),
    optimizers.Nadam(0.01),
    optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    optimizers.RMSprop(0.01),
    optimizers.Adagrad(0.01),
    optimizers.Adadelta(1.0),
    optimizers.Ftrl(0.1, beta=0.1, l1_regularization_strength=0.001),
    optimizers.Lion(0.001),
    optimizers.Lamb(0.01),
    optimizers.Adafactor(0.01),
    optimizers.Muon(0.01),
    optimizers.Muon(0.01, exclude_layers=["dense"], rms_rate=None, nesterov=False),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_an_optimizer_makes_the_cores_steps(optimizer: Optimizer) -> None:
    """Losses, weights and slots, also of whole weights, of clipping, decay and averages."""
    layers = [
        kinds.Rescaling(1 / 255),
        kinds.Conv2D(3, 3, activation="tanh"),
        kinds.Flatten(),
        kinds.Dense(CLASSES, activation="softmax"),
    ]
    core, other = both(layers, optimizer=optimizer)
    is_close(core, other)
    np.testing.assert_allclose(other.slots, core.slots, atol=1e-5, rtol=1e-3)


def test_a_device_that_is_not_there_is_one_line() -> None:
    """Also one that nobody knows, and a precision that it can't compute in."""
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="sequential: there is no device cuda: got no such"):
            sn.Sequential([sn.Dense(2)], device="cuda")
    with pytest.raises(ModelError, match="unknown device: expected cpu, cuda, cuda:N, mps, auto"):
        sn.Sequential([sn.Dense(2)], device="gpu")
    with pytest.raises(ModelError, match="unknown precision: expected float32, tf32, bf16"):
        sn.Sequential([sn.Dense(2)], precision="half")
    with pytest.raises(ModelError, match="cpu can't compute in bf16"):
        sn.Sequential([sn.Dense(2)], precision="bf16")


def test_without_pytorch_the_line_names_the_extra() -> None:
    """The command to type."""
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "import spritenet as sn\n"
        "try: sn.Sequential(device='torch-cpu')\n"
        "except sn.MissingExtraError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert 'Type: pip install "spritenet[torch]"' in done.stdout


def test_a_model_moves_between_devices_within_a_training() -> None:
    """Weights and slots stay the model's: losses go on as if it had not moved."""
    examples = random_examples(64)
    seen: dict[str, list[float]] = {}
    for name, path in (("core", ("cpu",) * 3), ("moved", ("cpu", "torch-cpu", "cpu"))):
        model = sn.Sequential([layer.named(f"l{k}") for k, layer in enumerate(NORMALIZED)])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.threads = 1
        for device in path:
            model.device = device
            assert model.device == device
            history = model.fit(examples.images, examples.labels, epochs=2, batch_size=16)
            seen.setdefault(name, []).extend(history.history["loss"])
    np.testing.assert_allclose(seen["moved"], seen["core"], atol=1e-4)


def test_a_full_gpu_names_the_batch_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line; the weights stay as they were."""
    network = TorchNetwork(NORMALIZED, SHAPE, batch_size=16, threads=1)
    whole = Differentiation.gradient

    def limited(self: Differentiation, batch: Batch, *more: Any) -> Any:  # noqa: ANN401 - its own
        if len(batch.images) > 5:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(self, batch, *more)

    monkeypatch.setattr(Differentiation, "gradient", limited)
    core = native.Network(NORMALIZED, SHAPE, threads=1)
    with pytest.raises(ModelError, match=r"not enough memory for batches of 16.*batch_size=4"):
        trained(network, begin(core), random_examples(40), ENTROPY, optimizers.SGD(), 3)


def test_a_run_is_resumed_on_another_device(tmp_path: Path) -> None:
    """The core's checkpoint by PyTorch, and PyTorch's by the core: the weights are the core's."""
    examples, found = random_examples(64), {}
    for name, path in (("core", ("cpu",) * 3), ("moved", ("cpu", "torch-cpu", "cpu"))):
        for part, device in enumerate(path):
            model = sn.Sequential(
                [layer.named(f"l{k}") for k, layer in enumerate(NORMALIZED)],
                device=device,
                threads=1,
            )
            model.compile("adam", "sparse_categorical_crossentropy")
            how: dict[str, Any] = {"run": tmp_path / name, "resume": part > 0}
            model.fit(examples.images, examples.labels, batch_size=16, steps=20 * (part + 1), **how)
        found[name] = model.parameters
    np.testing.assert_allclose(found["moved"], found["core"], atol=1e-4)


def test_auto_is_the_core_where_no_gpu_is() -> None:
    """Engines of small batches never leave the CPU."""
    make = devices.engine_on("auto", "float32")
    assert isinstance(make(NORMALIZED, SHAPE), native.Network)
    if not torch.cuda.is_available():
        assert isinstance(make(NORMALIZED, SHAPE, batch_size=64), native.Network)

"""Keras 3 itself as the oracle: random legal arguments of layers, losses, optimizers and the rest.

One table a kind: the public name, and how its arguments are drawn. Names that no table has are in
`ELSEWHERE`, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import spritenet as sn
from builds import examples
from keras_oracle import keras
from layer_cases import check
from spritenet import constraints, initializers, losses, regularizers
from spritenet.core.losses import loss_rows
from spritenet.core.optimizers import optimizer_rows
from spritenet.engines.engine import Examples
from spritenet.engines.native import Network
from spritenet.errors import ModelError
from spritenet.layers import activations
from spritenet.losses import LOSSES, CategoricalCrossentropy
from spritenet.model import building
from spritenet.optimizers import OPTIMIZERS

# PyTorch's and NumPy's, of what Keras calls; and of a softmax over one value.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

Arguments = st.SearchStrategy[dict[str, Any]]
Rows = NDArray[Any]


def of(**values: st.SearchStrategy[Any]) -> Arguments:
    """Arguments, each drawn by itself."""
    return st.fixed_dictionaries(values)


flags, paddings = st.booleans(), st.sampled_from(["valid", "same"])
pairs, counts = st.tuples(st.integers(1, 3), st.integers(1, 3)), st.integers(1, 5)
epsilons = st.sampled_from([1e-3, 0.1])  # of one channel a smaller one divides rounding by itself
# Keras 3 has no gelu_new, and on PyTorch its sparsemax adds up sums (layers/test_activations.py).
functions = st.sampled_from([None, *sorted({*activations.names()} - {"gelu_new", "sparsemax"})])
merging = of()
pooling = of(pool_size=pairs, strides=st.none() | pairs, padding=paddings)
convolving = {"kernel_size": pairs, "padding": paddings, "activation": functions, "use_bias": flags}
steps = of(strides=pairs) | of(dilation_rate=pairs)
even_steps = st.integers(1, 3).map(lambda n: {"strides": (n, n)}) | of(dilation_rate=pairs)


def joined(own: Arguments, more: Arguments) -> Arguments:
    """Both."""
    return st.tuples(own, more).map(lambda two: {**two[0], **two[1]})


LAYERS: dict[str, Arguments] = {
    "Conv2D": joined(
        of(filters=st.sampled_from([2, 4]), groups=st.integers(1, 2), **convolving), steps
    ),
    "DepthwiseConv2D": joined(of(depth_multiplier=st.integers(1, 3), **convolving), even_steps),
    "SeparableConv2D": joined(
        of(filters=counts, depth_multiplier=st.integers(1, 2), **convolving), even_steps
    ),
    "Dense": of(units=counts, activation=functions, use_bias=flags),
    "PReLU": of(shared_axes=st.sampled_from([None, [1], [1, 2], [2, 3], [3]])),
    "MaxPooling2D": pooling,
    # On PyTorch, Keras repeats the border where TensorFlow and we leave it out.
    "AveragePooling2D": of(pool_size=pairs, strides=st.none() | pairs),
    "GlobalMaxPooling2D": of(keepdims=flags),
    "GlobalAveragePooling2D": of(keepdims=flags),
    "ZeroPadding2D": of(padding=st.integers(0, 2) | pairs | st.tuples(pairs, pairs)),
    "Cropping2D": of(cropping=st.integers(0, 2) | pairs | st.tuples(pairs, pairs)),
    "UpSampling2D": of(size=pairs, interpolation=st.sampled_from(["nearest", "bilinear"])),
    "Flatten": of(),
    "Reshape": of(target_shape=st.just((-1,))),
    "Permute": of(dims=st.permutations([1, 2, 3]).map(tuple)),
    "Identity": of(),
    "Activation": of(activation=functions.filter(bool)),
    "ReLU": of(
        max_value=st.sampled_from([None, 0.5, 6.0]),
        negative_slope=st.sampled_from([0.0, 0.2]),
        threshold=st.sampled_from([0.0, 0.3]),
    ),
    "LeakyReLU": of(negative_slope=st.floats(0, 2)),
    "ELU": of(alpha=st.floats(0, 2)),
    "Softmax": of(axis=st.sampled_from([1, 2, 3, -1])),
    "LayerNormalization": of(epsilon=epsilons, center=flags, scale=flags),
    "GroupNormalization": of(groups=st.integers(1, 4), epsilon=epsilons, center=flags, scale=flags),
    "RMSNormalization": of(epsilon=epsilons),
    "UnitNormalization": of(),
    "Rescaling": of(scale=st.floats(-2, 2), offset=st.floats(-2, 2)),
    "CenterCrop": of(height=counts, width=counts),
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"), merging),
    "Concatenate": merging,
}
"""Layers → their arguments."""

TWO_INPUTS = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")

ELSEWHERE = {
    "Input InputLayer": "a shape, without arithmetic",
    "BatchNormalization": "statistics of the batch: tests/engines, against PyTorch",
    "Dropout SpatialDropout2D GaussianDropout GaussianNoise AlphaDropout": "their random numbers "
    "are not Keras's: tests/layers/test_noise.py has their distributions",
    "RandomFlip RandomTranslation RandomRotation RandomZoom RandomShear RandomCrop "
    "RandomBrightness RandomContrast RandomErasing RandomElasticTransform MixUp CutMix": "too: "
    "tests/augmentation compares them with Keras's for fixed parameters",
    "Conv2DTranspose": "PyTorch has no gradient of the kernel as Keras turns it: "
    "tests/layers/test_operators.py",
    "Normalization": "its statistics: tests/layers/test_normalization.py, with Keras's files",
    "Resizing": "on pixels, before any layer: tests/layers/test_resizing.py",
}
"""Layers that this table can't have, and where they are compared."""


def theirs(layer: Any, arguments: dict[str, Any]) -> Callable[[Any, Any], Any]:  # noqa: ANN401 - Keras has no types
    """Keras's layer of these arguments on float64 tensors, as `layer_cases.check` asks it."""
    made = getattr(keras.layers, type(layer).__name__)(**arguments, dtype="float64")

    def outputs(x: Any, w: Any) -> Any:  # noqa: ANN401 - tensors
        given_ = list(x) if len(x) > 1 else x[0]
        if not made.built:
            made.build([tuple(t.shape) for t in x] if len(x) > 1 else tuple(x[0].shape))
        own = [w.get(v.name, w.get(f"depthwise_{v.name}")) for v in made.trainable_variables]
        found, _ = made.stateless_call(own, made.non_trainable_variables, given_)
        return found.double()  # Keras multiplies matrices in float32

    return outputs


@pytest.mark.parametrize("name", LAYERS)
@settings(max_examples=examples(12), deadline=None)
@given(data=st.data(), image=st.tuples(st.integers(1, 8), st.integers(1, 8), st.integers(1, 4)))
def test_layers_are_kerass(name: str, data: st.DataObject, image: tuple[int, int, int]) -> None:
    """Outputs, loss and the gradients of inputs and weights, with PyTorch's derivatives."""
    arguments = data.draw(LAYERS[name])
    try:
        layer = getattr(sn, name)(**arguments)
        layer.output_shape((image, image) if name in TWO_INPUTS else image)
    except ModelError:
        assume(False)
    inputs = (None, None) if name in TWO_INPUTS else (None,)
    check(layer, image, theirs(layer, arguments), reshapes=inputs, count=data.draw(counts) * 5)


def test_every_layer_is_in_a_table() -> None:
    """Of Keras's names that work here, aliases apart."""
    public = {
        name
        for name in dir(keras.layers)
        if isinstance(found := getattr(sn.layers, name, None), type)
        and issubclass(found, sn.layers.Layer)
        and found.__name__ == name
        and name != "Layer"
    }
    assert public - set(" ".join(ELSEWHERE).split()) == set(LAYERS)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("from_logits", "apply_class_balancing"), flags),
    **dict.fromkeys(("alpha", "beta"), st.floats(0.1, 0.9)),
    "label_smoothing": st.sampled_from([0.0, 0.1, 0.5]),
    "gamma": st.sampled_from([0.0, 1.0, 2.0, 3.5]),
    "delta": st.floats(0.1, 2),
    "q": st.floats(0.05, 0.95),
}
"""Arguments of losses."""

SIGNED = ("CosineSimilarity", "Huber", "LogCosh", "MeanAbsoluteError", "MeanSquaredError")


def targets(name: str, kind: str, n: int, random: np.random.Generator) -> Rows:
    """Rows of 4 that the loss allows."""
    if kind == "labels":
        return random.integers(0, 4, n).astype(np.int32)
    if kind == "distributions":
        return random.dirichlet(np.ones(4), n).astype(np.float32)
    if "Hinge" in name:
        signs = np.eye(4) if name == "CategoricalHinge" else 2 * np.eye(4) - 1
        return signs[random.integers(0, 4, n)].astype(np.float32)
    return random.uniform(-1 if name in SIGNED else 0.1, 1, (n, 4)).astype(np.float32)


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=examples(12), deadline=None)
@given(data=st.data(), n=st.integers(1, 40), seed=st.integers(0, 2**31))
def test_losses_are_kerass(name: str, data: st.DataObject, n: int, seed: int) -> None:
    """The mean and the gradient of the weights before it, which PyTorch finds in float64."""
    random, row = np.random.default_rng(seed), loss_rows()[name]
    arguments = {a.name: data.draw(VALUES[a.name]) for a in row.attributes}
    after = "linear" if arguments.get("from_logits") else row.activation or "sigmoid"
    network = Network([sn.Flatten(), sn.Dense(4, after)], (2, 3, 1), batch_size=n)
    images = random.integers(0, 3, (n, 2, 3, 1), np.uint8)
    parameters = random.normal(0, 0.5, network.parameter_count).astype(np.float32)
    of_labels = row.targets == "labels" or name == "CategoricalGeneralizedCrossEntropy"
    truth = targets(name, "labels" if of_labels else row.targets, n, random)
    labels = (truth, None) if of_labels else (None, truth)
    loss = LOSSES[name](**arguments)
    value, gradient = network.gradient(parameters, Examples(images, *labels), np.arange(n), loss)

    flat = torch.tensor(parameters.astype(np.float64), requires_grad=True)
    z = torch.tensor(images.reshape(n, 6).astype(np.float64)) @ flat[:24].reshape(6, 4) + flat[24:]
    outputs = {"linear": lambda: z, "sigmoid": z.sigmoid, "softmax": lambda: z.softmax(1)}[after]()
    if name in ("Dice", "Tversky"):
        arguments["axis"] = -1  # image by image
    if name == "Tversky":  # Keras documents them as we do, and computes with them exchanged
        arguments["alpha"], arguments["beta"] = arguments["beta"], arguments["alpha"]
    given_ = torch.tensor(truth if of_labels else truth.astype(np.float64))
    expected = getattr(keras.losses, name)(**arguments, dtype="float64")(given_, outputs)
    expected.backward()
    assert flat.grad is not None
    assert value == pytest.approx(float(expected.detach()), rel=1e-4, abs=1e-5)
    slopes = flat.grad.numpy()
    np.testing.assert_allclose(gradient, slopes, rtol=1e-3, atol=1e-3 * np.abs(slopes).max() + 1e-6)


RATES = st.sampled_from([0.5, 0.9, 0.95])
OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("amsgrad", "centered", "nesterov", "use_ema", "relative_step"), flags),
    **dict.fromkeys(
        ("beta_1", "beta_2", "rho", "adam_beta_1", "adam_beta_2", "ema_momentum"), RATES
    ),
    **dict.fromkeys(
        ("l1_regularization_strength", "l2_regularization_strength", "beta"), st.floats(0, 0.1)
    ),
    "l2_shrinkage_regularization_strength": st.floats(0, 0.1),
    "momentum": st.sampled_from([0.0, 0.5, 0.9]),
    "initial_accumulator_value": st.floats(0.05, 1),
    "epsilon": st.sampled_from([1e-7, 1e-4, 1e-2]),
    "weight_decay": st.sampled_from([None, 0.01, 0.3]),
    "learning_rate_power": st.floats(-0.9, -0.1),
    "beta_2_decay": st.floats(-0.9, -0.3),
    "clip_threshold": st.floats(0.3, 2),
    "ns_steps": st.integers(1, 6),
    "gradient_accumulation_steps": st.sampled_from([None, 2, 3]),
}
"""Arguments of optimizers; those that none of these has keep their defaults."""

CLIPS = st.sampled_from(["clipnorm", "clipvalue", "global_clipnorm"])


@pytest.mark.parametrize("name", OPTIMIZERS)
@settings(max_examples=examples(8), deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**31))
def test_optimizers_are_kerass(name: str, data: st.DataObject, seed: int) -> None:
    """Eight steps on the same gradients, the core's of its own weights."""
    random = np.random.default_rng(seed)
    names = [a.name for a in optimizer_rows()[name].attributes if a.name in OPTIONS]
    arguments = {each: data.draw(OPTIONS[each]) for each in names}
    if data.draw(flags):
        arguments[data.draw(CLIPS)] = data.draw(st.sampled_from([0.01, 0.1]))
    if name in ("AdamW", "Muon") and arguments["weight_decay"] is None:
        arguments["weight_decay"] = 0.004  # Keras's AdamW wants one
    own = OPTIMIZERS[name](0.01, **arguments)
    network = [sn.Flatten(), sn.Dense(5, "tanh"), sn.Dense(3, "softmax")]
    engine = Network(network, (3, 3, 1), batch_size=12)
    data_ = Examples(
        random.integers(0, 256, (12, 3, 3, 1), np.uint8), random.integers(0, 3, 12).astype(np.int32)
    )
    parameters = building.initial(building.places(network, (3, 3, 1)), seed)
    begun, slots = parameters.copy(), own.initial_slots(parameters.size)
    places = [(slice(w.offset, w.offset + int(np.prod(w.shape))), w.shape) for w in engine.weights]
    variables = [
        keras.Variable(parameters[place].reshape(shape), dtype="float64", name=f"v{i}")
        for i, (place, shape) in enumerate(places)
    ]
    other = getattr(keras.optimizers, name)(learning_rate=0.01, **arguments)
    loss = CategoricalCrossentropy()
    for step in range(8):
        _, gradient = engine.gradient(parameters, data_, np.arange(12), loss)
        engine.train(
            parameters,
            slots,
            data_,
            loss=loss,
            optimizer=own,
            learning_rates=np.full(1, 0.01, np.float32),
            first_step=step,
            batch_size=12,
            seed=0,
            indices=np.arange(12),
        )
        slopes = [torch.tensor(gradient[p].astype(np.float64).reshape(s)) for p, s in places]
        other.apply(slopes, variables)
    for (place, shape), variable in zip(places, variables, strict=True):
        expected = variable.value.detach().numpy()
        moved = np.abs(expected - begun[place].reshape(shape)).max()
        got = parameters[place].reshape(shape)
        np.testing.assert_allclose(got, expected, rtol=0, atol=5e-3 * moved + 2e-6)


axes = st.sampled_from([0, 1, (0, 1)])
CONSTRAINTS = {
    "NonNeg": of(),
    "MaxNorm": of(max_value=st.floats(0.1, 3), axis=axes),
    "UnitNorm": of(axis=axes),
    "MinMaxNorm": of(
        min_value=st.floats(0, 1), max_value=st.floats(1, 2), rate=st.floats(0, 1), axis=axes
    ),
}
PENALTIES = {
    "L1": of(l1=st.floats(0, 1)),
    "L2": of(l2=st.floats(0, 1)),
    "L1L2": of(l1=st.floats(0, 1), l2=st.floats(0, 1)),
    "OrthogonalRegularizer": of(factor=st.floats(0, 1), mode=st.sampled_from(["rows", "columns"])),
}


@pytest.mark.parametrize("name", [*CONSTRAINTS, *PENALTIES])
@settings(max_examples=examples(12), deadline=None)
@given(data=st.data(), units=st.integers(2, 6), seed=st.integers(0, 2**31))
def test_constraints_and_penalties_are_kerass(
    name: str, data: st.DataObject, units: int, seed: int
) -> None:
    """Of a kernel, which a step at a learning rate of 0 leaves where it is."""
    random = np.random.default_rng(seed)
    arguments = data.draw((CONSTRAINTS | PENALTIES)[name])
    kind = "constraint" if name in CONSTRAINTS else "regularizer"
    module = constraints if name in CONSTRAINTS else regularizers
    rule = getattr(module, name)(**arguments)
    other = getattr(getattr(keras, f"{kind}s"), name)(**arguments)
    last: dict[str, Any] = {f"kernel_{kind}": rule}
    engine = Network(
        [sn.Flatten(), sn.Dense(units, use_bias=False, **last)], (3, 2, 1), batch_size=4
    )
    parameters = random.normal(0, 1, engine.parameter_count).astype(np.float32)
    expected = other(torch.tensor(parameters.astype(np.float64)).reshape(6, units)).numpy()
    rows = Examples(np.ones((4, 3, 2, 1), np.uint8), None, np.ones((4, units), np.float32))
    if name in PENALTIES:
        found = engine.evaluate(parameters, rows, losses.MeanSquaredError()).l2
        assert found == pytest.approx(float(expected), rel=1e-4, abs=1e-7)
        return
    engine.train(
        parameters,
        np.zeros((0, parameters.size), np.float32),
        rows,
        loss=losses.MeanSquaredError(),
        optimizer=sn.SGD(0.0),
        learning_rates=np.zeros(1, np.float32),
        first_step=0,
        batch_size=4,
        seed=0,
    )
    np.testing.assert_allclose(parameters.reshape(6, units), expected, rtol=1e-4, atol=1e-6)


SCALES = of(
    scale=st.floats(0.1, 3),
    mode=st.sampled_from(["fan_in", "fan_out", "fan_avg"]),
    distribution=st.sampled_from(["truncated_normal", "untruncated_normal", "uniform"]),
)
INITIALIZERS = {
    **dict.fromkeys(("Zeros", "Ones"), of()),
    "Constant": of(value=st.floats(-2, 2)),
    "Identity": of(gain=st.floats(-2, 2)),
    "Orthogonal": of(gain=st.floats(0.1, 2)),
    "RandomUniform": of(minval=st.floats(-1, 0), maxval=st.floats(0.1, 1)),
    **dict.fromkeys(
        ("RandomNormal", "TruncatedNormal"), of(mean=st.floats(-1, 1), stddev=st.floats(0.1, 2))
    ),
    "VarianceScaling": SCALES,
    **dict.fromkeys(
        ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal"),
        of(),
    ),
}


@pytest.mark.parametrize("name", INITIALIZERS)
@settings(max_examples=examples(6), deadline=None)
@given(data=st.data(), sides=st.tuples(st.integers(30, 60), st.integers(30, 60)))
def test_initializers_are_kerass(name: str, data: st.DataObject, sides: tuple[int, int]) -> None:
    """Equal where nothing is random; else quantiles that as many samples of one kind share."""
    arguments = data.draw(INITIALIZERS[name])
    own = getattr(initializers, name)(**arguments)(sides, np.random.default_rng(1))
    seed = {} if name in ("Zeros", "Ones", "Constant", "Identity") else {"seed": 1}
    other = getattr(keras.initializers, name)(**arguments, **seed)(sides).cpu().numpy()
    if not seed:
        np.testing.assert_allclose(own, other, rtol=1e-6)
        return
    places = np.linspace(0.1, 0.9, 9)
    spread = float(other.std())
    np.testing.assert_allclose(
        np.quantile(own, places), np.quantile(other, places), atol=0.25 * spread
    )
    assert own.std() == pytest.approx(spread, rel=0.15)


@pytest.mark.parametrize(
    ("module", "table"),
    [("constraints", CONSTRAINTS), ("regularizers", PENALTIES), ("initializers", INITIALIZERS)],
)
def test_every_name_of_keras_is_in_a_table(module: str, table: dict[str, Arguments]) -> None:
    """Those that work here."""
    ours = getattr(sn, module)
    base = getattr(ours, module.removesuffix("s").capitalize())
    names = {
        name
        for name in dir(getattr(keras, module))
        if isinstance(found := getattr(ours, name, None), type)
        and issubclass(found, base)
        and found is not base
        and found.__name__ == name
    }
    assert names == set(table)

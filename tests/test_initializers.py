"""New weights have Keras's distributions, from streams that depend on seed and place alone."""

from __future__ import annotations

import numpy as np
import pytest

from spritenet import initializers
from spritenet.errors import ModelError
from spritenet.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
    stream,
)

stats = pytest.importorskip("scipy.stats", reason="SciPy is the oracle of distributions")

SHAPE = (5, 5, 16, 32)
FAN_IN, FAN_OUT = 5 * 5 * 16, 5 * 5 * 32
FAN_AVG = (FAN_IN + FAN_OUT) / 2
CUT = 0.87962566103423978


def uniform(limit: float) -> object:
    """A uniform distribution around 0."""
    return stats.uniform(-limit, 2 * limit)


def cut_normal(variance: float) -> object:
    """Keras's truncated normal of that variance: cut at two of its standard deviations."""
    return stats.truncnorm(-2, 2, scale=variance**0.5 / CUT)


@pytest.mark.parametrize(
    ("rule", "distribution"),
    [
        (GlorotUniform(), uniform((3 / FAN_AVG) ** 0.5)),
        (GlorotNormal(), cut_normal(1 / FAN_AVG)),
        (HeUniform(), uniform((6 / FAN_IN) ** 0.5)),
        (HeNormal(), cut_normal(2 / FAN_IN)),
        (LecunUniform(), uniform((3 / FAN_IN) ** 0.5)),
        (LecunNormal(), cut_normal(1 / FAN_IN)),
        (VarianceScaling(), cut_normal(1 / FAN_IN)),
        (VarianceScaling(0.1, "fan_out", "uniform"), uniform((0.3 / FAN_OUT) ** 0.5)),
        (
            VarianceScaling(2.0, "fan_avg", "untruncated_normal"),
            stats.norm(0, (2 / FAN_AVG) ** 0.5),
        ),
        (RandomUniform(-0.1, 0.3), stats.uniform(-0.1, 0.4)),
        (RandomNormal(1.0, 0.2), stats.norm(1.0, 0.2)),
        (TruncatedNormal(1.0, 0.2), stats.truncnorm(-2, 2, 1.0, 0.2)),
    ],
    ids=lambda value: repr(value) if isinstance(value, Initializer) else None,
)
def test_values_have_kerass_distribution(rule: Initializer, distribution: object) -> None:
    """A Kolmogorov-Smirnov test on 12,800 values; the seed is fixed, so it can't fail by chance."""
    values = rule(SHAPE, stream(7, 0))
    assert values.dtype == np.float32
    assert values.shape == SHAPE
    assert stats.kstest(values.ravel(), distribution.cdf).pvalue > 0.01  # type: ignore[attr-defined]  # SciPy has no types here


def test_glorot_normal_has_the_variance_it_promises() -> None:
    """The cut takes variance away; Keras's constant gives it back."""
    values = GlorotNormal()((300, 500), stream(0, 0))
    assert values.var() == pytest.approx(2 / 800, rel=0.01)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 3, 2, 5)])
def test_orthogonal_is_orthogonal(shape: tuple[int, ...]) -> None:
    """Columns, or rows where they are fewer, have length `gain` and stand at right angles."""
    flat = Orthogonal(2.0)(shape, stream(1, 0)).reshape(-1, shape[-1]).astype(np.float64)
    product = flat.T @ flat if flat.shape[0] >= flat.shape[1] else flat @ flat.T
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_constants_are_constant() -> None:
    """Zeros, ones and any other value."""
    for rule, value in ((Zeros(), 0), (Ones(), 1), (Constant(2.5), 2.5)):
        assert (rule((3, 4), stream(0, 0)) == value).all()


def test_a_stream_depends_on_seed_and_index_alone() -> None:
    """The same pair gives the same weights; another seed or another place gives others."""
    first = GlorotUniform()(SHAPE, stream(3, 1))
    np.testing.assert_array_equal(first, GlorotUniform()(SHAPE, stream(3, 1)))
    assert (first != GlorotUniform()(SHAPE, stream(3, 2))).any()
    assert (first != GlorotUniform()(SHAPE, stream(4, 1))).any()


@pytest.mark.parametrize("cls", [cls for _, cls in sorted(initializers._CLASSES.items())])
def test_every_initializer_is_found_by_its_names(cls: type[Initializer]) -> None:
    """By class name, by Keras's snake case, and from its own config."""
    rule = cls()
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")
    assert initializers.get(cls.__name__) == rule
    assert initializers.get(snake) == rule
    assert initializers.get({"class_name": cls.__name__, "config": rule.config()}) == rule
    assert initializers.get(rule) is rule


def test_an_unknown_initializer_is_named() -> None:
    """The message says where, what is there and what there is."""
    with pytest.raises(ModelError, match=r"conv2d: .* GlorotUniform.* got 'magic'"):
        initializers.get("magic", "conv2d")


@pytest.mark.parametrize(
    "wrong",
    [{"scale": 0}, {"scale": -1.0}, {"mode": "fan"}, {"distribution": "cauchy"}],
)
def test_variance_scaling_checks_its_arguments(wrong: dict[str, object]) -> None:
    """As Keras does."""
    with pytest.raises(ModelError):
        VarianceScaling(**wrong)  # type: ignore[arg-type]  # that is the point

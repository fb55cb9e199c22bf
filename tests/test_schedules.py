"""Learning rates follow Keras's and PyTorch's formulas."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from spritenet import schedules
from spritenet.errors import ModelError
from spritenet.schedules import (
    Accumulated,
    Constant,
    CosineDecay,
    ExponentialDecay,
    OneCycle,
    PiecewiseConstantDecay,
    Schedule,
)


def pytorchs(torch: ModuleType, make: object, steps: int) -> list[float]:
    """The rates of a PyTorch scheduler."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1)
    scheduler = make(optimizer)  # type: ignore[operator]  # a function
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_cosine_is_pytorchs(torch: ModuleType) -> None:
    """CosineAnnealingLR, which goes on after its end where ours stays."""
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR
    theirs = pytorchs(torch, lambda o: cosine(o, 20, eta_min=0.01), 21)
    np.testing.assert_allclose(CosineDecay(0.1, 20, alpha=0.1)(np.arange(21)), theirs, rtol=1e-9)
    assert CosineDecay(0.1, 20, alpha=0.1)([20, 21, 100]).tolist() == pytest.approx([0.01] * 3)


def test_cosine_warms_up_in_a_straight_line() -> None:
    """Keras's formula: from the initial rate to the target, then the cosine from there."""
    rates = CosineDecay(0.0, 10, warmup_target=0.5, warmup_steps=5)(np.arange(16))
    np.testing.assert_allclose(rates[:6], np.linspace(0, 0.5, 6))
    np.testing.assert_allclose(rates[5:], CosineDecay(0.5, 10)(np.arange(11)))


@pytest.mark.parametrize("total", [1, 2, 3, 10, 100])
@pytest.mark.parametrize("rise", [0.3, 0.0, 0.9])
def test_one_cycle_is_pytorchs(torch: ModuleType, total: int, rise: float) -> None:
    """OneCycleLR without its cycling of momentum."""

    def make(optimizer: object) -> object:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 0.4, total_steps=total, pct_start=rise, cycle_momentum=False
        )

    if total > 1 and rise * total > 1 and rise * total < total - 1:
        theirs = pytorchs(torch, make, total - 1)
        ours = OneCycle(0.4, total, rise)(np.arange(total - 1))
        np.testing.assert_allclose(ours, theirs, rtol=1e-7)
    rates = OneCycle(0.4, total, rise)(np.arange(total))
    assert np.isfinite(rates).all()
    assert rates.max() <= 0.4 + 1e-12
    assert rates.min() > 0


def test_exponential_is_pytorchs(torch: ModuleType) -> None:
    """ExponentialLR, where decay_steps is 1; with a staircase only whole powers."""
    theirs = pytorchs(torch, lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9), 10)
    np.testing.assert_allclose(ExponentialDecay(0.1, 1, 0.9)(np.arange(10)), theirs)
    stairs = ExponentialDecay(0.1, 4, 0.5, staircase=True)(np.arange(9))
    np.testing.assert_allclose(stairs, [0.1] * 4 + [0.05] * 4 + [0.025])


def test_pieces_end_with_their_boundary() -> None:
    """Keras: the first value up to and with the first boundary."""
    rates = PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.1])(np.arange(7))
    assert rates.tolist() == [1, 1, 1, 0.5, 0.5, 0.1, 0.1]


@pytest.mark.parametrize("schedule", [OneCycle(0.1), CosineDecay(0.1)])
def test_a_schedule_without_length_spans_the_training(schedule: Schedule) -> None:
    """Its length is the training's, and it begins where the training does."""
    spanning = schedule.spanning(100, 50)
    rates = spanning(np.arange(100, 150))
    fixed = OneCycle(0.1, 50) if isinstance(schedule, OneCycle) else CosineDecay(0.1, 50)
    np.testing.assert_allclose(rates, fixed(np.arange(50)))
    with pytest.raises(ModelError, match="is not given"):
        schedule([0])


@pytest.mark.parametrize(
    "schedule",
    [
        Constant(0.1),
        CosineDecay(0.1, 7, 0.2, 0.3, 4),
        ExponentialDecay(0.1, 3, 0.5, staircase=True),
        OneCycle(0.1, 20, 0.4, 10, 100),
        PiecewiseConstantDecay((2, 4), (1.0, 0.5, 0.1)),
        OneCycle(0.1).spanning(5, 20),
    ],
    ids=lambda s: type(s).__name__,
)
def test_a_schedule_comes_back_from_its_config(schedule: Schedule) -> None:
    """Also through JSON, which makes lists of tuples."""
    import json

    again = schedules.get(json.loads(json.dumps(schedule.config())))
    assert again == schedule
    np.testing.assert_array_equal(again(np.arange(30)), schedule(np.arange(30)))


@pytest.mark.parametrize(
    ("schedule", "peak"),
    [
        (Constant(0.1), 0.1),
        (CosineDecay(0.1, 20, alpha=0.1), 0.1),
        (CosineDecay(0.1, 20, warmup_target=0.4, warmup_steps=5), 0.4),
        (ExponentialDecay(0.1, 10, 0.5), 0.1),
        (OneCycle(0.3, 20), 0.3),
        (PiecewiseConstantDecay((2, 4), (0.5, 1.0, 0.1)), 1.0),
        (OneCycle(0.3).spanning(0, 20), 0.3),
        (Accumulated(OneCycle(0.3, 10), 2), 0.3),
    ],
    ids=lambda s: type(s).__name__,
)
def test_a_schedule_is_scaled_by_its_peak(schedule: Schedule, peak: float) -> None:
    """The highest rate is where it says; another one multiplies the rate of every step."""
    rates = schedule(np.arange(20))
    assert schedule.peak == pytest.approx(rates.max(), rel=0.02) == pytest.approx(peak, rel=0.02)
    np.testing.assert_allclose(schedule.with_peak(2 * peak)(np.arange(20)), 2 * rates, rtol=1e-12)
    assert not schedule.with_peak(0.0)(np.arange(20)).any()


@pytest.mark.parametrize(
    "make",
    [
        lambda: CosineDecay(-1),
        lambda: CosineDecay(0.1, 0),
        lambda: ExponentialDecay(0.1, 0, 0.5),
        lambda: OneCycle(0.1, rise=1.0),
        lambda: OneCycle(float("nan")),
        lambda: PiecewiseConstantDecay([1], [0.1]),
        lambda: PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]),
        lambda: schedules.get("fast"),
        lambda: schedules.get(-0.1),
        lambda: schedules.get({"class_name": "Magic", "config": {}}),
    ],
)
def test_wrong_arguments_are_refused(make: object) -> None:
    """With one line each."""
    with pytest.raises(ModelError):
        make()  # type: ignore[operator]  # a function

"""Muon: the momentum of matrices, made orthogonal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from spritenet.core.optimizers import PLAIN
from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Muon"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class Muon(Optimizer):
    """The momentum of matrices, made orthogonal (Jordan et al. 2024); all else by AdamW.

    m = momentum · m + g, and w -= r · rms_rate · √max(rows, columns) · orthogonal(m). `orthogonal`
    divides by the norm, and repeats X = muon_a · X + (muon_b · A + muon_c · A²) · X with A = X Xᵀ
    (Newton and Schulz). With nesterov it is of g + momentum · m. This is for weights of two axes,
    such as the kernels of Dense; others take AdamW's step, with adam_lr_ratio · r.

    Args:
        learning_rate: a number, or a schedule of the step.
        adam_beta_1, adam_beta_2, adam_weight_decay, epsilon: of AdamW's step.
        weight_decay: of the matrices.
        exclude_layers: parts of names, such as "dense_1", of weights that take AdamW's step
            although they have two axes: best the last layer's.
        muon_a, muon_b, muon_c: the numbers of the iteration.
        adam_lr_ratio: of the learning rate in AdamW's step.
        momentum: the fraction of m that a step keeps, 0 ≤ momentum < 1.
        ns_steps: the number of iterations.
        nesterov: looks ahead, as Nesterov's momentum does.
        rms_rate: the root mean square of a matrix's step divided by r, as large as Adam's (Liu et
            al. 2025); None for w -= r · orthogonal(m).
        clipnorm, clipvalue, …: see `Optimizer`.
    """

    adam_beta_1: float = 0.9
    adam_beta_2: float = 0.999
    adam_weight_decay: float | None = 0.004
    epsilon: float = 1e-7
    weight_decay: float | None = field(default=0.004, kw_only=True)
    exclude_layers: Sequence[str] | None = None
    muon_a: float = 3.4445
    muon_b: float = -4.7750
    muon_c: float = 2.0315
    adam_lr_ratio: float = 1.0
    momentum: float = 0.95
    ns_steps: int = 5
    nesterov: bool = True
    rms_rate: float | None = 0.2
    OPTIONAL: ClassVar[frozenset[str]] = Optimizer.OPTIONAL | {"adam_weight_decay", "rms_rate"}

    def __post_init__(self) -> None:
        """Check the arguments."""
        Optimizer.__post_init__(self)
        if self.exclude_layers is not None:
            self._keep_texts("exclude_layers")

    def excluded(self, names: Sequence[str]) -> NDArray[np.uint8] | None:
        """See `Optimizer.excluded`."""
        decay = Optimizer.excluded(self, names)
        plain = [PLAIN * any(p in name for p in self.exclude_layers or ()) for name in names]
        if not any(plain):
            return decay
        made = np.array(plain, np.uint8)
        return made if decay is None else np.bitwise_or(made, decay)

"""Integer networks in the compiled core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from spritenet.core.integer import Runner
from spritenet.quantization import operators as ops
from spritenet.quantization.network import IntegerNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NativeNetwork"]

KINDS: dict[type[ops.Operator], str] = {
    ops.Convolution: "convolution",
    ops.Dense: "convolution",
    ops.MaxPooling: "max_pooling",
    ops.AveragePooling: "average_pooling",
    ops.Lookup: "lookup",
    ops.Sum: "sum",
    ops.Product: "product",
    ops.Concatenation: "concatenation",
    ops.Padding: "padding",
    ops.Cropping: "cropping",
    ops.UpSampling: "up_sampling",
    ops.Reshaping: "reshaping",
}
"""The core's kind of each operator but `Extremum`."""


class NativeNetwork:
    """An integer network as the core runs it, with the processor's integer dot products.

    Args:
        network: the network.
        threads: the number of threads; None for all.
        instructions: "tiles" for the best the processor has (AMX), "dots" to do without tiles,
            "plain" without its dot products of bytes, too. The integers are the same.

    Raises:
        CoreError: there is too little memory.
    """

    def __init__(
        self,
        network: IntegerNetwork,
        *,
        threads: int | None = None,
        instructions: Literal["tiles", "dots", "plain"] = "tiles",
    ) -> None:
        self.network = network
        self._runner = Runner(
            [_fields(network, operator) for operator in network.operators],
            network.image_shape,
            zero_point=network.zero_point,
            inverted=network.inverted,
            threads=threads,
            instructions=instructions,
        )

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.signedinteger]:
        """Returns the outputs of the last operator, int8 or int16, (n, *output_shape)."""
        outputs = self._runner.predict(images)
        found: NDArray[np.signedinteger] = outputs.astype(
            self.network.operators[-1].dtype, copy=False
        )
        return found.reshape(len(images), *self.network.output_shape)


def _fields(network: IntegerNetwork, operator: ops.Operator) -> dict[str, Any]:
    """Returns an operator's fields by the core's names."""
    fields: dict[str, Any] = {
        name: getattr(operator, name) for name in ("inputs", "shape", "zero_point", "low", "high")
    }
    if isinstance(operator, ops.Extremum):
        fields["kind"] = "maximum" if operator.largest else "minimum"
    else:
        fields["kind"] = KINDS[type(operator)]
    own = ("kernel", "bias", "multiplier", "shift", "counts", "size", "strides", "dilation")
    for name in (*own, "groups"):
        if hasattr(operator, name):
            fields[name] = getattr(operator, name)
    for name in {"multiplier", "shift"} & set(fields):
        fields[name] = np.atleast_1d(fields[name])
    match operator:
        case ops.Convolution():
            fields["size"] = operator.kernel.shape[:2]
        case ops.Dense():
            fields["size"] = network.shape_of(operator.inputs[0])[:2]
        case ops.Lookup():
            fields["kernel"] = operator.table
        case ops.Cropping():
            fields["padding"] = (operator.top, operator.left)
    if hasattr(operator, "padding"):
        fields["padding"] = (operator.padding[0], operator.padding[2])
    return fields

"""Integer networks: int8 inference whose every integer is specified, in docs/reference/int8.md.

operators    the operators of an integer network
network      IntegerNetwork: input, operators, output
fixed_point  multipliers and the one rounding rule
reference    integer inference in NumPy
decomposition   layers split into the steps that integers take
reordering   max pooling behind what convolutions absorb
folding      a float network as steps, with batch normalization folded
fine_tuning  weights trained with the rounding; fake_quantization: the layer that rounds
equalization    channels of one size between convolutions
calibration  quantize: scales and corrected biases from images
"""

from spritenet.quantization.calibration import Calibrated, calibrate, quantize
from spritenet.quantization.network import IntegerNetwork

__all__ = ["Calibrated", "IntegerNetwork", "calibrate", "quantize"]

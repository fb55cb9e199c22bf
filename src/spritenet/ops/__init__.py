"""Low-level operations with gradients, in NumPy: tensors, variables, `grad`, `minimize`.

    from spritenet import ops

    w = ops.Variable(ops.random_normal((784, 10), stddev=0.1))
    optimizer = ops.SGD(0.1)
    loss = optimizer.minimize(
        lambda: ops.softmax_cross_entropy(labels, images @ w).mean(), [w]
    )

Written to be read, in this order: `tensor`, `differentiation` (back-propagation),
`elementwise`, `reductions`, `images` (convolution, pooling), `losses`, `optimizers`. Everything is
float64. Networks of layers train hundreds of times as fast: `sn.Sequential`.
"""

from spritenet.ops.differentiation import (
    check_gradients,
    custom_gradient,
    grad,
    gradients,
    value_and_grads,
)
from spritenet.ops.elementwise import (
    absolute,
    clip,
    elu,
    exp,
    leaky_relu,
    log,
    maximum,
    minimum,
    relu,
    sigmoid,
    softplus,
    sqrt,
    square,
    stop_gradient,
    tanh,
    where,
)
from spritenet.ops.images import avg_pool, conv2d, depthwise_conv2d, max_pool, pad, windows
from spritenet.ops.initial import ones, random_normal, random_uniform, truncated_normal, zeros
from spritenet.ops.losses import (
    mean_squared_error,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
)
from spritenet.ops.optimizers import SGD, Adam, Optimizer, RMSprop
from spritenet.ops.reductions import (
    arg_max,
    concat,
    log_softmax,
    max,  # noqa: A004 - NumPy's name
    mean,
    one_hot,
    softmax,
    variance,
)
from spritenet.ops.tensor import (
    Tensor,
    TensorLike,
    Variable,
    add,
    broadcast_to,
    divide,
    gather,
    mat_mul,
    multiply,
    negative,
    power,
    reshape,
    sum,  # noqa: A004 - NumPy's name
    tensor,
    transpose,
)

__all__ = [
    "SGD",
    "Adam",
    "Optimizer",
    "RMSprop",
    "Tensor",
    "TensorLike",
    "Variable",
    "absolute",
    "add",
    "arg_max",
    "avg_pool",
    "broadcast_to",
    "check_gradients",
    "clip",
    "concat",
    "conv2d",
    "custom_gradient",
    "depthwise_conv2d",
    "divide",
    "elu",
    "exp",
    "gather",
    "grad",
    "gradients",
    "leaky_relu",
    "log",
    "log_softmax",
    "mat_mul",
    "max",
    "max_pool",
    "maximum",
    "mean",
    "mean_squared_error",
    "minimum",
    "multiply",
    "negative",
    "one_hot",
    "ones",
    "pad",
    "power",
    "random_normal",
    "random_uniform",
    "relu",
    "reshape",
    "sigmoid",
    "sigmoid_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "sqrt",
    "square",
    "stop_gradient",
    "sum",
    "tanh",
    "tensor",
    "transpose",
    "truncated_normal",
    "value_and_grads",
    "variance",
    "where",
    "windows",
    "zeros",
]

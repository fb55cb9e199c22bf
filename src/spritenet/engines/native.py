"""The compiled core as an engine: the one door to ctypes.

Everything is checked here before it crosses, since the other side can only answer with a line of text.
"""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.engines import structs
from spritenet.engines.library import ERROR_BYTES, library
from spritenet.engines.values import Evaluation, Examples, Steps
from spritenet.errors import CoreError, InputError, ModelError
from spritenet.layers import Layer
from spritenet.losses import Loss, MeanSquaredError
from spritenet.optimizers import SGD, Adam, Optimizer, RMSprop

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Network", "instruction_set", "lanes", "threads"]

_OK, _INVALID, _DIVERGED, _STOPPED = range(4)


def instruction_set() -> str:
    """The instruction set of the build in use, "x86-64-v4" for example."""
    library().sn_instruction_set.restype = ctypes.c_char_p
    name: bytes = library().sn_instruction_set()
    return name.decode()


def lanes() -> int:
    """How many images one vector holds."""
    return int(library().sn_lanes())


def threads() -> int:
    """How many threads work: `SPRITENET_THREADS`, else all processors this process may use.

    Raises:
        InputError: `SPRITENET_THREADS` is not a number from 1 to 1024.
    """
    wanted = os.environ.get("SPRITENET_THREADS", "")
    if wanted:
        if not wanted.isdecimal() or not 1 <= int(wanted) <= 1024:
            raise InputError(
                "it must be a number of threads",
                where="SPRITENET_THREADS",
                expected="1 to 1024",
                got=wanted,
            )
        return int(wanted)
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


class _Pool:
    """The core's threads, shared by all networks of this process that want as many."""

    _pools: dict[int, _Pool] = {}  # noqa: RUF012  # a cache of the class, on purpose

    def __init__(self, count: int) -> None:
        core = library()
        core.sn_pool_create.restype = ctypes.c_void_p
        self.handle = ctypes.c_void_p(core.sn_pool_create(count))
        self.lock = threading.Lock()
        self.process = os.getpid()
        if not self.handle:
            raise CoreError("the core could not start its threads")

    @classmethod
    def of(cls, count: int) -> _Pool:
        """The pool with this many threads; a new one after a fork, which takes no threads along."""
        pool = cls._pools.get(count)
        if pool is None or pool.process != os.getpid():
            pool = cls._pools[count] = cls(count)
        return pool


def _address(array: NDArray[Any] | None) -> int | None:
    """Where an array's numbers are."""
    return None if array is None else array.ctypes.data


def _image_pointer(images: NDArray[np.uint8]) -> Any:
    return images.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))


def _layer(layer: Layer) -> structs.CLayer:
    """One layer in the header's words."""
    name = layer.class_name
    kind = structs.LAYERS.get(name)
    made = structs.CLayer()
    function = getattr(layer, "function", None)
    if function is not None:
        made.activation = structs.ACTIVATIONS[function.name]
        made.alpha = function.alpha
        kind = kind or structs.LAYERS["Activation"]
    if kind is None:
        raise ModelError("the core has no such layer", where=name)
    made.kind = kind
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if window is not None:
        made.kernel_height, made.kernel_width = window
        made.stride_height, made.stride_width = layer.strides  # type: ignore[attr-defined]  # all windows have
        made.padding = int(layer.padding == "same")  # type: ignore[attr-defined]  # all windows have
    made.units = getattr(layer, "filters", None) or getattr(layer, "units", 0)
    made.use_bias = int(getattr(layer, "use_bias", False))
    made.scale = getattr(layer, "scale", 0.0)
    made.offset = getattr(layer, "offset", 0.0)
    made.rate = getattr(layer, "rate", 0.0)
    for field in ("kernel", "bias"):
        penalty = getattr(layer, f"{field}_regularizer", None)
        setattr(made, f"{field}_l2", penalty.l2 if penalty is not None else 0.0)
    return made


def _optimizer(optimizer: Optimizer) -> structs.COptimizer:
    """An optimizer in the header's words."""
    made = structs.COptimizer()
    made.weight_decay = getattr(optimizer, "weight_decay", None) or 0.0
    made.clip_norm = getattr(optimizer, "global_clipnorm", None) or 0.0
    if isinstance(optimizer, SGD):
        made.kind = 0
        made.momentum = optimizer.momentum
        made.nesterov = int(optimizer.nesterov)
    elif isinstance(optimizer, RMSprop):
        made.kind = 1
        made.rho = optimizer.rho
        made.momentum = optimizer.momentum
        made.epsilon = optimizer.epsilon
    elif isinstance(optimizer, Adam):
        made.kind = 2
        made.beta_1 = optimizer.beta_1
        made.beta_2 = optimizer.beta_2
        made.epsilon = optimizer.epsilon
    else:
        raise ModelError("the core has no such optimizer", where=type(optimizer).__name__)
    return made


def _aligned(bytes_: int) -> NDArray[np.uint8]:
    """Memory whose address is a multiple of 128."""
    memory = np.empty(bytes_ + 128, np.uint8)
    start = -memory.ctypes.data % 128
    return memory[start : start + bytes_]


def _check(array: NDArray[Any] | None, dtype: type, shape: tuple[int, ...], name: str) -> None:
    if array is None:
        return
    if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        raise CoreError(
            "an array is not as the core wants it",
            where=name,
            expected=f"contiguous {np.dtype(dtype).name} {shape}",
            got=f"{array.dtype} {array.shape}",
        )


class Network:
    """A network made ready for one input shape and a largest batch size.

    Args:
        layers: what it is, first to last.
        input_shape: height, width, channels of the uint8 images.
        batch_size: the largest batch it will train on; 0 if it never trains.
        threads: how many work at a time; None for `threads()`.

    Raises:
        ModelError: the layers don't fit each other or the images.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: tuple[int, int, int],
        *,
        batch_size: int = 0,
        threads: int | None = None,
    ) -> None:
        self._core = library()
        count = threads or _threads()
        self._layers = (structs.CLayer * len(layers))(*map(_layer, layers))
        self._spec = structs.CSpec(self._layers, len(layers), *input_shape, count, batch_size)
        self.input_shape = input_shape
        self.batch_size = batch_size
        self._pool = _Pool.of(count)
        self._count = count
        error = ctypes.create_string_buffer(ERROR_BYTES)
        self._core.sn_network_bytes.restype = ctypes.c_int64
        needed = self._core.sn_network_bytes(ctypes.byref(self._spec), error)
        if needed < 0:
            raise ModelError(error.value.decode(), where="network")
        self._memory = _aligned(needed)
        self._core.sn_network_init.restype = ctypes.c_void_p
        self._handle = ctypes.c_void_p(
            self._core.sn_network_init(
                ctypes.c_void_p(self._memory.ctypes.data),
                ctypes.c_int64(needed),
                ctypes.byref(self._spec),
                error,
            )
        )
        self._core.sn_parameter_count.restype = ctypes.c_int64
        self.parameter_count = int(self._core.sn_parameter_count(self._handle))
        self.output_shapes = [self._output_shape(i) for i in range(len(layers))]
        self.outputs = int(np.prod(self.output_shapes[-1]))
        # One call at a time may use the memory; the pool's own lock keeps calls of others out.
        self._error = error
        self._predict_one = _PredictOne(self)

    def _output_shape(self, index: int) -> tuple[int, int, int]:
        shape = (ctypes.c_int32 * 3)()
        self._core.sn_output_shape(self._handle, ctypes.c_int32(index), shape)
        return (shape[0], shape[1], shape[2])

    def _call(self, function: Any, *arguments: Any) -> int:
        """Call the core; a refusal becomes a CoreError, since everything was checked before."""
        if self._pool.process != os.getpid():
            self._pool = _Pool.of(self._count)
        with self._pool.lock:
            status: int = function(*arguments, self._error)
            if status == _INVALID:
                raise CoreError(self._error.value.decode(), where="core")
        return status

    def _examples(self, examples: Examples) -> structs.CExamples:
        n = len(examples.images)
        _check(examples.images, np.uint8, (n, *self.input_shape), "images")
        _check(examples.labels, np.int32, (n,), "labels")
        _check(examples.targets, np.float32, (n, self.outputs), "targets")
        _check(examples.weights, np.float32, (n,), "weights")
        return structs.CExamples(
            _image_pointer(examples.images),
            _address(examples.labels),
            _address(examples.targets),
            _address(examples.weights),
            n,
        )

    def predict(
        self, parameters: NDArray[np.float32], images: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """The last layer's outputs, float32 (n, outputs), of n h w c uint8 images."""
        n = len(images)
        if n == 1:
            return self._predict_one(parameters, images)
        outputs = np.empty((n, self.outputs), np.float32)
        _check(parameters, np.float32, (self.parameter_count,), "parameters")
        _check(images, np.uint8, (n, *self.input_shape), "images")
        chunk = 4096  # so that Ctrl-C is answered
        for first in range(0, n, chunk):
            part = images[first : first + chunk]
            self._call(
                self._core.sn_predict,
                self._handle,
                self._pool.handle,
                ctypes.c_void_p(_address(parameters)),
                ctypes.c_void_p(_address(part)),
                ctypes.c_int64(len(part)),
                ctypes.c_void_p(_address(outputs[first:])),
            )
        return outputs

    def activations(
        self, parameters: NDArray[np.float32], image: NDArray[np.uint8]
    ) -> list[NDArray[np.float32]]:
        """Every layer's outputs for one uint8 image h w c: float32 arrays h w c."""
        _check(parameters, np.float32, (self.parameter_count,), "parameters")
        _check(image, np.uint8, self.input_shape, "image")
        sizes = [int(np.prod(shape)) for shape in self.output_shapes]
        outputs = np.empty(sum(sizes), np.float32)
        self._call(
            self._core.sn_activations,
            self._handle,
            ctypes.c_void_p(_address(parameters)),
            ctypes.c_void_p(_address(image)),
            ctypes.c_void_p(_address(outputs)),
        )
        parts = np.split(outputs, np.cumsum(sizes)[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self.output_shapes, strict=True)]

    def evaluate(
        self,
        parameters: NDArray[np.float32],
        examples: Examples,
        loss: Loss,
        *,
        first: int = 0,
        count: int | None = None,
    ) -> Evaluation:
        """How well the examples first … first + count (all after first by default) are done."""
        _check(parameters, np.float32, (self.parameter_count,), "parameters")
        total = len(examples.images) - first if count is None else count
        task = structs.CEvaluation(
            examples=self._examples(examples),
            parameters=_address(parameters),
            loss=_loss_kind(loss),
            label_smoothing=loss.smoothing,
        )
        loss_sum, correct = 0.0, 0
        chunk = 4096  # so that Ctrl-C is answered
        for start in range(first, first + total, chunk):
            task.first = start
            task.count = min(chunk, first + total - start)
            self._call(
                self._core.sn_evaluate, self._handle, self._pool.handle, ctypes.byref(task)
            )
            loss_sum += task.loss_sum
            correct += task.correct
        return Evaluation(loss_sum, task.l2, correct, total)

    def gradient(
        self,
        parameters: NDArray[np.float32],
        examples: Examples,
        indices: NDArray[np.int64],
        loss: Loss,
        *,
        dropout_seed: int | None = None,
    ) -> tuple[float, NDArray[np.float32]]:
        """The loss of the batch `indices` and its gradient; dropout works only if it is seeded."""
        _check(parameters, np.float32, (self.parameter_count,), "parameters")
        _check(indices, np.int64, (len(indices),), "indices")
        gradient = np.empty(self.parameter_count, np.float32)
        losses, correct = np.empty(1, np.float32), np.empty(1, np.int32)
        task = structs.CTraining(
            examples=self._examples(examples),
            parameters=_address(parameters),
            indices=_address(indices),
            seed=dropout_seed or 0,
            steps=1,
            batch_size=len(indices),
            loss=_loss_kind(loss),
            label_smoothing=loss.smoothing,
            no_dropout=int(dropout_seed is None),
            losses=_address(losses),
            correct=_address(correct),
        )
        self._call(
            self._core.sn_gradient,
            self._handle,
            self._pool.handle,
            ctypes.byref(task),
            ctypes.c_void_p(_address(gradient)),
        )
        return float(losses[0]), gradient

    def train(
        self,
        parameters: NDArray[np.float32],
        slots: NDArray[np.float32],
        examples: Examples,
        *,
        loss: Loss,
        optimizer: Optimizer,
        learning_rates: NDArray[np.float32],
        first_step: int,
        batch_size: int,
        seed: int,
        indices: NDArray[np.int64] | None = None,
    ) -> Steps:
        """Do len(learning_rates) steps, changing parameters and slots in place.

        Step s (from 0) takes part s mod p of epoch s // p in the order of (seed, epoch), where
        p = ceil(n / batch_size); or `indices`, batch_size of them a step. Keep a call short: Ctrl-C is
        answered after it.
        """
        steps = len(learning_rates)
        slot_count = len(optimizer.slots)
        _check(parameters, np.float32, (self.parameter_count,), "parameters")
        _check(learning_rates, np.float32, (steps,), "learning_rates")
        _check(indices, np.int64, (steps * batch_size,), "indices")
        if slot_count:
            _check(slots, np.float32, (slot_count, self.parameter_count), "slots")
        losses, correct = np.empty(steps, np.float32), np.empty(steps, np.int32)
        task = structs.CTraining(
            examples=self._examples(examples),
            optimizer=_optimizer(optimizer),
            parameters=_address(parameters),
            slots=_address(slots) if slot_count else None,
            learning_rates=_address(learning_rates),
            indices=_address(indices),
            seed=seed % 2**64,
            first_step=first_step,
            steps=steps,
            batch_size=batch_size,
            loss=_loss_kind(loss),
            label_smoothing=loss.smoothing,
            losses=_address(losses),
            correct=_address(correct),
        )
        status = self._call(
            self._core.sn_train, self._handle, self._pool.handle, ctypes.byref(task)
        )
        done = task.steps_done
        return Steps(losses[:done], correct[:done], status == _DIVERGED, status == _STOPPED)


class _PredictOne:
    """The short way for one image: what doesn't change between two calls is made once."""

    def __init__(self, network: Network) -> None:
        self._network = weakref.proxy(network)
        self._shape = (1, *network.input_shape)
        self._outputs = np.empty((1, network.outputs), np.float32)
        self._out = ctypes.c_void_p(_address(self._outputs))
        self._one = ctypes.c_int64(1)
        self._function = network._core.sn_predict
        self._parameters: NDArray[np.float32] | None = None
        self._parameters_at = ctypes.c_void_p()

    def __call__(
        self, parameters: NDArray[np.float32], images: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        network = self._network
        if parameters is not self._parameters:
            _check(parameters, np.float32, (network.parameter_count,), "parameters")
            self._parameters = parameters
            self._parameters_at = ctypes.c_void_p(_address(parameters))
        _check(images, np.uint8, self._shape, "images")
        network._call(
            self._function,
            network._handle,
            network._pool.handle,
            self._parameters_at,
            ctypes.c_void_p(_address(images)),
            self._one,
            self._out,
        )
        return self._outputs.copy()


_threads = threads  # `threads` is also an argument above


def _loss_kind(loss: Loss) -> int:
    return int(isinstance(loss, MeanSquaredError))

"""Training on a GPU: checks, then speed against PyTorch; with --small on the CPU, as a rehearsal.

python benchmarks/gpu.py             # under ten minutes on one CUDA device
python benchmarks/gpu.py --small     # seconds, on the CPU

A part that fails is a line, and the parts after it are done all the same. The exit code is 1 then.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import spritenet as sn
from figures import Row, arguments, leave, report
from gpu_checks import CHECKS
from spritenet.engines.engine import Examples
from spritenet.losses import SparseCategoricalCrossentropy
from spritenet.optimizers import SGD

Array = Any
"""A NumPy array, or a tensor of PyTorch."""

IMAGES = 60_000
ROUNDS = 3


def tutorial() -> list[Any]:
    """The network of the TensorFlow.js tutorial: 5,994 parameters."""
    return [
        sn.Rescaling(1 / 255),
        sn.Conv2D(8, 5, activation="relu"),
        sn.MaxPooling2D(2),
        sn.Conv2D(16, 5, activation="relu"),
        sn.MaxPooling2D(2),
        sn.Flatten(),
        sn.Dense(10, activation="softmax"),
    ]


def one_convolution() -> list[Any]:
    """One convolution and one pooling: 30,806 parameters."""
    return [
        sn.Rescaling(1 / 255),
        sn.Conv2D(21, 5, activation="relu"),
        sn.MaxPooling2D(2),
        sn.Flatten(),
        sn.Dense(10, activation="softmax"),
    ]


def residual() -> Any:  # noqa: ANN401 - a model
    """Two residual blocks with batch normalization."""
    images = sn.Input((28, 28, 1))
    x = sn.Conv2D(16, 3, padding="same", activation="relu")(sn.Rescaling(1 / 255)(images))
    x = sn.MaxPooling2D(2)(x)
    for _ in range(2):
        y = sn.Conv2D(16, 3, padding="same", use_bias=False)(x)
        y = sn.ReLU()(sn.BatchNormalization()(y))
        y = sn.BatchNormalization()(sn.Conv2D(16, 3, padding="same", use_bias=False)(y))
        x = sn.ReLU()(sn.Add()([x, y]))
    x = sn.GlobalAveragePooling2D()(x)
    return sn.Model(images, sn.Dense(10, activation="softmax")(x))


def torch_network(torch: Any, name: str) -> Any:  # noqa: ANN401 - PyTorch's
    """Returns the same network in PyTorch."""
    nn = torch.nn
    if name == "tutorial":
        return nn.Sequential(
            *(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(256, 10)),
        )
    if name == "one convolution":
        return nn.Sequential(
            *(nn.Conv2d(1, 21, 5), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(3024, 10)),
        )

    class Block(nn.Module):  # type: ignore[misc,name-defined]  # PyTorch's
        """A residual block."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(
                *(nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()),
                *(nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)),
            )

        def forward(self, x: Array) -> Array:
            """Adds what the block computes."""
            return torch.relu(x + self.inner(x))

    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), Block(), Block()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)),
    )


NETWORKS: dict[str, Callable[[], Any]] = {
    "tutorial": tutorial,
    "one convolution": one_convolution,
    "residual": residual,
}
CASES = (
    ("tutorial", 64),
    ("tutorial", 1024),
    ("one convolution", 128),
    ("one convolution", 1024),
    ("residual", 128),
)


def examples(count: int) -> Examples:
    """Random images; the arithmetic is that of any others."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 28, 28, 1), dtype=np.uint8)
    return Examples(images, random.integers(0, 10, count, dtype=np.int32))


def our_speed(
    made: Any,  # noqa: ANN401 - layers or a model
    batch: int,
    steps: int,
    given: Examples,
    device: str,
    rounds: int,
) -> list[float]:
    """Returns the images trained a second, round by round."""
    model = made if isinstance(made, sn.Model) else sn.Sequential(made)
    model.device = device
    model.build((28, 28, 1))
    engine = model.engine(batch)
    parameters, optimizer = model.parameters.copy(), SGD(0.05)
    slots = optimizer.initial_slots(len(parameters))
    speeds = []
    for turn in range(rounds + 1):  # the first one warms up
        start = perf_counter()
        engine.train(
            parameters,
            slots,
            given,
            loss=SparseCategoricalCrossentropy(),
            optimizer=optimizer,
            learning_rates=np.full(steps, 0.05, np.float32),
            first_step=turn * steps,
            batch_size=batch,
            seed=0,
        )
        speeds.append(batch * steps / (perf_counter() - start))
    return speeds[1:]


def torch_speed(
    name: str,
    batch: int,
    steps: int,
    given: Examples,
    device: str,
    rounds: int,
    *,
    mode: str,
) -> list[float]:
    """Returns the images that PyTorch trains a second, with all of them on the device.

    Args:
        name: of the network.
        batch: images in a step.
        steps: of a round.
        given: the images.
        device: PyTorch's name of it.
        rounds: that count; one before warms up.
        mode: of `torch.compile`, such as "reduce-overhead" for CUDA graphs; "" for eager.
    """
    import torch

    network = torch_network(torch, name).to(device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    images = torch.from_numpy(given.images).to(device).permute(0, 3, 1, 2).float() / 255
    labels = torch.from_numpy(np.asarray(given.labels)).to(device).long()
    loss_of = torch.nn.CrossEntropyLoss()

    def forward(x: Array, y: Array) -> Array:
        return loss_of(network(x), y)

    if mode:
        torch.compiler.reset()
        forward = torch.compile(forward, mode=mode, dynamic=False)
    speeds = []
    for _ in range(rounds + 1):
        start = perf_counter()
        order = torch.randperm(len(images), device=device)
        for k in range(steps):
            if mode == "reduce-overhead":
                torch.compiler.cudagraph_mark_step_begin()
            first = k * batch % (len(images) - batch + 1)
            chosen = order[first : first + batch]
            optimizer.zero_grad(set_to_none=True)
            forward(images[chosen], labels[chosen]).backward()
            optimizer.step()
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        speeds.append(batch * steps / (perf_counter() - start))
    return speeds[1:]


def compare(name: str, batch: int, options: Namespace, device: str) -> None:
    """Prints one case: ours, PyTorch eager and compiled."""
    small = options.small
    steps, rounds = (2, 1) if small else (max(200, 200_000 // batch), ROUNDS)
    given = examples(256 if small else IMAGES)
    own = "torch-cpu" if device == "cpu" else device
    sides = {"spritenet": our_speed(NETWORKS[name](), batch, steps, given, own, rounds)}
    if device == "cpu":
        core = our_speed(NETWORKS[name](), batch, steps, given, "cpu", rounds)
        sides["spritenet, the core"] = core
    modes = {"PyTorch": ""}
    if not small:
        modes["PyTorch compiled"] = "default"
        if name == "tutorial":
            modes["PyTorch compiled, CUDA graphs"] = "reduce-overhead"
    for side, mode in modes.items():
        try:
            speed = torch_speed(name, batch, steps, given, device, rounds, mode=mode)
        except Exception as error:  # noqa: BLE001 - a compiler may be missing, and ours counts
            print(f"{side} failed: {str(error).partition(chr(10))[0]}", file=sys.stderr)
            continue
        sides[side] = speed
    rows = [Row(side, tuple(found), "images/s") for side, found in sides.items()]
    report(f"training {name}, batches of {batch}, {device}", rows, as_json=options.json)


def many_seeds(options: Namespace, device: str) -> None:
    """Prints the time of several seeds of the tutorial, together and one after the other."""
    small = options.small
    seeds = range(3 if small else 64)
    given = examples(128 if small else 10_000)
    own = "torch-cpu" if device == "cpu" else device
    model = sn.Sequential(tutorial(), device=own)
    model.compile(SGD(0.05), "sparse_categorical_crossentropy")
    times: dict[str, float] = {}
    few = given[:64]
    model.fit(few.images, few.labels, batch_size=64, verbose=0)  # loads kernels
    start = perf_counter()
    how: dict[str, Any] = {"epochs": 1, "batch_size": 64}
    sn.train_many(model, given.images, given.labels, seeds=seeds, **how).finish()
    times["train_many"] = perf_counter() - start
    start = perf_counter()
    some = list(seeds)[:3]
    for seed in some:
        alone = sn.Sequential(tutorial(), device=own)
        alone.compile(SGD(0.05), "sparse_categorical_crossentropy")
        alone.fit(given.images, given.labels, seed=seed, verbose=0, **how)
    times["one after the other"] = (perf_counter() - start) * len(seeds) / len(some)
    rows = [Row(side, (seconds,), "s") for side, seconds in times.items()]
    report(f"{len(seeds)} seeds of tutorial, {device}", rows, as_json=options.json)


def to_99_percent(options: Namespace, device: str) -> None:
    """Prints the seconds in which `fast` reaches 99 % on MNIST's test set, where there is MNIST."""
    folder = os.environ.get("SPRITENET_MNIST")
    if options.small or folder is None:
        return
    data = sn.load(str(Path(folder)))
    model = sn.networks.get("fast", data.train)
    model.device = device
    how = sn.networks.fit_options("fast")
    model.fit(data.train, steps=8, batch_size=64, verbose=0)  # compiles kernels
    model = sn.networks.get("fast", data.train)
    model.device = device
    start = perf_counter()
    model.fit(data.train, verbose=0, **how)
    seconds = perf_counter() - start
    accuracy = model.evaluate(data.test)[1]
    rows = [Row("training", (seconds,), "s"), Row("test accuracy", (100 * accuracy,), "%")]
    report(f"fast on MNIST, {device}", rows, as_json=options.json)


def tried(title: str, work: Callable[[], None], options: Namespace) -> None:
    """Does a part; one that fails is a line, and the others are done all the same."""
    if time.monotonic() > options.until:
        print(f"\n{title}: left out, as the time is over", flush=True)
        return
    try:
        work()
    except Exception as error:  # noqa: BLE001 - a device that is lent for minutes has other parts to do
        options.failed.append(title)
        traceback.print_exc()
        print(f"\n{title}: FAILED: {type(error).__name__}: {error}", flush=True)
    sys.stdout.flush()


def main() -> None:
    """Checks, measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--device", default="", help="cuda by default; cpu with --small")
    parser.add_argument("--small", action="store_true", help="a rehearsal of seconds")
    parser.add_argument("--minutes", type=float, default=9, help="after which no part begins")
    options = parser.parse_args()
    try:
        import torch
    except ModuleNotFoundError:
        leave('PyTorch is not installed. Type: pip install "spritenet[torch]"')
    device = options.device or ("cpu" if options.small else "cuda")
    if device.startswith("cuda") and not torch.cuda.is_available():
        leave("there is no CUDA device. Give --small for a rehearsal on the CPU.")
    options.until, options.failed = time.monotonic() + 60 * options.minutes, []
    if device.startswith("cuda") and not options.json:
        memory = torch.cuda.mem_get_info(device)[1] / 2**30
        name = torch.cuda.get_device_name(device)
        print(f"{name}, {memory:.0f} GiB, PyTorch {torch.__version__}", flush=True)
    own = "torch-cpu" if device == "cpu" else device
    for check in CHECKS:
        tried(f"check: {check.__name__}", partial(check, own, options), options)
    for name, batch in CASES:
        size = min(batch, 128) if options.small else batch
        part = partial(compare, name, size, options, device)
        tried(f"training {name}, {size}", part, options)
    tried("many seeds", partial(many_seeds, options, device), options)
    tried("99 %", partial(to_99_percent, options, device), options)
    if options.failed:
        print(f"\nfailed: {', '.join(options.failed)}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()

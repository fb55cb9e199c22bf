"""Modules of PyTorch as models: the same outputs, or one line that names the layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import spritenet as sn
from spritenet.errors import DataWarning, ModelError

Module = Any  # of PyTorch, which may be missing
Make = Callable[[Any], Module]
SHAPE = (12, 10, 3)


def convnet(nn: ModuleType) -> Module:
    """Blocks in blocks, an image flattened before a Linear."""
    block = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
    return nn.Sequential(
        block,
        nn.MaxPool2d(3, 2, padding=1),
        nn.Sequential(nn.Sequential(nn.Conv2d(8, 6, 3, stride=2, padding=1)), nn.Tanh()),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.LeakyReLU(0.1),
        nn.Linear(6 * 3 * 3, 16),
        nn.BatchNorm1d(16),
        nn.PReLU(),
        nn.Linear(16, 4, bias=False),
        nn.Softmax(dim=1),
    )


def mobile(nn: ModuleType) -> Module:
    """Groups, dilation, averages and other normalizations."""
    return nn.Sequential(
        nn.ZeroPad2d((0, 1, 2, 3)),
        nn.Conv2d(3, 6, (3, 2), groups=3, padding="valid"),
        nn.GroupNorm(2, 6),
        nn.SiLU(),
        nn.Conv2d(6, 8, 3, groups=2, dilation=2, padding=2),
        nn.InstanceNorm2d(8, affine=True),
        nn.PReLU(8),
        nn.Conv2d(8, 8, 4, padding="same"),
        nn.AvgPool2d(3, 2, padding=1),
        nn.LayerNorm([8, 8, 5], elementwise_affine=False),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Identity(),
        nn.LayerNorm(8),
        nn.Linear(8, 5),
        nn.LogSoftmax(1),
    )


def decoder(nn: ModuleType) -> Module:
    """A vector to an image, and back to a vector in PyTorch's order."""
    return nn.Sequential(
        nn.AdaptiveMaxPool2d((4, 5)),
        nn.Flatten(),
        nn.BatchNorm1d(60),
        nn.Linear(60, 48),
        nn.Unflatten(1, (3, 4, 4)),
        nn.ConvTranspose2d(3, 4, 4, stride=2, padding=1),
        nn.ELU(0.5),
        nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1, bias=False),
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
        nn.MaxPool2d(3, 1, padding=1),
        nn.UpsamplingNearest2d(scale_factor=2),
        nn.AvgPool2d((8, 4)),
        nn.Softmax(dim=2),
        nn.Dropout2d(0.5),
        nn.Flatten(),
    )


ACTIVATIONS = [
    *("ReLU6", "SELU", "SiLU", "Mish", "Sigmoid", "Softplus", "Softsign", "Hardsigmoid"),
    *("Hardswish", "Hardtanh", "Hardshrink", "Softshrink", "LogSigmoid", "Tanhshrink"),
    *("CELU", "GELU", "Softmax2d"),
]


def activations(nn: ModuleType) -> Module:
    """Every activation, a normalization before each."""
    layers = [
        layer for name in ACTIVATIONS for layer in (nn.InstanceNorm2d(3), getattr(nn, name)())
    ]
    return nn.Sequential(*layers, nn.GELU(approximate="tanh"))


def randomized(module: Module, torch: ModuleType) -> Module:
    """The module with random weights and averages, ready to predict."""
    torch.manual_seed(3)
    for name, values in module.state_dict().items():
        if values.dtype.is_floating_point:
            low = 0.3 if name.endswith("var") else -0.4
            values.uniform_(low, 0.6)
    return module.eval()


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("make", [convnet, mobile, decoder, activations])
def test_a_module_predicts_the_same_here(make: Make, torch: ModuleType) -> None:
    """Within 1e-5 of PyTorch, and after it is saved as a PyTorch module again."""
    module = randomized(make(torch.nn), torch)
    images = np.random.default_rng(3).integers(0, 256, (5, *SHAPE), np.uint8)
    with torch.no_grad():
        given = torch.from_numpy(images.transpose(0, 3, 1, 2) / np.float32(255))
        theirs = module(given.float()).numpy()
    model = sn.from_torch(module, SHAPE, pixels="0..1")
    ours = model.predict(images)
    theirs = theirs if theirs.ndim == 2 else theirs.transpose(0, 2, 3, 1)
    assert np.abs(theirs[0] - theirs[1]).max() > 1e-4
    assert np.abs(ours - theirs).max() < 1e-5 * max(1.0, float(np.abs(theirs).max()))


def test_pixels_names_and_normalize_are_given(torch: ModuleType) -> None:
    """Arguments add to a module; an assumed range is warned of."""
    nn = torch.nn
    module = nn.Sequential(nn.Flatten(), nn.Linear(300, 3))
    images = np.random.default_rng(3).integers(0, 256, (5, 10, 10, 3), np.uint8)
    with pytest.warns(DataWarning, match=r"0\.\.1 is assumed, as torchvision's ToTensor") as warned:
        sn.from_torch(module, (10, 10, 3))
    assert [each.filename for each in warned] == [__file__]
    mean, deviation = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
    model = sn.from_torch(
        module, (10, 10, 3), class_names=["a", "b", "c"], pixels="0..1", normalize=(mean, deviation)
    )
    scaled = (images / 255.0 - mean) / deviation
    given = torch.from_numpy(scaled.transpose(0, 3, 1, 2)).float()
    assert np.abs(model.predict(images) - module(given).detach().numpy()).max() < 1e-5
    assert model.class_names == ("a", "b", "c")
    grey = sn.from_torch(module, (10, 10, 3), pixels="0..255", normalize=(0.5, 2))
    given = torch.from_numpy((images.transpose(0, 3, 1, 2) - 0.5) / 2).float()
    theirs = module(given).detach().numpy()
    assert np.abs(grey.predict(images) - theirs).max() < 1e-5 * np.abs(theirs).max()
    for normalize in ((0.5, 0), ((1, 2), 1), (float("nan"), 1), "mean"):
        with pytest.raises(ModelError, match="from_torch: invalid normalize"):
            sn.from_torch(module, (10, 10, 3), normalize=normalize)  # type: ignore[arg-type] # the test


REFUSED: dict[str, tuple[Make, str]] = {
    "a layer": (lambda nn: nn.Conv1d(3, 3, 3), "Conv1d: unsupported layer Conv1d. Supported: Seq"),
    "a nested one": (
        lambda nn: nn.Sequential(nn.Sequential(nn.ReLU(), nn.LSTM(3, 3))),
        r"0\.1 LSTM: unsupported layer LSTM",
    ),
    "a Linear on images": (lambda nn: nn.Linear(3, 4), "Linear: it needs a vector: got .*Put Flat"),
    "other channels": (
        lambda nn: nn.Conv2d(12, 4, 3),
        r"its weights don't fit its input: .*input_shape is height, width, channels",
    ),
    "a padding of zeros": (
        lambda nn: nn.MaxPool2d(3, 2, padding=1),
        "MaxPool2d: unsupported padding: expected 0, got 1",
    ),
    "other padding": (
        lambda nn: nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"),
        "unsupported padding_mode: expected zeros, got 'reflect'",
    ),
    "ceil_mode": (lambda nn: nn.MaxPool2d(2, ceil_mode=True), "MaxPool2d: unsupported ceil_mode"),
    "batch statistics": (
        lambda nn: nn.BatchNorm2d(3, track_running_stats=False),
        "unsupported track_running_stats: expected True",
    ),
    "a step too far": (lambda nn: nn.Softplus(beta=2), "Softplus: unsupported beta: expected 1"),
    "both": (
        lambda nn: nn.Conv2d(3, 4, 3, stride=2, dilation=2),
        "strides and dilation_rate can't both be more than 1",
    ),
    "no layers": (lambda nn: nn.Sequential(), "the module has no layers"),
    "too small": (lambda nn: nn.Conv2d(3, 4, 99), "Conv2d: "),
    "not finite": (
        lambda nn: nn.Sequential(nn.BatchNorm2d(3, eps=0.1), nn.Hardtanh(-2, 2)),
        "1 Hardtanh: unsupported min_val: expected -1, got -2",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_we_lack_is_refused_by_name(name: str, torch: ModuleType) -> None:
    """The place as PyTorch names it, and the layer."""
    make, words = REFUSED[name]
    with pytest.raises(ModelError, match=words) as caught:
        sn.from_torch(make(torch.nn), SHAPE, pixels="0..1")
    assert "\n" not in str(caught.value)


def test_classes_of_ones_own_and_files_are_refused(torch: ModuleType, tmp_path: Path) -> None:
    """A forward() can do anything; a file is a pickle."""

    class Own(torch.nn.Module):  # type: ignore[name-defined, misc] # a fixture, not a module
        """A module with a forward of its own."""

    with pytest.raises(ModelError, match=r"unsupported module Own: expected an nn\.Sequential"):
        sn.from_torch(torch.nn.Sequential(Own()), SHAPE)
    with pytest.raises(ModelError, match="unsupported module str"):
        sn.from_torch("model.pt", SHAPE)
    path = tmp_path / "model.pt"
    torch.save(torch.nn.Linear(2, 2), path)
    with pytest.raises(ModelError, match=r"a pickle that may run code: .*sn\.from_torch"):
        sn.load_model(path)
    bad = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(360, 2))
    bad[1].weight.data[0, 0] = float("nan")
    with pytest.raises(ModelError, match="dense/kernel: a weight is not a finite number"):
        sn.from_torch(bad, SHAPE, pixels="0..1")

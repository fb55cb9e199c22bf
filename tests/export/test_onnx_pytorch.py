"""ONNX files that PyTorch exports, read to PyTorch's outputs."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spritenet import export
from spritenet.errors import DataWarning
from spritenet.model import model_of

torch = pytest.importorskip("torch", reason="PyTorch exports them")
pytest.importorskip("onnx", reason="the extra onnx")
nn: Any = torch.nn
Module: Any = torch.nn.Module


class Residual(Module):  # type: ignore[misc]  # PyTorch is optional
    """Batch normalization, a squeeze-and-excite branch, a sum, and a mean over the image."""

    def __init__(self, activation: Any) -> None:  # noqa: ANN401 - of PyTorch
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.second = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.activation = activation
        squeeze = [nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 2, 1), nn.SiLU(), nn.Conv2d(2, 8, 1)]
        self.excite = nn.Sequential(*squeeze, nn.Sigmoid())
        self.head = nn.Linear(8, 5)

    def forward(self, x: Any) -> Any:  # noqa: ANN401 - tensors
        """The probabilities."""
        x = self.activation(self.norm(self.first(x)))
        y = self.second(x)
        x = self.activation(x + y * self.excite(y))
        return torch.softmax(self.head(x.mean((2, 3))), 1)


class View(Module):  # type: ignore[misc]  # as above
    """Pixels scaled inside, and a view by the tensor's own size."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 6, 5, padding=2), nn.Conv2d(6, 4, 3)
        self.head = nn.Linear(4 * 3 * 2, 7)

    def forward(self, x: Any) -> Any:  # noqa: ANN401 - as above
        """The logarithms of the probabilities."""
        x = torch.relu(self.first((x - 0.5) / 0.25))
        x = torch.tanh(self.second(nn.functional.max_pool2d(x, 2)))
        return torch.log_softmax(self.head(x.view(x.size(0), -1)), 1)


def chain(*layers: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """A Sequential."""
    return nn.Sequential(*layers)


MODULES: dict[str, Any] = {
    "classic": lambda: chain(
        *(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)),
        *(nn.Conv2d(4, 6, 3, padding=1, groups=2), nn.GELU(), nn.Dropout()),
        *(nn.Flatten(), nn.Linear(6 * 2 * 2, 10), nn.Softmax(1)),
    ),
    "residual": lambda: Residual(nn.ReLU()),
    "residual with mish": lambda: Residual(nn.Mish()),
    "residual with gelu": lambda: Residual(nn.GELU(approximate="tanh")),
    "view": View,
    "normalized": lambda: chain(
        *(nn.Conv2d(3, 8, 3), nn.GroupNorm(4, 8), nn.Hardswish()),
        *(nn.InstanceNorm2d(8, affine=True), nn.AvgPool2d(2, padding=1), nn.PReLU(8)),
        *(nn.Flatten(), nn.BatchNorm1d(8 * 5 * 4), nn.Linear(8 * 5 * 4, 4)),
    ),
    "upsampled": lambda: chain(
        nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1),
        *(nn.LeakyReLU(0.1), nn.Upsample(scale_factor=2)),
        *(nn.Conv2d(4, 4, 3, groups=4, padding=2, dilation=2), nn.ELU(0.7)),
        *(nn.Upsample(scale_factor=2, mode="bilinear"), nn.Hardsigmoid()),
        *(nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(4, 3), nn.Sigmoid()),
    ),
    "ceiling": lambda: chain(
        *(nn.Conv2d(3, 4, 3), nn.ReLU6(), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *(nn.ZeroPad2d((1, 2, 0, 1)), nn.Softplus(), nn.AvgPool2d(2, 2), nn.Hardtanh(-0.5, 3.0)),
        *(nn.SELU(), nn.CELU(), nn.Flatten(1), nn.Linear(4 * 2 * 3, 4, bias=False)),
    ),
}


NEW = ("residual with mish", "upsampled", "ceiling")
"""Modules whose operators or rules of interpolation opset 9 lacks."""

CASES = [(name, opset) for name in MODULES for opset in (9, 13, 18) if opset > 9 or name not in NEW]


def randomized(module: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """A module whose normalizations do something."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d | nn.BatchNorm1d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 1.5)
        if isinstance(part, nn.BatchNorm2d | nn.BatchNorm1d | nn.GroupNorm | nn.InstanceNorm2d):
            part.weight.data.normal_()
            part.bias.data.normal_()
    return module.eval()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "opset"), CASES)
def test_outputs_are_pytorchs(name: str, opset: int, tmp_path: Path) -> None:
    """Of networks as people write them, at old and new operators."""
    torch.manual_seed(0)
    module = randomized(MODULES[name]())
    shape = (3, 10, 9) if name != "view" else (3, 10, 8)
    axes = {"images": {0: "n"}} if opset != 13 else None
    torch.onnx.export(
        module,
        torch.zeros(2, *shape),
        tmp_path / "m.onnx",
        input_names=["images"],
        dynamic_axes=axes,
        opset_version=opset,
        dynamo=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        model = export.load(tmp_path / "m.onnx")
    images = np.random.default_rng(0).integers(0, 256, (2, *model.image_shape), dtype=np.uint8)
    with torch.no_grad():
        tensor = torch.tensor(images.astype(np.float64) / 255).permute(0, 3, 1, 2).contiguous()
        expected = module.double()(tensor).numpy()
    found = model_of(model).predict(images)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * max(1, abs(expected).max()))

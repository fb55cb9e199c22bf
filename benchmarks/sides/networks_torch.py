"""PyTorch's side of networks.py: eager, channels_last, float32, images in memory as floats."""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from torch import nn

from network_shapes import NETWORKS, Case, Node
from serving import serve


class Graph:
    """The nodes as modules, called one after the other."""

    def __init__(self, case: Case) -> None:
        shapes = {-1: case.shape}
        modules = []
        for place, node in enumerate(case.nodes):
            modules.append(self._module(node, shapes[node.inputs[0]]))
            shapes[place] = self._shape(node, shapes[node.inputs[0]])
        self.parts = nn.ModuleList(modules).to(memory_format=torch.channels_last)
        self.inputs = [node.inputs for node in case.nodes]

    @staticmethod
    def _shape(node: Node, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        height, width, channels = shape
        if node.operator in ("convolution", "depthwise"):
            less = 0 if node.padded else node.size - 1
            stride = node.stride
            height, width = -((less - height) // stride), -((less - width) // stride)
            return height, width, node.channels or channels
        if node.operator == "pool":
            return height // 2, width // 2, channels
        if node.operator == "mean":
            return 1, 1, channels
        if node.operator == "flatten":
            return 1, 1, height * width * channels
        return (1, 1, node.channels) if node.operator == "dense" else shape

    @staticmethod
    def _module(node: Node, shape: tuple[int, int, int]) -> nn.Module:
        channels = shape[2]
        padding = node.size // 2 if node.padded else 0

        def convolution(outputs: int, groups: int) -> nn.Module:
            return nn.Conv2d(
                channels, outputs, node.size, node.stride, padding, groups=groups, bias=node.bias
            )

        makers: dict[str, Callable[[], nn.Module]] = {
            "convolution": lambda: convolution(node.channels, 1),
            "depthwise": lambda: convolution(channels, channels),
            "normalization": lambda: nn.BatchNorm2d(channels),
            "relu": lambda: nn.ReLU(inplace=True),
            "add": nn.Identity,
            "pool": lambda: nn.MaxPool2d(2),
            "mean": lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            "flatten": nn.Flatten,
            "dense": lambda: nn.Linear(channels, node.channels),
        }
        return makers[node.operator]()

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Logits of a batch."""
        made = [images]
        for module, inputs in zip(self.parts, self.inputs, strict=True):
            if len(inputs) == 2:
                made.append(made[inputs[0] + 1] + made[inputs[1] + 1])
            else:
                made.append(module(made[inputs[0] + 1]))
        return made[-1]


def images_of(case: Case, count: int) -> torch.Tensor:
    """Random images, n c h w in channels_last."""
    height, width, channels = case.shape
    images = torch.rand(count, channels, height, width)
    return images.contiguous(memory_format=torch.channels_last)


def training(case: Case) -> Callable[[int], None]:
    """Steps of SGD on random images."""
    images, labels = images_of(case, 1024), torch.randint(0, 10, (1024,))
    model = Graph(case)
    optimizer = torch.optim.SGD(model.parts.parameters(), 0.001)
    loss = nn.CrossEntropyLoss()
    size = case.batch_size

    def steps(count: int) -> None:
        order = torch.randperm(len(images))
        whole = len(images) // size
        for step in range(count):
            if step % whole == 0:
                order = torch.randperm(len(images))
            chosen = order[step % whole * size :][:size]
            optimizer.zero_grad(set_to_none=True)
            loss(model(images[chosen]), labels[chosen]).backward()
            optimizer.step()

    return steps


def predicting(case: Case) -> Callable[[int], None]:
    """Predicts one image at a time."""
    images = images_of(case, 64)
    model = Graph(case)
    model.parts.eval()

    def steps(count: int) -> None:
        with torch.inference_mode():
            for k in range(count):
                torch.softmax(model(images[k % 64 : k % 64 + 1]), 1)

    return steps


def main() -> None:
    """Arguments: the network's name, the threads."""
    case = NETWORKS[sys.argv[1]]
    torch.set_num_threads(int(sys.argv[2]))
    torch.manual_seed(0)
    work = training(case) if case.batch_size else predicting(case)
    serve(f"PyTorch {torch.__version__}", work)


if __name__ == "__main__":
    main()

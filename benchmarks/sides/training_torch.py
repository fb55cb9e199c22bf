"""PyTorch's side of training.py: eager, channels_last, data already in memory as float32."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn

import mnist_idx
from serving import serve


def tutorial() -> nn.Sequential:
    """The tutorial network: 8 and 16 filters of 5×5, each pooled, and a dense layer of 10."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(256, 10),
    )


def mnist_node() -> nn.Sequential:
    """The Node.js tutorial's network: four convolutions of 3×3, two pools, 512 units."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.Conv2d(64, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.25),
        nn.Linear(1024, 512),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(512, 10),
    )


def main() -> None:
    """Arguments: MNIST's folder, the network, the batch size, the threads."""
    folder, network, batch_size, threads = sys.argv[1:5]
    size = int(batch_size)
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    pixels, classes = mnist_idx.read(Path(folder), "train")
    images = torch.from_numpy(pixels[:, None].astype("float32") / 255)
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.from_numpy(classes.astype("int64"))
    model = (mnist_node if network == "mnist-node" else tutorial)()
    model = model.to(memory_format=torch.channels_last)
    optimizer = (
        torch.optim.RMSprop(model.parameters(), 0.001)
        if network == "mnist-node"
        else torch.optim.SGD(model.parameters(), 0.15)
    )
    loss = nn.CrossEntropyLoss()

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

    serve(f"PyTorch {torch.__version__}", steps)


if __name__ == "__main__":
    main()

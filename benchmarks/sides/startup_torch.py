"""PyTorch's side of startup.py: read, train 100 steps of 64, test on all test images."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn

import mnist_idx
from training_torch import tutorial


def main() -> None:
    """Arguments: MNIST's folder, steps, batch size."""
    folder, steps, batch_size = sys.argv[1:4]
    size = int(batch_size)
    torch.manual_seed(0)
    parts = []
    for part in ("train", "t10k"):
        pixels, classes = mnist_idx.read(Path(folder), part)
        parts.append((torch.from_numpy(pixels.copy()), torch.from_numpy(classes.astype("int64"))))
    (images, labels), (test_images, test_labels) = parts
    model = tutorial().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), 0.15)
    loss = nn.CrossEntropyLoss()
    order = torch.randperm(len(images))
    for step in range(int(steps)):
        chosen = order[step * size :][:size]
        optimizer.zero_grad(set_to_none=True)
        loss(model(images[chosen, None].float() / 255), labels[chosen]).backward()
        optimizer.step()
    with torch.inference_mode():
        guesses = [model(part[:, None].float() / 255).argmax(1) for part in test_images.split(1000)]
    accuracy = (torch.cat(guesses) == test_labels).float().mean()
    print(f"PyTorch {torch.__version__}")
    print(float(accuracy), flush=True)


if __name__ == "__main__":
    main()

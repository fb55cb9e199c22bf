"""PyTorch's side of batches.py: its DataLoader, or a tensor indexed with a random order."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import torch
from torch.utils.data import DataLoader, TensorDataset

import mnist_idx
from serving import serve


def main() -> None:
    """Arguments: MNIST's folder, the batch size, "DataLoader" or "tensor"."""
    folder, batch_size, way = sys.argv[1:4]
    size = int(batch_size)
    pixels, classes = mnist_idx.read(Path(folder), "train")
    images, labels = torch.from_numpy(pixels.copy()), torch.from_numpy(classes.copy())
    loader = DataLoader(
        TensorDataset(images, labels), batch_size=size, shuffle=True, drop_last=True
    )

    def endless() -> Iterator[object]:
        for _ in count():
            if way == "DataLoader":
                yield from loader
            else:
                order = torch.randperm(len(images))
                for first in range(0, len(images) - size + 1, size):
                    chosen = order[first : first + size]
                    yield images[chosen], labels[chosen]

    batches = endless()

    def take(number: int) -> None:
        for _ in islice(batches, number):
            pass

    serve(f"PyTorch {torch.__version__}, {way}", take)


if __name__ == "__main__":
    main()

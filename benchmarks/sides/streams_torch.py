"""PyTorch's side of streams.py: its DataLoader over a folder of PNG files, class by class.

What torchvision's ImageFolder does, without torchvision: a list of files, Pillow, a tensor. The
images stay grey; ImageFolder would make them three times as large.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from serving import serve


class Folder(Dataset[tuple[torch.Tensor, int]]):  # type: ignore[misc]  # torch is not read
    """`class/file.png`."""

    def __init__(self, folder: Path) -> None:
        self.files = [
            (str(path), label)
            for label, place in enumerate(sorted(folder.iterdir()))
            for path in sorted(place.iterdir())
        ]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, place: int) -> tuple[torch.Tensor, int]:
        path, label = self.files[place]
        with Image.open(path) as image:
            return torch.from_numpy(np.array(image)), label


def main() -> None:
    """Arguments: the folder, the batch size, worker processes."""
    folder, batch_size, workers = sys.argv[1:4]
    loader = DataLoader(
        Folder(Path(folder)),
        batch_size=int(batch_size),
        shuffle=True,
        drop_last=True,
        num_workers=int(workers),
        persistent_workers=workers != "0",
    )

    def endless() -> Iterator[object]:
        for _ in count():
            yield from loader

    batches = endless()

    def take(number: int) -> None:
        for _ in islice(batches, number):
            pass

    serve(f"PyTorch {torch.__version__} DataLoader, {workers} workers", take)


if __name__ == "__main__":
    main()

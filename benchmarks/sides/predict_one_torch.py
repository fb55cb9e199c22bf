"""PyTorch's side of predict_one.py: the network under `inference_mode`, one image at a time."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

import mnist_idx
from serving import serve
from training_torch import tutorial


def main() -> None:
    """Arguments: MNIST's folder."""
    pixels, _ = mnist_idx.read(Path(sys.argv[1]), "t10k")
    images = torch.from_numpy(pixels[:, None].astype("float32") / 255)
    model = tutorial().eval()

    def predict(count: int) -> None:
        with torch.inference_mode():
            for number in range(count):
                at = number % len(images)
                model(images[at : at + 1]).softmax(1).numpy()

    serve(f"PyTorch {torch.__version__}", predict)


if __name__ == "__main__":
    main()

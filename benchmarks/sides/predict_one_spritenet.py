"""Spritenet's side of predict_one.py: `Model.predict` of one image at a time."""

from __future__ import annotations

import sys

import spritenet as sn
from serving import serve
from spritenet import networks


def main() -> None:
    """Arguments: MNIST's folder."""
    data = sn.load(sys.argv[1])
    images = data.test.images
    model = networks.get("tutorial", data.train)
    model.build(images.shape[1:])

    def predict(count: int) -> None:
        for number in range(count):
            at = number % len(images)
            model.predict(images[at : at + 1])

    serve("Spritenet", predict)


if __name__ == "__main__":
    main()

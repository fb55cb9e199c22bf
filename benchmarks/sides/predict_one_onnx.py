"""onnxruntime's side of predict_one.py: the exported network, one image at a time, one thread."""

from __future__ import annotations

import sys
from pathlib import Path

import onnxruntime

import mnist_idx
from serving import serve


def main() -> None:
    """Arguments: MNIST's folder, the ONNX file."""
    pixels, _ = mnist_idx.read(Path(sys.argv[1]), "t10k")
    images = pixels[..., None]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(sys.argv[2], options)

    def predict(count: int) -> None:
        for number in range(count):
            at = number % len(images)
            session.run(["probabilities"], {"images": images[at : at + 1]})

    serve(f"onnxruntime {onnxruntime.__version__}", predict)


if __name__ == "__main__":
    main()

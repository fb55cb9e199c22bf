"""Makes the model of this folder with Keras 3, arranged as TensorFlow.js's converter arranges it.

KERAS_BACKEND=torch python make.py    (Keras 3.15.1, once; the result is kept)
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def main() -> None:
    """Write model.json, weights, pixels and what Keras predicts for them."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((9, 8, 3)),
            layers.Rescaling(1 / 127.5, -1),
            layers.Conv2D(
                4,
                (3, 2),
                strides=(2, 1),
                padding="same",
                activation="leaky_relu",
                kernel_regularizer=keras.regularizers.L2(0.01),
            ),
            layers.MaxPooling2D(2, padding="same"),
            layers.Conv2D(5, 2, activation="gelu", use_bias=False, kernel_initializer="he_normal"),
            layers.ReLU(max_value=6.0),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Dropout(0.25),
            layers.ELU(),
            layers.AveragePooling2D(1),
            layers.GlobalAveragePooling2D(),
            layers.Dense(7, activation="tanh", bias_initializer="random_normal"),
            layers.Dense(7, kernel_constraint="non_neg", kernel_regularizer="l1"),
            layers.Activation("elu"),
            layers.Softmax(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    weights = [(w.path, np.asarray(w.value.detach(), "<f4")) for w in model.weights]
    group = {
        "paths": ["group1-shard1of1.bin"],
        "weights": [
            {"name": name, "shape": list(w.shape), "dtype": "float32"} for name, w in weights
        ],
    }
    content = {
        "format": "layers-model",
        "generatedBy": f"keras v{keras.__version__}",
        "convertedBy": "TensorFlow.js Converter v4.22.0",
        "modelTopology": {
            "keras_version": keras.__version__,
            "backend": "tensorflow",
            "model_config": json.loads(model.to_json()),
        },
        "weightsManifest": [group],
    }
    (HERE / "model.json").write_text(json.dumps(content, indent=1) + "\n")
    (HERE / "group1-shard1of1.bin").write_bytes(b"".join(w.tobytes() for _, w in weights))
    pixels = np.random.default_rng(0).integers(0, 256, (4, 9, 8, 3), np.uint8)
    np.savez_compressed(
        HERE / "expected.npz", pixels=pixels, outputs=model.predict(pixels.astype("f4"))
    )


if __name__ == "__main__":
    main()

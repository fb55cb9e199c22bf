"""The script of test_pyodide.py: a training and what belongs to it, as one JSON object."""

# ruff: noqa: E402, S108

import ctypes
import json
import sys

sys.path[:0] = ["/site"]
sys.path.append("/packages")
ctypes.CDLL("/site/missing.so", ctypes.RTLD_GLOBAL)  # what this NumPy expects of a later Pyodide

import numpy as np

import spritenet as sn
from spritenet.core.pool import instruction_set, threads
from spritenet.sprites import pack

given = np.load("/shared/images.npz")
split = sn.Split(given["images"], given["labels"], tuple("0123456789"), name="train")
drawn = sn.load("/shared/digits.png")
model = sn.Sequential(
    [
        sn.Conv2D(4, 3, activation="relu"),
        sn.BatchNormalization(),
        sn.MaxPooling2D(4),
        sn.Dropout(0.2),
        sn.Flatten(),
        sn.Dense(10, activation="softmax"),
    ]
)
model.compile(sn.Adam(0.01), "sparse_categorical_crossentropy", ["accuracy"])
history = model.fit(split, epochs=1, batch_size=64, run="/tmp/run", augment="digits", verbose=0)
resumed = model.fit(
    split, epochs=2, batch_size=64, run="/tmp/run", resume=True, augment="digits", verbose=0
)
model.save("/tmp/model")
read = sn.load_model("/tmp/model")
outputs = model.predict(split.images[:50])
pack(sn.Dataset("again", {"train": split}, split.class_names), "/tmp/again.png")
again = sn.load("/tmp/again.png").train

json.dumps(
    {
        "threads": threads(),
        "instruction_set": instruction_set(),
        "sprite": bool(np.array_equal(drawn.train.images, split.images)),
        "written": bool(np.array_equal(again.images, split.images)),
        "loss": history.history["loss"],
        "epochs_resumed": len(resumed.history["loss"]),
        "same": bool(np.array_equal(read.predict(split.images[:50]), outputs)),
        "outputs": outputs.tolist(),
        "label": int(model.classify(split.images[0]).label),
    }
)

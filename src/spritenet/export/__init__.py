"""Model files of TensorFlow.js, Keras and ONNX.

read_model        `load` and `read`, of whatever format
write_model       `save`, in the format that the name says
tfjs              TensorFlow.js's: model.json and weights.bin
keras_file        Keras's: .keras and .h5
keras_topology    layers to Keras 3's `config.json`
onnx              ONNX's: .onnx
keras_weights     the arrays of each layer in Keras's HDF5 files
torch             PyTorch: modules written as code, and read
saved_model       SavedModel: layers, weights and metadata of a file, in memory
metadata          class names, preparation, training, scores, calibration
write_topology    layers to `modelTopology`
topology          Topology: a network with its pixel range; Content: of a file
read_topology     `modelTopology` to layers
layer_entries     the layers of a file in topological order; file_input: the input
graph_model       TensorFlow.js's graph models to layers; graph_nodes: GraphDef; graph_builder;
                  graph_operations, graph_arrangement, graph_operands: operations to layers
weights           arrays and the files they are in; quantization: uint8, uint16, float16
metadata_json     labels and image size of Teachable Machine
optimizer_state   optimizer state as arrays and `trainingConfig`
class_names       class names from a file
pixel_range       ranges of pixels that other programs' models expect
location          the model file that a path means
zip_file          models in a ZIP
error_location    errors that begin with their file

Every value of a file is checked before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spritenet.lazy_names import LazyNames

if TYPE_CHECKING:
    from spritenet.export.class_names import read_class_names
    from spritenet.export.location import is_model
    from spritenet.export.metadata import Metadata, TrainedOn
    from spritenet.export.pixel_range import RANGES
    from spritenet.export.read_model import load, read
    from spritenet.export.saved_model import OptimizerState, SavedModel
    from spritenet.export.tfjs import files
    from spritenet.export.write_model import save

__all__ = [
    "RANGES",
    "Metadata",
    "OptimizerState",
    "SavedModel",
    "TrainedOn",
    "files",
    "is_model",
    "load",
    "read",
    "read_class_names",
    "save",
]

_LAZY = LazyNames(
    __name__,
    {
        "class_names": ("read_class_names",),
        "location": ("is_model",),
        "metadata": ("Metadata", "TrainedOn"),
        "pixel_range": ("RANGES",),
        "read_model": ("load", "read"),
        "saved_model": ("OptimizerState", "SavedModel"),
        "tfjs": ("files",),
        "write_model": ("save",),
    },
)

if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Fetches a name from its module."""
        if name in _LAZY:
            return _LAZY.fetch(name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)

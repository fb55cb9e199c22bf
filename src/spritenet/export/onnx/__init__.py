"""ONNX models: written, and read as far as they are image networks of supported operators.

library          the one door to the package onnx
onnx_file        `read_onnx`, `save_onnx`: the file, its metadata
wire_format      the size of a file's content, before it is parsed
tensors          arrays of a file
graph_builder    nodes and initializers under construction
layer_writers, image_writers, activation_writers   each layer as ONNX's operators
weight_layout    weights in ONNX's order of axes
network_entry    the network as its layers, beside the operators
"""

from __future__ import annotations

from spritenet.export.onnx.onnx_file import is_onnx, read_onnx, save_onnx

__all__ = ["is_onnx", "read_onnx", "save_onnx"]

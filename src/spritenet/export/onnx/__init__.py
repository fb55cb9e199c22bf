"""ONNX models: written, and read as far as they are image networks of supported operators.

library          the one door to the package onnx
onnx_file        `read_onnx`, `save_onnx`: the file
quantized_file   `save_quantized`: the file of an int8 network; quantized_nodes: its operators
texts, outputs   metadata for other programs; outputs and their names
summary          the content of a file, and what of it is refused
wire_format      the size of a file's content, before it is parsed
tensors          arrays of a file
graph_builder    nodes and initializers under construction
layer_writers, image_writers, activation_writers   each layer as ONNX's operators
weight_layout    weights in ONNX's order of axes
network_entry    the network as its layers, beside the operators
graph_reader     other programs' graphs as networks
nodes, values, constants   what a graph consists of
layer_readers, image_readers, activation_readers, gelu_pattern   operators as layers
network_builder, finished_network   the layers under construction, and merged
"""

from __future__ import annotations

from spritenet.export.onnx.onnx_file import read_onnx, save_onnx
from spritenet.export.onnx.quantized_file import save_quantized
from spritenet.export.onnx.summary import summarize

__all__ = ["read_onnx", "save_onnx", "save_quantized", "summarize"]

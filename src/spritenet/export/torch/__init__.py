"""PyTorch: a model as a readable module, and modules of PyTorch as models.

    module_file        `save_torch`: the Python file and its .npz
    module_code        Code: statements and arrays of a module; identifiers
    layer_code         layers as expressions, with weights in PyTorch's layout
    arrangement_code   layers that arrange values
    activation_source  activations, and functions that PyTorch lacks
    read_module        `read_module`: a Sequential of PyTorch as a model
    module_layers      its layers, one by one; chain: Reading, what is made of them

PyTorch itself isn't imported: a module that is read brings it along.
"""

from __future__ import annotations

from spritenet.export.torch.module_file import save_torch
from spritenet.export.torch.read_module import read_module

__all__ = ["read_module", "save_torch"]

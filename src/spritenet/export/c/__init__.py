"""Models in C for small devices.

    project         `save_c`: the folder with code, example and Arduino library
    source          model.h and model.c of a program
    operation       Operation and Program: a network as calls of C functions
    float_layers    layers to operations in float32; float_convolutions, float_weights, functions
    geometry        windows as fields of C structures
    folding         operations that go into others
    arena           the place in memory of each value
    kernel_text     C functions from the files in `kernels/`
    naming          other names of files, functions and macros
    literals        numbers and arrays as C writes them
    example_files   the example, the sketch, the README

Only functions that a network calls are written.
"""

from __future__ import annotations

from spritenet.export.c.project import Example, save_c, source_of
from spritenet.export.c.source import Source

__all__ = ["Example", "Source", "save_c", "source_of"]

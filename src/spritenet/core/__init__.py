"""Bindings of the C++ core: the only package that imports ctypes.

library  selects and loads the build for this processor
structs  the C structures, field by field
pool     the core's threads
lines    rasterisation of pen lines
glyphs   pseudo-characters
integer  int8 inference
"""

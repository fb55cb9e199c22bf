"""The Python side of core/: the one door to ctypes.

library  picks and loads the build for this processor
structs  the C structures, field by field
pool     the core's threads
lines    pen lines to pictures
"""

"""Arrays of images and labels: NumPy, HDF5 and MATLAB files."""

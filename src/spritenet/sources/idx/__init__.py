"""IDX files: MNIST's file format, and folders of such files."""

"""Image files with classes: in folders, archives and WebDataset shards."""

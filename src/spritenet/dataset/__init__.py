"""Labelled images in memory: frozen, uint8, named classes, named splits.

    dataset.py         Dataset: splits that share their classes, with source and licence
    split.py           Split: images, labels, class names
    arrays.py          what people have in their arrays → uint8 images and class indices
    batches.py         a split in batches, in the order of training
    stratify.py        which images to set aside for validation
    contact_sheet.py   a split as a picture, a row a class

It knows arrays, never a file format, a network or a training.
"""

from spritenet.dataset.dataset import Dataset
from spritenet.dataset.split import Split

__all__ = ["Dataset", "Split"]

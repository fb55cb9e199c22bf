"""Labelled images in memory: frozen, uint8, named classes, named splits.

    dataset.py         Dataset: splits that share their classes, with source and licence
    split.py           Split: images, labels, class names
    arrays.py          what people have in their arrays → uint8 images and class indices
    axes.py            n h w c, or another order, which is named
    natural_order.py   names sorted as people do: "2" before "10"
    batches.py         a split in batches, in the order of training
    stratify.py        which images to set aside for validation
    lazy_dataset.py         a data set whose images are read when they are wanted
    load_warnings.py         what was left out, gathered to be told
    contact_sheet.py   a split as a picture for people
    atlas.py           a split as one square picture for other programs
    statistics.py      mean, deviation and copies

It knows arrays, never a file format, a network or a training.
"""

from spritenet.dataset.dataset import Dataset
from spritenet.dataset.split import Split

__all__ = ["Dataset", "Split"]

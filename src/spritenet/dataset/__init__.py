"""Labelled images as uint8 arrays, with named classes and named splits.

    dataset.py         Dataset: splits that share their classes, with origin and licence
    split.py           Split: images, labels and class names in memory
    lazy_dataset.py    LazyDataset: images are read on demand
    source.py          Source: the protocol of splits in memory, in files and in streams
    arrays.py          conversion of arrays to uint8 images and class indices
    image_list.py      conversion of lists and Pillow images to arrays
    axes.py            the order of axes: n h w c, or an error that names another
    value_range.py     ValueRange: the values of black and white
    batches.py         batches in the order of training
    stratify.py        stratified choice of a validation set
    natural_order.py   names sorted by their numbers: "2" before "10"
    class_notes.py     warnings about classes
    load_warnings.py   LoadWarnings: warnings collected while data is loaded
    statistics.py      mean, deviation and duplicates
    contact_sheet.py   contact sheets of plain arrays, as PNG files
    atlas.py           image atlases for the Embedding Projector and Facets

It has no file formats, networks or training.
"""

from spritenet.dataset.dataset import Dataset
from spritenet.dataset.split import Split

__all__ = ["Dataset", "Split"]

"""What people hold in their hands: Sequential, and training as one call or as events.

    sequential  Sequential: training, trying, using, saving
    model_file  load_model
    pixel_ranges  which range of pixels a network of somebody else's was fed with
    network     Network: layers that fit each other
    weights     Weighted: weights got, set, saved, loaded
    compilation Compiled: optimizer, loss, metrics
    building    names, the division by 255, the weights' places and first values
    fitting     train: from the arguments of `fit` to a training
    kept        a training that is kept in a run's folder
    data_adapter LabelledImages: whatever people hand in, as arrays
    foreign_arrays  arrays of other libraries
    collection_reader image_collector  data sets and batches of other libraries, read into memory
    batch_feed  batches that are read while they are trained on
    examples    labelled images as engines take them
    class_weight label_notes  class weights; warnings about labels
    classifier  Classifier: calibrated probabilities, and rejection of unfamiliar images
    pixels targets  images, labels and weights in all their forms
    scores predictions  how well it does, and what it said of each image
    looking live progress summary  what is shown

Nothing here computes: engines do.
"""

from __future__ import annotations

from spritenet.layers import Input
from spritenet.model.classifier import Classified
from spritenet.model.model_file import load_model
from spritenet.model.pixel_ranges import accuracies_by_range, best_range
from spritenet.model.scores import Scores
from spritenet.model.sequential import Sequential
from spritenet.model.trainer import train

__all__ = [
    "Classified",
    "Input",
    "Scores",
    "Sequential",
    "accuracies_by_range",
    "best_range",
    "load_model",
    "train",
]

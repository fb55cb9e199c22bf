"""Models: Sequential, and training as one call or as a stream of events.

    model              Model: fit, evaluate, predict, save; made of parts: network, weights, …
    sequential         Sequential: a Model whose layers are a chain
    model_file         load_model, from_torch
    network            Network: layers, their shapes, tensors and engines
    assembly           from tensors to the graph of a Model
    building           layer names, the default Rescaling, offsets and initial values of weights
    weights            Weights: the parameters by name and as arrays, and the optimizer's state
    weight_file        weights in NumPy's .npz
    compilation        Compilation: optimizer, loss, metrics
    metric_choice      MetricChoice: the metrics of compile, by name and object
    prediction         Predictor: outputs, metrics and activations
    classifier         Classifier: calibrated probabilities, rejection of unfamiliar images
    delegation         methods and properties that belong to a part
    fit_methods        fit, train, train_on_batch
    trainer            the events of a training
    recording          Recorder: a training in the folder of a run
    input_data         the adapter of whatever is given to `fit`
    data_adapter       DataAdapter: arrays and sources as batches to train on
    generator_adapter  GeneratorAdapter: iterables of batches
    image_batch        the images given to `predict`
    foreign_arrays     arrays of other libraries
    collection_reader  data sets of other libraries, read into memory
    image_collector    ImageCollector: images collected an item or a batch at a time
    encoder            Encoder: labels and weights as the examples of an engine
    targets            labels, one-hot rows and targets
    class_weight       class weights
    label_notes        warnings about labels
    pixel_ranges       the pixel range of another program's model, by its accuracy
    scores             Scores: the result of `evaluate`
    predictions        Predictions: probabilities for labelled images
    features           outputs of inner layers
    inspection         activations and tables of a network
    transfer_learning  a new output layer on trained layers
    summary            the table of layers, as text
    progress           a line for each epoch
    quantized_model    QuantizedModel: predictions in int8; int8_tuning: fine-tuning for it
    live_chart         LiveChart: curves in notebooks

Nothing here computes: engines do.
"""

from __future__ import annotations

from spritenet.layers import Input
from spritenet.model.classifier import Classified
from spritenet.model.fit_methods import train
from spritenet.model.model import Model
from spritenet.model.model_file import from_torch, load_model, model_of
from spritenet.model.pixel_ranges import accuracies_by_range, best_range
from spritenet.model.quantized_model import QuantizedModel
from spritenet.model.scores import Scores
from spritenet.model.sequential import Sequential
from spritenet.model.transfer_learning import transfer

__all__ = [
    "Classified",
    "Input",
    "Model",
    "QuantizedModel",
    "Scores",
    "Sequential",
    "accuracies_by_range",
    "best_range",
    "from_torch",
    "load_model",
    "model_of",
    "train",
    "transfer",
]

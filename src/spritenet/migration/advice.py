"""Advice for each unsupported name of Keras and PyTorch.

A part is a module of `spritenet`, "" for the package itself. For a name without advice, the error
lists the supported names. A test compares the names with those of Keras.
"""

from __future__ import annotations

__all__ = [
    "ARTICLES",
    "ATTRIBUTES",
    "KINDS",
    "NAMES",
    "SETTING",
    "SUPPORTED",
    "TORCH",
    "UNSUPPORTED",
]

KINDS = {
    "": "name",
    "layers": "layer",
    "optimizers": "optimizer",
    "losses": "loss",
    "metrics": "metric",
    "callbacks": "callback",
    "initializers": "initializer",
    "constraints": "constraint",
    "regularizers": "regularizer",
    "schedules": "schedule",
    "utils": "function",
}
"""The word for what each part holds."""

SUPPORTED = {
    "": "dir(spritenet) lists the names.",
    "metrics": "Supported: accuracy, precision, recall, f1_score, auc, mae, … : "
    "docs/reference/metrics.md.",
}
"""Words for a part whose list would be too long."""


def _words(table: dict[str, str]) -> dict[str, str]:
    """Name → words, from words by several names each."""
    return {name: words for names, words in table.items() for name in names.split()}


_CHAIN = "Networks are sn.Sequential([...]) or sn.Model(inputs, outputs)."
_FLOAT32 = "Networks compute in float32."
_RATE = "Give the optimizer a schedule, fit a LearningRateScheduler, or call compile again."
_ACCURACY = "Give compile metrics=['accuracy'], or call sn.metrics.accuracy."
_CONFIG = "Use config(), and get(config) of the module."
_OWN_LOOP = "For a loop of your own: for event in sn.train(model, data)."
_TRAINED = "Set layer.trainable = False, or model.trainable = False."
_EVENTS = "on_event(event) is called for everything that happens."
_WEIGHTS = "Use model.weights, a dictionary of arrays: model.weights['dense/kernel']."
_FIT = "Use model.fit(data)."
_DEVICE = "Set model.device = 'cuda', or give the model device='cuda'."

NAMES: dict[str, dict[str, str]] = {
    "": _words({
        "Function": _CHAIN,
        "models": "Use sn.Sequential and sn.load_model.",
        "activations": "Give layers the name: activation='relu'.",
        "applications": "sn.networks has small networks by name.",
        "backend config device": "Nothing has to be set; Sequential(device=…) says where it runs.",
        "datasets": "Use sn.load('mnist').",
        "distribution": "One machine trains; Sequential(threads=…) says on how many threads.",
        "dtype_policies mixed_precision DTypePolicy FloatDTypePolicy": _FLOAT32,
        "preprocessing": "Use sn.load(folder).",
        "random": "Give fit a seed.",
        "saving export": "Use model.save(folder) and sn.load_model(folder).",
        "version": "Use sn.__version__.",
        "visualization": "Use sn.plots.",
        "InputSpec KerasTensor": "Use sn.Input((height, width, channels)).",
        "Optimizer": "Use sn.optimizers: sn.SGD, sn.Adam, ….",
    }),
    "layers": _words({
        "InputLayer InputSpec":
            "Use sn.Input((height, width, channels)), or input_shape= of the first layer.",
        "Dot": "Merge with sn.Add, sn.Multiply or sn.Concatenate.",
        "add average concatenate dot maximum minimum multiply subtract":
            "Call the layer of that name: sn.Add()([x, y]).",
        "Lambda FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper":
            "Layers run in the compiled core, which calls no other code.",
        "serialize": "Use layer.config().",
        "deserialize": "Use sn.layers.from_config(class_name, config).",
    }),
    "optimizers": _words({
        "ScheduleFreeAdamW": "Use AdamW.",
        "LossScaleOptimizer": _FLOAT32,
        "MultiOptimizer OptimizerMap": "One optimizer trains all layers.",
        "legacy": "Use the optimizers of sn.optimizers.",
        "serialize": "Use optimizer.config().",
        "deserialize": "Use sn.optimizers.get(config).",
    }),
    "losses": _words({
        "binary_crossentropy binary_focal_crossentropy categorical_crossentropy "
        "categorical_focal_crossentropy categorical_generalized_cross_entropy categorical_hinge "
        "cosine_similarity dice hinge huber kl_divergence log_cosh mean_absolute_error "
        "mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error poisson "
        "sparse_categorical_crossentropy squared_hinge tversky":
            "Give compile the name, in quotes; sn.metrics.log_loss computes a value.",
        "CTC ctc": "It aligns sequences, and an image has one row of outputs.",
        "Circle circle": "It compares the images of a batch; use CategoricalCrossentropy.",
        "serialize": "Use loss.config().",
        "deserialize": "Use sn.losses.get(config).",
    }),
    "metrics": _words({
        "binary_accuracy binary_crossentropy categorical_accuracy categorical_crossentropy "
        "categorical_hinge hinge kl_divergence mean_absolute_error mean_absolute_percentage_error "
        "mean_squared_error mean_squared_logarithmic_error poisson sparse_categorical_accuracy "
        "sparse_categorical_crossentropy sparse_top_k_categorical_accuracy squared_hinge "
        "top_k_categorical_accuracy": "Give compile the name, in quotes.",
        "binary_focal_crossentropy categorical_focal_crossentropy concordance_correlation huber "
        "log_cosh pearson_correlation":
            "Give compile a function: metrics=[lambda y_true, y_pred: ...].",
        "ConcordanceCorrelation PearsonCorrelation": "Use R2Score.",
        "BinaryIoU IoU MeanIoU OneHotIoU OneHotMeanIoU":
            "They compare images; use F1Score, or a function of targets and outputs.",
        "Mean Sum": "The History of fit has the mean of each epoch.",
        "serialize": "Use metric.config().",
        "deserialize": "Use sn.metrics.get(config).",
    }),
    "callbacks": _words({
        "BackupAndRestore OrbaxCheckpoint": "Give fit run='folder' and resume=True.",
        "CSVLogger": "fit returns a History; with run='folder', events.jsonl has every step.",
        "CallbackList": "Give fit a list of callbacks.",
        "ProgbarLogger": "Give fit verbose=1.",
        "RemoteMonitor": "A function among the callbacks of fit is shown every event.",
        "SwapEMAWeights": "Give fit ema=0.999.",
        "TensorBoard": "Give fit run='folder', and type: spritenet watch folder",
        "TerminateOnNaN": "fit stops by itself, with DivergedError.",
    }),
    "initializers": _words({
        "serialize": "Use initializer.config().",
        "deserialize": "Use sn.initializers.get(config).",
    }),
    "constraints": _words({
        "serialize": "Use constraint.config().",
        "deserialize": "Use sn.constraints.get(config).",
    }),
    "regularizers": _words({
        "serialize": "Use regularizer.config().",
        "deserialize": "Use sn.regularizers.get(config).",
    }),
    "schedules": _words({
        "CosineDecayRestarts PolynomialDecay": "Use CosineDecay.",
        "InverseTimeDecay": "Use ExponentialDecay.",
        "LearningRateSchedule": "Use Schedule.",
        "serialize": "Use schedule.config().",
        "deserialize": "Use sn.schedules.get(config).",
    }),
    "utils": _words({
        "PyDataset Sequence": "Give fit arrays, a Split or a Stream.",
        "Progbar": "Give fit verbose=1.",
        "array_to_img save_img": "Use data.train.show().",
        "clear_session": "Nothing is kept between models.",
        "get_file": "sn.load downloads the data sets it knows, and takes addresses of sprites.",
        "image_dataset_from_directory": "Use sn.load(folder).",
        "load_img img_to_array": "Use sn.load(folder), or Pillow and NumPy.",
        "model_to_dot plot_model": "Use model.summary().",
        "normalize": "Models divide pixels by 255 themselves.",
        "set_random_seed": "Give fit a seed; 0 is its default.",
        "split_dataset": "Use split.split(validation=0.1).",
        "get_custom_objects custom_object_scope CustomObjectScope register_keras_serializable "
        "get_registered_name get_registered_object":
            "Layers run in the compiled core, which calls no other code.",
        "disable_interactive_logging enable_interactive_logging is_interactive_logging_enabled":
            "Give fit verbose=0 or 1.",
    }),
}  # fmt: skip
"""Part → name → what to use."""

UNSUPPORTED = {
    part: frozenset((names + " " + " ".join(NAMES.get(part, ()))).split())
    for part, names in {
        "layers": """
            ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D
            AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
            AdditiveAttention Attention AugMix AutoContrast AveragePooling1D AveragePooling3D
            AvgPool1D AvgPool3D Bidirectional CategoryEncoding
            ContrastLimitedAdaptiveHistogramEqualization Conv1D Conv1DTranspose
            Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Convolution1D
            Convolution1DTranspose Convolution3D Convolution3DTranspose
            Cropping1D Cropping3D DepthwiseConv1D Discretization
            EinsumDense Embedding Equalization GRU GRUCell GlobalAveragePooling1D
            GlobalAveragePooling3D GlobalAvgPool1D GlobalAvgPool3D GlobalMaxPool1D GlobalMaxPool3D
            GlobalMaxPooling1D GlobalMaxPooling3D GroupQueryAttention
            HashedCrossing Hashing IntegerLookup LSTM LSTMCell Masking
            MaxNumBoundingBoxes MaxPool1D MaxPool3D MaxPooling1D MaxPooling3D MelSpectrogram
            MultiHeadAttention Pipeline RNN RandAugment RandomColorDegeneration RandomColorJitter
            RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective
            RandomPosterization RandomSaturation RandomSharpness RepeatVector
            ReversibleEmbedding STFTSpectrogram SeparableConv1D
            SeparableConvolution1D SimpleRNN SimpleRNNCell Solarization
            SpatialDropout1D SpatialDropout3D SpectralNormalization StackedRNNCells StringLookup
            TextVectorization TimeDistributed UpSampling1D
            UpSampling3D Wrapper ZeroPadding1D ZeroPadding3D
        """,
        "optimizers": "",
        "losses": """
            CTC CategoricalGeneralizedCrossEntropy Circle CosineSimilarity Dice Poisson Tversky
            categorical_generalized_cross_entropy circle cosine_similarity ctc dice poisson tversky
        """,
        "metrics": "",
        "callbacks": "",
        "initializers": "STFT STFTInitializer stft",
        "constraints": "",
        "regularizers": "",
        "schedules": "",
        "utils": """
            Config FeatureSpace audio_dataset_from_directory bounding_boxes
            deserialize_keras_object get_source_inputs is_keras_tensor legacy
            pack_x_y_sample_weight pad_sequences serialize_keras_object standardize_dtype
            text_dataset_from_directory timeseries_dataset_from_array unpack_x_y_sample_weight
        """,
    }.items()
}
"""Part → names of Keras's. Those that are here by now are never looked up."""

TORCH = _words({
    "nn Module Sequential": "Use sn.Sequential([sn.Conv2D(8, 3), …]).",
    "optim": "Use sn.optimizers.",
    "Linear LazyLinear": "Use Dense(units).",
    "Conv2d LazyConv2d": "Use Conv2D(filters, kernel_size).",
    "MaxPool2d": "Use MaxPooling2D(pool_size).",
    "AvgPool2d": "Use AveragePooling2D(pool_size).",
    "AdaptiveAvgPool2d": "Use GlobalAveragePooling2D().",
    "Dropout2d": "Use Dropout(rate).",
    "CrossEntropyLoss NLLLoss": "Use loss='sparse_categorical_crossentropy'.",
    "BCELoss": "Use activation='sigmoid' and loss='binary_crossentropy'.",
    "BCEWithLogitsLoss": "Use loss=sn.BinaryCrossentropy(from_logits=True).",
    "MSELoss": "Use loss='mean_squared_error'.",
    "DataLoader TensorDataset": "Give fit a Split, arrays or PyTorch's own.",
    "tensor Tensor from_numpy": "Use NumPy arrays, or PyTorch's own tensors.",
    "no_grad inference_mode": "predict and evaluate never train.",
    "manual_seed": "Give fit a seed.",
    "cuda": _DEVICE,
    "save": "Use model.save(folder).",
})  # fmt: skip
"""PyTorch's names, as they are typed after `sn.` and `sn.layers.`."""

ARTICLES = {
    "model": "a model",
    "layer": "a layer",
    "optimizer": "an optimizer",
    "loss": "a loss",
    "callback": "a callback",
}

SETTING = {
    "layers": "Use model.add(layer) and model.pop().",
    "weights": "Use model.set_weights(arrays).",
    "parameters": "Use model.set_weights(arrays).",
    "input_shape": "Use model.build(input_shape).",
    "output_shape": "It follows from the layers.",
    "built": "Use model.build(input_shape).",
    "metrics": "Use metrics= of compile.",
    "metrics_names": "Use metrics= of compile.",
}
"""A model's attribute that can't be set → what to use."""

ATTRIBUTES: dict[str, dict[str, str]] = {
    "model": _words({
        "add_loss compute_loss losses stateless_compute_loss":
            "Use loss= of compile, and kernel_regularizer= of layers.",
        "add_metric compute_metrics get_metrics_result metrics_variables reset_metrics":
            "Use model.evaluate(data), and sn.metrics.",
        "add_weight add_variable call build_from_config compute_mask symbolic_call stateless_call "
        "register_module register_parameter register_buffer add_module set_submodule "
        "quantized_build quantized_call rematerialized_call":
            "Layers run in the compiled core, which calls no other code.",
        "trainable_variables variables torch_params "
        "non_trainable_variables get_parameter named_parameters save_own_variables "
        "load_own_variables state_dict get_state_tree": _WEIGHTS,
        "load_state_dict set_state_tree": "Use model.set_weights(arrays) or load_weights(file).",
        "train_step test_step predict_step make_train_function make_test_function "
        "make_predict_function": _OWN_LOOP,
        "train": "fit trains, and switches dropout on by itself: model.fit(data).",
        "eval": "predict and evaluate switch dropout off by themselves.",
        "forward": "Use model.predict(images).",
        "backward zero_grad": _FIT,
        "requires_grad requires_grad_": _TRAINED,
        "to cpu cuda ipu mtia xpu share_memory to_empty": _DEVICE,
        "half bfloat16 double float type dtype dtype_policy compute_dtype variable_dtype "
        "input_dtype quantization_mode get_quantization_layer_structure": _FLOAT32,
        "children named_children modules named_modules get_submodule": "Use model.layers.",
        "buffers named_buffers get_buffer": "There are no weights but trained ones: model.weights.",
        "input_spec": "Use model.input_shape.",
        "compute_output_shape compute_output_spec": "Use model.output_shape.",
        "export": "Use model.save(folder), or type: spritenet export",
        "from_config compile_from_config": "Use sn.load_model(folder).",
        "get_build_config": "Use model.input_shape.",
        "get_compile_config": "Use model.optimizer.config() and model.loss.config().",
        "jit_compile run_eagerly": "Everything runs in the compiled core.",
        "fit_generator": _FIT,
        "evaluate_generator": "Use model.evaluate(data).",
        "predict_generator predict_proba": "Use model.predict(images).",
        "to_yaml": "Use model.to_json().",
        "path": "Use model.name.",
        "supports_masking": "Images are never masked.",
        "apply register_backward_hook register_forward_hook register_forward_pre_hook "
        "register_full_backward_hook register_full_backward_pre_hook "
        "register_load_state_dict_post_hook register_load_state_dict_pre_hook "
        "register_state_dict_post_hook register_state_dict_pre_hook":
            "Use callbacks= of fit, and model.activations(image).",
        "extra_repr get_extra_state set_extra_state T_destination call_super_init dump_patches":
            "A Sequential is no torch.nn.Module.",
    }),
    "layer": _words({
        "get_weights weights_ kernel bias variables trainable_weights": _WEIGHTS,
        "set_weights": "Use model.set_weights(arrays).",
        "input": "Use model.activations(image) to see each layer's outputs.",
        "requires_grad": _TRAINED,
        "get_config": "Use layer.config().",
    }),
    "optimizer": _words({
        "add_optimizer_variables add_variable add_variable_from_reference apply apply_gradients "
        "assign assign_add assign_sub build exclude_from_weight_decay finalize_variable_values "
        "minimize scale_loss stateless_apply step update_step zero_grad":
            "The compiled core does the steps: model.fit(data), or sn.train(model, data).",
        "learning_rate lr": _RATE,
        "iterations": "Use step of the events of sn.train.",
        "variables load_own_variables save_own_variables set_weights state_dict "
        "load_state_dict": "model.save(folder, include_optimizer=True) keeps its state.",
        "get_config from_config": _CONFIG,
    }),
    "loss": _words({"get_config from_config": _CONFIG}),
    "callback": _words({
        "set_model set_params": "While fit trains there are self.model and self.params.",
        "model params session": "It is there while fit trains.",
        "on_batch_begin on_train_batch_begin": "Use on_train_batch_end or on_epoch_begin.",
        "on_batch_end": "Use on_train_batch_end.",
        "on_test_begin on_test_end on_test_batch_begin on_test_batch_end "
        "on_predict_begin on_predict_end on_predict_batch_begin on_predict_batch_end": _EVENTS,
    }),
}  # fmt: skip
"""Kind of object → attribute → what to use."""

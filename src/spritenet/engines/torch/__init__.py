"""The torch engine: training and prediction by PyTorch, for GPUs (extra `torch`).

    network          the engine
    step             one training step, the same on every device
    gradient         from a batch to the gradient
    preparation      tables, step and graphs of calls that are alike
    group            networks that are trained together, each by a loop of its own
    stacked          their weights as one tensor, their steps as one
    ranks            processes that train one network together
    capture          steps as a CUDA graph that is replayed
    tables           what steps read of the host, and leave for it
    parameters       the parameters as one flat tensor, with views
    examples         images and labels on the device
    forward          the layers of a graph, one after the other
    operators        the table of operators, from
                     convolutions, pooling, arrangement, pointwise, normalizations, noise
    activations      activation functions
    losses           loss functions
    update           clipping, decay, averages and constraints, around
    optimizers       the optimizers on one flat tensor, and
    matrix_rules     those that treat each weight as a whole
    counters         the core's counter-based random numbers
    augmentation     the core's random changes of images, from
                     changes, draws, resampling, mixing

Only these modules import PyTorch; nothing else imports them before a device is asked for.
Values are n h w c, which is PyTorch's channels_last of n c h w.
"""

"""Training: a loop that yields events.

    events      what happens, as frozen values
    state       weights, optimizer slots and position, replaced in one assignment
    fit_options  FitOptions: the description of a training
    plan        the number of steps, and where the loop pauses
    batches     the images of each step
    batch_source  the training set and the validation set, in memory or read while training
    balanced_batches  a training set of which each class is drawn equally often
    call_size   the number of steps in one call of the engine
    evaluation  evaluation and prediction in chunks
    measurement  the metrics of the batches of some steps
    task        Task: what the loop trains, and what watches it
    loop        the loop itself
    session     what callbacks may read and request
    callbacks   EarlyStopping and the others
    controls    commands to a running training
    observer    predictions, confusion matrices and snapshots during training
    snapshot    histograms, filters and activations at one step
    checkpoint  everything needed to resume, in one file
    history     the metrics of each epoch, as Keras gives them, and as HTML

It prints nothing and knows no terminal, page or journal.
"""

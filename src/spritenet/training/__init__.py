"""Training: a loop that yields events.

    events      what happens, as frozen values
    state       weights and place, changed in one assignment
    plan        how many updates, and where to pause
    batches     which images each update learns from
    pace        how many updates go into one call of the engine
    measure     evaluation and prediction in shares
    loop        the loop itself
    session     what callbacks may see and ask
    callbacks   EarlyStopping and the others
    checkpoint  everything needed to go on, in one file
    history     the metrics of each epoch, as Keras gives them, and as HTML

It prints nothing and knows no terminal, page or journal.
"""

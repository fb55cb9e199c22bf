"""Engines: the implementations of training and prediction.

    engine              the `Engine` protocol and its values
    native              the compiled core
    arrays              addresses and checks of arrays that cross into the core
    interruptible_call  long calls that Ctrl-C interrupts

An engine takes the immutable descriptions of layers, losses and optimizers, and computes.
"""

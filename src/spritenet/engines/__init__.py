"""Where networks run: values that go in and out, and the engines themselves.

    values  what every engine takes and gives
    native  the compiled core

They read the frozen descriptions of layers, losses and optimizers, and do the arithmetic.
"""

"""Test accuracy on the real MNIST after a few epochs: mean and spread over seeds."""

from __future__ import annotations

import statistics

from figures import Row, arguments, mnist_folder, report


def main() -> None:
    """Measures and reports."""
    import spritenet as sn
    from spritenet import networks

    parser = arguments(__doc__)
    parser.add_argument("--network", default="tutorial", help="a network's name")
    parser.add_argument("--train-on", default="", help="a data set's name or path (MNIST)")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rate", type=float, default=0.006, help="the schedule's highest rate")
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()

    mnist = sn.load(str(mnist_folder()))
    train = sn.load(options.train_on).train if options.train_on else mnist.train
    accuracies = []
    for seed in range(options.seeds):
        model = networks.get(options.network, train)
        optimizer = sn.AdamW(sn.OneCycle(options.rate), options.weight_decay, beta_2=0.99)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(train, epochs=options.epochs, batch_size=options.batch_size, seed=seed, verbose=0)
        _, accuracy = model.evaluate(mnist.test)
        accuracies.append(100 * accuracy)
        if not options.json:
            print(f"  seed {seed}: {accuracies[-1]:.2f} %", flush=True)
    rows = [Row("mean", (statistics.mean(accuracies),), "%")]
    if len(accuracies) > 1:
        rows.append(Row("standard deviation", (statistics.stdev(accuracies),), "points"))
    source = options.train_on or "MNIST"
    title = f"MNIST test accuracy: {options.network}, {options.epochs} epochs of {source}"
    report(title, rows, as_json=options.json, accuracies=accuracies)


if __name__ == "__main__":
    main()

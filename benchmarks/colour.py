"""Networks by name on small colour images: accuracy, parameters and seconds.

The images are drawn by a program (coloured_shapes.py), or those of a folder with SPLIT/CLASS/NAME
inside, such as icons.py writes.
"""

from __future__ import annotations

import time

from coloured_shapes import coloured_shapes
from figures import Row, arguments, cores, leave, report


def main() -> None:
    """Measures and reports."""
    import spritenet as sn

    parser = arguments(__doc__)
    parser.add_argument("names", nargs="*", default=["mobile", "accurate", "convnet", "tutorial"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--epochs", type=int, help="in place of each network's own")
    parser.add_argument("--augment", help="in place of each network's own")
    parser.add_argument("--images", help="a folder with train and test, in place of drawn images")
    parser.add_argument("--train", type=int, default=20_000, help="number of drawn images")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="count the processor's time, not the wall clock's: for one thread on a busy machine",
    )
    options = parser.parse_args()
    known = sn.networks.NETWORKS
    if unknown := [name for name in options.names if name not in known]:
        leave(f"No network is called {unknown[0]}. There are: {', '.join(known)}.")
    clock = time.process_time if options.processor_time else time.perf_counter
    data = sn.load(options.images) if options.images else coloured_shapes(options.train)
    if missing := {"train", "test"} - {*data.splits}:
        leave(f"{options.images} has no split {missing.pop()}.")
    for name in options.names:
        own = sn.networks.fit_options(name)
        if options.epochs:
            own = {k: v for k, v in own.items() if k != "steps"} | {"epochs": options.epochs}
        if options.augment:
            own["augment"] = options.augment
        accuracies, seconds = [], []
        for seed in range(options.seeds):
            model = sn.networks.get(name, data.train)
            model.threads = options.threads
            began = clock()
            model.fit(data.train, seed=seed, verbose=0, **own)
            seconds.append(clock() - began)
            accuracies.append(100 * model.evaluate(data.test).accuracy)
        rows = [
            Row("test accuracy", tuple(accuracies), "%"),
            Row("training", tuple(seconds), "s"),
            Row("parameters", (model.count_params(),), ""),
        ]
        words = ", ".join(f"{key} {value}" for key, value in own.items())
        title = f"{name} on {len(data.train):,} of {data.name}, {options.threads} threads; {words}"
        report(title, rows, as_json=options.json, network=name, accuracies=accuracies)


if __name__ == "__main__":
    main()

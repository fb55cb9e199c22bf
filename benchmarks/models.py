"""Networks by name on MNIST, each with its own training: accuracy, parameters and seconds."""

from __future__ import annotations

import statistics
import sys
import time

from figures import Row, arguments, cores, leave, mnist_folder, report


def main() -> None:
    """Measures and reports."""
    import spritenet as sn
    from spritenet.sources.strokes import strokes

    parser = arguments(__doc__)
    parser.add_argument("names", nargs="*", help="networks; by default all for grey images")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--epochs", type=int, help="in place of each network's own")
    parser.add_argument("--steps", type=int, help="in place of each network's own epochs or steps")
    parser.add_argument("--augment", help="in place of each network's own")
    parser.add_argument("--ema", type=float, help="decay of a moving average of the weights")
    parser.add_argument("--drawn", type=int, default=0, help="train on so many drawn digits alone")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="count the processor's time, not the wall clock's: for one thread on a busy machine",
    )
    options = parser.parse_args()
    known = sn.networks.NETWORKS
    names = options.names or [name for name in known if name != "mobile"]
    if unknown := [name for name in names if name not in known]:
        leave(f"No network is called {unknown[0]}. There are: {', '.join(known)}.")
    clock = time.process_time if options.processor_time else time.perf_counter

    mnist = sn.load(str(mnist_folder()))
    train = strokes(options.drawn).train if options.drawn else mnist.train
    for name in names:
        own = sn.networks.fit_options(name)
        given = {k: getattr(options, k) for k in ("epochs", "steps", "augment", "ema")}
        given = {key: value for key, value in given.items() if value is not None}
        if given.keys() & {"epochs", "steps"}:
            own = {key: value for key, value in own.items() if key not in {"epochs", "steps"}}
        if own.get("augment") == "photos":
            own["augment"] = "digits"  # the others flip
        own |= given
        accuracies, seconds = [], []
        for seed in range(options.seeds):
            model = sn.networks.get(name, train)
            model.threads = options.threads
            began = clock()
            model.fit(train, seed=seed, verbose=0, **own)
            seconds.append(clock() - began)
            accuracies.append(100 * model.evaluate(mnist.test).accuracy)
            if not options.json:
                print(f"  {name}, seed {seed}: {accuracies[-1]:.2f} %", file=sys.stderr, flush=True)
        rows = [
            Row("mean test errors", (100 * (100 - statistics.mean(accuracies)),), "of 10,000"),
            Row("training", tuple(seconds), "s"),
            Row("parameters", (model.count_params(),), ""),
        ]
        if len(accuracies) > 1:
            rows.append(Row("standard deviation", (statistics.stdev(accuracies),), "points"))
        words = ", ".join(f"{key} {value}" for key, value in own.items())
        data = f"{options.drawn:,} drawn digits" if options.drawn else "MNIST"
        clock_name = "processor" if options.processor_time else "wall"
        about = {"network": name, "accuracies": accuracies, "clock": clock_name}
        mean = f"{statistics.mean(accuracies):.3f} %"
        title = f"{name} on {data}, {options.threads} threads: {mean}; {words}"
        report(title, rows, as_json=options.json, **about)


if __name__ == "__main__":
    main()

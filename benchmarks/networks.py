"""Training networks of many kinds, and predicting one image of a large one, against PyTorch."""

from __future__ import annotations

import sys
from pathlib import Path

from figures import Row, arguments, cores, leave, report
from turns import SIDES, Side, interpreter, take_turns

sys.path.insert(0, str(SIDES))
from network_shapes import NETWORKS


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument(
        "names", nargs="*", help="only networks whose name begins with one of these"
    )
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--isa", default="", help="force an instruction set: x86-64-v3")
    parser.add_argument("--libraries", type=Path, help="a folder with another build of the core")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="count the processor's time, not the wall clock's: for one thread on a busy machine",
    )
    parser.add_argument("--fast", action="store_true", help="3 rounds of 0.2 s")
    options = parser.parse_args()
    if options.fast:
        options.rounds, options.seconds = 3, 0.2
    chosen = [
        name
        for name in NETWORKS
        if not options.names or any(name.startswith(begin) for begin in options.names)
    ]
    if not chosen:
        leave(f"No network begins with {options.names}. There are: {'; '.join(NETWORKS)}.")
    torch = interpreter("torch")
    environment = {"SPRITENET_THREADS": str(options.threads)}
    if options.isa:
        environment["SPRITENET_ISA"] = options.isa
    clock = {"SIDE_CLOCK": "process"} if options.processor_time else {}
    environment |= clock
    for name in chosen:
        work = [name, options.threads]
        sides = [Side("networks_spritenet.py", work, python=sys.executable, env=environment)]
        if options.libraries:
            there = {**environment, "SPRITENET_LIBRARIES": str(options.libraries)}
            sides.append(Side("networks_spritenet.py", work, python=sys.executable, env=there))
            sides[-1].name += f" of {options.libraries.name}"
        if torch is not None:
            sides.append(Side("networks_torch.py", work, python=torch, env=clock))
        names = [side.name for side in sides]
        speeds = take_turns(sides, rounds=options.rounds, seconds=options.seconds)
        batch = NETWORKS[name].batch_size
        rows = [
            Row(side, tuple(speed * max(1, batch) for speed in measured), "images/s")
            for side, measured in zip(names, speeds, strict=True)
        ]
        how = f"training, batches of {batch}" if batch else "predicting"
        report(f"{name}: {how}, {options.threads} threads", rows, as_json=options.json)


if __name__ == "__main__":
    main()

"""Training in a hidden tab, as a fraction of the speed of the same tab in front.

In a worker, and in the page itself, which trains in slices. Chromium has a window for this, in
Xvfb where there is no display: a headless one never hides a tab. It is led through its pipe, as
Playwright makes every tab believe that it is in front.

Needs Chromium, and Xvfb where there is no display.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from browser import LIBRARY, PREPARE, ROOT, SIDES, write_data
from figures import Row, arguments, chromium, leave, report

sys.path.append(str(ROOT / "tests"))

WAYS = {
    "in a worker": "sides.threaded(1, {steps})",
    "in the page": "sides.train({steps}).then(([speed]) => speed)",
}
PATIENCE = 10  # seconds for a tab to come to the front
LOADED = "document.readyState === 'complete' && location.href"

Speeds = dict[tuple[str, bool], list[float]]


@contextmanager
def display() -> Iterator[str]:
    """Yields the display to open windows on; one of its own if there is none."""
    if "DISPLAY" in os.environ:
        yield os.environ["DISPLAY"]
        return
    if shutil.which("Xvfb") is None:
        leave("There is no display, and Xvfb is not installed: apt-get install xvfb")
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            number = server.stdout.readline().strip() if server.stdout else ""
            yield f":{number}"
        finally:
            server.terminate()


class Browser:
    """Chromium with a window, led by the DevTools protocol over a pipe."""

    def __init__(self, program: str, screen: str, folder: str) -> None:
        from site_server import CHROMIUM_OPTIONS

        asks, self._asked = os.pipe()
        self._answers, answers = os.pipe()
        options = [*CHROMIUM_OPTIONS, f"--user-data-dir={folder}", "--remote-debugging-pipe"]
        line = ["sh", "-c", f'exec "$@" 3<&{asks} 4>&{answers}', "sh", program, *options]
        self._process = subprocess.Popen(
            line,
            env={**os.environ, "DISPLAY": screen},
            pass_fds=(asks, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(asks)
        os.close(answers)
        self._rest = b""
        self._count = 0

    def ask(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        """The answer to one command."""
        self._count += 1
        question: dict[str, object] = {"id": self._count, "method": method, "params": parameters}
        if session:
            question["sessionId"] = session
        os.write(self._asked, json.dumps(question).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _read(self) -> dict[str, Any]:
        """The next message."""
        while b"\0" not in self._rest:
            piece = os.read(self._answers, 1 << 20)
            if not piece:
                leave("Chromium has ended.")
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def close(self) -> None:
        """Ends it."""
        self.ask("Browser.close")
        self._process.wait()
        os.close(self._asked)
        os.close(self._answers)


class Tab:
    """A tab with a page."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        target = browser.ask("Target.createTarget", url=address)["targetId"]
        attached = browser.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._target, self._session = target, attached["sessionId"]
        while self.evaluate(LOADED) != address:
            time.sleep(0.1)

    def to_front(self) -> None:
        """Puts it before the others."""
        self._browser.ask("Target.activateTarget", targetId=self._target)

    def evaluate(self, code: str) -> Any:  # noqa: ANN401 - JSON
        """The value of an expression, when its promise is kept."""
        answer = self._browser.ask(
            "Runtime.evaluate",
            self._session,
            expression=code,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")


def show(tab: Tab, front: Tab, *, hidden: bool) -> None:
    """Puts a tab to the front, and waits until the measured one knows whether it is seen."""
    front.to_front()
    deadline = time.monotonic() + PATIENCE
    while tab.evaluate("document.hidden") is not hidden:
        if time.monotonic() > deadline:
            leave(f"The tab is still {'in front' if hidden else 'hidden'}.")
        time.sleep(0.1)


def measure(tab: Tab, other: Tab, rounds: int, steps: int) -> Speeds:
    """Images per second of each way, hidden or not, in turn."""
    speeds: Speeds = {}
    for _ in range(rounds):
        for hidden in (True, False):
            show(tab, other if hidden else tab, hidden=hidden)
            for way, call in WAYS.items():
                speed = tab.evaluate(call.format(steps=steps))
                speeds.setdefault((way, hidden), []).append(speed)
    return speeds


def in_chromium(folder: Path, rounds: int, steps: int) -> Speeds:
    """The speeds in Chromium."""
    program = chromium()
    from site_server import served

    write_data(folder)
    tfjs = folder / "tfjs"
    tfjs.mkdir()
    (tfjs / "tf.min.js").touch()  # the page asks for it, and nothing here uses it
    folders = {"lib": LIBRARY, "sides": SIDES, "tfjs": tfjs, "data": folder}
    folders["page"] = SIDES / "browser_page"
    with display() as screen, served(folders, policy="", isolated=True) as site:
        browser = Browser(program, screen, str(folder / "profile"))
        try:
            tab = Tab(browser, f"{site}page/index.html")
            tab.evaluate(f"({PREPARE})()")
            return measure(tab, Tab(browser, "about:blank"), rounds, steps)
        finally:
            browser.close()


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=600, help="of a turn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        speeds = in_chromium(Path(folder), options.rounds, options.steps)
    for way in WAYS:
        rows = [
            Row("in a hidden tab", tuple(speeds[way, True]), "images/s"),
            Row("in front", tuple(speeds[way, False]), "images/s"),
        ]
        report(f"training the tutorial, batches of 64, {way}", rows, as_json=options.json)


if __name__ == "__main__":
    main()

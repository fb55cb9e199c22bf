"""A small web server on this machine that behaves as well or as badly as a test asks."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """One request; behaviours answer it."""

    server: "Mirror"

    def do_GET(self) -> None:
        """Answers as the mirror was told to."""
        with self.server.counting:
            self.server.asked[self.path] += 1
        with contextlib.suppress(ConnectionError):
            self.server.behaviour(self)

    def send(self, body: bytes, status: int = 200, length: int | None = None) -> None:
        """A whole answer; `length` is announced in place of the true one."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Says nothing."""


class Mirror(ThreadingHTTPServer):
    """The server: its address, and what was asked for how often."""

    daemon_threads = True

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.behaviour = behaviour
        self.asked: Counter[str] = Counter()
        self.counting = threading.Lock()

    @property
    def address(self) -> str:
        """With a slash at its end."""
        return f"http://127.0.0.1:{self.server_port}/"


@contextlib.contextmanager
def mirror(behaviour: Behaviour) -> Iterator[Mirror]:
    """Serves until the block ends."""
    with Mirror(behaviour) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def serving(files: dict[str, bytes], *, slowly: float = 0) -> Behaviour:
    """Has these files, and nothing else; each takes so many seconds."""

    def answer(request: Request) -> None:
        time.sleep(slowly)
        body = files.get(request.path.rpartition("/")[2])
        request.send(body or b"not here", 200 if body else 404)

    return answer

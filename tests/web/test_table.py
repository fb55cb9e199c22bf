"""The fixed table: what is in it, and that nothing else can be reached."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from spritenet.web.assets import STATIC
from spritenet.web.table import Moved, Table, static_files
from web_site import PAGE, Server

SPELLINGS = """
.. . %2e%2e %2E. ..%2f %2f %5c \\ / // %00 lib core.js page weights.bin etc passwd proc self environ
C: file: ~ %25 __init__.py table.py ..; \uff0e\uff0e %c0%ae%c0%ae ? # ;x=1 *
"""
PARTS = st.sampled_from(SPELLINGS.split())


def status(table: Table, raw_path: bytes) -> int:
    """Of the answer to a request for this address, letter by letter."""
    scope = {"type": "http", "method": "GET", "path": "/", "raw_path": raw_path, "headers": []}
    return table.response(Request(scope)).status_code


@given(st.lists(PARTS, max_size=8).map("/".join) | st.text(max_size=30) | st.binary(max_size=30))
def test_only_what_is_in_the_table_is_found(path: str | bytes) -> None:
    """Any other address is 404, however it is spelt."""
    raw = path if isinstance(path, bytes) else b"/" + path.encode("utf-8", "surrogatepass")
    table = Table(static_files())
    assert status(table, raw) == (200 if raw.decode("latin-1") in table.contents else 404)


@pytest.mark.parametrize(
    "target",
    [
        "/../table.py",
        "/lib/../../table.py",
        "/lib/..%2f..%2ftable.py",
        "/lib/%2e%2e/%2e%2e/table.py",
        "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/lib/..\\..\\table.py",
        "/lib/....//....//table.py",
        "//etc/passwd",
        "/etc/passwd",
        "/lib/core.js%00.png",
        "/lib/core%2ejs",
        "/%6cib/core.js",
        "/LIB/core.js",
        "/lib/",
        "/lib",
        "/lib/core.js/",
        "/vendor/uplot-LICENSE",
        "/vendor/uplot.d.ts",
    ],
)
def test_no_spelling_leads_out_of_it(server: Server, target: str) -> None:
    """Through a real socket; 404 and not a byte of a file."""
    answer = server.get(target)
    assert (answer.status, answer.body) == (404, b"There is nothing here.\n")


def test_an_absolute_target_is_an_address_like_any_other(server: Server) -> None:
    """As a proxy would be asked; this is none."""
    assert server.get(f"{server.origin}/page/").status in {400, 404}
    assert server.get("http://evil.example/").status in {400, 404}


@pytest.mark.parametrize(
    ("target", "media_type"),
    [
        ("/lib/core.wasm", "application/wasm"),
        ("/lib/core.js", "text/javascript; charset=utf-8"),
        ("/ui/theme.css", "text/css; charset=utf-8"),
        ("/page/weights.bin", "application/octet-stream"),
        ("/page/", "text/html; charset=utf-8"),
    ],
)
def test_browsers_are_told_what_a_file_is(server: Server, target: str, media_type: str) -> None:
    """Modules and WebAssembly are refused under any other name."""
    answer = server.get(target)
    assert (answer.status, answer.headers["content-type"]) == (200, media_type)
    whole = STATIC / target.removeprefix("/")
    if whole.is_file():
        assert answer.body == whole.read_bytes()


def test_a_head_has_no_body(server: Server) -> None:
    """But its length."""
    answer = server.get("/page/", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == str(len(PAGE))


def test_a_file_that_is_gone_is_said_to_be(server: Server) -> None:
    """404, not a mistake of ours."""
    assert server.get("/page/gone.json").status == 404


def test_nothing_is_an_answer(server: Server) -> None:
    """204 where there are no examples: a 404 would be an error in the browser's console."""
    assert (server.get("/page/nothing.png").status) == 204


def test_the_home_address_leads_to_the_page(server: Server) -> None:
    """And so does a page's without its slash."""
    assert server.get("/").headers["location"] == "/page/"


def test_every_static_file_is_either_served_or_known_not_to_be() -> None:
    """A file in static/ with an unknown suffix is noticed."""
    served = {path for path in static_files().values() if isinstance(path, Path)}
    for folder in ("lib", "ui", "vendor"):
        left = {p.name for p in (STATIC / folder).rglob("*") if p.is_file() and p not in served}
        assert all(name.endswith((".d.ts", "LICENSE")) for name in left)


@pytest.mark.parametrize("address", ["page", "", "/a b", "/ä", "/a?b", "/.git", "/../x", "/a\n"])
def test_an_address_that_is_not_plain_is_our_mistake(address: str) -> None:
    """Such a table is not even made."""
    with pytest.raises(ValueError, match="plain address"):
        Table({address: Moved("/")})


def test_a_file_of_an_unknown_kind_is_our_mistake(tmp_path: Path) -> None:
    """Browsers would have to guess."""
    with pytest.raises(ValueError, match="media type"):
        Table({"/x": tmp_path / "x.exe"})

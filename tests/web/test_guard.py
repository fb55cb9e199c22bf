"""Access checks, and the headers of every answer, through a real socket."""

from __future__ import annotations

import logging

import pytest

from asking import Answer, ask, get
from spritenet.web.guard import LARGEST_BODY
from spritenet.web.serving import Site
from web_site import PAGE, Server

STRICT = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def is_strict(answer: Answer) -> bool:
    """Returns True if an answer has all security headers."""
    policy = answer.headers.get("content-security-policy", "")
    closed = "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    return closed and "unsafe-inline" not in policy and STRICT.items() <= answer.headers.items()


def test_a_token_is_exchanged_for_a_cookie_and_leads_to_the_clean_address(fresh: Site) -> None:
    """The cookie is this server's alone, unseen by scripts, never sent by other sites."""
    answer = get(fresh.port, f"/page/?a=1&token={fresh.token}&b=%20")
    assert (answer.status, answer.headers["location"]) == (303, "/page/?a=1&b=+")
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert cookie.startswith(f"spritenet-{fresh.port}=")
    assert set(attributes) == {"Path=/", "HttpOnly", "SameSite=Strict"}
    assert get(fresh.port, "/page/", cookie=cookie).body == PAGE
    assert is_strict(answer)


def test_a_token_opens_once(fresh: Site) -> None:
    """The token is valid once; the browser that used it is redirected."""
    cookie = get(fresh.port, f"/?token={fresh.token}").headers["set-cookie"].partition(";")[0]
    again = get(fresh.port, f"/?token={fresh.token}")
    assert (again.status, "set-cookie" in again.headers) == (401, False)
    inside = get(fresh.port, f"/page/?token={fresh.token}", cookie=cookie)
    assert (inside.status, inside.headers["location"]) == (303, "/page/")
    assert "set-cookie" not in inside.headers


def test_a_wrong_token_opens_nothing_and_uses_nothing_up(fresh: Site) -> None:
    """Guessing doesn't lock the owner out."""
    wrong = fresh.token[:-1] + ("A" if fresh.token[-1] != "A" else "B")
    for token in (wrong, "", "%00", "ä", fresh.token.lower(), fresh.token + "x"):
        answer = get(fresh.port, f"/?token={token}")
        assert (answer.status, "set-cookie" in answer.headers) in {(401, False), (400, False)}
    assert get(fresh.port, f"/?token={fresh.token}").status == 303


def test_a_token_is_not_taken_from_a_post(fresh: Site) -> None:
    """It is an address to open, nothing else."""
    origin = f"http://127.0.0.1:{fresh.port}"
    answer = get(fresh.port, f"/echo?token={fresh.token}", method="POST", body=b"x", origin=origin)
    assert answer.status == 401


@pytest.mark.parametrize("target", ["//evil.example/", "/\\evil.example/", "///evil.example"])
def test_the_way_on_never_leads_to_another_site(fresh: Site, target: str) -> None:
    """An address with a token in front of someone else's host stays here."""
    answer = get(fresh.port, f"{target}?token={fresh.token}")
    assert answer.status in {303, 400}
    assert answer.headers.get("location", "/x")[1] not in "/\\"


@pytest.mark.parametrize("target", ["/", "/page/", "/lib/core.js", "/echo", "/stream", "/nowhere"])
def test_without_the_cookie_nothing_is_answered(server: Server, target: str) -> None:
    """Files, routes and streams alike; not even whether something is there."""
    answer = get(server.port, target)
    assert answer.status == 401
    assert b"Open the address from the terminal" in answer.body
    assert b'<link rel="icon" href="data:,">' in answer.body  # no browser asks for /favicon.ico
    assert "img-src data:" in answer.headers["content-security-policy"]
    assert is_strict(answer)


@pytest.mark.parametrize(
    "cookie", ["", "spritenet-{port}=", "spritenet-{port}=x", "spritenet-1={value}", "{value}"]
)
def test_another_cookie_opens_nothing(server: Server, cookie: str) -> None:
    """Neither an empty one, nor one of another port's server."""
    value = server.cookie.partition("=")[2]
    answer = get(server.port, "/page/", cookie=cookie.format(port=server.port, value=value))
    assert answer.status == 401


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1:{port}0",
        "127.0.0.1.evil.example:{port}",
        "localhost.:{port}",
        "localhost@evil.example:{port}",
        "127.1:{port}",
        "2130706433:{port}",
        "0.0.0.0:{port}",
        "[::ffff:127.0.0.1]:{port}",
        "127.0.0.1:{port}, evil.example",
        "",
    ],
)
def test_a_foreign_host_is_refused(server: Server, host: str) -> None:
    """A name that was made to lead here (DNS rebinding) gets nothing, not even with the cookie."""
    answer = ask(
        server.port,
        f"GET /page/ HTTP/1.1\r\nHost: {host.format(port=server.port)}\r\n"
        f"Cookie: {server.cookie}\r\nConnection: close\r\n\r\n".encode(),
    )
    assert answer.status == 421
    assert PAGE not in answer.body


def test_a_request_without_a_host_or_with_two_is_refused(server: Server) -> None:
    """Whoever reads the first one and whoever reads the last one would disagree."""
    both = f"Host: 127.0.0.1:{server.port}\r\nHost: evil.example\r\n"
    for version, hosts in (("1.0", ""), ("1.1", ""), ("1.1", both)):
        request = f"GET /page/ HTTP/{version}\r\n{hosts}Cookie: {server.cookie}\r\n\r\n"
        assert ask(server.port, request.encode()).status in {400, 421}


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
def test_all_names_of_this_machine_will_do(server: Server, host: str) -> None:
    """In any case of letters."""
    assert server.get("/page/", host=host.format(port=server.port)).body == PAGE


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://localhost:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "null",
        "file://",
        "",
    ],
)
def test_a_foreign_origin_is_refused(server: Server, origin: str) -> None:
    """Other sites, other local servers, and the same server under another name."""
    given = origin.format(port=server.port)
    assert server.get("/page/", origin=given).status == 403
    assert server.post("/echo", b"x", origin=given).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_the_browser_says_another_site_sent_is_refused(server: Server, site: str) -> None:
    """`same-site` is another port of this machine."""
    assert server.get("/lib/core.js", sec_fetch_site=site).status == 403
    assert server.post("/echo", b"x", sec_fetch_site=site).status == 403


def test_a_post_needs_an_origin(server: Server) -> None:
    """Every browser sends it; what changes something doesn't do without."""
    assert server.post("/echo", b"hello").body == b"hello"
    without = get(server.port, "/echo", method="POST", body=b"hello", cookie=server.cookie)
    assert without.status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_files_are_read_and_nothing_else(server: Server, method: str) -> None:
    """Other methods are refused, and no other site is ever told that it may."""
    answer = server.get("/page/", method=method, origin=server.origin)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_a_large_body_is_refused(server: Server) -> None:
    """With a length in its header, and in chunks without one."""
    assert server.post("/echo", b"x" * LARGEST_BODY).body == b"x" * LARGEST_BODY
    assert server.post("/echo", b"x" * (LARGEST_BODY + 1)).status == 413
    head = (
        f"POST /echo HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.origin}\r\n"
        f"Cookie: {server.cookie}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    piece = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    assert ask(server.port, head.encode() + 4 * piece + b"0\r\n\r\n").status == 200
    answer = ask(server.port, head.encode() + 5 * piece + b"0\r\n\r\n")
    assert (answer.status, is_strict(answer)) == (413, True)


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "1, 2", "9" * 30])
def test_a_length_that_is_none_is_refused(server: Server, length: str) -> None:
    """And the server goes on."""
    head = (
        f"POST /echo HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.origin}\r\n"
        f"Cookie: {server.cookie}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    )
    assert ask(server.port, head.encode()).status in {400, 413}
    assert server.get("/page/").status == 200


def test_long_headers_and_addresses_are_refused(server: Server) -> None:
    """Before all of them is read."""
    many = {f"x{number}": "y" for number in range(5_000)}
    refused = [
        server.get("/page/", x="y" * 100_000),
        server.get("/" + "x" * 100_000),
        server.get("/page/?" + "x" * 20_000),
        server.get("/page/", **many),
        server.get("/page/", x="y" * 2_000_000),
    ]
    assert {answer.status for answer in refused} <= {400, 431}
    assert server.get("/page/").status == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"\x00" * 99,
    ],
)
def test_what_is_no_http_is_refused(server: Server, request_: bytes) -> None:
    """A browser that tries TLS, for example."""
    assert ask(server.port, request_ + b"\r\n\r\n").status in {0, 400}
    assert server.get("/page/").status == 200


def test_every_answer_is_strict(server: Server) -> None:
    """Pages, files, redirections, refusals and mistakes."""
    answers = [
        server.get("/page/"),
        server.get("/lib/core.wasm"),
        server.get("/"),
        server.get("/nowhere"),
        server.get("/page/", method="PUT", origin=server.origin),
        server.get("/page/", host="evil.example"),
        server.get("/page/", origin="null"),
        server.get("/page/nothing.png"),
        server.post("/echo", b"x"),
    ]
    assert [answer.status for answer in answers] == [200, 200, 307, 404, 405, 421, 403, 204, 200]
    assert all(is_strict(answer) for answer in answers)


def test_pages_of_this_machine_are_isolated_so_that_threads_may_share_memory(
    server: Server,
) -> None:
    """Browsers complain of these headers on plain HTTP from another machine."""
    isolation = {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
    }
    port = server.origin.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::1]"):
        answer = server.get("/page/", host=f"{host}:{port}")
        assert answer.status == 200
        assert isolation.items() <= answer.headers.items()
    elsewhere = server.get("/page/", host=f"192.0.2.7:{port}")
    assert not isolation.keys() & elsewhere.headers.keys()


def test_a_route_that_fails_says_nothing_to_the_browser(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The traceback is for the terminal."""
    with caplog.at_level(logging.ERROR, "spritenet.web"):
        answer = server.get("/fail")
    assert (answer.status, is_strict(answer)) == (500, True)
    assert b"purpose" not in answer.body
    assert "this route fails on purpose" in caplog.text

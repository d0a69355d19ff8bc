#!/usr/bin/env python3
"""What nginx answers itself is JSON in the shape of the API that was asked, and no odd path gets
through to a program as something else."""

import json
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib.checks import check, run, same, section  # noqa: E402
from lib.client import parse, raw  # noqa: E402
from lib.instance import Instance  # noqa: E402

SHAPES = {"/api/orders": {"success", "message", "code"}, "/api/dashboard": {"error", "code"},
          "/api/v1": {"name", "message", "code", "type"}, "/": {"success", "message", "code"}}


def ask(vz, line, headers="", body=b"", **more):
    data = f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\r\n".encode("latin-1")
    return parse(raw(vz.base_url, data + body, **more))


def is_error(answer, status, text, shape="/"):
    if not check(answer is not None, f"{text}: is answered"):
        return
    wanted = status if isinstance(status, tuple) else (status,)
    check(answer.status in wanted, f"{text}: status {status}", answer.status, answer.text)
    check(answer.headers.get("content-type", "").startswith("application/json"), f"{text}: JSON",
          answer.headers)
    found = answer.json
    if check(isinstance(found, dict), f"{text}: an object", answer.text):
        same(set(found), SHAPES[shape], f"{text}: its fields")
        if shape == "/api/v1":
            same(found["code"], answer.status, f"{text}: code is the status")
            same(found["name"], "MoleculerError", f"{text}: name")
    same(len(answer.headers.get("x-request-id", "")), 32, f"{text}: X-Request-Id")
    same(answer.headers.get("x-content-type-options"), "nosniff", f"{text}: nosniff")
    check("nginx/" not in answer.headers.get("server", ""), f"{text}: no version", answer.headers)
    if answer.status == 405:
        check("GET" in answer.headers.get("allow", ""), f"{text}: Allow", answer.headers)


def odd_paths(vz):
    for path in ("/api//auth/me/", "//api/auth/me/", "/api/auth//me/", "/api/orders/../auth/me/",
                 "/api/orders/./", "/api/orders/..", "/api/orders/%2e%2e/auth/me/",
                 "/api/orders/.%2E/auth/me/", "/api/orders/a%2Fb/", "/api/orders/%2f/",
                 "/api/orders/..?x=1", "/_error", "/_error%20a//b", "/api/orders/%0a//x"):
        is_error(ask(vz, f"GET {path}"), 404, path)
    for path in ("/%zz", "/api/orders/%00", "/api/orders/%", "/../x", "/api/../../x"):
        is_error(ask(vz, f"GET {path}"), (400, 404), path)
    for path in ("/api/nothing/", "/nothing", "/api", "/favicon.ico", "/.git/config"):
        is_error(ask(vz, f"GET {path}"), 404, path)
    for path in ("/api/public/products", "/api/public/products/", "/api/public/products?x=a//b/../c"):
        answer = ask(vz, f"GET {path}")
        same(answer.status, 200, f"{path}: is answered, not redirected")


def odd_requests(vz):
    is_error(ask(vz, "GET /api/orders/" + "x" * 9000), 414, "a long address")
    is_error(ask(vz, "GET /api/orders/", "X-Long: " + "x" * 40000 + "\r\n"), (400, 431), "a long header")
    is_error(ask(vz, "GET /api/orders/", "X-Many: y\r\n" * 8000), (400, 431), "many headers")
    big = b'{"note": "' + b"x" * 70000 + b'"}'
    for path, shape in (("/api/orders/", "/api/orders"), ("/api/v1/order/open", "/api/v1"),
                        ("/api/dashboard/finances/", "/api/dashboard")):
        is_error(ask(vz, f"POST {path}", f"Content-Type: application/json\r\nContent-Length: "
                                         f"{len(big)}\r\n", big), 413, f"{path}: a large body", shape)
    chunk = b"%x\r\n%s\r\n" % (len(big), big) + b"0\r\n\r\n"
    is_error(ask(vz, "POST /api/orders/", "Transfer-Encoding: chunked\r\n", chunk), 413,
             "a large body in chunks")
    card = b"x" * 9000
    is_error(ask(vz, "POST /api/dashboard/agency-payments/direct/",
                 f"Content-Length: {len(card)}\r\n", card), 413, "a card form that is too long",
             "/api/dashboard")
    is_error(ask(vz, "get /api/orders/"), 400, "a method in small letters")
    is_error(ask(vz, "GET /api/orders/", "Content-Length: 1\r\nContent-Length: 2\r\n"), 400,
             "two lengths")
    is_error(ask(vz, "POST /api/orders/", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                 b"0\r\n\r\n"), 400, "a length and chunks")
    is_error(ask(vz, "POST /api/orders/", "Content-Length: -1\r\n"), 400, "a negative length")
    is_error(ask(vz, "GET /api/orders/", "Host: other\r\n"), 400, "two hosts")
    is_error(parse(raw(vz.base_url, b"GET /api/orders/ HTTP/1.1\r\nConnection: close\r\n\r\n")), 400,
             "no host")
    is_error(parse(raw(vz.base_url, b"nonsense\r\n\r\n")), 400, "no request at all")
    is_error(ask(vz, "TRACE /api/orders/"), 405, "TRACE")
    is_error(parse(raw(vz.base_url, b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
             (400, 405), "CONNECT")
    for method in ("FOO", "PUT", "OPTIONS", "PROPFIND"):
        answer = ask(vz, f"{method} /api/public/products/")
        check(answer and 400 <= answer.status < 500 and isinstance(answer.json, dict),
              f"{method}: is refused in JSON", answer)
    answer = parse(raw(vz.base_url, b"GET http://127.0.0.1/api//orders/ HTTP/1.1\r\nHost: x\r\n"
                                    b"Connection: close\r\n\r\n"))
    is_error(answer, 404, "an absolute address")
    turkish, english = (json.loads(ask(vz, "GET /nothing", h).body)["message"]
                        for h in ("", "Accept-Language: en-GB\r\n"))
    same((turkish, english), ("Adres bulunamadı.", "No such address."), "two languages")


def away(vz):
    """A program that is not there: 502 or 503 in its own shape, at once."""
    program = "catalog"
    vz.down(program)
    started = time.monotonic()
    answer = ask(vz, "GET /api/public/products/")
    is_error(answer, (502, 503), "a program that is away")
    check(time.monotonic() - started < 3, "and that within 3 s")
    check(answer.headers.get("retry-after", "").isdigit(), "and it says when to try again")
    vz.up(program)
    same(ask(vz, "GET /api/public/products/").status, 200, "it is back")


def kept_connections(vz):
    c = vz.client()
    c.get("/api/public/products/")
    kept = c.connection.sock
    for path in ("/nothing", "/api/public/products/", "/api//x"):
        c.get(path)
    check(c.connection is not None and c.connection.sock is kept, "the client's connection is kept")
    seen = {c.get("/api/public/products/").headers["x-request-id"] for _ in range(20)}
    same(len(seen), 20, "each request has an id of its own")
    answer = c.get("/api/public/products/", headers={"X-Request-Id": "mine", "Proxy": "http://evil"})
    check(answer.headers["x-request-id"] != "mine", "which the client does not choose")
    # An idle client's connection holds no worker.
    idle = [socket.create_connection(("127.0.0.1", vz.port)) for _ in range(50)]
    same(c.get("/api/public/products/").status, 200, "idle connections hold nobody up")
    for s in idle:
        s.close()


def limits():
    with Instance(workers=1, settings={"rate_limits": "on"}) as vz:
        c = vz.client()
        statuses = []
        for _ in range(14):
            answer = c.post("/api/auth/login/", {})
            statuses.append(answer.status)
        check(429 not in statuses[:10] and statuses[-1] == 429, "login: ten a minute", statuses)
        is_error(answer, 429, "login: the eleventh")
        check(answer.headers.get("retry-after", "").isdigit(), "login: Retry-After", answer.headers)
        statuses = [c.get("/api/orders/track/ORD-DEMO-00000000-AAAAAAAA/").status for _ in range(70)]
        check(429 not in statuses[:60] and statuses[-1] == 429, "tracking: sixty a minute", statuses)
        same(c.get("/api/public/products/").status, 200, "everything else goes on")


def main():
    with Instance(workers=2) as vz:
        section("odd paths")
        odd_paths(vz)
        section("odd requests")
        odd_requests(vz)
        section("kept connections")
        kept_connections(vz)
        section("a program is away")
        away(vz)
    section("limits")
    limits()


run(main)

#!/usr/bin/env python3
"""What every program does with a request before a handler sees it: paths, methods, hosts, bodies, JSON,
queries, cookies, other sites; through nginx, and straight at a worker."""

import gzip
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import fastcgi, ledger  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.client import parse, raw  # noqa: E402
from lib.instance import Instance  # noqa: E402
from orders_test import ADD, ORDERS, books, new_product, refused  # noqa: E402

CART, CREATE, VERIFY = "/api/cart/", "/api/payments/create/", "/api/payments/verify/"
JSON = {"Content-Type": "application/json"}
TABLES = ("sessions", "carts", "cart_items", "orders", "attempts", "idempotency_keys", "inbox", "users")


def rows(vz):
    """Changes when anything that a request can write does."""
    return vz.sql.rows("SELECT " + ", ".join(f"(SELECT COUNT(*) FROM {t}) AS {t}" for t in TABLES)
                       + ", (SELECT SUM(quantity) FROM cart_items) AS pieces, (SELECT SUM(stock) FROM products) AS stock")


def sent(vz, target, method="GET", host=None, headers="", body=b"", version="HTTP/1.1"):
    """A request whose target is sent as it stands."""
    host = f"Host: {f'127.0.0.1:{vz.port}' if host is None else host}\r\n"
    head = f"{method} {target} {version}\r\n{host}Connection: close\r\n{headers}\r\n"
    return parse(raw(vz.base_url, head.encode("utf-8", "surrogateescape") + body))


def records(kind, data):
    """A whole stream, in records as long as they may be."""
    return b"".join(fastcgi.record(kind, data[n:n + 65535]) for n in range(0, len(data), 65535)) + fastcgi.record(kind)


def refused_with(a, statuses, codes, text):
    """A refusal in the store's shape; of nginx or of a program."""
    j = a.json if a is not None and isinstance(a.json, dict) else {}
    check(a is not None and a.status in statuses and j.get("success") is False and j.get("code") in codes
          and isinstance(j.get("message"), str) and j["message"]
          and a.headers["content-type"].startswith("application/json")
          and re.fullmatch(r"[0-9a-f]{32}", a.headers.get("x-request-id", "")), f"{statuses} {codes}: {text}", a)


def paths(vz):
    section("paths")
    for target in ("/nope", "/api", "/api/", "/api/nope/", "/api/cartx/", "/api/cart/nope/", "/api/Cart/", "/API/cart/",
                   "/api/cart/add/x/", "/api/cart;x=1/", "/api/cart/%61dd%20/", "/api/orders/a/b/",
                   "//api/cart/", "/api//cart/", "/api/cart//", "/api/cart///", "/api/./cart/", "/api/cart/.", "/api/x/../cart/",
                   "/api/cart/..", "/api/cart/../orders/", "/api/%2e/cart/", "/api/cart/%2e%2e/cart/", "/api/%2E%2e/api/cart/",
                   "/api%2Fcart/", "/api/cart%2f", "/api/orders/track%2Fx/", "/api/orders/track/a%2Fb/", "/api/cart/%0a",
                   "/api/cart/%0d%0aX-Evil:%201/", "/api/cart/%7f", "/api/cart/%E2%80%A8/", "/api/cart/%ff/", "/api/cart\\",
                   "/api/cart/%5c..%5c", "/etc/passwd", "/api/cart/....//"):
        a = sent(vz, target)
        refused_with(a, (404,), ("no_path",), target)
        check(a and not a.headers.get("x-evil") and "location" not in a.headers, "no header of the path's", a)
    for target in ("/api/cart/%00", "/api/cart/%", "/api/cart/%zz", "/api/cart/%2", "/api/orders/track/%u0041/"):
        refused_with(sent(vz, target), (400,), ("bad_request",), target)
    refused_with(sent(vz, "/api/cart/?" + "x" * 9000), (414,), ("too_large",), "9 KB of address")
    refused_with(sent(vz, "/api/orders/track/" + "x" * 3000 + "/"), (404,), ("no_path",), "3 KB of path")
    for target in ("/api/c%61rt/", "/api/cart/?", "/api/cart?x=1", "/api/cart/?x=/../"):
        same(sent(vz, target).status, 200, f"the same path: {target}")

    section("with and without the last slash, never redirected")
    for method, path, status in (("GET", CART, 200), ("GET", ORDERS, 401), ("GET", "/api/auth/me/", 401),
                                 ("GET", "/api/public/products/", 200), ("GET", "/api/orders/track/x/", 404),
                                 ("GET", "/api/integrations/", 401), ("POST", ADD, 400), ("POST", ORDERS, 400), ("POST", CREATE, 400),
                                 ("POST", VERIFY, 400), ("POST", "/api/auth/login/", 400), ("POST", "/api/auth/logout/", 200)):
        both = [vz.client().request(method, p, b"{}" if method == "POST" else None, headers=JSON) for p in (path, path.rstrip("/"))]
        same([(a.status, a.body, a.headers.get("location")) for a in both], [(status, both[0].body, None)] * 2, f"{method} {path}")

    section("methods")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "FOO", "PROPFIND", "post", "A" * 100):
        a = vz.client().request(method, ADD, b"{}", headers=JSON)
        refused_with(a, (400, 405), ("method_not_allowed", "bad_request"), method)
        if a.status == 405:
            check(a.headers.get("allow"), "Allow", a.headers)
    refused(vz.client().request("PUT", ADD, b"{}", headers=JSON), 405, "method_not_allowed")
    same(vz.client().request("PUT", ADD, b"{}", headers=JSON).headers["allow"], "POST", "Allow names what there is")
    for method, target in (("TRACE", CART), ("CONNECT", "127.0.0.1:1"), ("G@T", CART), ("", CART)):
        refused_with(sent(vz, target, method), (400, 405), ("method_not_allowed", "bad_request"), f"{method} {target}")
    for target in (CART, "/api/public/products/", "/api/orders/track/x/", "/api/auth/me/", "/nope"):
        get, head = vz.client().get(target), vz.client().request("HEAD", target)
        check(head.body == b"" and head.status == get.status
              and head.headers.get("content-length") == get.headers.get("content-length"), f"HEAD {target}", head.headers, get.headers)
    answers = raw(vz.base_url, (f"HEAD {CART} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET {CART} HTTP/1.1\r\n"
                                 "Host: 127.0.0.1\r\nConnection: close\r\n\r\n").encode())
    same(answers.count(b"HTTP/1.1 200"), 2, "two on one connection")
    check(answers.count(b'"success":true') == 1, "only the second with a body", answers)
    for line in (b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x00\xa5\x01\r\n\r\n", b"GET /api/cart/\r\n\r\n"):
        got = raw(vz.base_url, line)
        check(b"<html" not in got.lower(), f"no HTML for {line[:12]}", got[:300])


def hosts(vz):
    section("hosts")
    list_ = "/api/public/products/"

    def shop(host, **more):
        a = sent(vz, list_, host=host, **more)
        return a and a.status == 200 and len(a.json["products"])

    demo, rakip = shop("demo.localhost"), shop("rakip.localhost")
    check(demo and rakip and demo != rakip, "two shops", demo, rakip)
    for host in ("demo.localhost:80", f"demo.localhost:{vz.port}", "DEMO.LocalHost", "demo.localhost.", "demo.localhost.:99",
                 "localhost", "127.0.0.1"):
        same(shop(host), demo, host)
    same(shop("RAKIP.localhost.:1"), rakip, "the other shop, too")
    for host in ("evil.test", "demo.localhost.evil.test", "xdemo.localhost", "demo", "demo.localhost..", "[::1]", "127.0.0.2",
                 "2130706433", "demo_localhost", "%64emo.localhost", "demo.localhost%00", "x" * 300, "-", "a" * 64 + ".test",
                 "demo.localhost, rakip.localhost", "'", "*"):
        a = sent(vz, list_, host=host)
        refused_with(a, (400, 404), ("no_tenant", "bad_request"), f"host {host[:40]}")
    refused_with(sent(vz, list_, host="evil.test"), (404,), ("no_tenant",), "unknown")
    for host in ("dükkân.test", "demo.localhost ", "demo localhost", "demo.localhost/x", "demo.localhost@evil.test", ""):
        a = sent(vz, list_, host=host)
        check(a and (a.status in (400, 404) and a.json["success"] is False or shop(host) in (False, demo)), f"odd host {host!r}", a)
    for head in (f"GET {list_} HTTP/1.1\r\nConnection: close\r\n\r\n",
                 f"GET {list_} HTTP/1.1\r\nHost: demo.localhost\r\nHost: rakip.localhost\r\nConnection: close\r\n\r\n"):
        refused_with(parse(raw(vz.base_url, head.encode())), (400,), ("bad_request",), "no host, or two")
    for header in ("X-Forwarded-Host: rakip.localhost", "X-Host: rakip.localhost", "Forwarded: host=rakip.localhost",
                   "X-Original-URL: /api/orders/", "HTTP_HOST: rakip.localhost", "X-Rewrite-URL: /api/orders/"):
        same(shop("demo.localhost", headers=header + "\r\n"), demo, f"not believed: {header}")


def bodies(vz):
    section("bodies")
    id = new_product(vz, stock=100000)
    good = json.dumps({"product_id": id, "quantity": 1}).encode()
    before = rows(vz)

    def wrong(statuses, codes, body, text, **headers):
        a = vz.client().request("POST", ADD, body, headers={**JSON, **{k.replace("_", "-"): v for k, v in headers.items()}})
        refused_with(a, statuses, codes, text)

    wrong((400,), ("bad_json",), b"", "empty")
    wrong((413,), ("too_large",), good[:-1] + b', "x": "' + b"a" * 65536 + b'"}', "over 64 KiB")
    wrong((413,), ("too_large",), b" " * 1000000, "1 MB of space")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
                 "text/json", "application/xml", "application", "", None, "*/*", "application/json, text/plain",
                 "x" * 4000):
        wrong((415,), ("media_type",), good, f"type {str(kind)[:30]}", Content_Type=kind)
    wrong((400,), ("bad_json",), gzip.compress(good), "compressed", Content_Encoding="gzip")
    for length in ("x", "-1", "+5", "1 1", "0x10", "99999999999999999999999", "5, 5"):
        a = sent(vz, ADD, "POST", headers=f"Content-Type: application/json\r\nContent-Length: {length}\r\n", body=good)
        refused_with(a, (400, 413), ("bad_request", "too_large"), f"Content-Length: {length}")
    two = f"Content-Type: application/json\r\nContent-Length: {len(good)}\r\nContent-Length: 5\r\n"
    refused_with(sent(vz, ADD, "POST", headers=two, body=good), (400,), ("bad_request",), "two lengths")
    chunked = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    both = chunked + f"Content-Length: {len(good)}\r\n"
    refused_with(sent(vz, ADD, "POST", headers=both, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(good), good)), (400,), ("bad_request",),
                 "length and chunks")
    for coding in ("gzip", "identity, chunked", "xchunked"):
        a = sent(vz, ADD, "POST", headers=f"Content-Type: application/json\r\nTransfer-Encoding: {coding}\r\n", body=good)
        refused_with(a, (400, 411, 501), ("bad_request", "method_not_allowed"), f"Transfer-Encoding: {coding}")
    refused_with(sent(vz, ADD, "POST", headers=chunked, body=b"zz\r\n\r\n"), (400,), ("bad_request",), "chunks that are none")
    big = b"".join(b"2000\r\n" + b" " * 0x2000 + b"\r\n" for _ in range(10)) + b"0\r\n\r\n"
    refused_with(sent(vz, ADD, "POST", headers=chunked, body=big), (413,), ("too_large",), "80 KB in chunks")
    got = raw(vz.base_url, f"POST {ADD} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                           f"Content-Length: {len(good) + 5}\r\nConnection: close\r\n\r\n".encode() + good, half_close=True, timeout=5)
    check(not got or parse(got).status == 400, "a body that ends too early reaches nobody", got)
    same(rows(vz), before, "none of it changed a row")
    pieces = b"".join(b"1\r\n%c\r\n" % b for b in good)
    a = sent(vz, ADD, "POST", headers=chunked, body=pieces + b"0\r\n\r\n")
    check(a.status == 200 and a.json["cart"]["item_count"] == 1, "a body in chunks is fine", a)
    for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/json ;x=y"):
        same(vz.client().request("POST", ADD, good, headers={"Content-Type": kind}).status, 200, kind)
    a = vz.client().request("POST", ADD, b" \t\r\n" + good[:-1] + b', "x": "' + b"a" * 60000 + b'"}\n ', headers=JSON)
    same(a.status, 200, "60 KB, white space around it")

    section("straight at a worker")
    before = rows(vz)
    socket = vz.demo["sockets"]["cart"]

    def at_worker(body=b"", **more):
        more = {"method": "POST", "path": ADD, "content_type": "application/json", **more}
        with fastcgi.connect(socket) as s:
            s.sendall(fastcgi.begin() + records(fastcgi.PARAMS, fastcgi.params(body=body, **more))
                      + records(fastcgi.STDIN, body))
            return fastcgi.read_answer(s)

    def refused_there(got, status, code, text):
        told, head, body, err, ended = got
        check(told == status and json.loads(body)["code"] == code and ended and "X-Request-Id: 0123456789abcdef" in head
              and "application/json" in head, text, got)

    for length, status, code in ((len(good) + 1, 400, "body_cut"), (len(good) + 1000, 400, "body_cut"), (len(good) - 1, 400, "body_cut"),
                                 (1, 400, "body_cut"), (0, 400, "body_cut"), (65536, 400, "body_cut"), (65537, 413, "too_large"),
                                 ("x", 400, "bad_request"), ("-1", 400, "bad_request"), ("9" * 30, 400, "bad_request"), (" 5", 400, "bad_request")):
        refused_there(at_worker(good, CONTENT_LENGTH=str(length)), status, code, f"CONTENT_LENGTH {length}")
    refused_there(at_worker(b" " * 65537, CONTENT_LENGTH=""), 413, "too_large", "no length, and too much")
    refused_there(at_worker(path="/api/cart/" + "x" * 2048), 404, "no_path", "a long path")
    refused_there(at_worker(path="/api/cart/\nX-Evil: 1"), 404, "no_path", "a line break in the path")
    refused_there(at_worker(path=b"/api/cart/\xff"), 404, "no_path", "no UTF-8 in the path")
    refused_there(at_worker(path=""), 404, "no_path", "no path")
    refused_there(at_worker(good, host=""), 404, "no_tenant", "no host")
    refused_there(at_worker(good, host="evil.test\r\nx"), 404, "no_tenant", "a line break in the host")
    refused_there(at_worker(good, method=""), 405, "method_not_allowed", "no method")
    refused_there(at_worker(good, query="&".join(f"k{n}=1" for n in range(10000))), 400, "bad_request", "a query of 10,000 keys")
    got = fastcgi.call(socket, path=CART, HTTP_COOKIE="vezne_session=" + "a" * 9000)
    same((got[0], json.loads(got[2])["cart"]["items"]), (200, []), "a cookie over 8 KB is none")
    got = fastcgi.call(socket, path=CART, HTTP_X_REQUEST_ID="x\r\nX-Evil: 1")
    check(got[0] == 200 and "X-Evil" not in got[1] and re.search(r"X-Request-Id: [0-9a-f]{32}", got[1]), "an id that is none", got)
    same(rows(vz), before, "none of it changed a row")
    got = at_worker(good, CONTENT_LENGTH="")
    same(got[0], 200, "no length, and a whole body")


# proof.md, section 5, families 25 to 43; @ is a good product id.
FAULTS = [
    ("25", ["x", "{", "}", "{]", '{"product_id"}', '{"product_id":}', '{"product_id" "@"}', "{product_id:1}", "\0", "<a/>", "a=1"]),
    ("26", ['{"product_id": "@"}x', '{"product_id": "@"},', '{"product_id": "@"}\0', '{"product_id": "@"}}', '{"product_id": "@"} 1']),
    ("27", ['{"product_id": "@"}{"product_id": "@"}', '{"product_id": "@"}\n{}', '{}{}']),
    ("28", ["[]", '[{"product_id": "@"}]', "7", "null", "true", '"x"', "-1.5"]),
    ("29", ['{"x": ' * 17 + "1" + "}" * 17, '{"x": ' + "[" * 16 + "]" * 16 + "}", "[" * 60000, '{"x":' * 10000 + "1" + "}" * 10000]),
    ("30", ["{" + ", ".join(f'"k{n}": 1' for n in range(201)) + "}",
            '{"x": {' + ", ".join(f'"k{n}": 1' for n in range(200)) + "}}"]),
    ("31", ['{"product_id": "@", "x": [' + ", ".join("1" * 1001) + "]}"]),
    ("32", ['{"product_id": "@", "product_id": "@"}', '{"product_id": "x", "quantity": 1, "quantity": 2}', '{"x": {"a": 1, "a": 1}}',
            '{"": 1, "": 2}']),
    ("33", ['{"product_id": "@", "product_\\u0069d": "@"}', '{"\\u0061": 1, "a": 1}', '{"\\u00e7": 1, "ç": 2}']),
    ("34", ["{'product_id': '@'}", "{\"product_id\": '@'}", '{`product_id`: "@"}']),
    ("35", ['/* */{"product_id": "@"}', '{"product_id": "@" // x\n}', '{"product_id": /**/ "@"}', '{"product_id": "@"} # x']),
    ("36", ['{"product_id": "@",}', '{"product_id": "@", "x": [1,]}', '{,"product_id": "@"}', '{"x": [,1], "product_id": "@"}']),
    ("37", ['{"product_id": "@", "quantity": %s}' % n for n in ("NaN", "Infinity", "-Infinity", "nan", "inf", "undefined", "None")]),
    ("38", ['{"product_id": "@", "quantity": %s}' % n for n in ("01", "1.", ".5", "+1", "0x1", "1e", "1e+", "--1", "-", "0b1", "1_0", "1,5",
                                                               "00", "-01", "٣", "１")]),
    ("39", ['{"product_id": "@", "quantity": %s}' % n for n in (2 ** 63, 2 ** 64, -2 ** 63 - 1, "9" * 400, "1" + "0" * 20)]),
    ("40", ['{"product_id": "@", "quantity": %s}' % n for n in ("1e400", "1e-400", "1E+999999999", "1e100")]),
    ("41", [b'{"product_id": "\xff"}', b'{"x": "\xc0\xaf"}', b'{"x": "\xe0\x80\xaf"}', b'{"x": "\xed\xa0\x80"}', b'{"x": "\xf4\x90\x80\x80"}',
            b'{"x": "\xf8\x88\x80\x80\x80"}', b'{"x": "\xc3"}', b'{"x": "\x80"}', b'{"\xff": 1}', '{"x": "\\ud800"}', '{"x": "\\udc00\\ud800"}',
            '{"x": "\\ud83dx"}', '{"x": "\\u12"}', '{"x": "\\uzzzz"}', b'\xef\xbb\xbf{"product_id": "@"}', '{"product_id": "@"}'.encode("utf-16"),
            '{"product_id": "@"}'.encode("utf-16-le"), '{"product_id": "@"}'.encode("utf-32")]),
    ("42", ['{"x": "\\u0000"}', '{"\\u0000": 1}', b'{"x": "a\0b"}', '{"product_id": "@\\u0000"}']),
    ("43", ['{"x": "\n"}', '{"x": "\t"}', '{"x": "\x01"}', '{"x": "\x1f"}', '{"\r": 1}', '{"x": "\\x41"}', '{"x": "\\\'"}', '{"x": "\\']),
]


def bad_json(vz):
    section("JSON: families 25 to 43")
    id = new_product(vz, stock=100000)
    before = rows(vz)
    for path in (ADD, ORDERS, CREATE, VERIFY):
        c = vz.client()
        for family, texts in FAULTS:
            for n, text in enumerate(texts):
                body = (text.encode() if isinstance(text, str) else text).replace(b"@", id.encode())
                a = c.request("POST", path, body, headers=JSON)
                refused_with(a, (400, 413), ("bad_json", "too_large"), f"{path} family {family}.{n} {body[:40]}")
        check(not c.cookies, "no session")
    same(rows(vz), before, "none of it changed a row")
    section("JSON: at the limits, all fine")
    for n, text in enumerate((
            '{"product_id": "@", "x": ' + '{"x": ' * 15 + "1" + "}" * 15 + "}", '{"product_id": "@", "x": [' + ", ".join("1" * 1000) + "]}",
            "{" + ", ".join(['"product_id": "@"'] + [f'"k{n}": 1' for n in range(199)]) + "}", '{"\\u0070roduct_id": "@", "quantity": 1}',
            '\r\n\t {"product_id":"@","quantity":1}\n', '{"product_id": "@", "x": "\\ud83d\\ude00 😀 \\u0001 ş", "y": 1e99, "z": -0, "w": 1.5}',
            '{"product_id": "@", "x": null, "é": [], "": {}}', '{"product_id": "@", "x": 9223372036854775807}')):
        a = vz.client().request("POST", ADD, text.replace("@", id), headers=JSON)
        same(a.status, 200, f"{n}: {text[:50]}")


def queries_and_headers(vz):
    section("queries")
    for query in ("a=1&a=2", "a&a", "limit=1&limit=1", "a=%zz", "a=%", "a=%0", "%00=1", "a=%00", "a=%ff", "a=%C0%AF", "a=%ED%A0%80",
                  "&".join(f"k{n}=" for n in range(101)), "%61=1&a=2"):
        refused_with(sent(vz, f"{CART}?{query}"), (400,), ("bad_request",), f"?{query[:30]}")
    refused_with(sent(vz, CART + "?" + "&".join(f"k{n}=1" for n in range(10000))), (414,), ("too_large",), "10,000 keys")
    for query in ("", "&&&", "=", "a=&b", "a=1&A=2", "x=" + "y" * 4000, "&".join(f"k{n}=" for n in range(100)), "a=%F0%9F%98%80+%2B"):
        same(sent(vz, f"{CART}?{query}").status, 200, f"?{query[:30]}")

    section("cookies")
    owner = vz.login("owner")
    token = owner.cookies["vezne_session"]

    def me(cookie):
        return sent(vz, "/api/auth/me/", headers=f"Cookie: {cookie}\r\n")

    for good in (f"vezne_session={token}", f"a=b; vezne_session={token}; c=d", f"vezne_session={token};", f"x; vezne_session={token}",
                 f"Vezne_session=1; vezne_session={token}; xvezne_session=2", f"ş=\"; vezne_session={token}"):
        same(me(good).status, 200, f"fine: {good[:20]}")
    for bad in (f"vezne_session={token}; vezne_session={token}", f"vezne_session={token}; vezne_session=x", f"vezne_session=; vezne_session={token}",
                f'vezne_session="{token}"', f"vezne_session={token[:-1]}", f"vezne_session={token}0", f"vezne_session = {token}",
                f"vezne_session={token[:-1]}%30", "vezne_session", "vezne_session=", ";;;=;", f"__Host-vezne_session={token}"):
        refused_with(me(bad), (401,), ("unauthenticated",), f"nobody: {bad[:40]}")

    section("headers")
    for name in ("Cookie", "X-Any", "Accept-Language", "Authorization"):
        refused_with(sent(vz, CART, headers=f"{name}: {'x' * 9000}\r\n"), (400, 431), ("bad_request", "too_large"), f"{name} of 9 KB")
    many = "".join(f"X-H{n}: {'x' * 1000}\r\n" for n in range(60))
    refused_with(sent(vz, CART, headers=many), (400, 431), ("bad_request", "too_large"), "60 KB of headers")
    for headers in ("Proxy: http://evil.test:1\r\n", "Range: bytes=0-1\r\n", "If-None-Match: *\r\n", "Accept: application/xml\r\n",
                    "Accept-Encoding: gzip, br\r\n", "X-HTTP-Method-Override: DELETE\r\n", "Upgrade: h2c\r\nConnection: Upgrade\r\n"):
        a = sent(vz, CART, headers=headers)
        check(a.status == 200 and a.json["success"], headers.strip(), a)
    seen = {sent(vz, CART, headers="X-Request-Id: " + "a" * 32 + "\r\n").headers["x-request-id"] for _ in range(5)}
    check(len(seen) == 5 and "a" * 32 not in seen, "the id is ours, and new each time", seen)
    lines = {l.get("request"): l for l in vz.log_lines() if l["event"] == "request"}
    check(all(i in lines and lines[i]["status"] == 200 and lines[i]["route"] == CART for i in seen), "and in the log", seen)
    a = vz.client().get(CART)
    same([a.headers.get(h) for h in ("x-content-type-options", "referrer-policy", "cache-control", "server")],
         ["nosniff", "no-referrer", "no-store", "nginx"], "the usual headers")

    section("languages")
    for language, english in (("en", True), ("en-US,en;q=0.9,tr;q=0.8", True), ("en;q=0.9", True), ("EN-gb", True), ("tr", False),
                              ("tr-TR,en;q=0.9", False), ("", False), ("de", False), ("enx", False), ("*", False), ("eng", False)):
        a = vz.client(headers={"Accept-Language": language}).post(ADD, {"product_id": "00000000-0000-7000-8000-000000000000"})
        same(a.json["message"], "Product not found." if english else "Ürün bulunamadı.", f"Accept-Language: {language}")
    a = vz.client(headers={"Accept-Language": "en"}).get("/nope")
    same(a.json["message"], "No such address.", "nginx's own answers, too")


def other_sites(vz):
    section("other sites")
    id = new_product(vz, stock=100000)
    c = vz.client()
    c.post(ADD, {"product_id": id})
    before = rows(vz)
    own = f"http://127.0.0.1:{vz.port}"
    shapes = [{"Origin": o} for o in (
        "http://evil.test", "https://evil.test", "null", "http://rakip.localhost", f"http://rakip.localhost:{vz.port}", "http://localhost",
        f"http://x.127.0.0.1:{vz.port}", f"http://127.0.0.1.evil.test:{vz.port}", f"http://127.0.0.1@evil.test:{vz.port}",
        "http://127.0.0.11", "127.0.0.1", "//127.0.0.1", "http:127.0.0.1", "http://evil.test/http://127.0.0.1", "http://evil.test?127.0.0.1",
        "http://127.0.0.1\\.evil.test", "http://[::1]", "file://", "chrome-extension://abc", "x")]
    shapes += [{"Sec-Fetch-Site": s} for s in ("cross-site", "same-site", "CROSS-SITE", "x")]
    shapes += [{"Sec-Fetch-Site": "cross-site", "Origin": own}, {"Sec-Fetch-Site": "same-site", "Origin": own},
               {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.test"}, {"Sec-Fetch-Site": "none", "Origin": "null"},
               {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Referer": own}]
    for path, body in ((ADD, {"product_id": id}), (ORDERS, {}), (CREATE, {}), (VERIFY, {})):
        for headers in shapes:
            refused(c.post(path, body, headers=headers), 403, "cross_site")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None):
        for headers in ({"Origin": "http://evil.test"}, {}):
            a = c.request("POST", ADD, json.dumps({"product_id": id}), headers={"Content-Type": kind, **headers})
            refused_with(a, (403, 415), ("cross_site", "media_type"), f"a form of another site: {kind}")
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://evil.test"}
    refused(c.request("POST", VERIFY, "transaction_id=x", headers=form), 403, "cross_site")
    refused(vz.client("rakip.localhost", cookies=c.cookies).post(ADD, {"product_id": id}, headers={"Origin": own}), 403, "cross_site")
    same(rows(vz), before, "none of it changed a row")
    for headers in ({"Origin": own}, {"Origin": own, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}):
        same(c.post(ADD, {"product_id": id}, headers=headers).status, 200, f"our own: {headers}")
    same(c.get(CART, headers={"Origin": "http://evil.test", "Sec-Fetch-Site": "cross-site"}).status, 200, "looking changes nothing")
    a = c.get(CART, headers={"Origin": "http://evil.test"})
    check(not any(h.startswith("access-control-") for h in a.headers), "and can't be read there", a.headers)
    same(vz.client().post(ADD, {"product_id": id}, headers={"Origin": "http://evil.test"}).status, 200,
         "without a cookie there is nobody to protect")


def main():
    with Instance(workers=2) as vz:
        before = ledger.snapshot(vz)
        paths(vz)
        hosts(vz)
        bodies(vz)
        bad_json(vz)
        queries_and_headers(vz)
        other_sites(vz)
        section("log")
        same([x for x in vz.log_lines() if x["level"] == "error"], [], "no errors")
        books(vz, before)


if __name__ == "__main__":
    run(main)

#!/usr/bin/env python3
"""accounts.fcgi: register, login, logout, me; sessions, cookies, other sites, other tenants."""

import hashlib
import pathlib
import re
import secrets
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import fastcgi  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402

REGISTER, LOGIN, LOGOUT, ME = (f"/api/auth/{x}/" for x in ("register", "login", "logout", "me"))
PASSWORD = "uzun-bir-parola"
USER_FIELDS = ["id", "email", "first_name", "last_name", "role"]
OWNER = {"email": "owner@demo.test", "password": "vezne-demo-parola"}


def person(email, **more):
    return {"email": email, "password": PASSWORD, "first_name": "Ayşe", "last_name": "Yılmaz", **more}


def refused(a, status, code, *fields):
    """The store shape of an error; fields: those named in `errors`."""
    j = a.json or {}
    check(a.status == status and j.get("success") is False and j.get("code") == code
          and isinstance(j.get("message"), str) and j["message"]
          and sorted(j.get("errors", {})) == sorted(fields)
          and a.headers["content-type"] == "application/json; charset=utf-8"
          and re.fullmatch(r"[0-9a-f]{32}", a.headers.get("x-request-id", "")),
          f"{status} {code} {' '.join(fields)}", a)


def is_user(client, email=None):
    a = client.get(ME)
    return a.status == 200 and (email is None or a.json["user"]["email"] == email)


def registering(vz):
    section("register")
    c = vz.client()
    refused(c.get(ME), 401, "unauthenticated")
    a = c.post(REGISTER, person("Yeni@Ornek.test", phone="+90 555 123 45 67", role="owner",
                                tenant_id=2, id="x"))
    same((a.status, a.json["success"], bool(a.json["message"])), (201, True, True), "201")
    user = a.json["user"]
    same(list(user), USER_FIELDS, "exactly the documented fields")
    same((user["email"], user["first_name"], user["role"]), ("yeni@ornek.test", "Ayşe", "customer"),
         "in lower case; a role in the request is ignored")
    check(uuid.UUID(user["id"]).version == 7, "the id is a UUID")
    same(c.get(ME).json, {"success": True, "user": user}, "and is logged in")
    row = vz.sql.rows("SELECT * FROM users WHERE email = 'yeni@ornek.test'")[0]
    check(row["password_hash"].startswith("$y$") and row["tenant_id"] == "1"
          and row["phone"] == "+90 555 123 45 67", "the password is stored hashed", row)
    for email in ("yeni@ornek.test", "YENI@ORNEK.TEST"):
        refused(vz.client().post(REGISTER, person(email)), 400, "email_taken")
    a = vz.client("rakip.localhost").post(REGISTER, person("yeni@ornek.test"))
    same(a.status, 201, "the same address in another shop is somebody else")
    english = vz.client(headers={"Accept-Language": "en"})
    refused(english.post(REGISTER, person("yeni@ornek.test")), 400, "email_taken")
    same(english.post(REGISTER, person("yeni@ornek.test")).json["message"],
         "This e-mail is already registered.", "in English where asked")


def register_fields(vz):
    section("register: what is wrong is named")
    c = vz.client()

    def wrong(fields, **change):
        body = {k: v for k, v in {**person("x@ornek.test"), **change}.items() if v is not ...}
        refused(c.post(REGISTER, body), 400, "bad_input", *fields)

    refused(c.post(REGISTER, {}), 400, "bad_input", "email", "password", "first_name", "last_name")
    for name in ("email", "password", "first_name", "last_name"):
        wrong([name], **{name: ...})
        wrong([name], **{name: None})
        wrong([name], **{name: ""})
        wrong([name], **{name: 7})
        wrong([name], **{name: ["x"]})
    for email in ("x", "x@", "@ornek.test", "x y@ornek.test", "x@ornek", "ş@ornek.test", "a" * 250 + "@x.tr",
                  "x@ornek.test\r\nBcc: y@ornek.test"):
        wrong(["email"], email=email)
    wrong(["password"], password="on-bir-harf")
    wrong(["password"], password="x" * 129)
    wrong(["password"], password="satır\nsonu var")
    wrong(["first_name"], first_name="x" * 101)
    wrong(["last_name"], last_name="a\u0007b")
    wrong(["phone"], phone="yok")
    wrong(["phone"], phone=5551234567)
    wrong(["email", "phone"], email=1, phone="x")
    check(vz.sql.one("SELECT COUNT(*) FROM users WHERE email = 'x@ornek.test'") == "0"
          and not c.cookies, "none of them made an account or a session")
    for n, password in enumerate(("x" * 12, "x" * 128, "ğüşıöçĞÜŞİÖÇ", "ş" * 128, "' OR 1=1 -- ;")):
        a = c.post(REGISTER, person(f"u{n}@ornek.test", password=password))
        same(a.status, 201, f"a password of {len(password)} letters")
        a = vz.client().post(LOGIN, {"email": f"u{n}@ornek.test", "password": password})
        same(a.status, 200, "which works")
    same(c.post(REGISTER, person("null@ornek.test", phone=None)).status, 201, "phone may be null")


def logging_in(vz):
    section("login, me, logout")
    c = vz.client()
    a = c.post(LOGIN, OWNER)
    same((a.status, list(a.json), list(a.json["user"])), (200, ["success", "user"], USER_FIELDS), "200")
    same(a.json["user"]["role"], "owner", "the role")
    same(len(a.set_cookies), 1, "one cookie")
    name, _, rest = a.set_cookies[0].partition("=")
    token, *attributes = rest.split("; ")
    same(name, "vezne_session", "its name")
    same(sorted(attributes), ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax"], "its attributes")
    check(re.fullmatch(r"[0-9a-f]{64}", token), "256 bits of it")
    stored = vz.sql.column("SELECT HEX(token_hash) FROM sessions")
    check(hashlib.sha256(bytes.fromhex(token)).hexdigest().upper() in stored
          and token.upper() not in stored, "the database has only its hash")
    same(c.get(ME).json, a.json, "me")
    same(vz.client().post(LOGIN, {**OWNER, "email": "OWNER@Demo.Test"}).status, 200, "letter case of the address")
    for login, role in (("admin", "admin"), ("ajans", "agency"), ("musteri", "customer")):
        a = vz.client().post(LOGIN, {**OWNER, "email": f"{login}@demo.test"})
        same(a.json["user"]["role"], role, login)

    old = dict(c.cookies)
    c.post(LOGIN, OWNER)
    check(c.cookies != old, "each login has a new session")
    check(not is_user(vz.client(cookies=old)) and is_user(c), "which takes the place of the old one")

    kept = dict(c.cookies)
    a = c.post(LOGOUT)
    same((a.status, a.json["success"]), (200, True), "logout")
    check(a.set_cookies[0].startswith("vezne_session=; ") and "Max-Age=0" in a.set_cookies[0]
          and not c.cookies, "clears the cookie", a.set_cookies)
    refused(vz.client(cookies=kept).get(ME), 401, "unauthenticated")
    for body in (None, {}):
        same(vz.client().post(LOGOUT, body).status, 200, "works without a session, too")
    same(vz.client(cookies=kept).post(LOGOUT).status, 200, "and with one that has ended")

    refused(c.post(LOGIN, {}), 400, "bad_input", "email", "password")
    refused(c.post(LOGIN, {"email": 1, "password": True}), 400, "bad_input", "email", "password")


def bytes_of(a):
    """All that could tell two refusals apart, but request id and date."""
    return a.status, a.body, {k: v for k, v in a.headers.items() if k not in ("x-request-id", "date")}


def nothing_told(vz):
    section("wrong password and unknown address")
    c = vz.client()
    wrong = c.post(LOGIN, {**OWNER, "password": "yanlis-parola"})
    refused(wrong, 401, "login_failed")
    for email in ("kimse@demo.test", "owner@rakip.test", "adres değil", "x" * 254):
        same(bytes_of(c.post(LOGIN, {**OWNER, "email": email})), bytes_of(wrong), f"same bytes: {email[:20]}")
    for password in (OWNER["password"] + " ", OWNER["password"].upper(), "x" * 128, "ş" * 128):
        same(bytes_of(c.post(LOGIN, {**OWNER, "password": password})), bytes_of(wrong), "same bytes")
    check(not c.cookies, "no cookie")

    def fastest(email):
        return min(c.post(LOGIN, {"email": email, "password": "yanlis-parola"}).seconds for _ in range(6))

    known, unknown = fastest("owner@demo.test"), fastest("kimse@demo.test")
    check(0.6 < known / unknown < 1.67 and unknown > 0.02, "same time", known, unknown)


def endings(vz):
    section("sessions end")

    def changed(text):
        c = vz.login("customer")
        hash_ = hashlib.sha256(bytes.fromhex(c.cookies["vezne_session"])).digest()
        vz.sql.run(f"UPDATE sessions SET {text} WHERE token_hash = %s", hash_)
        return c

    refused(changed("expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND").get(ME), 401, "unauthenticated")
    refused(changed("seen_at = UTC_TIMESTAMP(6) - INTERVAL 169 HOUR").get(ME), 401, "unauthenticated")
    c = changed("seen_at = UTC_TIMESTAMP(6) - INTERVAL 167 HOUR")
    check(is_user(c), "idle for less is fine")
    same(vz.sql.one("SELECT COUNT(*) FROM sessions WHERE seen_at BETWEEN UTC_TIMESTAMP(6) - INTERVAL 168 HOUR"
                    " AND UTC_TIMESTAMP(6) - INTERVAL 1 HOUR"), "0", "and is noted as seen")
    for bad in ("x", "0" * 64, "0" * 63, "0" * 65, "z" * 64, "", "a" * 5000):
        refused(vz.client(cookies={"vezne_session": bad}).get(ME), 401, "unauthenticated")

    section("another tenant's cookie is nobody")
    c = vz.login("owner")
    refused(vz.client("rakip.localhost", cookies=c.cookies).get(ME), 401, "unauthenticated")
    a = vz.client("rakip.localhost", cookies=c.cookies).post(LOGOUT)
    check(a.status == 200 and is_user(c), "nor can it be ended there")
    refused(vz.client("rakip.localhost").post(LOGIN, OWNER), 401, "login_failed")
    check(is_user(vz.login("owner", "rakip"), "owner@rakip.test"), "the other shop's owner")
    for host in ("demo.localhost", "DEMO.LOCALHOST", "localhost", "localhost:99", "demo.localhost."):
        same(vz.client(host).post(LOGIN, OWNER).status, 200, f"host {host}")
    for host in ("yok.localhost", "demo.localhost.evil.test", "evil.test"):
        refused(vz.client(host).post(LOGIN, OWNER), 404, "no_tenant")

    status, _, body, *_ = fastcgi.call(vz.demo["sockets"]["accounts"], path=ME, host="dükkân.test")
    check(status == 404 and b'"no_tenant"' in body, "a host of other letters", status, body)

    section("a user who is switched off")
    c = vz.login("admin")
    wrong = vz.client().post(LOGIN, {**OWNER, "password": "yanlis-parola"})
    vz.sql.run("UPDATE users SET is_active = 0 WHERE email = 'admin@demo.test'")
    refused(c.get(ME), 401, "unauthenticated")
    same(bytes_of(vz.client().post(LOGIN, {**OWNER, "email": "admin@demo.test"})), bytes_of(wrong),
         "can't log in, and is not told why")
    vz.sql.run("UPDATE users SET is_active = 1 WHERE email = 'admin@demo.test'")


def other_sites(vz):
    section("other sites")
    c = vz.login("customer")
    own, port = vz.base_url, vz.port
    for headers in ({"Origin": "http://evil.test"}, {"Origin": "null"}, {"Origin": ""},
                    {"Origin": f"http://127.0.0.1.evil.test:{port}"}, {"Origin": "http://evil.test/127.0.0.1"},
                    {"Origin": f"http://127.0.0.1@evil.test:{port}"},
                    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                    {"Sec-Fetch-Site": "cross-site", "Origin": own}):
        if headers.get("Origin") == "":
            continue   # no browser says so, and a web server passes it on as none
        refused(c.post(LOGOUT, headers=headers), 403, "cross_site")
        refused(c.post(LOGIN, OWNER, headers=headers), 403, "cross_site")
    check(is_user(c), "the session is untouched")
    same(c.get(ME, headers={"Sec-Fetch-Site": "cross-site"}).status, 200, "reading is no change")
    for headers in ({"Origin": own}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"},
                    {"Origin": own, "Sec-Fetch-Site": "same-origin"}, {}):
        same(c.post(LOGIN, OWNER, headers=headers).status, 200, f"our own site: {headers}")

    section("what a form can send is refused")
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain",
                 "application/jsonx", None):
        for path in (LOGIN, REGISTER, LOGOUT):
            refused(c.request("POST", path, "{}", headers={"Content-Type": kind}), 415, "media_type")
    refused(vz.client().request("POST", LOGIN, form=OWNER), 415, "media_type")
    check(is_user(c), "the session is untouched")
    for kind in ("application/json; charset=utf-8", "Application/JSON"):
        a = vz.client().request("POST", LOGIN, '{"email": "owner@demo.test", "password": "vezne-demo-parola"}',
                                headers={"Content-Type": kind})
        same(a.status, 200, kind)


def bad_json(vz):
    section("JSON that is none")
    c = vz.client(headers={"Content-Type": "application/json"})
    good = '{"email": "owner@demo.test", "password": "vezne-demo-parola"}'
    for text in ("", " ", "{", "[]", "7", "null", '"x"', good + "x", good + good, good[:-1],
                 good.replace(":", "="), good.replace('"', "'"), good[:-1] + ",}", "{'a': 1}",
                 '{"a": NaN}', '{"a": 01}', '{"a": 1.}', '{"a": .5}', '{"a": +1}', '{"a": Infinity}',
                 '{"email": "a@b.tr", "email": "b@b.tr"}', '{"a": "\\u0000"}', '{"a": "\\ud800"}',
                 '{"a": "\t"}', '{"a": "\\x"}', "\ufeff" + good, '/* */' + good,
                 '{"a": ' * 40 + "1" + "}" * 40, '{"a": ' + "9" * 40 + "}",
                 "{" + ",".join(f'"k{i}": 1' for i in range(300)) + "}"):
        refused(c.request("POST", LOGIN, text), 400, "bad_json")
    for raw in (b'{"a": "\xff"}', b'{"a": "\xc0\xaf"}', b'{"a": "\xed\xa0\x80"}', b'\x00', good.encode("utf-16")):
        refused(c.request("POST", LOGIN, raw), 400, "bad_json")
    refused(c.request("POST", LOGIN, '{"x": "' + "a" * 65536 + '"}'), 413, "too_large")
    padded = good[:-1] + ', "x": "' + "a" * 60000 + '"}'
    same(c.request("POST", LOGIN, padded).status, 200, "60,000 bytes are fine, unknown fields too")


def paths(vz):
    section("paths and methods")
    c = vz.client()
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        a = c.request(method, LOGIN)
        refused(a, 405, "method_not_allowed")
        same(a.headers.get("allow"), "POST", "Allow")
    a = c.post(ME, {})
    refused(a, 405, "method_not_allowed")
    same(a.headers.get("allow"), "GET", "Allow")
    for path in ("/api/auth/", "/api/auth/nope/", "/api/auth/login/x/", "/api/auth/me//", "/api/auth/Login/"):
        refused(c.get(path), 404, "no_path")
    same(c.post(LOGIN.rstrip("/"), OWNER).status, 200, "without its last slash")
    same(c.get(ME.rstrip("/")).status, 200, "me, too")
    a = c.request("HEAD", ME)
    check(a.status == 200 and a.body == b"", "HEAD is GET without a body", a)
    same(c.get(ME).headers.get("cache-control"), "no-store", "nothing is kept on the way")


def https(vz):
    section("on https")
    body = b'{"email": "owner@demo.test", "password": "vezne-demo-parola"}'
    socket = vz.demo["sockets"]["accounts"]
    status, head, *_ = fastcgi.call(socket, body, method="POST", path=LOGIN, HTTPS="on",
                                    content_type="application/json")
    cookie = re.search(r"Set-Cookie: (.*)", head)[1].strip()
    check(status == 200 and cookie.startswith("__Host-vezne_session=") and "; Secure" in cookie
          and "Path=/;" in cookie and "Domain" not in cookie, "the cookie is Secure and __Host-", cookie)
    pair = cookie.split(";")[0]
    same(fastcgi.call(socket, path=ME, HTTPS="on", HTTP_COOKIE=pair)[0], 200, "and works")
    same(fastcgi.call(socket, path=ME, HTTPS="on", HTTP_COOKIE=pair.replace("__Host-", ""))[0], 401,
         "but not under the name that other hosts could set")
    same(fastcgi.call(socket, path=ME, HTTP_COOKIE=pair)[0], 401, "nor on http")


def guests_cart(vz):
    section("a guest's cart comes along")

    def guest_with(quantity):
        token = secrets.token_bytes(32)
        hash_, cart = hashlib.sha256(token).digest(), str(uuid.uuid4())
        vz.sql.run("INSERT INTO sessions (tenant_id, token_hash, owner, created_at, seen_at, expires_at)"
                   " VALUES (1, %s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 1 DAY)",
                   hash_, hash_)
        vz.sql.run("INSERT INTO carts (tenant_id, id, owner, is_open, created_at, updated_at)"
                   " VALUES (1, %s, %s, 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))", cart, hash_)
        vz.sql.run("INSERT INTO cart_items (tenant_id, cart_id, product_id, id, quantity, added_at)"
                   " SELECT 1, %s, id, UUID(), %s, UTC_TIMESTAMP(6) FROM products"
                   " WHERE tenant_id = 1 AND slug = 'bakir-cezve'", cart, quantity)
        return vz.client(cookies={"vezne_session": token.hex()}), hash_

    def cart_of(user_id):
        owner = hashlib.sha256(user_id.encode()).digest()
        return vz.sql.column("SELECT i.quantity FROM carts c JOIN cart_items i ON i.cart_id = c.id"
                             " WHERE c.tenant_id = 1 AND c.is_open = 1 AND c.owner = %s", owner)

    c, hash_ = guest_with(2)
    refused(c.get(ME), 401, "unauthenticated")
    refused(c.post(LOGIN, {**OWNER, "password": "yanlis-parola"}), 401, "login_failed")
    check("vezne_session" in c.cookies, "a login that fails leaves the guest alone")
    user = c.post(REGISTER, person("sepet@ornek.test")).json["user"]["id"]
    same(cart_of(user), ["2"], "on register")
    same(vz.sql.one("SELECT COUNT(*) FROM sessions WHERE token_hash = %s", hash_), "0",
         "the guest's session is gone")
    c, hash_ = guest_with(3)
    same(c.post(LOGIN, person("sepet@ornek.test")).status, 200, "on login")
    same(cart_of(user), ["5"], "added to the user's own")
    same(vz.sql.one("SELECT COUNT(*) FROM carts WHERE owner = %s AND is_open = 1", hash_), "0",
         "and taken from the guest's")
    other = c.post(LOGIN, OWNER).json["user"]["id"]
    same((cart_of(user), cart_of(other)), (["5"], []), "another user's login takes nothing along")


def log(vz, tokens):
    section("log")
    text = vz.log_file.read_text()
    for secret in (PASSWORD, OWNER["password"], "yanlis-parola", "ornek.test", *tokens):
        check(secret not in text, f"nothing of {secret[:8]}… in it")
    a = vz.client().get(ME)
    check(any(l.get("request") == a.headers["x-request-id"] and l["status"] == 401 and l["event"] == "request"
              for l in vz.log_lines()), "the request id of an answer is in it")
    same([l for l in vz.log_lines() if l["level"] == "error"], [], "no errors")


def main():
    with Instance() as vz:
        registering(vz)
        register_fields(vz)
        logging_in(vz)
        nothing_told(vz)
        endings(vz)
        other_sites(vz)
        bad_json(vz)
        paths(vz)
        https(vz)
        guests_cart(vz)
        log(vz, [vz.login("owner").cookies["vezne_session"]])


run(main)

#!/usr/bin/env python3
"""notices.fcgi: what providers and payers' browsers bring, kept before it is read, applied once."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import ledger  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402
from orders_test import NOBODY, books, refused, together  # noqa: E402
from payments_test import Shop  # noqa: E402

FORM = "application/x-www-form-urlencoded"


def path_of(begun, kind="ok"):
    return f"/api/notices/kuveyt/{begun['payment']['id']}/{kind}/"


def inbox(vz, about=None):
    return vz.sql.rows("SELECT tenant_id, provider, about, kind, remote_addr, state, result, HEX(body) AS body, handled_at"
                       " FROM inbox WHERE about = %s OR %s IS NULL ORDER BY received_at, id", about, about)


def browsers(vz, s):
    section("the payer's browser comes back")
    home, c = f"{vz.base_url}/payment", vz.client()

    def came(begun, kind, where, text, **more):
        a = c.request("GET", path_of(begun, kind) + more.pop("query", ""), **more)
        check(a.status == 303 and a.headers.get("location") == f"{where}transaction_id={begun['transaction_id']}"
              and a.body == b"" and a.headers.get("cache-control") == "no-store", text, a, a.headers)

    o = s.order()
    begun = s.begin(o)
    came(begun, "ok", f"{home}/return?", "not paid yet: to return_url")
    s.states(o, "pending", "pending", None)
    came(begun, "fail", f"{home}/return?", "what a browser claims is not believed")
    same(s.attempt(begun)["state"], "waiting", "nothing happened")
    s.pay(begun)
    came(begun, "ok", f"{home}/return?", "paid", query=f"?transaction_id={begun['transaction_id']}&status=success")
    s.states(o, "confirmed", "paid", None)
    came(begun, "fail", f"{home}/return?", "paid is paid, also at the other address")
    came(begun, "ok", f"{home}/return?", "once more")
    came(begun, "ok", f"{home}/return?", "nothing of the request goes along", query="?transaction_id=X&next=//evil.test&a=%0d%0aB")
    same(s.captures(begun["payment"]["id"]), [1], "one row in the ledger")
    o = s.order()
    begun = s.begin(o)
    s.pay(begun, "decline")
    came(begun, "ok", f"{home}/cancel?", "declined: to cancel_url, wherever it came")
    s.states(o, "pending", "failed", None)
    came(begun, "fail", f"{home}/cancel?", "and again")

    section("the integration's own addresses")
    begun = s.begin()
    path = f"/api/integrations/{vz.sql.one('SELECT id FROM integrations WHERE tenant_id = 1')}/"
    old = s.owner.get(path).json["integration"]["config"]
    for config, where in (({"return_url": "https://dukkan.example.com/sonuc?dil=tr", "cancel_url": "https://dukkan.example.com/iptal"},
                           "https://dukkan.example.com/sonuc?dil=tr&"), ({}, f"{home}/return?")):
        a = s.owner.patch(path, {"config": config})
        if check(a.status == 200, "config", a):
            came(begun, "ok", where, f"to {where}")
    s.owner.patch(path, {"config": old})
    s.pay(begun)
    a = c.post(path_of(begun), headers={"Accept": "text/html,application/xhtml+xml"})
    same((a.status, a.headers.get("location")), (303, f"{home}/return?transaction_id={begun['transaction_id']}"),
         "a browser may POST")


def servers(vz, s):
    section("a server's notice")
    o = s.order()
    begun = s.begin(o)
    s.pay(begun)
    marker = "GIZLI-BILDIRIM-METNI"
    a = vz.client().request("POST", path_of(begun) + f"?soru={marker}", form={"transaction_id": begun["transaction_id"],
                                                                           "status": "success", "not": marker})
    same((a.status, a.body, a.headers["content-type"]), (200, b"OK", "text/plain; charset=utf-8"), "exactly OK")
    s.states(o, "confirmed", "paid", None)
    same(vz.sql.column("SELECT source FROM attempt_events WHERE attempt_id = %s AND effect = 'paid'",
                       begun["payment"]["id"]), ["notice"], "its news")
    row = inbox(vz, begun["payment"]["id"])[0]
    same([row[k] for k in ("tenant_id", "provider", "kind", "remote_addr", "state", "result")],
         ["1", "kuveyt", "ok", "127.0.0.1", "applied", "succeeded"], "kept, and applied")
    stored = bytes.fromhex(row["body"])
    check(len(stored) > 2 * len(marker) and marker.encode() not in stored and b"transaction_id" not in stored
          and begun["transaction_id"].encode() not in stored, "its body can't be read in the table")
    for _ in range(3):
        a = vz.client().request("POST", path_of(begun), form={"status": "failed"})
        same((a.status, a.body), (200, b"OK"), "a repeat, and one that contradicts: OK")
    s.states(o, "confirmed", "paid", None)
    same((s.captures(begun["payment"]["id"]), len(inbox(vz, begun["payment"]["id"]))), ([1], 4), "all kept, nothing twice")
    check(len({r["body"] for r in inbox(vz, begun["payment"]["id"])}) == 4, "no two envelopes are equal")

    section("in any dress")
    for kind, body in ((None, b""), ("application/json", b"{not json"), ("text/plain", b"x"), ("text/xml", "<ş/>".encode()),
                       ("multipart/form-data; boundary=x", b"--x--"), (FORM, b"a=%zz&a=%zz&&&="), (FORM, b"\xff\xfe"),
                       ("x", b"y" * 8192), (FORM, b"MD=1&ResponseMessage=%5d%7c")):
        a = vz.client().request("POST", path_of(begun, "fail"), body, headers={"Content-Type": kind})
        same((a.status, a.body), (200, b"OK"), f"{kind} {body[:12]}")
    for headers in ({"Origin": "https://banka.example.com", "Sec-Fetch-Site": "cross-site"}, {"Origin": "null"},
                    {"Cookie": "vezne_session=" + "0" * 64, "Origin": "https://banka.example.com"}):
        a = vz.client().request("POST", path_of(begun), b"x=1", headers={"Content-Type": FORM, **headers})
        same(a.status, 200, f"from the bank's site: {headers}")
    for query in ("?ad=%DE%FD%F0&b=%zz", "?a=1&a=2", "?" + "x&" * 2000, "?%00", "??=&&"):
        a = vz.client().request("POST", path_of(begun) + query, b"")
        same((a.status, a.body), (200, b"OK"), f"a query in the bank's own way: {query[:20]}")
        same(vz.client().get(path_of(begun) + query).status, 303, "brought by a browser")
    same(vz.client("evil.test").request("POST", path_of(begun), b"").status, 200, "no shop is looked up by the host")
    same(vz.client().request("POST", path_of(begun).rstrip("/"), b"").status, 200, "without its last slash")
    same(vz.client().request("POST", path_of(begun).replace(begun["payment"]["id"], begun["payment"]["id"].upper()), b"").status,
         200, "upper case")

    section("refused")
    before = len(inbox(vz))
    for body in (b"a\0b", b"\0", b"a=1\0"):
        refused(vz.client().request("POST", path_of(begun), body, headers={"Content-Type": FORM}), 400, "notice_invalid")
    for query, body in (("", b"x" * 8193), ("?x", b"x" * 8192), ("", b"x" * 65537)):
        refused(vz.client().request("POST", path_of(begun) + query, body), 413, "too_large")
    for bad in ("x", begun["payment"]["id"][:-1], begun["payment"]["id"] + "0", "%C5%9F", "'%20OR%201=1", "z" * 36, "-" * 36,
                "%C5%9F" * 18, "'" * 36):
        refused(vz.client().request("POST", f"/api/notices/kuveyt/{bad}/ok/", b""), 404, "payment_not_found",
                message="Ödeme bulunamadı.")
    for path in ("/api/notices/", "/api/notices/kuveyt/", f"/api/notices/kuveyt/{NOBODY}/", f"/api/notices/kuveyt/{NOBODY}/done/",
                 f"/api/notices/banka/{NOBODY}/ok/"):
        refused(vz.client().request("POST", path, b""), 404, "no_path")
    a = vz.client().request("DELETE", path_of(begun))
    refused(a, 405, "method_not_allowed")
    a = vz.client().request("POST", f"/api/notices/kuveyt/{NOBODY}/ok/", b"x=1")
    refused(a, 404, "payment_not_found", message="Ödeme bulunamadı.")
    refused(vz.client().get(f"/api/notices/kuveyt/{NOBODY}/ok/"), 404, "payment_not_found")
    same(len(inbox(vz)), before, "none of these is kept: strangers don't fill the inbox")


def together_and_alone(vz, s):
    section("the bank's own notices, at once")
    begun = [s.begin(s.order()) for _ in range(5)]
    for x in begun:
        s.pay(x)
        told = vz.control(notify={"transaction_id": x["transaction_id"], "times": 4, "concurrently": True})
        check([r["status"] for r in told["answers"]] == [200] * 4 if "answers" in told else "200" in str(told),
              "each hears OK", told)
    same(s.captures(*(x["payment"]["id"] for x in begun)), [1] * 5, "one row in the ledger each")
    x = s.begin()
    s.pay(x)
    together([lambda: vz.client().get(path_of(x, k)) for k in ("ok", "fail") for _ in range(4)])
    same(s.captures(x["payment"]["id"]), [1], "ok and fail at once")

    section("the bank doesn't answer when we ask")
    o = s.order()
    x = s.begin(o)
    s.pay(x)
    s.fault("verify", "http_500", match={"transaction_id": x["transaction_id"]})
    a = vz.client().request("POST", path_of(x), b"")
    same((a.status, a.body), (200, b"OK"), "the notice is kept all the same")
    s.states(o, "pending", "pending", None)
    s.reconcile(120)
    s.states(o, "confirmed", "paid", None)

    section("killed between keeping and handling")
    o = s.order()
    x = s.begin(o)
    s.fault("verify", "http_500", match={"transaction_id": x["transaction_id"]})
    vz.client().request("POST", path_of(x), b"status=success", headers={"Content-Type": FORM})
    s.pay(x)
    vz.sql.run("UPDATE attempts SET next_ask_at = UTC_TIMESTAMP(6) + INTERVAL 1 DAY WHERE id = %s", x["payment"]["id"])
    again = "UPDATE inbox SET state = 'new', result = NULL, tenant_id = NULL, handled_at = NULL, received_at = %s WHERE about = %s"
    now, old = vz.sql.column("SELECT UTC_TIMESTAMP(6) UNION SELECT UTC_TIMESTAMP(6) - INTERVAL 2 MINUTE")
    vz.sql.run(again, now, x["payment"]["id"])
    check("notices 0" in s.reconcile(), "a fresh one is left to whom it was told")
    vz.sql.run(again, old, x["payment"]["id"])
    check("notices 1" in s.reconcile(), "an old one is applied")
    s.states(o, "confirmed", "paid", None)
    row = inbox(vz, x["payment"]["id"])[0]
    same((row["state"], row["result"], row["tenant_id"], s.captures(x["payment"]["id"])), ("applied", "succeeded", "1", [1]), "once")
    vz.sql.run(again, old, x["payment"]["id"])
    check("notices 1" in s.reconcile() and "notices 0" in s.reconcile(), "and again")
    same(s.captures(x["payment"]["id"]), [1], "which changes nothing")

    section("an envelope that was moved to another row")
    y, z = s.begin(), s.begin()
    for n in (y, z):
        s.fault("verify", "http_500", match={"transaction_id": n["transaction_id"]})
        vz.client().request("POST", path_of(n), b"")
        vz.sql.run(again, old, n["payment"]["id"])
        s.pay(n)
    vz.sql.run("UPDATE inbox SET body = (SELECT body FROM (SELECT body FROM inbox WHERE about = %s) x) WHERE about = %s",
               x["payment"]["id"], y["payment"]["id"])
    check("notices 2" in s.reconcile(), "keeps no other waiting")
    check(any(x["event"] == "notice_sealed" for x in vz.log_lines()), "is named in the log")
    same(s.captures(y["payment"]["id"], z["payment"]["id"]), [1, 1], "the bank was asked about both")

    section("all other programs are down")
    x, y = s.begin(s.order()), s.begin(s.order())
    others = [p for p in vz.demo["sockets"] if p != "notices"]
    for program in others:
        vz.down(program)
    s.pay(x)
    s.pay(y)
    same(vz.client().post(path_of(x)).body, b"OK", "a server's notice")
    same(vz.client().get(path_of(y)).status, 303, "a browser")
    same(s.captures(x["payment"]["id"], y["payment"]["id"]), [1, 1], "both are paid")
    a = vz.client().get("/api/cart/")
    check(a.status in (502, 503) and a.json["code"] == "unavailable", "the others answer in JSON all the same", a)
    for program in others:
        vz.up(program)

    section("the database is down")
    x = s.begin(s.order())
    s.pay(x)
    vz.sql.close()
    vz.down("mariadb")
    a = vz.client().post(path_of(x))
    refused(a, 503, "unavailable")
    check(a.headers.get("retry-after"), "not OK: it must come again", a.headers)
    vz.up("mariadb")
    same(vz.client().post(path_of(x)).body, b"OK", "it comes again")
    same(s.captures(x["payment"]["id"]), [1], "and is paid")


def main():
    with Instance(workers=3, settings={"provider_timeout_s": 3}) as vz:
        s = Shop(vz)
        before = ledger.snapshot(vz)
        browsers(vz, s)
        servers(vz, s)
        together_and_alone(vz, s)
        books(vz, before, "GIZLI-BILDIRIM-METNI")


if __name__ == "__main__":
    run(main)

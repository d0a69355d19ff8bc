#!/usr/bin/env python3
"""payments.fcgi against the sandbox: every way a payment begins, ends, gets lost or comes twice."""

import http.server
import json
import pathlib
import re
import secrets
import sys
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import ledger  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.client import Client  # noqa: E402
from lib.instance import Instance  # noqa: E402
from orders_test import (NOBODY, ORDERS, TIME, books, bytes_of, filled_cart, make_order,  # noqa: E402
                         new_product, order_body, product, refused, register, shipping, together)

CREATE, VERIFY = "/api/payments/create/", "/api/payments/verify/"
PAYMENT = ["id", "payment_number", "status", "status_display", "amount", "currency", "provider",
           "transaction_id", "paid_at", "created_at"]
INFO = {"email": "customer@example.com", "name": "Ahmet Yılmaz", "phone": "+905551234567"}
AWAY = "Ödeme oluşturulurken bir hata oluştu."
NOT_CREATED, NOT_VERIFIED = "Ödeme oluşturulamadı.", "Ödeme doğrulanamadı."
PENDING = "Ödeme kontrol ediliyor, sonuç bekleniyor."
MISSING = ("kuveyt entegrasyonu bulunamadı veya aktif değil."
           " Lütfen önce entegrasyonu yapılandırın.")


class Shop:
    """One guest after the other who orders and pays."""

    def __init__(self, vz):
        self.vz = vz
        self.owner = vz.login("owner")

    def order(self, client=None, price=15000):
        return make_order(self.vz, client or self.vz.client(), (new_product(self.vz, price=price), 1),
                          shipping_method_id=shipping(self.vz, "hizli"))

    def begin(self, order=None, client=None, **more):
        a = (client or self.vz.client()).post(CREATE, {"order_id": (order or self.order())["id"], **more})
        if a.status != 201:
            raise RuntimeError(f"create: {a}")
        return a.json

    def pay(self, begun, outcome="approve"):
        return self.vz.control(pay=begun["transaction_id"], outcome=outcome)

    def verify(self, begun, **more):
        return self.vz.client().post(VERIFY, {"transaction_id": begun["transaction_id"], **more})

    def attempt(self, begun):
        return self.vz.sql.rows("SELECT * FROM attempts WHERE id = %s", begun["payment"]["id"])[0]

    def newest(self, order):
        return self.vz.sql.rows("SELECT * FROM attempts WHERE order_id = %s ORDER BY created_at DESC, id DESC"
                                " LIMIT 1", order["id"])[0]

    def row(self, order):
        return self.vz.sql.rows("SELECT * FROM orders WHERE id = %s", order["id"])[0]

    def captures(self, *attempts):
        return [int(self.vz.sql.one("SELECT COUNT(*) FROM ledger WHERE attempt_id = %s", a)) for a in attempts]

    def fault(self, call, do, **more):
        self.vz.control(provider="kuveyt", call=call, do=do, **more)

    def states(self, order, *wanted):
        row = self.row(order)
        same((row["status"], row["payment_status"], row["flag"]), wanted, f"the order is {wanted[0]}, {wanted[1]}")

    def reconcile(self, ahead=0, *arguments):
        done = self.vz.job("reconcile_payments", *arguments,
                           env={"VEZNE_CLOCK_OFFSET_S": str(ahead)} if ahead else None)
        check(done.returncode in (0, 1), "reconcile_payments", done)
        return done.stdout

    def sandbox(self, path):
        with Client(self.vz.sandbox_url) as c:
            return c.get(path).json


def documented(vz, s):
    section("the documented payment")
    c = vz.client()
    o = s.order(c)
    a = c.post(CREATE, {"order_id": o["id"], "provider": "kuveyt", "customer_info": INFO})
    begun = a.json
    same((a.status, list(begun), list(begun["payment"]), begun["message"]),
         (201, ["success", "message", "payment", "payment_url", "transaction_id"],
          ["id", "payment_number", "status"], "Ödeme oluşturuldu."), "exactly the documented body")
    check(begun["success"] is True and begun["payment"]["status"] == "pending"
          and re.fullmatch(r"PAY-DEMO-\d{8}-[A-HJ-NP-Z2-9]{8}", begun["payment"]["payment_number"])
          and uuid.UUID(begun["payment"]["id"]).version == 7, "values", begun)
    theirs = s.sandbox(f"/_payments?transaction_id={begun['transaction_id']}")["payments"][0]
    row = s.attempt(begun)
    same([theirs[k] for k in ("mode", "reference", "order_id", "amount_kurus", "currency", "payment_url")],
         ["test", row["reference"], o["order_number"], 24990, "TRY", begun["payment_url"]], "what the bank was told")
    same([row[k] for k in ("state", "amount", "currency", "mode", "provider", "provider_ref", "pays", "flag",
                           "paid_at")],
         ["waiting", "24990", "TRY", "test", "kuveyt", begun["transaction_id"], None, None, None], "the journal")
    check(row["next_ask_at"] is not None, "somebody will ask about it")

    a = s.verify(begun)
    refused(a, 202, "payment_pending", message=PENDING)
    check(int(a.headers.get("retry-after", 0)) > 0, "with Retry-After", a.headers)
    s.states(o, "pending", "pending", None)
    s.pay(begun)
    first = s.verify(begun, provider="kuveyt")
    same((first.status, list(first.json), first.json["success"], first.json["message"]),
         (200, ["success", "message", "payment"], True, "Ödeme doğrulandı ve tamamlandı."), "verify")
    p = first.json["payment"]
    same(list(p), PAYMENT, "fields of the payment")
    same([p[k] for k in PAYMENT[:8]],
         [begun["payment"]["id"], begun["payment"]["payment_number"], "completed", "Tamamlandı", "249.90", "TRY",
          "kuveyt", begun["transaction_id"]], "values")
    check(TIME.fullmatch(p["paid_at"]) and TIME.fullmatch(p["created_at"]), "times", p)
    for _ in range(3):
        same(bytes_of(s.verify(begun)), bytes_of(first), "again: the same answer")
    s.states(o, "confirmed", "paid", None)
    check(s.row(o)["paid_at"], "paid_at")
    moves = vz.sql.rows("SELECT from_status, to_status, actor FROM order_history WHERE order_id = %s ORDER BY id",
                        o["id"])
    same([tuple(m.values()) for m in moves], [(None, "pending", "guest"), ("pending", "confirmed", "payment")],
         "one move in its history")
    row = vz.sql.rows("SELECT * FROM ledger WHERE attempt_id = %s", begun["payment"]["id"])
    same([[r[k] for k in ("kind", "amount", "currency", "mode")] for r in row],
         [["capture", "24990", "TRY", "test"]], "one row in the ledger")
    same(vz.client().get(f"{ORDERS}track/{o['order_number']}/").json["order"]["payment_status_display"], "Ödendi",
         "tracking says so")
    refused(c.post(CREATE, {"order_id": o["id"]}), 400, "already_paid", message="Bu sipariş zaten ödendi.")
    same(len(s.sandbox(f"/_ledger?order_id={o['order_number']}")["rows"]), 1, "charged once")

    section("in English")
    e = vz.client(headers={"Accept-Language": "en-US,en;q=0.9"})
    o = s.order()
    a = e.post(CREATE, {"order_id": o["id"]})
    same(a.json["message"], "Payment created.", "create")
    same(e.post(VERIFY, {"transaction_id": a.json["transaction_id"]}).json["message"],
         "The payment is being checked, its result is awaited.", "pending")
    s.pay(a.json)
    a = e.post(VERIFY, {"transaction_id": a.json["transaction_id"]})
    same((a.json["message"], a.json["payment"]["status_display"]), ("Payment verified and completed.", "Completed"),
         "paid")


def requests(vz, s):
    section("create: requests")
    c = vz.client()
    o = s.order(c)
    before = vz.sql.one("SELECT COUNT(*) FROM attempts")
    for body in ({}, {"order_id": None}):
        a = c.post(CREATE, body)
        refused(a, 400, "bad_input", "order_id", message="Sipariş ID gereklidir.")
    for bad in ("", "x", 7, [o["id"]], o["id"][:-1]):
        refused(c.post(CREATE, {"order_id": bad}), 400, "bad_input", "order_id")
    none = c.post(CREATE, {"order_id": NOBODY})
    refused(none, 404, "order_not_found", message="Sipariş bulunamadı.")
    for bad in (7, ["kuveyt"], "k" * 33):
        refused(c.post(CREATE, {"order_id": o["id"], "provider": bad}), 400, "bad_input", "provider")
    for bad in ("iyzico", "", "Kuveyt", "kuveyt ", "../kuveyt", "ş"):
        refused(c.post(CREATE, {"order_id": o["id"], "provider": bad}), 400, "provider_unknown",
                message=f"Bilinmeyen ödeme sağlayıcı: {bad}")
    for bad in ("x", 7, ["x"]):
        refused(c.post(CREATE, {"order_id": o["id"], "customer_info": bad}), 400, "bad_input", "customer_info")
    for name, values in (("email", ("x", 7, "a@b.tr\r\nX: y")), ("phone", ("yok", 7)), ("name", (7, "ş" * 201, "a\nb"))):
        for bad in values:
            refused(c.post(CREATE, {"order_id": o["id"], "customer_info": {name: bad}}), 400, "bad_input",
                    f"customer_info.{name}")
    refused(c.post(CREATE, {"customer_info": {"email": 1, "phone": 1}, "provider": 1}), 400, "bad_input",
            "order_id", "provider", "customer_info.email", "customer_info.phone", message="Sipariş ID gereklidir.")
    refused(c.request("POST", CREATE, form={"order_id": o["id"]}), 415, "media_type")

    section("create: who")
    mine = register(vz, "odeyen@ornek.test")
    theirs = s.order(mine)
    for who, client in (("a guest", vz.client()), ("another customer", register(vz, "baska@ornek.test")),
                        ("the agency", vz.login("agency"))):
        same(bytes_of(client.post(CREATE, {"order_id": theirs["id"]})), bytes_of(none), f"a customer's order: {who}")
    rakip = vz.client("rakip.localhost")
    answers = [rakip.post(CREATE, {"order_id": id}) for id in (theirs["id"], o["id"], NOBODY)]
    check(len({bytes_of(a)[1] for a in answers}) == 1 and answers[0].status in (400, 404),
          "another shop's order is like none", *answers)
    same(vz.sql.one("SELECT COUNT(*) FROM attempts"), before, "none of these began anything")
    for who, client, order in (("itself", mine, theirs), ("the owner", s.owner, theirs),
                               ("the admin", vz.login("admin"), theirs), ("a guest's, by anybody", vz.client(), o)):
        same(client.post(CREATE, {"order_id": order["id"]}).status, 201, who)
    begun = s.begin(o, provider="kuwait", amount="0.01", currency="USD", status="completed",
                    provider_config={"api_endpoint": "http://127.0.0.1:1/"})
    same([s.attempt(begun)[k] for k in ("provider", "amount", "currency", "state")],
         ["kuveyt", "24990", "TRY", "waiting"], "`kuwait` is kuveyt; amount and endpoint are never the request's")

    section("create: the order's state")
    for status in ("cancelled", "shipped", "refunded"):
        vz.sql.run("UPDATE orders SET status = %s WHERE id = %s", status, o["id"])
        refused(c.post(CREATE, {"order_id": o["id"]}), 400, "order_state")
    vz.sql.run("UPDATE orders SET status = 'pending' WHERE id = %s", o["id"])

    section("create: Idempotency-Key")
    o, key = s.order(c), secrets.token_hex(8)
    with_key = {"Idempotency-Key": key}
    first = c.post(CREATE, {"order_id": o["id"]}, headers=with_key)
    same(first.status, 201, "the first")
    a = c.post(CREATE, {"order_id": o["id"]}, headers=with_key)
    same((a.status, a.body), (201, first.body), "again: the same bytes")
    refused(c.post(CREATE, {"order_id": o["id"], "provider": "kuveyt"}, headers=with_key), 409,
            "idempotency_key_reused")
    key = secrets.token_hex(8)

    def until_told():
        mine = vz.client(cookies=c.cookies)
        while (a := mine.post(CREATE, {"order_id": o["id"]}, headers={"Idempotency-Key": key})).status == 409:
            time.sleep(0.02)
        return a.status, a.body

    same(len(set(together([until_told] * 6))), 1, "six at once get one answer")
    same(len(s.sandbox(f"/_payments?order_id={o['order_number']}")["payments"]), 2, "two keys, two payments")
    s.fault("create", "http_500")
    with_key = {"Idempotency-Key": secrets.token_hex(8)}
    refused(c.post(CREATE, {"order_id": o["id"]}, headers=with_key), 503, "provider_unavailable")
    same(c.post(CREATE, {"order_id": o["id"]}, headers=with_key).status, 201, "after a 503 the key is free")


def verify_requests(vz, s):
    section("verify: requests")
    c = vz.client()
    begun = s.begin()
    for body in ({}, {"transaction_id": None}):
        refused(c.post(VERIFY, body), 400, "bad_input", "transaction_id", message="Transaction ID gereklidir.")
    for form in ({}, {"x": "y"}):
        refused(c.request("POST", VERIFY, form=form), 400, "bad_input", "transaction_id",
                message="Transaction ID gereklidir.")
    for bad in ("", 7, ["x"], "x" * 256, "a\nb"):
        refused(c.post(VERIFY, {"transaction_id": bad}), 400, "bad_input", "transaction_id")
    refused(c.post(VERIFY, {"transaction_id": "x", "provider": 7}), 400, "bad_input", "provider")
    none = c.post(VERIFY, {"transaction_id": "TRX000000000000000"})
    refused(none, 404, "payment_not_found", message="Ödeme bulunamadı.")
    rakip = vz.client("rakip.localhost")
    id = begun["transaction_id"]
    for text, who, body in (
            ("another shop", rakip, {"transaction_id": id}), ("a payment's own id", c, {"transaction_id": begun["payment"]["id"]}),
            ("other letters", c, {"transaction_id": "ş"}), ("more letters", c, {"transaction_id": id + "😀"}), ("a space", c, {"transaction_id": id + " "}),
            ("case", c, {"transaction_id": id.lower()}), ("LIKE", c, {"transaction_id": "TRX%"}),
            ("a wrong provider", c, {"transaction_id": id, "provider": "paytr"}),
            ("no provider", c, {"transaction_id": id, "provider": "x"}),
            ("an empty provider", c, {"transaction_id": id, "provider": ""}), ("255", c, {"transaction_id": "x" * 255})):
        same(bytes_of(who.post(VERIFY, body)), bytes_of(none), f"like none: {text}")
    for provider in ("kuveyt", "kuwait", None):
        refused(c.post(VERIFY, {"transaction_id": id, "provider": provider}), 202, "payment_pending")
    refused(c.post(VERIFY, {"transaction_id": s.attempt(begun)["reference"]}), 202, "payment_pending")
    s.pay(begun)
    same(c.request("POST", VERIFY, form={"transaction_id": id, "provider": "kuveyt", "status": "failed"}).status, 200,
         "as a form; what a form says about the outcome is not believed")
    a = c.request("POST", VERIFY, form={"transaction_id": id})
    check(a.status == 200 and a.body == s.verify(begun).body, "form and JSON answer alike", a)
    refused(c.request("POST", VERIFY, f"transaction_id={id}&transaction_id={id}",
                      headers={"Content-Type": "application/x-www-form-urlencoded"}), 400, "bad_request")
    refused(c.request("POST", VERIFY, "transaction_id=%zz",
                      headers={"Content-Type": "application/x-www-form-urlencoded"}), 400, "bad_request")


def declines(vz, s):
    section("refused at the beginning")
    o, c = s.order(), vz.client()
    for fault, text in (({"do": "decline", "error": "Kart limiti yetersiz."}, "Kart limiti yetersiz."),
                        ({"do": "decline", "error": "<b>{} %s ş</b>"}, "<b>{} %s ş</b>"),
                        ({"do": "http_401"}, NOT_CREATED)):
        s.fault("create", **fault)
        refused(c.post(CREATE, {"order_id": o["id"]}), 400, "payment_refused", message=text)
        same(s.newest(o)["state"], "declined", "declined")
        s.states(o, "pending", "failed", None)
    begun = s.begin(o)
    s.states(o, "pending", "pending", None)

    section("declined, and a second try")
    s.pay(begun, "decline")
    first = s.verify(begun)
    refused(first, 400, "payment_declined", message="Kart limiti yetersiz.")
    same(bytes_of(s.verify(begun)), bytes_of(first), "again: the same answer")
    s.states(o, "pending", "failed", None)
    same(s.attempt(begun)["state"], "declined", "the attempt")
    again = s.begin(o)
    refused(s.verify(begun), 400, "payment_declined")
    s.states(o, "pending", "pending", None)
    s.pay(again)
    same(s.verify(again).status, 200, "a second attempt pays")
    s.states(o, "confirmed", "paid", None)
    refused(s.verify(begun), 400, "payment_declined", message="Kart limiti yetersiz.")
    s.states(o, "confirmed", "paid", None)

    section("a success after the decline")
    o = s.order()
    begun = s.begin(o)
    s.pay(begun, "decline")
    refused(s.verify(begun), 400, "payment_declined")
    s.pay(begun)
    same(s.verify(begun).status, 200, "is never dropped")
    same([s.attempt(begun)[k] for k in ("state", "pays", "flag")], ["succeeded", "1", "late_success"], "kept, flagged")
    s.states(o, "confirmed", "paid", None)
    check("late_success" in s.reconcile(0, "--list"), "a person is told")

    section("a late failure never undoes a success")
    o = s.order()
    begun = s.begin(o)
    s.pay(begun)
    same(s.verify(begun).status, 200, "paid")
    s.fault("verify", "decline", match={"transaction_id": begun["transaction_id"]})
    same(s.verify(begun).status, 200, "and stays so")
    vz.client().get(f"/api/notices/kuveyt/{begun['payment']['id']}/fail/")
    s.reconcile(0, "--attempt", begun["payment"]["id"])
    s.states(o, "confirmed", "paid", None)
    same(s.attempt(begun)["state"], "succeeded", "the attempt, too, though the resolver did ask")
    same(vz.sql.one("SELECT effect FROM attempt_events WHERE attempt_id = %s ORDER BY id DESC LIMIT 1",
                    begun["payment"]["id"]), "kept", "which the journal says")
    vz.control(clear=True)


# fault of create: (arguments, state and code of the attempt, is there a payment at the bank)
LOST = [
    ("http_500", {}, "unknown", "http_500", False), ("http_500_after", {}, "unknown", "http_500", True),
    ("http_429", {}, "unknown", "http_429", False), ("http_302", {}, "unknown", "http_302", False),
    ("html", {}, "unknown", "http_200", False), ("empty", {}, "unknown", "http_200", False),
    ("bad_json", {}, "unknown", "http_200", True), ("half_answer", {}, "unknown", "cut", True),
    ("half_chunked", {}, "unknown", "cut", True), ("reset", {}, "unknown", None, False),
    ("reset_after", {}, "unknown", None, True), ("big", {"size": 1000000}, "unknown", "too_big", True),
    ("big_header", {"size": 40000}, "unknown", "too_big", True),
    ("wrong_type", {"field": "payment_url"}, "unknown", "incomplete", True),
    ("missing_field", {"field": "transaction_id"}, "unknown", "incomplete", True),
    ("hang", {"seconds": 8}, "unknown", "timeout", False), ("drip", {"seconds": 1}, "unknown", "timeout", True),
]


def lost_beginnings(vz, s):
    section("the gateway fails at the beginning")
    o, c, opened = s.order(), vz.client(), s.begin()

    def away(do, args, state, code, made):
        before = len(s.sandbox(f"/_payments?order_id={o['order_number']}")["payments"])
        s.fault("create", do, **args)
        a = c.post(CREATE, {"order_id": o["id"]})
        refused(a, 503, "provider_unavailable", message=AWAY)
        check(a.headers.get("retry-after") and a.seconds < 4, f"{do}: Retry-After, in time", a.headers, a.seconds)
        row = s.newest(o)
        check(row["state"] == state and code in (None, row["error_code"]) and row["next_ask_at"],
              f"{do}: {state} {code}", row)
        after = len(s.sandbox(f"/_payments?order_id={o['order_number']}")["payments"])
        same(after - before, int(made), f"{do}: payments at the bank")
        vz.control(clear=True)

    for case in LOST:
        away(*case)
    check(vz.sql.one("SELECT last_error FROM integrations WHERE tenant_id = 1") == "timeout", "last_error for the owner")

    vz.down("sandbox")
    a = c.post(CREATE, {"order_id": o["id"]})
    refused(a, 503, "provider_unavailable", message=AWAY)
    check(a.headers.get("retry-after"), "with Retry-After")
    same([s.newest(o)[k] for k in ("state", "error_code", "next_ask_at")], ["void", "connect", None],
         "nobody was reached: nothing to ask about")
    refused(s.verify(opened), 202, "payment_pending")
    same(s.attempt(opened)["state"], "waiting", "asking in vain changes nothing")
    vz.up("sandbox")

    begun = s.begin(o)
    s.pay(begun)
    same(s.verify(begun).status, 200, "after all that a good one pays")
    s.states(o, "confirmed", "paid", None)

    section("what came of the lost ones")
    s.reconcile(3600)
    left = dict(map(tuple, (r.values() for r in vz.sql.rows(
        "SELECT state, COUNT(*) AS n FROM attempts WHERE order_id = %s GROUP BY state", o["id"]))))
    check(left.get("unknown") is None and int(left["void"]) >= 7, "not known at the bank: void, an hour later", left)
    s.states(o, "confirmed", "paid", None)

    section("no answer, and the bank knows nothing: void only after its time")
    o = s.order()
    s.fault("create", "reset")
    refused(c.post(CREATE, {"order_id": o["id"]}), 503, "provider_unavailable")
    id = s.newest(o)["id"]
    for ahead, state in ((0, "unknown"), (880, "unknown"), (920, "void")):
        s.reconcile(ahead, "--attempt", id)
        same(s.newest(o)["state"], state, f"{ahead} s later: {state}")
    same(s.newest(o)["next_ask_at"], None, "asked no more")

    section("charged at once, the answer lost")
    for do in ("charge_no_answer", "half_answer", "http_500_after"):
        o = s.order()
        s.fault("create", do, **({} if do == "charge_no_answer" else {"charge": True}))
        refused(c.post(CREATE, {"order_id": o["id"]}), 503, "provider_unavailable")
        row = s.newest(o)
        same(row["state"], "unknown", f"{do}: unknown, never declined")
        s.states(o, "pending", "pending", None)
        check(row["reference"] in s.reconcile(0, "--attempt", row["id"]), "found by our reference")
        s.states(o, "confirmed", "paid", None)
        s.reconcile(0, "--attempt", row["id"])
        same(s.captures(row["id"]), [1], "one row in the ledger")
        refused(c.post(CREATE, {"order_id": o["id"]}), 400, "already_paid")


def lost_answers(vz, s):
    section("charged, but verify's answer was lost")
    for do, args in (("half_answer", {}), ("http_500", {}), ("reset", {}), ("html", {}), ("bad_json", {}),
                     ("http_401", {}), ("unknown_status", {}), ("wrong_type", {"field": "amount"}),
                     ("missing_field", {"field": "status"}), ("hang", {"seconds": 8}), ("http_404", {})):
        o = s.order()
        begun = s.begin(o)
        s.pay(begun)
        s.fault("verify", do, match={"transaction_id": begun["transaction_id"]}, **args)
        refused(s.verify(begun), 202, "payment_pending")
        check(s.attempt(begun)["state"] in ("waiting", "unknown"), f"{do}: still open", s.attempt(begun))
        s.states(o, "pending", "pending", None)
        if do == "half_answer":
            for _ in range(2):
                s.reconcile(120)
            s.states(o, "confirmed", "paid", None)
            same(s.captures(begun["payment"]["id"]), [1], "the resolver pays it once")
            sources = vz.sql.column("SELECT source FROM attempt_events WHERE attempt_id = %s AND effect = 'paid'",
                                    begun["payment"]["id"])
            same(sources, ["resolver"], "its news")
            same(s.verify(begun).status, 200, "verify knows it")
        else:
            same(s.verify(begun).status, 200, f"{do}: asked again it is paid")
            same(s.captures(begun["payment"]["id"]), [1], "once")


def mismatches(vz, s):
    section("the bank tells of something else")
    held = []
    for do, code, args in (("wrong_amount", "amount", {}), ("wrong_amount", "amount", {"value": "0.01"}),
                           ("wrong_currency", "currency", {}), ("wrong_mode", "mode", {}),
                           ("wrong_reference", "reference", {})):
        o = s.order()
        begun = s.begin(o)
        s.pay(begun)
        s.fault("verify", do, match={"transaction_id": begun["transaction_id"]}, times=-1, **args)
        for _ in range(2):
            refused(s.verify(begun), 400, "payment_mismatch", message=NOT_VERIFIED)
        same([s.attempt(begun)[k] for k in ("state", "flag", "error_code", "pays")],
             ["waiting", "mismatch", code, None], f"{do}: flagged")
        s.reconcile(0, "--attempt", begun["payment"]["id"])
        vz.client().post(f"/api/notices/kuveyt/{begun['payment']['id']}/ok/")
        s.states(o, "pending", "pending", None)
        same(s.captures(begun["payment"]["id"]), [0], "never paid")
        held.append(s.attempt(begun)["reference"])
        check(held[-1] in s.reconcile(0, "--list"), "a person is told")
    vz.control(clear=True)

    section("the money of one, by the name of another")
    o, other = s.order(), s.begin()
    begun = s.begin(o)
    name = "UPDATE attempts SET provider_ref = %s WHERE id = %s"
    vz.sql.run(name, None, begun["payment"]["id"])   # as if the answer to create had been lost
    vz.sql.run(name, begun["transaction_id"], other["payment"]["id"])
    s.pay(begun)
    ours = s.attempt(begun)["reference"]
    for _ in range(2):
        refused(s.verify({"transaction_id": ours}), 400, "payment_mismatch", message=NOT_VERIFIED)
    same([s.attempt(begun)[k] for k in ("state", "flag", "error_code", "provider_ref", "pays")],
         ["waiting", "mismatch", "provider_ref", None, None], "flagged, not paid")
    same(vz.sql.rows("SELECT DISTINCT effect, code FROM attempt_events WHERE attempt_id = %s AND outcome = 'succeeded'",
                     begun["payment"]["id"]), [{"effect": "mismatch", "code": "provider_ref"}],
         "and the journal says so")
    s.states(o, "pending", "pending", None)
    same(s.captures(begun["payment"]["id"]), [0], "never paid")
    vz.sql.run(name, other["transaction_id"], other["payment"]["id"])
    held.append(ours)

    section("the bank tells the status only")
    vz.control(verify_tells="status")
    o = s.order()
    begun = s.begin(o)
    refused(s.verify(begun), 202, "payment_pending")
    s.pay(begun)
    same(s.verify(begun).status, 200, "which is enough")
    s.states(o, "confirmed", "paid", None)
    vz.control(verify_tells="all")
    return held


def twice(vz, s):
    section("two attempts of one order, both paid")
    o = s.order()
    first, second = s.begin(o), s.begin(o)
    check(first["transaction_id"] != second["transaction_id"] and first["payment"] != second["payment"], "two of them")
    s.pay(first)
    s.pay(second)
    same((s.verify(first).status, s.verify(second).status), (200, 200), "both are true")
    same([[s.attempt(x)[k] for k in ("state", "pays", "flag")] for x in (first, second)],
         [["succeeded", "1", None], ["succeeded", None, "duplicate_payment"]], "the first pays, the second is flagged")
    s.states(o, "confirmed", "paid", None)
    same(s.captures(first["payment"]["id"], second["payment"]["id"]), [1, 1], "the money is in the ledger, both times")
    check("duplicate_payment" in s.reconcile(0, "--list"), "a person is told")

    section("paid after its order was cancelled")
    o = s.order()
    begun = s.begin(o)
    s.pay(begun)
    vz.sql.run("UPDATE orders SET status = 'cancelled', cancelled_at = UTC_TIMESTAMP(6) WHERE id = %s", o["id"])
    same(s.verify(begun).status, 200, "the money is true")
    s.states(o, "cancelled", "paid", "paid_late")
    same([s.attempt(begun)[k] for k in ("state", "pays", "flag")], ["succeeded", "1", "paid_late"], "flagged")
    check("paid_late" in s.reconcile(0, "--list"), "a person is told")

    section("notice and verify at the same moment")
    begun = [s.begin(s.order()) for _ in range(50)]
    for x in begun:
        s.pay(x)
    clients = [(vz.client(), vz.client()) for _ in begun]
    wrong = []
    for x, (a, b) in zip(begun, clients):
        path = f"/api/notices/kuveyt/{x['payment']['id']}/ok/"
        answers = together([lambda: a.post(VERIFY, {"transaction_id": x["transaction_id"]}),
                            lambda: b.post(path, {"transaction_id": x["transaction_id"], "status": "success"})])
        if [r.status for r in answers] != [200, 200]:
            wrong.append(answers)
    same(wrong, [], "50 times both are answered well")
    ids = ", ".join(f"'{x['payment']['id']}'" for x in begun)
    same(vz.sql.rows("SELECT (SELECT COUNT(*) FROM ledger WHERE attempt_id IN (%s)) AS ledger,"
                     " (SELECT COUNT(*) FROM attempts WHERE pays = 1 AND flag IS NULL AND id IN (%s)) AS pays,"
                     " (SELECT COUNT(*) FROM attempt_events WHERE effect = 'paid' AND attempt_id IN (%s)) AS paid"
                     % (ids, ids, ids)), [{"ledger": "50", "pays": "50", "paid": "50"}], "each settled once")

    section("eight verifies at once")
    x = s.begin()
    s.pay(x)
    answers = together([lambda: s.verify(x)] * 8)
    same({(a.status, a.body) for a in answers}, {(200, answers[0].body)}, "all the same answer")
    same(s.captures(x["payment"]["id"]), [1], "one row in the ledger")


def integration_changes(vz, s):
    section("no integration")
    path = f"/api/integrations/{vz.sql.one('SELECT id FROM integrations WHERE tenant_id = 1')}/"
    o, c = s.order(), vz.client()
    same(s.owner.patch(path, {"status": "inactive"}).status, 200, "switched off")
    for provider in ("kuveyt", "kuwait"):
        refused(c.post(CREATE, {"order_id": o["id"], "provider": provider}), 400, "integration_inactive", message=MISSING)
    s.owner.patch(path, {"status": "test_mode"})
    rakip = vz.client("rakip.localhost")
    cart = filled_cart(rakip, (product(vz, "pamuklu-havlu", 2), 1))
    theirs = rakip.post(ORDERS, order_body(vz, cart, shipping_method_id=shipping(vz, "magaza", 2))).json["order"]
    refused(rakip.post(CREATE, {"order_id": theirs["id"]}), 400, "integration_inactive", message=MISSING)

    section("from test to live while a payment is open")
    o = s.order()
    begun = s.begin(o)
    before = s.owner.get(path).json["integration"]
    a = s.owner.patch(path, {"status": "active", "api_key": "production-api-key", "api_secret": "production-api-secret",
                             "api_endpoint": f"{vz.sandbox_url}/kuveyt/live/payment"})
    same(a.status, 200, "switched")
    live_order = s.order()
    live = s.begin(live_order)
    s.pay(begun)
    s.pay(live)
    for x, order, mode in ((begun, o, "test"), (live, live_order, "live")):
        same(s.verify(x).status, 200, f"{mode}: verified")
        s.states(order, "confirmed", "paid", None)
        calls = s.sandbox(f"/_calls?transaction_id={x['transaction_id']}&call=verify")["calls"]
        same({(k["mode"], k["status"]) for k in calls}, {(mode, 200)}, "asked where it began, with its own key")
        same(vz.sql.one("SELECT mode FROM ledger WHERE attempt_id = %s", x["payment"]["id"]), mode, "in the ledger")
    s.owner.patch(path, {"status": "test_mode", "api_key": "test-api-key", "api_endpoint": before["api_endpoint"]})
    same(s.attempt(s.begin())["mode"], "test", "and back")

    section("deleted while a payment is open")
    other = vz.login("owner", "rakip")
    a = other.post("/api/integrations/", {
        "provider_type": "kuveyt", "name": "Rakip", "status": "test_mode", "api_key": "test-api-key",
        "test_endpoint": f"{vz.sandbox_url}/kuveyt/payment"})
    begun = s.begin(theirs, rakip)
    other.delete(f"/api/integrations/{a.json['integration']['id']}/")
    refused(rakip.post(CREATE, {"order_id": theirs["id"]}), 400, "integration_inactive")
    s.pay(begun)
    refused(vz.client().post(VERIFY, {"transaction_id": begun["transaction_id"]}), 404, "payment_not_found")
    same(rakip.post(VERIFY, {"transaction_id": begun["transaction_id"]}).status, 200, "it is still asked about")
    s.states(theirs, "confirmed", "paid", None)


class Gateway(http.server.BaseHTTPRequestHandler):
    """Keeps what it was sent and answers as told."""

    seen, answer = [], (200, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Gateway.seen.append((self.path, dict(self.headers), body))
        status, told = Gateway.answer
        told = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_):
        pass


def on_the_wire(vz, s):
    section("what is sent to a gateway")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    conf = vz.conf.read_text()
    vz.conf.write_text(re.sub(r"(allowed_endpoints = .*)", rf"\1,{host}", conf))
    for program in ("payments", "integrations"):
        vz.restart(program)
    path = f"/api/integrations/{vz.sql.one('SELECT id FROM integrations WHERE tenant_id = 1')}/"
    a = s.owner.patch(path, {"test_endpoint": f"http://{host}/banka", "api_key": "test-api-key"})
    same(a.status, 200, "an endpoint of our own")
    c = vz.client()

    def told(answer, order=None, **more):
        Gateway.answer, Gateway.seen = answer, []
        order = order or s.order(c)
        a = c.post(CREATE, {"order_id": order["id"], **more})
        check(len(Gateway.seen) == 1, "one call", Gateway.seen)
        return a, order, *Gateway.seen[0]

    n = iter(range(1000, 2000))

    def good():
        id = f"TRX-ELLE-{next(n)}"
        return 200, {"payment_url": "https://banka.example.com/ode?x=1", "transaction_id": id}

    a, o, path, headers, body = told(good(), customer_info={"email": "baska@ornek.test", "name": "Ayşe \"Ş\" Kaya",
                                                            "phone": "0555 123 45 67"})
    same((a.status, a.json["payment_url"], path), (201, "https://banka.example.com/ode?x=1", "/banka/create"), "create")
    same((headers.get("Authorization"), headers.get("Content-Type")), ("Bearer test-api-key", "application/json"),
         "headers")
    sent, attempt = json.loads(body), s.attempt(a.json)
    back = f"{vz.base_url}/api/notices/kuveyt/{attempt['id']}"
    same(sent, {"amount": 249.9, "currency": "TRY", "order_id": o["order_number"], "customer_email": "baska@ornek.test",
                "customer_name": "Ayşe \"Ş\" Kaya", "customer_phone": "0555 123 45 67",
                "return_url": f"{back}/ok/", "cancel_url": f"{back}/fail/",
                "metadata": {"tenant_id": "demo", "order_number": o["order_number"],
                             "reference": attempt["reference"]}}, "body")
    for price, text in ((10, "100.00"), (1, "99.91"), (15000, "249.90"), (99999990, "1000099.80"), (20, "100.10")):
        _, _, _, _, body = told(good(), s.order(c, price))
        check(re.search(rb'"amount": ?(\d+\.\d\d)[,}]', body)[1].decode() == text, f"amount {text}, a decimal number", body)
    for info in (None, {}, {"email": None}, {"email": "", "name": "", "phone": ""}):
        a, o, _, _, body = told(good(), customer_info=info)
        sent = json.loads(body)
        same([sent[k] for k in ("customer_email", "customer_name", "customer_phone")],
             ["customer@example.com", "Ahmet Yılmaz", "+905551234567"], f"from the order: {info}")
    _, _, _, _, body = told(good(), customer_info={"name": "Veli"})
    same([json.loads(body)[k] for k in ("customer_email", "customer_name")], ["customer@example.com", "Veli"], "in part")
    _, _, _, _, body = told(good(), amount=1, provider_config={"api_endpoint": "http://127.0.0.1:1", "api_key": "x"})
    same(json.loads(body)["amount"], 249.9, "nothing of the request's own")

    section("what a gateway answers")
    for status, answer, text in ((400, {}, NOT_CREATED), (400, {"error": 7}, NOT_CREATED), (422, {"error": "Ret."}, "Ret."),
                                 (400, {"error": "a\r\nb"}, NOT_CREATED), (400, {"error": "x" * 400}, NOT_CREATED),
                                 (403, {"error": "Gizli anahtar test-api-key yanlış"}, NOT_CREATED)):
        a, o, *_ = told((status, answer))
        refused(a, 400, "payment_refused", message=text)
        same(s.newest(o)["state"], "declined", "declined")
    for status, answer in ((200, {}), (200, b"x"), (200, {"transaction_id": "T1"}), (201, good()[1]), (500, {"error": "x"}),
                           (200, {**good()[1], "payment_url": "javascript:alert(1)"}),
                           (200, {**good()[1], "payment_url": "http://banka.example.com/"}),
                           (200, {**good()[1], "transaction_id": "../x"}), (400, b"<html>")):
        a, o, *_ = told((status, answer))
        refused(a, 503, "provider_unavailable", message=AWAY)
        same(s.newest(o)["state"], "unknown", f"unclear: {status} {answer}")

    section("a reference that the bank gives twice")
    id = good()
    told(id)
    a, o, *_ = told(id)
    refused(a, 503, "provider_unavailable")
    same([s.newest(o)[k] for k in ("flag", "provider_ref", "error_code")], ["mismatch", None, "provider_ref"], "flagged")

    server.shutdown()
    server.server_close()
    a = c.post(CREATE, {"order_id": s.order()["id"]})
    refused(a, 503, "provider_unavailable")
    vz.sql.run("UPDATE attempts SET state = 'void', next_ask_at = NULL, flag = NULL WHERE endpoint LIKE %s"
               " AND state IN ('sending', 'waiting', 'unknown')", f"http://{host}/%")
    vz.conf.write_text(conf)


def main():
    with Instance(workers=3, settings={"provider_timeout_s": 2}) as vz:
        s = Shop(vz)
        before = ledger.snapshot(vz)
        documented(vz, s)
        requests(vz, s)
        verify_requests(vz, s)
        declines(vz, s)
        lost_beginnings(vz, s)
        lost_answers(vz, s)
        held = mismatches(vz, s)
        twice(vz, s)
        integration_changes(vz, s)
        on_the_wire(vz, s)
        section("log")
        known = {"refused", "not_asked"}
        same([x for x in vz.log_lines() if x["level"] == "error" and x["event"] not in known], [], "no other errors")
        books(vz, before, "uzun-bir-parola", held=held)


if __name__ == "__main__":
    run(main)

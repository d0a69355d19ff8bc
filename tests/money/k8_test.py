#!/usr/bin/env python3
"""K8 for the kuveyt gateway: every way in which the provider can fail, once for `create` and once for
`verify` where it means something.

    TIMES=1 k8_test.py      (proof: TIMES=50)

Each row says how the failure must be classed (read from attempts and attempt_events), what we answer,
and what a later question finds out. Never may an order be paid by it, nor one that was paid at the
bank be lost; each answer of ours takes at most the provider's time and one second more, and the
provider is called once. P0 has no signature that could be wrong.
"""

import os
import pathlib
import socket
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import ledger  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.client import Client  # noqa: E402
from lib.instance import Instance  # noqa: E402
from shop import Buyer, Shop  # noqa: E402
from web import probe  # noqa: E402

TIMES = int(os.environ.get("TIMES", 1))
TIMEOUT_S = 2
AT_MOST_S = TIMEOUT_S + 1
LATE = TIMEOUT_S + 1.5
AWAY, PENDING = (503, "provider_unavailable"), (202, "payment_pending")
REFUSED, DECLINED, MISMATCH = (400, "payment_refused"), (400, "payment_declined"), (400, "payment_mismatch")
PAID = (200, None)

# What happens, then the class: outcome and code heard, state of the attempt, our answer; then what
# verify says when the provider is well again.
CREATE = [
    ("refuse", "refuse", "not_sent", "connect", "void", AWAY, DECLINED),
    ("DNS failure", "dns", "not_sent", "dns", "void", AWAY, DECLINED),
    ("bad TLS name", "bad_name", "not_sent", "tls", "void", AWAY, DECLINED),
    ("expired certificate", "expired", "not_sent", "tls", "void", AWAY, DECLINED),
    ("an address nobody allowed", "not_allowed", "not_sent", "address_refused", "void", AWAY, DECLINED),
    ("reset", {"do": "reset"}, "unknown", "transport", "unknown", AWAY, PENDING),
    ("reset after the work", {"do": "reset_after"}, "unknown", "transport", "unknown", AWAY, PENDING),
    ("drip 1 B/s", {"do": "drip"}, "unknown", "timeout", "unknown", AWAY, PENDING),
    ("half answer", {"do": "half_answer"}, "unknown", "cut", "unknown", AWAY, PENDING),
    ("half chunk", {"do": "half_chunked"}, "unknown", "cut", "unknown", AWAY, PENDING),
    ("500", {"do": "http_500"}, "unknown", "http_500", "unknown", AWAY, PENDING),
    ("500 after the work", {"do": "http_500_after"}, "unknown", "http_500", "unknown", AWAY, PENDING),
    ("302", {"do": "http_302"}, "unknown", "http_302", "unknown", AWAY, PENDING),
    ("HTML", {"do": "html"}, "unknown", "http_200", "unknown", AWAY, PENDING),
    ("10 MB", {"do": "big"}, "unknown", "too_big", "unknown", AWAY, PENDING),
    ("128 KB of headers", {"do": "big_header"}, "unknown", "too_big", "unknown", AWAY, PENDING),
    ("answer after our timeout", {"do": "delay", "seconds": LATE}, "unknown", "timeout", "unknown", AWAY,
     PENDING),
    ("never an answer", {"do": "hang", "seconds": LATE}, "unknown", "timeout", "unknown", AWAY, PENDING),
    ("empty", {"do": "empty"}, "unknown", "http_200", "unknown", AWAY, PENDING),
    ("bad JSON", {"do": "bad_json"}, "unknown", "http_200", "unknown", AWAY, PENDING),
    ("no payment_url", {"do": "missing_field"}, "unknown", "incomplete", "unknown", AWAY, PENDING),
    ("no transaction_id", {"do": "missing_field", "field": "transaction_id"}, "unknown", "incomplete",
     "unknown", AWAY, PENDING),
    ("wrong types", {"do": "wrong_type"}, "unknown", "incomplete", "unknown", AWAY, PENDING),
    ("429", {"do": "http_429"}, "unknown", "http_429", "unknown", AWAY, PENDING),
    ("401", {"do": "http_401"}, "declined", "unauthorized", "declined", REFUSED, DECLINED),
    ("declined", {"do": "decline"}, "declined", "http_400", "declined", REFUSED, DECLINED),
    ("charged, no answer", {"do": "charge_no_answer"}, "unknown", "cut", "unknown", AWAY, PAID),
    ("charged, half answer", {"do": "half_answer", "charge": True}, "unknown", "cut", "unknown", AWAY, PAID),
    ("charged, 500", {"do": "http_500_after", "charge": True}, "unknown", "http_500", "unknown", AWAY, PAID),
    ("charged, answer too late", {"do": "slow_charge", "seconds": LATE}, "unknown", "timeout", "unknown",
     AWAY, PAID),
]
# The payment was approved at the bank, or is still open there (last column).
VERIFY = [
    ("refuse", "refuse", "not_sent", "connect", "waiting", PENDING, True),
    ("DNS failure", "dns", "not_sent", "dns", "waiting", PENDING, True),
    ("bad TLS name", "bad_name", "not_sent", "tls", "waiting", PENDING, True),
    ("expired certificate", "expired", "not_sent", "tls", "waiting", PENDING, True),
    ("reset", {"do": "reset"}, "unknown", "transport", "waiting", PENDING, True),
    ("reset after the work", {"do": "reset_after"}, "unknown", "transport", "waiting", PENDING, True),
    ("drip 1 B/s", {"do": "drip"}, "unknown", "timeout", "waiting", PENDING, True),
    ("half answer", {"do": "half_answer"}, "unknown", "cut", "waiting", PENDING, True),
    ("half chunk", {"do": "half_chunked"}, "unknown", "cut", "waiting", PENDING, True),
    ("500", {"do": "http_500"}, "unknown", "http_500", "waiting", PENDING, True),
    ("302", {"do": "http_302"}, "unknown", "http_302", "waiting", PENDING, True),
    ("HTML", {"do": "html"}, "unknown", "http_200", "waiting", PENDING, True),
    ("10 MB", {"do": "big"}, "unknown", "too_big", "waiting", PENDING, True),
    ("answer after our timeout", {"do": "delay", "seconds": LATE}, "unknown", "timeout", "waiting",
     PENDING, True),
    ("empty", {"do": "empty"}, "unknown", "http_200", "waiting", PENDING, True),
    ("bad JSON", {"do": "bad_json"}, "unknown", "http_200", "waiting", PENDING, True),
    ("no status", {"do": "missing_field"}, "unknown", "status", "waiting", PENDING, True),
    ("wrong types", {"do": "wrong_type"}, "unknown", "status", "waiting", PENDING, True),
    ("amount of the wrong type", {"do": "wrong_type", "field": "amount"}, "unknown", "amount", "waiting",
     PENDING, True),
    ("a status that we don't know", {"do": "unknown_status"}, "waiting", None, "waiting", PENDING, True),
    ("401", {"do": "http_401"}, "unknown", "unauthorized", "waiting", PENDING, True),
    ("429", {"do": "http_429"}, "unknown", "http_429", "waiting", PENDING, True),
    ("404, too soon to count", {"do": "http_404"}, "not_found", "http_404", "waiting", PENDING, True),
    ("wrong amount", {"do": "wrong_amount"}, "succeeded", "amount", "waiting", MISMATCH, True),
    ("amount 0.01", {"do": "wrong_amount", "value": "0.01"}, "succeeded", "amount", "waiting", MISMATCH,
     True),
    ("wrong currency", {"do": "wrong_currency"}, "succeeded", "currency", "waiting", MISMATCH, True),
    ("wrong reference", {"do": "wrong_reference"}, "succeeded", "reference", "waiting", MISMATCH, True),
    ("wrong mode", {"do": "wrong_mode"}, "succeeded", "mode", "waiting", MISMATCH, True),
    ("denied, though paid", {"do": "decline"}, "declined", "failed", "declined", DECLINED, True),
    ("not told: amount", {"do": "missing_field", "field": "amount"}, "succeeded", None, "succeeded", PAID,
     True),
    ("still open", {"do": "missing_field", "field": "mode"}, "waiting", None, "waiting", PENDING, False),
    ("open, wrong amount", {"do": "wrong_amount"}, "waiting", None, "waiting", PENDING, False),
    ("declined", {"do": "decline"}, "declined", "failed", "declined", DECLINED, False),
]


class Bank(Instance):
    """With addresses besides the sandbox's that programs may call, and a CA of ours."""

    def __init__(self, folder):
        super().__init__(workers=2, settings={"provider_timeout_s": TIMEOUT_S})
        made = probe.Certificates(str(folder))
        self.listeners = {name: self.listen(context) for name, context in (
            ("good_tls", made.server("good", "IP:127.0.0.1")),
            ("bad_name", made.server("bad", "DNS:other.example,IP:127.0.0.2")),
            ("expired", made.server("expired", "IP:127.0.0.1", days=-1)))}
        with socket.create_server(("127.0.0.1", 0)) as gone:
            self.closed = gone.getsockname()[1]
        self.settings["ca_file"] = made.ca

    def listen(self, context):
        listener = socket.create_server(("127.0.0.1", 0))

        def play(connection):
            with context.wrap_socket(connection, server_side=True) as tls:
                self.pass_on(tls)

        probe.serve(listener, play)
        return listener.getsockname()[1]

    def pass_on(self, tls):
        """To the sandbox and back."""
        asked = probe.read_request(tls).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        with socket.create_connection(("127.0.0.1", self.port + 1)) as s:
            s.sendall(asked)
            while piece := s.recv(65536):
                tls.sendall(piece)

    def _start(self):
        ports = [self.port + 1, self.closed, *self.listeners.values()]
        self.settings["allowed_endpoints"] = ",".join(f"127.0.0.1:{p}" for p in ports)
        return super()._start()

    def endpoint(self, name):
        """Where a row's provider is."""
        where = {"sandbox": self.sandbox_url, "dns": "https://nobody.invalid",
                 "refuse": f"http://127.0.0.1:{self.closed}", "not_allowed": "https://127.0.0.1"}
        where.update({n: f"https://127.0.0.1:{p}" for n, p in self.listeners.items()})
        return where[name] + "/kuveyt/payment"

    def move_to(self, name, table="integrations", column="test_endpoint"):
        self.sql.run(f"UPDATE {table} SET {column} = %s", self.endpoint(name))

    def calls(self, call, since=0):
        with Client(self.sandbox_url) as c:
            return [r for r in c.get(f"/_calls?since={since}").json["calls"] if r["call"] in call]


class Row:
    """One order, one failure."""

    def __init__(self, vz, shop, name):
        self.vz, self.name = vz, name
        self.buyer = Buyer(shop)
        self.order = self.buyer.order()["id"]

    def fail_next(self, call, how):
        self.moved = isinstance(how, str)
        self.last = max((r["seq"] for r in self.vz.calls(("create", "verify"))), default=0)
        if not self.moved:
            self.vz.control(provider="kuveyt", call=call, **how)
        elif call == "create":
            self.vz.move_to(how)
        else:
            self.vz.move_to(how, "attempts", "endpoint")

    def repair(self):
        self.vz.control(clear=True)
        self.vz.move_to("sandbox")
        self.vz.move_to("sandbox", "attempts", "endpoint")

    def attempt(self):
        return self.vz.sql.rows("SELECT * FROM attempts WHERE order_id = %s ORDER BY created_at LIMIT 1",
                                self.order)[0]

    def event(self, source):
        """The last one from there."""
        found = self.vz.sql.rows("SELECT outcome, code FROM attempt_events WHERE attempt_id = %s"
                                 " AND source = %s ORDER BY id DESC LIMIT 1", self.attempt()["id"], source)
        return (found[0]["outcome"], found[0]["code"]) if found else None

    def answered(self, a, wanted, what):
        j = a.json or {}
        check((a.status, j.get("code")) == wanted and j.get("success") is (wanted == PAID)
              and j.get("message") and ("retry-after" in a.headers) == (a.status in (202, 503)),
              f"{what}: {wanted[0]} {wanted[1] or ''}", a, a.headers)
        check(a.seconds <= AT_MOST_S, f"{what}: in {AT_MOST_S} s", a.seconds)

    def classed(self, source, wanted, state, what):
        same(self.event(source), wanted, f"{what}: heard")
        same(self.attempt()["state"], state, f"{what}: state")

    def called_once(self, call, what):
        n = len(self.vz.calls((call,), self.last))
        same(n, 0 if self.moved else 1, f"{what}: calls that reached the provider")
        with Client(self.vz.sandbox_url) as c:
            same(c.get("/_control").json["followed"], 0, f"{what}: no redirect followed")

    def paid(self, wanted, what):
        rows = self.vz.sql.one("SELECT COUNT(*) FROM ledger WHERE attempt_id = %s", self.attempt()["id"])
        status = self.vz.sql.one("SELECT payment_status FROM orders WHERE id = %s", self.order)
        same((rows, status == "paid"), (str(int(wanted)), wanted), f"{what}: paid")

    def verify(self):
        a = self.attempt()
        return self.buyer.client.post("/api/payments/verify/", {
            "transaction_id": a["provider_ref"] or a["reference"], "provider": "kuveyt"})


def create_row(vz, shop, name, how, outcome, code, state, wanted, later):
    what = f"create, {name}"
    r = Row(vz, shop, name)
    r.fail_next("create", how)
    a = r.buyer.client.post("/api/payments/create/", {"order_id": r.order, "provider": "kuveyt"})
    r.answered(a, wanted, what)
    r.classed("answer", (outcome, code), state, what)
    r.called_once("create", what)
    r.paid(False, what)
    r.repair()
    r.answered(r.verify(), later, f"{what}, asked later")
    r.paid(later == PAID, f"{what}, asked later")
    again = r.buyer.ask("POST", "/api/payments/create/", {"order_id": r.order})
    wanted = (400, "already_paid") if later == PAID else (201, None)
    same((again.status, again.json.get("code")), wanted, f"{what}: another try")
    r.buyer.close()


def verify_row(vz, shop, name, how, outcome, code, state, wanted, paid):
    what = f"verify, {name}"
    r = Row(vz, shop, name)
    started = r.buyer.start({"id": r.order})
    if paid:
        vz.control(pay=started.json["transaction_id"])
    r.fail_next("verify", how)
    r.answered(r.verify(), wanted, what)
    r.classed("verify", (outcome, code), state, what)
    r.called_once("verify", what)
    r.paid(wanted == PAID, what)
    same(r.attempt()["flag"], "mismatch" if wanted == MISMATCH else None, f"{what}: flag")
    r.repair()
    later = PAID if paid else wanted
    r.answered(r.verify(), later, f"{what}, asked later")
    r.paid(paid, f"{what}, asked later")
    flag = "late_success" if paid and state == "declined" else None
    same(r.attempt()["flag"], flag, f"{what}, asked later: flag")
    r.buyer.close()


def good_tls(vz, shop):
    """So that the rows about TLS are about its faults."""
    vz.move_to("good_tls")
    r = Row(vz, shop, "good TLS")
    started = r.buyer.start({"id": r.order})
    same(started.status, 201, "create by good TLS")
    same(r.attempt()["endpoint"], vz.endpoint("good_tls"), "the attempt keeps its address")
    vz.control(pay=started.json["transaction_id"])
    r.answered(r.verify(), PAID, "verify by good TLS")
    r.paid(True, "by good TLS")
    r.repair()
    r.buyer.close()


def main():
    print(f"TIMES={TIMES}", flush=True)
    with tempfile.TemporaryDirectory(prefix="vezne-k8-") as folder, Bank(folder) as vz:
        shop = Shop(vz)
        before = ledger.snapshot(vz)
        section("good TLS")
        good_tls(vz, shop)
        for _ in range(TIMES):
            section("create")
            for row in CREATE:
                create_row(vz, shop, *row)
            section("verify")
            for row in VERIFY:
                verify_row(vz, shop, *row)
        print(f"{TIMES} x {len(CREATE)} failures of create, {len(VERIFY)} of verify", flush=True)
        section("the books")
        ledger.settle(vz)
        same(vz.sql.one("SELECT COUNT(*) FROM attempts WHERE flag = 'mismatch'"), "0", "none is left held")
        ledger.agree(vz, before)


run(main)

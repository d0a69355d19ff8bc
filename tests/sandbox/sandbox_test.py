"""Tests of the sandbox: starts it on a free port and tries everything.

    python3 -m unittest tests/sandbox/sandbox_test.py
"""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

HERE = Path(__file__).resolve().parent
TEST, LIVE = "/kuveyt/payment", "/kuveyt/live/payment"
KEYS = {TEST: "test-api-key", LIVE: "production-api-key"}


class Running:
    """A sandbox of our own in a temporary folder."""

    def __init__(self, folder, *more):
        self.ledger = Path(folder, "ledger.jsonl")
        self.log = Path(folder, "calls.log")
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "sandbox.py"), "--port", "0", "--ledger", str(self.ledger),
             "--log", str(self.log), *more], stdout=subprocess.PIPE, text=True)
        self.line = self.process.stdout.readline().strip()
        self.port = int(self.line.rpartition(":")[2])

    def stop(self, number=signal.SIGTERM):
        """Its exit status; also when it has been stopped already."""
        self.process.send_signal(number)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()


class Got:
    """An answer."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class SandboxCase(unittest.TestCase):
    """Calls the sandbox; every test begins with a reset one."""

    count = 0  # orders made so far, for names of their own

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.box = Running(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.box.stop()
        cls.folder.cleanup()

    def setUp(self):
        self.control(reset=True)
        self.seq = max([r["seq"] for r in self.get("/_ledger")["rows"]], default=0)

    def ask(self, method, path, body=None, headers=None, timeout=10):
        c = http.client.HTTPConnection("127.0.0.1", self.box.port, timeout=timeout)
        try:
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return Got(r.status, r.headers, r.read())
        finally:
            c.close()

    def get(self, path):
        got = self.ask("GET", path)
        self.assertEqual(got.status, 200, got.body)
        return got.json

    def control(self, want=200, **body):
        got = self.ask("POST", "/_control", json.dumps(body), {"Content-Type": "application/json"})
        self.assertEqual(got.status, want, got.body)
        return got.json

    def fault(self, call, do, **more):
        return self.control(provider="kuveyt", call=call, do=do, **more)

    def happened(self, call, name):
        return self.get("/_control")["happened"].get("kuveyt", {}).get(call, {}).get(name, 0)

    def order(self, amount="150.00", reference=None, **change):
        """The text of a create body, and its reference."""
        SandboxCase.count += 1
        reference = reference or f"ref-{self.count}"
        body = {"amount": "@", "currency": "TRY", "order_id": f"ORD-DEMO-{self.count}",
                "customer_email": "m@demo.test", "customer_name": "Ayşe Yılmaz",
                "customer_phone": "+905551112233", "return_url": "http://127.0.0.1:9/ok?a=1",
                "cancel_url": "http://127.0.0.1:9/fail",
                "metadata": {"tenant_id": 1, "order_number": f"ORD-DEMO-{self.count}",
                             "reference": reference}}
        for name, value in change.items():
            body.pop(name) if value is None else body.update({name: value})
        return json.dumps(body).replace('"@"', amount), reference

    def create(self, text, base=TEST, key=None, content_type="application/json", **more):
        return self.ask("POST", base + "/create", text.encode(), {
            "Authorization": f"Bearer {key or KEYS[base]}", "Content-Type": content_type}, **more)

    def created(self, base=TEST, **more):
        text, reference = self.order(**more)
        got = self.create(text, base)
        self.assertEqual(got.status, 200, got.body)
        return {**got.json, "reference": reference}

    def verify(self, name, base=TEST, key=None, **more):
        return self.ask("GET", f"{base}/verify/{name}",
                        headers={"Authorization": f"Bearer {key or KEYS[base]}"}, **more)

    def press(self, payment, button):
        return self.ask("POST", urlsplit(payment["payment_url"]).path, f"{button}=1",
                        {"Content-Type": "application/x-www-form-urlencoded"})

    def rows(self):
        return self.get(f"/_ledger?since={self.seq}")["rows"]


class Payments(SandboxCase):
    """The good way, and bad requests."""

    def test_ready_line(self):
        self.assertEqual(self.box.line, f"sandbox ready on http://127.0.0.1:{self.box.port}")

    def test_create_verify(self):
        p = self.created()
        self.assertRegex(p["transaction_id"], r"^TRX[0-9]{12,}$")
        self.assertTrue(p["payment_url"].startswith(
            f"http://127.0.0.1:{self.box.port}{TEST}/redirect/"))
        for name in (p["transaction_id"], p["reference"]):
            told = self.verify(name).json
            self.assertEqual(told, {
                "status": "pending", "transaction_id": p["transaction_id"], "amount": "150.00",
                "currency": "TRY", "order_id": f"ORD-DEMO-{self.count}",
                "reference": p["reference"], "mode": "test"})
        self.assertEqual(self.rows(), [])

    def test_amounts(self):
        for text, kurus in (("0.01", 1), ("1", 100), ("0.1", 10), ("150.5", 15050),
                            ("9999999999.99", 999999999999), ("1.10", 110), ("0.29", 29)):
            p = self.created(amount=text)
            shown = self.get(f"/_payments?reference={p['reference']}")["payments"][0]
            self.assertEqual(shown["amount_kurus"], kurus)
        for text in ("0", "0.00", "-1", "1.005", "1e2", "15000e-2", '"150.00"', "null", "true",
                     "[]", "99999999999", "NaN", "Infinity", "01"):
            got = self.create(self.order(amount=text)[0])
            self.assertEqual(got.status, 400, text)
            self.assertIn("error", got.json)

    def test_bad_fields(self):
        for change in ({"currency": "USD"}, {"currency": None}, {"currency": 949},
                       {"order_id": None}, {"order_id": ""}, {"order_id": 5},
                       {"order_id": "a\nb"}, {"order_id": "\ud800"}, {"return_url": None},
                       {"return_url": "javascript:alert(1)"}, {"cancel_url": "/relative"},
                       {"cancel_url": "http://x/\r\nA: b"}, {"return_url": "http://[x/"},
                       {"customer_email": 5}, {"customer_name": []}, {"metadata": None},
                       {"metadata": "x"}, {"metadata": {}},
                       {"metadata": {"tenant_id": 1, "order_number": "a", "reference": 1}}):
            got = self.create(self.order(**change)[0])
            self.assertEqual(got.status, 400, change)
            self.assertTrue(got.json["error"])
        text = self.order()[0]
        for raw in ("", "{", "[]", text + "x", text[:-1] + ',"currency":"TRY"}', "[" * 50000):
            self.assertEqual(self.create(raw).status, 400, raw[:40])
        self.assertEqual(self.create(text, content_type="text/plain").status, 400)
        self.assertEqual(self.create(text + " " * 70000).status, 413)
        self.assertEqual(self.get("/_payments")["payments"], [])

    def test_keys(self):
        text = self.order()[0]
        for key in ("wrong", KEYS[LIVE], "ş".encode().decode("latin-1")):
            self.assertEqual(self.create(text, key=key).status, 401)
        got = self.ask("POST", TEST + "/create", text, {"Content-Type": "application/json"})
        self.assertEqual((got.status, list(got.json)), (401, ["error"]))
        self.assertEqual(self.verify("TRX1", key="wrong").status, 401)
        self.control(keys={"test": ["other-key", "third-key"]})
        self.assertEqual(self.create(text).status, 401)
        self.assertEqual(self.create(text, key="third-key").status, 200)
        self.assertEqual(self.create(self.order()[0], LIVE).status, 200)

    def test_not_idempotent(self):
        a, b = self.created(reference="same"), self.created(reference="same")
        self.assertNotEqual(a["transaction_id"], b["transaction_id"])
        self.assertEqual(len(self.get("/_payments?reference=same")["payments"]), 2)
        self.press(a, "decline")
        self.assertEqual(self.verify("same").json["status"], "pending")
        self.press(b, "approve")
        told = self.verify("same").json
        self.assertEqual((told["status"], told["transaction_id"]), ("success", b["transaction_id"]))
        self.assertEqual(self.verify(a["transaction_id"]).json["status"], "failed")

    def test_unknown(self):
        self.assertEqual(self.verify("TRX999").status, 404)
        self.assertEqual(self.ask("GET", TEST + "/redirect/old").status, 404)
        self.assertEqual(self.ask("GET", "/kuveyt/elsewhere").status, 404)
        self.assertEqual(self.ask("GET", "/nothing").status, 404)
        got = self.ask("GET", TEST + "/create")
        self.assertEqual((got.status, got.headers["Allow"]), (405, "POST"))

    def test_modes_are_apart(self):
        p = self.created(base=LIVE)
        self.assertIn(LIVE + "/redirect/", p["payment_url"])
        self.assertEqual(self.verify(p["transaction_id"]).status, 404)
        self.assertEqual(self.verify(p["transaction_id"], LIVE).json["mode"], "live")
        path = urlsplit(p["payment_url"]).path
        self.assertEqual(self.ask("GET", path.replace("/live", "")).status, 404)
        self.assertEqual(self.press(p, "approve").status, 303)
        self.assertEqual([(r["mode"], r["key_last4"]) for r in self.rows()], [("live", "-key")])

    def test_page(self):
        p = self.created(amount="1234.50", order_id="ORD-<b>-1")
        got = self.ask("GET", urlsplit(p["payment_url"]).path)
        page = got.body.decode()
        self.assertEqual(re.findall(r'<button type="submit" name="(\w+)"', page),
                         ["approve", "decline", "abandon"])
        self.assertIn("1.234,50 TL", page)
        self.assertIn("ORD-&lt;b&gt;-1", page)
        self.assertIn('lang="tr"', page)
        self.assertNotIn("<script", page)
        self.assertNotIn("http", page)
        self.assertIn("default-src 'none'", got.headers["Content-Security-Policy"])

    def test_approve(self):
        p = self.created()
        got = self.press(p, "approve")
        self.assertEqual((got.status, got.headers["Location"]), (
            303, f"http://127.0.0.1:9/ok?a=1&transaction_id={p['transaction_id']}&status=success"))
        self.assertEqual(self.verify(p["reference"]).json["status"], "success")
        again = self.press(p, "approve")
        self.assertEqual(again.status, 200)
        self.assertIn("zaten yapıldı", again.body.decode())
        self.assertIn("zaten yapıldı", self.press(p, "decline").body.decode())
        row, = self.rows()
        row.pop("at")
        self.assertEqual(row, {
            "seq": self.seq + 1, "provider": "kuveyt", "mode": "test", "kind": "charge",
            "reference": p["reference"], "transaction_id": p["transaction_id"],
            "order_id": f"ORD-DEMO-{self.count}", "amount_kurus": 15000, "currency": "TRY",
            "key_last4": "-key"})
        self.assertEqual(self.get(f"/_ledger?reference={p['reference']}")["rows"][0]["seq"],
                         self.seq + 1)
        self.assertEqual(len(self.get(f"/_ledger?order_id=ORD-DEMO-{self.count}")["rows"]), 1)
        last = self.box.ledger.read_text().splitlines()[-1]
        self.assertEqual(json.loads(last)["transaction_id"], p["transaction_id"])

    def test_decline(self):
        p = self.created()
        got = self.press(p, "decline")
        self.assertEqual(got.headers["Location"], "http://127.0.0.1:9/fail?transaction_id="
                         f"{p['transaction_id']}&status=failed")
        told = self.verify(p["transaction_id"]).json
        self.assertEqual((told["status"], told["error"]), ("failed", "Kart limiti yetersiz."))
        self.assertIn("reddedildi", self.press(p, "approve").body.decode())
        self.assertEqual(self.rows(), [])

    def test_abandon(self):
        p = self.created()
        got = self.press(p, "abandon")
        self.assertEqual(got.status, 200)
        self.assertIn("ayrıldınız", got.body.decode())
        self.assertEqual(self.verify(p["reference"]).json["status"], "pending")
        self.assertEqual(self.press(p, "nothing").status, 400)
        self.assertEqual(self.press(p, "approve").status, 303)

    def test_approve_at_once(self):
        p = self.created()
        with ThreadPoolExecutor(20) as pool:
            got = list(pool.map(lambda _: self.press(p, "approve").status, range(20)))
        self.assertEqual(got.count(303), 1)
        self.assertEqual(len(self.rows()), 1)

    def test_keep_alive(self):
        c = http.client.HTTPConnection("127.0.0.1", self.box.port, timeout=10)
        local = set()
        for _ in range(20):
            c.request("POST", TEST + "/create", self.order()[0].encode(), {
                "Authorization": "Bearer test-api-key", "Content-Type": "application/json"})
            self.assertEqual(c.getresponse().read()[:1], b"{")
            local.add(c.sock.getsockname()[1])
            c.request("POST", "/nothing", b"unread body")
            self.assertEqual(c.getresponse().read()[:1], b"{")
        c.close()
        self.assertEqual(len(local), 1)

    def test_cut_body(self):
        text = self.order()[0].encode()
        s = socket.create_connection(("127.0.0.1", self.box.port), 10)
        s.sendall(b"POST " + TEST.encode() + b"/create HTTP/1.1\r\nHost: x\r\nContent-Type: "
                  b"application/json\r\nAuthorization: Bearer test-api-key\r\nContent-Length: "
                  + str(len(text)).encode() + b"\r\n\r\n" + text[:50])
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(s.recv(100), b"")
        s.close()
        self.assertEqual(self.get("/_payments")["payments"], [])


class FaultCases(SandboxCase):
    """Each fault really happens."""

    def raw(self, call="create", name=None, text=None):
        """(bytes received, True when the connection was reset)"""
        text = (text or self.order()[0]).encode()
        start = f"POST {TEST}/create" if call == "create" else f"GET {TEST}/verify/{name}"
        body = text if call == "create" else b""
        s = socket.create_connection(("127.0.0.1", self.box.port), 10)
        s.settimeout(10)
        s.sendall(f"{start} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test-api-key\r\n"
                  f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                  + body)
        got = b""
        try:
            while part := s.recv(65536):
                got += part
        except ConnectionResetError:
            return got, True
        finally:
            s.close()
        return got, False

    def counted(self, call, name, times=1):
        self.assertEqual(self.happened(call, name), times)

    def test_delay(self):
        self.fault("create", "delay", seconds=0.4)
        with self.assertRaises(TimeoutError):
            self.create(self.order(reference="late")[0], timeout=0.1)
        self.assertEqual(self.get("/_payments")["payments"], [])
        time.sleep(0.6)
        self.assertEqual(len(self.get("/_payments?reference=late")["payments"]), 1)
        self.counted("create", "delay")

    def test_slow_charge(self):
        self.fault("create", "slow_charge", seconds=0.4)
        with self.assertRaises(TimeoutError):
            self.create(self.order(reference="slow")[0], timeout=0.2)
        self.assertEqual([r["reference"] for r in self.rows()], ["slow"])
        self.fault("create", "slow_charge", seconds=0.2)
        self.assertEqual(self.create(self.order()[0]).status, 200)
        self.assertEqual(len(self.rows()), 2)
        self.counted("create", "slow_charge", 2)

    def test_hang(self):
        p = self.created()
        self.fault("*", "hang", times=2, seconds=0.3)
        start = time.monotonic()
        self.assertEqual(self.raw(), (b"", False))
        self.assertEqual(self.raw("verify", p["reference"]), (b"", False))
        self.assertGreater(time.monotonic() - start, 0.6)
        self.assertEqual(len(self.get("/_payments")["payments"]), 1)
        self.counted("create", "hang")
        self.counted("verify", "hang")

    def test_resets(self):
        p = self.created()
        self.fault("*", "reset", times=2)
        self.assertEqual(self.raw(), (b"", True))
        self.assertEqual(self.raw("verify", p["reference"]), (b"", True))
        self.assertEqual(len(self.get("/_payments")["payments"]), 1)
        self.fault("create", "reset_after")
        self.assertEqual(self.raw(), (b"", True))
        self.assertEqual(len(self.get("/_payments")["payments"]), 2)
        self.counted("create", "reset")
        self.counted("create", "reset_after")

    def test_reset_waits_its_turn(self):
        self.fault("create", "http_500")
        self.fault("create", "reset", match={"reference": "this"})
        self.assertEqual(self.create(self.order()[0]).status, 500)
        self.assertEqual(self.create(self.order()[0]).status, 200)
        self.assertEqual(self.raw(text=self.order(reference="this")[0]), (b"", True))

    def test_charge_no_answer(self):
        self.fault("create", "charge_no_answer")
        text, reference = self.order()
        self.assertEqual(self.raw(text=text), (b"", False))
        self.assertEqual([r["reference"] for r in self.rows()], [reference])
        self.assertEqual(self.verify(reference).json["status"], "success")
        self.counted("create", "charge_no_answer")

    def test_half_answers(self):
        for name in ("half_answer", "half_chunked"):
            self.fault("create", name, charge=True)
            with self.assertRaises(http.client.IncompleteRead):
                self.create(self.order(reference=name)[0])
            self.assertEqual(self.verify(name).json["status"], "success")
            self.fault("verify", name)
            with self.assertRaises(http.client.IncompleteRead):
                self.verify(name)
            self.counted("create", name)
            self.counted("verify", name)
        self.assertEqual(len(self.rows()), 2)

    def test_drip(self):
        p = self.created()
        self.fault("verify", "drip", seconds=0.002)
        start = time.monotonic()
        self.assertEqual(self.verify(p["reference"]).json["status"], "pending")
        self.assertGreater(time.monotonic() - start, 0.5)
        self.fault("create", "drip")
        with self.assertRaises(TimeoutError):
            self.create(self.order()[0], timeout=0.3)
        self.counted("verify", "drip")
        self.counted("create", "drip")

    def test_statuses(self):
        p = self.created()
        for name, status in (("http_500", 500), ("http_404", 404), ("http_401", 401),
                             ("http_429", 429)):
            self.fault("*", name, times=2)
            for got in (self.create(self.order()[0]), self.verify(p["reference"])):
                self.assertEqual((got.status, list(got.json)), (status, ["error"]))
            self.counted("create", name)
            self.counted("verify", name)
        self.assertEqual(len(self.get("/_payments")["payments"]), 1)
        self.fault("create", "http_500_after")
        self.assertEqual(self.create(self.order()[0]).status, 500)
        self.assertEqual(len(self.get("/_payments")["payments"]), 2)

    def test_http_302(self):
        self.fault("create", "http_302")
        got = self.create(self.order()[0])
        self.assertEqual(got.status, 302)
        self.assertEqual(self.get("/_control")["followed"], 0)
        self.ask("GET", urlsplit(got.headers["Location"]).path)
        self.assertEqual(self.get("/_control")["followed"], 1)
        self.assertEqual(len(self.get("/_calls?call=followed")["calls"]), 1)

    def test_bodies(self):
        self.fault("create", "html")
        got = self.create(self.order()[0])
        self.assertEqual((got.status, got.headers.get_content_type()), (200, "text/html"))
        self.fault("create", "empty", work=True)
        got = self.create(self.order(reference="empty")[0])
        self.assertEqual((got.status, got.body), (200, b""))
        self.assertEqual(self.verify("empty").status, 200)
        self.fault("create", "big")
        self.assertGreater(len(self.create(self.order()[0]).body), 10_000_000)
        self.fault("create", "big_header")
        with self.assertRaises(http.client.LineTooLong):
            self.create(self.order()[0])
        self.fault("create", "bad_json")
        with self.assertRaises(json.JSONDecodeError):
            self.create(self.order()[0]).json
        for name in ("html", "empty", "big", "big_header", "bad_json"):
            self.counted("create", name)

    def test_content(self):
        p = self.created()
        self.fault("create", "wrong_type")
        self.assertTrue(all(isinstance(v, list) for v in self.create(self.order()[0]).json.values()))
        self.fault("create", "missing_field")
        self.assertEqual(list(self.create(self.order()[0]).json), ["transaction_id"])
        self.fault("create", "missing_field", field="transaction_id")
        self.assertEqual(list(self.create(self.order()[0]).json), ["payment_url"])
        good = self.verify(p["reference"]).json
        for name, change in (("wrong_amount", {"amount": "150.01"}),
                             ("wrong_currency", {"currency": "USD"}),
                             ("wrong_mode", {"mode": "live"}),
                             ("wrong_reference", {"reference": "BASKA-SIPARIS",
                                                  "order_id": "BASKA-SIPARIS"}),
                             ("unknown_status", {"status": "weird"})):
            self.fault("verify", name)
            self.assertEqual(self.verify(p["reference"]).json, {**good, **change})
            self.assertEqual(self.verify(p["reference"]).json, good)
            self.counted("verify", name)
        self.fault("verify", "wrong_amount", value="1.00")
        self.assertEqual(self.verify(p["reference"]).json["amount"], "1.00")
        self.fault("verify", "wrong_type", field="amount")
        self.assertEqual(self.verify(p["reference"]).json, {**good, "amount": ["150.00"]})
        self.fault("verify", "missing_field")
        self.assertNotIn("status", self.verify(p["reference"]).json)

    def test_decline(self):
        self.fault("create", "decline")
        got = self.create(self.order()[0])
        self.assertEqual((got.status, got.json), (400, {"error": "Kart limiti yetersiz."}))
        self.assertEqual(self.get("/_payments")["payments"], [])
        p = self.created()
        self.fault("verify", "decline", error="Kart kapalı.")
        for _ in range(2):  # it was open: from now on it is refused
            told = self.verify(p["reference"]).json
            self.assertEqual((told["status"], told["error"]), ("failed", "Kart kapalı."))
        paid = self.created()
        self.press(paid, "approve")
        self.fault("verify", "decline")
        self.assertEqual(self.verify(paid["reference"]).json["status"], "failed")
        self.assertEqual(self.verify(paid["reference"]).json["status"], "success")

    def test_early_success(self):
        p = self.created()
        self.fault("verify", "early_success")
        self.assertEqual(self.verify(p["reference"]).json["status"], "success")
        self.assertEqual(self.verify(p["reference"]).json["status"], "success")
        self.assertEqual(len(self.rows()), 1)
        self.assertIn("zaten", self.press(p, "approve").body.decode())
        self.counted("verify", "early_success")

    def test_double_charge(self):
        p = self.created()
        self.fault("pay", "double_charge")
        self.assertEqual([self.press(p, "approve").status for _ in range(3)], [303, 303, 200])
        self.assertEqual([r["reference"] for r in self.rows()], [p["reference"]] * 2)
        self.counted("pay", "double_charge")

    def test_bad_requests_are_not_charged(self):
        self.fault("create", "charge_no_answer")
        self.assertEqual(self.create(self.order(currency="EUR")[0]).status, 400)
        self.assertEqual(self.create(self.order()[0], key="wrong").status, 401)
        self.counted("create", "charge_no_answer", 0)
        self.assertEqual(self.raw(), (b"", False))
        self.counted("create", "charge_no_answer", 1)

    def test_match_and_times(self):
        self.fault("create", "http_500", times=2, match={"reference": "m1"})
        self.fault("verify", "http_500", times=-1, match={"order_id": "ORD-X"})
        p = self.created(order_id="ORD-X")
        codes = [self.create(self.order(reference=r)[0]).status for r in ("m1", "m2", "m1", "m1")]
        self.assertEqual(codes, [500, 200, 500, 200])
        self.assertEqual([self.verify(p["transaction_id"]).status for _ in range(3)], [500] * 3)
        shown = self.get("/_control")
        self.assertEqual([(r["left"], r["happened"]) for r in shown["rules"] + shown["done"]],
                         [(-1, 3), (0, 2)])
        self.control(clear=True)
        self.assertEqual(self.verify(p["transaction_id"]).status, 200)
        self.fault("verify", "http_500", match={"transaction_id": p["transaction_id"]})
        self.assertEqual(self.verify(p["reference"]).status, 500)

    def test_random(self):
        def run(n=60):
            self.control(provider="kuveyt", seed=7, faults={
                "http_500": 0.3, "decline": 0.2, "half_answer": {"p": 0.1, "charge": True}})
            codes = []
            for _ in range(n):
                try:
                    codes.append(self.create(self.order()[0]).status)
                except http.client.IncompleteRead:
                    codes.append("half")
            return codes
        first = run()
        self.assertEqual(first, run())
        counts = self.get("/_control")["happened"]["kuveyt"]["create"]
        self.assertEqual(counts, {"http_500": 2 * first.count(500), "decline": 2 * first.count(400),
                                  "half_answer": 2 * first.count("half")})
        self.assertTrue(all(first.count(x) for x in (200, 400, 500, "half")))
        self.assertEqual(len(self.rows()), 2 * first.count("half"))
        self.control(provider="kuveyt", faults={})
        self.assertEqual(self.get("/_control")["random"], {})

    def test_every_fault_is_tried(self):
        known = set(re.findall(r"known: (.*)", self.control(
            want=400, provider="kuveyt", do="nonsense")["error"])[0].split(", "))
        text = Path(__file__).read_text()
        self.assertEqual([n for n in known if f'"{n}"' not in text], [])


class ControlCases(SandboxCase):
    """Control calls, lists, several at once, start and stop."""

    def test_refusals(self):
        k = {"provider": "kuveyt"}
        for body in ({}, {"do": "reset"}, {**k, "do": "nonsense"}, {**k, "do": 5},
                     {**k, "do": "reset", "times": 0}, {**k, "do": "reset", "times": "1"},
                     {**k, "do": "delay", "call": "refund"}, {**k, "do": "delay", "secs": 1},
                     {**k, "do": "delay", "seconds": "1"}, {**k, "do": "delay", "seconds": -1},
                     {**k, "do": "wrong_amount", "call": "create"},
                     {**k, "do": "charge_no_answer", "call": "verify"},
                     {**k, "do": "delay", "call": "pay"},
                     {**k, "do": "reset", "match": {"amount": "1"}},
                     {**k, "do": "reset", "match": {"reference": 1}},
                     {**k, "do": "reset", "clear": True}, {"clear": False}, {"reset": 1},
                     {**k, "faults": []}, {**k, "faults": {"http_500": 2}},
                     {**k, "faults": {"http_500": 0.6, "html": 0.6}}, {**k, "faults": {"no": 0.1}},
                     {**k, "faults": {"double_charge": 0.1}}, {**k, "faults": {}, "seed": "x"},
                     {"pay": "TRX1"}, {"pay": 5}, {"pay": {}}, {"keys": {"demo": []}},
                     {"keys": {"test": "x"}}, {"verify_tells": "x"}, {"notify": "x"},
                     {"notify": {"reference": "none"}}):
            self.assertTrue(self.control(want=400, **body)["error"], body)
        for raw in ("", "{", "[]", "5"):
            self.assertEqual(self.ask("POST", "/_control", raw).status, 400)
        self.assertEqual(self.ask("POST", "/_control", '{"clear": true}',
                                  {"Sec-Fetch-Site": "cross-site"}).status, 403)
        got = self.ask("PUT", "/_control")
        self.assertEqual((got.status, got.headers["Allow"]), (405, "GET, POST"))
        self.assertEqual(self.ask("GET", "/_nothing").status, 404)
        self.assertEqual(self.ask("GET", "/_ledger?since=x").status, 400)

    def test_pay(self):
        p = self.created()
        got = self.control(pay=p["transaction_id"], outcome="decline")
        self.assertEqual((got["changed"], got["payment"]["state"]), (True, "failed"))
        got = self.control(pay={"reference": p["reference"]})  # too late, but it counts
        self.assertEqual((got["changed"], got["payment"]["state"]), (True, "success"))
        got = self.control(pay={"reference": p["reference"]})
        self.assertEqual((got["changed"], got["payment"]["charges"]), (False, 1))
        self.assertEqual(len(self.rows()), 1)

    def test_verify_tells(self):
        p = self.created()
        self.control(verify_tells="status")
        self.assertEqual(self.verify(p["reference"]).json, {"status": "pending"})
        self.fault("verify", "wrong_amount")
        self.assertEqual(self.verify(p["reference"]).json, {"status": "pending",
                                                            "amount": "150.01"})
        self.press(p, "decline")
        self.assertEqual(set(self.verify(p["reference"]).json), {"status", "error"})
        self.control(verify_tells="all")
        self.assertEqual(self.verify(p["reference"]).json["amount"], "150.00")

    def test_notify(self):
        heard, barrier = [], threading.Barrier(4, timeout=5)

        class Shop(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                heard.append((self.path, parse_qs(body)))
                if self.path == "/ok?a=1":
                    barrier.wait()
                self.send_response(303)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *args):
                pass

        shop = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
        threading.Thread(target=shop.serve_forever, args=(0.05,), daemon=True).start()
        base = f"http://127.0.0.1:{shop.server_port}"
        try:
            p = self.created(return_url=base + "/ok?a=1", cancel_url=base + "/fail")
            self.press(p, "approve")
            got = self.control(notify={"reference": p["reference"], "times": 4,
                                       "concurrently": True})
            self.assertEqual([a["status"] for a in got["answers"]], [303] * 4)
            self.assertEqual(heard, [("/ok?a=1", {"transaction_id": [p["transaction_id"]],
                                                  "status": ["success"]})] * 4)
            heard.clear()
            got = self.control(notify={"transaction_id": p["transaction_id"], "status": "failed",
                                       "times": 2, "fields": {"transaction_id": None, "x": "ş"}})
            self.assertEqual(got["answers"][1]["location"], "/elsewhere")
            self.assertEqual(heard, [("/fail", {"status": ["failed"], "x": ["ş"]})] * 2)
        finally:
            shop.shutdown()
            shop.server_close()
        got = self.control(notify={"reference": p["reference"], "timeout": 1})
        self.assertIn("ConnectionRefusedError", got["answers"][0]["error"])

    def test_calls(self):
        text, reference = self.order()
        self.fault("verify", "http_429")
        p = self.create(text).json
        self.verify(reference + "?secret=1")
        self.press(p, "approve")
        calls = self.get("/_calls")["calls"]
        self.assertEqual([(c["call"], c["method"], c["status"], c["fault"]) for c in calls],
                         [("create", "POST", 200, None), ("verify", "GET", 429, "http_429"),
                          ("pay", "POST", 303, None)])
        self.assertEqual({c["reference"] for c in calls}, {reference})
        everything = json.dumps(calls) + self.box.log.read_text()
        for secret in ("api-key", "demo.test", "secret", p["payment_url"].rpartition("/")[2]):
            self.assertNotIn(secret, everything)
        self.assertEqual(len(self.get(f"/_calls?since={calls[1]['seq']}")["calls"]), 1)
        self.assertEqual(len(self.get("/_calls?fault=http_429")["calls"]), 1)
        self.assertEqual(self.ask("DELETE", "/_calls").status, 200)
        self.assertEqual(self.get("/_calls")["calls"], [])

    def test_reset_keeps_the_ledger(self):
        p = self.created()
        self.press(p, "approve")
        self.fault("create", "http_500", times=-1)
        self.control(reset=True)
        self.assertEqual(self.get("/_payments")["payments"], [])
        self.assertEqual(self.ask("GET", urlsplit(p["payment_url"]).path).status, 404)
        self.assertEqual(len(self.rows()), 1)
        self.assertEqual(self.create(self.order()[0]).status, 200)

    def test_many_at_once(self):
        sockets = [socket.create_connection(("127.0.0.1", self.box.port), 10) for _ in range(400)]
        try:
            start = time.monotonic()
            p = self.created()
            self.assertLess(time.monotonic() - start, 5)
            ask = (f"GET {TEST}/verify/{p['reference']} HTTP/1.1\r\nHost: x\r\n"
                   "Authorization: Bearer test-api-key\r\n\r\n").encode()
            for s in sockets:
                s.sendall(ask)
            for s in sockets:
                self.assertTrue(s.recv(4096).startswith(b"HTTP/1.1 200 OK"))
        finally:
            for s in sockets:
                s.close()

    def test_charges_at_once(self):
        payments = [self.created() for _ in range(40)]
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda p: self.press(p, "approve"), payments * 2))
        rows = self.rows()
        self.assertEqual(sorted(r["reference"] for r in rows),
                         sorted(p["reference"] for p in payments))
        self.assertEqual([r["seq"] for r in rows], list(range(self.seq + 1, self.seq + 41)))


class Runs(unittest.TestCase):
    """Start, stop, restart, TLS."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def start(self, *more):
        """A sandbox that is stopped in any case, and somebody to call it."""
        box = Running(self.folder.name, *more)
        self.addCleanup(box.stop)
        case = SandboxCase()
        case.box, case.seq = box, 0
        return box, case

    def test_restart_remembers_charges(self):
        box, case = self.start()
        p, q = case.created(), case.created()
        case.press(p, "approve")
        hung = socket.create_connection(("127.0.0.1", box.port), 5)
        self.addCleanup(hung.close)
        case.fault("create", "hang", seconds=100)
        hung.sendall(b"POST /kuveyt/payment/create HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        start = time.monotonic()
        self.assertEqual(box.stop(signal.SIGINT), 0)
        self.assertLess(time.monotonic() - start, 3)
        with box.ledger.open("a") as f:
            f.write('{"seq": 2, "cut off')
        box, case = self.start("--public-url", "http://demo.localhost:8081/")
        self.assertEqual(case.verify(p["reference"]).json["status"], "success")
        self.assertEqual(case.verify(q["reference"]).status, 404)
        r = case.created()
        self.assertTrue(r["payment_url"].startswith("http://demo.localhost:8081/kuveyt/"))
        case.press(r, "approve")
        self.assertEqual([x["seq"] for x in case.rows()], [1, 2])
        self.assertEqual(box.stop(), 0)
        lines = box.ledger.read_text().splitlines()
        self.assertEqual([json.loads(line)["seq"] for line in lines], [1, 2])

    def test_bad_start(self):
        for more in (["--ledger", os.path.join(self.folder.name, "none", "x")],
                     ["--ledger", os.path.join(self.folder.name, "x"), "--tls-port", "0"]):
            got = subprocess.run([sys.executable, str(HERE / "sandbox.py"), "--port", "0", *more],
                                 capture_output=True, text=True, timeout=10)
            self.assertNotEqual(got.returncode, 0)
            self.assertNotIn("Traceback", got.stderr)

    @unittest.skipUnless(shutil.which("openssl"), "needs the openssl command for a certificate")
    def test_tls(self):
        cert, key = (os.path.join(self.folder.name, n) for n in ("c.pem", "k.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
                       check=True, capture_output=True)
        box, case = self.start("--tls-port", "0", "--tls-cert", cert, "--tls-key", key)
        port = case.get("/_control")["tls"]["port"]
        trusting = ssl.create_default_context(cafile=cert)
        p = case.created()

        def verify(host, context):
            c = http.client.HTTPSConnection(host, port, timeout=5, context=context)
            try:
                c.request("GET", f"{TEST}/verify/{p['reference']}",
                          headers={"Authorization": "Bearer test-api-key"})
                return json.loads(c.getresponse().read())["status"]
            finally:
                c.close()

        self.assertEqual(verify("localhost", trusting), "pending")
        with self.assertRaises(ssl.SSLCertVerificationError):
            verify("127.0.0.1", trusting)
        with self.assertRaises(ssl.SSLCertVerificationError):
            verify("localhost", ssl.create_default_context())
        silent = socket.create_connection(("127.0.0.1", port), 5)  # nobody waits for its handshake
        self.addCleanup(silent.close)
        self.assertEqual(verify("localhost", trusting), "pending")
        case.fault("verify", "reset_after")
        with self.assertRaises(OSError):
            verify("localhost", trusting)
        case.fault("verify", "half_answer")
        with self.assertRaises((OSError, http.client.IncompleteRead)):
            verify("localhost", trusting)
        self.assertGreaterEqual(case.get("/_control")["tls"]["connections"], 6)
        self.assertEqual(box.stop(), 0)


def load_tests(loader, tests, pattern):
    """Without the base class, which has no tests of its own."""
    return unittest.TestSuite(t for t in tests if t.countTestCases())


if __name__ == "__main__":
    unittest.main()

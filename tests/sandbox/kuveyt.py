"""Kuveyt P0, the 'gateway' of the shop document: create, payment page, verify.

Deliberately not idempotent: the same reference twice is two payments.
"""

import hmac
import re
import secrets
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlencode, urlsplit, urlunsplit

import pages
from answers import Answer, Number, Refused, error_answer, json_answer, read_json
from faults import ANYTHING, PAYMENT, PENDING, REQUEST, Subject, carry_out
from ledger import now

NAME = "kuveyt"
CALLS = ("create", "verify", "pay")
DEFAULT_KEYS = {"test": ["test-api-key"], "live": ["production-api-key"]}
BASES = {"test": "/kuveyt/payment", "live": "/kuveyt/live/payment"}
PATH = re.compile(r"/kuveyt(/live)?/payment/(?:(create)|(verify)/([^/]+)|(redirect)/([^/]+))")
AMOUNT = re.compile(r"(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,2}))?")


@dataclass
class Payment:
    """One payment as the gateway sees it. state: pending, success, failed."""

    mode: str
    transaction_id: str
    reference: str | None
    order_id: str
    amount_kurus: int
    currency: str
    key_last4: str
    token: str | None = None
    return_url: str = ""
    cancel_url: str = ""
    state: str = "pending"
    error: str | None = None
    charges: int = 0
    created_at: str = ""


class BadField(ValueError):
    """A field of a create request is missing or wrong; the text goes to the caller."""


class Store:
    """The payments of one mode, by each of their names."""

    def __init__(self):
        self.by_id, self.by_token, self.by_reference = {}, {}, defaultdict(list)

    def add(self, payment):
        self.by_id[payment.transaction_id] = payment
        self.by_token[payment.token] = payment
        self.by_reference[payment.reference].append(payment)


class Kuveyt:
    """The provider: its payments and its keys, under the sandbox's lock."""

    name, calls = NAME, CALLS

    def __init__(self, sandbox):
        self.sandbox, self.lock, self.faults = sandbox, sandbox.lock, sandbox.faults
        self.reset()
        self._remember(sandbox.ledger.find())

    def reset(self):
        """As just started, but without the payments that the ledger knows."""
        with self.lock:
            self.stores = {"test": Store(), "live": Store()}
            self.keys = {mode: list(keys) for mode, keys in DEFAULT_KEYS.items()}
            self.tells = "all"

    def _remember(self, rows):
        """Payments that an earlier run has charged are still paid."""
        for row in rows:
            if row["provider"] != NAME or row["kind"] != "charge":
                continue
            store = self.stores[row["mode"]]
            if row["transaction_id"] not in store.by_id:
                store.add(Payment(row["mode"], row["transaction_id"], row["reference"],
                                  row["order_id"], row["amount_kurus"], row["currency"],
                                  row["key_last4"], state="success", created_at=row["at"]))
            store.by_id[row["transaction_id"]].charges += 1

    # ---- routing ----

    def owns(self, path):
        return path.startswith("/kuveyt/")

    def answer(self, request):
        """Any request below /kuveyt/; every one is listed."""
        found = PATH.fullmatch(request.path)
        if not found:
            row = self._row(request, "other", None, request.path)
            answer = error_answer(404, "Sayfa bulunamadı.")
            answer.row = row
            return answer
        live, create, verify, wanted, _, token = found.groups()
        mode = "live" if live else "test"
        if create or verify:
            call, allowed = ("create", "POST") if create else ("verify", "GET")
            row = self._row(request, call, mode, request.path)
            if request.method != allowed:
                answer = error_answer(405, "Yöntem desteklenmiyor.", (("Allow", allowed),))
            elif create:
                answer = self.create(request, mode, row)
            else:
                answer = self.verify(request, mode, unquote(wanted), row)
        else:
            call = "pay" if request.method == "POST" else "page"
            row = self._row(request, call, mode, f"{BASES[mode]}/redirect/*")
            answer = self.page(request, mode, token, row)
        answer.row = row
        return answer

    def _row(self, request, call, mode, path):
        return self.sandbox.calls.open(NAME, call, mode, request.method, path)

    # ---- create ----

    def create(self, request, mode, row):
        """POST {base}/create"""
        subject, fields, problem = Subject(), {}, None
        fault = self.faults.pick_unread(NAME, "create")
        if not fault:
            problem = self._wrong_key(request, mode)
            if not problem:
                try:
                    fields = read_create(request)
                except BadField as bad:
                    problem = error_answer(400, str(bad))
                except Refused as bad:
                    problem = error_answer(bad.status, bad.text)
            subject = self._subject([], PENDING if not problem else ANYTHING, **fields)
            self.sandbox.calls.note(row, reference=fields.get("reference"),
                                    order_id=fields.get("order_id"))
            fault = self.faults.pick(NAME, "create", subject)
        self.sandbox.calls.note(row, fault=fault.name if fault else None)
        return carry_out(fault, problem,
                         lambda: self._create(fields, mode, bearer(request)[-4:], fault, row),
                         self.sandbox)

    def _create(self, fields, mode, last4, fault, row):
        if fault and fault.name == "decline":
            return error_answer(400, fault.args["error"])
        with self.lock:
            payment = Payment(mode=mode, transaction_id=self._new_id(), token=secrets.token_hex(16),
                              currency="TRY", key_last4=last4, created_at=now(), **fields)
            self.stores[mode].add(payment)
            if fault and fault.charge:
                self._charge(payment)
        self.sandbox.calls.note(row, transaction_id=payment.transaction_id)
        told = {"payment_url": self.page_url(payment), "transaction_id": payment.transaction_id}
        return json_answer(200, twisted(told, fault, "payment_url"))

    def _new_id(self):
        while True:
            name = f"TRX{secrets.randbelow(10 ** 15):015d}"
            if not any(name in store.by_id for store in self.stores.values()):
                return name

    def _charge(self, payment):
        """The money is taken: a row in the ledger each time. Called with the lock."""
        self.sandbox.ledger.add(
            provider=NAME, mode=payment.mode, kind="charge", reference=payment.reference,
            transaction_id=payment.transaction_id, order_id=payment.order_id,
            amount_kurus=payment.amount_kurus, currency=payment.currency,
            key_last4=payment.key_last4)
        payment.state, payment.error = "success", None
        payment.charges += 1

    # ---- verify ----

    def verify(self, request, mode, wanted, row):
        """GET {base}/verify/{transaction id, or our own reference}"""
        problem = self._wrong_key(request, mode)
        with self.lock:
            payments = self._named(self.stores[mode], wanted)
            payment = best(payments)
            level = (ANYTHING if problem else REQUEST if not payment
                     else PENDING if payment.state == "pending" else PAYMENT)
            subject = self._subject(payments, level)
        subject.reference.add(wanted)
        subject.transaction_id.add(wanted)
        if payment:
            self.sandbox.calls.note(row, reference=payment.reference, order_id=payment.order_id,
                                    transaction_id=payment.transaction_id)
        fault = self.faults.pick(NAME, "verify", subject)
        self.sandbox.calls.note(row, fault=fault.name if fault else None)
        return carry_out(fault, problem, lambda: self._verify(mode, wanted, fault), self.sandbox)

    def _verify(self, mode, wanted, fault):
        with self.lock:
            payment = best(self._named(self.stores[mode], wanted))
            if not payment:
                return error_answer(404, "Ödeme bulunamadı.")
            if fault and payment.state == "pending":
                if fault.name == "early_success":
                    self._charge(payment)
                elif fault.name == "decline":
                    payment.state, payment.error = "failed", fault.args["error"]
            told = {"status": payment.state, "transaction_id": payment.transaction_id,
                    "amount": f"{payment.amount_kurus // 100}.{payment.amount_kurus % 100:02d}",
                    "currency": payment.currency, "order_id": payment.order_id,
                    "reference": payment.reference, "mode": payment.mode}
            tells, error = self.tells, payment.error
        if fault and fault.name == "decline":
            told["status"], error = "failed", fault.args["error"]
        if told["status"] == "failed":
            told["error"] = error
        if tells == "status":
            told = {key: told[key] for key in ("status", "error") if key in told}
        return json_answer(200, twisted(told, fault, "status", payment))

    @staticmethod
    def _named(store, name):
        if name in store.by_id:
            return [store.by_id[name]]
        return list(store.by_reference.get(name, ()))

    @staticmethod
    def _subject(payments, level, reference=None, order_id=None, **_):
        return Subject(level, {p.reference for p in payments} | ({reference} - {None}),
                       {p.transaction_id for p in payments},
                       {p.order_id for p in payments} | ({order_id} - {None}))

    def _wrong_key(self, request, mode):
        """401 unless the Bearer key is one of this mode."""
        key = bearer(request).encode("latin-1", "replace")
        with self.lock:
            good = [k.encode() for k in self.keys[mode]]
        if any([hmac.compare_digest(key, k) for k in good]):
            return None
        return error_answer(401, "Geçersiz API anahtarı.", (("WWW-Authenticate", "Bearer"),))

    # ---- the payment page ----

    def page_url(self, payment):
        return f"{self.sandbox.public_url}{BASES[payment.mode]}/redirect/{payment.token}"

    def page(self, request, mode, token, row):
        """GET and POST {base}/redirect/{token}"""
        with self.lock:
            payment = self.stores[mode].by_token.get(token)
        if not payment:
            return pages.unknown_page()
        self.sandbox.calls.note(row, reference=payment.reference, order_id=payment.order_id,
                                transaction_id=payment.transaction_id)
        if request.method in ("GET", "HEAD"):
            return self._shown(payment)
        if request.method != "POST":
            return error_answer(405, "Yöntem desteklenmiyor.", (("Allow", "GET, HEAD, POST"),))
        form = parse_qs(request.body().decode("utf-8", "replace"), keep_blank_values=True)
        pressed = [b for b in ("approve", "decline", "abandon") if b in form]
        if len(pressed) != 1:
            return pages.unclear_page()
        if pressed == ["abandon"] and payment.state == "pending":
            return pages.left_page(payment, self.page_url(payment))
        if pressed == ["abandon"] or not self.decide(payment, pressed[0], row):
            return self._shown(payment)
        return Answer(303, headers=(("Location", back(payment)), ("Cache-Control", "no-store")))

    def _shown(self, payment):
        if payment.state == "pending":
            return pages.open_page(payment)
        shown = pages.paid_page if payment.state == "success" else pages.declined_page
        return shown(payment, back(payment))

    def decide(self, payment, outcome, row=None, late=False):
        """The shopper approves or declines; True when that changed or charged anything.

        late: an approval also counts after a decline (the success that comes too late).
        """
        with self.lock:
            if outcome == "approve" and (payment.state == "pending"
                                         or late and payment.state == "failed"):
                self._charge(payment)
                return True
            if outcome == "decline" and payment.state == "pending":
                payment.state, payment.error = "failed", "Kart limiti yetersiz."
                return True
            if outcome != "approve" or payment.state != "success":
                return False
            fault = self.faults.pick(NAME, "pay", self._subject([payment], PAYMENT))
            if fault:
                self._charge(payment)
                if row:
                    self.sandbox.calls.note(row, fault=fault.name)
            return bool(fault)

    # ---- for the control calls ----

    def find(self, reference=None, transaction_id=None, order_id=None):
        """The payments of both modes that fit, oldest first; they may change any moment."""
        with self.lock:
            found = [p for store in self.stores.values() for p in (
                store.by_id.values() if reference is None
                else store.by_reference.get(reference, ()))]
        return sorted((p for p in found if transaction_id in (None, p.transaction_id)
                       and order_id in (None, p.order_id)), key=lambda p: p.created_at)

    def shown(self, payment):
        """A payment for GET /_payments."""
        with self.lock:
            return {"provider": NAME, "mode": payment.mode, "reference": payment.reference,
                    "transaction_id": payment.transaction_id, "order_id": payment.order_id,
                    "amount_kurus": payment.amount_kurus, "currency": payment.currency,
                    "state": payment.state, "charges": payment.charges, "error": payment.error,
                    "created_at": payment.created_at,
                    "payment_url": self.page_url(payment) if payment.token else None}


def bearer(request):
    """The key of `Authorization: Bearer key`, or an empty text."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def best(payments):
    """Of several payments with one reference: a paid one, else an open one, else the last."""
    for state in ("success", "pending"):
        for payment in payments:
            if payment.state == state:
                return payment
    return payments[-1] if payments else None


def back(payment):
    """Where the shopper's browser goes, with the two parameters added to the query."""
    paid = payment.state == "success"
    parts = urlsplit(payment.return_url if paid else payment.cancel_url)
    added = urlencode({"transaction_id": payment.transaction_id,
                       "status": "success" if paid else "failed"})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def twisted(told, fault, main_field, payment=None):
    """The fields of a good answer, made wrong as the fault says."""
    if not fault:
        return told
    value = fault.args.get("value")
    match fault.name:
        case "wrong_type":
            chosen = fault.args["field"]
            return {k: [v] if chosen in (None, k) else v for k, v in told.items()}
        case "missing_field":
            told.pop(fault.args["field"] or main_field, None)
        case "wrong_amount":
            more = payment.amount_kurus + 1
            told["amount"] = value or f"{more // 100}.{more % 100:02d}"
        case "wrong_currency":
            told["currency"] = value or "USD"
        case "wrong_mode":
            told["mode"] = value or ("live" if payment.mode == "test" else "test")
        case "wrong_reference":
            told["reference"] = told["order_id"] = value or "BASKA-SIPARIS"
        case "unknown_status":
            told["status"] = value or "weird"
    return told


def read_create(request):
    """The checked fields of a create request; BadField says what is wrong."""
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise BadField("Content-Type application/json olmalıdır.")
    try:
        body = read_json(request.body())
    except ValueError:
        raise BadField("Geçersiz JSON.") from None
    if not isinstance(body, dict):
        raise BadField("Geçersiz JSON.")
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        raise BadField("metadata gereklidir.")
    for name in ("customer_email", "customer_name", "customer_phone"):
        if not isinstance(body.get(name, ""), str) or isinstance(body.get(name), Number):
            raise BadField(f"{name} metin olmalıdır.")
    if body.get("currency") != "TRY" or isinstance(body["currency"], Number):
        raise BadField("currency TRY olmalıdır.")
    _word(metadata, "tenant_id", number=True)
    _word(metadata, "order_number")
    return {"amount_kurus": _kurus(body.get("amount")), "order_id": _word(body, "order_id"),
            "return_url": _url(body, "return_url"), "cancel_url": _url(body, "cancel_url"),
            "reference": _word(metadata, "reference") if "reference" in metadata else None}


def _kurus(value):
    """A JSON number above zero with at most two decimals, as kuruş; by its digits only."""
    found = AMOUNT.fullmatch(value) if isinstance(value, Number) else None
    kurus = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
    if kurus <= 0:
        raise BadField("amount geçersiz.")
    return kurus


def _word(fields, name, number=False):
    value = fields.get(name)
    if (not isinstance(value, str) or isinstance(value, Number) and not number
            or not 1 <= len(value) <= 100 or not value.isprintable()):
        raise BadField(f"{name} gereklidir." if value in (None, "") else f"{name} geçersiz.")
    return str(value)


def _url(fields, name):
    value = fields.get(name)
    try:
        parts = urlsplit(value) if isinstance(value, str) and len(value) <= 2000 else None
        good = (parts and parts.scheme in ("http", "https") and parts.hostname
                and value.isascii() and value.isprintable() and " " not in value)
    except ValueError:
        good = False
    if not good:
        raise BadField(f"{name} geçersiz.")
    return value

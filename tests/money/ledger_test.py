#!/usr/bin/env python3
"""The checker itself: an untouched instance has no differences, and each planted one is found."""

import pathlib
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import ledger  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.client import Client  # noqa: E402
from lib.instance import Instance  # noqa: E402
from shop import Buyer, Shop  # noqa: E402

# What is planted -> a part of what must be said. %(paid)s is a paid attempt, %(open)s a waiting one,
# both with their orders.
PLANTED = [
    ("UPDATE attempts SET amount = amount + 1 WHERE id = '%(paid)s'", "I2", "the provider has"),
    ("UPDATE attempts SET mode = 'live' WHERE id = '%(paid)s'", "I2", "the provider has"),
    ("UPDATE attempts SET state = 'waiting', pays = NULL, paid_at = NULL, next_ask_at = created_at"
     " WHERE id = '%(paid)s'", "I2", "charged, but our attempt is waiting"),
    ("UPDATE attempts SET state = 'declined', pays = NULL, paid_at = NULL WHERE id = '%(paid)s'",
     "I6", "settle it 1 times"),
    ("UPDATE attempts SET provider_ref = 'TRX1' WHERE id = '%(paid)s'", "I2", "we know TRX1"),
    ("UPDATE attempts SET reference = 'TRXother' WHERE id = '%(paid)s'", "I2", "no attempt of ours"),
    ("UPDATE attempts SET order_id = '%(open_order)s' WHERE id = '%(paid)s'", "I2", "charged for ORD-"),
    ("UPDATE attempts SET state = 'succeeded', paid_at = created_at, next_ask_at = NULL"
     " WHERE id = '%(open)s'", "I2", "the provider has no charge"),
    ("UPDATE attempts SET pays = NULL WHERE id = '%(paid)s'", "I1", "0 of them pay it"),
    ("UPDATE attempts SET state = 'succeeded', paid_at = created_at, next_ask_at = NULL,"
     " order_id = '%(paid_order)s' WHERE id = '%(open)s'", "I1", "a second success"),
    ("UPDATE attempts SET pays = 1 WHERE id = '%(open)s'", "I1", "but is waiting"),
    ("DELETE FROM ledger WHERE attempt_id = '%(paid)s'", "I3", "captures []"),
    ("DELETE FROM ledger WHERE attempt_id = '%(paid)s'", "I3", "sum of captures"),
    ("UPDATE ledger SET amount = amount - 1 WHERE attempt_id = '%(paid)s'", "I3", "captures ['"),
    ("UPDATE ledger SET cause = 'TRXother' WHERE attempt_id = '%(paid)s'", "I3", "cause TRXother"),
    ("UPDATE ledger SET currency = 'USD' WHERE attempt_id = '%(paid)s'", "I3", "currency is not"),
    ("UPDATE ledger SET attempt_id = UUID() WHERE attempt_id = '%(paid)s'", "I3", "no attempt"),
    ("UPDATE ledger SET at = at + INTERVAL 1 SECOND WHERE attempt_id = '%(old)s'", "I3", "was {"),
    ("INSERT INTO ledger (tenant_id, attempt_id, kind, cause, provider, mode, amount, currency, at)"
     " SELECT tenant_id, attempt_id, kind, 'again', provider, mode, amount, currency, at FROM ledger"
     " WHERE attempt_id = '%(paid)s'", "I3", "cause again"),
    ("INSERT INTO ledger (tenant_id, attempt_id, kind, cause, provider, mode, amount, currency, at)"
     " SELECT tenant_id, attempt_id, 'refund', 'R1', provider, mode, amount + 1, currency, at FROM ledger"
     " WHERE attempt_id = '%(paid)s'", "I5", "given back"),
    ("INSERT INTO ledger (tenant_id, attempt_id, kind, cause, provider, mode, amount, currency, at)"
     " SELECT tenant_id, attempt_id, 'refund', 'R1', provider, mode, 1, currency, at FROM ledger"
     " WHERE attempt_id = '%(paid)s'", "I3", "ours, not the provider's"),
    ("UPDATE orders SET payment_status = 'pending', paid_at = NULL WHERE id = '%(paid_order)s'",
     "I4", "but paid by"),
    ("UPDATE orders SET payment_status = 'paid', paid_at = created_at WHERE id = '%(open_order)s'",
     "I4", "paid by []"),
    ("UPDATE orders SET total = total + 1, shipping = shipping + 1 WHERE id = '%(paid_order)s'",
     "I4", "paid by ['"),
    ("UPDATE orders SET total = total + 1 WHERE id = '%(paid_order)s'", "I4", "sum of its parts"),
    ("UPDATE orders SET status = 'pending' WHERE id = '%(paid_order)s'", "I4", "still pending"),
    ("UPDATE orders SET paid_at = NULL WHERE id = '%(paid_order)s'", "I4", "paid_at None"),
    ("INSERT INTO order_history (tenant_id, order_id, from_status, to_status, at, actor) SELECT"
     " tenant_id, order_id, from_status, to_status, at, actor FROM order_history"
     " WHERE order_id = '%(paid_order)s' AND actor = 'payment'", "I4", "2 moves by payment"),
    ("DELETE FROM order_items WHERE order_id = '%(paid_order)s'", "I4", "not its subtotal"),
    ("UPDATE products SET stock = stock - 1 WHERE id = '%(product)s'", "I4", "pieces before"),
    ("UPDATE orders SET status = 'cancelled' WHERE id = '%(open_order)s'", "I4", "pieces before"),
    ("UPDATE products SET stock = -1 WHERE id = '%(product)s'", "I4", "products.stock goes down to -1"),
    ("UPDATE attempts SET next_ask_at = NULL WHERE id = '%(open)s'", "I6", "without a next question"),
    ("UPDATE attempts SET state = 'sending', next_ask_at = NULL WHERE id = '%(open)s'",
     "I6", "sending, without a next question"),
    ("UPDATE attempts SET next_ask_at = created_at WHERE id = '%(paid)s'", "I6", "would be asked"),
    ("INSERT INTO attempt_events (tenant_id, attempt_id, at, source, outcome, effect) SELECT tenant_id,"
     " attempt_id, at, source, outcome, effect FROM attempt_events WHERE attempt_id = '%(paid)s'"
     " AND effect = 'paid'", "I6", "settle it 2 times"),
    ("INSERT INTO inbox (id, provider, about, kind, remote_addr, body, received_at, state) VALUES"
     " (UUID(), 'kuveyt', '%(paid)s', 'ok', '127.0.0.1', 'x', UTC_TIMESTAMP(6), 'new')",
     "I6", "never handled"),
]


def told(found, invariant, words):
    return any(f.startswith(invariant) and words in f for f in found)


def by_sql(vz, before, names):
    """Each in a transaction of the connection that compare() reads with, which is rolled back."""
    vz.sql.run("SET SESSION check_constraint_checks = 0, foreign_key_checks = 0")
    for statement, invariant, words in PLANTED:
        vz.sql.run("START TRANSACTION; " + statement % names)
        found = ledger.compare(vz, before)
        check(told(found, invariant, words), f"{invariant} found: {words}", statement % names, *found)
        vz.sql.run("ROLLBACK")
    same(ledger.compare(vz, before), [], "and nothing is left of them")


def by_provider(vz, before, names):
    rows = vz.ledger()
    one = rows[-1]
    planted = [
        ([*rows, {**one, "seq": 99}], "I1", "charged 2 times"),
        ([*rows, {**one, "reference": "TRXnobody"}], "I2", "no attempt of ours"),
        (rows[:-1], "I2", "the provider has no charge"),
        ([*rows[:-1], {**one, "amount_kurus": one["amount_kurus"] + 1}], "I2", "the provider has"),
        ([*rows[:-1], {**one, "currency": "USD"}], "I2", "the provider has"),
        ([*rows[:-1], {**one, "mode": "live"}], "I2", "the provider has"),
        ([*rows[:-1], {**one, "order_id": "ORD-X"}], "I2", "charged for ORD-X"),
        ([*rows, {**one, "kind": "refund", "reference": "R9"}], "I3", "the provider's, not ours"),
    ]
    for theirs, invariant, words in planted:
        vz.ledger = lambda theirs=theirs: theirs
        found = ledger.compare(vz, before)
        check(told(found, invariant, words), f"{invariant} found: {words}", *found)
    del vz.ledger
    found = ledger.compare(vz, before, held=[one["reference"]])
    check(told(found, "I2", "held, but succeeded") or told(found, "I2", "not flagged"),
          "a held charge must be flagged and not succeed", *found)


def leaks(vz, token):
    same(ledger.leak_scan(vz, [token]), [], "no leak to begin with")
    card = ledger.CARDS[0]
    spaced = "4111 1111 1111 1111"
    for text in (card, spaced, spaced.replace(" ", "-"), urllib.parse.quote(spaced), card.encode().hex(),
                 card.encode().hex().upper(), "test-api-key", "test-api-secret", "production-api-key",
                 vz.demo["logins"][0]["password"], vz.demo["database"]["password"], token,
                 *sorted(s.decode() for s in ledger.spellings("test-api-secret")), ledger.CARDS[19]):
        path = vz.run / "log" / "planted.log"
        path.write_text(f"before {text} after\n")
        found = ledger.leak_scan(vz, [token])
        check(any("planted.log" in f for f in found), f"found in a log: {text[:12]}…", *found)
        path.unlink()
    for column, value in (("description", card), ("description", "test-api-secret")):
        vz.sql.run(f"UPDATE products SET {column} = %s WHERE tenant_id = 2", value)
        found = ledger.leak_scan(vz)
        check(any("the database" in f for f in found), f"found in a table: {value[:12]}…", *found)
        vz.sql.run(f"UPDATE products SET {column} = '' WHERE tenant_id = 2")
    vz.sql.run("INSERT INTO inbox (id, provider, about, kind, remote_addr, body, received_at, state,"
               " handled_at) VALUES (UUID(), 'kuveyt', 'x', 'ok', '127.0.0.1', %s, UTC_TIMESTAMP(6),"
               " 'refused', UTC_TIMESTAMP(6))", card.encode())
    found = ledger.leak_scan(vz)
    check(any("the database" in f for f in found), "found among bytes of a table", *found)


def settled(vz, shop):
    """settle() brings home what only the provider knows, and closes what nobody paid."""
    b = Buyer(shop)
    started = b.start(b.order())
    with Client(vz.sandbox_url) as c:
        c.post("/_control", {"pay": started.json["transaction_id"]})
    found = ledger.compare(vz)
    check(told(found, "I2", "charged, but our attempt is waiting"), "paid, and we don't know it", *found)
    b.start(b.order())
    check(0 < ledger.settle(vz) < 20, "settle() comes to an end")
    same(vz.sql.rows("SELECT state, COUNT(*) AS n FROM attempts GROUP BY state ORDER BY state"),
         [{"state": "succeeded", "n": "3"}, {"state": "void", "n": "2"}], "all is decided then")
    b.close()


def main():
    with Instance() as vz:
        shop = Shop(vz)
        b = Buyer(shop)
        start = ledger.snapshot(vz)
        section("an honest instance")
        old = b.buy()
        before = {**start, "ledger": ledger.snapshot(vz)["ledger"]}
        names = {"paid_order": b.buy(), "open_order": b.order()["id"]}
        b.start({"id": names["open_order"]})
        of = "SELECT id FROM attempts WHERE order_id = %s"
        names.update(paid=vz.sql.one(of, names["paid_order"]), open=vz.sql.one(of, names["open_order"]),
                     old=vz.sql.one(of, old), product=shop.products[0])
        same(ledger.compare(vz, before), [], "has no differences")
        section("planted in our books")
        by_sql(vz, before, names)
        section("planted in the provider's")
        by_provider(vz, before, names)
        section("planted secrets")
        leaks(vz, b.client.cookies["vezne_session"])
        vz.sql.run("DELETE FROM inbox")
        section("settle")
        settled(vz, shop)
        ledger.agree(vz, before, [b.client.cookies["vezne_session"]])
        b.close()


run(main)

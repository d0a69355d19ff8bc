#!/usr/bin/env python3
"""K4: orders through nginx while a random worker is SIGKILLed every 50 ms.

    ORDERS=500 SEED=... BUYERS=12 EVERY_MS=50 k4_test.py      (proof: ORDERS=5000)

Each buyer fills a cart, orders, starts a payment, sometimes asks too early, pays or is refused at the
bank's page and tries again, comes back by browser or notice or not at all, and verifies; on 5xx, no
answer or "still running" the same request goes out again, with the same key. The provider has faults
of its own at the same time. Must hold: every order is paid, by one charge; all final answers to one
key are equal, during the kills and after them; the books agree.

A gateway that opens a page takes no money on `create`: the usual faults that charge without an answer
are therefore answers that are lost after the page was made.
"""

import os
import pathlib
import random
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import ledger  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402
from shop import Buyer, Shop, Trouble, new_key  # noqa: E402

ORDERS = int(os.environ.get("ORDERS", 500))
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 31))
BUYERS = int(os.environ.get("BUYERS", 12))
EVERY = int(os.environ.get("EVERY_MS", 50)) / 1000
TIMEOUT_S = 2
FAULTS = {"http_500": 0.02, "delay": {"p": 0.02, "seconds": TIMEOUT_S + 1}, "reset_after": 0.02,
          "half_answer": 0.01, "decline": 0.03}


class Killer(threading.Thread):
    """One worker every EVERY seconds; any program, so that the supervisors are never idle."""

    def __init__(self, vz):
        super().__init__(daemon=True)
        self.supervisors = [vz.demo["pids"][name] for name in vz.demo["sockets"]]
        self.dice, self.kills, self.done = random.Random(SEED), 0, threading.Event()

    def workers(self):
        found = []
        for pid in self.supervisors:
            text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
            found += map(int, text.split())
        return found

    def run(self):
        next_at = time.monotonic()
        while not self.done.wait(max(0, next_at - time.monotonic())):
            next_at = max(next_at + EVERY, time.monotonic() - EVERY)
            found = self.workers()
            if not found:
                continue
            try:
                os.kill(self.dice.choice(found), signal.SIGKILL)
                self.kills += 1
            except ProcessLookupError:
                pass

    def stop(self):
        self.done.set()
        self.join()


class Shopper(threading.Thread):
    def __init__(self, shop, number, queue, seconds):
        super().__init__(daemon=True)
        self.shop, self.queue, self.end = shop, queue, time.monotonic() + seconds
        self.dice = random.Random(SEED * 1000 + number)
        self.approved, self.orders, self.buyers, self.trouble = [], [], [], []

    def run(self):
        while time.monotonic() < self.end:
            try:
                self.queue.pop()
            except IndexError:
                return
            b = Buyer(self.shop, self.dice)
            self.buyers.append(b)
            try:
                self.one(b)
            except Exception as trouble:
                self.trouble.append(f"{type(trouble).__name__}: {trouble}")
            finally:
                b.close()

    def one(self, b):
        order = b.order(new_key(self.dice))
        self.orders.append(order["id"])
        for _ in range(8):
            if self.try_to_pay(b, order):
                return
        raise Trouble("refused eight times")

    def try_to_pay(self, b, order):
        key = new_key(self.dice)
        started = b.start(order, key)
        if self.dice.random() < 0.2:
            b.start(order, key)   # a double click
        if started.status == 400 and started.json["code"] == "payment_refused":
            self.shop.counts.add("refused at create")
            return False
        if started.status != 201:
            raise Trouble(f"create: {started}")
        transaction = started.json["transaction_id"]
        if self.dice.random() < 0.1:
            early = b.ask("POST", "/api/payments/verify/", {"transaction_id": transaction})
            if early is not None and early.status == 200:
                raise Trouble(f"verified before anybody paid: {early}")
        approve = self.dice.random() < 0.9
        try:
            back = b.pay(started.json["payment_url"], "approve" if approve else "decline")
        except Trouble:
            back = None   # the bank has closed its page: an early question met a decline
        if approve and back:
            self.approved.append((order["id"], transaction))
        how = self.dice.random()
        if back and how < 0.6:
            b.come_back(back)
        elif back and how < 0.8:
            self.shop.vz.control(notify={"transaction_id": transaction, "times": self.dice.randint(1, 3),
                                         "concurrently": True})
        a = b.verify(transaction)
        if a.status == 200 and a.json["payment"]["status"] == "completed":
            return True
        if a.status != 400 or a.json["code"] != "payment_declined" or (approve and back):
            raise Trouble(f"verify after {'approve' if approve else 'decline'}: {a}")
        self.shop.counts.add("declined")
        return False


def shopping(vz, shop):
    vz.control(provider="kuveyt", call="*", faults=FAULTS, seed=SEED)
    killer = Killer(vz)
    queue = list(range(ORDERS))
    people = [Shopper(shop, n, queue, 120 + ORDERS) for n in range(BUYERS)]
    started = time.monotonic()
    killer.start()
    for p in people:
        p.start()
    for p in people:
        p.join()
    killer.stop()
    took = time.monotonic() - started
    vz.control(clear=True)
    print(f"{ORDERS} orders by {BUYERS} buyers in {took:.1f} s, {killer.kills} kills "
          f"({took / max(killer.kills, 1) * 1000:.0f} ms apart); {shop.counts}", flush=True)
    check(killer.kills >= took / EVERY * 0.7, "the kills came as often as they should", killer.kills)
    return people


def answers(people):
    trouble = [t for p in people for t in p.trouble]
    check(not trouble, f"every buyer came to an end: {len(trouble)} did not", *trouble[:10])
    buyers = [b for p in people for b in p.buyers]
    for b in buyers:
        b.repeat_all()
        b.close()
    keys = sum(len(b.final) for b in buyers)
    different = [d for b in buyers for d in b.different]
    check(not different, f"{keys} keys: all answers to one key are equal", *different[:10])
    print(f"{keys} keys, each asked again at the end")
    return buyers


def money(vz, people):
    orders = [o for p in people for o in p.orders]
    same(int(vz.sql.one("SELECT COUNT(*) FROM orders")), len(orders), "as many orders as order keys")
    same(len(orders), ORDERS, "all of them")
    charged = [r["transaction_id"] for r in vz.ledger()]
    approved = [t for p in people for _, t in p.approved]
    same(sorted(charged), sorted(approved), "one charge for each page that was approved, no other")
    same(len({o for p in people for o, _ in p.approved}), len(approved), "one charge an order")
    same(int(vz.sql.one("SELECT COUNT(*) FROM orders WHERE payment_status = 'paid'")), ORDERS,
         "every order is paid")
    for r in vz.sql.rows("SELECT state, flag, COUNT(*) AS n FROM attempts GROUP BY state, flag"):
        print(f"attempts {r['state']} {r['flag'] or ''}: {r['n']}")
    same(vz.sql.one("SELECT COUNT(*) FROM attempts WHERE flag IS NOT NULL"), "0",
         "nothing for a person")


def main():
    print(f"SEED={SEED} ORDERS={ORDERS}", flush=True)
    with Instance(workers=3, settings={"provider_timeout_s": TIMEOUT_S}) as vz:
        shop = Shop(vz)
        before = ledger.snapshot(vz)
        section("shopping under fire")
        people = shopping(vz, shop)
        section("the same keys once more")
        buyers = answers(people)
        section("the books")
        runs = ledger.settle(vz)
        print(f"settled after {runs} runs")
        money(vz, people)
        tokens = [t for b in buyers for t in b.client.cookies.values()]
        ledger.agree(vz, before, tokens[:50])


run(main)

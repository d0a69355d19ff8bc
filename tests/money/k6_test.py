#!/usr/bin/env python3
"""K6: everybody hears at once that one payment was made.

    ROUNDS=200 SEED=... k6_test.py      (proof: ROUNDS=5000)

Each round is one payment, paid at the bank; then four resolvers, two verifies and a notice ask about
it together. In some rounds the answer to `create` comes in at the same moment, too: the provider has
taken the money before it answers. So that they really meet, most rounds hold a row of the order or
of the attempt locked until all of them wait for it. Exactly one may settle it: one event that paid,
one ledger row, one move of the order; and everybody is told the same.
"""

import os
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import ledger  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.client import Client  # noqa: E402
from lib.instance import Instance  # noqa: E402
from shop import Buyer, Shop, Trouble  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", 200))
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 31))
RESOLVERS, VERIFIES = 4, 2
HELD_S = 3.0    # less than the 5 s that a lock is waited for
WAITING = ("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'vezne'"
           " AND command IN ('Execute', 'Query') AND info IS NOT NULL")
FACTS = """
SELECT a.state, a.pays, a.flag, o.status, o.payment_status,
 (SELECT COUNT(*) FROM attempt_events e WHERE e.tenant_id = a.tenant_id AND e.attempt_id = a.id
  AND e.effect IN ('paid', 'late_success')) AS settled,
 (SELECT COUNT(*) FROM attempt_events e WHERE e.tenant_id = a.tenant_id AND e.attempt_id = a.id)
  AS heard,
 (SELECT COUNT(*) FROM ledger l WHERE l.tenant_id = a.tenant_id AND l.attempt_id = a.id) AS rows_,
 (SELECT COUNT(*) FROM order_history h WHERE h.tenant_id = a.tenant_id AND h.order_id = a.order_id
  AND h.from_status IS NOT NULL) AS moves
FROM attempts a JOIN orders o ON o.tenant_id = a.tenant_id AND o.id = a.order_id WHERE a.id = %s"""
RIGHT = {"state": "succeeded", "pays": "1", "flag": None, "status": "confirmed",
         "payment_status": "paid", "settled": "1", "rows_": "1", "moves": "1"}


class Round:
    """One payment and all who ask about it; `wrong` says what they were told amiss."""

    def __init__(self, shop, dice, number):
        self.shop, self.vz, self.dice = shop, shop.vz, dice
        self.hold = ("orders", "attempts", None)[number % 3]
        self.early = number % 4 == 3
        self.by_due_time = number % 8 == 5
        self.wrong, self.bodies, self.met, self.lock = [], set(), 0, threading.Lock()

    def say(self, text):
        with self.lock:
            self.wrong.append(text)

    def prepare(self, buyer):
        """Until the money is there and we don't know it."""
        self.buyer = buyer
        self.order = buyer.order()["id"]
        self.creating = None
        if self.early:
            self.creating = threading.Thread(target=self.create)
            self.vz.control(provider="kuveyt", call="create", do="slow_charge", seconds=0.3)
            self.creating.start()
            end = time.monotonic() + 10
            while not self.paid_early() and time.monotonic() < end:
                time.sleep(0.01)
        else:
            started = buyer.start({"id": self.order})
            self.transaction = started.json["transaction_id"]
            self.vz.control(pay=self.transaction)
        a = self.vz.sql.rows("SELECT id, reference, state FROM attempts WHERE order_id = %s", self.order)[0]
        self.attempt = a["id"]
        if self.early:
            self.transaction = a["reference"]
            if a["state"] != "sending":
                raise Trouble(f"the answer was there before the others: {a}")

    def paid_early(self):
        with Client(self.vz.sandbox_url) as c:
            number = self.vz.sql.one("SELECT order_number FROM orders WHERE id = %s", self.order)
            return c.get(f"/_ledger?order_id={number}").json["rows"]

    def create(self):
        a = self.buyer.ask("POST", "/api/payments/create/", {"order_id": self.order})
        status = a and a.json and a.json.get("payment", {}).get("status")
        if a is None or a.status != 201 or status != "completed":
            self.say(f"create: {a}")

    # who asks

    def resolve(self):
        if self.by_due_time:
            done = self.vz.job("reconcile_payments", env={"VEZNE_CLOCK_OFFSET_S": "100"})
            good = done.returncode in (0, 75)   # 75: another one has the lock
        else:
            done = self.vz.job("reconcile_payments", "--attempt", self.attempt)
            good = done.returncode == 0 and " succeeded" in done.stdout
        if not good:
            self.say(f"resolver: {done.returncode} {done.stdout} {done.stderr}")

    def verify(self):
        with self.vz.client() as c:
            a = c.post("/api/payments/verify/", {"transaction_id": self.transaction})
        if a.status != 200:
            self.say(f"verify: {a}")
            return
        with self.lock:
            self.bodies.add(a.body)

    def notify(self):
        """As the bank's server does; by the address that it was given."""
        with self.vz.client() as c:
            a = c.request("POST", f"/api/notices/kuveyt/{self.attempt}/ok/",
                          form={"transaction_id": self.transaction, "status": "success"})
        if (a.status, a.body) != (200, b"OK"):
            self.say(f"notice: {a}")

    # all at once

    def everybody(self):
        who = [self.resolve] * RESOLVERS + [self.verify] * VERIFIES + [self.notify]
        barrier = threading.Barrier(len(who))
        pauses = [0] * RESOLVERS + [self.dice.uniform(0, 0.04) for _ in who[RESOLVERS:]]

        def start(what, pause):
            barrier.wait()
            time.sleep(0 if self.hold else pause)   # a process takes longer to begin than a request
            what()

        return [threading.Thread(target=start, args=x) for x in zip(who, pauses)]

    def run(self):
        people = self.everybody()
        if not self.hold:
            for t in people:
                t.start()
            return self.end(people)
        with self.vz.connect() as holder:
            key = self.order if self.hold == "orders" else self.attempt
            holder.run(f"START TRANSACTION; SELECT id FROM {self.hold} WHERE id = %s FOR UPDATE", key)
            for t in people:
                t.start()
            wanted = len(people) + self.early - (RESOLVERS - 1 if self.by_due_time else 0)
            end = time.monotonic() + HELD_S
            while self.met < wanted and time.monotonic() < end:
                time.sleep(0.02)
                self.met = int(self.vz.sql.one(WAITING))
            holder.run("ROLLBACK")
        self.end(people)

    def end(self, people):
        for t in people:
            t.join()
        if self.creating:
            self.creating.join()

    def judge(self):
        """The facts that are not right, and what was said."""
        facts = self.vz.sql.rows(FACTS, self.attempt)[0]
        self.heard = int(facts.pop("heard"))
        wrong = [f"{k} is {facts[k]}, not {v}" for k, v in RIGHT.items() if facts[k] != v]
        if len(self.bodies) > 1:
            wrong.append(f"verify told different things: {self.bodies}")
        if self.bodies:   # and a repeat tells the same
            self.verify()
            if len(self.bodies) > 1:
                wrong.append(f"a later verify told something else: {self.bodies}")
        return wrong + self.wrong


def rounds(vz, shop):
    dice = random.Random(SEED)
    buyer = Buyer(shop, dice)
    bad, heard, met, held, started = [], 0, 0, 0, time.monotonic()
    for number in range(ROUNDS):
        r = Round(shop, dice, number)
        r.prepare(buyer)
        r.run()
        wrong = r.judge()
        heard, met, held = heard + r.heard, met + r.met, held + (r.hold is not None)
        if wrong:
            bad.append(f"round {number}, held {r.hold}, early {r.early}: {'; '.join(wrong)}")
    buyer.close()
    print(f"{ROUNDS} rounds in {time.monotonic() - started:.1f} s, {heard / ROUNDS:.1f} answers heard a "
          f"round; in {held} rounds a row was held until {met / max(held, 1):.1f} waited for it",
          flush=True)
    check(not bad, f"{ROUNDS} rounds, each with exactly one settle: {len(bad)} are wrong", *bad[:10])
    check(met >= held * 4, "they really met", met, held)
    same(int(vz.sql.one("SELECT COUNT(*) FROM ledger")), ROUNDS, "one ledger row a round")
    return list(buyer.client.cookies.values())


def main():
    print(f"SEED={SEED} ROUNDS={ROUNDS}", flush=True)
    with Instance(workers=5) as vz:
        shop = Shop(vz)
        before = ledger.snapshot(vz)
        section("rounds")
        tokens = rounds(vz, shop)
        section("the books")
        ledger.settle(vz)
        ledger.agree(vz, before, tokens)


run(main)

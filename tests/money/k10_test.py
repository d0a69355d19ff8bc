#!/usr/bin/env python3
"""K10: the database goes away, loses connections, takes no writes, or a disk is full.

    DOWN_S=30 SEED=... k10_test.py

While something is wrong every request gets an answer of its own kind or 503 JSON, within 3 s; within
2 s after it is over everything works again; afterwards the books agree. The parts with full disks
mount small tmpfs and are left out, with the reason printed, where that is not allowed.
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import ledger  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402
from shop import NETWORK, PRODUCTS, Buyer, Shop, order_body  # noqa: E402

DOWN_S = float(os.environ.get("DOWN_S", 30))
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 31))
ANSWER_S, BACK_S = 3, 2
DB_MB, LOG_MB = 320, 1


class Visitor:
    """Asks for everything once: what each request was answered, with a name."""

    READS = ("products", "cart", "track", "paid order")
    WRITES = ("add to cart", "order", "payment", "verify", "notice", "log in")

    def __init__(self, shop):
        self.shop, self.vz = shop, shop.vz
        self.buyer = Buyer(shop)
        self.paid = self.buyer.order()
        started = self.buyer.start(self.paid).json
        self.transaction = started["transaction_id"]
        self.buyer.pay(started["payment_url"])
        self.buyer.verify(self.transaction)
        self.owner = self.vz.login("owner")
        self.renew()

    def renew(self):
        """An order and a payment that are still open, and a cart with something in it."""
        self.open = self.buyer.order()
        started = self.buyer.start(self.open).json
        self.open_transaction = started["transaction_id"]
        self.attempt = started["payment"]["id"]
        self.cart = self.buyer.fill_cart()

    def requests(self):
        v = "/api/payments/verify/"
        return {
            "products": lambda c: c.get(PRODUCTS),
            "cart": lambda c: c.get("/api/cart/"),
            "track": lambda c: c.get(f"/api/orders/track/{self.paid['order_number']}/"),
            "paid order": lambda c: c.post(v, {"transaction_id": self.transaction}),
            "add to cart": lambda c: c.post("/api/cart/add/", {"product_id": self.shop.products[0]}),
            "order": lambda c: c.post("/api/orders/", order_body(self.cart, self.shop.method)),
            "payment": lambda c: c.post("/api/payments/create/", {"order_id": self.open["id"]}),
            "verify": lambda c: c.post(v, {"transaction_id": self.open_transaction}),
            "notice": lambda c: c.request("POST", f"/api/notices/kuveyt/{self.attempt}/ok/",
                                          form={"status": "success"}),
            "log in": lambda c: c.post("/api/auth/login/", {
                "email": self.vz.demo["logins"][0]["email"],
                "password": self.vz.demo["logins"][0]["password"]}),
        }

    def ask(self, name, client=None):
        """The answer; an exception becomes text."""
        try:
            with self.vz.client(cookies=self.buyer.client.cookies) as c:
                return self.requests()[name](client or c)
        except NETWORK as error:
            return f"{type(error).__name__}: {error}"

    def close(self):
        self.buyer.close()
        self.owner.close()


def is_503(a):
    j = getattr(a, "json", None) or {}
    return (getattr(a, "status", 0) == 503 and j.get("success") is False and j.get("message")
            and j.get("code") in ("unavailable", "busy", "provider_unavailable")
            and "retry-after" in a.headers)


def is_good(a):
    return getattr(a, "status", 500) < 300


def works(a):
    """An order's answer may have been lost on the way: then its cart is an order already."""
    return is_good(a) or getattr(a, "json", None) and a.json.get("code") == "cart_not_open"


def all_work(visitor, what, since):
    """Every request, asked until it works again; all of them within BACK_S of `since`."""
    left = dict.fromkeys((*Visitor.READS, *Visitor.WRITES))
    while left and time.monotonic() < since + BACK_S:
        for name in list(left):
            left[name] = visitor.ask(name)
            if works(left[name]):
                del left[name]
    took = time.monotonic() - since
    check(not left, f"{what}: everything works again within {BACK_S} s", f"{took:.1f} s", left)
    print(f"{what}: everything works after {took:.2f} s", flush=True)


class Load:
    """Light load: `n` visitors in turn through all requests; each answer is kept."""

    def __init__(self, visitors, pause=0.1):
        self.visitors, self.pause, self.stop_now = visitors, pause, threading.Event()
        self.answers = []   # (name, answer, seconds)
        self.threads = [threading.Thread(target=self.work, args=(v, n), daemon=True)
                        for n, v in enumerate(visitors)]

    def work(self, visitor, n):
        dice = random.Random(SEED + n)
        names = [*Visitor.READS, *Visitor.WRITES]
        while not self.stop_now.wait(self.pause):
            name = dice.choice(names)
            started = time.monotonic()
            a = visitor.ask(name)
            self.answers.append((name, a, time.monotonic() - started))
            if name == "order" and is_good(a):   # the cart is an order now
                try:
                    visitor.cart = visitor.buyer.fill_cart()
                except Exception:
                    pass

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stop_now.set()
        for t in self.threads:
            t.join()

    def take(self):
        taken, self.answers = self.answers, []
        return taken


def odd(answers):
    """Answers that are neither good nor refusals of ours (a closed cart …) nor 503 JSON."""
    return [f"{name}: {a} in {s:.1f} s" for name, a, s in answers
            if not is_503(a) and not (getattr(a, "status", 500) < 500 and a.json is not None
                                      or name == "notice" and is_good(a))]


def slow(answers, limit=ANSWER_S):
    return [f"{name}: {getattr(a, 'status', a)} in {s:.1f} s" for name, a, s in answers if s > limit]


def counted(answers):
    found = {}
    for _, a, _ in answers:
        found[getattr(a, "status", "none")] = found.get(getattr(a, "status", "none"), 0) + 1
    return ", ".join(f"{k}: {v}" for k, v in sorted(found.items(), key=str))


# ---- The database goes away -------------------------------------------------------------------

def in_the_middle(visitor, got):
    """A payment whose provider answers when the database is gone already."""
    visitor.vz.control(provider="kuveyt", call="create", do="delay", seconds=1.5)
    thread = threading.Thread(target=lambda: got.append(visitor.ask("payment")))
    thread.start()
    time.sleep(0.4)
    return thread


def down(vz, visitors, spare, kill):
    what = "killed" if kill else "stopped"
    seconds = DOWN_S if not kill else min(DOWN_S, 5)
    section(f"MariaDB {what}, back after {seconds:.0f} s")
    got = []
    with Load(visitors) as load:
        time.sleep(1)
        thread = in_the_middle(spare, got)
        vz.sql.close()
        vz.down("mariadb", kill=kill)
        before = load.take()
        time.sleep(seconds)
        during = load.take()
        thread.join()
        started = time.monotonic()
        vz.up("mariadb")
        since = time.monotonic()
        all_work(spare, what, since)
        after = load.take()
    print(f"{what}: before {counted(before)}; down {counted(during)}; "
          f"up after {since - started:.1f} s, then {counted(after)}", flush=True)
    check(is_503(got[0]), f"{what}: a payment under way: 503", got)
    bad = [f"{n}: {a}" for n, a, s in during[len(visitors):] if not is_503(a)]
    check(len(during) > 10 and not bad, f"{what}: {len(during)} answers while down, all 503 JSON", *bad[:5])
    # a request that was sent just before the end may still have been answered well
    bad = odd(before + during + after)
    check(not bad, f"{what}: no odd answer", *bad[:5])
    check(not slow(during), f"{what}: all within {ANSWER_S} s", *slow(during)[:5])


# ---- Connections are killed -------------------------------------------------------------------

def connections(vz):
    return vz.sql.column("SELECT id FROM information_schema.processlist WHERE user = 'vezne'")


def kill_each(vz, visitors, spare):
    section("each connection is killed, one by one, under light load")
    with Load(visitors, pause=0.05) as load:
        time.sleep(1)
        load.take()
        kills, failed = 0, []
        for number in connections(vz):
            try:
                vz.sql.run(f"KILL {number}")
            except Exception:
                continue   # its worker has just left by itself
            kills += 1
            time.sleep(0.15)
            failed += [x for x in load.take() if getattr(x[1], "status", 500) >= 500]
    print(f"{kills} connections killed, {len(failed)} requests failed", flush=True)
    check(kills >= 8, "there were connections to kill", kills)
    check(len(failed) <= kills, "at most one request fails with each connection", *failed[:5])
    same([f"{n}: {a}" for n, a, _ in failed if not is_503(a)], [], "and it fails with 503 JSON")
    spare.renew()
    all_work(spare, "after the kills", time.monotonic())
    for number in connections(vz):   # nothing is in their hands now
        vz.sql.run(f"KILL {number}")
    spare.renew()
    for name in (*Visitor.READS, *Visitor.WRITES):
        a = spare.ask(name)
        check(is_good(a), f"idle connections were killed: {name} does not notice", a)


def kill_busy(vz, v):
    """Right in a transaction: held at a lock, so that the kill surely meets it."""
    section("a connection is killed in the middle of its transaction")
    for name, table, key in (("verify", "orders", "open"), ("order", "carts", "cart")):
        v.renew()
        if name == "verify":
            vz.control(pay=v.open_transaction)
        got = []
        with vz.connect() as holder:
            row = v.open["id"] if key == "open" else v.cart
            holder.run(f"START TRANSACTION; SELECT id FROM {table} WHERE id = %s FOR UPDATE", row)
            thread = threading.Thread(target=lambda: got.append(v.ask(name)))
            thread.start()
            busy = []
            end = time.monotonic() + 4
            while not busy and time.monotonic() < end:
                time.sleep(0.02)
                busy = vz.sql.column("SELECT id FROM information_schema.processlist WHERE user = 'vezne'"
                                     " AND info LIKE '%FOR UPDATE%'")
            for number in busy:
                vz.sql.run(f"KILL {number}")
            thread.join()
            holder.run("ROLLBACK")
        check(busy and is_503(got[0]), f"{name}: 503 when its connection is killed", busy, got)
        a = v.ask(name)
        check(is_good(a), f"{name}: done when asked again", a)
        v.renew()


# ---- No writes --------------------------------------------------------------------------------

def read_only(vz, v):
    section("the database is read-only")
    grants = " ".join(vz.sql.column("SHOW GRANTS FOR 'vezne'@'localhost'"))
    check("SUPER" not in grants and "READ_ONLY" not in grants, "the programs' user is bound by it", grants)
    vz.sql.run("SET GLOBAL read_only = 1")
    try:
        for name in Visitor.READS:
            a = v.ask(name)
            check(is_good(a), f"{name} works", a)
        a = v.owner.get("/api/orders/")
        check(is_good(a), "the owner's list works", a)
        for name in Visitor.WRITES:
            started = time.monotonic()
            a = v.ask(name)
            check(is_503(a) and time.monotonic() - started <= ANSWER_S, f"{name}: 503", a)
        a = vz.client().post("/api/cart/add/", {"product_id": v.shop.products[0]})
        check(is_503(a), "a new guest: 503", a)
        done = vz.job("reconcile_payments", env={"VEZNE_CLOCK_OFFSET_S": "4000"})
        check(done.returncode in (1, 75) and "Traceback" not in done.stderr,
              "reconcile_payments says that a person is needed", done)
    finally:
        vz.sql.run("SET GLOBAL read_only = 0")
    all_work(v, "after read-only", time.monotonic())


# ---- Full disks -------------------------------------------------------------------------------

class Tmpfs:
    """A small disk; `why` says why there is none."""

    def __init__(self, folder, megabytes):
        self.folder, self.megabytes, self.why = pathlib.Path(folder), megabytes, None

    def mount(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m,mode=0700", "vezne-k10",
                               str(self.folder)], capture_output=True, text=True)
        if done.returncode != 0:
            self.why = done.stderr.strip()
        return self.why is None

    def fill(self):
        """To the last byte; how much that was."""
        size = 0
        with open(self.folder / "ballast", "ab", buffering=0) as f:
            for piece in (1 << 20, 4096, 1):
                try:
                    while True:
                        size += f.write(b"x" * piece)
                except OSError:
                    pass
        return size

    def free(self):
        (self.folder / "ballast").unlink()

    def unmount(self):
        subprocess.run(["umount", "-l", str(self.folder)], capture_output=True)


def log_full():
    section("the disk of the log is full")
    place = pathlib.Path(tempfile.mkdtemp(prefix="vezne-k10-"))
    disk = Tmpfs(place / "log", LOG_MB)
    try:
        if not disk.mount():
            print(f"left out, no tmpfs here: {disk.why}", flush=True)
            return
        with Instance(settings={"log_file": disk.folder / "vezne.log"}) as vz:
            shop = Shop(vz)
            before = ledger.snapshot(vz)
            v = Visitor(shop)
            disk.fill()
            lines = len(vz.log_file.read_bytes())
            for _ in range(3):
                for name in (*Visitor.READS, *Visitor.WRITES):
                    a = v.ask(name)
                    check(is_good(a), f"log full: {name} works", a)
                v.renew()
            for _ in range(5):
                v.buyer.buy()
            for program in ("payments", "orders"):   # and so do programs that start now
                vz.restart(program)
                v.buyer.buy()
            done = vz.job("reconcile_payments")
            check(done.returncode == 0, "log full: reconcile_payments works", done)
            grown = len(vz.log_file.read_bytes()) - lines
            check(grown < 4096, "the log was full indeed", grown)
            disk.free()
            v.buyer.buy()
            text = vz.log_file.read_text()[lines:]
            check("lost_lines" in text, "and afterwards it says how many lines are lost", text[-500:])
            v.close()
            ledger.settle(vz)
            ledger.agree(vz, before, v.buyer.client.cookies.values())
    finally:
        disk.unmount()
        shutil.rmtree(place, ignore_errors=True)


class SmallDatabase(Instance):
    """Its data folder is a disk of its own."""

    def _start(self):
        self.disk = Tmpfs(self.run / "db", DB_MB)
        if not self.disk.mount():
            raise OSError(self.disk.why)
        return super()._start()

    def __exit__(self, *about):
        try:
            super().__exit__(*about)
        finally:
            self._unmount()

    def _clean(self):
        self._unmount()
        super()._clean()

    def _unmount(self):
        self.disk.unmount()


def until_full(vz, v):
    """Notices and orders until there is no room, and then some; what was answered, and how often
    each was refused. The notices' bodies fit into a page: when a longer one finds no room, MariaDB
    10.11 itself gives up ("Out of disk space in rollback") and has to be started again."""
    answers, refused, padding = [], {}, "x" * 5000

    def ask(name, what):
        started = time.monotonic()
        try:
            a = what()
        except NETWORK as error:
            a = f"{type(error).__name__}: {error}"
        answers.append((name, a, time.monotonic() - started))
        refused[name] = refused.get(name, 0) + is_503(a)
        return a

    end = time.monotonic() + 40
    with vz.client(cookies=v.buyer.client.cookies) as c:
        while time.monotonic() < end and min(refused.get(n, 0) for n in ("notice", "order")) < 20:
            path = f"/api/notices/kuveyt/{v.attempt}/ok/"
            ask("notice", lambda: c.request("POST", path, form={"p": padding}))
            a = ask("add to cart", lambda: c.post("/api/cart/add/", {"product_id": v.shop.products[0]}))
            if is_good(a):
                body = order_body(a.json["cart"]["id"], v.shop.method)
                a = ask("order", lambda: c.post("/api/orders/", body))
            if is_good(a) and "order" in a.json:
                body = {"order_id": a.json["order"]["id"]}
                ask("payment", lambda: c.post("/api/payments/create/", body))
            for name in Visitor.READS:
                ask(name, lambda: v.ask(name))
    return answers, refused


def database_full():
    section("the disk of the database is full")
    try:
        vz = SmallDatabase()
        vz.__enter__()
    except OSError as error:
        print(f"left out, no tmpfs here: {error}", flush=True)
        return
    with Entered(vz):
        shop = Shop(vz)
        before = ledger.snapshot(vz)
        v = Visitor(shop)
        size = vz.disk.fill()
        answers, refused = until_full(vz, v)
        print(f"{size >> 20} MB of ballast; {counted(answers)}; 503: {refused}", flush=True)
        check(min(refused["notice"], refused["order"]) >= 20, "the disk was full indeed", refused)
        bad = odd(answers)
        check(not bad, f"{len(answers)} answers, each its own or 503 JSON", *bad[:5])
        check(not slow(answers), f"all within {ANSWER_S} s", *slow(answers)[:5])
        bad = [f"{n}: {a}" for n, a, _ in answers if n in Visitor.READS and not is_good(a)]
        check(not bad, "reads work all the while", *bad[:5])
        vz.disk.free()
        since = time.monotonic()
        v.buyer.patience = 5
        v.buyer.fill_cart()
        v.renew()
        all_work(v, "disk freed", since)
        for _ in range(5):
            v.buyer.buy()
        ledger.settle(vz)
        ledger.agree(vz, before, v.buyer.client.cookies.values())
        v.close()


class Entered:
    """For an instance whose start was tried outside of `with`."""

    def __init__(self, vz):
        self.vz = vz

    def __enter__(self):
        return self.vz

    def __exit__(self, *about):
        return self.vz.__exit__(*about)


def main():
    print(f"SEED={SEED} DOWN_S={DOWN_S:.0f}", flush=True)
    with Instance(workers=2, settings={"provider_timeout_s": 3}) as vz:
        shop = Shop(vz)
        before = ledger.snapshot(vz)
        spare, *visitors = [Visitor(shop) for _ in range(5)]
        down(vz, visitors, spare, kill=False)
        spare.renew()
        down(vz, visitors, spare, kill=True)
        kill_each(vz, visitors, spare)
        kill_busy(vz, spare)
        read_only(vz, spare)
        section("the books")
        ledger.settle(vz)
        ledger.agree(vz, before, [t for v in (spare, *visitors)
                                  for t in v.buyer.client.cookies.values()])
        for v in (spare, *visitors):
            v.close()
    log_full()
    database_full()


run(main)

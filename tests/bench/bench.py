#!/usr/bin/env python3
"""`make bench`: our programs against the least that can be written (reference.c), in turn, in one run.

Both run in the same instance: same database, nginx, sockets and supervisor, as many workers, one
request at a time each, connections not kept. Only ratios within one run mean something, and a
difference under a tenth only from a dozen rounds on. Nothing here is passed or failed, so the exit
status is 0 unless something is broken: an answer that is not 2xx, or that is not the reference's.

Environment: ROUNDS=5 SECONDS=3 CONNECTIONS="1 16 64" ONLY="track view add" ORDERS=200000 WORKERS=2
OUT=file for the results as JSON, VEZNE_BUILD= for another build.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

from lib.client import Client      # noqa: E402
from lib.fill import GUESTS, STEADY, fill, token      # noqa: E402
from lib.instance import Instance      # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
OURS, REFERENCE = "ours", "reference"
AIMS = {"track": 0.90, "view": 0.85, "add": 1.0}
AIM_P99, AIM_PSS_MIB = 1.5, 40
TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")
PROGRAM = {"track": "orders", "view": "cart", "add": "cart"}
TRACKED = 5000

SCRIPT = r"""
local list, at, threads = {}, 0, {}
function setup(thread)
    thread:set("part", #threads)
    table.insert(threads, thread)
end
function init(args)
    local all = {
@REQUESTS@
    }
    for i = part + 1, #all, @PARTS@ do
        local r = all[i]
        table.insert(list, wrk.format(r[1], r[2], r[3], r[4]))
    end
end
function request()
    at = at % #list + 1
    return list[at]
end
function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format('\nRESULT {"requests": %d, "seconds": %f, "p50": %f, "p99": %f, ' ..
        '"errors": %d}\n', summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def number(name, default):
    return int(os.environ.get(name, default))


# --- the reference -----------------------------------------------------------------------------

def make_reference(folder):
    program = folder / "reference"
    subprocess.run([os.environ.get("CC", "gcc"), "-std=gnu2x", "-O2", "-o", program,
                    HERE / "reference.c", "-lfcgi", "-lmariadb", "-lcrypto"], check=True)
    return program


@contextlib.contextmanager
def references(vz, workers):
    """A service for each program of ours that is measured, started as tests/instance.py starts ours;
    name -> process. nginx leads /reference/NAME/... to it."""
    program = make_reference(vz.folder)
    d = vz.demo["database"]
    tenant = vz.sql.one("SELECT id FROM tenants WHERE code = 'demo'")
    env = {"PATH": os.environ["PATH"] + ":/usr/sbin", "REF_SOCKET": d["socket"], "REF_NAME": d["name"],
           "REF_USER": d["user"], "REF_PASSWORD": d["password"], "REF_TENANT": tenant}
    sockets = pathlib.Path(d["socket"]).parent
    log = open(vz.run / "log" / "reference.log", "ab")
    started, places = {}, ""
    try:
        for name in sorted(set(PROGRAM.values())):
            path = sockets / f"ref-{name}.sock"
            started[name] = subprocess.Popen(
                ["spawn-fcgi", "-s", path, "-M", "0660", "-b", "1024", "-n", "--",
                 shutil.which("multiwatch"), "-r", "1000", "-t", "50", "-s", "TERM",
                 "-f", str(workers), "--", program],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True)
            places += (f"        location /reference/{name} "
                       f"{{ fastcgi_pass unix:$vezne_sockets/{path.name}; }}\n")
        lead(vz, places)
        yield started
    finally:
        for process in started.values():
            process.terminate()
            process.wait(15)
        log.close()


def lead(vz, places):
    """Adds places to the instance's server and waits until nginx knows them."""
    conf = vz.run / "nginx" / "nginx.conf"
    text = conf.read_text()
    new = re.sub(r"(include \S*/nginx/vezne\.conf;\n)", lambda m: m[1] + places, text)
    if new == text:
        raise RuntimeError(f"{conf}: no place for the reference in it")
    conf.write_text(new)
    os.kill(vz.supervisor("nginx"), 1)
    end = time.monotonic() + 10
    while True:
        with Client(vz.base_url) as c:
            if c.get("/reference/orders/api/orders/track/none/").status == 500:
                return
        if time.monotonic() > end:
            raise RuntimeError("the reference does not answer, see log/reference.log")
        time.sleep(0.05)


# --- requests ----------------------------------------------------------------------------------

def cookie(n):
    return f"vezne_session={token(n)}"


def products_of(vz):
    """Session -> the products in its cart, for the guests whose carts have all lines."""
    by_hash = {}
    for row in vz.sql.rows(
            "SELECT HEX(s.token_hash) AS hash, i.product_id FROM sessions s"
            " JOIN carts c ON c.tenant_id = s.tenant_id AND c.owner = s.owner AND c.is_open = 1"
            " JOIN cart_items i ON i.tenant_id = c.tenant_id AND i.cart_id = c.id"
            " JOIN tenants t ON t.id = s.tenant_id WHERE t.code = 'demo' AND s.user_id IS NULL"
            " ORDER BY s.token_hash, i.product_id"):
        by_hash.setdefault(row["hash"].lower(), []).append(row["product_id"])
    return {n: by_hash[hashlib.sha256(bytes.fromhex(token(n))).hexdigest()]
            for n in range(1, STEADY + 1)}


class Requests:
    """Of each kind and side: (method, path, headers, body). Carts that are added to are a side's
    own; the same one comes again only after all others, so that nobody waits for another's lock."""

    def __init__(self, vz):
        self.numbers = vz.sql.column(
            "SELECT order_number FROM orders o JOIN tenants t ON t.id = o.tenant_id"
            " WHERE t.code = 'demo' ORDER BY CRC32(order_number) LIMIT %s", TRACKED)
        self.products = products_of(vz)

    def of(self, kind, side):
        prefix = "" if side == OURS else f"/reference/{PROGRAM[kind]}"
        if kind == "track":
            return [("GET", f"{prefix}/api/orders/track/{n}/", {}, None) for n in self.numbers]
        if kind == "view":
            return [("GET", f"{prefix}/api/cart/", {"Cookie": cookie(n)}, None)
                    for n in range(STEADY + 1, GUESTS + 1)]
        half = STEADY // 2
        mine = range(1, half + 1) if side == OURS else range(half + 1, STEADY + 1)
        return [("POST", f"{prefix}/api/cart/add/",
                 {"Cookie": cookie(n), "Content-Type": "application/json"},
                 f'{{"product_id":"{self.products[n][line]}","quantity":1}}')
                for line in range(5) for n in mine]


def lua(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{json.dumps(k)}] = {json.dumps(v)}" for k, v in value.items()) + "}"
    return "nil" if value is None else json.dumps(value)


def write_script(folder, name, requests, parts):
    lines = ["        {" + ", ".join(map(lua, r)) + "}" for r in requests]
    path = folder / f"{name}-{parts}.lua"
    path.write_text(SCRIPT.replace("@REQUESTS@", ",\n".join(lines)).replace("@PARTS@", str(parts)))
    return path


# --- the same answers? -------------------------------------------------------------------------

def ask(vz, request):
    method, path, headers, body = request
    with Client(vz.base_url) as c:
        answer = c.request(method, path, body, headers=headers)
    if answer.status != 200:
        raise RuntimeError(f"{method} {path}: {answer}")
    return answer.json


def compare(vz, requests):
    """What differs between the answers, as sentences."""
    wrong = []

    def same(what, ours, theirs):
        if ours != theirs:
            wrong.append(f"{what}: answers differ\n  ours      {ours}\n  reference {theirs}")

    for kind in ("track", "view"):
        pairs = list(zip(requests.of(kind, OURS), requests.of(kind, REFERENCE)))
        for ours, theirs in pairs[::len(pairs) // 40]:
            same(kind, ask(vz, ours), ask(vz, theirs))
    for side, other in ((OURS, REFERENCE), (REFERENCE, OURS)):
        request = requests.of("add", side)[0]
        before = ask(vz, ("GET", "/api/cart/", request[2], None))["cart"]
        added = ask(vz, request)
        prefix = "/reference/cart" if other == REFERENCE else ""
        seen = ask(vz, ("GET", f"{prefix}/api/cart/", request[2], None))
        same(f"add by {side}, seen by {other}", added["cart"], seen["cart"])
        if added["cart"]["item_count"] != before["item_count"] + 1:
            wrong.append(f"add by {side}: {before['item_count']} pieces and one more are "
                         f"{added['cart']['item_count']}")
    return wrong


# --- measuring ---------------------------------------------------------------------------------

def stat(pid):
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2:].split()


def children(pid):
    found = []
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                f = stat(p)
            except OSError:
                continue
            if int(f[1]) == pid and f[0] not in "ZX":
                found.append(int(p))
    return found


def cpu(pid):
    """CPU time in us of a supervisor, its workers and those it had before."""
    total = sum(map(int, stat(pid)[11:15]))
    for child in children(pid):
        try:
            total += sum(map(int, stat(child)[11:13]))
        except OSError:
            pass
    return total * TICK_US


def pss_mib(pids):
    total = 0
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1])
    return total / 1024


def wrk(vz, script, connections, seconds):
    threads = min(2, connections)
    done = subprocess.run(["wrk", "-t", str(threads), "-c", str(connections), "-d", f"{seconds}s",
                           "--timeout", "10s", "-s", script, vz.base_url],
                          capture_output=True, text=True)
    found = re.search(r"^RESULT (\{.*\})$", done.stdout, re.M)
    if not found:
        raise RuntimeError("wrk said:\n" + done.stdout[-2000:] + done.stderr[-2000:])
    return json.loads(found[1])


class Bench:
    def __init__(self, vz, started, requests):
        self.vz, self.requests = vz, requests
        self.parts = {(OURS, p): vz.supervisor(p) for p in PROGRAM.values()}
        self.parts |= {(REFERENCE, p): started[p].pid for p in PROGRAM.values()}
        self.nginx, self.database = vz.supervisor("nginx"), vz.supervisor("mariadb")

    def once(self, kind, side, connections, seconds):
        parts = min(2, connections)
        script = write_script(self.vz.folder, f"{kind}-{side}", self.requests.of(kind, side), parts)
        pids = {"app": self.parts[side, PROGRAM[kind]], "nginx": self.nginx, "db": self.database}
        before = {k: cpu(p) for k, p in pids.items()}
        r = wrk(self.vz, script, connections, seconds)
        r["cpu"] = {k: cpu(p) - before[k] for k, p in pids.items()}
        r["rate"] = r["requests"] / r["seconds"]
        return r

    def reset(self):
        """Carts as they were; sessions look used just now, as they would be in life."""
        self.vz.sql.run("UPDATE cart_items i JOIN carts c ON c.tenant_id = i.tenant_id"
                        " AND c.id = i.cart_id SET i.quantity = 1"
                        " WHERE c.is_open = 1 AND i.quantity > 1;"
                        "UPDATE sessions SET seen_at = UTC_TIMESTAMP(6)")

    def block(self, kind, connections, rounds, seconds):
        """The two in turn; results of each side, one a round."""
        self.reset()
        got = {OURS: [], REFERENCE: []}
        for side in got:
            self.once(kind, side, connections, 1)
        for _ in range(rounds):
            for side, results in got.items():
                results.append(self.once(kind, side, connections, seconds))
        return got

    def pss(self):
        state = json.loads((self.vz.run / "state.json").read_text())
        programs = sorted(p.name[:-5] for p in self.vz.build.glob("cgi-bin/*.fcgi"))
        leaders = [s["pid"] for s in state["services"] if s["name"] in programs]
        workers = [w for leader in leaders for w in children(leader)]
        return {"programs": len(programs), "workers": len(workers), "mib": pss_mib(workers),
                "supervisors_mib": pss_mib(leaders)}


# --- the report --------------------------------------------------------------------------------

def summary(results):
    requests = sum(r["requests"] for r in results) or 1
    middle = lambda key: statistics.median(r[key] for r in results)      # noqa: E731
    return {"rate": middle("rate"), "p50": middle("p50"), "p99": middle("p99"),
            "errors": sum(r["errors"] for r in results),
            "cpu_us": {k: sum(r["cpu"][k] for r in results) / requests
                       for k in ("app", "nginx", "db")}}


def judge(kind, connections, got):
    row = {"kind": kind, "connections": connections, "rounds": got,
           **{side: summary(results) for side, results in got.items()}}
    pairs = list(zip(got[OURS], got[REFERENCE]))
    row["ratio"] = statistics.median(a["rate"] / b["rate"] for a, b in pairs)
    row["p99_ratio"] = statistics.median(a["p99"] / b["p99"] for a, b in pairs)
    row["cpu_ratio"] = (sum(row[REFERENCE]["cpu_us"].values()) /
                        (sum(row[OURS]["cpu_us"].values()) or 1))
    row["ok"] = row["ratio"] >= AIMS[kind] and row["p99_ratio"] <= AIM_P99
    return row


HEAD = (f"{'':5} {'conn':>4}  {'':9} {'req/s':>7} {'p50 ms':>7} {'p99 ms':>7} {'errors':>6}"
        f"  CPU us a request: app + nginx + database")


def show(row):
    for side in (OURS, REFERENCE):
        s = row[side]
        c = s["cpu_us"]
        print(f"{row['kind']:5} {row['connections']:4}  {side:9} {s['rate']:7.0f} {s['p50']:7.2f}"
              f" {s['p99']:7.2f} {s['errors']:6}  {c['app']:5.0f} + {c['nginx']:.0f} + {c['db']:.0f}")
    rate = "ok" if row["ratio"] >= AIMS[row["kind"]] else "BELOW"
    late = "ok" if row["p99_ratio"] <= AIM_P99 else "ABOVE"
    print(f"{'':12}of the reference: req/s {row['ratio']:.2f} (aim {AIMS[row['kind']]:.2f}: {rate}),"
          f" p99 {row['p99_ratio']:.2f} (aim {AIM_P99}: {late}), by CPU {row['cpu_ratio']:.2f}\n",
          flush=True)


def show_pss(p):
    verdict = "ok" if p["mib"] <= AIM_PSS_MIB else "ABOVE"
    print(f"memory: {p['mib']:.1f} MiB PSS for {p['workers']} workers of {p['programs']} programs"
          f" (aim {AIM_PSS_MIB}: {verdict}); their supervisors {p['supervisors_mib']:.1f} MiB")


def main():
    rounds, seconds, orders = number("ROUNDS", 5), number("SECONDS", 3), number("ORDERS", 200_000)
    workers = number("WORKERS", 2)
    connections = [int(c) for c in os.environ.get("CONNECTIONS", "1 16 64").split()]
    kinds = os.environ.get("ONLY", "track view add").split()
    rows, wrong = [], []
    with Instance(workers=workers, access_log=False) as vz:
        started = time.monotonic()
        fill(vz.connect, orders)
        print(f"{orders} orders and what belongs to them, made in {time.monotonic() - started:.0f} s")
        if vz.sql.one("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit") != "1":
            raise RuntimeError("commits are not durable: that would measure something else")
        with references(vz, workers) as running:
            requests = Requests(vz)
            wrong = compare(vz, requests)
            bench = Bench(vz, running, requests)
            print(f"{workers} workers a program, {rounds} rounds of {seconds} s in turn\n{HEAD}")
            for kind in kinds:
                for c in connections:
                    rows.append(judge(kind, c, bench.block(kind, c, rounds, seconds)))
                    show(rows[-1])
            pss = bench.pss()
            show_pss(pss)
    wrong += [f"{r['kind']} at {r['connections']} connections, {side}: {r[side]['errors']} errors"
              for r in rows for side in (OURS, REFERENCE) if r[side]["errors"]]
    for sentence in wrong:
        print(f"BROKEN {sentence}")
    if os.environ.get("OUT"):
        pathlib.Path(os.environ["OUT"]).write_text(json.dumps({"rows": rows, "pss": pss}, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

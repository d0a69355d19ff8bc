#!/usr/bin/env python3
"""S1: every program is restarted 100 times while clients ask it. No answer may be lost or late.

VEZNE_RESTARTS=100 VEZNE_CLIENTS=16: how often, how many at once.
"""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import instance  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402
from lib.load import Load, Request  # noqa: E402

RESTARTS = int(os.environ.get("VEZNE_RESTARTS", 100))
CLIENTS = int(os.environ.get("VEZNE_CLIENTS", 16))
WORKERS = 4
PACE = 0.2   # seconds from one restart of all workers to the next
QUIET_SECONDS, MOST_SECONDS = 4, 120

# A page that works, and a POST that is understood and refused, with a small and a large body.
SMALL, LARGE = ('{"note": "%s"}' % ("x" * n) for n in (285, 61000))
PATHS = {
    "accounts": ("/api/auth/me/", "/api/auth/login/"),
    "catalog": ("/api/public/products/", "/api/products/"),
    "cart": ("/api/cart/", "/api/cart/add/"),
    "orders": ("/api/orders/track/ORD-DEMO-00000000-AAAAAAAA/", "/api/orders/"),
    "payments": ("/api/payments/", "/api/payments/create/"),
    "integrations": ("/api/integrations/", "/api/integrations/"),
    "notices": ("/api/notices/paytr/1/", "/api/notices/paytr/1/"),
    "agency": ("/api/dashboard/projects/", "/api/dashboard/finances/"),
    "checkout": ("/api/v1/order/verify/x", "/api/v1/order/open"),
}


def requests(program, cookies):
    page, form = PATHS[program]
    owner = {"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
    return [Request("GET", page, headers=owner, weight=2), Request("POST", form, SMALL), Request("POST", form, LARGE)]


def main():
    answers = 0
    with Instance(workers=WORKERS, settings={"worker_max_requests": 0}, access_log=False) as vz:
        cookies = vz.login("owner").cookies
        operator = instance.Instance(vz.run)   # what `instance.py restart` calls, in this process
        programs = list(vz.demo["sockets"])
        section("the operator's command")
        for program in programs:
            before = vz.workers_of(program)
            vz.restart(program)
            check(not set(before) & set(vz.workers_of(program)), f"{program}: all workers are new")
        for program in programs:
            if not check(program in PATHS, f"{program}: this test knows its paths"):
                continue
            section(program)
            mixed = requests(program, cookies)
            Load(vz.base_url, mixed, CLIENTS, 1).run()
            quiet = [Load(vz.base_url, mixed, CLIENTS, QUIET_SECONDS).run()]
            load = Load(vz.base_url, mixed, CLIENTS, MOST_SECONDS).start()
            started, done, replaced = time.monotonic(), 0, 0
            while done < RESTARTS and load.running():
                replaced += operator.restart(program)
                done += 1
                time.sleep(max(0, started + done * PACE - time.monotonic()))
            load.stop()
            under = load.finish()
            answers += under.answers
            # Once more, because the machine may have got busier meanwhile.
            quiet.append(Load(vz.base_url, mixed, CLIENTS, QUIET_SECONDS).run())
            print(f"   quiet {quiet[0]}\n   under {done} restarts {under}\n   quiet {quiet[1]}")
            same(sum(q.failed for q in quiet), 0, f"{program}: quiet: nothing fails")
            same((done, replaced), (RESTARTS, RESTARTS * WORKERS),
                 f"{program}: all restarts were made, of all workers")
            same(under.failed, 0, f"{program}: no answer of {under.answers} was lost")
            usual = max(q.p99_ms for q in quiet)
            check(under.p99_ms <= 3 * usual, f"{program}: p99 is at most three times the quiet one",
                  f"{under.p99_ms:.1f} ms against {usual:.1f} ms")
        check(answers >= 15000, f"{answers} answers are enough to tell")
        for program in programs:
            same(len(vz.workers_of(program)), WORKERS, f"{program}: all workers are there in the end")


run(main)

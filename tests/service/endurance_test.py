#!/usr/bin/env python3
"""S6: a million requests to one worker, good and bad ones: it neither grows nor keeps files open.

VEZNE_REQUESTS=1000000 VEZNE_PROGRAMS=catalog: how many, to which programs.
"""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402
from lib.load import Load, Request  # noqa: E402

REQUESTS = int(os.environ.get("VEZNE_REQUESTS", 1_000_000))
PROGRAMS = os.environ.get("VEZNE_PROGRAMS", "orders").split(",")
WARM = 10_000
MOST_GROWTH_KIB = 1024

BAD = '{"note": "unfinished'
MIXED = {
    "orders": [
        Request("GET", "/api/orders/track/ORD-DEMO-00000000-AAAAAAAA/", weight=12),
        Request("GET", "/api/orders/track/nothing/", weight=4),
        Request("GET", "/api/orders/"),
        Request("GET", "/api/orders/no/such/path/"),
        Request("POST", "/api/orders/", '{"note": "' + "x" * 300 + '"}'),
        Request("POST", "/api/orders/", BAD),
        Request("POST", "/api/orders/", '{"note": "' + "x" * 60000 + '"}', {"Cookie": "a=b; c"}),
    ],
    "catalog": [
        Request("GET", "/api/public/products/?limit=1", weight=4),
        Request("GET", "/api/public/products/?search=kilim", weight=2),
        Request("GET", "/api/public/products/00000000-0000-7000-8000-000000000000/", weight=2),
        Request("GET", "/api/public/products/nothing/", weight=4),
        Request("GET", "/api/products/"),
        Request("POST", "/api/products/", BAD),
    ],
    "cart": [
        Request("GET", "/api/cart/", weight=8),
        Request("POST", "/api/cart/add/", '{"product_id": 7}'),
        Request("POST", "/api/cart/add/", BAD),
    ],
}


def memory_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def files(pid):
    """Open descriptors; None where they may not be seen (a worker is not dumpable)."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return None


def until(vz, program, wanted):
    """Load until about `wanted` answers; how many there were."""
    answers, rate, problems = 0, 2000.0, 0
    while answers < wanted:
        seconds = max(1, min(60, round((wanted - answers) / rate)))
        result = Load(vz.base_url, MIXED[program], clients=8, seconds=seconds).run()
        answers += result.answers
        problems += result.failed
        rate = max(result.answers / result.seconds, 1)
        if result.failed:
            print("   ", result)
        if problems > 100 or not result.answers:
            break
    same(problems, 0, f"{program}: no answer of {answers} failed")
    return answers


def main():
    settings = {"worker_max_requests": 0, "worker_max_seconds": 0}
    with Instance(workers=1, settings=settings, access_log=False) as vz:
        for program in PROGRAMS:
            section(program)
            pid, = vz.workers_of(program)
            until(vz, program, WARM)
            time.sleep(0.2)
            memory, opened = memory_kib(pid), files(pid)
            started = time.monotonic()
            answers = until(vz, program, REQUESTS)
            time.sleep(0.2)
            if not check(vz.workers_of(program) == [pid], f"{program}: the same worker all the while"):
                continue
            growth = memory_kib(pid) - memory
            print(f"   {answers} requests in {time.monotonic() - started:.0f} s, memory {memory} KiB "
                  f"and {growth:+} KiB, {opened} files")
            check(answers >= REQUESTS, f"{program}: {answers} requests")
            check(growth < MOST_GROWTH_KIB, f"{program}: memory grows by less than 1 MiB", growth)
            same(files(pid), opened, f"{program}: as many files are open as before")


run(main)

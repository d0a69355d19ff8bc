#!/usr/bin/env python3
"""S3: SIGTERM ends an idle worker at once and a busy one after its request, always with status 0."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import fastcgi  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
# 100 ms is what is asked of the programs themselves; a sanitizer looks for leaks at the end.
AT_ONCE = 5.0 if "asan" in os.environ.get("VEZNE_BUILD", "") else 0.1
# A path that reads a body, and what comes in front of a program's other paths.
PATHS = {"accounts": "/api/auth/login/", "catalog": "/api/products/", "cart": "/api/cart/add/",
         "orders": "/api/orders/", "payments": "/api/payments/create/",
         "integrations": "/api/integrations/", "notices": "/api/notices/paytr/1/",
         "agency": "/api/dashboard/finances/", "checkout": "/api/v1/order/open"}


class Worker:
    """One process on a listening socket of ours."""

    def __init__(self, vz, program, listening=None):
        self.path = vz.folder / f"{program}-{time.monotonic_ns()}.sock"
        self.listening = listening
        if listening is None:
            self.listening = socket.socket(socket.AF_UNIX)
            self.listening.bind(str(self.path))
            self.listening.listen(64)
        env = {k: v for k, v in os.environ.items() if k == "PATH" or k.endswith("SAN_OPTIONS")}
        self.process = subprocess.Popen(
            [vz.build / "cgi-bin" / f"{program}.fcgi"], stdin=self.listening,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=vz.run,
            env={**env, "VEZNE_CONF": str(vz.conf)})

    def call(self, path, **more):
        return fastcgi.call(self.path, path=path, **more)

    def end(self, number, seconds):
        """(exit status or None, seconds it took)"""
        started = time.monotonic()
        self.process.send_signal(number)
        return self.ended(seconds), time.monotonic() - started

    def ended(self, seconds):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.listening.close()


def idle(vz, program):
    for number in SIGNALS:
        times = []
        while len(times) < 3 and (not times or times[-1] > AT_ONCE):   # the machine may be busy
            w = Worker(vz, program)
            status = w.call(PATHS[program])[0]
            check(0 < status < 500, f"{program}: answers before {number.name}", status)
            time.sleep(0.05)
            code, took = w.end(number, 10)
            times.append(took)
            same(code, 0, f"{program}: idle, {number.name}: exit status")
            w.close()
        check(min(times) <= AT_ONCE, f"{program}: idle, {number.name}: at once", times)


def busy(vz, program):
    """The signal comes while a body is still on its way. The request is answered whole, the next one
    waits in the queue of the socket and is answered by the worker that follows."""
    times = []
    while len(times) < 3 and (not times or times[-1] > AT_ONCE):
        times.append(busy_once(vz, program))
    check(min(times) <= AT_ONCE, f"{program}: busy: leaves when the request ends", times)


def busy_once(vz, program):
    """Seconds from the answer to the end."""
    w = Worker(vz, program)
    w.call(PATHS[program])
    body = b'{"note": "' + b"x" * 200 + b'"}'
    first = fastcgi.connect(w.path)
    first.sendall(fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, fastcgi.params(
        "POST", PATHS[program], content_type="application/json", body=body))
        + fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN, body[:50]))
    time.sleep(0.2)
    second = fastcgi.connect(w.path)
    second.sendall(fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, fastcgi.params(
        "GET", PATHS[program])) + fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN))
    w.process.send_signal(signal.SIGTERM)
    same(w.ended(0.5), None, f"{program}: busy: does not leave before its request is answered")
    first.sendall(fastcgi.record(fastcgi.STDIN, body[50:]) + fastcgi.record(fastcgi.STDIN))
    status, _, got, _, ended = fastcgi.read_answer(first)
    first.close()   # as a web server does; libfcgi waits up to 2 s for it
    answered = time.monotonic()
    check(ended and 0 < status < 500 and got.strip().endswith(b"}"),
          f"{program}: busy: the request is answered whole", status, got)
    same(w.ended(10), 0, f"{program}: busy: exit status")
    took = time.monotonic() - answered
    next_one = Worker(vz, program, w.listening)
    status, _, got, _, ended = fastcgi.read_answer(second)
    check(ended and 0 < status < 500, f"{program}: the request in the queue is not lost", status, got)
    next_one.end(signal.SIGTERM, 10)
    next_one.close()
    second.close()
    return took


def waits_for_provider(vz):
    """The same with a worker that waits for a provider."""
    owner = vz.login("owner")
    listed = owner.get("/api/integrations/").json
    found = listed.get("integrations") or listed.get("results") or []
    kuveyt = [i for i in found if i.get("provider_type") == "kuveyt"]
    if not check(bool(kuveyt), "the demo has a kuveyt integration", listed):
        return
    vz.control(provider="kuveyt", call="*", do="delay", seconds=1.5)
    got = []
    caller = threading.Thread(target=lambda: got.append(
        owner.post(f"/api/integrations/{kuveyt[0]['id']}/test/", {})))
    workers = vz.workers_of("integrations")
    started = time.monotonic()
    caller.start()
    time.sleep(0.5)
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    caller.join()
    took = time.monotonic() - started
    check(got and got[0].status < 500 and got[0].json is not None,
          "the answer of a slow provider arrives after SIGTERM", got)
    check(took >= 1.4, "the provider was slow indeed", f"{took:.1f} s")
    end = time.monotonic() + 5
    while time.monotonic() < end and set(workers) & set(vz.workers_of("integrations")):
        time.sleep(0.01)
    check(not set(workers) & set(vz.workers_of("integrations")), "its worker has left then")
    vz.control(clear=True)


def main():
    with Instance(workers=1) as vz:
        for program in vz.demo["sockets"]:
            if not check(program in PATHS, f"{program}: this test knows its paths"):
                continue
            section(program)
            idle(vz, program)
            busy(vz, program)
        if "integrations" in vz.demo["sockets"]:
            section("while a provider is asked")
            waits_for_provider(vz)


run(main)

#!/usr/bin/env python3
"""The sandbox: plays the payment providers for development, the demo and tests.

Not one of them is real, no money moves, and it shares no code with the program.
README.md tells how to start it and what its control calls are.
"""

import argparse
import signal
import sys
import threading

sys.dont_write_bytecode = True

import control  # noqa: E402
from answers import error_answer, json_answer  # noqa: E402
from faults import Faults  # noqa: E402
from kuveyt import Kuveyt  # noqa: E402
from ledger import Calls, Ledger  # noqa: E402
from web import Server, TlsServer  # noqa: E402


class Sandbox:
    """Everything that is shared; one lock, never held while sleeping or writing to a socket."""

    def __init__(self, ledger_path, log_path=None):
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self.public_url = ""
        self.ledger = Ledger(ledger_path, self.lock)
        self.calls = Calls(self.lock, log_path)
        self.faults = Faults(self.lock)
        self.providers = {p.name: p for p in (Kuveyt(self),)}
        self.followed = 0
        self.tls_port = None
        self.tls = {"connections": 0, "failed_handshakes": 0}

    def wait(self, seconds):
        """Sleeps; True when the sandbox is stopping."""
        return self.stopping.wait(seconds)

    def answer(self, request):
        """The Answer to any request."""
        for provider in self.providers.values():
            if provider.owns(request.path):
                return provider.answer(request)
        if request.path == "/followed":
            return self.follow(request)
        if request.path.startswith("/_"):
            return control.answer(self, request)
        if request.path == "/" and request.method == "GET":
            return json_answer(200, {"sandbox": "vezne", "providers": list(self.providers),
                                     "see": ["/_control", "/_ledger", "/_payments", "/_calls"]})
        return error_answer(404, "no such path")

    def follow(self, request):
        """Where http_302 leads: nobody should come here."""
        row = self.calls.open("*", "followed", None, request.method, request.path)
        with self.lock:
            self.followed += 1
        answer = json_answer(200, {"status": "success"})
        answer.row = row
        return answer

    def count_tls(self, what):
        """Connections on the TLS port and handshakes that failed."""
        with self.lock:
            self.tls[what] += 1

    def reset(self):
        """As just started; only the ledger stays."""
        with self.lock:
            self.faults.reset()
            self.calls.clear()
            self.followed = 0
            self.tls = dict.fromkeys(self.tls, 0)
            for provider in self.providers.values():
                provider.reset()

    def shown(self):
        """For GET /_control."""
        with self.lock:
            return {**self.faults.shown(), "followed": self.followed,
                    "tls": {"port": self.tls_port, **self.tls},
                    "providers": {p.name: {"calls": p.calls, "verify_tells": p.tells,
                                           "keys": {m: len(k) for m, k in p.keys.items()}}
                                  for p in self.providers.values()}}


def arguments():
    p = argparse.ArgumentParser(description="Plays the payment providers for development.")
    p.add_argument("--port", type=int, required=True, help="0: any free port")
    p.add_argument("--bind", default="127.0.0.1")
    p.add_argument("--ledger", required=True, metavar="FILE.jsonl")
    p.add_argument("--log", metavar="FILE", help="one line per call of a provider's path")
    p.add_argument("--public-url", metavar="URL", help="how browsers reach it")
    p.add_argument("--tls-port", type=int)
    p.add_argument("--tls-cert", metavar="PEM")
    p.add_argument("--tls-key", metavar="PEM")
    a = p.parse_args()
    if a.tls_port is not None and not (a.tls_cert and a.tls_key):
        p.error("--tls-port needs --tls-cert and --tls-key")
    return a


def main():
    a = arguments()
    stop = (signal.SIGTERM, signal.SIGINT)
    for number in stop:  # a shell may have started us with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    threading.stack_size(512 * 1024)
    try:
        sandbox = Sandbox(a.ledger, a.log)
        servers = [Server((a.bind, a.port), sandbox)]
        if a.tls_port is not None:
            servers.append(TlsServer((a.bind, a.tls_port), sandbox, a.tls_cert, a.tls_key))
            sandbox.tls_port = servers[1].server_port
    except (OSError, ValueError, KeyError) as error:
        print(f"sandbox: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    host = f"[{a.bind}]" if ":" in a.bind else a.bind
    url = f"http://{host}:{servers[0].server_port}"
    sandbox.public_url = (a.public_url or url).rstrip("/")
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    print(f"sandbox ready on {url}", flush=True)

    signal.sigwait(stop)
    sandbox.stopping.set()
    for server in servers:
        server.shutdown()
        server.server_close()
    sandbox.ledger.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

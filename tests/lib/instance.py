"""A whole Vezne for one test, in a temporary folder and on free ports.

    with Instance(workers=2, settings={"order_hold_minutes": 5}) as vz:
        owner = vz.login("owner")
        owner.get("/api/orders/")
        vz.sql.one("SELECT count(*) FROM orders")
        vz.job("reconcile_payments")

VEZNE_BUILD names another build (build/asan), VEZNE_KEEP=1 keeps the folder.
"""

import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile

import instance as machine   # tests/instance.py

from .client import Client
from .sql import Sql

ROOT = machine.ROOT
TOOL = ROOT / "tests" / "instance.py"


def build_folder():
    return pathlib.Path(os.path.abspath(os.environ.get("VEZNE_BUILD") or ROOT / "build"))


def free_port():
    """A port that is free together with the one above it; below those the kernel hands out."""
    for _ in range(1000):
        port = random.randrange(20000, 32000, 2)
        try:
            with socket.socket() as a, socket.socket() as b:
                a.bind(("127.0.0.1", port))
                b.bind(("127.0.0.1", port + 1))
            return port
        except OSError:
            pass
    raise OSError("no free ports")


class Instance:
    def __init__(self, workers=2, settings=None, env=None, access_log=True, build=None):
        self.workers, self.settings, self.env = workers, dict(settings or {}), dict(env or {})
        self.access_log = access_log
        self.build = pathlib.Path(build) if build else build_folder()
        self._sql = None

    # life

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vezne-test-"))
        self.run = self.folder / "run"
        try:
            for attempt in range(3):   # another test may have taken the port meanwhile
                self.port = free_port()
                done = self._start()
                if done.returncode == 0:
                    break
                if "port" not in done.stderr or attempt == 2:
                    raise RuntimeError("the instance did not start:\n" + done.stderr)
            self.demo = json.loads((self.run / "demo.json").read_text())
            self.base_url, self.sandbox_url = self.demo["base_url"], self.demo["sandbox_url"]
            self.conf = pathlib.Path(self.demo["conf"])
            self.log_file = pathlib.Path(self.demo["log_file"])
        except BaseException:
            self._clean()
            raise
        return self

    def _start(self):
        command = ["start", "--run", self.run, "--port", self.port, "--build", self.build,
                   "--workers", self.workers]
        for key, value in self.settings.items():
            command += ["--set", f"{key}={value}"]
        for key, value in self.env.items():
            command += ["--env", f"{key}={value}"]
        if not self.access_log:
            command.append("--no-access-log")
        return self._tool(*command)

    def _tool(self, *arguments):
        return subprocess.run([sys.executable, TOOL, *map(str, arguments)], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)

    def tool(self, *arguments):
        """tests/instance.py for this instance; raises when it fails."""
        done = self._tool(*arguments, "--run", self.run)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout

    def __exit__(self, kind, *_):
        if self._sql:
            self._sql.close()
        if kind:
            self.show_logs()
        try:
            self.tool("stop")
        finally:
            self._clean()

    def _clean(self):
        if os.environ.get("VEZNE_KEEP"):
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def show_logs(self):
        for log in sorted((self.run / "log").glob("*.log")):
            if log.name not in ("access.log", "mariadb-install-db.log"):
                lines = log.read_text(errors="replace").splitlines()[-15:]
                print(f"end of {log.name}:", *lines, sep="\n    ")

    # people

    def client(self, host=None, **more):
        """A guest. host: "rakip.localhost" for the other shop."""
        return Client(self.base_url, host=host, **more)

    def login(self, role, tenant="demo", **more):
        """A client who is logged in as owner, admin, agency or customer."""
        for who in self.demo["logins"]:
            if (who["role"], who["tenant"]) == (role, tenant):
                c = self.client(host=None if tenant == "demo" else self.demo["hosts"][tenant], **more)
                answer = c.post("/api/auth/login/",
                                {"email": who["email"], "password": who["password"]})
                if answer.status != 200:
                    raise RuntimeError(f"login as {who['email']}: {answer}")
                return c
        raise KeyError(f"{tenant} has no {role}")

    # parts

    @property
    def sql(self):
        """The database, as its root."""
        if self._sql is None or self._sql.process.poll() is not None:
            self._sql = self.connect()
        return self._sql

    def connect(self):
        """A database connection of its own."""
        d = self.demo["database"]
        return Sql(d["socket"], d["name"])

    def command(self, name, *arguments, env=None, timeout=300, text=None):
        """Runs build/cron/NAME; the finished process with its stdout and stderr."""
        keep = {k: v for k, v in os.environ.items()
                if k in ("PATH", "HOME") or k.endswith("SAN_OPTIONS")}
        return subprocess.run([self.build / "cron" / name, *map(str, arguments)], text=True,
                              capture_output=True, timeout=timeout, input=text, cwd=self.run,
                              env={**keep, "VEZNE_CONF": str(self.conf), **(env or {})})

    def job(self, name, *arguments, **more):
        return self.command(name, *arguments, **more)

    def vezne(self, *arguments, **more):
        return self.command("vezne", *arguments, **more)

    def control(self, **order):
        """POST to the sandbox's control path; its answer."""
        with Client(self.sandbox_url) as c:
            answer = c.post("/_control", order)
            if answer.status != 200:
                raise RuntimeError(f"sandbox: {answer}")
            return answer.json

    def ledger(self):
        """All rows of the sandbox's ledger."""
        with Client(self.sandbox_url) as c:
            return c.get("/_ledger").json["rows"]

    def supervisor(self, program):
        """The process that holds the program's socket and starts its workers."""
        state = json.loads((self.run / "state.json").read_text())
        return next(s["pid"] for s in state["services"] if s["name"] == program)

    def workers_of(self, program):
        """Process ids of a program's workers."""
        return machine.children_of(self.supervisor(program))

    def restart(self, program):
        self.tool("restart", program)

    def down(self, part, kill=False):
        self.tool("down", part, *(["--kill"] if kill else []))

    def up(self, part):
        self.tool("up", part)

    def log_lines(self):
        """What the programs logged, as dicts."""
        if not self.log_file.exists():
            return []
        return [json.loads(line) for line in self.log_file.read_text().splitlines() if line]

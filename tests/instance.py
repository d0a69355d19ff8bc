#!/usr/bin/env python3
"""A whole Vezne of its own in one folder: MariaDB, sandbox, programs, nginx.

    instance.py start   --run DIR --port N [--build build] [--workers 2] [--set key=value ...]
    instance.py run     the same in the foreground; Ctrl-C stops everything
    instance.py stop    --run DIR
    instance.py restart --run DIR NAME     one program anew, without losing a request
    instance.py down    --run DIR NAME     stops one part (mariadb, sandbox, a program); --kill: SIGKILL
    instance.py up      --run DIR NAME     starts it again
    instance.py status  --run DIR

nginx listens on N, the sandbox on N+1, everything else on sockets. All of it runs as the user
who calls, belongs to DIR and is gone after `stop`, but DIR itself: its database is used again by
the next start. DIR/vezne.conf is the configuration, DIR/demo.json names what a test needs.

How a program is restarted: spawn-fcgi makes the listening socket and becomes multiwatch, which
starts the workers on it. `restart` sends TERM to the workers only, one after the other: each
finishes the request in hand, leaves, and multiwatch starts the program's file anew; then comes the
next. The socket stays open all the while, so that nobody is refused, and the other workers answer.
"""

import argparse
import fcntl
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOCKET_PATH_LIMIT = 107   # bytes, sockaddr_un
START_SECONDS = 30
STOP_SECONDS = 45         # longer than a worker's longest request (nginx/vezne.conf, part 5)
PASSWORD = "vezne-demo-parola"

# The demo's home page, for nginx. A live machine has a shop of its own there.
DEMO_SHOP = """
        location ~ ^/(demo/?)?$ { rewrite ^ /demo/index.html last; }
        location /demo/ {
            root $vezne_html;
            try_files $uri =404;
            types { text/html html; text/css css; text/javascript js; image/svg+xml svg; }
            charset utf-8;
            charset_types text/css text/javascript;
            add_header Content-Security-Policy "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" always;
            add_header Referrer-Policy no-referrer always;
            add_header X-Content-Type-Options nosniff always;
            add_header X-Robots-Tag noindex always;
            add_header Cache-Control no-cache always;
        }""".strip()


class Failed(Exception):
    """A sentence for the person who called; `log` is the file whose end says more."""

    def __init__(self, text, log=None):
        super().__init__(text)
        self.log = log


# --- processes ---------------------------------------------------------------------------------

def stat_of(pid):
    """(state, parent, session, start time) of a process, None when there is none."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    f = text[text.rindex(")") + 2:].split()
    return f[0], int(f[1]), int(f[3]), int(f[19])


def processes():
    for name in os.listdir("/proc"):
        if name.isdigit():
            s = stat_of(name)
            if s and s[0] not in "ZX":
                yield int(name), s


def children_of(pid):
    try:   # the kernel's own list, where it keeps one
        found = map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return sorted(p for p in found if (s := stat_of(p)) and s[0] not in "ZX")
    except OSError:
        return sorted(p for p, s in processes() if s[1] == pid)


def settled(pid):
    """Whether a worker that was just started waits for work: it has become its program and sleeps.
    Nothing depends on it but how long a caller waits."""
    s = stat_of(pid)
    try:
        return bool(s) and s[0] == "S" and b"multiwatch" not in pathlib.Path(
            f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


class Service:
    """One process that was started as leader of a session; the session is how all that came of it
    is found again, also after its leader is gone. The start time tells it from a later process
    with the same number."""

    def __init__(self, name, pid, started):
        self.name, self.pid, self.started = name, pid, started

    def leader_alive(self):
        s = stat_of(self.pid)
        return bool(s and s[0] not in "ZX" and s[3] == self.started)

    def members(self):
        s = stat_of(self.pid)
        if s and s[3] != self.started:
            return []
        return [p for p, s in processes() if s[2] == self.pid]

    def send(self, number):
        """To the leader, or, when that is gone, to what it left behind."""
        for pid in [self.pid] if self.leader_alive() else self.members():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def stop(self, number=signal.SIGTERM, seconds=STOP_SECONDS):
        """True when everything is gone. Asks again every 5 s: a child that is just being forked
        can miss a signal."""
        end = time.monotonic() + seconds
        again = 0
        while self.members():
            now = time.monotonic()
            if now >= end:
                return False
            if now >= again:
                self.send(number)
                again = now + 5
            try:
                os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                pass
            time.sleep(0.01)
        return True


# --- the instance ------------------------------------------------------------------------------

class Instance:
    def __init__(self, run):
        self.run = pathlib.Path(os.path.abspath(run))
        self.log = self.run / "log"
        self.conf_file = self.run / "vezne.conf"
        self.state_file = self.run / "state.json"
        self.state = {"services": []}
        self.processes = []   # Popen objects of our own children, so that they are reaped

    # state: what runs, written after each start

    def load(self):
        try:
            self.state = json.loads(self.state_file.read_text())
        except FileNotFoundError:
            self.state = {"services": []}
        except ValueError as error:
            raise Failed(f"{self.state_file}: {error}")

    def save(self):
        new = self.state_file.with_suffix(".new")
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
            f.write(json.dumps(self.state, indent=1) + "\n")
        new.rename(self.state_file)

    def services(self):
        return [Service(**s) for s in self.state["services"]]

    def lock(self):
        self.run.mkdir(parents=True, exist_ok=True)
        handle = open(self.run / "lock", "w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"{self.run}: another start or stop is under way")
        return handle

    # start

    def start(self, a):
        held = self.lock()
        self.load()
        alive = [s.name for s in self.services() if s.members()]
        if alive:
            raise Failed(f"{self.run}: is running already ({', '.join(alive)}); stop it first: "
                         f"tests/instance.py stop --run {self.run}")
        self.forget_sockets()
        try:
            self.prepare(a)
            self.start_database()
            self.fill_database()
            self.start_sandbox()
            for name in self.programs:
                self.start_program(name, a.workers)
            self.start_nginx(a)
            self.wait_until_it_answers()
            self.write_demo()
        except BaseException:
            self.stop_all()
            raise
        finally:
            held.close()

    def prepare(self, a):
        os.umask(0o027)
        self.build = pathlib.Path(os.path.abspath(a.build))
        self.programs = sorted(p.name[:-5] for p in self.build.glob("cgi-bin/*.fcgi"))
        self.vezne = self.build / "cron" / "vezne"
        for path in [self.vezne]:
            if not path.exists():
                raise Failed(f"{path}: not there; run make first")
        if not self.programs:
            raise Failed(f"{self.build}/cgi-bin: no programs there; run make first")
        for port in (a.port, a.port + 1):
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    s.bind((a.listen, port))
                except OSError as error:
                    raise Failed(f"port {port}: {error.strerror}")
        self.port = a.port
        self.base_url = f"http://127.0.0.1:{a.port}"
        self.sandbox_url = f"http://127.0.0.1:{a.port + 1}"
        for folder in (self.log, self.run / "tmp", self.run / "nginx"):
            folder.mkdir(exist_ok=True)
        self.sockets = self.socket_folder()
        self.write_conf(a)
        self.state = {"services": [], "port": a.port, "build": str(self.build), "env": a.env,
                      "sockets": str(self.sockets), "workers": a.workers, "settings": self.settings}
        self.save()
        self.set_environment()

    def set_environment(self):
        self.environment = {k: v for k, v in os.environ.items()
                            if k.endswith("SAN_OPTIONS") or k in ("PATH", "HOME", "LANG", "TZ")}
        self.environment.update(VEZNE_CONF=str(self.conf_file), TMPDIR=str(self.run / "tmp"))
        self.environment["PATH"] += ":/usr/sbin:/sbin"
        self.environment.update(e.split("=", 1) for e in self.state["env"])

    def socket_folder(self):
        """DIR/sock, or a short folder when DIR is too long for the address of a socket."""
        folder = self.run / "sock"
        longest = max([len(n) for n in self.programs] + [len("integrations")]) + len(".fcgi.sock")
        if len(os.fsencode(folder)) + 1 + longest <= SOCKET_PATH_LIMIT:
            folder.mkdir(exist_ok=True)
        else:
            folder = pathlib.Path(tempfile.mkdtemp(prefix="vezne-", dir="/tmp"))
        folder.chmod(0o750)
        return folder

    def forget_sockets(self):
        """What an earlier instance that didn't end well left behind."""
        for name in ("sock", None):
            folder = self.run / name if name else pathlib.Path(self.state.get("sockets", "/nowhere"))
            if folder.is_dir() and (name or folder.name.startswith("vezne-")):
                shutil.rmtree(folder, ignore_errors=True)

    def write_conf(self, a):
        password = secrets.token_hex(16)
        settings = {
            "db_socket": self.sockets / "db.sock",
            "db_name": "vezne",
            "db_user": "vezne",
            "db_password": password,
            "base_url": self.base_url,
            "master_key_file": self.run / "master.key",
            "log_file": self.log / "vezne.log",
            "sql_dir": ROOT / "sql",
            "kuveyt_test_url": f"{self.sandbox_url}/kuveyt/payment",
            "kuveyt_live_url": f"{self.sandbox_url}/kuveyt/live/payment",
            "allowed_endpoints": f"127.0.0.1:{self.port + 1}",
            "provider_timeout_s": 20,
            "order_hold_minutes": 60,
            "sandbox": "yes",
            "rate_limits": "off",
        }
        for text in a.set:
            key, _, value = text.partition("=")
            if not _:
                raise Failed(f"--set {text}: expected key=value")
            settings[key.strip()] = value.strip()
        self.settings = {k: str(v) for k, v in settings.items()}
        text = "# Made by tests/instance.py at each start.\n"
        text += "".join(f"{k} = {v}\n" for k, v in self.settings.items())
        self.conf_file.unlink(missing_ok=True)
        with open(os.open(self.conf_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
            f.write(text)

    def spawn(self, name, command, log=None, environment=None):
        """Starts a service; what it says goes to log/NAME.log."""
        log = log or self.log / f"{name}.log"
        with open(log, "ab") as out:
            try:
                p = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=out, cwd=self.run, start_new_session=True,
                                     env=environment or self.environment)
            except OSError as error:
                raise Failed(f"{command[0]}: {error.strerror}")
        self.processes.append(p)
        s = stat_of(p.pid)
        service = {"name": name, "pid": p.pid, "started": s[3] if s else 0}
        self.state["services"].append(service)
        self.save()
        return Service(**service)

    def wait(self, service, ready, what, log):
        end = time.monotonic() + START_SECONDS
        while not ready():
            if not service.leader_alive():
                raise Failed(f"{what} ended at once", log)
            if time.monotonic() > end:
                raise Failed(f"{what} did not answer within {START_SECONDS} s", log)
            time.sleep(0.02)

    def tool(self, *command, name, stdin=None):
        """Runs a command that has to succeed; its text is kept in log/NAME.log and returned."""
        log = self.log / f"{name}.log"
        try:
            done = subprocess.run([str(c) for c in command], input=stdin, capture_output=True,
                                  text=True, cwd=self.run, env=self.environment, timeout=120)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failed(f"{name}: {error}")
        with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as f:
            f.write(done.stdout + done.stderr)
        if done.returncode != 0:
            raise Failed(f"{name} ended with {done.returncode}", log)
        return done.stdout

    def start_database(self):
        data, user = self.run / "db", os.environ.get("USER") or str(os.getuid())
        if os.getuid() == 0:
            user = "root"
        size = ["--innodb-log-file-size=64M", "--performance-schema=OFF"]
        if not (data / "mysql").is_dir():
            shutil.rmtree(data, ignore_errors=True)
            self.tool("mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--user={user}",
                      "--auth-root-authentication-method=normal", "--skip-test-db", "--force", *size,
                      name="mariadb-install-db")
        path = self.sockets / "db.sock"
        service = self.spawn("mariadb", [
            "mariadbd", "--no-defaults", f"--datadir={data}", f"--user={user}",
            f"--socket={path}", f"--pid-file={self.run}/mariadb.pid", f"--tmpdir={self.run}/tmp",
            "--skip-networking", "--skip-name-resolve", "--skip-log-bin", "--local-infile=OFF",
            "--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci",
            "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=128M", *size,
            "--max-connections=300", "--query-cache-type=OFF", "--thread-cache-size=64"])
        self.wait(service, lambda: self.sql("SELECT 1", check=False), "MariaDB",
                  self.log / "mariadb.log")

    def sql(self, text, check=True):
        """As the database's root, who exists on the socket only."""
        done = subprocess.run(["mariadb", "--no-defaults", "-uroot", "-S", self.sockets / "db.sock",
                               "--batch", "--skip-column-names"], input=text, text=True,
                              capture_output=True, env=self.environment)
        if check and done.returncode != 0:
            raise Failed(f"SQL: {done.stderr.strip()}", self.log / "mariadb.log")
        return done.stdout if done.returncode == 0 else None

    def fill_database(self):
        user, password = self.settings["db_user"], self.settings["db_password"]
        name = self.settings["db_name"]
        self.sql(f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4;"
                 f"CREATE OR REPLACE USER '{user}'@'localhost' IDENTIFIED BY '{password}';"
                 f"GRANT ALL ON `{name}`.* TO '{user}'@'localhost'")
        if not (self.run / "master.key").exists():
            self.tool(self.vezne, "key", "new", name="key")
        self.tool(self.vezne, "migrate", name="migrate")
        self.demo_text = self.tool(self.vezne, "demo", name="demo")

    def start_sandbox(self):
        program = ROOT / "tests" / "sandbox" / "sandbox.py"
        if not program.exists():
            print("instance: there is no sandbox here, providers won't answer", file=sys.stderr)
            return
        log = self.log / "sandbox.log"
        log.unlink(missing_ok=True)
        service = self.spawn("sandbox", [
            sys.executable, "-u", program, "--port", self.port + 1,
            "--ledger", self.run / "sandbox.jsonl", "--log", self.log / "sandbox-calls.log"])
        self.wait(service, lambda: b"sandbox ready on " in log.read_bytes(), "the sandbox", log)

    def start_program(self, name, workers):
        # multiwatch gives a child up after -r ends in a row that each came within -t ms.
        path = self.sockets / f"{name}.sock"
        service = self.spawn(name, [
            "spawn-fcgi", "-s", path, "-M", "0660", "-b", 1024, "-n", "--",
            shutil.which("multiwatch", path=self.environment["PATH"]) or "multiwatch",
            "-r", 1000, "-t", 50, "-s", "TERM", "-f", workers, "--",
            self.build / "cgi-bin" / f"{name}.fcgi"])
        self.wait(service, lambda: len(children_of(service.pid)) >= workers, name,
                  self.log / f"{name}.log")

    def start_nginx(self, a):
        home = self.run / "nginx"
        limits = self.settings.get("rate_limits") in ("yes", "on", "true", "1")
        log = f"{self.log}/access.log vezne buffer=32k flush=1s" if a.access_log else "off"
        user = "user root root;" if os.getuid() == 0 else ""
        names = " ".join(f"{n}_temp_path {home}/{n};" for n in
                         ("client_body", "fastcgi", "proxy", "uwsgi", "scgi"))
        (home / "nginx.conf").write_text(f"""# Made by tests/instance.py at each start.
{user}
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
worker_shutdown_timeout 10s;
pid {home}/nginx.pid;
error_log {self.log}/nginx.log warn;
events {{ worker_connections 4096; }}
http {{
    {names}
    log_format vezne '$time_iso8601 $request_id $status $request_method $uri $body_bytes_sent $request_time';
    access_log {log};
    keepalive_requests 100000;
    include {ROOT}/nginx/http.conf;
    {"include " + str(ROOT) + "/nginx/limits.conf;" if limits else ""}
    server {{
        listen {a.listen}:{self.port} backlog=1024;
        set $vezne_sockets {self.sockets};
        set $vezne_html {ROOT}/nginx/html;
        include {ROOT}/nginx/pages.conf;
        include {ROOT}/nginx/vezne.conf;
        {DEMO_SHOP}
    }}
}}
""")
        command = ["nginx", "-p", home, "-e", self.log / "nginx.log", "-c", home / "nginx.conf"]
        self.tool(*command, "-t", "-q", name="nginx")
        service = self.spawn("nginx", command)
        self.wait(service, lambda: self.get("/")[0] == 200, "nginx", self.log / "nginx.log")

    def get(self, path):
        try:
            with urllib.request.urlopen(self.base_url + path, timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError as error:
            return 0, str(error).encode()

    def paths(self):
        """Program -> its first path, from the only list there is."""
        found = {}
        for path, name in re.findall(r"^location (/\S+) .*/(\w+)\.sock;", (
                ROOT / "nginx" / "vezne.conf").read_text(), re.M):
            found.setdefault(name, path)
        return found

    def wait_until_it_answers(self):
        paths = self.paths()
        end = time.monotonic() + START_SECONDS
        for name in self.programs:
            if name not in paths:
                raise Failed(f"{name}: nginx/vezne.conf has no path for it")
            while True:
                status, body = self.get(paths[name] + "/")
                if status == 200 if name == "catalog" else 200 <= status < 500:
                    break
                if time.monotonic() > end:
                    raise Failed(f"GET {paths[name]}/ answers {status}: "
                                 f"{body[:300].decode(errors='replace')}", self.log / f"{name}.log")
                time.sleep(0.05)

    def write_demo(self):
        """demo.json: what a test or a person has to know. What `vezne demo` says in JSON comes on
        top of it, as does a line `name: value` or `name = value` under "said"."""
        hosts = {"demo": "127.0.0.1", "rakip": "rakip.localhost"}
        logins = [{"tenant": t, "role": r, "email": e, "password": PASSWORD,
                   "base_url": f"http://{hosts[t]}:{self.port}"}
                  for t, r, e in [("demo", "owner", "owner@demo.test"),
                                  ("demo", "admin", "admin@demo.test"),
                                  ("demo", "agency", "ajans@demo.test"),
                                  ("demo", "customer", "musteri@demo.test"),
                                  ("rakip", "owner", "owner@rakip.test")]]
        demo = {
            "base_url": self.base_url, "hosts": hosts, "port": self.port,
            "sandbox_url": self.sandbox_url, "control_url": f"{self.sandbox_url}/_control",
            "conf": str(self.conf_file), "log_dir": str(self.log),
            "log_file": self.settings["log_file"], "build": str(self.build),
            "sandbox_ledger": str(self.run / "sandbox.jsonl"),
            "database": {"socket": self.settings["db_socket"], "name": self.settings["db_name"],
                         "user": self.settings["db_user"],
                         "password": self.settings["db_password"], "root": "root"},
            "sockets": {n: str(self.sockets / f"{n}.sock") for n in self.programs},
            "logins": logins, "notice_urls": self.notice_urls(),
            "pids": {s["name"]: s["pid"] for s in self.state["services"]},
        }
        said = {}
        try:
            demo.update(json.loads(self.demo_text))
        except ValueError:
            said = dict(re.findall(r"^\s*([\w .-]+?)\s*[:=]\s+(\S.*)$", self.demo_text, re.M))
        if said:
            demo["said"] = said
        path = self.run / "demo.json"
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
            json.dump(demo, f, indent=1, ensure_ascii=False)
            f.write("\n")
        self.demo = demo

    def notice_urls(self):
        name = self.settings["db_name"]
        rows = self.sql(f"SELECT id FROM `{name}`.integrations WHERE provider_type = 'paytr'",
                        check=False)
        urls = {"paytr": [f"{self.base_url}/api/notices/paytr/{i}/" for i in (rows or "").split()],
                "kuveyt": [f"{self.base_url}/api/notices/kuveyt/{{attempt}}/ok/",
                           f"{self.base_url}/api/notices/kuveyt/{{attempt}}/fail/"]}
        return urls

    def tell(self):
        d = self.demo
        print(f"Vezne answers on {d['base_url']}, the sandbox on {d['sandbox_url']}")
        print(f"configuration {d['conf']}, logs {d['log_dir']}, details {self.run}/demo.json")
        for login in d["logins"]:
            print(f"  {login['tenant']:6} {login['role']:9} {login['email']:20} {login['password']}")
        for key, value in d.get("said", {}).items():
            print(f"  {key}: {value}")
        if d.get("vendor"):
            print(f"  checkout vendor {d['vendor'].get('identifier')}, "
                  f"secret {d['vendor'].get('secret')}")
        sys.stdout.flush()

    # stop

    def stop(self):
        held = self.lock()
        try:
            self.load()
            self.stop_all()
        finally:
            held.close()

    def stop_all(self):
        """nginx takes nothing new and ends what it has, then supervisors and their workers, which
        finish the request in hand, then what they need. Nothing is killed before its time is up."""
        left = {s.name: s for s in self.services()}
        nginx, database, sandbox = (left.pop(n, None) for n in ("nginx", "mariadb", "sandbox"))
        stubborn = []
        if nginx and not (nginx.stop(signal.SIGQUIT, 3) or nginx.stop(signal.SIGTERM, 5)):
            stubborn.append(nginx)
        for service in left.values():   # all at once, then wait for each
            service.send(signal.SIGTERM)
        for service in [*left.values(), sandbox, database]:
            if service and not service.stop():
                stubborn.append(service)
        for service in stubborn:
            for pid in service.members():
                os.kill(pid, signal.SIGKILL)
        for p in self.processes:
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                pass
        self.forget_sockets()
        self.state = {"services": []}
        if self.run.is_dir():
            self.save()
            (self.run / "demo.json").unlink(missing_ok=True)
        if stubborn:
            raise Failed("had to be killed: " + ", ".join(s.name for s in stubborn))

    # restart, down, up and status

    def service(self, name):
        self.load()
        for s in self.services():
            if s.name == name and s.leader_alive():
                return s
        raise Failed(f"{self.run}: {name} is not running")

    def restart(self, name):
        """Returns the number of workers that were replaced."""
        service = self.service(name)
        old = children_of(service.pid)
        end = time.monotonic() + STOP_SECONDS
        for pid in old:
            self.replace(service, pid, end)
        return len(old)

    def replace(self, service, pid, end):
        before = set(children_of(service.pid))
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass   # it has left by itself, its successor is on the way
        while True:
            now = set(children_of(service.pid))
            fresh = now - before
            if pid not in now and len(now) >= self.state["workers"] and all(map(settled, fresh)):
                return
            if not service.leader_alive():
                raise Failed(f"{service.name}: its supervisor is gone",
                             self.log / f"{service.name}.log")
            if time.monotonic() > end:
                raise Failed(f"{service.name}: not restarted within {STOP_SECONDS} s: workers before "
                             f"{sorted(before)}, now {sorted(now)}", self.log / f"{service.name}.log")
            time.sleep(0.004)

    def down(self, name, kill):
        service = self.service(name)
        if kill:
            for pid in service.members():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        if not service.stop():
            raise Failed(f"{name} does not stop", self.log / f"{name}.log")
        self.state["services"] = [s for s in self.state["services"] if s["name"] != name]
        self.save()

    def up(self, name):
        self.load()
        if any(s.name == name and s.members() for s in self.services()):
            raise Failed(f"{self.run}: {name} is running already")
        self.state["services"] = [s for s in self.state["services"] if s["name"] != name]
        if "settings" not in self.state:
            raise Failed(f"{self.run}: nothing runs here")
        os.umask(0o027)
        self.settings, self.port = self.state["settings"], self.state["port"]
        self.build, self.sockets = map(pathlib.Path, (self.state["build"], self.state["sockets"]))
        self.sandbox_url = f"http://127.0.0.1:{self.port + 1}"
        self.set_environment()
        if name == "mariadb":
            self.start_database()
        elif name == "sandbox":
            self.start_sandbox()
        elif (self.build / "cgi-bin" / f"{name}.fcgi").exists():
            (self.sockets / f"{name}.sock").unlink(missing_ok=True)
            self.start_program(name, self.state["workers"])
        else:
            raise Failed(f"up: there is no {name}")

    def status(self):
        self.load()
        for s in self.services():
            print(f"{s.name:14} {s.pid:8} {'running' if s.leader_alive() else 'GONE'}"
                  f"  workers {' '.join(map(str, children_of(s.pid)))}")
        return 0 if self.services() and all(s.leader_alive() for s in self.services()) else 1


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("what", choices=["start", "run", "stop", "restart", "down", "up", "status"])
    p.add_argument("name", nargs="?", help="for restart, down and up: the part")
    p.add_argument("--run", default="run", metavar="DIR")
    p.add_argument("--port", type=int, default=8080)
    p.add_argument("--listen", default="127.0.0.1", metavar="ADDRESS")
    p.add_argument("--build", default=str(ROOT / "build"), metavar="DIR")
    p.add_argument("--workers", type=int, default=2, help="of each program")
    p.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                   help="into vezne.conf; rate_limits=on also turns on nginx's")
    p.add_argument("--env", action="append", default=[], metavar="NAME=VALUE",
                   help="into the environment of everything")
    p.add_argument("--no-access-log", dest="access_log", action="store_false")
    p.add_argument("--kill", action="store_true", help="for down: at once, without a chance to end")
    return p.parse_intermixed_args()


def run_in_foreground(instance, a):
    asked = []
    instance.start(a)
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda n, _: asked.append(n))
        instance.tell()
        print("Ctrl-C stops everything.", flush=True)
        while not asked:
            gone = [s for s in instance.services() if not s.leader_alive()]
            if gone:
                raise Failed(f"{gone[0].name} ended by itself", instance.log / f"{gone[0].name}.log")
            time.sleep(0.3)
        print("stopping", flush=True)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)   # no second Ctrl-C leaves half of it behind
        instance.stop()


def main():
    a = arguments()
    instance = Instance(a.run)
    try:
        if a.what in ("start", "run"):
            for number in (signal.SIGTERM, signal.SIGHUP):   # so that a start that is stopped cleans up
                signal.signal(number, lambda n, _: sys.exit(128 + n))
        if a.what == "run":
            run_in_foreground(instance, a)
        elif a.what == "start":
            instance.start(a)
            instance.tell()
        elif a.what == "stop":
            if instance.run.is_dir():
                instance.stop()
        elif a.what == "status":
            return instance.status()
        elif not a.name:
            raise Failed(f"{a.what}: which part?")
        elif a.what == "restart":
            instance.restart(a.name)
        elif a.what == "down":
            instance.down(a.name, a.kill)
        else:
            instance.up(a.name)
    except Failed as failed:
        print(f"instance: {failed}", file=sys.stderr)
        if failed.log and failed.log.exists():
            lines = failed.log.read_text(errors="replace").splitlines()[-25:]
            print(f"the end of {failed.log}:", *lines, sep="\n  ", file=sys.stderr)
            vezne = instance.log / "vezne.log"
            if vezne.exists() and failed.log.parent == instance.log:
                print(f"the end of {vezne}:", *vezne.read_text(errors="replace").splitlines()[-10:],
                      sep="\n  ", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

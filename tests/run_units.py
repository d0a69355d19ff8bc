#!/usr/bin/env python3
"""Runs module tests against a private MariaDB that lives for this run only.

    run_units.py [--build build] [program ...]     without names: sql_test and every common/**/*_test

The tests find the database in VEZNE_DB_SOCKET, VEZNE_DB_NAME, VEZNE_DB_USER and VEZNE_DB_PASSWORD, a
key file in VEZNE_MASTER_KEY_FILE, and all of it in the file VEZNE_CONF. `vezne migrate` has loaded sql/.
They run in the top folder, one after the other; the last line is `N passed, N failed`.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed\s*$", re.M)
NAME = "vezne_test"


class Database:
    def __enter__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="vezne-units-"))
        self.socket = self.dir / "db.sock"
        self.server = None
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        env = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin")
        user = "root" if os.getuid() == 0 else os.environ.get("USER") or str(os.getuid())
        base = ["--no-defaults", f"--datadir={self.dir}/data", f"--user={user}",
                "--innodb-log-file-size=16M", "--performance-schema=OFF"]
        with open(self.dir / "log", "wb") as log:
            try:
                subprocess.run(["mariadb-install-db", *base, "--skip-test-db", "--force",
                                "--auth-root-authentication-method=normal"],
                               stdout=log, stderr=log, env=env, check=True)
                self.server = subprocess.Popen(
                    ["mariadbd", *base, f"--socket={self.socket}", "--skip-networking",
                     "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0",
                     "--character-set-server=utf8mb4"],
                    stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env, start_new_session=True)
            except (OSError, subprocess.CalledProcessError) as error:
                sys.exit(f"MariaDB: {error}\n{(self.dir / 'log').read_text()[-2000:]}")
        end = time.monotonic() + 30
        while self.client("SELECT 1").returncode != 0:
            if self.server.poll() is not None or time.monotonic() > end:
                sys.exit("MariaDB did not start:\n" + (self.dir / "log").read_text()[-2000:])
            time.sleep(0.02)
        self.load(f"CREATE DATABASE {NAME} CHARACTER SET utf8mb4")

    def client(self, text, *database):
        return subprocess.run(["mariadb", "--no-defaults", "-uroot", "-S", self.socket, *database],
                              input=text, capture_output=True, text=True)

    def load(self, text, database=None, what="SQL"):
        done = self.client(text, *([database] if database else []))
        if done.returncode != 0:
            sys.exit(f"{what}: {done.stderr.strip()}\n0 passed, 1 failed")

    def environment(self, build):
        settings = {"db_socket": self.socket, "db_name": NAME, "db_user": "root", "db_password": "",
                    "master_key_file": self.dir / "master.key", "sandbox": "yes",
                    "log_file": "", "sql_dir": ROOT / "sql"}
        conf = self.dir / "vezne.conf"
        conf.write_text("".join(f"{k} = {v}\n" for k, v in settings.items()))
        env = {k: v for k, v in os.environ.items() if not k.startswith("VEZNE_")}
        env.update({f"VEZNE_{k.upper()}": str(v) for k, v in settings.items()}, VEZNE_CONF=str(conf))
        vezne = build / "cron" / "vezne"
        for words in (["key", "new"], ["migrate"]):
            done = subprocess.run([vezne, *words], env=env, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"vezne {' '.join(words)}: {done.stderr.strip()}\n0 passed, 1 failed")
        return env

    def __exit__(self, *_):
        if self.server:
            self.server.terminate()
            try:
                self.server.wait(30)
            except subprocess.TimeoutExpired:
                self.server.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--build", default=str(ROOT / "build"))
    p.add_argument("programs", nargs="*")
    a = p.parse_args()
    build = pathlib.Path(os.path.abspath(a.build))
    programs = [pathlib.Path(os.path.abspath(x)) for x in a.programs]
    if not programs:
        sources = [*ROOT.glob("tests/sql_test.c"), *sorted(ROOT.glob("common/**/*_test.c"))]
        programs = [build / s.relative_to(ROOT).with_suffix("") for s in sources]
    passed = failed = 0
    with Database() as database:
        env = database.environment(build)
        for program in programs:
            started = time.monotonic()
            try:
                done = subprocess.run([program], env=env, cwd=ROOT, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, errors="replace",
                                      stdin=subprocess.DEVNULL, timeout=300)
                out, code = done.stdout, done.returncode
            except subprocess.TimeoutExpired as error:
                out, code = (error.stdout or b"").decode(errors="replace"), "not ended after 300 s"
            except OSError as error:
                out, code = str(error), "not started"
            counts = COUNTS.findall(out)
            good, bad = map(int, counts[-1]) if counts else (int(code == 0), 0)
            if code != 0 and bad == 0:
                bad = 1
            passed, failed = passed + good, failed + bad
            name = program.relative_to(build) if program.is_relative_to(build) else program
            print(f"{'FAIL' if bad else 'ok  '} {name}  {good} passed, {time.monotonic() - started:.2f} s",
                  flush=True)
            if bad:
                print("\n".join(out.splitlines()[-60:]), f"exit status {code}", sep="\n", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

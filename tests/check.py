#!/usr/bin/env python3
"""`make check`: every test there is, each a part with a name, a time limit and a log.

    check.py [--list] [--only PATTERN ...] [--jobs 2]

A part is a command that ends with 0 and says `N passed, N failed` in its last such line (one that
says nothing counts as one). Parts that measure time run alone, others two at a time. Logs are in
build/check/. The last line is the sum; the exit status is 1 when anything failed.
"""

import argparse
import fnmatch
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "check"
REPORTS = LOGS / "sanitizer-reports"
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed\s*$", re.M)
UNITTEST = re.compile(r"^Ran (\d+) tests? in", re.M)   # Python's own runner
MEASURES_TIME = {"k8_test", "k10_test"}  # nothing else runs beside these
MAKE = ["make", f"-j{os.cpu_count() or 2}", "--no-print-directory"]


class Part:
    """first: builds, in order, the rest waits for them; alone: nothing else runs meanwhile."""

    def __init__(self, name, command, minutes=5, first=False, alone=False, env=None):
        self.name, self.command, self.seconds = name, [str(c) for c in command], minutes * 60
        self.first, self.alone, self.env = first, alone, env or {}
        self.passed = self.failed = 0
        self.took = 0.0
        self.log = LOGS / (re.sub(r"[^\w.-]+", "-", name) + ".log")
        self.process = None


def python_tests(*folders):
    for folder in folders:
        yield from sorted((ROOT / "tests" / folder).glob("*_test.py"))


def is_alone(path):
    return path.stem in MEASURES_TIME or path.parent.name == "browser"


def sanitizer_environment():
    quiet = ROOT / "tests" / "suppressions" / "lsan.txt"
    env = {"ASAN_OPTIONS": f"log_path={REPORTS}/asan:detect_leaks=1:strict_string_checks=1:"
                           "detect_stack_use_after_return=1",
           "UBSAN_OPTIONS": f"log_path={REPORTS}/ubsan:print_stacktrace=1",
           "VEZNE_BUILD": str(ROOT / "build" / "asan")}
    if quiet.exists():
        env["LSAN_OPTIONS"] = f"suppressions={quiet}:print_suppressions=0"
    return env


def all_parts():
    py = sys.executable
    yield Part("build gcc", [*MAKE, "tests"], first=True, minutes=10)
    yield Part("build clang", [*MAKE, "CC=clang", "tests"], first=True, minutes=10)
    yield Part("units", ["tests/run_units.py"], minutes=5)
    for path in python_tests("sandbox"):
        yield Part(f"sandbox {path.stem}", [py, path])
    folders = {p.parent.name for p in (ROOT / "tests").glob("*/*_test.py")} - {"sandbox", "service"}
    for folder in ("http", *sorted(folders - {"http"}), "."):
        for path in python_tests(folder):
            yield Part(f"{folder} {path.stem}".removeprefix(". "), [py, path], minutes=20,
                       alone=is_alone(path))
    yield Part("json differential", ["tests/json/run.sh"], minutes=15)
    yield Part("fuzz", ["tests/fuzz/run.sh", "60"], minutes=30)
    yield Part("lint", ["tests/lint.sh"], minutes=20)
    for path in python_tests("service"):
        yield Part(f"service {path.stem}", [py, path], minutes=15, alone=True)

    # Once more on the build with sanitizers; whatever they report fails the last part.
    env = sanitizer_environment()
    yield Part("asan build", [*MAKE, "SAN=address,undefined", "tests"], first=True, minutes=10)
    yield Part("asan units", ["tests/run_units.py", "--build", "build/asan"], env=env, minutes=10)
    for path in python_tests("http", "web"):
        yield Part(f"asan {path.stem}", [py, path], env=env, minutes=30)
    for path in python_tests("money", "browser"):  # fewer rounds: it is the sanitizers that look now
        yield Part(f"asan {path.stem}", [py, path], minutes=30, alone=is_alone(path),
                   env={**env, "ORDERS": "100", "ROUNDS": "40"})


class Runner:
    def __init__(self, parts, jobs):
        self.parts, self.jobs = parts, jobs
        self.lock = threading.Lock()
        self.started = time.monotonic()
        self.running = set()
        self.stopping = False

    def say(self, text):
        with self.lock:
            print(f"[{time.monotonic() - self.started:6.0f} s] {text}", flush=True)

    def run(self, part):
        if self.stopping:
            return
        started = time.monotonic()
        env = {k: v for k, v in os.environ.items()
               if not k.startswith("VEZNE_") and k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        env.update(PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1", **part.env)
        note = ""
        with open(part.log, "wb") as log:
            try:
                part.process = subprocess.Popen(part.command, cwd=ROOT, env=env, stdout=log, stderr=log,
                                                stdin=subprocess.DEVNULL, start_new_session=True)
                with self.lock:
                    self.running.add(part)
                code = part.process.wait(part.seconds)
            except OSError as error:
                code, note = 1, str(error)
            except subprocess.TimeoutExpired:
                code, note = 1, f"not ended after {part.seconds} s"
                self.end(part)
        with self.lock:
            self.running.discard(part)
        part.took = time.monotonic() - started
        said = part.log.read_text(errors="replace")
        counts = COUNTS.findall(said)
        part.passed, part.failed = map(int, counts[-1]) if counts else (int(code == 0), 0)
        if not counts and (ran := UNITTEST.findall(said)):
            bad = sum(map(int, re.findall(r"(?:failures|errors)=(\d+)", said)))
            part.passed, part.failed = int(ran[-1]) - bad, bad
        if code != 0 and part.failed == 0:
            part.failed = 1
        word = "FAIL" if part.failed else "ok  "
        self.say(f"{word} {part.name:32} {part.passed:7} passed {part.failed:4} failed "
                 f"{part.took:6.1f} s  {note}")
        if part.failed:
            self.show(part)

    def show(self, part):
        lines = part.log.read_text(errors="replace").splitlines()
        wrong = [x for x in lines if re.search(r"FAIL|error:|Error\b|not true|Traceback", x)]
        with self.lock:
            print(f"    the end of {part.log.relative_to(ROOT)}:")
            for line in [*wrong[:15], "...", *lines[-25:]] if len(lines) > 40 else lines:
                print("    | " + line[:300])
            sys.stdout.flush()

    def end(self, part):
        """TERM first: a test that started an instance stops it."""
        for number, seconds in ((signal.SIGINT, 20), (signal.SIGTERM, 20), (signal.SIGKILL, 5)):
            try:
                os.killpg(part.process.pid, number)
                part.process.wait(seconds)
                return
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                pass

    def run_all(self):
        for part in [p for p in self.parts if p.first]:
            self.run(part)
            if part.failed:
                self.say("what needs this build is not run")
                if part.name != "asan build":
                    return
                self.parts = [p for p in self.parts if not p.name.startswith("asan") or p is part]
        queue = [p for p in self.parts if not p.first and not p.alone]

        def work():
            while True:
                with self.lock:
                    if not queue:
                        return
                    part = queue.pop(0)
                self.run(part)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(self.jobs)]
        for t in threads:
            t.start()
        for t in threads:
            while t.is_alive():
                t.join(0.5)
        for part in [p for p in self.parts if p.alone]:
            self.run(part)

    def stop(self):
        self.stopping = True
        for part in list(self.running):
            self.end(part)


def read_reports(runner):
    part = Part("asan reports", [])
    found = sorted(REPORTS.iterdir())
    part.log.write_text("".join(f"== {f.name}\n{f.read_text(errors='replace')}\n" for f in found))
    part.passed, part.failed = int(not found), len(found)
    runner.say(f"{'FAIL' if found else 'ok  '} asan reports: {len(found)}")
    if found:
        runner.show(part)
    return part


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--list", action="store_true")
    p.add_argument("--only", nargs="+", metavar="PATTERN", help="parts whose name begins so or fits")
    p.add_argument("--jobs", type=int, default=2)
    a = p.parse_args()
    parts = list(all_parts())
    if a.only:
        parts = [x for x in parts if any(x.name.startswith(o) or fnmatch.fnmatch(x.name, o)
                                         for o in a.only)]
    if a.list:
        print(*(x.name for x in parts), sep="\n")
        return 0
    shutil.rmtree(LOGS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    runner = Runner(parts, a.jobs)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        runner.run_all()
    except KeyboardInterrupt:
        runner.stop()
        print("stopped", file=sys.stderr)
        return 130
    if any(x.name.startswith("asan") for x in runner.parts):
        parts.append(read_reports(runner))
    slow = sorted(parts, key=lambda x: -x.took)[:5]
    print("slowest: " + ", ".join(f"{x.name} {x.took:.0f} s" for x in slow if x.took))
    bad = [x.name for x in parts if x.failed]
    if bad:
        print("failed: " + ", ".join(bad))
    passed, failed = sum(x.passed for x in parts), sum(x.failed for x in parts)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

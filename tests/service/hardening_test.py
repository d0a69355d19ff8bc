#!/usr/bin/env python3
"""X16: how the programs are built and how a running worker protects itself."""

import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance, build_folder  # noqa: E402


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *map(str, arguments)], capture_output=True, text=True,
                          check=True).stdout


def built(path):
    name = path.name
    head, segments = readelf("-h", path), readelf("-l", path)
    dynamic, symbols = readelf("-d", path), readelf("--dyn-syms", path)
    check(re.search(r"Type:\s+DYN", head) and "INTERP" in segments, f"{name}: PIE")
    check("GNU_RELRO" in segments, f"{name}: RELRO")
    check(re.search(r"BIND_NOW|\bNOW\b", dynamic), f"{name}: all symbols are bound at start")
    check(re.search(r"GNU_STACK\s.*\sRW\s", segments), f"{name}: no code on the stack")
    check(not re.search(r"LOAD\s.*\sRWE\s", segments), f"{name}: no memory both writable and code")
    check("__stack_chk_fail" in symbols, f"{name}: stack canaries")
    check(re.search(r"\b__(?!stack)\w+_chk\b", symbols), f"{name}: fortified calls")
    check(not re.search(r"R(UN)?PATH", dynamic), f"{name}: libraries come from the system only")


def running(vz, program):
    for pid in vz.workers_of(program):
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        check(re.search(r"^Max core file size\s+0\s+0\s", limits, re.M), f"{program}: no core file")
    path = pathlib.Path(vz.demo["sockets"][program])
    same(oct(stat.S_IMODE(path.stat().st_mode)), "0o660", f"{program}: mode of its socket")
    same(oct(stat.S_IMODE(path.parent.stat().st_mode)), "0o750", f"{program}: mode of the folder")


def start(vz, program, socket_path, env):
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(socket_path))
    listening.listen(8)
    process = subprocess.Popen([vz.build / "cgi-bin" / f"{program}.fcgi"], stdin=listening,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/",
                               env={"PATH": "/usr/bin:/bin", "VEZNE_CONF": str(vz.conf), **env})
    return process, listening


def not_dumpable(vz, program):
    """The kernel gives /proc/PID of a process that is not dumpable to root. That says nothing when
    the worker runs as root, so root starts one as somebody else."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vezne-dump-"))
    listening = process = None
    try:
        user = None
        if os.getuid() == 0:
            user = pwd.getpwnam("nobody").pw_uid
            for name in ("vezne.conf", "master.key"):
                shutil.copy(vz.run / name, folder / name)
                (folder / name).chmod(0o600)
                os.chown(folder / name, user, -1)
            shutil.copy(vz.build / "cgi-bin" / f"{program}.fcgi", folder / "program")
            (folder / "program").chmod(0o755)
            folder.chmod(0o755)
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(str(folder / "sock"))
            listening.listen(8)
            process = subprocess.Popen(
                [folder / "program"], stdin=listening, user=user, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, cwd="/",
                env={"PATH": "/usr/bin:/bin", "VEZNE_CONF": str(folder / "vezne.conf"),
                     "VEZNE_MASTER_KEY_FILE": str(folder / "master.key"),
                     "VEZNE_LOG_FILE": str(folder / "log"), "VEZNE_DB_SOCKET": str(folder / "none")})
            pid = process.pid
        else:
            pid = vz.workers_of(program)[0]
        end = time.monotonic() + 5
        while time.monotonic() < end:
            owner = os.stat(f"/proc/{pid}/environ").st_uid
            if owner == 0 or (process and process.poll() is not None):
                break
            time.sleep(0.02)
        if process and process.poll() is not None:
            check(False, f"{program}: starts without a database", process.returncode)
            return
        same(owner, 0, f"{program}: not dumpable")
        if process:
            process.send_signal(signal.SIGTERM)
            same(process.wait(10), 0, f"{program}: and ends well")
    finally:
        if process and process.poll() is None:
            process.kill()
            process.wait()
        if listening:
            listening.close()
        shutil.rmtree(folder, ignore_errors=True)


def key_file(vz, program):
    for mode, good in ((0o600, True), (0o400, True), (0o644, False), (0o640, False), (0o604, False),
                       (0o660, False)):
        key = vz.folder / "key"
        key.unlink(missing_ok=True)
        shutil.copy(vz.run / "master.key", key)
        key.chmod(mode)
        log = vz.folder / "key.log"
        log.unlink(missing_ok=True)
        path = vz.folder / f"key-{time.monotonic_ns()}.sock"
        process, listening = start(vz, program, path, {
            "VEZNE_MASTER_KEY_FILE": str(key), "VEZNE_LOG_FILE": str(log)})
        try:
            code = process.wait(0.4 if good else 5)
        except subprocess.TimeoutExpired:
            code = None
            process.terminate()
        said = process.communicate(timeout=10)[0] + (log.read_text() if log.exists() else "")
        listening.close()
        if good:
            same(code, None, f"{program}: a key file with mode {mode:o} is taken")
        else:
            check(code not in (0, None), f"{program}: a key file with mode {mode:o} is refused", code)
            check(str(key) in said, f"{program}: and it says which file ({mode:o})", said)


def main():
    section("how they are built")
    programs = [*build_folder().glob("cgi-bin/*.fcgi"),
                *(p for p in build_folder().glob("cron/*") if p.is_file() and not p.suffix)]
    check(len(programs) >= 2, "there are programs", programs)
    for path in sorted(programs):
        built(path)
    with Instance(workers=2) as vz:
        section("how they run")
        for program in vz.demo["sockets"]:
            running(vz, program)
            not_dumpable(vz, program)
            key_file(vz, program)
        same(oct(stat.S_IMODE((vz.run / "master.key").stat().st_mode)), "0o600", "mode of the key file")
        same(oct(stat.S_IMODE((vz.run / "vezne.conf").stat().st_mode)), "0o600", "mode of vezne.conf")
        same(oct(stat.S_IMODE((vz.run / "demo.json").stat().st_mode)), "0o600", "mode of demo.json")
        world = [p for p in vz.run.rglob("*") if not p.is_symlink() and not p.is_socket()
                 and p.stat().st_mode & 0o007 and "db" not in p.relative_to(vz.run).parts
                 and p.name != "lock"]
        same(world, [], "nothing in the folder is open to everybody")


run(main)

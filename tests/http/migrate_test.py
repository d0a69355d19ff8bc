#!/usr/bin/env python3
"""`vezne` itself: migrate, key new, config, doctor, demo."""

import os
import pathlib
import shutil
import stat
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import ROOT, Instance  # noqa: E402

REAL = sorted(p.name for p in (ROOT / "sql").glob("*.sql"))


class Place:
    """A database of its own on the instance's server, and a folder of migrations."""

    def __init__(self, vz, name, files=None):
        self.vz, self.name = vz, name
        self.folder = vz.folder / name
        self.folder.mkdir()
        for file, text in (files or {}).items():
            self.write(file, text)
        self.make()

    def make(self):
        self.vz.sql.run(f"CREATE OR REPLACE DATABASE {self.name} CHARACTER SET utf8mb4")

    def write(self, file, text):
        (self.folder / file).write_text(text)

    def environment(self):
        return {"VEZNE_DB_NAME": self.name, "VEZNE_SQL_DIR": str(self.folder),
                "VEZNE_DB_USER": "root", "VEZNE_DB_PASSWORD": ""}

    def vezne(self, *arguments):
        return self.vz.vezne(*arguments, env=self.environment())

    def migrate(self, *arguments):
        return self.vezne("migrate", *arguments)

    def tables(self):
        return self.vz.sql.column("SELECT table_name FROM information_schema.tables"
                                  " WHERE table_schema = %s ORDER BY 1", self.name)

    def applied(self):
        return self.vz.sql.column(f"SELECT name FROM {self.name}.schema_migrations ORDER BY number")


def refused(done, *words):
    check(done.returncode == 1 and done.stderr.startswith("vezne: ")
          and all(w in done.stderr for w in words),
          f"refused with a sentence about {' and '.join(words)}", done)


def table(name):
    return f"CREATE TABLE {name} (id BIGINT PRIMARY KEY);\n"


def fresh(vz):
    section("the real migrations: plan, fresh, twice")
    p = Place(vz, "fresh")
    for f in REAL:
        shutil.copy(ROOT / "sql" / f, p.folder)
    done = p.migrate("--plan")
    same((done.returncode, done.stdout.split("\n")[:-1]), (0, [f"would apply {f}" for f in REAL]),
         "--plan names all files in order")
    same(p.tables(), [], "and changes nothing")
    done = p.migrate()
    same((done.returncode, done.stdout.split("\n")[:-2]), (0, [f"applied {f}" for f in REAL]),
         "all are applied")
    check("orders" in p.tables(), "the tables are there")
    same(p.applied(), REAL, "and recorded")
    hashes = vz.sql.column("SELECT sha256 FROM fresh.schema_migrations ORDER BY number")
    said = subprocess.run(["sha256sum", *REAL], cwd=p.folder, capture_output=True, text=True).stdout
    same(hashes, [line.split()[0] for line in said.splitlines()], "with sha256sum's hashes")
    before = vz.sql.rows("SELECT * FROM fresh.schema_migrations")
    for arguments in ([], ["--plan"]):
        done = p.migrate(*arguments)
        check(done.returncode == 0 and done.stdout == f"schema is up to date: {REAL[-1]}\n",
              "a second run has nothing to do", done)
    same(vz.sql.rows("SELECT * FROM fresh.schema_migrations"), before, "and changes nothing")
    p.write("9000-next.sql", table("next_one"))
    done = p.migrate("--plan")
    same(done.stdout, "would apply 9000-next.sql\n", "--plan names only what is new")
    check(p.migrate().returncode == 0 and "next_one" in p.tables(), "a new file is applied")


def refusals(vz):
    section("edited, unknown, out of order, twice the same number, bad names")
    p = Place(vz, "refusals", {"0001-a.sql": table("a"), "0003-c.sql": table("c"),
                               "README": "no migration", ".0009-hidden.sql": "nonsense",
                               "0001-a.sql~": "nonsense"})
    check(p.migrate().returncode == 0, "other files are left alone")
    same(p.applied(), ["0001-a.sql", "0003-c.sql"], "gaps in the numbers are allowed")

    p.write("0001-a.sql", table("a") + "-- edited\n")
    refused(p.migrate(), "0001-a.sql", "edited")
    refused(p.migrate("--plan"), "0001-a.sql", "edited")
    p.write("0001-a.sql", table("a"))

    p.write("0002-b.sql", table("b"))
    refused(p.migrate(), "0002-b.sql", "0003-c.sql", "number above")
    check("b" not in p.tables(), "and does not run it")
    (p.folder / "0002-b.sql").unlink()

    p.write("0003-d.sql", table("d"))
    refused(p.migrate(), "0003-c.sql", "0003-d.sql", "same number")
    (p.folder / "0003-d.sql").unlink()

    (p.folder / "0003-c.sql").unlink()
    refused(p.migrate(), "0003-c.sql", "no such file")
    p.write("0004-d.sql", table("d"))
    refused(p.migrate(), "0003-c.sql", "no such file")
    check("d" not in p.tables(), "nothing new runs meanwhile")
    p.write("0003-c.sql", table("c"))
    check(p.migrate().returncode == 0, "once the file is back it goes on")

    for name in ("5-e.sql", "0005_e.sql", "0005.sql", "0005-E.sql", "0000-e.sql", "00005-e.sql"):
        p.write(name, table("e"))
        refused(p.migrate(), name, "NNNN-words.sql")
        (p.folder / name).unlink()
    (p.folder / "0005-bytes.sql").write_bytes(b"SELECT '\xff';")
    refused(p.migrate(), "0005-bytes.sql", "UTF-8")
    shutil.rmtree(p.folder)
    refused(p.migrate(), "sql_dir")
    p.folder.mkdir()
    refused(p.migrate(), "sql_dir", "no migrations")


def half_way(vz):
    section("a file that fails half-way")
    bad = table("half") + "ALTER TABLE half ADD COLUMN x NONSENSE;\n" + table("never")
    p = Place(vz, "halfway", {"0001-a.sql": table("a"), "0002-b.sql": bad, "0003-c.sql": table("c")})
    done = p.migrate()
    refused(done, "0002-b.sql failed at statement 2", "NONSENSE", "by hand", "INSERT INTO")
    same(done.stdout, "applied 0001-a.sql\n", "what went well before is said")
    same(p.tables(), ["a", "half", "schema_migrations"], "later statements and files did not run")
    same(p.applied(), ["0001-a.sql"], "the file is not recorded")

    record = next(l for l in done.stderr.splitlines() if "INSERT INTO" in l)
    vz.sql.run(f"USE halfway; ALTER TABLE half ADD COLUMN x INT; {table('never')} {record}; USE vezne")
    done = p.migrate()
    check(done.returncode == 0 and done.stdout.startswith("applied 0003-c.sql\n"),
          "finished by hand and recorded as told, the next run goes on", done)

    p.make()
    p.write("0002-b.sql", table("half") + table("never"))
    check(p.migrate().returncode == 0, "or undone and put right, it runs from there")


def two_at_once(vz):
    section("two at once")
    files = {f"{i:04}-t.sql": table(f"t{i}") + "DO SLEEP(0.05);\n" for i in range(1, 6)}
    p = Place(vz, "together", files)
    done = [None] * 4
    threads = [threading.Thread(target=lambda i=i: done.__setitem__(i, p.migrate())) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same([d.returncode for d in done], [0] * 4, "all end well")
    applied = sorted(line for d in done for line in d.stdout.splitlines() if line.startswith("applied"))
    same(applied, [f"applied {f}" for f in sorted(files)], "each file was applied by one of them")


def lock_held(vz, p, db, done):
    """Takes as long as the command waits for the lock: begun first, looked at last."""
    db.run("DO GET_LOCK('vezne-migrate-locked', 5)")
    done.append(p.migrate())


def other_commands(vz):
    section("usage")
    done = vz.vezne("--help")
    check(done.returncode == 0 and "vezne migrate [--plan]" in done.stdout and not done.stderr,
          "--help lists the commands", done)
    for command in (["migrate"], ["key", "new"], ["config"], ["doctor"], ["demo"]):
        done = vz.vezne(*command, "--help", env={"VEZNE_CONF": "/nowhere"})
        check(done.returncode == 0 and done.stdout.startswith(f"usage: vezne {' '.join(command)}"),
              f"{' '.join(command)} --help needs no configuration", done)
        done = vz.vezne(*command, "nonsense")
        check(done.returncode == 2 and "usage: vezne" in done.stderr, "words too many: 2", done)
    for words in ([], ["nonsense"], ["key"], ["key", "old"], ["new"]):
        done = vz.vezne(*words)
        check(done.returncode == 2 and done.stderr.startswith("usage: vezne") and not done.stdout,
              f"vezne {' '.join(words)}: usage and 2", done)

    section("key new and config")
    key = vz.folder / "new.key"
    done = vz.vezne("key", "new", env={"VEZNE_MASTER_KEY_FILE": str(key)})
    check(done.returncode == 0 and stat.S_IMODE(key.stat().st_mode) == 0o600, "mode 0600", done)
    text = key.read_text()
    done = vz.vezne("key", "new", env={"VEZNE_MASTER_KEY_FILE": str(key)})
    check(done.returncode == 1 and key.read_text() == text, "an old key is never overwritten", done)
    done = vz.vezne("config", env={"VEZNE_ORDER_HOLD_MINUTES": "77"})
    check("order_hold_minutes = 77" in done.stdout, "config: the environment wins", done)
    check("db_password = (set)" in done.stdout
          and vz.demo["database"]["password"] not in done.stdout, "secrets are left out")
    done = vz.vezne("config", env={"VEZNE_ORDER_HOLD_MINUTES": "4"})
    check(done.returncode == 1 and "order_hold_minutes" in done.stderr, "bad values are named", done)


def doctor(vz):
    section("doctor")
    done = vz.vezne("doctor")
    lines = done.stdout.splitlines()
    check(done.returncode == 0 and len(lines) >= 8 and all(l.startswith("ok   ") for l in lines),
          "all is well", done)

    def fails(words, **settings):
        got = vz.vezne("doctor", env={f"VEZNE_{k.upper()}": str(v) for k, v in settings.items()})
        bad = [l for l in got.stdout.splitlines() if l.startswith("FAIL ")]
        check(got.returncode == 1 and len(bad) == 1 and all(w in bad[0] for w in words),
              f"finds: {settings}", got)

    fails(["configuration", "db_port"], db_port="x")
    fails(["key file", "vezne key new"], master_key_file=vz.folder / "none.key")
    loose = vz.folder / "loose.key"
    shutil.copy(vz.run / "master.key", loose)
    loose.chmod(0o644)
    fails(["key file", str(loose)], master_key_file=loose)
    fails(["database", "db_*"], db_socket=vz.folder / "none.sock")
    fails(["database", "db_*"], db_password="wrong")
    fails(["log file", "nowhere"], log_file="/nowhere/vezne.log")
    fails(["migrations", "sql_dir"], sql_dir="/nowhere")
    more = vz.folder / "more"
    shutil.copytree(ROOT / "sql", more)
    (more / "9999-more.sql").write_text(table("more"))
    fails(["schema", "vezne migrate"], sql_dir=more)
    vz.sql.run("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
    fails(["durability", "innodb_flush_log_at_trx_commit"])
    vz.sql.run("SET GLOBAL innodb_flush_log_at_trx_commit = 1")


def demo(vz):
    section("demo")
    tables = ["tenants", "tenant_hosts", "users", "products", "shipping_methods", "integrations",
              "credentials"]

    def content():
        return {t: vz.sql.one(f"SELECT COUNT(*) FROM {t}") for t in tables}

    before = content()
    same({t: before[t] for t in ("tenants", "tenant_hosts", "users")},
         {"tenants": "2", "tenant_hosts": "4", "users": "5"}, "tenants, hosts, users")
    check(int(vz.sql.one("SELECT COUNT(*) FROM products p JOIN tenants t ON t.id = p.tenant_id"
                         " WHERE code = 'demo'")) >= 12, "at least 12 products")
    same(vz.sql.one("SELECT agency_id FROM users WHERE email = 'ajans@demo.test'"), "5", "the agency")
    same(vz.sql.column("SELECT COUNT(*) FROM shipping_methods GROUP BY tenant_id"), ["2", "2"],
         "two shipping methods each")
    i = vz.sql.rows("SELECT i.*, c.api_key_last4, HEX(api_key) AS sealed FROM integrations i"
                    " JOIN credentials c ON c.id = i.credential_id")[0]
    same((i["provider_type"], i["status"], i["api_key_last4"]), ("kuveyt", "test_mode", "-key"),
         "an integration in test mode")
    check(i["test_endpoint"].startswith(vz.sandbox_url), "for the sandbox")
    check(i["sealed"].startswith("01") and "test-api-key".encode().hex() not in i["sealed"].lower(),
          "with sealed secrets")
    vz.sql.run("UPDATE products SET price = 1 WHERE slug = 'ceviz-tavla'")
    done = vz.vezne("demo", env={"VEZNE_KUVEYT_TEST_URL": "http://127.0.0.1:1/kuveyt"})
    check(done.returncode == 0, "again", done)
    same(content(), before, "a second run adds nothing")
    same(vz.sql.one("SELECT price FROM products WHERE slug = 'ceviz-tavla'"), "1", "and changes nothing")
    same(vz.sql.one("SELECT test_endpoint FROM integrations"), "http://127.0.0.1:1/kuveyt",
         "but the sandbox's address")
    off = {"VEZNE_SANDBOX": "no"}
    conf = vz.folder / "live.conf"
    conf.write_text("".join(l for l in vz.conf.read_text().splitlines(True)
                            if not l.startswith(("sandbox", "rate_limits"))))
    done = vz.vezne("demo", env={"VEZNE_CONF": str(conf), **off})
    check(done.returncode == 1 and "sandbox" in done.stderr, "refused on a live machine", done)


def main():
    with Instance(workers=1) as vz:
        locked, done = Place(vz, "locked", {"0001-a.sql": table("a")}), []
        with vz.connect() as holder:
            waiting = threading.Thread(target=lock_held, args=(vz, locked, holder, done))
            waiting.start()
            fresh(vz)
            refusals(vz)
            half_way(vz)
            two_at_once(vz)
            other_commands(vz)
            doctor(vz)
            demo(vz)
            section("the lock is held")
            waiting.join()
        check(done[0].returncode == 75 and "another" in done[0].stderr, "75 after waiting", done[0])
        same(locked.tables(), [], "nothing was changed")
        check(locked.migrate().returncode == 0, "the next one gets it")


if __name__ == "__main__":
    os.umask(0o022)
    run(main)

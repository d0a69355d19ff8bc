#!/usr/bin/env python3
"""How MariaDB reads for each statement of the programs, in a database with years of orders.

The statements come from the programs' own list (tests/sql_list.c). Each `?` gets a value of its
column out of a row that is there; a filter `(? IS NULL OR ...)` is tried left out and filled in.
Then the plan is looked at, and a SELECT is run and what it read is counted. Refused:

    a whole table or index is gone through       (but for a page that the index gives in its order)
    many rows are to be read and no LIMIT ends it
    many rows are sorted for a page
    a SELECT that has read more than READS_AT_MOST rows

ORDERS=20000 of them.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

from lib.checks import check, run, same, section      # noqa: E402
from lib.fill import fill      # noqa: E402
from lib.instance import ROOT, Instance, build_folder      # noqa: E402

SMALL_TABLE, MANY_ROWS, READS_AT_MOST, PAGE = 100, 1000, 1000, 51

# What is not refused: file, a piece of the statement with its values, of the sentence, and why.
ALLOWED = [
    ("catalog_sql.c", "name LIKE '%", "has read",
     "a search inside texts goes through the shop's products until the page is full"),
]

# Which row of a table values are taken from; else one in the middle of the first shop's.
TYPICAL = {
    "carts": "is_open = 1 AND shipping_method_id IS NOT NULL",
    "products": "is_active", "users": "is_active AND email LIKE 'kisi%'",
    "integrations": "is_kept = 1", "sessions": "user_id IS NULL", "shipping_methods": "is_active",
    "orders": "user_id IS NOT NULL", "attempts": "provider_ref IS NOT NULL",
    "tenants": "is_active",
}
# In a statement that names both, the second's row is the first's.
TOGETHER = {("orders", "carts"): ("id", "cart_id")}
WORDS = {"on", "where", "set", "order", "limit", "left", "join", "force", "lock", "for", "group", "using"}


# --- the statements ----------------------------------------------------------------------------

def statements(folder):
    """[(file:line, text)] of everything that reads: all but INSERT ... VALUES."""
    build, program = build_folder(), folder / "sql_list"
    libs = re.search(r"^LDLIBS\s*=\s*(.+)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    sanitizers = ["-fsanitize=address,undefined"] if build.name == "asan" else []
    subprocess.run([os.environ.get("CC", "gcc"), "-std=gnu2x", *sanitizers, f"-I{ROOT}/common",
                    "-o", program, ROOT / "tests/sql_list.c", "-Wl,--whole-archive",
                    build / "libcommon.a", "-Wl,--no-whole-archive", *libs], check=True)
    out = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    all_of_them = [tuple(line.split("\t", 1)) for line in out.splitlines()]
    return [(where, text) for where, text in all_of_them
            if not re.match(r"INSERT INTO \w+ \([^)]*\) VALUES", text)]


def tables_of(text):
    """alias -> table"""
    found = {}
    for table, alias in re.findall(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+([a-z_.]+)(?:\s+(?:AS )?([a-z]\w*))?",
                                   text):
        found[table] = table
        if alias and alias not in WORDS:
            found[alias] = table
    return found


def placeholders(text):
    """Of each `?`: (alias or None, column or None, operator, number of its optional filter or None)."""
    optional = []
    for m in re.finditer(r"\(\? IS NULL OR", text):
        depth, end = 0, m.start()
        while True:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
            if depth == 0:
                break
        optional.append((m.start(), end))
    inserted = re.match(r"INSERT INTO \w+ \(([^)]*)\) SELECT (.*?) FROM ", text)
    by_place = {}
    if inserted:
        columns, at = inserted[1].split(", "), inserted.start(2)
        for column, piece in zip(columns, inserted[2].split(", ")):
            by_place[at] = column
            at += len(piece) + 2
    found = []
    for m in re.finditer(r"\?", text):
        group = next((i for i, (a, b) in enumerate(optional) if a < m.start() < b), None)
        before = text[:m.start()]
        if text.startswith("? IS NULL OR", m.start()):   # the next one says what it is
            before += re.match(r"\? IS NULL OR (.*?)\?", text[m.start():])[1]
        hint = re.search(r"(?:(\w+)\.)?([a-z]\w*) (=|<=|>=|<>|<|>|LIKE|-|\+) (?:[A-Z]+\((?:\w+, )?)?$",
                         before)
        if before.endswith("LIMIT "):
            found.append((None, "LIMIT", "", group))
        elif m.start() in by_place:
            found.append((None, by_place[m.start()], "=", group))
        elif hint:
            found.append((hint[1], hint[2], hint[3], group))
        else:
            found.append((None, None, "", group))
    return found, len(optional)


class Values:
    """Values of columns as SQL literals, from rows that are there."""

    def __init__(self, sql):
        self.sql, self.rows, self.count = sql, {}, {}
        self.types = {}
        for r in sql.rows("SELECT table_name AS t, column_name AS c, data_type AS d"
                          " FROM information_schema.columns WHERE table_schema = DATABASE()"):
            self.types.setdefault(r["t"], {})[r["c"]] = r["d"]
        for table in self.types:
            self.count[table] = int(sql.one(f"SELECT COUNT(*) FROM {table}"))

    def literal(self, table, column):
        if self.types[table][column] in ("binary", "varbinary", "blob", "mediumblob", "longblob"):
            return f"CONCAT('X''', HEX({column}), '''')"
        return f"QUOTE({column})"

    def row(self, table, beside=()):
        """`beside`: the other tables of the statement."""
        other = next((a for a, b in TOGETHER if b == table and a in beside), None)
        if (table, other) not in self.rows:
            columns = self.types[table]
            where = [TYPICAL.get(table, "1")]
            if other:
                own, theirs = TOGETHER[other, table]
                where = [f"{own} = {self.row(other)[theirs]}"]
            if "tenant_id" in columns:
                where.append("(tenant_id = (SELECT id FROM tenants WHERE code = 'demo'))")
            where = " AND ".join(where)
            middle = int(self.sql.one(f"SELECT COUNT(*) FROM {table} WHERE {where}")) // 2
            rows = self.sql.rows(
                "SELECT " + ", ".join(f"{self.literal(table, c)} AS {c}" for c in columns) +
                f" FROM {table} WHERE {where} LIMIT 1 OFFSET {middle}")
            row = rows[0] if rows else {c: "NULL" for c in columns}
            for c in columns:
                if row[c] in ("NULL", None):
                    row[c] = self.sql.one(f"SELECT {self.literal(table, c)} FROM {table}"
                                          f" WHERE {c} IS NOT NULL LIMIT 1") or "NULL"
            self.rows[table, other] = row
        return self.rows[table, other]

    def of(self, tables, alias, column, operator):
        if column == "LIMIT":
            return str(PAGE)
        for table in [tables.get(alias)] if alias else dict.fromkeys(tables.values()):
            if table in self.types and column in self.types[table]:
                if operator == ">" and self.types[table][column] == "datetime":
                    return "'2000-01-01'"   # still valid
                if operator == "LIKE":
                    return "'%zzz%'"
                return self.row(table, tables.values())[column]
        return "1"


def variants(text, values):
    """(which filters are used, statement with values)"""
    marks, filters = placeholders(text)
    tables = tables_of(text)
    choices = [()] + [(i,) for i in range(filters)] + ([tuple(range(filters))] if filters > 1 else [])
    for used in choices:
        pieces = text.split("?")
        out = pieces[0]
        for (alias, column, operator, group), piece in zip(marks, pieces[1:]):
            absent = group is not None and group not in used
            out += ("NULL" if absent else values.of(tables, alias, column, operator)) + piece
        yield used, out


# --- judging -----------------------------------------------------------------------------------

def nodes(plan, sorted_=False):
    """(table, whether what comes of it is sorted), each table of a plan"""
    if isinstance(plan, list):
        for p in plan:
            yield from nodes(p, sorted_)
    elif isinstance(plan, dict):
        for key, value in plan.items():
            if key == "table" and "access_type" in value:
                yield value, sorted_
            inside = sorted_ or key in ("filesort", "read_sorted_file") or key == "temporary_table"
            yield from nodes(value, inside)


def judge(text, plan, values):
    """What is wrong with a plan, as sentences; and how many tables it reads."""
    tables, wrong, seen = tables_of(text), [], 0
    limited = "LIMIT" in text
    for t, is_sorted in nodes(plan):
        seen += 1
        table = tables.get(t["table_name"], t["table_name"])
        size, rows = values.count.get(table, 0), t.get("rows", 0)
        if size <= SMALL_TABLE:
            continue
        key = f"{table} ({size} rows)"
        if t["access_type"] == "ALL":
            wrong.append(f"goes through all of {key}")
        elif t["access_type"] == "index" and (not limited or is_sorted):
            wrong.append(f"goes through all of the index {t.get('key')} of {key}")
        elif rows > MANY_ROWS and not limited:
            wrong.append(f"reads {rows} rows of {key} by {t.get('key')}, no LIMIT")
        elif rows > MANY_ROWS and is_sorted:
            wrong.append(f"sorts {rows} rows of {key}")
    return wrong, seen


def reads(sql, statement):
    """How many rows a SELECT has read from tables and indexes."""
    sql.run("FLUSH STATUS")
    sql.run(statement)
    return sum(int(n) for n in (r["Value"] for r in sql.rows(
        "SHOW SESSION STATUS WHERE Variable_name IN ('Handler_read_first', 'Handler_read_key',"
        " 'Handler_read_last', 'Handler_read_next', 'Handler_read_prev', 'Handler_read_rnd',"
        " 'Handler_read_rnd_next')")))


def allowed(where, statement, sentence):
    return any(f"/{file}:" in where and piece in statement and part in sentence
               for file, piece, part, _ in ALLOWED)


def look_at(sql, values, where, text):
    """(what is wrong in any variant, tables of the plan)"""
    wrong, most = [], 0
    for used, statement in variants(text, values):
        plan = json.loads(sql.one(f"EXPLAIN FORMAT=JSON {statement}"))
        found, seen = judge(text, plan, values)
        most = max(most, seen)
        if text.startswith("SELECT"):
            n = reads(sql, statement)
            if os.environ.get("VEZNE_VERBOSE"):
                print(f"     {n:6} rows read, {where}, with filters {list(used)}")
            if n > READS_AT_MOST:
                found.append(f"has read {n} rows")
        found = [f for f in found if not allowed(where, statement, f)]
        if found:
            wrong.append(f"with filters {list(used)}: {'; '.join(found)}\n  {statement}")
    return wrong, most


def check_all(vz, values, found):
    section(f"{len(found)} statements")
    check(len(found) > 50, "the list has the programs' statements", len(found))
    for where, text in found:
        wrong, seen = look_at(vz.sql, values, where, text)
        check(not wrong, f"{where} {text[:60]}", *wrong)
        if re.search(r"\b(FROM|UPDATE) [a-z]", text):
            check(seen > 0, f"{where} has a plan", text)


def check_that_it_fails(vz, values, found):
    """Without its index a statement has to be refused."""
    section("without indexes")
    for table, index, piece, sentence in [
            ("inbox", "inbox_open", "FROM inbox WHERE state", "goes through all of inbox"),
            ("attempts", "attempts_reference", "WHERE reference = ?", "no LIMIT"),
            ("orders", "orders_of_email", "AND customer_email = ? AND", "has read"),
            ("attempts", "attempts_to_ask", "WHERE next_ask_at", "goes through all of attempts")]:
        vz.sql.run(f"ALTER TABLE {table} DROP INDEX {index}")
        where, text = next((w, t) for w, t in found if piece in t and t.startswith("SELECT"))
        wrong, _ = look_at(vz.sql, values, where, text)
        check(any(sentence in w for w in wrong), f"{where} without {index}: {sentence}", *wrong)


def check_words():
    section("values")
    marks, n = placeholders("SELECT a FROM t WHERE t.x = ? AND (? IS NULL OR y < ? OR (y = ? AND z < ?))"
                            " LIMIT ?")
    same(n, 1, "one optional filter")
    same(marks, [("t", "x", "=", None), (None, "y", "<", 0), (None, "y", "<", 0), (None, "y", "=", 0),
                 (None, "z", "<", 0), (None, "LIMIT", "", None)], "columns of placeholders")


def main():
    check_words()
    with Instance(workers=1, access_log=False) as vz:
        fill(vz.connect, int(os.environ.get("ORDERS", "20000")))
        values = Values(vz.sql)
        found = statements(vz.folder)
        check_all(vz, values, found)
        check_that_it_fails(vz, values, found)


if __name__ == "__main__":
    run(main)

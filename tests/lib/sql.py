"""SQL through one kept `mariadb` client, so that transactions and locks can be tested.

    db = Sql(socket, "vezne")
    db.rows("SELECT id, status FROM orders WHERE id = %s", 7)   -> [{"id": "7", "status": "paid"}]
    db.one("SELECT count(*) FROM orders")                       -> "12"

Values come as text, NULL as None; use HEX() for bytes. Each Sql is a connection of its own.
"""

import re
import secrets
import subprocess
import threading
import xml.etree.ElementTree as xml

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class SqlError(Exception):
    pass


def quote(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


class Sql:
    def __init__(self, socket, database, user="root", password=""):
        self.errors = []
        self.process = subprocess.Popen(
            ["mariadb", "--no-defaults", f"--socket={socket}", f"--user={user}", "--xml",
             "--unbuffered", "--batch", "--default-character-set=utf8mb4", database],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", errors="replace", env={"PATH": "/usr/bin:/bin", "MYSQL_PWD": password})
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stderr:
            self.errors.append(line.strip())

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def rows(self, text, *values):
        """Runs one or more statements; the rows of all of them, one after the other."""
        if values:
            text = text % tuple(map(quote, values))
        mark = secrets.token_hex(8)
        try:
            self.process.stdin.write(f"{text.rstrip().rstrip(';')};\nSELECT '{mark}' AS mark_;\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        got = []
        for line in self.process.stdout:
            got.append(line)
            if f'<field name="mark_">{mark}<' in line:
                self._skip_rest()
                break
        else:   # the client leaves at the first error
            self.process.wait()
            raise SqlError("; ".join(self.errors) or "the client ended")
        return self._parse("".join(got[:-1]))

    def _skip_rest(self):
        for line in self.process.stdout:
            if "</resultset>" in line:
                return

    @staticmethod
    def _parse(text):
        rows = []
        text = _CONTROL.sub("\ufffd", text)
        for block in re.findall(r"<resultset.*?(?:</resultset>|\Z)", text, re.S):
            if not block.rstrip().endswith("</resultset>"):
                continue   # the beginning of the mark's own
            for row in xml.fromstring(block).iter("row"):
                rows.append({f.get("name"): None if f.get(_NIL) == "true" else f.text or ""
                             for f in row.iter("field")})
        return rows

    def column(self, text, *values):
        """The first column of all rows."""
        return [next(iter(r.values())) for r in self.rows(text, *values)]

    def one(self, text, *values):
        """The only value of the only row; None when there is no row."""
        found = self.column(text, *values)
        if len(found) > 1:
            raise SqlError(f"{len(found)} rows instead of one: {text}")
        return found[0] if found else None

    run = rows

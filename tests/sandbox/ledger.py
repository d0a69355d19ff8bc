"""The sandbox's own books: what was charged (a JSONL file that only grows) and who called."""

import json
import os
from collections import defaultdict, deque
from datetime import datetime, timezone

CALLS_KEPT = 100_000


def now():
    """This moment as ISO-8601 UTC with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Ledger:
    """Charges and refunds; a row is in the file before anybody hears of it, and is never changed."""

    def __init__(self, path, lock):
        self.lock = lock
        self.rows = []
        self.by_reference = defaultdict(list)
        self.file = open(path, "a+b", buffering=0)
        self._load()

    def _load(self):
        """Reads what an earlier run has left; a last line cut by a kill is dropped."""
        self.file.seek(0)
        text = self.file.read()
        whole = text.rfind(b"\n") + 1
        if whole != len(text):
            self.file.truncate(whole)
        for line in text[:whole].splitlines():
            self._keep(json.loads(line))

    def _keep(self, row):
        self.rows.append(row)
        self.by_reference[row["reference"]].append(row)

    def add(self, *, provider, mode, kind, reference, transaction_id, order_id, amount_kurus,
            currency, key_last4):
        """Appends one row (kind: charge or refund) and returns it."""
        with self.lock:
            row = {"seq": self.rows[-1]["seq"] + 1 if self.rows else 1, "at": now(),
                   "provider": provider, "mode": mode, "kind": kind, "reference": reference,
                   "transaction_id": transaction_id, "order_id": order_id,
                   "amount_kurus": amount_kurus, "currency": currency, "key_last4": key_last4}
            self._write(json.dumps(row).encode() + b"\n")
            self._keep(row)
            return row

    def _write(self, line):
        """All of the line or nothing."""
        size = os.fstat(self.file.fileno()).st_size
        try:
            whole = self.file.write(line) == len(line)
        except OSError:
            whole = False
        if not whole:
            self.file.truncate(size)
            raise RuntimeError("the ledger can't be written")

    def find(self, reference=None, order_id=None, since=0):
        """Rows with seq > since, oldest first."""
        with self.lock:
            rows = list(self.rows if reference is None else self.by_reference.get(reference, ()))
        return [r for r in rows
                if r["seq"] > since and (order_id is None or r["order_id"] == order_id)]

    def close(self):
        """No row is cut: waits for the one that is being written."""
        with self.lock:
            self.file.close()


class Calls:
    """Every call on the providers' paths. No bodies, no keys, no page tokens."""

    def __init__(self, lock, log_path=None):
        self.lock = lock
        self.rows = deque(maxlen=CALLS_KEPT)
        self.seq = 0
        self.log = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC,
                           0o644) if log_path else None

    def open(self, provider, call, mode, method, path):
        """A new row, listed at once; the caller fills reference, transaction_id, order_id, fault."""
        with self.lock:
            self.seq += 1
            row = {"seq": self.seq, "at": now(), "provider": provider, "call": call, "mode": mode,
                   "method": method, "path": path, "status": None, "fault": None,
                   "reference": None, "transaction_id": None, "order_id": None}
            self.rows.append(row)
            return row

    def note(self, row, **facts):
        """Adds facts to a row."""
        with self.lock:
            row.update(facts)

    def close(self, row, status):
        """The answer is about to be sent; status None: nothing will be."""
        with self.lock:
            row["status"] = status
        if self.log is not None:
            path = row["path"].encode("ascii", "backslashreplace").decode()
            path = "".join(c if c.isprintable() else "?" for c in path)
            os.write(self.log, f"{row['at']} {row['method']} {path} {status or '-'} "
                               f"{row['fault'] or '-'}\n".encode())

    def find(self, since=0, **wanted):
        """Copies of the rows with seq > since whose fields are as wanted (None: any)."""
        with self.lock:
            return [dict(r) for r in self.rows if r["seq"] > since
                    and all(v is None or r[k] == v for k, v in wanted.items())]

    def clear(self):
        """Forgets all rows; seq goes on."""
        with self.lock:
            self.rows.clear()

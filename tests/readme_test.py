#!/usr/bin/env python3
"""The README's tour, run exactly as it is printed, against an instance of its own."""

import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lib import ledger  # noqa: E402
from lib.checks import check, run  # noqa: E402
from lib.instance import Instance  # noqa: E402

README = pathlib.Path(__file__).resolve().parent.parent / "README.md"


def tour():
    blocks = re.findall(r"^```bash tour\n(.*?)^```$", README.read_text(), re.M | re.S)
    check(len(blocks) >= 6, f"README has a tour ({len(blocks)} blocks)")
    return "\n".join(blocks)


def answers(text):
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            pass


def main():
    with Instance(workers=2) as vz:
        done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", tour()], capture_output=True,
                              text=True, env={**os.environ, "VEZNE": vz.base_url})
        print(done.stdout, done.stderr, sep="\n")
        said = list(answers(done.stdout))
        check(done.returncode == 0, "the shell is content")
        check(len(said) >= 9, f"{len(said)} JSON answers")
        for body in said:
            check(body.get("success") is True, f"success: {json.dumps(body, ensure_ascii=False)[:150]}")
        messages = [b.get("message") for b in said]
        for text in ("Entegrasyon güncellendi.", "Sipariş oluşturuldu.", "Ödeme oluşturuldu.",
                     "Ödeme doğrulandı ve tamamlandı."):
            check(text in messages, text)
        last = said[-1].get("order", {})
        check(last.get("status") == "confirmed" and last.get("payment_status") == "paid",
              f"the tour ends with a paid, tracked order: {last}")
        for finding in ledger.compare(vz):
            check(False, finding)


run(main)

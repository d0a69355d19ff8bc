#!/usr/bin/env python3
"""How many statements the busiest requests take, as the programs count them in their own log."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import ledger  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402
from orders_test import ADD, ORDERS, books, filled_cart, make_order, new_product, order_body, product, register  # noqa: E402

CART = "/api/cart/"
WARM = 8   # more than there are workers: each has its shop's host and its statements by then


def statements(vz, answer):
    """`stmts` of the request's line, which is written after the answer."""
    for _ in range(100):
        for line in reversed(vz.log_lines()):
            if line["event"] == "request" and line.get("request") == answer.headers["x-request-id"]:
                return line["stmts"]
        time.sleep(0.02)
    raise RuntimeError(f"no line for {answer.headers['x-request-id']}")


def measure(vz, text, most, ask):
    """ask() answers a request; the best of several is counted, since a worker may be new."""
    for _ in range(WARM):
        ask()
    answers = [ask() for _ in range(4)]
    check(all(a.status in (200, 201) for a in answers), f"{text}: answered", *answers)
    counts = sorted(statements(vz, a) for a in answers)
    print(f"   {text}: {counts[0]} statements, at most {most} ({counts})")
    check(0 < counts[0] and counts[-1] <= most, f"{text}: at most {most}", counts)


def main():
    with Instance(workers=1) as vz:
        before = ledger.snapshot(vz)
        section("statements a request")
        guest, customer, owner = vz.client(), register(vz, "sayan@ornek.test"), vz.login("owner")
        ids = [new_product(vz, stock=100000) for _ in range(20)]
        order = make_order(vz, customer)
        for id in ids:
            guest.post(ADD, {"product_id": id})
        measure(vz, "tracking", 1, lambda: vz.client().get(f"{ORDERS}track/{order['order_number']}/"))
        measure(vz, "cart view, 20 lines", 1, lambda: guest.get(CART))
        measure(vz, "cart view of a customer", 1, lambda: customer.get(CART))
        measure(vz, "cart view without a session", 0 + 1, lambda: guest.get(CART))
        measure(vz, "cart add, a line that grows", 6, lambda: guest.post(ADD, {"product_id": ids[0]}))
        measure(vz, "cart add, a new guest", 6, lambda: vz.client().post(ADD, {"product_id": ids[0]}))
        measure(vz, "order list of a customer", 2, lambda: customer.get(ORDERS))
        measure(vz, "order list of the owner", 2, lambda: owner.get(ORDERS))
        measure(vz, "order list, filtered", 2, lambda: owner.get(f"{ORDERS}?status=pending&customer_email=customer@example.com"))
        measure(vz, "order detail", 6, lambda: customer.get(f"{ORDERS}{order['id']}/"))

        section("they don't grow with the lines")

        def order_of(n):
            c = vz.client()
            body = order_body(vz, filled_cart(c, *((id, 1) for id in ids[:n])))
            return statements(vz, c.post(ORDERS, body))

        order_of(1)
        one, twenty = order_of(1), order_of(20)
        print(f"   an order of 1 line: {one} statements, of 20 lines: {twenty}")
        check(twenty - one <= 2 * 19, "two for each line of an order: its stock, its row", one, twenty)
        for c, n in ((guest, 20), (vz.client(), 1)):
            filled_cart(c, (product(vz), 1))
            c.get(CART)
        same(statements(vz, guest.get(CART)), statements(vz, c.get(CART)), "a cart of 21 lines is one look, as one of 1")
        books(vz, before)


if __name__ == "__main__":
    run(main)

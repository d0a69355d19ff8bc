#!/usr/bin/env python3
"""cart.fcgi: looking, adding, stock, limits, sessions; the guest's cart after a login."""

import hashlib
import pathlib
import re
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import ledger  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402
from orders_test import (ADD, NOBODY, books, bytes_of, new_product, product, refused, register,  # noqa: E402
                         shipping, stock_of, together)

CART = "/api/cart/"
FIELDS = ["id", "items", "item_count", "subtotal", "discount", "shipping", "total", "currency", "coupon_code",
          "shipping_method_id"]
LINE = ["id", "product_id", "name", "unit_price", "quantity", "line_total"]
EMPTY = {"id": None, "items": [], "item_count": 0, "subtotal": "0.00", "discount": "0.00", "shipping": "0.00",
         "total": "0.00", "currency": "TRY", "coupon_code": None, "shipping_method_id": None}


def add(c, product_id, quantity=..., **more):
    body = {"product_id": product_id, "quantity": quantity}
    return c.post(ADD, {k: v for k, v in body.items() if v is not ...}, **more)


def lines(c):
    """[(product, pieces)] of what the client sees."""
    a = c.get(CART)
    return [(i["product_id"], i["quantity"]) for i in a.json["cart"]["items"]] if a.status == 200 else a


def out_of_stock(a, n):
    refused(a, 400, "out_of_stock", message=f"Yeterli stok yok. Mevcut stok: {n}")


def looking_and_adding(vz):
    section("an empty cart")
    c = vz.client()
    a = c.get(CART)
    same((a.status, list(a.json), a.json["success"]), (200, ["success", "cart"], True), "200")
    same(a.json["cart"], EMPTY, "empty")
    same(sorted(a.json["cart"]), sorted(FIELDS), "exactly the fields")
    check(not a.set_cookies and not c.cookies, "looking makes no session", a.headers)
    same(vz.sql.one("SELECT COUNT(*) FROM carts"), "0", "nor a cart")

    section("a new guest adds")
    pot, soap = product(vz), product(vz, "zeytinyagli-sabun")
    a = add(c, pot, 2)
    same((a.status, list(a.json), a.json["message"]), (200, ["success", "message", "cart"], "Ürün sepete eklendi."),
         "200 and its message")
    same(len(a.set_cookies), 1, "one cookie")
    name, _, rest = a.set_cookies[0].partition("=")
    token, *attributes = rest.split("; ")
    same((name, sorted(attributes)), ("vezne_session", ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax"]),
         "HttpOnly, SameSite=Lax")
    check(re.fullmatch(r"[0-9a-f]{64}", token), "256 bits of it")
    hash_ = hashlib.sha256(bytes.fromhex(token)).digest()
    same(vz.sql.rows("SELECT tenant_id, user_id, owner = token_hash AS own FROM sessions WHERE token_hash = %s", hash_),
         [{"tenant_id": "1", "user_id": None, "own": "1"}], "a guest's session, by its hash")
    cart = a.json["cart"]
    same(sorted(cart), sorted(FIELDS), "exactly the fields")
    check(uuid.UUID(cart["id"]).version == 7 and [sorted(i) for i in cart["items"]] == [sorted(LINE)], "of lines, too", cart)
    i = cart["items"][0]
    same([i[k] for k in LINE[1:]], [pot, "Bakır Cezve", "349.90", 2, "699.80"], "the line")
    same([cart[k] for k in FIELDS[2:]], [2, "699.80", "0.00", "0.00", "699.80", "TRY", None, None], "sums")

    section("a known guest adds")
    a = add(c, soap, 3)
    check(not a.set_cookies, "no new cookie")
    same(a.json["cart"]["id"], cart["id"], "the same cart")
    same(lines(c), [(pot, 2), (soap, 3)], "in the order they came")
    a = add(c, pot)
    same(a.json["cart"]["items"][0]["id"], i["id"], "the same line")
    same(lines(c), [(pot, 3), (soap, 3)], "added up; one piece when no quantity is said")
    same(add(c, soap, None).json["cart"]["items"][1]["quantity"], 4, "or null")
    same([a.json["cart"][k] for k in ("item_count", "subtotal", "total")], [6, "1244.40", "1244.40"],
         "3 x 349.90 + 3 x 64.90; item_count counts pieces")
    same(c.get(CART).json["cart"]["subtotal"], "1309.30", "the view says the same")
    a = c.post(ADD, {"product_id": soap.upper(), "quantity": 1, "unit_price": "0.01", "price": 1, "cart_id": NOBODY,
                     "tenant_id": 2, "name": "x", "line_total": "0"})
    same((a.json["cart"]["items"][1]["unit_price"], a.json["cart"]["items"][1]["quantity"]), ("64.90", 5),
         "fields that nobody asked for are ignored; letter case of an id is not told apart")

    section("a customer adds")
    mine = register(vz, "sepet-sahibi@ornek.test")
    a = add(mine, soap, 2)
    check(a.status == 200 and not a.set_cookies, "with the login's cookie", a)
    user = mine.get("/api/auth/me/").json["user"]["id"]
    same(vz.sql.one("SELECT owner = %s FROM carts WHERE id = %s", hashlib.sha256(user.encode()).digest(),
                    a.json["cart"]["id"]), "1", "the user's cart")
    again = vz.client()
    again.post("/api/auth/login/", {"email": "sepet-sahibi@ornek.test", "password": "uzun-bir-parola"})
    same(lines(again), [(soap, 2)], "which is there at another machine, too")

    section("in English")
    e = vz.client(cookies=c.cookies, headers={"Accept-Language": "en"})
    same(add(e, soap).json["message"], "Added to the cart.", "added")
    same(add(e, NOBODY).json["message"], "Product not found.", "unknown")
    same(add(e, soap, 9999).json["message"], "Not enough stock. In stock: 1200", "stock")
    same(add(e, soap, 0).json["errors"], {"quantity": "Must be from 1 to 9999."}, "field")


def refusals(vz):
    section("quantity")
    c, id = vz.client(), new_product(vz, stock=20000)
    add(c, id, 1)
    before = vz.sql.rows("SELECT * FROM cart_items")
    for bad in (0, -1, 1.5, 1.0, "2", "", True, False, [1], {"a": 1}, 10000, 10 ** 9, 10 ** 12, -10 ** 18, 2 ** 31, 2 ** 32 + 1,
                2 ** 63 - 1):
        refused(add(c, id, bad), 400, "bad_input", "quantity")
    for raw in ("1e0", "1e2", "1E400", "2e-1", "-0", "0.0"):
        a = c.request("POST", ADD, f'{{"product_id": "{id}", "quantity": {raw}}}', headers={"Content-Type": "application/json"})
        check(a.status == 400 and a.json["code"] in ("bad_input", "bad_json"), f"quantity {raw}", a)
    for raw in ("9223372036854775808", "18446744073709551617", "9" * 400):
        refused(c.request("POST", ADD, f'{{"product_id": "{id}", "quantity": {raw}}}',
                          headers={"Content-Type": "application/json"}), 400, "bad_json")
    same(add(c, id, 0).json["errors"], {"quantity": "1 ile 9999 arasında olmalıdır."}, "the text")
    same(vz.sql.rows("SELECT * FROM cart_items"), before, "none of it changed a line")

    section("product_id")
    closed, rakip = new_product(vz, is_active=False), product(vz, "emaye-caydanlik", 2)
    for bad in (..., None, "", 7, [id], "x", id[:-1], id + "0", id.replace("-", ""), "{" + id + "}", "ş" * 36, " " + id):
        refused(c.post(ADD, {"quantity": 1} | ({} if bad is ... else {"product_id": bad})), 400, "bad_input", "product_id")
    refused(c.post(ADD, {"quantity": 0}), 400, "bad_input", "product_id", "quantity")
    none = add(c, NOBODY)
    refused(none, 404, "product_not_found", message="Ürün bulunamadı.")
    for who, other in (("another shop's", rakip), ("inactive", closed)):
        same(bytes_of(add(c, other)), bytes_of(none), f"like none: {who}")
    new = vz.client()
    check(add(new, rakip).status == 404 and add(vz.client("rakip.localhost"), rakip).status == 200,
          "which is there in its own shop")
    for body in ({}, {"product_id": id, "quantity": "x"}):
        new = vz.client()
        check(new.post(ADD, body).status == 400 and not new.cookies, "a refused request makes no session", new.cookies)

    section("stock")
    c, id = vz.client(), new_product(vz, stock=5)
    out_of_stock(add(c, id, 6), 5)
    same(add(c, id, 3).status, 200, "3 of 5")
    out_of_stock(add(c, id, 3), 5)
    same(lines(c), [(id, 3)], "what is in the cart counts")
    same(add(c, id, 2).status, 200, "2 more")
    out_of_stock(add(c, id), 5)
    same(add(vz.client(), id, 5).status, 200, "nothing is reserved by a cart")
    same(stock_of(vz, id), 5, "nor taken")
    out_of_stock(add(c, product(vz, "gumus-telkari-kupe")), 0)
    vz.sql.run("UPDATE products SET stock = 2 WHERE id = %s", id)
    out_of_stock(add(c, id), 2)
    same(lines(c), [(id, 5)], "a cart over the stock can still be seen")
    big = new_product(vz, stock=100000)
    same(add(c, big, 9999).status, 200, "9999 of one")
    a = add(c, big, 1)
    check(a.status == 400 and a.json["code"] in ("out_of_stock", "bad_input") and lines(c)[1] == (big, 9999),
          "never more", a)

    section("100 lines")
    c = vz.client()
    ids = [new_product(vz, price=n + 1, name=f"Ürün {n}") for n in range(101)]
    for id in ids[:99]:
        add(c, id)
    a = add(c, ids[99])
    same((a.status, a.json["cart"]["item_count"], a.json["cart"]["subtotal"]), (200, 100, "50.50"), "100 fit")
    refused(add(c, ids[100]), 400, "cart_full", message="Sepette en fazla 100 farklı ürün olabilir.")
    same(add(c, ids[0]).json["cart"]["item_count"], 101, "a line that is there can grow")
    same([i for i, _ in lines(c)], ids[:100], "all of them, in order")
    refused(vz.client(cookies=c.cookies, headers={"Accept-Language": "en"}).post(ADD, {"product_id": ids[100]}), 400,
            "cart_full", message="A cart holds at most 100 different products.")


def sessions(vz):
    section("whose cart")
    c, id = vz.client(), product(vz)
    add(c, id, 2)
    token = c.cookies["vezne_session"]
    for bad in ("x", "0" * 64, token[:-1], token + "0", "z" * 64, "", "A" * 4000):
        a = vz.client(cookies={"vezne_session": bad}).get(CART)
        same((a.status, a.json["cart"]), (200, EMPTY), f"an unknown session is empty: {bad[:8]}")
    a = vz.client("rakip.localhost", cookies=c.cookies).get(CART)
    same(a.json["cart"], EMPTY, "in another shop it is nobody's")
    other = vz.client("rakip.localhost", cookies=c.cookies)
    theirs = product(vz, "emaye-caydanlik", 2)
    check(add(other, theirs).status == 200 and other.cookies["vezne_session"] != token, "there it gets a session of its own",
          other.cookies)
    same(lines(c), [(id, 2)], "and ours is untouched")
    for change, text in (("expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND", "expired"),
                         ("expires_at = UTC_TIMESTAMP(6) + INTERVAL 1 DAY, seen_at = UTC_TIMESTAMP(6) - INTERVAL 169 HOUR",
                          "unused for a week")):
        vz.sql.run(f"UPDATE sessions SET {change} WHERE token_hash = %s", hashlib.sha256(bytes.fromhex(token)).digest())
        same(vz.client(cookies={"vezne_session": token}).get(CART).json["cart"], EMPTY, f"{text}: empty")
        again = vz.client(cookies={"vezne_session": token})
        check(add(again, id).status == 200 and again.cookies["vezne_session"] != token, f"{text}: adding begins anew")
        same(lines(again), [(id, 1)], "a new cart")

    section("the guest's cart at login")
    soap = product(vz, "zeytinyagli-sabun")
    owner = register(vz, "birlesen@ornek.test")
    login = {"email": "birlesen@ornek.test", "password": "uzun-bir-parola"}
    guest = vz.client()
    cart = add(guest, id, 2).json["cart"]["id"]
    old = dict(guest.cookies)
    same(guest.post("/api/auth/login/", login).status, 200, "login")
    same((guest.get(CART).json["cart"]["id"], lines(guest)), (cart, [(id, 2)]), "it comes along")
    same(vz.client(cookies=old).get(CART).json["cart"], EMPTY, "the guest's cookie has nothing any more")
    guest = vz.client()
    add(guest, soap, 4)
    add(guest, id, 1)
    guest.post("/api/auth/login/", login)
    same((sorted(lines(guest)), guest.get(CART).json["cart"]["id"]), (sorted([(id, 3), (soap, 4)]), cart), "both have one: merged")
    same(lines(owner), lines(guest), "the same for all sessions of the customer")
    few = new_product(vz, stock=3)
    add(owner, few, 2)
    guest = vz.client()
    add(guest, few, 3)
    guest.post("/api/auth/login/", login)
    a = guest.get(CART)
    check(a.status == 200 and dict(lines(guest))[few] >= 3, "more than there is can be merged, and is refused by the order", a)
    for side, count in ((owner, 60), (guest := vz.client(), 60)):
        for n in range(count):
            add(side, new_product(vz, price=n + 1))
    guest.post("/api/auth/login/", login)
    had = dict(lines(guest))
    check(len(had) > 100, "merging may go over the limit of lines", len(had))
    same(add(guest, id).status, 200, "and a line that is there can still grow")
    same(dict(lines(guest)), {**had, id: had[id] + 1}, "none is lost by it")
    refused(add(guest, new_product(vz)), 400, "cart_full")
    same(len(lines(guest)), len(had), "a new one is refused")
    guest = vz.client()
    add(guest, id)
    guest.post("/api/auth/login/", {**login, "password": "yanlis-bir-parola"})
    same(lines(guest), [(id, 1)], "a login that fails leaves it")
    guest.post("/api/auth/logout/")
    same(guest.get(CART).json["cart"], EMPTY, "after logout it is gone")


def prices(vz):
    section("prices follow the catalogue")
    c, id = vz.client(), new_product(vz, price=999, name="Önce")
    add(c, id, 3)
    for price, total in ((999, "29.97"), (1, "0.03"), (0, "0.00"), (10 ** 9, "30000000.00"), (333, "9.99")):
        vz.sql.run("UPDATE products SET price = %s, name = %s WHERE id = %s", price, f"Ad {price}", id)
        cart = c.get(CART).json["cart"]
        same((cart["items"][0]["line_total"], cart["subtotal"], cart["total"], cart["items"][0]["name"]),
             (total, total, total, f"Ad {price}"), f"{price} kuruş")
    vz.sql.run("UPDATE products SET price = 9223372036854775807 WHERE id = %s", id)
    refused(c.get(CART), 400, "amount_limit")
    vz.sql.run("UPDATE products SET price = 333 WHERE id = %s", id)
    vz.sql.run("UPDATE carts SET shipping_method_id = %s WHERE id = %s", shipping(vz), c.get(CART).json["cart"]["id"])
    cart = c.get(CART).json["cart"]
    same((cart["shipping"], cart["total"], cart["shipping_method_id"]), ("49.90", "59.89", shipping(vz)), "with sending")
    vz.sql.run("UPDATE products SET price = 25000 WHERE id = %s", id)
    cart = c.get(CART).json["cart"]
    same((cart["shipping"], cart["total"]), ("0.00", "750.00"), "free from the threshold on")
    vz.sql.run("UPDATE products SET price = 24999 WHERE id = %s", id)
    same(c.get(CART).json["cart"]["shipping"], "49.90", "not below")
    vz.sql.run("UPDATE shipping_methods SET is_active = 0 WHERE id = %s", shipping(vz))
    cart = c.get(CART).json["cart"]
    same((cart["shipping"], cart["shipping_method_id"]), ("0.00", None), "a method that is not offered any more")
    vz.sql.run("UPDATE shipping_methods SET is_active = 1 WHERE id = %s", shipping(vz))
    odd = "<b>'\"\\ %s ş 日本 😀</b>"
    vz.sql.run("UPDATE products SET name = %s WHERE id = %s", odd, id)
    same(c.get(CART).json["cart"]["items"][0]["name"], odd, "names as they are")


def at_once(vz):
    section("20 adds at once of one guest without a cart")
    for round in range(3):
        id, c = new_product(vz, stock=1000), vz.client()
        add(c, id)
        vz.sql.run("DELETE FROM carts WHERE id = %s", c.get(CART).json["cart"]["id"])
        clients = [vz.client(cookies=c.cookies) for _ in range(20)]
        answers = together([lambda x=x: add(x, id, 2) for x in clients])
        good = sum(a.status == 200 for a in answers)
        check(good >= 1 and all(a.status in (200, 503) for a in answers), f"answers ({round})", answers)
        same((good, lines(c)), (20, [(id, 40)]), "40 pieces in one line")
        same(vz.sql.one("SELECT COUNT(*) FROM carts WHERE owner = %s AND is_open = 1",
                        hashlib.sha256(bytes.fromhex(c.cookies["vezne_session"])).digest()), "1", "of one cart")

    section("20 adds at once, each of another product")
    ids, c = [new_product(vz) for _ in range(20)], vz.client()
    add(c, ids[0])
    answers = together([lambda x=vz.client(cookies=c.cookies), id=id: add(x, id) for id in ids])
    same({a.status for a in answers}, {200}, "all of them")
    same(sorted(lines(c)), sorted([(i, 2 if i == ids[0] else 1) for i in ids]), "and all are there")


def main():
    with Instance(workers=3) as vz:
        before = ledger.snapshot(vz)
        looking_and_adding(vz)
        refusals(vz)
        sessions(vz)
        prices(vz)
        at_once(vz)
        section("paths")
        for path, method, allow in ((CART, "POST", "GET"), (ADD, "GET", "POST"), (ADD, "DELETE", "POST")):
            a = vz.client().request(method, path, json_body={})
            refused(a, 405, "method_not_allowed")
            check(allow in a.headers.get("allow", ""), "Allow", a.headers)
        same(vz.client().get("/api/cart").json["cart"], EMPTY, "without its last slash")
        section("log")
        same([x for x in vz.log_lines() if x["level"] == "error"], [], "no errors")
        books(vz, before, "uzun-bir-parola")


if __name__ == "__main__":
    run(main)

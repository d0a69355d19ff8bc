#!/usr/bin/env python3
"""orders.fcgi: making an order, lists, detail, public tracking, Idempotency-Key."""

import concurrent.futures
import pathlib
import re
import secrets
import sys
import threading
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib import ledger  # noqa: E402
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402

ORDERS, ADD = "/api/orders/", "/api/cart/add/"
NOBODY = "00000000-0000-7000-8000-000000000000"
NUMBER = re.compile(r"ORD-DEMO-[0-9]{8}-[A-HJ-NP-Z2-9]{8}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
CREATED = ["id", "order_number", "status", "payment_status", "total", "currency"]
LISTED = ["id", "order_number", "status", "status_display", "payment_status", "payment_status_display",
          "total", "currency", "created_at", "item_count"]
TRACKED = ["order_number", "status", "status_display", "payment_status", "payment_status_display",
           "tracking_number", "shipped_at", "delivered_at", "created_at", "total", "currency"]
ADDRESS = {"address_line1": "Test Mahallesi", "address_line2": "Test Sokak No:1", "city": "Istanbul",
           "postal_code": "34000", "country": "TR"}
PERSON = {"customer_email": "customer@example.com", "customer_first_name": "Ahmet",
          "customer_last_name": "Yılmaz", "customer_phone": "+905551234567"}


# ---- For the other files of this folder, too ----

def refused(a, status, code, *fields, message=None):
    """The store shape of an error; fields: those named in `errors`."""
    j = a.json if isinstance(a.json, dict) else {}
    return check(a.status == status and j.get("success") is False and j.get("code") == code
                 and isinstance(j.get("message"), str) and j["message"]
                 and message in (None, j["message"])
                 and sorted(j.get("errors", {})) == sorted(fields)
                 and a.headers.get("content-type") == "application/json; charset=utf-8"
                 and re.fullmatch(r"[0-9a-f]{32}", a.headers.get("x-request-id", "")),
                 f"{status} {code} {' '.join(fields)} {message or ''}", a)


def bytes_of(a):
    """All that could tell two answers apart, but request id and date."""
    return a.status, a.body, {k: v for k, v in a.headers.items() if k not in ("x-request-id", "date")}


def together(works):
    """Runs the callables at the same moment; their results in order."""
    works = list(works)
    start = threading.Barrier(len(works))

    def one(work):
        start.wait()
        return work()

    with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def product(vz, slug="bakir-cezve", tenant=1):
    return vz.sql.one("SELECT id FROM products WHERE tenant_id = %s AND slug = %s", tenant, slug)


def new_product(vz, price=10000, stock=100, tenant=1, name="Deneme", is_active=True):
    id = str(uuid.uuid4())
    vz.sql.run("INSERT INTO products (tenant_id, id, name, slug, description, price, stock, tax_rate,"
               " is_active, created_at, updated_at) VALUES (%s, %s, %s, %s, '', %s, %s, 2000, %s,"
               " UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))", tenant, id, name, id, price, stock, is_active)
    return id


def stock_of(vz, id):
    return int(vz.sql.one("SELECT stock FROM products WHERE id = %s", id))


def shipping(vz, code="standart", tenant=1):
    return vz.sql.one("SELECT id FROM shipping_methods WHERE tenant_id = %s AND code = %s", tenant, code)


def filled_cart(client, *lines):
    """Puts (product, pieces) into the client's cart; its id."""
    for id, quantity in lines:
        a = client.post(ADD, {"product_id": id, "quantity": quantity})
        if a.status != 200:
            raise RuntimeError(f"cart: {a}")
    return a.json["cart"]["id"]


def order_body(vz, cart, **change):
    """The document's body; a field that is ... is left out."""
    body = {"cart_id": cart, **PERSON, "shipping_address": dict(ADDRESS),
            "shipping_method_id": shipping(vz), **change}
    return {k: v for k, v in body.items() if v is not ...}


def make_order(vz, client, *lines, **change):
    """An order of (product, pieces); one copper pot when nothing is said."""
    cart = filled_cart(client, *(lines or [(product(vz), 1)]))
    a = client.post(ORDERS, order_body(vz, cart, **change))
    if a.status != 201:
        raise RuntimeError(f"order: {a}")
    return a.json["order"]


def register(vz, email, host=None):
    c = vz.client(host)
    a = c.post("/api/auth/register/", {"email": email, "password": "uzun-bir-parola",
                                       "first_name": "Fatma", "last_name": "Kaya"})
    if a.status != 201:
        raise RuntimeError(f"register: {a}")
    return c


def books(vz, before, *secrets, held=()):
    """What has to hold after every file: the provider's books are ours, no secret lies around."""
    section("books and leaks")
    ledger.settle(vz)
    ledger.agree(vz, before, secrets, held)


# ---- Making one ----

def documented(vz):
    section("the documented order")
    c = vz.client()
    pot, soap = product(vz), product(vz, "zeytinyagli-sabun")
    before = stock_of(vz, pot), stock_of(vz, soap)
    cart = filled_cart(c, (pot, 2), (soap, 3))
    a = c.post(ORDERS, order_body(vz, cart))
    same((a.status, list(a.json), a.json["success"], a.json["message"]),
         (201, ["success", "message", "order"], True, "Sipariş oluşturuldu."), "201 and its message")
    o = a.json["order"]
    same(list(o), CREATED, "exactly the documented fields")
    check(NUMBER.fullmatch(o["order_number"]) and uuid.UUID(o["id"]).version == 7, "number and id", o)
    # 2 x 349.90 + 3 x 64.90 = 894.50: above 750, so sending is free
    same({k: o[k] for k in CREATED[2:]},
         {"status": "pending", "payment_status": "pending", "total": "894.50", "currency": "TRY"}, "values")
    same((stock_of(vz, pot), stock_of(vz, soap)), (before[0] - 2, before[1] - 3), "stock taken exactly")
    row = vz.sql.rows("SELECT * FROM orders WHERE id = %s", o["id"])[0]
    same({k: row[k] for k in [*PERSON, *ADDRESS]}, {**PERSON, **ADDRESS}, "who and where, as sent")
    same([row[k] for k in ("subtotal", "discount", "shipping", "total", "tax", "item_count", "user_id",
                           "tenant_id", "cart_id")],
         ["89450", "0", "0", "89450", "14908", "5", None, "1", cart], "sums; KDV of each line, rounded")
    check(vz.sql.one("SELECT TIMESTAMPDIFF(SECOND, created_at, hold_until) FROM orders WHERE id = %s",
                     o["id"]) == "3600", "holds its stock for an hour")
    same(c.get("/api/cart/").json["cart"]["items"], [], "the cart is empty now")
    refused(c.post(ORDERS, order_body(vz, cart)), 404, "cart_not_open",
            message="Sepet bulunamadı veya aktif değil.")
    same(stock_of(vz, pot), before[0] - 2, "and nothing more is taken")
    filled_cart(c, (pot, 1))
    check(c.get("/api/cart/").json["cart"]["id"] != cart, "the next cart is another one")

    section("what comes in stays as it is")
    odd = "'; DROP TABLE orders; -- <b>%s%n</b> \\ \"ğ\" 日本 😀"
    o = make_order(vz, vz.client(), customer_first_name=odd, total="0.01", status="delivered",
                   payment_status="paid", order_number="ORD-1", tenant_id=2, user_id=NOBODY,
                   unit_price=1, shipping=0, flag="x",
                   shipping_address={**ADDRESS, "address_line1": odd, "address_line2": None})
    same((o["total"], o["status"], o["payment_status"]), ("399.80", "pending", "pending"),
         "prices and states in a request are ignored")
    row = vz.sql.rows("SELECT * FROM orders WHERE id = %s", o["id"])[0]
    same((row["customer_first_name"], row["address_line1"], row["address_line2"], row["user_id"],
          row["flag"]), (odd, odd, None, None, None), "free text unchanged, no field of ours bound")


def fields(vz):
    section("what is wrong is named")
    c = vz.client()
    cart = filled_cart(c, (product(vz), 1))
    before = vz.sql.one("SELECT COUNT(*) FROM orders")

    def wrong(names, **change):
        names = [names] if isinstance(names, str) else names
        refused(c.post(ORDERS, order_body(vz, cart, **change)), 400, "bad_input", *names)

    for name, limit in (("customer_first_name", 100), ("customer_last_name", 100)):
        for bad in (..., None, "", 7, True, ["x"], {"a": 1}, "ş" * (limit + 1), "a\u0007b", "a\nb",
                    "a\u2028b"):
            wrong(name, **{name: bad})
    for bad in (..., None, "", 7, [], "x", "x@", "@x.tr", "x y@z.tr", "x@y", "ş@ornek.test",
                "a@ornek.test,b@ornek.test", "a@ornek.test\r\nBcc: b@ornek.test", "a" * 250 + "@x.tr"):
        wrong("customer_email", customer_email=bad)
    for bad in (..., None, "", 5551234567, "yok", "12345", "+" + "9" * 16, "+90 555 x", "0" * 31,
                "٠٥٥٥١٢٣٤٥٦٧"):
        wrong("customer_phone", customer_phone=bad)
    for bad in (..., None, "x", 7, [ADDRESS]):
        wrong("shipping_address", shipping_address=bad)

    def wrong_address(names, **change):
        address = {k: v for k, v in {**ADDRESS, **change}.items() if v is not ...}
        wrong([f"shipping_address.{n}" for n in names.split()], shipping_address=address)

    for name, limit in (("address_line1", 250), ("city", 100), ("postal_code", 20)):
        for bad in (..., None, "", 34000, ["x"], "ş" * (limit + 1), "a\tb"):
            wrong_address(name, **{name: bad})
    for bad in (7, ["x"], "ş" * 251, "a\nb"):
        wrong_address("address_line2", address_line2=bad)
    for bad in (..., None, "", 90, "tr", "TUR", "Türkiye", "T", "T1", "ÜK"):
        wrong_address("country", country=bad)
    wrong(["shipping_address." + n for n in ("address_line1", "city", "postal_code", "country")],
          shipping_address={})
    for bad in (7, "", "x", "34000", [shipping(vz)], shipping(vz)[:-1], shipping(vz) + "0",
                "{" + shipping(vz) + "}"):
        wrong("shipping_method_id", shipping_method_id=bad)
    wrong(["customer_email", "customer_phone", "shipping_address.city", "shipping_address.country"],
          customer_email=1, customer_phone="x", shipping_address={**ADDRESS, "city": "", "country": "xx"})
    same(c.post(ORDERS, order_body(vz, cart, customer_email="x")).json["message"],
         "Gönderilen bilgiler geçersiz.", "the message of all")
    english = vz.client(cookies=c.cookies, headers={"Accept-Language": "en"})
    a = english.post(ORDERS, order_body(vz, cart, customer_first_name=...))
    same((a.json["message"], a.json["errors"]),
         ("The request is not valid.", {"customer_first_name": "This field is required."}), "in English")

    section("cart_id")
    for bad in (..., None):
        a = c.post(ORDERS, order_body(vz, cart, cart_id=bad))
        refused(a, 400, "bad_input", "cart_id", message="Sepet ID gereklidir.")
        same(a.json["errors"]["cart_id"], "Sepet ID gereklidir.", "by the field, too")
    a = c.post(ORDERS, {})
    refused(a, 400, "bad_input", "cart_id", *PERSON, "shipping_address", message="Sepet ID gereklidir.")
    same(english.post(ORDERS, {}).json["message"], "Cart ID is required.", "in English")
    for bad in ("", "x", 7, [cart], cart[:-1], cart.replace("-", "")):
        wrong("cart_id", cart_id=bad)
    text = "Sepet bulunamadı veya aktif değil."
    refused(c.post(ORDERS, order_body(vz, NOBODY)), 404, "cart_not_open", message=text)
    same(bytes_of(vz.client().post(ORDERS, order_body(vz, cart))),
         bytes_of(vz.client().post(ORDERS, order_body(vz, NOBODY))), "without a session: another's is none")
    other = vz.client()
    filled_cart(other, (product(vz), 1))
    same(bytes_of(other.post(ORDERS, order_body(vz, cart))),
         bytes_of(other.post(ORDERS, order_body(vz, NOBODY))), "another's cart is like none")
    rakip = vz.client("rakip.localhost", cookies=c.cookies)
    refused(rakip.post(ORDERS, order_body(vz, cart)), 404, "cart_not_open", message=text)
    same(vz.sql.one("SELECT COUNT(*) FROM orders"), before, "none of it made an order")
    a = c.post(ORDERS, order_body(vz, cart.upper(), customer_first_name="ş" * 100, customer_email=
                                  "x" * 64 + "@" + "y" * 60 + ".example.com", customer_phone="0 (555) 123-45 67",
                                  shipping_address={**ADDRESS, "address_line1": "ş" * 250, "city": "İ" * 100,
                                                    "postal_code": "9" * 20, "address_line2": ...}
                                  | {"address_line2": "ğ" * 250}))
    same(a.status, 201, "the longest of everything fits")

    section("the cart's state")
    c = vz.client()
    line = filled_cart(c, (product(vz), 1))
    vz.sql.run("DELETE FROM cart_items WHERE cart_id = %s", line)
    refused(c.post(ORDERS, order_body(vz, line)), 400, "cart_empty", message="Sepet boş.")
    gone = new_product(vz, stock=3)
    cart = filled_cart(c, (gone, 2))
    vz.sql.run("UPDATE products SET is_active = 0 WHERE id = %s", gone)
    refused(c.post(ORDERS, order_body(vz, cart)), 404, "product_not_found", message="Ürün bulunamadı.")
    vz.sql.run("UPDATE products SET is_active = 1, stock = 1 WHERE id = %s", gone)
    refused(c.post(ORDERS, order_body(vz, cart)), 400, "out_of_stock",
            message="Yeterli stok yok. Mevcut stok: 1")
    same(stock_of(vz, gone), 1, "nothing taken")
    pot = product(vz)
    filled_cart(c, (pot, 1))
    before = stock_of(vz, pot)
    refused(c.post(ORDERS, order_body(vz, cart)), 400, "out_of_stock")
    same(stock_of(vz, pot), before, "nothing of the other line either")
    vz.sql.run("UPDATE products SET stock = 3 WHERE id = %s", gone)
    same(c.post(ORDERS, order_body(vz, cart)).status, 201, "the cart was left as it was")


def sending(vz):
    section("shipping")
    own, rakip = shipping(vz), shipping(vz, "magaza", 2)
    closed = str(uuid.uuid4())
    vz.sql.run("INSERT INTO shipping_methods (tenant_id, id, name, code, price, is_active, created_at)"
               " VALUES (1, %s, 'Kapalı', 'kapali', 0, 0, UTC_TIMESTAMP(6))", closed)
    limit = str(uuid.uuid4())
    vz.sql.run("INSERT INTO shipping_methods (tenant_id, id, name, code, price, free_shipping_threshold,"
               " created_at) VALUES (1, %s, 'Eşik', 'esik', 1234, 10000, UTC_TIMESTAMP(6))", limit)
    c = vz.client()
    cart = filled_cart(c, (new_product(vz, price=9999), 1))
    for id in (NOBODY, rakip, closed):
        refused(c.post(ORDERS, order_body(vz, cart, shipping_method_id=id)), 404, "shipping_not_found",
                message="Kargo yöntemi bulunamadı.")
    for missing in (..., None):
        refused(c.post(ORDERS, order_body(vz, cart, shipping_method_id=missing)), 404, "shipping_not_found")
    for price, fee in ((9999, "12.34"), (10000, "0.00"), (10001, "0.00")):
        o = make_order(vz, vz.client(), (new_product(vz, price=price), 1), shipping_method_id=limit)
        total = price + (1234 if fee != "0.00" else 0)
        same(o["total"], f"{total // 100}.{total % 100:02d}", f"{price} kuruş: {fee}")
    o = make_order(vz, vz.client(), (new_product(vz, price=10000000), 1), shipping_method_id=shipping(vz, "hizli"))
    same(o["total"], "100099.90", "a method without a threshold is never free")
    o = make_order(vz, vz.client(), (product(vz), 1), shipping_method_id=own)
    same(o["total"], "399.80", "below the threshold of 750.00")


def frozen(vz):
    section("prices are frozen")
    id = new_product(vz, price=10000, stock=10, name="Eski ad")
    c = vz.login("customer")
    cart = filled_cart(c, (id, 2))
    vz.sql.run("UPDATE products SET price = 12345 WHERE id = %s", id)
    a = c.post(ORDERS, order_body(vz, cart, shipping_method_id=shipping(vz, "hizli")))
    same(a.json["order"]["total"], "346.80", "the price of the moment counts: 2 x 123.45 + 99.90")
    vz.sql.run("UPDATE products SET price = 1, name = 'Yeni ad', tax_rate = 0, is_active = 0 WHERE id = %s", id)
    vz.sql.run("UPDATE shipping_methods SET price = 1, name = 'Yeni' WHERE tenant_id = 1 AND code = 'hizli'")
    o = c.get(f"{ORDERS}{a.json['order']['id']}/").json["order"]
    vz.sql.run("UPDATE shipping_methods SET price = 9990, name = 'Hızlı Kargo' WHERE tenant_id = 1"
               " AND code = 'hizli'")
    same([o[k] for k in ("subtotal", "discount", "shipping", "total", "tax", "shipping_method")],
         ["246.90", "0.00", "99.90", "346.80", "41.15", "Hızlı Kargo"], "and stays")
    same(o["items"], [{"product_id": id, "name": "Eski ad", "quantity": 2, "unit_price": "123.45",
                       "tax_rate": o["items"][0]["tax_rate"], "line_total": "246.90"}], "in the lines, too")
    check(float(o["items"][0]["tax_rate"]) == 20, "with their rate", o["items"])


def at_once(vz):
    section("two orders of one cart")
    for round in range(5):
        c = vz.client()
        id = new_product(vz, stock=10)
        cart = filled_cart(c, (id, 2))
        answers = together([lambda: vz.client(cookies=c.cookies).post(ORDERS, order_body_of)
                            for order_body_of in [order_body(vz, cart)] * 4])
        same(sorted(a.status for a in answers), [201, 404, 404, 404], f"one of four ({round})")
        for a in answers:
            if a.status != 201:
                refused(a, 404, "cart_not_open")
        same((stock_of(vz, id), vz.sql.one("SELECT COUNT(*) FROM orders WHERE cart_id = %s", cart)),
             (8, "1"), "one order, its stock once")

    section("20 buyers, 5 pieces")
    id, other = new_product(vz, stock=5), new_product(vz, stock=1000)
    buyers = [vz.client() for _ in range(20)]
    bodies = []
    for n, c in enumerate(buyers):   # half of them have the lines the other way round
        lines = [(id, 1), (other, 1)] if n % 2 else [(other, 1), (id, 1)]
        bodies.append(order_body(vz, filled_cart(c, *lines)))
    answers = together([lambda c=c, b=b: c.post(ORDERS, b) for c, b in zip(buyers, bodies)])
    same(sorted(a.status for a in answers), [201] * 5 + [400] * 15, "5 get one")
    for a in answers:
        if a.status != 201:
            refused(a, 400, "out_of_stock", message="Yeterli stok yok. Mevcut stok: 0")
    same((stock_of(vz, id), stock_of(vz, other)), (0, 995), "and the stock is what they left")
    same(vz.sql.one("SELECT COUNT(*) FROM order_items WHERE product_id = %s", id), "5", "5 lines")


# ---- Looking at them ----

def next_page(a):
    link = a.headers.get("link")
    found = re.fullmatch(r'<(/[^>]*)>; rel="next"', link or "")
    check(link is None or found, "the Link header", link)
    return found and found[1]


def walk(c, path):
    pages = []
    while path:
        a = c.get(path)
        if not check(a.status == 200 and len(pages) < 100, f"GET {path}", a):
            break
        pages.append(a.json["orders"])
        path = next_page(a)
    return pages


def lists(vz):
    section("lists: who sees what")
    owner, admin = vz.login("owner"), vz.login("admin")
    mine, other = register(vz, "liste@ornek.test"), register(vz, "baska@ornek.test")
    ids = [make_order(vz, mine, (product(vz, "zeytinyagli-sabun"), 1 + n % 3),
                      customer_email=f"liste{n % 3}@ornek.test")["id"] for n in range(30)]
    theirs = make_order(vz, other)["id"]
    guests = make_order(vz, vz.client())["id"]
    everything = vz.sql.column("SELECT id FROM orders WHERE tenant_id = 1 ORDER BY created_at DESC, id DESC")
    a = mine.get(ORDERS)
    same((a.status, list(a.json), list(a.json["orders"][0])), (200, ["success", "orders"], LISTED),
         "exactly the documented fields")
    same([o["id"] for o in a.json["orders"]], ids[::-1], "one's own, newest first")
    check("link" not in a.headers, "30 fit on a page", a.headers)
    o = a.json["orders"][0]
    same((o["status_display"], o["payment_status_display"], o["item_count"]),
         ("Beklemede", "Ödeme Bekleniyor", 3), "labels; item_count counts pieces")
    check(TIME.fullmatch(o["created_at"]) and re.fullmatch(r"\d+\.\d\d", o["total"]), "formats", o)
    same([x["id"] for x in other.get(ORDERS).json["orders"]], [theirs], "another customer")
    for c in (owner, admin):
        same([x["id"] for p in walk(c, ORDERS + "?limit=200") for x in p], everything, "owner and admin: all")
    refused(vz.client().get(ORDERS), 401, "unauthenticated")
    guest = vz.client()
    make_order(vz, guest)
    refused(guest.get(ORDERS), 401, "unauthenticated")
    refused(vz.login("agency").get(ORDERS), 403, "forbidden", message="Bu işlem için yetkiniz yok.")
    same(vz.login("owner", "rakip").get(ORDERS).json["orders"], [], "another shop's owner: nothing")
    refused(vz.client("rakip.localhost", cookies=owner.cookies).get(ORDERS), 401, "unauthenticated")

    section("lists: filters")
    number = {i: vz.sql.one("SELECT order_number FROM orders WHERE id = %s", i) for i in (ids[0], theirs)}
    for n, (status, paid) in enumerate((("confirmed", "paid"), ("shipped", "paid"), ("cancelled", "failed"),
                                        ("pending", "failed"))):
        vz.sql.run("UPDATE orders SET status = %s, payment_status = %s WHERE id = %s", status, paid, ids[n])
    for c, query, wanted in (
            (mine, "status=confirmed", [0]), (mine, "payment_status=paid", [1, 0]),
            (mine, "status=confirmed&payment_status=paid", [0]), (mine, "status=confirmed&payment_status=failed", []),
            (mine, "status=pending&payment_status=failed", [3]), (mine, "status=refunded", []),
            (owner, "status=shipped&payment_status=paid", [1]), (owner, "status=cancelled", [2]),
            (mine, f"order_number={number[ids[0]]}", [0]), (mine, f"order_number={number[theirs]}", []),
            (mine, f"order_number={number[ids[0]].lower()}", []), (mine, "order_number=%25", []),
            (mine, "customer_email=liste1%40ornek.test", range(28, 0, -3)),
            (owner, "customer_email=liste1@ornek.test", range(28, 0, -3)),
            (owner, "customer_email=LISTE1@ornek.test", range(28, 0, -3)),
            (owner, "customer_email=liste1@ornek.test&status=shipped", [1]),
            (owner, "customer_email=liste1@ornek.test&payment_status=failed", []),
            (mine, "customer_email=customer@example.com", []), (owner, "customer_email=%25", []),
            (owner, "customer_email=' OR 1=1 -- ", []),
            (owner, f"order_number={number[ids[0]]}&status=confirmed&payment_status=paid"
                    "&customer_email=liste0@ornek.test", [0])):
        same([o["id"] for o in c.get(f"{ORDERS}?{query.replace(' ', '+')}").json["orders"]],
             [ids[n] for n in wanted], query)
    for query in ("status=x", "status=", "status=ğ", "payment_status=%F0%9F%98%80", "order_number=ğ",
                  "customer_email=ğ", "order_number=" + "x" * 1000):
        a = owner.get(f"{ORDERS}?" + query.replace("ğ", "%C4%9F"))
        check(a.status == 400 or a.status == 200 and a.json["orders"] == [], f"no such value: {query[:30]}", a)
    labels = {("confirmed", "paid"): ("Onaylandı", "Ödendi"), ("shipped", "paid"): ("Kargoya Verildi", "Ödendi"),
              ("cancelled", "failed"): ("İptal Edildi", "Ödeme Başarısız")}
    for o in mine.get(ORDERS).json["orders"]:
        if (o["status"], o["payment_status"]) in labels:
            same((o["status_display"], o["payment_status_display"]), labels[o["status"], o["payment_status"]],
                 o["status"])

    vz.sql.run("UPDATE orders SET status = 'pending', payment_status = 'pending' WHERE tenant_id = 1")

    section("lists: pages")
    for c, limit in ((mine, 1), (mine, 7), (mine, 10), (mine, 29), (mine, 30), (mine, 31)):
        pages = walk(c, f"{ORDERS}?limit={limit}")
        same([o["id"] for p in pages for o in p], ids[::-1], f"all once, limit {limit}")
        check(all(len(p) == limit for p in pages[:-1]) and 0 < len(pages[-1]) <= limit, "full pages",
              [len(p) for p in pages])
    moment = vz.sql.one("SELECT MIN(created_at) FROM orders WHERE id = %s", ids[29])
    vz.sql.run("UPDATE orders SET created_at = %s WHERE customer_email LIKE 'liste_@ornek.test'", moment)
    pages = walk(mine, ORDERS + "?limit=4")
    same([o["id"] for p in pages for o in p], sorted(ids, reverse=True), "all of one moment: by id")
    path = f"{ORDERS}?limit=3&customer_email=liste2%40ornek.test&payment_status=pending"
    wanted = vz.sql.column("SELECT id FROM orders WHERE customer_email = 'liste2@ornek.test'"
                           " AND payment_status = 'pending' ORDER BY created_at DESC, id DESC")
    for c in (mine, owner):
        same([o["id"] for p in walk(c, path) for o in p], wanted, "the filters stay in the link")
    first = mine.get(ORDERS + "?limit=5")
    make_order(vz, mine)
    same([o["id"] for o in mine.get(next_page(first)).json["orders"]], sorted(ids, reverse=True)[5:10],
         "a new order moves nothing on the next page")
    same(other.get(next_page(first)).json["orders"] in ([], [theirs]), True, "a cursor gives nobody a right")
    section("lists: forged limits and cursors")
    for bad in ("0", "-1", "201", "1.5", "x", "", "1e1", "+1", " 1", "9" * 30, "%D9%A1", "0x1"):
        refused(mine.get(f"{ORDERS}?limit={bad.replace(' ', '%20')}"), 400, "bad_input", "limit")
    same(mine.get(ORDERS + "?limit=200").status, 200, "200 is fine")
    good = re.search(r"cursor=([^&>]*)", first.headers["link"])[1]
    for bad in ("x", "", "_", good.split("_")[0], good.split("_")[0] + "_", "_" + good.split("_")[1],
                "0_" + good.split("_")[1], "-1_" + good.split("_")[1], "9" * 18 + "_" + good.split("_")[1],
                "9" * 40 + "_" + good.split("_")[1], good + "x", good[:-1], good.replace("_", "-", 1),
                good.split("_")[0] + "_'%20OR%201=1", "%00"):
        a = mine.get(f"{ORDERS}?cursor={bad}")
        check(a.status == 400 and a.json["code"] in ("bad_cursor", "bad_request"), f"cursor {bad[:30]}", a)
    refused(mine.get(f"{ORDERS}?limit=1&limit=2"), 400, "bad_request")


def detail(vz):
    section("detail")
    owner, mine, other = vz.login("owner"), register(vz, "detay@ornek.test"), register(vz, "detay2@ornek.test")
    pot, coffee = product(vz), product(vz, "turk-kahvesi-250-g")
    made = make_order(vz, mine, (pot, 1), (coffee, 2))
    path = f"{ORDERS}{made['id']}/"
    a = mine.get(path)
    o = a.json["order"]
    same(list(o)[:10], LISTED, "all of the list")
    same(sorted(o), sorted(LISTED + [
        "subtotal", "discount", "shipping", "tax", "coupon_code", "customer_email", "customer_first_name",
        "customer_last_name", "customer_phone", "shipping_method_id", "shipping_method", "tracking_number",
        "paid_at", "shipped_at", "delivered_at", "cancelled_at", "shipping_address", "items", "history",
        "payments"]), "and the rest, without the staff's flag")
    same({k: o[k] for k in CREATED}, made, "as it was made")
    same(o["shipping_address"], ADDRESS, "address")
    same({k: o[k] for k in PERSON}, PERSON, "person")
    same([[i[k] for k in ("product_id", "name", "quantity", "unit_price", "line_total")] for i in o["items"]],
         [[pot, "Bakır Cezve", 1, "349.90", "349.90"],
          [coffee, "Türk Kahvesi 250 g", 2, "142.75", "285.50"]], "items in the cart's order")
    same((o["subtotal"], o["shipping"], o["total"], o["item_count"]), ("635.40", "49.90", "685.30", 3), "sums")
    same([o[k] for k in ("tracking_number", "paid_at", "shipped_at", "delivered_at", "cancelled_at",
                         "coupon_code")], [None] * 6, "null what is not yet")
    user = mine.get("/api/auth/me/").json["user"]["id"]
    same([(m["from"], m["to"], m["actor"]) for m in o["history"]], [(None, "pending", f"user:{user}")], "history")
    check(TIME.fullmatch(o["history"][0]["at"]), "with its time", o["history"])
    same(o["payments"], [], "no payments yet")
    pay = mine.post("/api/payments/create/", {"order_id": made["id"]})
    p = mine.get(path).json["order"]["payments"]
    same([(x["id"], x["status"], x["amount"], x["transaction_id"]) for x in p],
         [(pay.json["payment"]["id"], "pending", "685.30", pay.json["transaction_id"])], "payments")
    staff = owner.get(path).json["order"]
    check("flag" in staff and staff["flag"] is None, "the staff sees the flag", staff.get("flag", "-"))
    vz.sql.run("UPDATE orders SET flag = 'paid_late' WHERE id = %s", made["id"])
    same(owner.get(path).json["order"]["flag"], "paid_late", "with its word")
    check(b"paid_late" not in mine.get(path).body, "the customer never does")
    vz.sql.run("UPDATE orders SET flag = NULL WHERE id = %s", made["id"])
    a = vz.client(cookies=mine.cookies, headers={"Accept-Language": "en-GB,tr;q=0.5"}).get(path)
    same((a.json["order"]["status_display"], a.json["order"]["payment_status_display"]),
         ("Pending", "Awaiting payment"), "labels in English")
    same(mine.get(path.rstrip("/")).json["order"]["id"], made["id"], "without its last slash")
    same(mine.get(f"{ORDERS}{made['id'].upper()}/").status, 200, "upper case")

    none = other.get(f"{ORDERS}{NOBODY}/")
    refused(none, 404, "order_not_found", message="Sipariş bulunamadı.")
    rakip = vz.login("owner", "rakip")
    guests = make_order(vz, vz.client())["id"]
    for who, c, id in (("another customer's", other, made["id"]), ("a guest's", other, guests),
                       ("another shop's", rakip, made["id"]), ("malformed", other, "x"),
                       ("malformed", other, made["id"][:-1]), ("malformed", other, made["id"] + "0"),
                       ("malformed", other, "%C5%9F" * 36), ("malformed", owner, "' OR 1=1 -- ".replace(" ", "%20"))):
        same(bytes_of(c.get(f"{ORDERS}{id}/")), bytes_of(none), f"like none, byte by byte: {who}")
    refused(vz.client().get(path), 401, "unauthenticated")
    refused(vz.login("agency").get(path), 403, "forbidden")
    same(owner.get(f"{ORDERS}{guests}/").json["order"]["history"][0]["actor"], "guest", "a guest made it")


def tracking(vz):
    section("tracking")
    c = register(vz, "takip@ornek.test")
    secrets_ = {"customer_email": "gizli-adres@ornek.test", "customer_first_name": "GizliAd",
                "customer_last_name": "GizliSoyad", "customer_phone": "+905559998877"}
    o = make_order(vz, c, **secrets_, shipping_address={k: "XX" if k == "country" else f"Gizli{k}"
                                                        for k in ADDRESS} | {"postal_code": "98765"})
    path = f"{ORDERS}track/{o['order_number']}/"
    a = vz.client().get(path)
    same((a.status, list(a.json), list(a.json["order"])), (200, ["success", "order"], TRACKED),
         "exactly the eleven documented fields, for anyone")
    same({k: a.json["order"][k] for k in TRACKED if k != "created_at"},
         {"order_number": o["order_number"], "status": "pending", "status_display": "Beklemede",
          "payment_status": "pending", "payment_status_display": "Ödeme Bekleniyor", "tracking_number": None,
          "shipped_at": None, "delivered_at": None, "total": "399.80", "currency": "TRY"}, "their values")
    check(TIME.fullmatch(a.json["order"]["created_at"]), "time", a)
    same(a.headers.get("x-robots-tag"), "noindex", "no search engine keeps it")
    check(not re.search(rb"(?i)gizli|98765|9998877", a.body + repr(a.headers).encode()) and o["id"] not in a.text,
          "no name, address, e-mail or id", a)
    vz.sql.run("UPDATE orders SET status = 'shipped', payment_status = 'paid', tracking_number = 'ARAS123456789',"
               " shipped_at = '2024-01-15 10:30:00' WHERE id = %s", o["id"])
    for who in (vz.client(), c, vz.login("owner"), vz.client(cookies={"vezne_session": "x"})):
        x = who.get(path).json["order"]
        same((x["status_display"], x["payment_status_display"], x["tracking_number"], x["shipped_at"]),
             ("Kargoya Verildi", "Ödendi", "ARAS123456789", "2024-01-15T10:30:00Z"), "on its way, for all alike")
    vz.sql.run("UPDATE orders SET status = 'pending', payment_status = 'pending' WHERE id = %s", o["id"])
    same(vz.client().get(path.rstrip("/")).body, vz.client().get(path).body, "without its last slash")
    rakip = vz.client("rakip.localhost")
    filled_cart(rakip, (product(vz, "pamuklu-havlu", 2), 1))
    theirs = rakip.post(ORDERS, order_body(vz, rakip.get("/api/cart/").json["cart"]["id"],
                                           shipping_method_id=shipping(vz, "magaza", 2))).json["order"]
    check(re.fullmatch(r"ORD-RAKIP-\d{8}-[A-HJ-NP-Z2-9]{8}", theirs["order_number"]), "the other shop's numbers")
    none = vz.client().get(f"{ORDERS}track/ORD-DEMO-00000000-AAAAAAAA/")
    refused(none, 404, "order_not_found", message="Sipariş bulunamadı.")
    number = o["order_number"]
    for bad in (theirs["order_number"], number.lower(), number[:-1], number + "A", "%20" + number, number + "%20",
                "x", "%25", "_" * len(number), "%C5%9F", "%C5%9F" * 20, "%F0%9F%98%80", "A" * 400, o["id"],
                "'%20OR%201=1%20--%20", "%0d%0aX-Evil:1", "%E2%80%A8", "ORD-DEMO"):
        a = vz.client().get(f"{ORDERS}track/{bad}/")
        if "%0d" in bad or "%E2%80%A8" in bad:
            refused(a, 404, "no_path")
        else:
            same(bytes_of(a), bytes_of(none), f"one answer for all that is none: {bad[:30]}")
    same(rakip.get(path).status, 404, "not in the other shop")
    for method in ("POST", "DELETE", "PATCH"):
        a = vz.client().request(method, path, json_body={})
        refused(a, 405, "method_not_allowed")
        same(a.headers.get("allow"), "GET", "Allow")


# ---- Idempotency-Key ----

def keys(vz):
    section("Idempotency-Key")
    c, id = vz.client(), new_product(vz, stock=10)
    key = secrets.token_hex(8)
    body = order_body(vz, filled_cart(c, (id, 1)))
    first = c.post(ORDERS, body, headers={"Idempotency-Key": key})
    same(first.status, 201, "the first")
    for _ in range(2):
        a = c.post(ORDERS, body, headers={"Idempotency-Key": key})
        same((a.status, a.body, a.headers["content-type"]),
             (201, first.body, first.headers["content-type"]), "again: the same bytes")
        check(a.headers["x-request-id"] != first.headers["x-request-id"], "but an id of its own")
    refused(c.post(ORDERS, {**body, "customer_first_name": "Veli"}, headers={"Idempotency-Key": key}),
            409, "idempotency_key_reused")
    refused(c.post("/api/payments/create/", {"order_id": first.json["order"]["id"]},
                   headers={"Idempotency-Key": key}), 409, "idempotency_key_reused")
    same(stock_of(vz, id), 9, "one order")
    other = vz.client()
    theirs = order_body(vz, filled_cart(other, (id, 1)))
    a = other.post(ORDERS, theirs, headers={"Idempotency-Key": key})
    check(a.status == 201 and a.json["order"]["id"] != first.json["order"]["id"],
          "another session's same key is another key", a)
    for who, body_, answer in ((c, body, first), (other, theirs, a), (c, body, first)):
        again = who.post(ORDERS, body_, headers={"Idempotency-Key": key})
        same((again.status, again.body), (201, answer.body), "each keeps its own answer")
    refused(vz.client().post(ORDERS, body, headers={"Idempotency-Key": key}), 404, "cart_not_open")
    rakip = vz.client("rakip.localhost", cookies=c.cookies)
    refused(rakip.post(ORDERS, body, headers={"Idempotency-Key": key}), 404, "cart_not_open")

    key = secrets.token_hex(8)
    for _ in range(2):
        refused(c.post(ORDERS, order_body(vz, NOBODY), headers={"Idempotency-Key": key}), 404, "cart_not_open")
    body = order_body(vz, filled_cart(c, (id, 1)))
    for bad in ("x" * 65, "a\u007fb", "a\tb", "ş", "é", "x" * 9000):
        raw = bad.encode().decode("latin-1")
        a = c.post(ORDERS, body, headers={"Idempotency-Key": raw})
        if len(bad) > 8000:
            check(400 <= a.status < 500, "a key over 8 KB is refused", a)
        else:
            refused(a, 400, "idempotency_key_invalid")
    for n, good in enumerate(("x" * 64, "~", "a b!\"#$%&'()", "0")):
        if n:
            body = order_body(vz, filled_cart(c, (id, 1)))
        same(c.post(ORDERS, body, headers={"Idempotency-Key": good}).status, 201, f"a key: {good[:12]}")

    section("10 at once with one key")
    for round in range(3):
        c, id = vz.client(), new_product(vz, stock=10)
        body, key = order_body(vz, filled_cart(c, (id, 1))), secrets.token_hex(8)

        def until_told():
            mine = vz.client(cookies=c.cookies)
            while True:
                a = mine.post(ORDERS, body, headers={"Idempotency-Key": key})
                if a.status != 409:
                    return a
                seen.append(a)

        seen = []
        answers = together([until_told] * 10)
        same({(a.status, a.body) for a in answers}, {(201, answers[0].body)}, f"all get the same ({round})")
        check(all(a.json["code"] == "idempotency_key_running" and a.headers.get("retry-after") for a in seen),
              "in between: 409 with Retry-After", seen[:1])
        same((stock_of(vz, id), vz.sql.one("SELECT COUNT(*) FROM orders WHERE cart_id = %s", body["cart_id"])),
             (9, "1"), "one order")

    section("a worker that died with the key")
    c, id = vz.client(), new_product(vz, stock=10)
    body, key = order_body(vz, filled_cart(c, (id, 1))), secrets.token_hex(8)
    first = c.post(ORDERS, body, headers={"Idempotency-Key": key})
    vz.sql.run("UPDATE idempotency_keys SET state = 'running', http_status = NULL, answer = NULL"
               " WHERE idem_key = %s", key)
    refused(c.post(ORDERS, body, headers={"Idempotency-Key": key}), 409, "idempotency_key_running")
    vz.sql.run("UPDATE idempotency_keys SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND"
               " WHERE idem_key = %s", key)
    answers = together([lambda: vz.client(cookies=c.cookies).post(ORDERS, body, headers={"Idempotency-Key": key})
                        for _ in range(4)])
    check(any(a.status == 201 for a in answers) and {a.status for a in answers} <= {201, 409},
          "after its lease one takes over", answers)
    a = c.post(ORDERS, body, headers={"Idempotency-Key": key})
    same((a.status, a.body), (201, first.body), "and finds the order that was made")
    same(stock_of(vz, id), 9, "once")


def main():
    with Instance(workers=3) as vz:
        before = ledger.snapshot(vz)
        documented(vz)
        fields(vz)
        sending(vz)
        frozen(vz)
        at_once(vz)
        lists(vz)
        detail(vz)
        tracking(vz)
        keys(vz)
        section("log")
        same([x for x in vz.log_lines() if x["level"] == "error"], [], "no errors")
        books(vz, before, "uzun-bir-parola")


if __name__ == "__main__":
    run(main)

"""A buyer, as the money tests need one: cart, order, payment, the bank's page, verify; and how to go
on when something answers 5xx, not at all, or that the same key still runs."""

import http.client
import random
import threading
import time
import urllib.parse
import uuid

PRODUCTS = "/api/public/products/"
ADDRESS = {"address_line1": "Deneme Sok. 1", "city": "İstanbul", "postal_code": "34000", "country": "TR"}
NETWORK = (OSError, http.client.HTTPException)
PLENTY = 100_000


def stock_up(vz):
    """Enough of everything that the demo shop sells; its products."""
    vz.sql.run(f"UPDATE products SET stock = {PLENTY} WHERE tenant_id = 1")
    found = vz.client().get(PRODUCTS).json["products"]
    return [p["id"] for p in found]


def shipping(vz):
    return vz.sql.one("SELECT id FROM shipping_methods WHERE tenant_id = 1 ORDER BY price LIMIT 1")


def order_body(cart, method):
    return {"cart_id": cart, "customer_email": "alici@example.com", "customer_first_name": "Ali",
            "customer_last_name": "Alıcı", "customer_phone": "+905551112233",
            "shipping_address": ADDRESS, "shipping_method_id": method}


class Trouble(Exception):
    """It did not come to an end in time."""


class Counts:
    """Numbers that many threads add to."""

    def __init__(self):
        self.lock = threading.Lock()
        self.numbers = {}

    def add(self, name, n=1):
        with self.lock:
            self.numbers[name] = self.numbers.get(name, 0) + n

    def __getitem__(self, name):
        return self.numbers.get(name, 0)

    def __str__(self):
        return ", ".join(f"{k} {v}" for k, v in sorted(self.numbers.items()))


class Shop:
    """What a Buyer has to know of the instance; looked up once."""

    def __init__(self, vz):
        self.vz, self.counts = vz, Counts()
        self.products, self.method = stock_up(vz), shipping(vz)


class Buyer:
    """A guest with a session. `final` has (path, body, key) -> the first final answer's status and
    body; every later one must be the same."""

    def __init__(self, shop, dice=None, patience=60):
        self.shop, self.dice, self.patience = shop, dice or random.Random(), patience
        self.client = shop.vz.client(timeout=40)
        self.final, self.different = {}, []

    def close(self):
        self.client.close()

    # asking

    def ask(self, method, path, body=None, key=None, **more):
        """One request; None when there was no answer."""
        headers = {"Idempotency-Key": key} if key else {}
        try:
            return self.client.request(method, path, json_body=body, headers=headers, **more)
        except NETWORK:
            self.shop.counts.add("no answer")
            return None

    def insist(self, method, path, body=None, key=None, **more):
        """Again, until there is a final answer."""
        end = time.monotonic() + self.patience
        while True:
            a = self.ask(method, path, body, key, **more)
            if a is not None and a.status not in (429,) and a.status < 500:
                code = (a.json or {}).get("code")
                if code not in ("idempotency_key_running", "payment_pending"):
                    self.keep(path, body, key, a)
                    return a
            self.shop.counts.add(f"again after {a.status}" if a is not None else "again after nothing")
            if time.monotonic() > end:
                raise Trouble(f"{method} {path}: after {self.patience} s still {a}")
            waits = 0.02 if a is None or a.status >= 500 else float(a.headers.get("retry-after", 1)) / 2
            time.sleep(waits * self.dice.uniform(0.5, 1))

    def keep(self, path, body, key, a):
        if key is None:
            return
        first = self.final.setdefault(key, (path, body, a.status, a.body))
        if first[2:] != (a.status, a.body):
            self.different.append(f"{path} {key}: first {first[2:]}, then {a}")

    def repeat_all(self):
        """Every key once more: keep() sees whether the answer is the same."""
        for key, (path, body, _, _) in list(self.final.items()):
            self.insist("POST", path, body, key)

    # shopping

    def fill_cart(self):
        """Puts something into the cart; its id. A lost answer may have lost the session with it, or
        have put it in twice: either is fine."""
        product = self.dice.choice(self.shop.products)
        self.insist("POST", "/api/cart/add/",
                    {"product_id": product, "quantity": self.dice.randint(1, 3)})
        return self.insist("GET", "/api/cart/").json["cart"]["id"]

    def order(self, key=None):
        body = order_body(self.fill_cart(), self.shop.method)
        a = self.insist("POST", "/api/orders/", body, key)
        if a.status != 201:
            raise Trouble(f"order: {a}")
        return a.json["order"]

    def start(self, order, key=None):
        """The answer to payments/create."""
        return self.insist("POST", "/api/payments/create/",
                           {"order_id": order["id"], "provider": "kuveyt"}, key)

    def pay(self, url, button="approve"):
        """Presses a button on the bank's page; where the bank sends the browser."""
        parts = urllib.parse.urlsplit(url)
        c = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        try:
            c.request("POST", parts.path, f"{button}=1",
                      {"Content-Type": "application/x-www-form-urlencoded"})
            r = c.getresponse()
            r.read()
        finally:
            c.close()
        if r.status != 303:
            raise Trouble(f"the bank's page answers {r.status}")
        back = urllib.parse.urlsplit(r.getheader("Location"))
        return f"{back.path}?{back.query}"

    def come_back(self, path):
        """The browser follows the bank to us."""
        return self.insist("GET", path)

    def verify(self, transaction):
        return self.insist("POST", "/api/payments/verify/",
                           {"transaction_id": transaction, "provider": "kuveyt"})

    def buy(self):
        """All of it, paid; the order's id."""
        order = self.order()
        started = self.start(order)
        if started.status != 201:
            raise Trouble(f"payment: {started}")
        self.pay(started.json["payment_url"])
        a = self.verify(started.json["transaction_id"])
        if a.status != 200:
            raise Trouble(f"verify: {a}")
        return order["id"]


def new_key(dice):
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))

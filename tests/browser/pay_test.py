#!/usr/bin/env python3
"""The demo shop in a real browser: from the first product to a paid order, and what may go wrong on
the way. VEZNE_SHOTS=DIR keeps a picture of each page."""

import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402
from lib.webdriver import Browser  # noqa: E402

OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
ENTER = "\ue007"
PAID = "Ödemeniz alındı. Teşekkür ederiz."
CHECKING = "Ödemeniz kontrol ediliyor…"
FILES = ("/", "/demo/shop.css", "/demo/shop.js", "/demo/icon.svg", "/payment/return", "/payment/cancel",
         "/payment/payment.css", "/payment/payment.js", "/payment/icon.svg")
UNNAMED = """const seen = new Set();
return [...document.querySelectorAll('[id]')].map((e) => e.id).filter((id) => seen.has(id) || !seen.add(id));"""
LOSE_FIRST_ORDER = """const real = window.fetch; let lost = 0;
window.keys = [];
window.fetch = async (path, how) => {
  const answer = await real(path, how);
  if (path !== '/api/orders/') return answer;
  window.keys.push(how.headers['Idempotency-Key']);
  lost += 1;
  if (lost === 1) throw new TypeError('lost');
  sessionStorage.setItem('keys', JSON.stringify(window.keys));
  return answer;
};"""


class Shopper:
    """What a visitor does and sees."""

    def __init__(self, vz, b):
        self.vz, self.b = vz, b

    def text(self, css):
        return self.b.find(css).text

    def path(self):
        return self.b.current_url.removeprefix(self.vz.base_url).partition("?")[0]

    def open(self, path="/"):
        self.b.open(self.vz.base_url + path)
        self.b.wait(lambda: self.b.find("#products li h3").visible, "the products")

    def click(self, css):
        self.b.execute("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", css)
        self.b.find(css).click()

    def add(self, slug):
        before = self.b.execute("return document.getElementById('summary').textContent")
        self.click(f"[data-slug={slug}]")
        self.b.wait(lambda: self.text("#summary") != before or self.text("#error"), "the cart")

    def order(self, button="#pay"):
        """Presses the button and lands on the bank's page."""
        self.click(button)
        self.b.wait(lambda: self.b.current_url.startswith(self.vz.sandbox_url + "/kuveyt/payment/redirect/"),
                    "the bank's page")

    def bank(self, button):
        self.b.find_name(button).click()

    def back_at(self, path, state=None):
        self.b.wait(lambda: self.path() == path, path)
        if state:
            self.b.find(f"#state.{state}")
        return self.text("#state")

    def follow(self):
        """From the payment page to the shop's tracking box."""
        self.b.find("#shop a").click()
        self.b.wait(lambda: self.b.find("#tracked").visible, "the tracked order")
        return self.tracked()

    def tracked(self):
        return [self.text(f"#tracked-{x}") for x in ("status", "payment", "total")]

    def complained(self, what):
        self.b.wait(lambda: self.text("#error"), what)
        return self.text("#error")

    def kept(self):
        return json.loads(self.b.execute("return sessionStorage.getItem('vezne-demo-order')"))

    def looked_at(self, name, refused=()):
        """What holds for every page; `refused`: paths whose 4xx answer the console may mention."""
        b, home = self.b, (self.vz.base_url + "/", self.vz.sandbox_url + "/")
        said = [x["message"] for x in b.log]
        said = [x for x in said if not any(f"{self.vz.base_url}{p} - Failed to load resource: the server "
                                           "responded with a status of 4" in x for p in refused)]
        same(said, [], f"{name}: a quiet console")
        asked = b.execute("return performance.getEntries().filter((e) => e.entryType === 'resource'"
                          " || e.entryType === 'navigation').map((e) => e.name)")
        check(asked and all(x.startswith(home) for x in asked), f"{name}: asks nobody else", asked)
        self.fits(name)

    def fits(self, name):
        folder = os.environ.get("VEZNE_SHOTS")
        if folder:
            self.b.screenshot(f"{folder}/{name}.png")
        self.screen(320, 640)
        size = self.b.execute("return [innerWidth, document.scrollingElement.scrollWidth]")
        check(size[0] == 320 and size[1] <= 320, f"{name}: fits 320 px", size)
        if folder:
            self.b.screenshot(f"{folder}/{name}-320.png")
        self.cdp("Emulation.clearDeviceMetricsOverride")

    def screen(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                 mobile=False)

    def cdp(self, command, **params):
        self.b.call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def readable(self, name):
        """For a screen reader: a language, one title, a name for all that can be used."""
        b = self.b
        same(b.execute("return [document.documentElement.lang, document.querySelectorAll('h1').length]"),
             ["tr", 1], f"{name}: language and heading")
        same(b.execute(UNNAMED), [], f"{name}: no id twice")
        for e in b.find_all("a, button, input"):
            label = b.call("GET", f"/element/{e.id}/computedlabel")
            if not label and e.visible:
                check(False, f"{name}: has a name", e.property("outerHTML"))


def payments_of(vz, order):
    """Its row, the states of its attempts, and what the ledger has of it."""
    row = vz.sql.rows("SELECT status, payment_status, total FROM orders WHERE id = %s", order)[0]
    states = vz.sql.column("SELECT state FROM attempts WHERE order_id = %s ORDER BY created_at", order)
    money = vz.sql.column("SELECT l.amount FROM ledger l JOIN attempts a ON a.id = l.attempt_id"
                          " WHERE a.order_id = %s", order)
    return (row["status"], row["payment_status"]), states, [int(m) for m in money], int(row["total"])


def files(vz):
    section("files")
    c = vz.client()
    for path in FILES:
        a = c.get(path)
        policy = a.headers.get("content-security-policy", "")
        check(a.status == 200 and policy.startswith("default-src 'none'; script-src 'self';")
              and "unsafe" not in policy and "http" not in policy, f"{path}: a strict policy", a.headers)
        check(a.headers.get("x-content-type-options") == "nosniff", f"{path}: nosniff", a.headers)
        if not path.endswith(".svg"):
            check(not re.search(r"https?:|[\"'(]//|<style|<script(?! type=\"module\" src=\"/)| on\w+=| style=",
                                a.text), f"{path}: nothing from elsewhere, nothing inline")
    for path in ("/demo", "/demo/"):
        same(c.get(path).body, c.get("/").body, f"{path}: the same page")
    for path in ("/demo/x", "/demo/../demo/", "/yok"):
        a = c.get(path)
        same((a.status, (a.json or {}).get("code")), (404, "no_path"), f"{path}: 404")
    same(c.post("/", {}).status, 405, "a page is only read")


def pay(vz, v):
    section("order and pay")
    v.open()
    b = v.b
    v.readable("shop")
    same(b.find("[data-slug=gumus-telkari-kupe]").property("disabled"), True, "what is sold out can't be added")
    v.click("#pay")
    same(v.complained("the empty cart"), "Önce sepete bir ürün ekleyin.", "an empty cart")
    b.execute("document.querySelector('[data-slug=bakir-cezve]').focus()")
    b.find("[data-slug=bakir-cezve]").type(ENTER)
    b.wait(lambda: v.text("#notice") == "Bakır Cezve sepete eklendi.", "the notice")
    same(v.text("#error"), "", "an old complaint is taken back")
    v.add("ince-belli-cay-bardagi")
    same([v.text(f"#{x}") for x in ("subtotal", "shipping", "total", "summary")],
         ["538,90 TL", "49,90 TL", "588,80 TL", "2 ürün, 588,80 TL"], "the totals")
    v.click("#method-1")
    same(v.text("#total"), "638,80 TL", "the other way of sending")
    v.click("#method-0")
    v.looked_at("shop")
    v.order()
    v.looked_at("bank")
    check("588,80 TL" in b.text, "the bank asks for the same amount", b.text)
    v.bank("approve")
    same(v.back_at("/payment/return", "paid"), PAID, "paid")
    same(v.text("#amount"), "588,80 TL", "how much")
    v.readable("return")
    v.looked_at("return")
    same(v.follow(), ["Onaylandı", "Ödendi", "588,80 TL"], "tracking")
    order = v.kept()
    same([v.text("#tracked-number"), b.find("#number").property("value")], [order["number"]] * 2, "its number")
    check(not b.find("#pay-again").visible, "nothing is left to pay")
    same(v.text("#summary"), "boş", "the cart is empty again")
    v.looked_at("tracking")
    same(payments_of(vz, order["id"]), (("confirmed", "paid"), ["succeeded"], [58880], 58880),
         "the database says so, too")
    same(int(vz.sql.one("SELECT COUNT(*) FROM ledger")), 1, "one row in the ledger")


def tracking(vz, v):
    section("tracking")
    b, number = v.b, v.kept()["number"]
    b.open("about:blank")
    b.open(vz.base_url + "/")
    b.wait(lambda: b.find("#tracked").visible, "the last order is still known")
    field = b.find("#number")
    field.clear()
    field.type("  ord-yok-1 " + ENTER)
    same(v.complained("an unknown number"), "Sipariş bulunamadı.", "an unknown number")
    check(not b.find("#tracked").visible, "and nothing else is shown")
    field.clear()
    field.type(f" {number.lower()} " + ENTER)
    b.wait(lambda: b.find("#tracked").visible, "found")
    same((v.tracked()[:2], v.text("#error")), (["Onaylandı", "Ödendi"], ""), "typed carelessly, by keyboard")
    v.looked_at("tracked", refused=["/api/orders/track/ORD-YOK-1/"])


def decline(vz, v):
    section("declined, then paid")
    v.open()
    v.b.execute("Object.defineProperty(crypto, 'randomUUID', {value: undefined})")   # as on plain http
    v.add("ceviz-tavla")
    same(v.text("#shipping"), "Ücretsiz", "sending is free from 750 TL on")
    v.order()
    v.bank("decline")
    same(v.back_at("/payment/cancel", "failed"), "Kart limiti yetersiz.", "the bank's own reason")
    v.readable("cancel")
    v.looked_at("cancel", refused=["/api/payments/verify/"])
    same(v.follow(), ["Beklemede", "Ödeme Başarısız", "899,00 TL"], "tracking")
    order = v.kept()["id"]
    same(payments_of(vz, order), (("pending", "failed"), ["declined"], [], 89900), "no money yet")
    v.order("#pay-again")
    v.bank("approve")
    same(v.back_at("/payment/return", "paid"), PAID, "paid")
    same(v.follow(), ["Onaylandı", "Ödendi", "899,00 TL"], "tracking")
    same(payments_of(vz, order), (("confirmed", "paid"), ["declined", "succeeded"], [89900], 89900),
         "a new attempt paid it")
    v.looked_at("paid later")


def abandon(vz, v):
    section("left the bank's page")
    v.open()
    v.add("nazar-boncugu")
    v.order()
    v.bank("abandon")
    v.b.wait(lambda: "Ödemeden ayrıldınız" in v.b.text, "left")
    v.looked_at("left")
    order = vz.sql.one("SELECT id FROM orders ORDER BY created_at DESC LIMIT 1")
    theirs = vz.sql.one("SELECT provider_ref FROM attempts WHERE order_id = %s", order)
    v.b.open(f"{vz.base_url}/payment/return?transaction_id={theirs}&status=success")
    first = vz.sql.one("SELECT COUNT(*) FROM attempt_events")
    v.b.wait(lambda: vz.sql.one("SELECT COUNT(*) FROM attempt_events") != first, "the page asks again")
    same((v.text("#state"), v.b.find("#state").attribute("class")), (CHECKING, ""), "still waiting")
    v.looked_at("waiting")
    same(v.follow(), ["Beklemede", "Ödeme Bekleniyor", "168,90 TL"], "tracking")
    same(payments_of(vz, order), (("pending", "pending"), ["waiting"], [], 16890), "nothing is paid")
    v.order("#pay-again")
    v.bank("approve")
    same(v.back_at("/payment/return", "paid"), PAID, "a second try pays")


def complaints(vz, v):
    section("what the API refuses")
    b = v.b
    v.open()
    vz.sql.run("UPDATE products SET stock = 1 WHERE tenant_id = 1 AND slug = 'bakir-cezve'")
    v.add("bakir-cezve")
    v.click("[data-slug=bakir-cezve]")
    same(v.complained("no stock"), "Yeterli stok yok. Mevcut stok: 1", "more than there is")
    v.add("cam-bali-850-g")
    for css in ("#email", "#city"):
        b.find(css).clear()
    b.find("#email").type("x")
    v.click("#pay")
    told = v.complained("wrong fields").split("\n")
    check(told[0] == "Gönderilen bilgiler geçersiz." and [x.split(":")[0] for x in told[1:]] == ["E-posta", "Şehir"],
          "each field by its label", told)
    same(b.execute("return [document.activeElement.id, document.activeElement.ariaInvalid,"
                   " document.getElementById(document.activeElement.getAttribute('aria-describedby')).role]"),
         ["email", "true", "alert"], "the first of them has the focus")
    v.fits("complaint")
    for css, value in (("#email", "musteri@example.com"), ("#city", "İstanbul")):
        b.find(css).clear()
        b.find(css).type(value)

    vz.sql.run("UPDATE integrations SET status = 'inactive' WHERE tenant_id = 1 AND provider_type = 'kuveyt'")
    v.click("#pay")
    check("entegrasyonu bulunamadı veya aktif değil" in v.complained("no integration"), "no bank",
          v.text("#error"))
    same(v.tracked()[:2], ["Beklemede", "Ödeme Bekleniyor"], "the order is there and can be paid later")
    vz.sql.run("UPDATE integrations SET status = 'test_mode' WHERE tenant_id = 1 AND provider_type = 'kuveyt'")
    v.order("#pay-again")
    v.bank("approve")
    same(v.back_at("/payment/return", "paid"), PAID, "later")
    v.looked_at("after complaints", refused=["/api/cart/add/", "/api/orders/", "/api/payments/create/"])


def lost_answer(vz, v):
    section("an answer is lost")
    v.open()
    before = int(vz.sql.one("SELECT COUNT(*) FROM orders"))
    v.add("denizli-pestemali")
    v.b.execute(LOSE_FIRST_ORDER)
    v.click("#pay")
    same(v.complained("lost"), "Bağlantı kurulamadı. Lütfen tekrar deneyin.", "the visitor is told")
    v.order()
    v.bank("approve")
    same(v.back_at("/payment/return", "paid"), PAID, "paid")
    keys = json.loads(v.b.execute("return sessionStorage.getItem('keys')"))
    check(len(keys) == 2 and keys[0] == keys[1] and re.fullmatch(r"[0-9a-f-]{36}", keys[0]),
          "sent again with the same key", keys)
    same(int(vz.sql.one("SELECT COUNT(*) FROM orders")), before + 1, "one order")
    v.looked_at("after a loss")


def strangers(vz, v):
    section("who never used the demo shop")
    v.b.open(vz.base_url + "/payment/cancel")
    v.b.execute("sessionStorage.clear()")
    v.b.reload()
    same((v.back_at("/payment/cancel", "failed"), v.b.find("#shop").visible), ("Ödeme bulunamadı.", False),
         "no link to it")
    v.looked_at("stranger")


def main():
    with Instance() as vz, Browser(flags=[OFFLINE]) as b:
        v = Shopper(vz, b)
        files(vz)
        for part in (pay, tracking, decline, abandon, complaints, lost_answer, strangers):
            part(vz, v)
        same(int(vz.sql.one("SELECT COUNT(*) FROM ledger")),
             int(vz.sql.one("SELECT COUNT(*) FROM orders WHERE payment_status = 'paid'")), "each paid order once")
        same([x for x in vz.log_lines() if x["level"] == "error"], [], "no errors in the log")


run(main)

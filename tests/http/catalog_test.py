#!/usr/bin/env python3
"""catalog.fcgi, the public part: list, search, pages, one product, shipping methods."""

import pathlib
import re
import sys
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib.checks import check, run, same, section  # noqa: E402
from lib.instance import Instance  # noqa: E402

LIST = "/api/public/products/"
SHIPPING = "/api/shipping-methods/"
FIELDS = ["id", "name", "slug", "description", "price", "currency", "stock", "image_url"]


def refused(a, status, code, *fields):
    j = a.json or {}
    check(a.status == status and j.get("success") is False and j.get("code") == code and j.get("message")
          and sorted(j.get("errors", {})) == sorted(fields), f"{status} {code} {' '.join(fields)}", a)


def slugs(a):
    return [p["slug"] for p in a.json["products"]]


def next_page(a):
    link = a.headers.get("link")
    if link is None:
        return None
    found = re.fullmatch(r'<(/[^>]*)>; rel="next"', link)
    check(found, "the Link header", link)
    return found[1]


def all_pages(c, path):
    pages = []
    while path:
        a = c.get(path)
        pages.append(slugs(a))
        path = next_page(a)
    return pages


def listing(vz, c):
    section("list")
    a = c.get(LIST)
    same((a.status, list(a.json), a.json["success"]), (200, ["success", "products"], True), "200")
    check(len(a.json["products"]) >= 12 and "link" not in a.headers, "all of them, no next page")
    for p in a.json["products"]:
        check(list(p) == FIELDS and re.fullmatch(r"\d+\.\d\d", p["price"]) and p["currency"] == "TRY"
              and type(p["stock"]) is int and p["stock"] >= 0 and uuid.UUID(p["id"]),
              f"the documented fields: {p['slug']}", p)
    same(slugs(a), vz.sql.column("SELECT slug FROM products WHERE tenant_id = 1 AND is_active = 1"
                                 " ORDER BY created_at DESC"), "newest first")
    same(c.get(LIST.rstrip("/")).body, a.body, "without the last slash")
    same(c.request("HEAD", LIST).body, b"", "HEAD")
    rakip = vz.client("rakip.localhost").get(LIST)
    check(len(slugs(rakip)) == 3 and not {p["id"] for p in rakip.json["products"]}
          & {p["id"] for p in a.json["products"]}, "another shop has its own", rakip)
    refused(vz.client("yok.localhost").get(LIST), 404, "no_tenant")


def one(vz, c):
    section("one product")
    p = c.get(LIST).json["products"][0]
    a = c.get(f"{LIST}{p['id']}/")
    same((a.status, a.json), (200, {"success": True, "product": p}), "200, as in the list")
    same(c.get(f"{LIST}{p['id'].upper()}").json, a.json, "capital letters in the id, no last slash")
    vz.sql.run("UPDATE products SET is_active = 0, image_url = 'https://ornek.test/a.jpg' WHERE id = %s", p["id"])
    missing = c.get(f"{LIST}{p['id']}/")
    refused(missing, 404, "product_not_found")
    same(missing.json["message"], "Ürün bulunamadı.", "the text")
    check(p["slug"] not in slugs(c.get(LIST)), "what isn't sold isn't listed")
    vz.sql.run("UPDATE products SET is_active = 1 WHERE id = %s", p["id"])
    same(c.get(f"{LIST}{p['id']}/").json["product"]["image_url"], "https://ornek.test/a.jpg", "image_url")
    foreign = vz.client("rakip.localhost").get(LIST).json["products"][0]["id"]
    for wrong in (foreign, str(uuid.uuid4()), "0", "-1", "x" * 36, p["id"][:-1], p["id"] + "0",
                  p["id"].replace("-", ""), "{" + p["id"] + "}", "%27", "..%2f", "%00", "ş", "null"):
        got = c.get(LIST + urllib.parse.quote(wrong, safe="%") + "/")
        if wrong in ("..%2f", "%00"):   # not even nginx takes that for an id
            check(got.status in (400, 404) and got.json["success"] is False, f"refused: {wrong}", got)
        else:
            same((got.status, got.body), (404, missing.body), f"the same answer: {wrong}")
    refused(c.get(f"{LIST}{p['id']}/x/"), 404, "no_path")


def searching(vz, c):
    section("search")

    def found(text):
        a = c.get(LIST + "?search=" + urllib.parse.quote(text))
        return sorted(slugs(a)) if a.status == 200 else a

    same(found("kahve"), ["turk-kahvesi-250-g"], "part of the name")
    same(found("KAHVE"), ["turk-kahvesi-250-g"], "capital letters")
    same(found("turk kah"), ["turk-kahvesi-250-g"], "the collation takes ü for u")
    same(found("nakışlı"), ["keten-yastik-kilifi"], "the description")
    same(found("'"), ["cam-bali-850-g"], "an apostrophe is one")
    same(found(""), sorted(slugs(c.get(LIST))), "an empty search is none")
    for text in ("%", "_", "\\", "a%e", "' OR '1'='1", '"', "yok böyle bir şey", "%' OR 1=1 -- ", "x" * 3000):
        same(found(text), [], f"no wildcards, no SQL: {text[:20]}")
    refused(c.get(LIST + "?search=%ff"), 400, "bad_request")
    refused(c.get(LIST + "?search=%zz"), 400, "bad_request")
    refused(c.get(LIST + "?search=a&search=b"), 400, "bad_request")
    same(c.get(LIST + "?unknown=1").status, 200, "unknown parameters are ignored")


def pages(vz, c):
    section("pages")
    vz.sql.run("INSERT INTO products (tenant_id, id, name, slug, price, stock, tax_rate, created_at, updated_at)"
               " SELECT 1, UUID(), CONCAT('Eş ', seq), CONCAT('es-', seq), 100, 1, 1000,"
               " '2020-01-01 00:00:00.000001', UTC_TIMESTAMP(6) FROM seq_1_to_7")
    whole = slugs(c.get(LIST))
    same(len([s for s in whole if s.startswith("es-")]), 7, "seven of the same moment")
    for limit in (1, 2, 3, 5, len(whole) - 1, len(whole), 200):
        got = all_pages(c, f"{LIST}?limit={limit}")
        same(sum(got, []), whole, f"limit={limit}: each once, in the same order")
        check(all(len(p) == limit for p in got[:-1]) and 1 <= len(got[-1]) <= limit, "full pages", got)
    got = all_pages(c, f"{LIST}?limit=2&search=e%C5%9F%20")
    same(len(sum(got, [])), 7, "the next page keeps the search")
    first = c.get(f"{LIST}?limit=3")
    vz.sql.run("UPDATE products SET is_active = 0 WHERE tenant_id = 1 AND slug = %s", slugs(first)[-1])
    same(slugs(c.get(next_page(first))), whole[3:6], "also when the page's last row has gone meanwhile")
    vz.sql.run("UPDATE products SET is_active = 1 WHERE tenant_id = 1")
    rakip = slugs(vz.client("rakip.localhost").get(next_page(first)))
    check(set(rakip) <= {"turk-kahvesi-250-g", "emaye-caydanlik", "pamuklu-havlu"},
          "another shop's cursor shows one's own products only", rakip)
    for limit in ("0", "-1", "201", "abc", "", "1.5", "9" * 30, "+5", " 5"):
        refused(c.get(f"{LIST}?limit={urllib.parse.quote(limit)}"), 400, "bad_input", "limit")
    good = urllib.parse.parse_qs(urllib.parse.urlsplit(next_page(first)).query)["cursor"][0]
    for cursor in ("", "x", "1", "1_", "_" + str(uuid.uuid4()), good[:-1], good + "0", good.replace("_", "-"),
                   "0_" + str(uuid.uuid4()), "-" + good, "9" * 18 + "_" + str(uuid.uuid4())):
        refused(c.get(f"{LIST}?cursor={urllib.parse.quote(cursor)}"), 400, "bad_cursor")
    vz.sql.run("DELETE FROM products WHERE slug LIKE 'es-%'")


def default_limit(vz, c):
    vz.sql.run("INSERT INTO products (tenant_id, id, name, slug, price, stock, tax_rate, created_at, updated_at)"
               " SELECT 1, UUID(), 'Çok', CONCAT('cok-', seq), 100, 1, 1000, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)"
               " FROM seq_1_to_250")
    same(len(slugs(c.get(LIST))), 50, "50 without a limit")
    a = c.get(f"{LIST}?limit=200")
    same((len(slugs(a)), bool(next_page(a))), (200, True), "200 at most")
    vz.sql.run("DELETE FROM products WHERE slug LIKE 'cok-%'")


def shipping(vz, c):
    section("shipping methods")
    a = c.get(SHIPPING)
    same((a.status, list(a.json), a.json["success"]), (200, ["success", "shipping_methods"], True), "200")
    methods = a.json["shipping_methods"]
    for m in methods:
        check(list(m) == ["id", "name", "code", "price", "free_shipping_threshold", "is_active"]
              and uuid.UUID(m["id"]) and m["is_active"] is True, f"the fields: {m['code']}", m)
    same([(m["name"], m["code"], m["price"], m["free_shipping_threshold"]) for m in methods],
         [("Standart Kargo", "standart", "49.90", "750.00"), ("Hızlı Kargo", "hizli", "99.90", None)],
         "cheapest first; null: never free")
    same(c.get(SHIPPING.rstrip("/")).body, a.body, "without the last slash")
    same(c.request("HEAD", SHIPPING).body, b"", "HEAD")
    same(c.get(SHIPPING + "?limit=0&cursor=x").body, a.body, "parameters are ignored")
    rakip = vz.client("rakip.localhost").get(SHIPPING).json["shipping_methods"]
    same([(m["code"], m["price"], m["free_shipping_threshold"]) for m in rakip],
         [("magaza", "0.00", None), ("kargo", "59.00", "1000.00")], "another shop has its own")
    check(not {m["id"] for m in rakip} & {m["id"] for m in methods}, "with ids of their own")
    refused(vz.client("yok.localhost").get(SHIPPING), 404, "no_tenant")
    vz.sql.run("UPDATE shipping_methods SET is_active = 0 WHERE id = %s", methods[0]["id"])
    same([m["code"] for m in c.get(SHIPPING).json["shipping_methods"]], ["hizli"], "an inactive one is hidden")
    vz.sql.run("UPDATE shipping_methods SET is_active = 0 WHERE tenant_id = 1")
    same(c.get(SHIPPING).json, {"success": True, "shipping_methods": []}, "none at all")
    vz.sql.run("UPDATE shipping_methods SET is_active = 1, free_shipping_threshold = 0 WHERE tenant_id = 1")
    same({m["free_shipping_threshold"] for m in c.get(SHIPPING).json["shipping_methods"]}, {"0.00"},
         "always free is 0.00, not null")
    vz.sql.run("UPDATE shipping_methods SET free_shipping_threshold = IF(code = 'standart', 75000, NULL)"
               " WHERE tenant_id = 1")
    same(c.get(SHIPPING).body, a.body, "as before")


def methods_and_cost(vz, c):
    section("methods, sessions, cost")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in (LIST, LIST + str(uuid.uuid4()) + "/", SHIPPING):
            a = c.request(method, path)
            refused(a, 405, "method_not_allowed")
            same(a.headers.get("allow"), "GET", "Allow")
    owner = vz.login("owner")
    for client in (c, owner, vz.client(cookies={"vezne_session": "x"})):
        client.get(LIST)   # each worker knows its tenant by then
        client.get(LIST)
        a = client.get(LIST)
        line = next(l for l in vz.log_lines() if l.get("request") == a.headers["x-request-id"])
        check(a.status == 200 and line["stmts"] <= 2, "a look costs the list, no session", line)
        check(not a.set_cookies, "and makes none")
    for _ in range(3):
        check(not c.get(SHIPPING).set_cookies, "shipping methods need no session either")
    for path in (LIST, SHIPPING):
        counts = [l["stmts"] for l in vz.log_lines()
                  if l.get("route") == path and l.get("status") == 200 and l["program"] == "catalog"]
        check(min(counts) == 1 and sorted(counts)[len(counts) // 2] == 1, f"one statement: {path}", counts)
    same([l for l in vz.log_lines() if l["level"] == "error"], [], "no errors in the log")


def main():
    with Instance() as vz:
        c = vz.client()
        listing(vz, c)
        one(vz, c)
        searching(vz, c)
        pages(vz, c)
        default_limit(vz, c)
        shipping(vz, c)
        methods_and_cost(vz, c)


run(main)

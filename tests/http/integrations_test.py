#!/usr/bin/env python3
"""/api/integrations/ from outside: every documented answer, secrets, endpoints, roles, the test call."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib.checks import check, run, same, section
from lib.client import Client
from lib.instance import Instance

FIELDS = {"id", "provider_type", "name", "description", "status", "status_display", "api_endpoint",
          "test_endpoint", "config", "api_key_set", "api_key_last4", "api_secret_set",
          "last_used_at", "last_error", "created_at"}
PATH = "/api/integrations/"
NOBODY = "00000000-0000-7000-8000-000000000000"
SECRETS = ["gizli-anahtar-0001-LAST", "gizli-parola-0002-TAIL", "gizli-anahtar-0003-NEXT",
           "test-api-secret", "production-api-secret"]
KEY, SECRET, NEXT_KEY = SECRETS[:3]
DOCUMENTED = {
    "provider_type": "kuveyt", "name": "Kuveyt API - Belge", "description": "Test ortamı için",
    "status": "test_mode", "api_key": "test-api-key", "api_secret": "test-api-secret",
    "api_endpoint": "https://api.kuveyt.com/payment",
    "test_endpoint": "https://test-api.kuveyt.com/payment",
    "config": {"return_url": "https://yoursite.com/payment/return",
               "cancel_url": "https://yoursite.com/payment/cancel"}}

# What a tenant must not make us call, or what is no endpoint at all.
REFUSED = [
    "http://pay.example.com/payment", "https://127.0.0.1/", "https://localhost/", "https://0/",
    "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://[::1]/",
    "https://[::ffff:127.0.0.1]/", "https://10.1.2.3/", "https://172.16.0.1/",
    "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/",
    "https://pay.example.com:8443/", "https://pay.example.com:22/", "https://user:x@example.com/",
    "https://pay.example.com/?next=1", "https://pay.example.com/#x", "ftp://pay.example.com/",
    "file:///etc/passwd", "gopher://pay.example.com/", "javascript:alert(1)", "intranet", "https://",
    "https://db/", "https://pay.example.com\\@127.0.0.1/", "https://ödeme.example.com/", " ", "//x"]


class Api:
    """A client whose answers are all kept, to be searched for secrets."""

    bodies = []

    def __init__(self, client, **headers):
        self.client, self.headers = client, headers

    def __call__(self, method, path="", body=None, **more):
        answer = self.client.request(method, PATH + path, json_body=body,
                                     headers={**self.headers, **more.pop("headers", {})}, **more)
        Api.bodies.append(answer.text)
        return answer

    def make(self, name, **fields):
        answer = self("POST", body={"provider_type": "kuveyt", "name": name, **fields})
        if answer.status != 201:
            raise RuntimeError(f"{name}: {answer}")
        return answer.json["integration"]


def refused(answer, status, code, message, text):
    got = answer.json or {}
    same((answer.status, got.get("success"), got.get("code"), got.get("message")),
         (status, False, code, message), text)


def wrong_field(answer, field, text, message=None):
    errors = (answer.json or {}).get("errors") or {}
    if check(answer.status == 400 and answer.json["code"] == "bad_input" and field in errors,
             text, answer) and message:
        same(errors[field], message, f"{text}: words")


def documented(api, english):
    section("the documents' calls")
    answer = api("POST", body=DOCUMENTED)
    same(answer.status, 201, "create")
    same(answer.json["message"], "Entegrasyon oluşturuldu.", "its message")
    made = answer.json["integration"]
    same(set(made), FIELDS, "fields of an integration")
    same(set(answer.json), {"success", "message", "integration"}, "fields of the answer")
    wanted = {**DOCUMENTED, "status_display": "Test Modu", "api_key_set": True,
              "api_key_last4": "-key", "api_secret_set": True, "last_used_at": None,
              "last_error": None}
    for secret in ("api_key", "api_secret"):
        del wanted[secret]
    same({k: made[k] for k in wanted}, wanted, "values of an integration")

    answer = api("GET", made["id"] + "/")
    same((answer.status, answer.json), (200, {"success": True, "integration": made}), "read")
    same(api("GET", made["id"]).json, answer.json, "without the last slash")
    same(english("GET", made["id"]).json["integration"]["status_display"], "Test mode", "in English")
    answer = api("GET")
    same(set(answer.json), {"success", "integrations"}, "list")
    same(answer.json["integrations"][0], made, "the newest comes first")

    answer = api("PATCH", made["id"] + "/", {"status": "active", "api_key": "production-api-key",
                                             "api_secret": "production-api-secret"})
    same((answer.status, answer.json["message"]), (200, "Entegrasyon güncellendi."), "go live")
    got = answer.json["integration"]
    same((got["status"], got["status_display"], got["api_key_last4"]), ("active", "Aktif", "-key"),
         "active")
    same({k: v for k, v in got.items() if not k.startswith("status")},
         {k: v for k, v in made.items() if not k.startswith("status")}, "nothing else moved")

    answer = api("DELETE", made["id"] + "/")
    same((answer.status, answer.json), (200, {"success": True, "message": "Entegrasyon silindi."}),
         "delete")
    for method, path in [("GET", "/"), ("PATCH", "/"), ("DELETE", "/"), ("POST", "/test/")]:
        refused(api(method, made["id"] + path, {} if method == "PATCH" else None), 404,
                "integration_not_found", "Entegrasyon bulunamadı.", f"{method} when deleted")
    check(made["id"] not in [i["id"] for i in api("GET").json["integrations"]], "not in the list")
    same(api("POST", body=DOCUMENTED).status, 201, "the name is free again")
    refused(api("POST", body=DOCUMENTED), 400, "integration_exists",
            "Bu isimde bir entegrasyon zaten var.", "a name twice")


def fields(api):
    section("fields")
    wrong_field(api("POST", body={}), "name", "name is needed", "Bu alan zorunludur.")
    wrong_field(api("POST", body={"name": "x"}), "provider_type", "provider_type is needed")
    wrong_field(api("POST", body={"name": "x", "provider_type": "iyzico"}), "provider_type",
                "unknown provider type", "Bilinmeyen sağlayıcı türü.")
    paytr = {"name": "PayTR", "provider_type": "paytr"}
    wrong_field(api("POST", body={**paytr, "status": "test_mode"}), "test_endpoint",
                "test mode needs its endpoint", "Test modu için test endpoint gereklidir.")
    wrong_field(api("POST", body={**paytr, "status": "active", "api_key": KEY}), "api_endpoint",
                "active needs its endpoint")
    wrong_field(api("POST", body={**paytr, "status": "active",
                                  "api_endpoint": "https://www.paytr.com"}),
                "api_key", "active needs its key")
    for field, value in [("name", ""), ("name", "x" * 256), ("name", 7), ("status", "live"),
                         ("status", 1), ("description", "x" * 1001), ("description", []),
                         ("api_key", "x" * 501), ("api_key", 7), ("api_key", "iki kelime"),
                         ("api_key", "türkçe-anahtar"), ("api_secret", {}), ("api_secret", "a\nb"),
                         ("config", "{}"), ("config", []), ("config", 7),
                         ("config", {"x": "y" * 4096}), ("api_endpoint", ""), ("api_endpoint", 7)]:
        wrong_field(api("POST", body={**paytr, field: value}), field, f"{field} {str(value)[:20]!r}")
    for field in ("return_url", "cancel_url"):
        for value in (7, "javascript:alert(1)", "http://yoursite.com/", "/payment", ""):
            wrong_field(api("POST", body={**paytr, "config": {field: value}}), f"config.{field}",
                        f"{field} {value!r}")

    made = api.make("Alanlar", id=NOBODY, tenant_id=2, created_at="2001-01-01T00:00:00Z",
                    is_kept=None, credential_id=NOBODY, last_error="x", api_key_set=True, unknown=1,
                    config={"n": 12.50, "deep": {"list": [1, "ş", None, True]}})
    check(made["id"] != NOBODY and not made["created_at"].startswith("2001"), "own ids and times")
    same((made["status"], made["status_display"], made["api_key_set"], made["last_error"]),
         ("inactive", "Pasif", False, None), "nothing is set from outside")
    same(made["config"], {"n": 12.5, "deep": {"list": [1, "ş", None, True]}}, "config as given")
    path = made["id"] + "/"
    api("PATCH", path, {"description": "Açıklama", "test_endpoint": "https://t.example.com/p/"})
    got = api("PATCH", path, {"name": None, "config": None}).json["integration"]
    same((got["name"], got["description"], got["test_endpoint"], got["config"]),
         ("Alanlar", "Açıklama", "https://t.example.com/p", made["config"]), "null changes nothing")
    got = api("PATCH", path, {"description": None, "config": {}}).json["integration"]
    same((got["description"], got["config"]), ("", {}), "null empties the description")
    same(api("PATCH", path, {}).status, 200, "an empty PATCH")
    refused(api("GET", "not-an-id/"), 404, "integration_not_found", "Entegrasyon bulunamadı.",
            "a malformed id")
    refused(api("GET", NOBODY), 404, "integration_not_found", "Entegrasyon bulunamadı.", "unknown")
    same(api("PUT", path, {}).status, 405, "PUT")


def endpoints(api):
    section("endpoints")
    for url in REFUSED:
        for field in ("api_endpoint", "test_endpoint"):
            wrong_field(api("POST", body={"provider_type": "kuveyt", "name": "Kötü", field: url}),
                        field, f"{field} {url}")
    made = api.make("Adres", api_key=KEY, api_secret=SECRET, status="test_mode",
                    api_endpoint="HTTPS://Pay.Example.COM:443/a/", test_endpoint="https://t.example.com")
    same(made["api_endpoint"], "https://pay.example.com/a", "canonical form")
    path = made["id"] + "/"
    words = "Adres değişince api_key yeniden girilmelidir."
    for change in ({"test_endpoint": "https://evil.example.com"},
                   {"api_endpoint": "https://evil.example.com"},
                   {"api_endpoint": "https://evil.example.com", "api_secret": "x"},
                   {"api_endpoint": "https://evil.example.com", "api_key": ""}):
        refused(api("PATCH", path, change), 400, "secret_required", words, f"PATCH {change}")
    got = api("PATCH", path, {"api_endpoint": "https://pay.example.com:443/a"})
    same(got.status, 200, "the same address in other letters")
    got = api("PATCH", path, {"api_endpoint": "https://new.example.com", "api_key": NEXT_KEY})
    same((got.status, got.json["integration"]["api_endpoint"],
          got.json["integration"]["api_secret_set"]), (200, "https://new.example.com", False),
         "with the key; a secret that isn't given again stays behind")


def secrets(vz, api):
    section("secrets")
    made = api.make("Sırlar", api_key=KEY, api_secret=SECRET)
    path = made["id"] + "/"
    same((made["api_key_last4"], made["api_secret_set"]), ("LAST", True), "the last four")
    rows = "SELECT count(*) FROM credentials WHERE integration_id = %s"
    same(vz.sql.one(rows, made["id"]), "1", "one credential")
    api("PATCH", path, {"name": "Sırlar 2", "api_key": "", "api_secret": None})
    same(vz.sql.one(rows, made["id"]), "1", "no new one without a new secret")
    got = api("PATCH", path, {"api_key": NEXT_KEY}).json["integration"]
    same((got["api_key_last4"], got["api_secret_set"]), ("NEXT", True), "a new key")
    same(vz.sql.one(rows, made["id"]), "2", "is a new row")
    same(api("PATCH", path, {"api_key": "1234567"}).json["integration"]["api_key_last4"], None,
         "a short key shows nothing")


def roles(vz, api):
    section("roles")
    mine = api.make("Bizim")["id"]
    calls = [("GET", "", None), ("POST", "", {"name": "x", "provider_type": "kuveyt"}),
             ("GET", "type/kuveyt/", None), ("GET", f"{mine}/", None), ("PATCH", f"{mine}/", {}),
             ("DELETE", f"{mine}/", None), ("POST", f"{mine}/test/", None)]
    guest, customer, agency = (Api(c) for c in (vz.client(), vz.login("customer"),
                                                vz.login("agency")))
    rival = Api(vz.login("owner", tenant="rakip"))
    for method, path, body in calls:
        what = f"{method} {path.replace(mine, ':id')}"
        same(guest(method, path, body).status, 401, f"guest: {what}")
        for who in (customer, agency):
            refused(who(method, path, body), 403, "forbidden", "Bu işlem için yetkiniz yok.",
                    f"customer, agency: {what}")
        if mine in path:
            refused(rival(method, path, body), 404, "integration_not_found",
                    "Entegrasyon bulunamadı.", f"another tenant: {what}")
    same(rival("GET").json["integrations"], [], "another tenant's list")
    same(rival("POST", body={"name": "Bizim", "provider_type": "kuveyt"}).status, 201,
         "each tenant has its own names")
    same(Api(vz.login("admin"))("GET", f"{mine}/").status, 200, "admin")
    cross = Api(api.client, Origin="https://evil.example.com")
    refused(cross("PATCH", f"{mine}/", {"name": "x"}), 403, "cross_site",
            "İstek başka bir siteden geliyor.", "from another site")


def lists(api):
    section("lists")
    for i in range(5):
        api.make(f"Liste {i}")
    everything = [i["id"] for i in api("GET", "?limit=200").json["integrations"]]
    seen, path = [], "?limit=3"
    while path:
        answer = api("GET", path)
        seen += [i["id"] for i in answer.json["integrations"]]
        link = answer.headers.get("link", "")
        path = link[1:link.index(">")].removeprefix(PATH) if link else None
    same(seen, everything, "page by page")
    for query, wanted in [("status=test_mode", "test_mode"), ("status=inactive", "inactive")]:
        got = api("GET", f"?{query}&limit=200").json["integrations"]
        same({i["status"] for i in got}, {wanted}, query)
    same(len(api("GET", "?provider_type=kuwait&limit=200").json["integrations"]),
         len(api("GET", "?provider_type=kuveyt&limit=200").json["integrations"]), "old spelling")
    for query in ("provider_type=paytr", "provider_type=x", "status=x", "status=%C5%9F"):
        same(api("GET", "?" + query).json["integrations"], [], query)
    refused(api("GET", "?cursor=x"), 400, "bad_cursor", "Geçersiz cursor.", "a bad cursor")


def by_type(vz, api):
    section("by type")
    for other in api("GET", "?limit=200").json["integrations"]:
        api("PATCH", other["id"], {"status": "inactive"})
    for kind in ("kuveyt", "paytr", "iyzico", "ş%3Cb%3E".replace("ş", "%C5%9F")):
        shown = {"%C5%9F%3Cb%3E": "ş<b>"}.get(kind, kind)
        refused(api("GET", f"type/{kind}/"), 404, "integration_type_not_found",
                f"{shown} entegrasyonu bulunamadı veya aktif değil.", f"none of {shown}")
    base = vz.sandbox_url + "/kuveyt"
    both = {"api_key": "test-api-key", "api_endpoint": base + "/live/payment",
            "test_endpoint": base + "/payment"}
    test = api.make("Tür test", status="test_mode", **both)
    same(api("GET", "type/kuveyt/").json, {"success": True, "integration": test}, "in test mode")
    live = api.make("Tür canlı", status="active", **both)
    api.make("Tür test 2", status="test_mode", **both)
    same(api("GET", "type/kuwait/").json["integration"]["id"], live["id"], "active before test mode")


def calls(vz):
    """What the sandbox was asked so far."""
    with Client(vz.sandbox_url) as c:
        return [x for x in c.get("/_calls").json["calls"] if x["provider"] == "kuveyt"]


def provider_call(vz, api, english):
    section("the test call")
    base = vz.sandbox_url + "/kuveyt"
    made = api.make("Sandbox", status="test_mode", api_key="test-api-key", api_secret=SECRET,
                    api_endpoint=base + "/live/payment", test_endpoint=base + "/payment")
    path, test = made["id"] + "/", made["id"] + "/test/"
    before = len(calls(vz))
    answer = api("POST", test)
    same((answer.status, answer.json), (200, {"success": True, "test_result": {
        "success": True, "message": "Kuveyt API bağlantısı test edildi.",
        "endpoint": base + "/payment", "test_mode": True}}), "test mode")
    new = calls(vz)[before:]
    same([(c["call"], c["mode"]) for c in new], [("verify", "test")], "one real call, moves nothing")
    check(api("GET", path).json["integration"]["last_used_at"] is not None, "last_used_at is set")

    failing = [({"do": "http_401"}, "API anahtarı kabul edilmedi."),
               ({"do": "http_500"}, "Sunucu hata bildirdi."),
               ({"do": "html"}, "Sunucunun yanıtı anlaşılamadı."),
               ({"do": "http_302"}, "Sunucunun yanıtı anlaşılamadı."),
               ({"do": "bad_json"}, "Sunucunun yanıtı anlaşılamadı."),
               ({"do": "big"}, "Sunucunun yanıtı anlaşılamadı."),
               ({"do": "delay", "seconds": 5.0}, "Sunucu zamanında yanıt vermedi.")]
    for fault, words in failing:
        vz.control(provider="kuveyt", call="verify", **fault)
        refused(api("POST", test), 400, "integration_test_failed", f"Test başarısız: {words}",
                fault["do"])
        same(api("GET", path).json["integration"]["last_error"], words, f"{fault['do']} is kept")
        vz.control(clear=True)
    vz.control(provider="kuveyt", call="verify", do="http_401")
    same(english("POST", test).json["message"], "The test failed: The API key was not accepted.",
         "in English")
    same(api("POST", test).status, 200, "well again")
    same(api("GET", path).json["integration"]["last_error"], None, "which clears the error")

    got = api("PATCH", path, {"status": "active"}).json["integration"]
    same(got["status"], "active", "from test mode to active")
    refused(api("POST", test), 400, "integration_test_failed",
            "Test başarısız: API anahtarı kabul edilmedi.", "the test key at the live address")
    api("PATCH", path, {"api_key": "production-api-key"})
    answer = api("POST", test)
    same((answer.status, (answer.json.get("test_result") or {}).get("test_mode"),
          (answer.json.get("test_result") or {}).get("endpoint")),
         (200, False, base + "/live/payment"), "live mode")
    same(calls(vz)[-1]["mode"], "live", "went to the live address")


def no_provider_call(vz, api):
    section("tests that can't be made")
    for fields, words in [
            ({"test_endpoint": "https://no-such-host.invalid"}, "Sunucuya ulaşılamadı."),
            ({"test_endpoint": vz.sandbox_url, "config": {"driver": "secure_payment"}},
             "Bu sağlayıcının testi henüz desteklenmiyor."),
            ({"provider_type": "paytr", "test_endpoint": "https://www.paytr.com"},
             "Bu sağlayıcının testi henüz desteklenmiyor.")]:
        made = api.make(f"Olmaz {fields['test_endpoint']} {len(fields)}", api_key=KEY, **fields)
        refused(api("POST", made["id"] + "/test/"), 400, "integration_test_failed",
                f"Test başarısız: {words}", str(fields))
    made = api.make("Anahtarsız", test_endpoint=vz.sandbox_url)
    refused(api("POST", made["id"] + "/test/"), 400, "integration_test_failed",
            "Test başarısız: api_key girilmemiş.", "no key")
    vz.tool("down", "sandbox")
    made = api.make("Kapalı", api_key=KEY, test_endpoint=vz.sandbox_url + "/kuveyt/payment")
    refused(api("POST", made["id"] + "/test/"), 400, "integration_test_failed",
            "Test başarısız: Sunucuya ulaşılamadı.", "sandbox down")
    vz.tool("up", "sandbox")


def nothing_leaks(vz):
    section("secrets stay inside")
    check(len(Api.bodies) > 100, "answers were kept", len(Api.bodies))
    tables = vz.sql.column("SHOW TABLES")
    rows = "".join(str(vz.sql.rows(f"SELECT * FROM `{t}`")) for t in tables)
    files = b"".join(p.read_bytes() for p in sorted((vz.run / "db").rglob("*"))
                     if p.suffix == ".ibd" or p.name.startswith("ib_logfile"))
    logs = b"".join(p.read_bytes() for p in sorted((vz.run / "log").glob("*")) if p.is_file())
    check("Sırlar 2" in rows and "Sırlar 2".encode() in files, "a name would be found")
    check(b"/api/integrations/" in logs, "a path would be found")
    for secret in SECRETS:
        check(not any(secret in body for body in Api.bodies), f"{secret[:9]}… in no answer")
        check(secret not in rows, f"{secret[:9]}… in no row")
        check(secret.encode() not in files, f"{secret[:9]}… in no file of the database")
        check(secret.encode() not in logs, f"{secret[:9]}… in no log")


def main():
    # Default endpoints are off, or a missing one would never be missed.
    with Instance(workers=1, settings={"provider_timeout_s": 2, "kuveyt_test_url": ""}) as vz:
        owner = vz.login("owner")
        api, english = Api(owner), Api(owner, **{"Accept-Language": "en"})
        documented(api, english)
        fields(api)
        endpoints(api)
        secrets(vz, api)
        roles(vz, api)
        lists(api)
        by_type(vz, api)
        provider_call(vz, api, english)
        no_provider_call(vz, api)
        nothing_leaks(vz)


run(main)

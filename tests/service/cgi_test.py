#!/usr/bin/env python3
"""Plain CGI: the programs that nginx calls over FastCGI, run once for one request each, unchanged."""

import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from lib.checks import check, run, same  # noqa: E402
from lib.instance import Instance  # noqa: E402


class Cgi:
    def __init__(self, vz):
        self.vz = vz
        self.cookie = ""

    def ask(self, program, method, path, body=b"", **more):
        env = {"PATH": os.environ["PATH"], "VEZNE_CONF": str(self.vz.demo["conf"]),
               "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": method, "SCRIPT_NAME": "",
               "PATH_INFO": path, "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1",
               "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1", "HTTP_COOKIE": self.cookie}
        if body:
            env.update(CONTENT_TYPE="application/json", CONTENT_LENGTH=str(len(body)))
        env.update(more)
        done = subprocess.run([pathlib.Path(self.vz.demo["build"]) / "cgi-bin" / f"{program}.fcgi"],
                              input=body, env=env, capture_output=True, timeout=20)
        same(done.returncode, 0, f"{method} {path}: the program is content")
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return int(headers["Status"].split()[0]), headers, body


def main():
    with Instance(workers=1) as vz:
        cgi = Cgi(vz)
        status, headers, body = cgi.ask("catalog", "GET", "/api/public/products/")
        same(status, 200, "products")
        same(int(headers["Content-Length"]), len(body), "its length")
        product = json.loads(body)["products"][0]["id"]
        whole = vz.client().request("GET", "/api/public/products/").body
        same(body, whole, "the same bytes as over FastCGI")

        wanted = json.dumps({"product_id": product, "quantity": 1}).encode()
        status, headers, body = cgi.ask("cart", "POST", "/api/cart/add/", wanted)
        same(status, 200, "a body is read")
        cgi.cookie = headers["Set-Cookie"].split(";")[0]
        status, _, body = cgi.ask("cart", "GET", "/api/cart/")
        same((status, json.loads(body)["cart"]["item_count"]), (200, 1), "the cookie is known")

        status, _, body = cgi.ask("cart", "POST", "/api/cart/add/", wanted, CONTENT_LENGTH="500")
        same((status, json.loads(body)["code"]), (400, "body_cut"), "a body that ends too early")
        status, _, body = cgi.ask("cart", "POST", "/api/cart/add/", b"x", CONTENT_LENGTH="70000")
        same((status, json.loads(body)["code"]), (413, "too_large"), "a body that is too long")
        status, _, body = cgi.ask("orders", "GET", "/api/nothing/")
        same((status, json.loads(body)["code"]), (404, "no_path"), "no such path")
        status, headers, body = cgi.ask("cart", "HEAD", "/api/cart/")
        same((status, body), (200, b""), "HEAD has no body")
        check(int(headers["Content-Length"]) > 0, "but its length")


run(main)

"""A small HTTP client: one kept connection, its own cookies, JSON in and out, raw bytes when asked.

    c = Client("http://127.0.0.1:8080", host="rakip.localhost")
    a = c.post("/api/auth/login/", {"email": ..., "password": ...})
    a.status, a.headers["x-request-id"], a.json["user"]
"""

import http.client
import json
import socket
import time
import urllib.parse


class Answer:
    """status, reason, headers (names in small letters; values of a repeated one joined by ", "),
    set_cookies (list), body (bytes), text, json (None when it isn't), seconds."""

    def __init__(self, status, reason, headers, body, seconds):
        self.status, self.reason, self.body, self.seconds = status, reason, body, seconds
        self.headers = {}
        self.set_cookies = []
        for name, value in headers:
            name = name.lower()
            if name == "set-cookie":
                self.set_cookies.append(value)
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def __repr__(self):
        return f"{self.status} {self.text[:1500]}"


class Client:
    def __init__(self, base_url, host=None, cookies=None, headers=None, timeout=60, keep=True):
        """host: what Host says instead of the address; headers: sent with each request."""
        url = urllib.parse.urlsplit(base_url)
        self.address = (url.hostname, url.port or 80)
        self.prefix = url.path.rstrip("/")
        self.host = f"{host}:{self.address[1]}" if host and ":" not in host else host or url.netloc
        self.cookies = dict(cookies or {})
        self.headers = dict(headers or {})
        self.timeout, self.keep = timeout, keep
        self.connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def request(self, method, path, body=None, *, json_body=None, form=None, headers=None):
        """body: bytes or text as it is; json_body: any value; form: dict. A header that is None is
        left out, the usual ones too ("Content-Type": None)."""
        send = {"Host": self.host}
        if json_body is not None:
            body = json.dumps(json_body, ensure_ascii=False)
            send["Content-Type"] = "application/json"
        elif form is not None:
            body = urllib.parse.urlencode(form)
            send["Content-Type"] = "application/x-www-form-urlencoded"
        if isinstance(body, str):
            body = body.encode()
        if self.cookies:
            send["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        send.update(self.headers)
        send.update(headers or {})
        if body is not None or method in ("POST", "PUT", "PATCH"):
            send.setdefault("Content-Length", str(len(body or b"")))
        if not self.keep:
            send["Connection"] = "close"
        answer = self._exchange(method, self.prefix + path, body, send)
        for cookie in answer.set_cookies:
            self._take(cookie)
        return answer

    def _exchange(self, method, path, body, headers):
        kept = self.connection is not None
        started = time.monotonic()
        try:
            if not kept:
                self.connection = http.client.HTTPConnection(*self.address, timeout=self.timeout)
                self.connection.connect()
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            c = self.connection
            c.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if value is not None:
                    c.putheader(name, value)
            c.endheaders(body)
            r = c.getresponse()
            answer = Answer(r.status, r.reason, r.getheaders(), r.read(), time.monotonic() - started)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if kept and method in ("GET", "HEAD"):   # the server let the kept connection go
                return self._exchange(method, path, body, headers)
            raise
        except BaseException:
            self.close()
            raise
        if r.will_close or not self.keep:
            self.close()
        return answer

    def _take(self, cookie):
        pair, *attributes = cookie.split(";")
        name, _, value = pair.strip().partition("=")
        gone = any(a.strip().lower() in ("max-age=0", "max-age=-1") for a in attributes)
        if gone or not value:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, json_body=None, **more):
        return self.request("POST", path, json_body=json_body, **more)

    def patch(self, path, json_body=None, **more):
        return self.request("PATCH", path, json_body=json_body, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)


def raw(base_url, data, timeout=15, half_close=False, pieces=None):
    """Sends bytes as they are on a connection of their own and returns all that comes back until the
    server closes (say Connection: close) or the time is up. pieces: (bytes, pause before) more."""
    url = urllib.parse.urlsplit(base_url)
    got = b""
    with socket.create_connection((url.hostname, url.port or 80), timeout=timeout) as s:
        try:
            s.sendall(data)
            for piece, pause in pieces or ():
                time.sleep(pause)
                s.sendall(piece)
            if half_close:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass   # the server may have answered and closed before all was sent
        try:
            while piece := s.recv(65536):
                got += piece
        except OSError:
            pass
    return got


def parse(data):
    """The first answer in bytes from raw(): an Answer, None when there is none."""
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    lines = head.decode("latin-1").split("\r\n")
    _, status, *reason = lines[0].split(" ", 2)
    headers = [tuple(x.strip() for x in line.split(":", 1)) for line in lines[1:] if ":" in line]
    names = {n.lower(): v for n, v in headers}
    if names.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            n = int(size.split(b";")[0] or b"0", 16)
            if n == 0:
                break
            body, rest = body + rest[:n], rest[n + 2:]
    else:
        body = rest[:int(names["content-length"])] if "content-length" in names else rest
    return Answer(int(status), reason[0] if reason else "", headers, body, 0)

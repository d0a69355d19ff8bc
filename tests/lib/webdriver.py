"""Drives headless Chromium through chromedriver by the W3C WebDriver protocol.

    with Browser() as b:
        b.open("http://127.0.0.1:8080/checkout")
        b.find("button[name=approve]").click()
        b.wait(lambda: "/order/success" in b.current_url)
"""

import base64
import http.client
import json
import shutil
import subprocess
import tempfile
import time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--disable-extensions", "--disable-default-apps",
         "--no-default-browser-check", "--no-proxy-server", "--lang=tr"]


class BrowserError(Exception):
    """`code` is WebDriver's own word for it, "no such element" for example."""

    def __init__(self, code, text):
        super().__init__(f"{code}: {text.splitlines()[0] if text else ''}")
        self.code = code


class Element:
    def __init__(self, browser, id):
        self.browser, self.id = browser, id

    def _call(self, method, path, body=None):
        return self.browser.call(method, f"/element/{self.id}{path}", body)

    def click(self):
        self._call("POST", "/click", {})

    def type(self, text):
        self._call("POST", "/value", {"text": text})

    def clear(self):
        self._call("POST", "/clear", {})

    @property
    def text(self):
        return self._call("GET", "/text")

    @property
    def visible(self):
        return self._call("GET", "/displayed")

    def attribute(self, name):
        return self._call("GET", f"/attribute/{name}")

    def property(self, name):
        return self._call("GET", f"/property/{name}")


class Browser:
    def __init__(self, flags=(), width=1280, height=900, phone=False, timeout=15):
        """phone: a small screen with touch."""
        self.flags = [*FLAGS, f"--window-size={width},{height}", *flags]
        self.phone, self.timeout = phone, timeout
        self.session = None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="vezne-browser-")
        driver = shutil.which("chromedriver") or "/usr/bin/chromedriver"
        self.driver = subprocess.Popen([driver, "--port=0"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            self.port = self._port()
            options = {"args": [*self.flags, f"--user-data-dir={self.folder}/profile"]}
            chromium = shutil.which("chromium")
            if chromium:
                options["binary"] = chromium
            if self.phone:
                options["mobileEmulation"] = {
                    "deviceMetrics": {"width": 390, "height": 844, "pixelRatio": 3.0, "touch": True}}
            made = self._http("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL"},
                "timeouts": {"implicit": 0, "pageLoad": 30000, "script": 15000}}}})
            self.session = made["sessionId"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def _port(self):
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                return int(line.rstrip(".\n ").rsplit(" ", 1)[1])
        raise BrowserError("chromedriver", "did not start")

    def __exit__(self, *_):
        if self.session:
            try:
                self._http("DELETE", f"/session/{self.session}")
            except (OSError, BrowserError, http.client.HTTPException):
                pass
        self.driver.terminate()
        self.driver.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _http(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            data = None if body is None else json.dumps(body)
            c.request(method, path, data, {"Content-Type": "application/json"} if data else {})
            answer = json.loads(c.getresponse().read())["value"]
        finally:
            c.close()
        if isinstance(answer, dict) and "error" in answer and "stacktrace" in answer:
            raise BrowserError(answer["error"], answer["message"])
        return answer

    def call(self, method, path, body=None):
        return self._http(method, f"/session/{self.session}{path}", body)

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def reload(self):
        self.call("POST", "/refresh", {})

    def back(self):
        self.call("POST", "/back", {})

    @property
    def current_url(self):
        return self.call("GET", "/url")

    @property
    def title(self):
        return self.call("GET", "/title")

    @property
    def source(self):
        return self.call("GET", "/source")

    @property
    def text(self):
        return self.find("body").text

    @property
    def cookies(self):
        return self.call("GET", "/cookie")

    @property
    def log(self):
        """What the console said since last asked: list of {"level", "message"}."""
        return self.call("POST", "/se/log", {"type": "browser"})

    def find(self, css, seconds=None):
        """The first element that fits; waits for it."""
        end = time.monotonic() + (self.timeout if seconds is None else seconds)
        while True:
            try:
                found = self.call("POST", "/element", {"using": "css selector", "value": css})
                return Element(self, found[ELEMENT])
            except BrowserError as error:
                if error.code != "no such element" or time.monotonic() > end:
                    raise
            time.sleep(0.05)

    def find_name(self, name, seconds=None):
        return self.find(f'[name="{name}"]', seconds)

    def find_all(self, css):
        return [Element(self, e[ELEMENT]) for e in
                self.call("POST", "/elements", {"using": "css selector", "value": css})]

    def frame(self, element=None):
        """Into a frame; None: back to the page."""
        self.call("POST", "/frame", {"id": None if element is None else {ELEMENT: element.id}})

    def execute(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, condition, what="the condition", seconds=None):
        """Until condition() is true; its value."""
        end = time.monotonic() + (seconds or self.timeout)
        while True:
            try:
                if value := condition():
                    return value
            except BrowserError as error:   # the page is changing under us
                if error.code not in ("stale element reference", "no such element",
                                      "javascript error", "no such frame"):
                    raise
            if time.monotonic() > end:
                raise BrowserError("timeout", f"{what} did not come; at {self.current_url}")
            time.sleep(0.05)

    def screenshot(self, path=None):
        data = base64.b64decode(self.call("GET", "/screenshot"))
        if path:
            with open(path, "wb") as f:
                f.write(data)
        return data

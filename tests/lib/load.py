"""Load by wrk: many clients, mixed requests, every answer looked at.

    load = Load(base_url, [Request("GET", "/api/cart/", weight=2), ...], clients=16, seconds=5)
    load.start(); ...; result = load.finish()
    result.answers, result.failed, result.statuses, result.p99_ms
"""

import json
import pathlib
import re
import signal
import subprocess
import tempfile

# An answer has failed when it isn't whole JSON or is a 5xx; refusals (4xx) are answers.
SCRIPT = r"""
total, failed, statuses, seen = 0, 0, {}, ""
local list, at, threads = {}, 0, {}

function setup(thread) table.insert(threads, thread) end

function init(args)
    list = {
@REQUESTS@
    }
end

function request()
    at = at % #list + 1
    return list[at]
end

function response(status, headers, body)
    total = total + 1
    statuses[status] = (statuses[status] or 0) + 1
    if status >= 500 or string.sub(body, 1, 1) ~= "{" or string.match(body, "(%S)%s*$") ~= "}" then
        failed = failed + 1
        if #seen < 2000 then seen = seen .. status .. " " .. string.sub(body, 1, 200) .. "\n" end
    end
end

function done(summary, latency, requests)
    local all, parts, errors = {}, {}, summary.errors
    local t, f, s = 0, 0, ""
    for _, thread in ipairs(threads) do
        t, f, s = t + thread:get("total"), f + thread:get("failed"), s .. thread:get("seen")
        for k, v in pairs(thread:get("statuses")) do all[k] = (all[k] or 0) + v end
    end
    for k, v in pairs(all) do table.insert(parts, string.format('"%d": %d', k, v)) end
    io.write(string.format('\nRESULT {"answers": %d, "failed": %d, "broken": %d, "p50": %f, ' ..
        '"p99": %f, "max": %f, "seconds": %f, "statuses": {%s}}\n', t, f,
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000,
        summary.duration / 1000000, table.concat(parts, ", ")))
    io.write("SEEN ", s, "\n")
end
"""


class Request:
    def __init__(self, method, path, body=None, headers=None, weight=1):
        self.method, self.path, self.body = method, path, body
        self.headers, self.weight = dict(headers or {}), weight
        if body is not None:
            self.headers.setdefault("Content-Type", "application/json")

    def lua(self):
        table = ", ".join(f"[{json.dumps(k)}] = {json.dumps(v)}" for k, v in self.headers.items())
        body = "nil" if self.body is None else f"[==[{self.body}]==]"
        return f'wrk.format("{self.method}", "{self.path}", {{{table}}}, {body})'


class Result:
    def __init__(self, text):
        found = re.search(r"^RESULT (\{.*\})$", text, re.M)
        if not found:
            raise RuntimeError("wrk said:\n" + text[-3000:])
        r = json.loads(found[1])
        self.answers, self.statuses, self.seconds = r["answers"], r["statuses"], r["seconds"]
        self.p50_ms, self.p99_ms, self.max_ms = r["p50"], r["p99"], r["max"]
        self.broken = r["broken"]
        self.failed = r["failed"] + self.broken
        self.seen = text.partition("\nSEEN ")[2].strip()

    def __str__(self):
        return (f"{self.answers} answers in {self.seconds:.1f} s, {self.failed} failed "
                f"({self.broken} on the wire), {self.statuses}, p50 {self.p50_ms:.1f} p99 "
                f"{self.p99_ms:.1f} max {self.max_ms:.1f} ms {self.seen[:500]}")


class Load:
    def __init__(self, base_url, requests, clients=16, seconds=5, timeout=30, host=None):
        lines = []
        for r in requests:
            if host:
                r.headers["Host"] = host
            lines += ["        " + r.lua()] * r.weight
        script = SCRIPT.replace("@REQUESTS@", ",\n".join(lines))
        self.folder = tempfile.TemporaryDirectory(prefix="vezne-load-")
        path = pathlib.Path(self.folder.name) / "load.lua"
        path.write_text(script)
        self.command = ["wrk", "-t", "1", "-c", str(clients), "-d", f"{seconds}s", "--timeout",
                        f"{timeout}s", "-s", str(path), base_url]
        self.seconds = seconds

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True)
        return self

    def running(self):
        return self.process.poll() is None

    def stop(self):
        """Ends it before its time; finish() tells what there was."""
        if self.running():
            self.process.send_signal(signal.SIGINT)

    def finish(self):
        out, _ = self.process.communicate(timeout=self.seconds + 60)
        self.folder.cleanup()
        return Result(out)

    def run(self):
        return self.start().finish()

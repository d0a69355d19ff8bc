"""The sandbox's own paths: /_control, /_ledger, /_payments, /_calls."""

import http.client
import json
import threading
import time
from urllib.parse import urlencode, urlsplit

from answers import error_answer, json_answer
from faults import BadFault

LIMIT = 1024 * 1024
RULE_FIELDS = {"provider", "call", "do", "times", "match"}
MATCHES = ("reference", "transaction_id", "order_id")


class Wrong(ValueError):
    """A control call that can't be followed; the text says why."""


def answer(sandbox, request):
    """Any request below /_ ; wrong control calls become JSON errors."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return error_answer(403, "control calls from other sites are refused")
    routes = {
        ("GET", "/_control"): lambda: json_answer(200, sandbox.shown()),
        ("POST", "/_control"): lambda: json_answer(200, follow(sandbox, request)),
        ("GET", "/_ledger"): lambda: json_answer(200, {"rows": sandbox.ledger.find(
            request.query.get("reference"), request.query.get("order_id"), _since(request))}),
        ("GET", "/_payments"): lambda: json_answer(200, {"payments": _payments(sandbox, request)}),
        ("GET", "/_calls"): lambda: json_answer(200, {"calls": sandbox.calls.find(
            _since(request), **_only(request.query, MATCHES + ("call", "fault")))}),
        ("DELETE", "/_calls"): lambda: json_answer(200, sandbox.calls.clear() or {"ok": True}),
    }
    handler = routes.get((request.method, request.path))
    if not handler:
        allowed = ", ".join(method for method, path in routes if path == request.path)
        if allowed:
            return error_answer(405, "method not allowed", (("Allow", allowed),))
        return error_answer(404, "no such path")
    try:
        return handler()
    except (Wrong, BadFault) as wrong:
        return error_answer(400, str(wrong))


def _only(query, names):
    return {name: query[name] for name in names if name in query}


def _since(request):
    text = request.query.get("since", "0")
    if not (text.isascii() and text.isdigit()):
        raise Wrong("'since' must be a seq number")
    return int(text)


def _payments(sandbox, request):
    wanted = _only(request.query, MATCHES)
    return [p.shown(x) for p in sandbox.providers.values() for x in p.find(**wanted)]


def follow(sandbox, request):
    """POST /_control: one action."""
    try:
        body = json.loads(request.body(LIMIT))
    except (ValueError, RecursionError):
        raise Wrong("the body must be JSON") from None
    if not isinstance(body, dict):
        raise Wrong("the body must be a JSON object")
    asked = [name for name in ACTIONS if name in body]
    if len(asked) != 1:
        raise Wrong(f"exactly one of these is needed: {', '.join(ACTIONS)}")
    return {"ok": True, **(ACTIONS[asked[0]](sandbox, body) or {})}


def _known(body, *names):
    for name in body:
        if name not in names:
            raise Wrong(f"unknown field {name!r}; known here: {', '.join(names)}")


def _provider(sandbox, body):
    name = body.get("provider")
    if name not in sandbox.providers:
        raise Wrong(f"'provider' must be one of: {', '.join(sandbox.providers)}")
    return sandbox.providers[name]


def _call(provider, body):
    call = body.get("call", "*")
    if call != "*" and call not in provider.calls:
        raise Wrong(f"'call' must be * or one of: {', '.join(provider.calls)}")
    return call


def _whole(body, name, default, low, high):
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Wrong(f"{name!r} must be a whole number from {low} to {high}")
    return value


def _text(body, name, default=None):
    value = body.get(name, default)
    if value is not None and not isinstance(value, str):
        raise Wrong(f"{name!r} must be text")
    return value


def _flag(body, name, default=False):
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise Wrong(f"{name!r} must be true or false")
    return value


def _do(sandbox, body):
    """{"provider", "call", "do": fault, "times", "match", ...arguments of the fault}"""
    provider = _provider(sandbox, body)
    times = _whole(body, "times", 1, -1, 1_000_000)
    if times == 0:
        raise Wrong("'times' must be -1 (until cleared) or at least 1")
    match = body.get("match", {})
    if not (isinstance(match, dict) and all(isinstance(v, str) for v in match.values())):
        raise Wrong("'match' must be an object of texts")
    if not all(name in MATCHES for name in match):
        raise Wrong(f"'match' knows: {', '.join(MATCHES)}")
    name = _text(body, "do")
    args = {k: v for k, v in body.items() if k not in RULE_FIELDS}
    return {"rule": sandbox.faults.add(provider.name, _call(provider, body), name, times, match,
                                       args)}


def _random(sandbox, body):
    """{"provider", "faults": {name: probability or {"p", ...arguments}}, "seed", "call"}"""
    _known(body, "provider", "faults", "seed", "call")
    provider = _provider(sandbox, body)
    if not isinstance(body["faults"], dict):
        raise Wrong("'faults' must be an object: name -> probability")
    table = []
    for name, value in body["faults"].items():
        args = dict(value) if isinstance(value, dict) else {"p": value}
        p = args.pop("p", None)
        if not isinstance(p, (int, float)) or isinstance(p, bool) or not 0 <= p <= 1:
            raise Wrong(f"the probability of {name!r} must be a number from 0 to 1")
        table.append((p, name, args))
    if sum(p for p, _, _ in table) > 1.000001:
        raise Wrong("the probabilities add up to more than 1")
    if any(name == "double_charge" for _, name, _ in table):
        raise Wrong("'double_charge' is for rules only")
    sandbox.faults.set_random(provider.name, _call(provider, body), table,
                              _whole(body, "seed", 1, 0, 2 ** 63))


def _clear(sandbox, body):
    _known(body, "clear")
    if not _flag(body, "clear"):
        raise Wrong("'clear' must be true")
    sandbox.faults.clear()


def _reset(sandbox, body):
    _known(body, "reset")
    if not _flag(body, "reset"):
        raise Wrong("'reset' must be true")
    sandbox.reset()


def _keys(sandbox, body):
    """{"keys": {"test": [...], "live": [...]}}; a mode that is left out keeps its keys."""
    _known(body, "keys", "provider")
    provider = _provider(sandbox, {"provider": body.get("provider", "kuveyt")})
    keys = body["keys"]
    if not isinstance(keys, dict) or not all(
            mode in ("test", "live") and isinstance(some, list)
            and all(isinstance(k, str) and k and k.isascii() for k in some)
            for mode, some in keys.items()):
        raise Wrong("'keys' must be {\"test\": [texts], \"live\": [texts]}")
    with sandbox.lock:
        provider.keys.update({mode: list(some) for mode, some in keys.items()})


def _tells(sandbox, body):
    _known(body, "verify_tells", "provider")
    provider = _provider(sandbox, {"provider": body.get("provider", "kuveyt")})
    if body["verify_tells"] not in ("all", "status"):
        raise Wrong("'verify_tells' must be all or status")
    with sandbox.lock:
        provider.tells = body["verify_tells"]


def _one_payment(sandbox, named, word):
    """The payment with this transaction id or reference (of several: the last open one)."""
    if isinstance(named, str):
        named = {"transaction_id": named}
    wanted = _only(named, MATCHES) if isinstance(named, dict) else {}
    if not wanted or not all(isinstance(v, str) for v in wanted.values()):
        raise Wrong(f"{word!r} must name a payment by transaction_id, reference or order_id")
    found = [(p, x) for p in sandbox.providers.values() for x in p.find(**wanted)]
    if not found:
        raise Wrong("no such payment")
    return ([f for f in found if f[1].state == "pending"] or found)[-1]


def _pay(sandbox, body):
    """{"pay": transaction id or {"reference"}, "outcome": "approve" | "decline"}"""
    _known(body, "pay", "outcome")
    provider, payment = _one_payment(sandbox, body["pay"], "pay")
    outcome = body.get("outcome", "approve")
    if outcome not in ("approve", "decline"):
        raise Wrong("'outcome' must be approve or decline")
    changed = provider.decide(payment, outcome, late=True)
    return {"changed": changed, "payment": provider.shown(payment)}


def _notify(sandbox, body):
    """{"notify": {"transaction_id" | "reference", "to", "status", "fields", "times",
    "concurrently", "timeout"}}: POSTs to the payment's own return_url or cancel_url, now."""
    _known(body, "notify")
    told = body["notify"]
    if not isinstance(told, dict):
        raise Wrong("'notify' must be an object")
    _known(told, *MATCHES, "to", "status", "fields", "times", "concurrently", "timeout")
    _, payment = _one_payment(sandbox, told, "notify")
    status = _text(told, "status", payment.state)
    to = told.get("to", "cancel" if status == "failed" else "return")
    if to not in ("return", "cancel"):
        raise Wrong("'to' must be return or cancel")
    url = payment.return_url if to == "return" else payment.cancel_url
    if not url:
        raise Wrong("this payment is from an earlier run: its addresses are not known any more")
    extra = told.get("fields", {})
    if not isinstance(extra, dict) or not all(isinstance(v, str | None) for v in extra.values()):
        raise Wrong("'fields' must be an object of texts (null: leave the field out)")
    fields = {"transaction_id": payment.transaction_id, "status": status, **extra}
    form = urlencode({k: v for k, v in fields.items() if v is not None}).encode()
    timeout = _whole(told, "timeout", 10, 1, 120)
    times = _whole(told, "times", 1, 1, 100)
    answers = [None] * times

    def send(i):
        answers[i] = _post(url, form, timeout)

    if _flag(told, "concurrently"):
        threads = [threading.Thread(target=send, args=(i,), daemon=True) for i in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        for i in range(times):
            send(i)
    return {"url": url, "answers": answers}


def _post(url, form, timeout):
    """One notice; redirects are not followed. Gives {"status", "location", "ms"} or {"error"}."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    start = time.monotonic()
    connection = None
    try:
        connection = connect(parts.hostname, parts.port, timeout=timeout)
        connection.request("POST", (parts.path or "/") + ("?" + parts.query if parts.query else ""),
                           form, {"Content-Type": "application/x-www-form-urlencoded",
                                  "Connection": "close"})
        got = connection.getresponse()
        got.read(LIMIT)
        result = {"status": got.status, "location": got.getheader("Location")}
    except (OSError, http.client.HTTPException, ValueError) as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    finally:
        if connection:
            connection.close()
    return {**result, "ms": round((time.monotonic() - start) * 1000)}


ACTIONS = {"do": _do, "faults": _random, "clear": _clear, "reset": _reset, "pay": _pay,
           "keys": _keys, "verify_tells": _tells, "notify": _notify}

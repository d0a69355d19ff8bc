"""What the next calls do instead of answering well.

A rule says it for the next n calls; a random table says it by probability. A fault is counted
when a call has taken it, so a test can ask whether each one really happened.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

from answers import Answer, error_answer

# What a call must have reached before a fault may fall on it.
ANYTHING = 0   # any call, also with a wrong key
REQUEST = 1    # key and fields are good
PAYMENT = 2    # and there is a payment
PENDING = 3    # and it is not decided yet (a good `create` counts as such)

API = None     # every call of a program (not the payment page)


@dataclass(frozen=True)
class Kind:
    """One fault: the calls it fits, its arguments with defaults, and whether the work is done."""

    calls: tuple | None = API
    args: dict = field(default_factory=dict)
    work: bool = False
    charge: bool = False
    needs: int = ANYTHING

    def fits(self, call):
        return call != "pay" if self.calls is API else call in self.calls


CREATE, VERIFY, PAY = ("create",), ("verify",), ("pay",)
CHARGE = {"charge": False}
WORK = {"work": False, "charge": False}

KINDS = {
    # time
    "delay": Kind(args={"seconds": 5.0}, work=True),
    "slow_charge": Kind(CREATE, {"seconds": 30.0}, work=True, charge=True, needs=PENDING),
    "hang": Kind(args={"seconds": 60.0, **WORK}),
    "drip": Kind(args={"seconds": 1.0, **CHARGE}, work=True),
    # connection
    "reset": Kind(),
    "reset_after": Kind(args=CHARGE, work=True),
    "charge_no_answer": Kind(CREATE, work=True, charge=True, needs=PENDING),
    "half_answer": Kind(args=CHARGE, work=True),
    "half_chunked": Kind(args=CHARGE, work=True),
    # another status or body
    "http_500": Kind(),
    "http_500_after": Kind(args=CHARGE, work=True),
    "http_302": Kind(),
    "http_401": Kind(),
    "http_404": Kind(),
    "http_429": Kind(args={"retry_after": 1}),
    "html": Kind(args=WORK),
    "empty": Kind(args=WORK),
    "big": Kind(args={"size": 10_000_000, **CHARGE}, work=True),
    "big_header": Kind(args={"size": 131_072, **CHARGE}, work=True),
    "bad_json": Kind(args=CHARGE, work=True),
    # another content
    "wrong_type": Kind(args={"field": None, **CHARGE}, work=True, needs=PAYMENT),
    "missing_field": Kind(args={"field": None, **CHARGE}, work=True, needs=PAYMENT),
    "wrong_amount": Kind(VERIFY, {"value": None}, work=True, needs=PAYMENT),
    "wrong_currency": Kind(VERIFY, {"value": None}, work=True, needs=PAYMENT),
    "wrong_mode": Kind(VERIFY, {"value": None}, work=True, needs=PAYMENT),
    "wrong_reference": Kind(VERIFY, {"value": None}, work=True, needs=PAYMENT),
    "unknown_status": Kind(VERIFY, {"value": None}, work=True, needs=PAYMENT),
    "decline": Kind(("create", "verify"), {"error": "Kart limiti yetersiz."}, needs=PAYMENT),
    "early_success": Kind(VERIFY, work=True, charge=True, needs=PENDING),
    "double_charge": Kind(PAY, needs=PAYMENT),
}
RANDOM_NEEDS = {"decline": PENDING}  # chance never lets the gateway deny a payment it has taken


@dataclass(frozen=True)
class Fault:
    """A fault that has fallen on a call."""

    name: str
    args: dict

    @property
    def charge(self):
        return KINDS[self.name].charge or bool(self.args.get("charge"))

    @property
    def work(self):
        return KINDS[self.name].work or bool(self.args.get("work")) or self.charge


@dataclass
class Subject:
    """What a call is about, for matching. Several payments may have one reference."""

    level: int = ANYTHING
    reference: set = field(default_factory=set)
    transaction_id: set = field(default_factory=set)
    order_id: set = field(default_factory=set)


@dataclass
class Rule:
    """`fault` for the next `left` calls that fit (-1: until cleared)."""

    id: int
    provider: str
    call: str
    fault: Fault
    left: int
    match: dict
    happened: int = 0

    def fits(self, provider, call):
        return (self.left != 0 and self.provider in ("*", provider)
                and self.call in ("*", call) and KINDS[self.fault.name].fits(call))

    def meets(self, subject):
        return (subject.level >= KINDS[self.fault.name].needs
                and all(value in getattr(subject, name) for name, value in self.match.items()))

    def shown(self):
        return {"id": self.id, "provider": self.provider, "call": self.call, "do": self.fault.name,
                "args": self.fault.args, "match": self.match, "left": self.left,
                "happened": self.happened}


class BadFault(ValueError):
    """The control call asks for something that can't be done; the text says what."""


def make_fault(name, call, given):
    """A Fault with its defaults filled in; BadFault for what is unknown or doesn't fit."""
    kind = KINDS.get(name)
    if kind is None:
        raise BadFault(f"unknown fault {name!r}; known: {', '.join(KINDS)}")
    if call != "*" and not kind.fits(call):
        raise BadFault(f"fault {name!r} does not apply to call {call!r}")
    args = dict(kind.args)
    for key, value in given.items():
        if key not in kind.args:
            takes = ", ".join(kind.args) or "none"
            raise BadFault(f"fault {name!r} has no argument {key!r}; it takes: {takes}")
        _check_argument(key, value)
        args[key] = value
    if args.get("charge") and call == "verify":
        raise BadFault("argument 'charge' is for calls that start a payment")
    return Fault(name, args)


def _check_argument(key, value):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if key == "seconds" and not (number and 0 <= value <= 3600):
        raise BadFault("'seconds' must be a number from 0 to 3600")
    if key in ("size", "retry_after") and not (number and isinstance(value, int)
                                               and 0 <= value <= 1_000_000_000):
        raise BadFault(f"{key!r} must be a whole number from 0 to 1000000000")
    if key in ("work", "charge") and not isinstance(value, bool):
        raise BadFault(f"{key!r} must be true or false")
    if key in ("field", "error", "value") and not isinstance(value, str):
        raise BadFault(f"{key!r} must be text")


class Faults:
    """All rules and random tables, and how often each fault has happened."""

    def __init__(self, lock):
        self.lock = lock
        self.next_id = 1
        self.reset()

    def reset(self):
        """No rules, no random faults, no counts."""
        with self.lock:
            self.clear()
            self.happened = Counter()

    def clear(self):
        """No rules, no random faults; the counts stay."""
        with self.lock:
            self.rules, self.done, self.random = [], [], {}

    def add(self, provider, call, name, times, match, args):
        """A rule for the next calls; returns it as shown."""
        fault = make_fault(name, call, args)
        with self.lock:
            rule = Rule(self.next_id, provider, call, fault, times, match)
            self.next_id += 1
            self.rules.append(rule)
            return rule.shown()

    def set_random(self, provider, call, table, seed):
        """table: [(probability, name, args)], in place of the provider's earlier one."""
        entries = [(p, make_fault(name, call, args)) for p, name, args in table]
        with self.lock:
            self.random[provider] = (call, entries, seed, random.Random(seed))
            if not entries:
                del self.random[provider]

    def pick_unread(self, provider, call):
        """The `reset` that is next in line for this call, whatever its body says; or None."""
        with self.lock:
            rule = next((r for r in self.rules if r.fits(provider, call)), None)
            if rule and rule.fault.name == "reset" and not rule.match:
                return self._take(rule, provider, call)
            return None

    def pick(self, provider, call, subject):
        """The fault of this call, or None: the oldest rule that fits, else by chance."""
        with self.lock:
            for rule in self.rules:
                if rule.fits(provider, call) and rule.meets(subject):
                    return self._take(rule, provider, call)
            return self._draw(provider, call, subject)

    def _take(self, rule, provider, call):
        rule.happened += 1
        if rule.left > 0:
            rule.left -= 1
            if rule.left == 0:
                self.rules.remove(rule)
                self.done = (self.done + [rule])[-200:]
        return self._count(provider, call, rule.fault)

    def _draw(self, provider, call, subject):
        where, entries, _, dice = self.random.get(provider, ("", (), 0, None))
        if dice is None or where not in ("*", call) or call == "pay":
            return None
        x = dice.random()
        for probability, fault in entries:
            kind = KINDS[fault.name]
            if x < probability:
                fits = (kind.fits(call)
                        and subject.level >= RANDOM_NEEDS.get(fault.name, kind.needs))
                return self._count(provider, call, fault) if fits else None
            x -= probability
        return None

    def _count(self, provider, call, fault):
        self.happened[provider, call, fault.name] += 1
        return fault

    def shown(self):
        """For GET /_control."""
        with self.lock:
            happened = {}
            for (provider, call, name), n in sorted(self.happened.items()):
                happened.setdefault(provider, {}).setdefault(call, {})[name] = n
            return {
                "rules": [r.shown() for r in self.rules],
                "done": [r.shown() for r in self.done],
                "random": {provider: {"call": call, "seed": seed,
                                      "faults": {f.name: {"p": p, **f.args} for p, f in entries}}
                           for provider, (call, entries, seed, _) in self.random.items()},
                "happened": happened,
            }


HTML = ("<!doctype html><html lang=\"tr\"><title>Bakım</title>"
        "<p>Sistemimiz bakımda. Lütfen daha sonra deneyin.</p></html>").encode()


def carry_out(fault, problem, work, sandbox):
    """The answer to one call under `fault` (or None).

    problem  the refusal of a bad request, or None
    work     does the call and gives its good answer; faults of content are in it already
    """
    if fault is None:
        return problem or work()
    name, args = fault.name, fault.args
    if name == "delay":
        sandbox.wait(args["seconds"])
    answer = (problem or work()) if fault.work else None
    plain = _INSTEAD.get(name)
    if plain:
        return plain(args, sandbox)
    answer = answer or problem or work()
    spoil = _SPOILED.get(name)
    if spoil:
        spoil(answer, args)
    return answer


_INSTEAD = {
    "hang": lambda a, s: Answer(0, way="close", wait=a["seconds"]),
    "reset": lambda a, s: Answer(0, way="reset"),
    "reset_after": lambda a, s: Answer(0, way="reset"),
    "charge_no_answer": lambda a, s: Answer(0, way="close"),
    "http_500": lambda a, s: error_answer(500, "Beklenmeyen bir hata oluştu."),
    "http_500_after": lambda a, s: error_answer(500, "Beklenmeyen bir hata oluştu."),
    "http_302": lambda a, s: Answer(302, headers=(("Location", s.public_url + "/followed"),)),
    "http_401": lambda a, s: error_answer(401, "Geçersiz API anahtarı."),
    "http_404": lambda a, s: error_answer(404, "Ödeme bulunamadı."),
    "http_429": lambda a, s: error_answer(429, "Çok fazla istek.",
                                          (("Retry-After", str(a["retry_after"])),)),
    "html": lambda a, s: Answer(200, HTML, "text/html; charset=utf-8"),
    "empty": lambda a, s: Answer(200),
}


def _slow(answer, args):
    answer.wait = args["seconds"]


def _drip(answer, args):
    answer.way, answer.every = "drip", args["seconds"]


def _half(answer, args):
    answer.way = "half"


def _half_chunked(answer, args):
    answer.way = "half_chunked"


def _big(answer, args):
    answer.way, answer.pad = "chunked", args["size"]


def _big_header(answer, args):
    answer.headers += (("X-Padding", "x" * args["size"]),)


def _bad_json(answer, args):
    answer.body = answer.body[:-1] + b",}"


_SPOILED = {"slow_charge": _slow, "drip": _drip, "half_answer": _half,
            "half_chunked": _half_chunked, "big": _big, "big_header": _big_header,
            "bad_json": _bad_json}

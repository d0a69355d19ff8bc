"""What travels between the provider's code and the wire: requests, answers, refusals."""

import json
from dataclasses import dataclass, field

BODY_LIMIT = 64 * 1024


class Refused(Exception):
    """The request can't be read at all; `status` and `text` say why."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text


@dataclass
class Answer:
    """One answer, and how it is put on the wire.

    way: plain | reset (RST, nothing sent) | close (nothing sent) | half (half of the body) |
         half_chunked | drip (`every` seconds a byte) | chunked (body, then `pad` more bytes)
    wait: seconds between having the answer and sending it
    """

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: tuple = ()
    way: str = "plain"
    wait: float = 0.0
    every: float = 1.0
    pad: int = 0
    row: dict = field(default=None, repr=False)  # its line in the list of calls


def json_answer(status, value, headers=()):
    """An Answer with `value` as JSON."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"),
                  headers=headers)


def error_answer(status, text, headers=()):
    """The error shape of P0: {"error": text}."""
    return json_answer(status, {"error": text}, headers)


class Number(str):
    """A JSON number as it was written; never a float."""


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")


def _no_duplicates(pairs):
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("a field is there twice")
    return out


def read_json(raw):
    """Strict JSON with numbers as Number; ValueError for anything else."""
    try:
        return json.loads(raw.decode("utf-8"), parse_float=Number, parse_int=Number,
                          parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except RecursionError:
        raise ValueError("nested too deeply") from None

"""Speaks FastCGI to a worker's socket, slowly or brokenly when a test wants that."""

import socket
import struct

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7


def record(kind, content=b"", request=1):
    return struct.pack(">BBHHBB", 1, kind, request, len(content), 0, 0) + content


def begin(keep=False):
    return record(BEGIN, struct.pack(">HB5x", 1, int(keep)))


def pair(name, value):
    def length(n):
        return struct.pack(">B", n) if n < 128 else struct.pack(">I", n | 0x80000000)
    name, value = (x.encode() if isinstance(x, str) else x for x in (name, value))
    return length(len(name)) + length(len(value)) + name + value


def params(method="GET", path="/", query="", host="127.0.0.1", content_type="", body=b"", **more):
    """The parameters nginx/vezne.conf would send."""
    p = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": method, "SCRIPT_NAME": path,
         "QUERY_STRING": query, "CONTENT_TYPE": content_type,
         "CONTENT_LENGTH": str(len(body)) if body else "", "SERVER_PROTOCOL": "HTTP/1.1",
         "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": host,
         "HTTP_X_REQUEST_ID": "0123456789abcdef0123456789abcdef", **more}
    return b"".join(pair(k, v) for k, v in p.items())


def connect(path, timeout=30):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(timeout)
    s.connect(str(path))
    return s


def read_answer(s):
    """(status, header text, body, stderr, ended) after the peer's end of request or close."""
    data = b""
    try:
        while piece := s.recv(65536):
            data += piece
    except OSError:
        pass
    out = err = b""
    ended = False
    while len(data) >= 8:
        _, kind, _, size, padding, _ = struct.unpack(">BBHHBB", data[:8])
        content, data = data[8:8 + size], data[8 + size + padding:]
        if kind == STDOUT:
            out += content
        elif kind == STDERR:
            err += content
        elif kind == END:
            ended = True
    head, _, body = out.partition(b"\r\n\r\n")
    status = 200
    for line in head.decode("latin-1").split("\r\n"):
        if line.lower().startswith("status:"):
            status = int(line.split()[1])
    return (status if out else 0), head.decode("latin-1"), body, err, ended


def call(socket_path, body=b"", timeout=30, **more):
    """One whole request to a worker; `more` as in params()."""
    with connect(socket_path, timeout) as s:
        s.sendall(begin() + record(PARAMS, params(body=body, **more)) + record(PARAMS)
                  + (record(STDIN, body) if body else b"") + record(STDIN))
        return read_answer(s)

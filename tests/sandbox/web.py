"""The HTTP server: reads requests, and sends answers well or as badly as asked for."""

import os
import socket
import ssl
import struct
import sys
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from urllib.parse import parse_qsl, urlsplit

from answers import BODY_LIMIT, Refused, error_answer

IDLE_SECONDS = 75
CHUNK = 64 * 1024


class Request:
    """One request; its body is read only when somebody asks for it."""

    def __init__(self, handler):
        target = handler.path
        self.method = handler.command
        self.path = target.partition("?")[0] if target.startswith("/") else urlsplit(target).path
        self.query = dict(parse_qsl(target.partition("?")[2]))
        self.headers = handler.headers
        self._stream = handler.rfile
        self._body = None

    def body(self, limit=BODY_LIMIT):
        """The whole body; Refused when it is too large or has no length."""
        if self._body is None:
            length = self._length(limit)
            body = self._stream.read(length)
            if len(body) != length:
                raise ConnectionError("the client left in the middle of its body")
            self._body = body
        return self._body

    def _length(self, limit):
        if "Transfer-Encoding" in self.headers:
            raise Refused(411, "Content-Length gereklidir.")
        text = self.headers.get("Content-Length", "0")
        if not (text.isascii() and text.isdigit()):
            raise Refused(400, "Content-Length geçersiz.")
        if int(text) > limit:
            raise Refused(413, "İstek çok büyük.")
        return int(text)

    def drained(self):
        """True when nothing of the body is left on the connection."""
        try:
            self.body()
        except Refused:
            return False
        return True


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def handle(self):
        try:
            super().handle()
        except OSError:  # the client has gone, or refuses our certificate
            pass

    def dispatch(self):
        """Asks the sandbox for the answer and delivers it."""
        request = Request(self)
        try:
            answer = self.server.sandbox.answer(request)
        except Refused as refused:
            answer = error_answer(refused.status, refused.text)
        except OSError:
            raise
        except Exception:
            traceback.print_exc()
            answer = error_answer(500, "sandbox: internal error, see its stderr")
        if answer.way == "plain" and not request.drained():
            self.close_connection = True
        self.deliver(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = dispatch

    def deliver(self, answer):
        """Sends the answer in its way. No lock is held here."""
        if answer.wait:
            self.server.sandbox.wait(answer.wait)
        silent = answer.way in ("reset", "close")
        if answer.row is not None:
            self.server.sandbox.calls.close(answer.row, None if silent else answer.status)
        if answer.way != "plain":
            self.close_connection = True
        if answer.way == "reset":
            self.abort()
        elif not silent:
            getattr(self, "send_" + answer.way)(answer)

    def head(self, answer, length):
        """Status line and headers; length None: chunked."""
        status = answer.status
        reason = HTTPStatus(status).phrase
        lines = [f"HTTP/1.1 {status} {reason}", f"Date: {self.date_time_string()}",
                 f"Content-Type: {answer.content_type}",
                 "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}",
                 f"Connection: {'close' if self.close_connection else 'keep-alive'}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def send_plain(self, answer):
        body = b"" if self.command == "HEAD" else answer.body
        self.wfile.write(self.head(answer, len(answer.body)) + body)

    def send_half(self, answer):
        self.wfile.write(self.head(answer, len(answer.body)) + answer.body[:len(answer.body) // 2])

    def send_half_chunked(self, answer):
        body = answer.body
        self.wfile.write(self.head(answer, None) + b"%x\r\n" % len(body) + body[:len(body) // 2])

    def send_drip(self, answer):
        for byte in self.head(answer, len(answer.body)) + answer.body:
            self.wfile.write(bytes((byte,)))
            if self.server.sandbox.wait(answer.every):
                return

    def send_chunked(self, answer):
        self.wfile.write(self.head(answer, None) + _chunk(answer.body))
        for start in range(0, answer.pad, CHUNK):
            self.wfile.write(_chunk(b" " * min(CHUNK, answer.pad - start)))
        self.wfile.write(b"0\r\n\r\n")

    def abort(self):
        """Closes with RST, at once."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def send_error(self, code, message=None, explain=None):
        """Requests that http.server itself refuses: JSON, like all other errors."""
        self.close_connection = True
        self.command = self.command or "GET"
        self.send_plain(error_answer(code, message or HTTPStatus(code).phrase))

    def log_message(self, *args):
        """Calls are listed by the sandbox; http.server's own lines are not wanted."""


def _chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""


class Server(ThreadingHTTPServer):
    """One thread per connection; several hundred at once."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, address, sandbox):
        self.sandbox = sandbox
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Handler)

    def server_bind(self):
        """Without http.server's reverse DNS look-up."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        """A broken connection is nobody's fault; anything else is ours."""
        if not isinstance(sys.exception(), OSError):
            traceback.print_exc()


class TlsServer(Server):
    """The same behind TLS; the handshake runs in the connection's own thread."""

    def __init__(self, address, sandbox, certificate, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        super().__init__(address, sandbox)

    def finish_request(self, request, client_address):
        request.settimeout(10)
        self.sandbox.count_tls("connections")
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except OSError:
            self.sandbox.count_tls("failed_handshakes")
            return
        try:
            super().finish_request(secured, client_address)
        finally:
            self.shutdown_request(secured)

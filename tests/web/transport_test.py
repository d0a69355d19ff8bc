#!/usr/bin/env python3
"""K8's transport rows: http_send() against servers that misbehave, each called once by POST.

Fate and word as expected, over in the time-out plus one second, and never sent twice.
Run: python3 tests/web/transport_test.py   (gcc, openssl and libcurl's headers; about 30 s)
"""
import socket
import ssl
import struct
import sys
import tempfile
import threading
import time
import warnings

import probe

TIMEOUT = 2
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}'


class Server:
    """One port that plays one part, and how many whole requests it saw."""

    def __init__(self, play, tls=None):
        self.requests = 0
        self.seen = b''
        self.play = play
        self.tls = tls
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        probe.serve(self.listener, self.handle)

    def handle(self, connection):
        if self.tls:
            connection = self.tls.wrap_socket(connection, server_side=True)
        self.play(self, connection)

    def take(self, connection):
        self.seen = probe.read_request(connection)
        if self.seen:
            self.requests += 1


def says(*parts):
    """Reads the request, then sends parts: bytes, or seconds to wait."""
    def play(server, connection):
        server.take(connection)
        for part in parts:
            if isinstance(part, bytes):
                connection.sendall(part)
            else:
                time.sleep(part)
    return play


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    connection.close()


def reset_at_once(_, connection):
    time.sleep(0.1)  # the request is on its way by then
    reset(connection)


def reset_after(server, connection):
    server.take(connection)
    reset(connection)


def half_then_reset(server, connection):
    server.take(connection)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"paid"')
    time.sleep(0.1)
    reset(connection)


def drip(server, connection):
    server.take(connection)
    for i in range(len(OK)):
        connection.sendall(OK[i:i + 1])
        time.sleep(1)


def never(server, connection):
    server.take(connection)
    time.sleep(60)


def deaf(_, connection):
    time.sleep(60)


def endless(head, chunk):
    def play(server, connection):
        server.take(connection)
        connection.sendall(head)
        for _ in range(2000):
            connection.sendall(chunk)
    return play


CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
HEAD = b'HTTP/1.1 200 OK\r\n'
CONTINUE = b'HTTP/1.1 100 Continue\r\n\r\n'

# name, play, fate, why, status (None: any), requests seen
PLAIN = [
    ('whole', says(OK), 'answered', 'ok', 200, 1),
    ('whole, in pieces', says(OK[:20], 0.3, OK[20:-1], 0.3, OK[-1:]), 'answered', 'ok', 200, 1),
    ('chunked', says(CHUNKED + b'2\r\n{}\r\n0\r\n\r\n'), 'answered', 'ok', 200, 1),
    ('body ends with the connection', says(HEAD + b'\r\n{}'), 'answered', 'ok', 200, 1),
    ('302', says(b'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/x\r\n'
                 b'Content-Length: 0\r\n\r\n'), 'answered', 'ok', 302, 1),
    ('307', says(b'HTTP/1.1 307 X\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n'),
     'answered', 'ok', 307, 1),
    ('401', says(b'HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n'),
     'answered', 'ok', 401, 1),
    ('417', says(b'HTTP/1.1 417 X\r\nContent-Length: 0\r\n\r\n'), 'answered', 'ok', 417, 1),
    ('500', says(b'HTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\n{}'), 'answered', 'ok', 500, 1),
    ('503 with Retry-After', says(b'HTTP/1.1 503 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n'),
     'answered', 'ok', 503, 1),
    ('204', says(b'HTTP/1.1 204 No Content\r\n\r\n'), 'answered', 'ok', 204, 1),
    ('body of the limit', says(HEAD + b'Content-Length: 262144\r\n\r\n' + b'x' * 262144),
     'answered', 'ok', 200, 1),
    ('100, then 200', says(CONTINUE, OK), 'answered', 'ok', 200, 1),
    ('three interim answers', says(CONTINUE * 2, b'HTTP/1.1 103 Early Hints\r\n\r\n', OK),
     'answered', 'ok', 200, 1),

    ('reset before reading', reset_at_once, 'unknown', 'transport', 0, 0),
    ('reset after the request', reset_after, 'unknown', 'transport', 0, 1),
    ('reset within the body', half_then_reset, 'unknown', 'transport', None, 1),
    ('closed without a byte', says(), 'unknown', 'cut', 0, 1),
    ('half answer', says(HEAD + b'Content-Length: 20\r\n\r\n{"paid"'), 'unknown', 'cut', None, 1),
    ('half chunked', says(CHUNKED + b'7\r\n{"paid"\r\n'), 'unknown', 'cut', None, 1),
    ('half headers', says(HEAD + b'Content-Type: a'), 'unknown', 'cut', None, 1),
    ('half status line', says(b'HTTP/1.1 2'), 'unknown', None, None, 1),
    ('bad chunk', says(CHUNKED + b'zz\r\n{}\r\n0\r\n\r\n'), 'unknown', 'transport', None, 1),
    ('only 100', says(CONTINUE), 'unknown', 'cut', None, 1),
    ('100 for ever', endless(b'', CONTINUE), 'unknown', 'too_big', None, 1),
    ('101', says(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n'),
     'unknown', 'cut', None, 1),
    ('no HTTP', says(b'hello\r\n'), 'unknown', 'transport', 0, 1),
    ('status 99', says(b'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n'), 'unknown', 'transport', 0, 1),
    ('negative length', says(HEAD + b'Content-Length: -5\r\n\r\n{}'), 'unknown', 'transport', None, 1),
    ('body over the limit', says(HEAD + b'Content-Length: 262145\r\n\r\n' + b'x' * 262145),
     'unknown', 'too_big', None, 1),
    ('10 MB chunked', endless(CHUNKED, b'1388\r\n' + b'x' * 5000 + b'\r\n'),
     'unknown', 'too_big', None, 1),
    ('headers over the limit', says(HEAD + b'X: y\r\n' * 4000 + b'\r\n'),
     'unknown', 'too_big', None, 1),
    ('a huge header', says(HEAD + b'X: ' + b'y' * 200000 + b'\r\n\r\n'),
     'unknown', 'too_big', None, 1),
    ('headers for ever', endless(HEAD + b'X: ', b'y' * 5000), 'unknown', 'too_big', None, 1),

    ('drip', drip, 'unknown', 'timeout', None, 1),
    ('never answers', never, 'unknown', 'timeout', 0, 1),
    ('never reads', deaf, 'unknown', 'timeout', 0, 0),
    ('answers too late', says(TIMEOUT + 0.5, OK), 'unknown', 'timeout', 0, 1),
    ('100, then nothing', says(CONTINUE, 60.0), 'unknown', 'timeout', None, 1),
    ('body comes too late', says(HEAD + b'Content-Length: 2\r\n\r\n{', 60.0),
     'unknown', 'timeout', None, 1),
]


def judge(count, name, answer, server, fate, why, status, requests):
    what = '%s: %s' % (name, answer)
    count.check(answer['fate'] == fate, what)
    count.check(why is None or answer['why'] == why, what)
    count.check(status is None or answer['status'] == status, what)
    count.check(answer['ms'] <= TIMEOUT * 1000 + 1000, what)
    count.check(fate == 'answered' or answer['body_len'] == 0, what)
    if server is not None:
        count.check(server.requests == requests, '%s: %d requests' % (name, server.requests))


def in_parallel(jobs):
    """Each is mostly waiting."""
    threads = [threading.Thread(target=job) for job in jobs]
    for i in range(0, len(threads), 8):
        for thread in threads[i:i + 8]:
            thread.start()
        for thread in threads[i:i + 8]:
            thread.join()


def plain(count, program):
    def job(name, play, *expected):
        def run():
            server = Server(play)
            at = '127.0.0.1:%d' % server.port
            answer = probe.ask(program, ['http://%s/pay' % at], at, TIMEOUT, post='{"amount": 1}')
            judge(count, name, answer[0], server, *expected)
        return run
    in_parallel([job(*row) for row in PLAIN])


def request_as_sent(count, program):
    """What goes over the wire: once, without Expect, also with a body of 100 KB."""
    server = Server(says(OK))
    at = '127.0.0.1:%d' % server.port
    body = 'x' * 100000
    answer = probe.ask(program, ['http://%s/a/b?c=1' % at], at, TIMEOUT, post=body)[0]
    head, _, sent = server.seen.partition(b'\r\n\r\n')
    lines = head.lower().split(b'\r\n')
    count.check(answer['fate'] == 'answered' and answer['type'] == 'application/json', str(answer))
    count.check(lines[0] == b'post /a/b?c=1 http/1.1', head.decode())
    count.check(b'user-agent: vezne' in lines, head.decode())
    count.check(b'content-type: application/json' in lines, head.decode())
    count.check(not any(line.startswith((b'expect', b'cookie', b'authorization')) for line in lines),
                head.decode())
    count.check(sent == body.encode(), '%d bytes of body' % len(sent))


def not_sent(count, program):
    unused = socket.create_server(('127.0.0.1', 0))
    port = unused.getsockname()[1]
    unused.close()
    at = '127.0.0.1:%d' % port
    answer = probe.ask(program, ['http://%s/' % at], at, TIMEOUT, post='{}')[0]
    judge(count, 'refused', answer, None, 'not_sent', 'connect', 0, 0)
    answer = probe.ask(program, ['https://no-such-name.invalid/'], '', TIMEOUT, post='{}')[0]
    judge(count, 'no such name', answer, None, 'not_sent', 'dns', 0, 0)

    # One handle for both: nothing of the first call may be taken for the second.
    server = Server(says(OK))
    both = 'http://127.0.0.1:%d/' % server.port, 'http://%s/' % at
    answers = probe.ask(program, [both[0], both[1], both[0]],
                        '127.0.0.1:%d,%s' % (server.port, at), TIMEOUT, post='{}')
    count.check([a['fate'] for a in answers] == ['answered', 'not_sent', 'answered'], str(answers))


def proxies(count, program):
    """A proxy of the environment sees nothing."""
    proxy, server = Server(says(OK)), Server(says(OK))
    at = '127.0.0.1:%d' % server.port
    there = 'http://127.0.0.1:%d' % proxy.port
    env = {name: there for name in ('http_proxy', 'https_proxy', 'HTTPS_PROXY', 'all_proxy',
                                    'ALL_PROXY')}
    answer = probe.ask(program, ['http://%s/' % at], at, TIMEOUT, post='{}', env=env)[0]
    judge(count, 'proxy in the environment', answer, server, 'answered', 'ok', 200, 1)
    answer = probe.ask(program, ['https://no-such-name.invalid/'], '', TIMEOUT, env=env)[0]
    judge(count, 'https_proxy', answer, proxy, 'not_sent', 'dns', 0, 0)


def tls(count, program, folder):
    certificates = probe.Certificates(folder)
    good = certificates.server('good', 'IP:127.0.0.1,DNS:localhost')
    other_name = certificates.server('other', 'IP:127.0.0.9,DNS:other.example')
    expired = certificates.server('expired', 'IP:127.0.0.1', days=-1)
    own = certificates.server('own', 'IP:127.0.0.1', own=True)
    old = certificates.server('old', 'IP:127.0.0.1')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers('ALL:@SECLEVEL=0')

    def reset_after_handshake(_, connection):
        reset(connection)
    rows = [
        ('good', says(OK), good, 'answered', 'ok', 200, 1),
        ('good, half answer', says(OK[:-1]), good, 'unknown', 'cut', None, 1),
        ('good, no answer', never, good, 'unknown', 'timeout', 0, 1),
        ('good, reset after the handshake', reset_after_handshake, good, 'unknown', None, 0, 0),
        ('good, reset after the request', reset_after, good, 'unknown', 'transport', 0, 1),
        ('wrong name', says(OK), other_name, 'not_sent', 'tls', 0, 0),
        ('expired', says(OK), expired, 'not_sent', 'tls', 0, 0),
        ('unknown CA', says(OK), own, 'not_sent', 'tls', 0, 0),
        ('TLS 1.1', says(OK), old, 'not_sent', 'tls', 0, 0),
        ('no TLS', says(OK), None, 'not_sent', None, 0, None),
        ('silent handshake', deaf, None, 'not_sent', 'connect', 0, 0),
        ('reset in the handshake', reset_at_once, None, 'not_sent', 'tls', 0, 0),
        ('closed in the handshake', lambda s, c: c.recv(10), None, 'not_sent', 'tls', 0, 0),
    ]

    def job(name, play, context, fate, why, status, requests):
        def run():
            server = Server(play, context)
            at = '127.0.0.1:%d' % server.port
            answer = probe.ask(program, ['https://%s/pay' % at], at, TIMEOUT, certificates.ca, '{}')
            judge(count, 'TLS: ' + name, answer[0], server if requests is not None else None, fate,
                  why, status, requests)
        return run
    in_parallel([job(*row) for row in rows])
    server = Server(says(OK), good)
    at = '127.0.0.1:%d' % server.port
    for ca in ('', folder + '/missing.pem'):
        answer = probe.ask(program, ['https://%s/' % at], at, TIMEOUT, ca, '{}')[0]
        judge(count, 'CA file "%s"' % ca, answer, server, 'not_sent', 'tls', 0, 0)


def main():
    count = probe.Count()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        program = probe.build(folder)
        plain(count, program)
        request_as_sent(count, program)
        not_sent(count, program)
        proxies(count, program)
        tls(count, program, folder)
    print('took %.0f s' % (time.monotonic() - began))
    return count.finish()


if __name__ == '__main__':
    sys.exit(main())

"""What the tests of the HTTP client share: the built probe, certificates, raw servers, counting."""
import json
import os
import socket
import ssl
import subprocess
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = ['tests/web/http_probe.c', 'common/web/http_client.c', 'common/web/http_memory.c',
           'common/web/url.c', 'common/web/address.c', 'common/base/arena.c']


def build(folder):
    """The probe, with sanitizers unless HTTP_PROBE names one that is built already."""
    ready = os.environ.get('HTTP_PROBE')
    if ready:
        return ready
    program = os.path.join(folder, 'http_probe')
    subprocess.run([os.environ.get('CC', 'gcc'), '-std=gnu2x', '-g', '-O1', '-Icommon',
                    '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-o', program]
                   + SOURCES + ['-lcurl'], cwd=ROOT, check=True)
    return program


def ask(program, urls, allowed='', timeout=2, ca='', post=None, env=None):
    """One answer (see http_probe.c) a URL; a crash or a sanitizer's report ends the test."""
    command = [program, '-a', allowed, '-t', str(timeout), '-c', ca]
    if post is not None:
        command += ['-p', post]
    done = subprocess.run(command + ['--'] + list(urls), capture_output=True, text=True,
                          env={**os.environ, **(env or {})})
    if done.returncode != 0:
        raise SystemExit('http_probe: exit %d\n%s' % (done.returncode, done.stderr))
    return [json.loads(line) for line in done.stdout.splitlines()]


class Certificates:
    """A CA of our own and what it signs, in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = self._path('ca.pem')
        self._openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                      '-nodes', '-subj', '/CN=test CA', '-days', '2', '-keyout',
                      self._path('ca.key'), '-out', self.ca)

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _openssl(self, *words):
        subprocess.run(['openssl', *words], check=True, capture_output=True)

    def server(self, name, alt, days=2, own=False):
        """An SSLContext for these names, "DNS:a,IP:b"; `own`: signed by itself only."""
        key, csr, pem, ext = (self._path(name + end) for end in ('.key', '.csr', '.pem', '.ext'))
        with open(ext, 'w') as f:
            f.write('subjectAltName=%s\n' % alt)
        self._openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                      '-subj', '/CN=' + name, '-keyout', key, '-out', csr)
        signer = ['-signkey', key] if own else ['-CA', self.ca, '-CAkey', self._path('ca.key'),
                                                '-CAcreateserial']
        self._openssl('x509', '-req', '-in', csr, '-days', str(days), '-extfile', ext, '-out', pem,
                      *signer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, key)
        return context


def serve(listener, handle):
    """Accepts for ever; handle(connection) runs in a thread of its own."""
    def run(connection):
        try:
            handle(connection)
        except (OSError, ssl.SSLError):
            pass
        finally:
            connection.close()

    def loop():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=run, args=(connection,), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()


def read_request(connection):
    """Head and body of one request, as far as it comes."""
    data = b''
    while b'\r\n\r\n' not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b'\r\n\r\n')
    length = 0
    for line in head.split(b'\r\n'):
        if line.lower().startswith(b'content-length:'):
            length = int(line.split(b':')[1])
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            break
        body += more
    return head + b'\r\n\r\n' + body


class Count:
    """check() counts; finish() prints the last line and gives the exit status."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, holds, what):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print('FAILED: ' + what)

    def finish(self):
        print('%d passed, %d failed' % (self.passed, self.failed))
        return 0 if self.passed > 0 and self.failed == 0 else 1

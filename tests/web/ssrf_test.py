#!/usr/bin/env python3
"""X5: no URL leads http_send() to an address that isn't public.

As root, in network namespaces of its own: one for us, with refused addresses of every kind on its
loopback, and one beside it, the "internet", which holds public addresses and more refused ones
that we have a route to. Listeners on all of them count connections; a name server of ours answers
with what an attacker would (rebinding too). Without root or namespaces: this machine's own
addresses only, and says so.

Run: python3 tests/web/ssrf_test.py   (gcc, openssl, iproute2, libcurl's headers; about 20 s)
"""
import collections
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import probe

PORTS = [80, 443, 3306, 6379, 8080, 8443]

# Refused kinds, on our own loopback,
OURS = ['10.1.2.3', '100.64.0.1', '169.254.169.254', '172.16.5.5', '192.0.0.8', '192.168.77.1',
        '198.18.0.1', '93.184.216.1', 'fd00::1', '2001:db8::1', '64:ff9b::7f00:1',
        '2002:7f00:1::1', '2001:0:7f00:1::1', 'fec0::1', '2a00:1450::1']
# and beside us.
BESIDE = ['10.9.9.9', '100.127.0.9', '169.254.7.7', '172.31.9.9', '192.168.99.9', '198.19.0.9',
          '203.0.113.9', 'fd99::9', '2001:db8:9::9', '64:ff9b::a09:909', '2002:a09:909::9']
PUBLIC4, PUBLIC6, BLACK_HOLE = '93.184.216.34', '2a00:1450::34', '93.184.216.99'
OUR4, OUR6 = '93.184.216.1', '2a00:1450::1'

NAMES = {
    'pay.example': [PUBLIC4],
    'pay6.example': [PUBLIC6],
    'loop.example': ['127.0.0.1'],
    'loop53.example': ['127.0.0.53'],
    'zero.example': ['0.0.0.0'],
    'any6.example': ['::'],
    'loop6.example': ['::1'],
    'mapped.example': ['::ffff:127.0.0.1'],
    'compatible.example': ['::127.0.0.1'],
    'broadcast.example': ['255.255.255.255'],
    'multicast.example': ['224.0.0.1'],
    'two.example': ['127.0.0.1', '10.9.9.9'],
    'mixed.example': ['10.9.9.9', '169.254.7.7', PUBLIC4],
    'hole.example': [BLACK_HOLE],
    'intern.example': ['10.9.9.9'],
    **{'ours%d.example' % i: [a] for i, a in enumerate(OURS)},
    **{'beside%d.example' % i: [a] for i, a in enumerate(BESIDE)},
}
REBIND = {  # the first answer, then the others
    'rebind.example': [PUBLIC4, '127.0.0.1'],
    'rebind2.example': [PUBLIC4, '10.9.9.9'],
    'rebind3.example': [PUBLIC4, '169.254.169.254'],
}

URLS = """
http://127.0.0.1/ http://127.0.0.1:8080/ https://127.0.0.1/ https://127.0.0.1:443/ https://127.0.0.1:8443/
https://127.1/ https://127.0.1/ https://127.0.0.53/ https://127.255.255.254/ https://0/ https://0.0.0.0/
https://2130706433/ https://017700000001/ https://0177.0.0.1/ https://0177.1/
https://0x7f000001/ https://0x7f.0.0.1/ https://0x7f.1/ https://0X7F.0x0.0x0.0x1/ https://0x7f.0.1/
https://4294967295/ https://6425673729/ https://127.0.0.1./
https://10.1.2.3/ https://167838211/ https://012.1.2.3/ https://0xa.1.2.3/ https://10.66051/
https://169.254.169.254/latest/meta-data/ https://2852039166/ https://0xa9fea9fe/ https://0251.0376.0251.0376/
https://192.168.77.1/ https://3232255233/ https://172.16.5.5/ https://100.64.0.1/ https://198.18.0.1/
https://10.9.9.9/ https://168364297/ https://192.168.99.9/ https://169.254.7.7/
https://[::]/ https://[::1]/ https://[0:0:0:0:0:0:0:1]/ https://[0000::0001]/ https://[::1]:443/
https://[::ffff:127.0.0.1]/ https://[::ffff:7f00:1]/ https://[0:0:0:0:0:ffff:127.0.0.1]/
https://[::127.0.0.1]/ https://[::ffff:10.1.2.3]/ https://[::ffff:a9fe:a9fe]/ https://[::ffff:0:127.0.0.1]/
https://[64:ff9b::127.0.0.1]/ https://[64:ff9b::7f00:1]/ https://[64:ff9b::a09:909]/
https://[2002:7f00:1::1]/ https://[2002:a09:909::9]/ https://[2001:0:7f00:1::1]/ https://[fd00::1]/
https://[fd99::9]/ https://[fe80::1]/ https://[fe80::1%25lo]/ https://[fe80::1%lo]/ https://[fec0::1]/
https://[2001:db8::1]/ https://[ff02::1]/
https://localhost/ https://LOCALHOST/ https://localhost./ https://a.localhost/ https://localhost:8443/
https://pay.example@127.0.0.1/ https://pay.example:443@127.0.0.1/ https://127.0.0.1@pay.example@127.0.0.1/
https://pay.example%40127.0.0.1/ https://127.0.0.1%2f@pay.example/ https://127.0.0.1#@pay.example/
https://pay.example#@127.0.0.1/ https://127.0.0.1\\@pay.example/ https://pay.example\\@127.0.0.1/
https:\\\\127.0.0.1/ https:127.0.0.1/ https:/127.0.0.1/ https:///127.0.0.1/ https:////127.0.0.1/
https://%31%32%37.0.0.1/ https://127.0.0.1%00.pay.example/ https://127%2e0%2e0%2e1/
https://127。0。0。1/ https://127．0．0．1/ https://127｡0｡0｡1/ https://１２７.0.0.1/ https://①②⑦.0.0.1/ https://ⓛocalhost/
https://pay.example:80/ https://pay.example:8443/ https://pay.example:22/ https://pay.example:6379/ https://pay.example:0/
http://pay.example/ http://pay.example:443/ ftp://127.0.0.1/ ftp://pay.example:443/ gopher://127.0.0.1:6379/_PING
dict://127.0.0.1:6379/info telnet://127.0.0.1:6379/ ldap://127.0.0.1:80/ smb://127.0.0.1:80/x tftp://127.0.0.1:80/x
file:///etc/passwd file://127.0.0.1/etc/passwd jar:http://127.0.0.1/ //127.0.0.1/ 127.0.0.1 127.0.0.1:8080
""".split() + ['https://127.0.0.1 .pay.example/', 'https://pay.example/\r\nHost: 127.0.0.1',
               ' https://127.0.0.1/', 'https://127.0.0.1\t/', 'https://pay.example\n@127.0.0.1/', '']

# Public unless they are ours, so they are called only where there is no way to the real ones: our
# own addresses, and two that look like the loopback but are octal for somewhere else.
ONLY_INSIDE = ['https://93.184.216.1/', 'https://[2a00:1450::1]/', 'https://02130706433/',
               'https://0000127.0.0.1/']


class Listeners:
    """Every address of this namespace at PORTS, through the wildcard; counts by address."""

    def __init__(self, tls=None):
        self.seen = collections.Counter()
        self.missing = []
        self.tls = tls
        for port in PORTS:
            for family, wildcard in ((socket.AF_INET, '0.0.0.0'), (socket.AF_INET6, '::')):
                try:
                    listener = socket.create_server((wildcard, port), family=family, backlog=64)
                    probe.serve(listener, self.handle)
                except OSError as fault:
                    self.missing.append('%s port %d: %s' % (wildcard, port, fault.strerror))

    def handle(self, connection):
        address, port = connection.getsockname()[:2]
        self.seen[address] += 1
        if port == 443 and self.tls:
            connection = self.tls.wrap_socket(connection, server_side=True)
        connection.settimeout(5)
        request = probe.read_request(connection)
        if b' /redirect/' in request:
            there = request.split(b' /redirect/')[1].split(b' ')[0]
            connection.sendall(b'HTTP/1.1 302 Found\r\nLocation: ' + there
                               + b'\r\nContent-Length: 0\r\n\r\n')
        else:
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')


def name_server():
    """UDP 53 of the loopback: NAMES, REBIND, silence for hang.example, else no such name."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(('127.0.0.1', 53))
    asked = collections.Counter()

    def answer(query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack('>H', query[at + 1:at + 3])[0]
        name = '.'.join(labels).lower()
        if name == 'hang.example':
            return None
        addresses = NAMES.get(name, [])
        if name in REBIND and kind == 1:
            asked[name] += 1
            first, later = REBIND[name]
            addresses = [first if asked[name] == 1 else later]
        known = name in NAMES or name in REBIND
        family, size = {1: (socket.AF_INET, 4), 28: (socket.AF_INET6, 16)}.get(kind, (None, 0))
        records = b''
        count = 0
        for address in addresses:
            if family and (':' in address) == (kind == 28):
                records += struct.pack('>HHHIH', 0xc00c, kind, 1, 0, size)
                records += socket.inet_pton(family, address)
                count += 1
        head = query[:2] + struct.pack('>HHHHH', 0x8180 | (0 if known else 3), 1, count, 0, 0)
        return head + query[12:at + 5] + records

    def loop():
        while True:
            query, peer = listener.recvfrom(2048)
            reply = answer(query)
            if reply:
                listener.sendto(reply, peer)
    threading.Thread(target=loop, daemon=True).start()


def ip(*words):
    subprocess.run(['ip', *words], check=True)


def add_addresses(device, addresses):
    for address in addresses:
        ip('addr', 'add', address + ('/128' if ':' in address else '/32'), 'dev', device,
           *(['nodad'] if ':' in address else []))


def beside(folder):
    """The namespace beside us: waits for its end of the cable, then counts until told to stop."""
    print('ready', flush=True)
    sys.stdin.readline()
    ip('link', 'set', 'lo', 'up')
    add_addresses('lo', BESIDE)
    for address in (PUBLIC4 + '/24', PUBLIC6 + '/64'):
        ip('addr', 'add', address, 'dev', 'cable1', *(['nodad'] if ':' in address else []))
    ip('link', 'set', 'cable1', 'up')
    listeners = Listeners(certificate(folder))
    link = subprocess.run(['ip', '-j', 'link', 'show', 'cable1'], check=True, capture_output=True)
    print(json.loads(link.stdout)[0]['address'], flush=True)
    while sys.stdin.readline():
        print(json.dumps(listeners.seen), flush=True)


def certificate(folder):
    context = probe.ssl.SSLContext(probe.ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + '/all.pem', folder + '/all.key')
    return context


class Beside:
    """Our side of beside()."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            ['unshare', '-n', sys.executable, __file__, '--beside', folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        ip('link', 'add', 'cable0', 'type', 'veth', 'peer', 'name', 'cable1')
        ip('link', 'set', 'cable1', 'netns', str(self.process.pid))
        for address in (OUR4 + '/24', OUR6 + '/64'):
            ip('addr', 'add', address, 'dev', 'cable0', *(['nodad'] if ':' in address else []))
        ip('link', 'set', 'cable0', 'up')
        mac = self._ask()
        ip('neigh', 'add', BLACK_HOLE, 'lladdr', mac, 'dev', 'cable0')  # taken, never answered
        for address in BESIDE:
            via = PUBLIC6 if ':' in address else PUBLIC4
            ip('route', 'add', address, 'via', via, 'dev', 'cable0')

    def _ask(self):
        self.process.stdin.write('\n')
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def seen(self):
        return collections.Counter(json.loads(self._ask()))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def refused(answer):
    return answer['fate'] == 'not_sent' and answer['curl'] in (0, 7)


def check_refused(count, program, urls):
    for url, answer in zip(urls, probe.ask(program, urls, timeout=3)):
        count.check(refused(answer), '%r: %s' % (url, answer))


def https(address):
    return 'https://[%s]/' % address if ':' in address else 'https://%s/' % address


def reachable(address, port=443):
    try:
        with socket.create_connection((address, port), timeout=3):
            return True
    except OSError:
        return False


def control(count, addresses):
    """The listeners work: a plain connect to each is possible, so zero means refused by us."""
    for address in addresses:
        count.check(reachable(address), 'no listener at %s' % address)


def names(count, program, far):
    """What a name server can do to us."""
    wanted = ['https://%s/' % name for name in NAMES
              if name not in ('pay.example', 'pay6.example', 'mixed.example', 'hole.example')]
    check_refused(count, program, wanted)
    check_refused(count, program, [https(a) for a in OURS + BESIDE])
    count.check(sum(far.seen().values()) == 0, 'connections beside us: %s' % far.seen())
    for name in REBIND:
        answers = probe.ask(program, ['https://%s/' % name] * 3, timeout=3, ca=CA)
        count.check(answers[0]['fate'] == 'answered', '%s, first: %s' % (name, answers[0]))
        for answer in answers[1:]:
            count.check(answer['why'] == 'address_refused', '%s: %s' % (name, answer))


def public_ones(count, program, far):
    """The same client does reach what is public, so the test can't pass by doing nothing."""
    good = ['https://pay.example/', 'https://pay6.example/', 'https://PAY.example:443/x?y=1',
            https(PUBLIC4), https(PUBLIC6), 'https://mixed.example/']
    before = far.seen()
    for url, answer in zip(good, probe.ask(program, good, timeout=3, ca=CA)):
        count.check(answer['fate'] == 'answered' and answer['status'] == 200,
                    '%s: %s' % (url, answer))
    gained = far.seen() - before
    count.check(gained == {PUBLIC4: 4, PUBLIC6: 2}, 'connections: %s' % gained)
    redirects = ['https://pay.example/redirect/' + there for there in
                 ('https://127.0.0.1/', 'http://127.0.0.1:8080/', 'http://169.254.169.254/',
                  'https://10.9.9.9/', 'file:///etc/passwd', 'https://pay.example/')]
    for url, answer in zip(redirects, probe.ask(program, redirects, timeout=3, ca=CA)):
        count.check(answer['status'] == 302 and answer['fate'] == 'answered',
                    '%s: %s' % (url, answer))


def slow_ones(count, program):
    """A name server that is silent, a host that is: in time, and nothing was sent."""
    for url, timeout, why, at_most in (('https://hang.example/', 2, 'dns', 3000),
                                       ('https://hole.example/', 2, 'connect', 3000),
                                       ('https://hole.example/', 8, 'connect', 4000)):
        began = time.monotonic()
        answer = probe.ask(program, [url], timeout=timeout)[0]
        took = (time.monotonic() - began) * 1000
        count.check(answer['fate'] == 'not_sent' and answer['why'] == why, '%s: %s' % (url, answer))
        count.check(answer['ms'] <= at_most and took <= at_most + 1000,
                    '%s: %d ms, %d ms with the process' % (url, answer['ms'], took))


def exceptions(count, program, here):
    """What the operator names works, and nothing beside it."""
    good = [('127.0.0.1:8080', 'http://127.0.0.1:8080/x'), ('127.0.0.1:8080', 'http://2130706433:8080/'),
            ('a:1, localhost:8080', 'http://localhost:8080/'), ('[::1]:8080', 'http://[0::1]:8080/')]
    for allowed, url in good:
        answer = probe.ask(program, [url], allowed)[0]
        count.check(answer['fate'] == 'answered', '%s for %s: %s' % (allowed, url, answer))
    before = sum(here.seen.values())
    for allowed, url in [('127.0.0.1:8080', 'http://127.0.0.1/'), ('127.0.0.1:8080', 'https://127.0.0.1/'),
                         ('127.0.0.1:8080', 'http://127.0.0.2:8080/'),
                         ('127.0.0.1:8080', 'http://localhost:8080/'),
                         ('localhost:8080', 'http://127.0.0.1:8080/'),
                         ('127.0.0.1:8080', 'http://[::1]:8080/'),
                         ('127.0.0.1:8080', 'ftp://127.0.0.1:8080/'),
                         ('127.0.0.1:8080', 'http://127.0.0.1:8080@127.0.0.1/')]:
        answer = probe.ask(program, [url], allowed)[0]
        count.check(refused(answer), '%s for %s: %s' % (allowed, url, answer))
    count.check(sum(here.seen.values()) == before, 'connections: %s' % here.seen)


def intern_name(count, program):
    good = probe.ask(program, ['http://intern.example:8080/'], 'intern.example:8080', 3)[0]
    count.check(good['fate'] == 'answered', str(good))
    for url in ('http://10.9.9.9:8080/', 'https://intern.example/'):
        answer = probe.ask(program, [url], 'intern.example:8080', 3)[0]
        count.check(refused(answer), '%s: %s' % (url, answer))


def own_addresses():
    """Of this machine, global ones."""
    listed = json.loads(subprocess.run(['ip', '-j', 'addr'], check=True, capture_output=True).stdout)
    return [a['local'] for link in listed for a in link['addr_info'] if a['scope'] != 'link']


def literals(count, program, here):
    check_refused(count, program, URLS)
    own = own_addresses()
    check_refused(count, program, [https(a) for a in own])
    count.check(len(URLS) >= 60, '%d URLs' % len(URLS))
    count.check(sum(here.seen.values()) == 0, 'connections: %s' % here.seen)
    return own


def inside(folder, program):
    """In namespaces of our own."""
    count = probe.Count()
    ip('link', 'set', 'lo', 'up')
    add_addresses('lo', [a for a in OURS if a not in (OUR4, OUR6)])
    with open(folder + '/resolv.conf', 'w') as f:
        f.write('nameserver 127.0.0.1\noptions timeout:10 attempts:2\n')
    subprocess.run(['mount', '--bind', folder + '/resolv.conf', '/etc/resolv.conf'], check=True)
    here = Listeners(certificate(folder))
    count.check(here.missing == [], str(here.missing))
    name_server()
    far = Beside(folder)
    own = literals(count, program, here)
    check_refused(count, program, ONLY_INSIDE)
    names(count, program, far)
    slow_ones(count, program)
    public_ones(count, program, far)
    count.check(sum(here.seen.values()) == 0, 'connections: %s' % here.seen)
    wrong = set(far.seen()) - {PUBLIC4, PUBLIC6}
    count.check(not wrong, 'connections beside us: %s' % wrong)
    exceptions(count, program, here)
    intern_name(count, program)
    control(count, ['127.0.0.1', '127.0.0.53', '0.0.0.0', '::1'] + own + BESIDE)
    far.close()
    print('%d URLs and %d names, from namespaces' % (len(URLS), len(NAMES) + len(REBIND)))
    return count.finish()


def on_this_machine(folder, program, why):
    """The part that needs nothing special."""
    print('skipped: names, routes and foreign addresses (%s)' % why)
    count = probe.Count()
    here = Listeners(certificate(folder))
    for missing in here.missing:
        print('skipped: listener at ' + missing)
    literals(count, program, here)
    exceptions(count, program, here)
    return count.finish()


def why_not_inside():
    if os.geteuid() != 0:
        return 'not root'
    tried = subprocess.run(['unshare', '-n', '-m', 'sh', '-c',
                            'ip link add a0 type veth peer name a1 && ip -6 addr add fd00::1/128 dev lo'],
                           capture_output=True, text=True)
    return tried.stderr.strip().split('\n')[-1] if tried.returncode != 0 else None


def main():
    with tempfile.TemporaryDirectory() as folder:
        alt = ['DNS:' + name for name in (*REBIND, 'pay.example', 'pay6.example', 'mixed.example')]
        alt += ['IP:' + PUBLIC4, 'IP:' + PUBLIC6]
        probe.Certificates(folder).server('all', ','.join(alt))
        program = probe.build(folder)
        why = why_not_inside()
        if why:
            return on_this_machine(folder, program, why)
        return subprocess.run(['unshare', '-n', '-m', '--propagation', 'private', sys.executable,
                               __file__, '--inside', folder, program]).returncode


if __name__ == '__main__':
    if sys.argv[1:2] == ['--beside']:
        beside(sys.argv[2])
        sys.exit(0)
    if sys.argv[1:2] == ['--inside']:
        CA = sys.argv[2] + '/ca.pem'
        sys.exit(inside(sys.argv[2], sys.argv[3]))
    sys.exit(main())

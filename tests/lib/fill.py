"""Fills a running instance's database: two shops with years of orders and all that belongs to them.

    fill(vz.connect, orders=200_000)   right after the demo data

or, for an instance that runs in a folder:

    cd tests && ORDERS=200000 python3 -m lib.fill ../run

The same rows each time, but for the demo's own ids. Everything is a function of a row's number n,
so a caller knows what is there: session n has the cookie token(n).

    sessions 1 .. GUESTS           guests of the shop demo, each with an open cart of its own;
                                   carts 1 .. STEADY have LINES lines, the others 1 to LINES
    sessions GUESTS+1 .. SESSIONS  users, two sessions each; every second one has an open cart

Shares are a shop's: a fifth of the orders is the second shop's, most are old and delivered, the
newest are still moving, some were cancelled, some payments needed a second attempt. A few tables that
stay small in life get some hundred rows, so that a query plan shows how it reads them.
"""

import concurrent.futures
import datetime
import hashlib
import json
import os
import pathlib
import sys
import time

GUESTS, STEADY, SESSIONS, LINES = 4000, 2000, 12000, 5
USERS = (SESSIONS - GUESTS) // 2
PRODUCTS = {"demo": 1500, "rakip": 500}
DAYS = 730
TABLES = ("users sessions products shipping_methods carts cart_items orders order_items"
          " order_history integrations credentials attempts attempt_events ledger inbox"
          " idempotency_keys tenants tenant_hosts").split()


def token(n):
    """What the cookie vezne_session of session n says."""
    return hashlib.sha256(f"token-{n}".encode()).hexdigest()


def _uuid(kind, n, at):
    """SQL: a UUID of version 7, from a number and a moment, as the programs make them."""
    ms = f"LPAD(HEX(CAST(TIMESTAMPDIFF(MICROSECOND,'1970-01-01',{at}) DIV 1000 AS UNSIGNED)),12,'0')"
    return f"INSERT(INSERT(MD5(CONCAT('{kind}',{n})),1,13,CONCAT({ms},'7')),17,1,'8')"


def _roll(salt, n, sides):
    """SQL: 0 .. sides-1, by chance, but always the same for the same n."""
    return f"(CRC32(CONCAT('{salt}',{n})) % {sides})"


class _Rows:
    """The statements, in groups. Each big table is filled by one statement while it is empty: InnoDB
    sorts such rows and builds the indexes in one go."""

    session = "SET SESSION foreign_key_checks = 0, unique_checks = 0"

    def __init__(self, orders, now, password_hash):
        self.orders, self.password_hash = orders, password_hash
        step = DAYS * 86_400_000_000 // max(orders, 1)
        begin = now - datetime.timedelta(days=DAYS)
        later = now + datetime.timedelta(days=30)
        # When row number seq came to be; now; in a month
        self.at = f"(TIMESTAMP'{begin:%Y-%m-%d %H:%M:%S}' + INTERVAL seq * {step} MICROSECOND)"
        self.now = f"TIMESTAMP'{now:%Y-%m-%d %H:%M:%S}'"
        self.later = f"TIMESTAMP'{later:%Y-%m-%d %H:%M:%S}'"
        self.tenant = f"IF({_roll('t', 'seq', 5)} = 0, @rakip, @demo)"

    def variables(self):
        for shop in ("demo", "rakip"):
            yield f"SET @{shop} = (SELECT id FROM tenants WHERE code = '{shop}')"
            yield (f"SELECT id, credential_id INTO @in_{shop}, @cr_{shop} FROM integrations"
                   f" WHERE tenant_id = @{shop} AND provider_type = 'kuveyt'"
                   " ORDER BY created_at DESC, id DESC LIMIT 1")
            yield (f"SELECT id, price INTO @sm_{shop}, @sp_{shop} FROM shipping_methods"
                   f" WHERE tenant_id = @{shop} AND is_active ORDER BY created_at, id LIMIT 1")

    def small(self):
        at, now_ = self.at, self.now
        yield ("INSERT INTO tenants (code, name, is_active, created_at)"
               f" SELECT CONCAT('dukkan', seq), CONCAT('Dükkân ', seq), 1, {now_} FROM seq_1_to_150")
        yield ("INSERT INTO tenant_hosts (host, tenant_id) SELECT CONCAT(code, '.example'), id"
               " FROM tenants WHERE code LIKE 'dukkan%'")
        yield ("INSERT INTO shipping_methods (tenant_id, id, name, code, price, free_shipping_threshold,"
               f" is_active, created_at) SELECT IF(seq % 2, @demo, @rakip), {_uuid('sm', 'seq', now_)},"
               f" CONCAT('Kargo ', seq), CONCAT('kargo-', seq), 4900, 100000, seq < 5, {now_}"
               " FROM seq_1_to_300")
        yield ("INSERT INTO integrations (tenant_id, id, provider_type, name, status, credential_id,"
               f" created_at, updated_at, is_kept) SELECT IF(seq % 2, @demo, @rakip),"
               f" {_uuid('in', 'seq', at)}, IF(seq % 3, 'kuveyt', 'paytr'), CONCAT('Eski hesap ', seq),"
               f" 'inactive', {_uuid('cr', 'seq', at)}, {at}, {at}, IF(seq % 4, NULL, 1)"
               " FROM seq_1_to_600")
        yield ("INSERT INTO credentials (tenant_id, id, integration_id, api_key, api_key_last4,"
               f" api_secret, created_at) SELECT IF(seq % 2, @demo, @rakip), {_uuid('cr', 'seq', at)},"
               f" {_uuid('in', 'seq', at)}, REPEAT('k', 60), '0000', REPEAT('s', 60), {at}"
               " FROM seq_1_to_600")

    def shops(self):
        at, now_, later_, tenant = self.at, self.now, self.later, self.tenant
        # Products, and a short list of them to choose from: the first are bought most.
        for shop, n in PRODUCTS.items():
            yield ("INSERT INTO products (tenant_id, id, name, slug, description, price, stock,"
                   " tax_rate, image_url, is_active, created_at, updated_at)"
                   f" SELECT @{shop}, {_uuid('pr' + shop, 'seq', at)}, CONCAT('Ürün ', seq, ' ',"
                   f" ELT(1 + seq % 6, 'Cezve', 'Bardak', 'Kâse', 'Kilim', 'Sabun', 'Havlu')),"
                   f" CONCAT('urun-', seq), REPEAT('Elde yapıldı, uzun ömürlü. ', 1 + seq % 8),"
                   f" 990 + {_roll('p', 'seq', 200000)}, 1000000, ELT(1 + seq % 4, 0, 100, 1000, 2000),"
                   f" CONCAT('https://cdn.example/', seq, '.jpg'), seq % 20 > 0, {at}, {at}"
                   f" FROM seq_1_to_{n}")
        yield ("CREATE TABLE fill_products (tenant_id BIGINT, n INT, id UUID, name VARCHAR(200),"
               " price BIGINT, tax_rate INT, PRIMARY KEY (tenant_id, n)) ENGINE = Aria"
               " SELECT tenant_id, ROW_NUMBER() OVER (PARTITION BY tenant_id ORDER BY created_at, id) - 1"
               " AS n, id, name, price, tax_rate FROM products WHERE is_active AND slug LIKE 'urun-%'")

        # Users and sessions
        yield ("INSERT INTO users (tenant_id, id, email, password_hash, role, first_name, last_name,"
               f" phone, is_active, created_at) SELECT {tenant}, {_uuid('us', 'seq', at)},"
               f" CONCAT('kisi', seq, '@example.com'), '{self.password_hash}', 'customer',"
               " ELT(1 + seq % 5, 'Ayşe', 'Mehmet', 'Zeynep', 'Ali', 'Elif'),"
               " ELT(1 + seq % 4, 'Yılmaz', 'Kaya', 'Demir', 'Şahin'),"
               f" CONCAT('+90532', LPAD(seq, 7, '0')), seq % 50 > 0, {at} FROM seq_1_to_{USERS}")
        token_hash = "UNHEX(SHA2(UNHEX(SHA2(CONCAT('token-', seq), 256)), 256))"
        yield ("CREATE TABLE fill_sessions (seq INT PRIMARY KEY, tenant_id BIGINT,"
               " token_hash BINARY(32), user_id UUID, owner BINARY(32)) ENGINE = Aria"
               f" SELECT seq, @demo AS tenant_id, {token_hash} AS token_hash, NULL AS user_id,"
               f" {token_hash} AS owner FROM seq_1_to_{GUESTS}")
        number = f"{GUESTS - 2} + 2 * u.n + k.seq"
        yield (f"INSERT INTO fill_sessions SELECT {number}, u.tenant_id,"
               f" {token_hash.replace('seq', number)}, u.id, UNHEX(SHA2(u.id, 256))"
               " FROM (SELECT tenant_id, id, CAST(SUBSTRING_INDEX(SUBSTRING(email, 5), '@', 1) AS INT) AS n"
               " FROM users WHERE email LIKE 'kisi%') u JOIN seq_1_to_2 k")
        yield ("INSERT INTO sessions (tenant_id, token_hash, user_id, owner, created_at, seen_at,"
               f" expires_at) SELECT tenant_id, token_hash, user_id, owner, {now_}, {now_}, {later_}"
               " FROM fill_sessions")

    def shape(self):
        at, tenant, orders = self.at, self.tenant, self.orders
        # Orders: first what each is like, then its lines, then the rows. Half of the users' orders are
        # those of a tenth of them.
        yield f"""CREATE TABLE fill_orders (seq INT PRIMARY KEY, tenant_id BIGINT, id UUID,
            cart_id UUID, user_seq INT, status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin,
            payment_status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin, nlines INT,
            at DATETIME(6), code VARCHAR(16) CHARACTER SET ascii) ENGINE = Aria
            SELECT seq, {tenant} AS tenant_id, {_uuid('or', 'seq', at)} AS id,
            {_uuid('ca', 'seq', at)} AS cart_id,
            IF({_roll('g', 'seq', 10)} < 4, NULL, 1 + FLOOR(POW({_roll('u', 'seq', 100000)} / 100000, 3)
              * {USERS})) AS user_seq,
            IF(seq > {orders} * 0.97,
              ELT(1 + {_roll('s', 'seq', 10)}, 'pending', 'pending', 'pending', 'confirmed', 'confirmed',
                  'processing', 'processing', 'shipped', 'shipped', 'cancelled'),
              CASE WHEN {_roll('s', 'seq', 100)} < 83 THEN 'delivered'
                   WHEN {_roll('s', 'seq', 100)} < 96 THEN 'cancelled' ELSE 'refunded' END) AS status,
            '' AS payment_status, 1 + {_roll('l', 'seq', 3)} AS nlines, {at} AS at,
            LEFT(UPPER(MD5(CONCAT('no', seq))), 8) AS code FROM seq_1_to_{orders}"""
        yield f"""UPDATE fill_orders SET payment_status = CASE status WHEN 'pending' THEN
            IF(seq % 5, 'pending', 'failed') WHEN 'cancelled' THEN IF(seq % 3, 'pending', 'failed')
            WHEN 'refunded' THEN 'refunded' ELSE 'paid' END"""
        yield f"""CREATE TABLE fill_lines (seq INT, line INT, tenant_id BIGINT, product_id UUID,
            name VARCHAR(200), quantity INT, price BIGINT, tax_rate INT, PRIMARY KEY (seq, line))
            ENGINE = Aria
            SELECT o.seq, l.seq AS line, o.tenant_id, p.id AS product_id, p.name,
            1 + {_roll('q', 'o.seq * 4 + l.seq', 3)} AS quantity, p.price, p.tax_rate
            FROM fill_orders o JOIN seq_1_to_3 l ON l.seq <= o.nlines
            JOIN fill_products p ON p.tenant_id = o.tenant_id
              AND p.n = (FLOOR(POW({_roll('w', 'o.seq', 10000)} / 10000, 2) * 400) + l.seq * 7)"""
        yield """CREATE TABLE fill_sums (seq INT PRIMARY KEY, pieces INT, subtotal BIGINT,
            tax BIGINT) ENGINE = Aria SELECT seq, SUM(quantity) AS pieces,
            SUM(quantity * price) AS subtotal,
            SUM(quantity * price * tax_rate DIV (10000 + tax_rate)) AS tax FROM fill_lines GROUP BY seq"""

    def carts(self):
        now_ = self.now
        # Carts: a closed one for each order, the open ones of sessions.
        with_cart = f"(seq <= {GUESTS} OR seq % 4 = 1)"
        open_cart = _uuid("oc", "seq", now_)
        yield ("INSERT INTO carts (tenant_id, id, owner, is_open, shipping_method_id, created_at,"
               " updated_at) SELECT tenant_id, cart_id, UNHEX(SHA2(cart_id, 256)), NULL,"
               " IF(tenant_id = @demo, @sm_demo, @sm_rakip), at, at FROM fill_orders")
        yield ("INSERT INTO carts (tenant_id, id, owner, is_open, shipping_method_id, created_at,"
               f" updated_at) SELECT tenant_id, {open_cart}, owner, 1,"
               f" IF(seq % 2, IF(tenant_id = @demo, @sm_demo, @sm_rakip), NULL), {now_}, {now_}"
               f" FROM fill_sessions WHERE {with_cart}")
        item = _uuid("oi", "s.seq * 8 + l.seq", now_)
        yield ("INSERT INTO cart_items (tenant_id, cart_id, product_id, id, quantity, added_at)"
               f" SELECT o.tenant_id, o.cart_id, l.product_id, {_uuid('ci', 'o.seq * 4 + l.line', 'o.at')},"
               " l.quantity, o.at + INTERVAL l.line SECOND FROM fill_orders o"
               " JOIN fill_lines l ON l.seq = o.seq")
        yield ("INSERT INTO cart_items (tenant_id, cart_id, product_id, id, quantity, added_at)"
               f" SELECT s.tenant_id, {open_cart.replace('seq', 's.seq')}, p.id, {item}, 1,"
               f" {now_} + INTERVAL l.seq MICROSECOND FROM fill_sessions s"
               f" JOIN seq_1_to_{LINES} l ON s.seq <= {STEADY} OR l.seq <= 1 + s.seq % {LINES}"
               " JOIN fill_products p ON p.tenant_id = s.tenant_id AND p.n = (s.seq * 3 + l.seq) % 400"
               f" WHERE {with_cart.replace('seq', 's.seq')}")

    def placed(self):
        yield f"""INSERT INTO orders (tenant_id, id, order_number, cart_id, user_id, status,
            payment_status, currency, item_count, subtotal, discount, shipping, total, tax,
            customer_email, customer_first_name, customer_last_name, customer_phone, address_line1, city,
            postal_code, country, shipping_method_id, shipping_name, tracking_number, created_at,
            updated_at, hold_until, paid_at, shipped_at, delivered_at, cancelled_at)
            SELECT o.tenant_id, o.id, CONCAT('ORD-', IF(o.tenant_id = @demo, 'DEMO-', 'RAKIP-'),
            LPAD(o.seq, 8, '0'), '-', o.code), o.cart_id, u.id, o.status, o.payment_status, 'TRY',
            s.pieces, s.subtotal, 0, sp.price, s.subtotal + sp.price, s.tax,
            COALESCE(u.email, CONCAT('misafir', o.seq % 50000, '@example.com')),
            COALESCE(u.first_name, 'Deniz'), COALESCE(u.last_name, 'Aydın'), '+905321234567',
            CONCAT('Gül Sokak No: ', o.seq % 200), ELT(1 + o.seq % 4, 'İstanbul', 'Ankara', 'İzmir',
            'Bursa'), '34000', 'TR', sp.id, 'Standart Kargo',
            IF(o.status IN ('shipped', 'delivered'), CONCAT('TR', LPAD(o.seq, 10, '0')), NULL), o.at, o.at,
            o.at + INTERVAL 1 HOUR, IF(o.payment_status IN ('paid', 'refunded'), o.at + INTERVAL 5 MINUTE,
            NULL), IF(o.status IN ('shipped', 'delivered'), o.at + INTERVAL 1 DAY, NULL),
            IF(o.status = 'delivered', o.at + INTERVAL 3 DAY, NULL),
            IF(o.status = 'cancelled', o.at + INTERVAL 1 HOUR, NULL)
            FROM fill_orders o JOIN fill_sums s ON s.seq = o.seq
            JOIN (SELECT @demo AS tenant_id, @sm_demo AS id, @sp_demo AS price
                  UNION ALL SELECT @rakip, @sm_rakip, @sp_rakip) sp ON sp.tenant_id = o.tenant_id
            LEFT JOIN users u ON u.tenant_id = o.tenant_id
              AND u.email = CONVERT(CONCAT('kisi', o.user_seq, '@example.com') USING ascii)"""
        yield ("INSERT INTO order_items (tenant_id, order_id, line, product_id, name, quantity,"
               " unit_price, tax_rate, line_total) SELECT l.tenant_id, o.id, l.line, l.product_id, l.name,"
               " l.quantity, l.price, l.tax_rate, l.quantity * l.price"
               " FROM fill_lines l JOIN fill_orders o ON o.seq = l.seq")

    def history(self):
        yield ("INSERT INTO order_history (tenant_id, order_id, from_status, to_status, at, actor)"
               " SELECT o.tenant_id, o.id, ELT(h.seq, NULL, 'pending', 'confirmed'),"
               " ELT(h.seq, 'pending', IF(o.payment_status IN ('paid', 'refunded'), 'confirmed',"
               " o.status), o.status), o.at + INTERVAL h.seq HOUR,"
               " ELT(h.seq, IF(o.user_seq IS NULL, 'guest', 'system'), 'payment', 'system')"
               " FROM fill_orders o JOIN seq_1_to_3 h ON h.seq = 1"
               " OR (h.seq = 2 AND o.status <> 'pending')"
               " OR (h.seq = 3 AND o.status NOT IN ('pending', 'confirmed', 'cancelled'))")

    def attempts(self):
        at = self.at
        # Attempts: the one that paid (or is under way), and one before it that was declined now and then.
        yield f"""CREATE TABLE fill_attempts (seq INT, k INT, tenant_id BIGINT, id UUID,
            order_id UUID, state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin, at DATETIME(6),
            amount BIGINT, PRIMARY KEY (seq, k)) ENGINE = Aria
            SELECT o.seq, k.seq AS k, o.tenant_id,
            {_uuid('at', 'o.seq * 2 + k.seq', '(o.at + INTERVAL k.seq MINUTE)')} AS id,
            o.id AS order_id, CASE WHEN k.seq = 1 THEN 'declined'
              WHEN o.payment_status IN ('paid', 'refunded') THEN 'succeeded'
              WHEN o.payment_status = 'failed' THEN 'declined'
              WHEN o.status = 'pending' THEN 'waiting' ELSE 'void' END AS state,
            o.at + INTERVAL k.seq MINUTE AS at, s.subtotal AS amount
            FROM fill_orders o JOIN fill_sums s ON s.seq = o.seq
            JOIN seq_1_to_2 k ON k.seq = 2 OR {_roll('d', 'o.seq', 12)} = 0"""
        yield """INSERT INTO attempts (tenant_id, id, purpose, order_id, payment_number, provider, driver,
            integration_id, credential_id, mode, endpoint, reference, provider_ref, amount, currency,
            state, pays, error_code, payment_url, flag, created_at, settled_at, paid_at, asks, next_ask_at)
            SELECT a.tenant_id, a.id, 'order', a.order_id, CONCAT('PAY-', a.seq, '-', a.k), 'kuveyt',
            'kuveyt', IF(a.tenant_id = @demo, @in_demo, @in_rakip),
            IF(a.tenant_id = @demo, @cr_demo, @cr_rakip), 'test', 'https://test-api.example/payment',
            LEFT(MD5(CONCAT('ref', a.seq, '-', a.k)), 24), IF(a.state = 'void', NULL,
            CONCAT('txn-', a.seq, '-', a.k)), a.amount, 'TRY', a.state, IF(a.state = 'succeeded', 1, NULL),
            IF(a.state = 'declined', 'insufficient_funds', NULL),
            IF(a.state = 'void', NULL, CONCAT('https://test-api.example/page/', a.seq)),
            IF(a.seq % 4000 = 0, 'paid_twice', NULL), a.at, IF(a.state = 'waiting', NULL, a.at),
            IF(a.state = 'succeeded', a.at + INTERVAL 1 MINUTE, NULL), IF(a.state = 'waiting', 3, 0),
            IF(a.state = 'waiting', a.at + INTERVAL 1 DAY, NULL) FROM fill_attempts a"""
        yield ("INSERT INTO attempt_events (tenant_id, attempt_id, at, source, outcome, effect)"
               " SELECT tenant_id, id, at, IF(seq % 10, 'notice', 'verify'), IF(state = 'void',"
               " 'not_sent', state), 'settled' FROM fill_attempts")
        yield ("INSERT INTO ledger (tenant_id, attempt_id, kind, cause, provider, mode, amount, currency,"
               " at) SELECT tenant_id, id, 'capture', LEFT(MD5(CONCAT('ref', seq, '-', k)), 24),"
               " 'kuveyt', 'test', amount, 'TRY', at FROM fill_attempts WHERE state = 'succeeded'")
        few = max(self.orders // 10, 200)
        yield ("INSERT INTO inbox (id, tenant_id, provider, about, kind, remote_addr, body, received_at,"
               f" state, result, handled_at) SELECT {_uuid('ib', 'seq', at)}, IF(seq % 100, @demo, NULL),"
               " 'kuveyt', LEFT(MD5(CONCAT('ref', seq, '-2')), 24), 'notice', '192.0.2.1',"
               f" REPEAT('x', 300), {at}, IF(seq % 100, 'applied', 'new'), NULL,"
               f" IF(seq % 100, {at}, NULL) FROM seq_1_to_{few}")
        yield ("INSERT INTO idempotency_keys (tenant_id, owner, idem_key, request_hash, state,"
               " lease_until, http_status, answer, created_at) SELECT @demo,"
               " UNHEX(SHA2(CONCAT('o', seq), 256)), MD5(seq), UNHEX(SHA2(seq, 256)), 'done',"
               f" {at}, 201, '{{}}', {at} FROM seq_1_to_{few}")


def _run(connect, rows, groups, say):
    """Some groups, one after the other, on a connection of their own."""
    with connect() as sql:
        for group in [[rows.session], rows.variables(), *groups]:
            for text in group:
                started = time.monotonic()
                sql.run(text)
                if say:
                    say(f"{time.monotonic() - started:6.1f} s  {' '.join(text.split())[:70]}")


def fill(connect, orders=200_000, say=None):
    """Returns how many rows each table has. connect() makes a Sql that may do everything. For many
    orders the buffer pool is made to hold them all, until the database is started anew."""
    now = datetime.datetime.now(datetime.timezone.utc)
    with connect() as sql:
        if int(sql.one("SELECT COUNT(*) FROM orders")):
            raise ValueError("there are orders already: this wants a database with the demo data only")
        rows = _Rows(orders, now, sql.one(
            "SELECT password_hash FROM users WHERE email = 'musteri@demo.test'"))
        before = {v: sql.one(f"SELECT @@GLOBAL.{v}") for v in ("innodb_flush_log_at_trx_commit",
                                                               "innodb_log_file_size")}
        sql.run("SET GLOBAL innodb_flush_log_at_trx_commit = 0,"
                " GLOBAL innodb_log_file_size = 512 << 20")
        if orders > 50_000:
            sql.run("SET GLOBAL innodb_buffer_pool_size = 1 << 30")
        try:
            _run(connect, rows, [rows.small()], say)
            _run(connect, rows, [rows.shops(), rows.shape()], say)
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                for lane in [pool.submit(_run, connect, rows, groups, say) for groups in (
                        [rows.carts(), rows.history()], [rows.placed(), rows.attempts()])]:
                    lane.result()
        finally:
            sql.run("".join(f"SET GLOBAL {k} = {v};" for k, v in before.items()))
        for name in ("products", "sessions", "orders", "lines", "sums", "attempts"):
            sql.run(f"DROP TABLE fill_{name}")
        sql.rows(f"ANALYZE TABLE {', '.join(TABLES)}")
        return {t: int(sql.one(f"SELECT COUNT(*) FROM {t}")) for t in TABLES}


def main():
    from .sql import Sql
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    demo = json.loads((pathlib.Path(sys.argv[1]) / "demo.json").read_text())["database"]
    started = time.monotonic()
    rows = fill(lambda: Sql(demo["socket"], demo["name"]), int(os.environ.get("ORDERS", "200000")),
                say=print)
    for table, n in rows.items():
        print(f"{n:9} {table}")
    print(f"filled in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()

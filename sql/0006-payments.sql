-- The money core (contract section 7): journal of attempts, what was heard about them, the ledger,
-- notices as they came, and Idempotency-Keys.

-- A row is committed before anything is sent. `purpose` says what the money is for and which of the
-- subject columns holds it; later doors add theirs.
CREATE TABLE attempts (
  tenant_id      BIGINT NOT NULL,
  id             UUID NOT NULL,
  purpose        VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id       UUID NULL,
  payment_number VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  provider       VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  driver         VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  integration_id UUID NOT NULL,
  credential_id  UUID NOT NULL,
  mode           VARCHAR(4) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  endpoint       VARCHAR(500) NOT NULL,
  reference      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- ours, never used again
  provider_ref   VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,    -- theirs
  amount         BIGINT NOT NULL,
  currency       CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state          VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  pays           TINYINT NULL, -- 1: the attempt that pays its subject
  error_code     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  error_text     VARCHAR(300) NULL,
  payment_url    VARCHAR(1000) NULL,
  flag           VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL, -- something a person must see
  created_at     DATETIME(6) NOT NULL,
  settled_at     DATETIME(6) NULL,
  paid_at        DATETIME(6) NULL,
  asks           INT NOT NULL DEFAULT 0,
  next_ask_at    DATETIME(6) NULL, -- when the resolver asks the provider again
  PRIMARY KEY (tenant_id, id),
  UNIQUE KEY attempts_id (id),
  UNIQUE KEY attempts_number (tenant_id, payment_number),
  UNIQUE KEY attempts_reference (reference),
  UNIQUE KEY attempts_provider_ref (tenant_id, provider, provider_ref),
  UNIQUE KEY attempts_pays (tenant_id, order_id, pays),
  KEY attempts_newest (tenant_id, created_at, id),
  KEY attempts_to_ask (next_ask_at),
  KEY attempts_flagged (flag, created_at),
  FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id),
  FOREIGN KEY (tenant_id, credential_id) REFERENCES credentials (tenant_id, id),
  CHECK (purpose IN ('order')),
  CHECK ((purpose = 'order') = (order_id IS NOT NULL)),
  CHECK (mode IN ('test', 'live')),
  CHECK (amount > 0),
  CHECK (currency = 'TRY'),
  CHECK (state IN ('sending', 'waiting', 'unknown', 'succeeded', 'declined', 'void')),
  CHECK (pays IS NULL OR (pays = 1 AND state = 'succeeded')),
  CHECK ((state = 'succeeded') = (paid_at IS NOT NULL)),
  -- nothing stays open without somebody who will look at it
  CHECK (state NOT IN ('sending', 'waiting', 'unknown') OR next_ask_at IS NOT NULL OR flag IS NOT NULL)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Everything that was heard about an attempt, never changed.
CREATE TABLE attempt_events (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  tenant_id  BIGINT NOT NULL,
  attempt_id UUID NOT NULL,
  at         DATETIME(6) NOT NULL,
  source     VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- which of the four ways
  outcome    VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  effect     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- what it moved: settled, kept, repeat …
  code       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  KEY attempt_events_of (tenant_id, attempt_id, id),
  FOREIGN KEY (tenant_id, attempt_id) REFERENCES attempts (tenant_id, id),
  CHECK (source IN ('answer', 'notice', 'verify', 'resolver')),
  CHECK (outcome IN ('succeeded', 'declined', 'waiting', 'unknown', 'not_found', 'not_sent'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Money that really moved, one row a cause, never changed or deleted; corrections are new rows.
CREATE TABLE ledger (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  tenant_id  BIGINT NOT NULL,
  attempt_id UUID NOT NULL,
  kind       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  cause      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- our reference of the movement
  provider   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode       VARCHAR(4) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount     BIGINT NOT NULL,
  currency   CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at         DATETIME(6) NOT NULL,
  UNIQUE KEY ledger_cause (kind, cause),
  KEY ledger_of (tenant_id, attempt_id),
  FOREIGN KEY (tenant_id, attempt_id) REFERENCES attempts (tenant_id, id),
  CHECK (kind IN ('capture', 'refund')),
  CHECK (amount > 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Notices, kept as they came before anybody reads them. The body is an envelope: it may hold tokens.
CREATE TABLE inbox (
  id           UUID NOT NULL PRIMARY KEY,
  tenant_id    BIGINT NULL, -- once it is known
  provider     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  about        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- id in the path
  kind         VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  remote_addr  VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body         MEDIUMBLOB NOT NULL,
  received_at  DATETIME(6) NOT NULL,
  state        VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  result       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  handled_at   DATETIME(6) NULL,
  KEY inbox_open (state, received_at),
  KEY inbox_about (about),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CHECK (state IN ('new', 'applied', 'refused')),
  CHECK ((state = 'new') = (handled_at IS NULL))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- `owner` as in sessions, so that nobody meets another's key.
CREATE TABLE idempotency_keys (
  tenant_id    BIGINT NOT NULL,
  owner        BINARY(32) NOT NULL,
  idem_key     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request_hash BINARY(32) NOT NULL, -- of method, path and body
  state        VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  lease_until  DATETIME(6) NOT NULL, -- running: nobody else may take over before
  http_status  INT NULL,
  answer       MEDIUMTEXT NULL,
  created_at   DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, owner, idem_key),
  KEY idempotency_keys_old (created_at),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CHECK (state IN ('running', 'done')),
  CHECK ((state = 'done') = (http_status IS NOT NULL AND answer IS NOT NULL))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

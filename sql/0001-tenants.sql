-- Tenants, their hosts, users and sessions (contract section 2).
-- Every table and key carries the tenant. Money is BIGINT kuruş, times are UTC, ids that leave the
-- house are UUIDs, words for machines compare byte by byte (ascii_bin).

CREATE TABLE tenants (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  code       VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- in order numbers, upper case
  name       VARCHAR(200) NOT NULL,
  is_active  BOOLEAN NOT NULL DEFAULT TRUE,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY tenants_code (code),
  CHECK (code REGEXP '^[a-z0-9][a-z0-9-]*$')
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE tenant_hosts (
  host      VARCHAR(253) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY, -- lower case, no port
  tenant_id BIGINT NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenants (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE users (
  tenant_id     BIGINT NOT NULL,
  id            UUID NOT NULL,
  email         VARCHAR(254) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- lower case
  password_hash VARCHAR(127) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  role          VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  agency_id     BIGINT NULL, -- of the role agency
  first_name    VARCHAR(100) NOT NULL,
  last_name     VARCHAR(100) NOT NULL,
  phone         VARCHAR(30) NULL,
  is_active     BOOLEAN NOT NULL DEFAULT TRUE,
  created_at    DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE KEY users_email (tenant_id, email),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CHECK (role IN ('owner', 'admin', 'agency', 'customer')),
  CHECK ((role = 'agency') = (agency_id IS NOT NULL))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Of a session only the hash of its token is kept. `owner` says whose cart and keys it uses: for a
-- user a hash of the user's id, for a guest the token's own hash.
CREATE TABLE sessions (
  tenant_id  BIGINT NOT NULL,
  token_hash BINARY(32) NOT NULL,
  user_id    UUID NULL,
  owner      BINARY(32) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  seen_at    DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, token_hash),
  KEY sessions_user (tenant_id, user_id),
  KEY sessions_expiry (expires_at),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

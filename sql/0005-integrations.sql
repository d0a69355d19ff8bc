-- A tenant's accounts with providers. Secrets are envelopes (AES-256-GCM) bound to their row.

CREATE TABLE integrations (
  tenant_id     BIGINT NOT NULL,
  id            UUID NOT NULL,
  provider_type VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name          VARCHAR(255) NOT NULL,
  description   VARCHAR(1000) NOT NULL DEFAULT '',
  status        VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  api_endpoint  VARCHAR(500) NULL,
  test_endpoint VARCHAR(500) NULL,
  config        TEXT NOT NULL DEFAULT '{}',
  credential_id UUID NULL, -- the newest one
  last_used_at  DATETIME(6) NULL,
  last_error    VARCHAR(300) NULL,
  created_at    DATETIME(6) NOT NULL,
  updated_at    DATETIME(6) NOT NULL,
  is_kept       TINYINT NULL, -- 1, or NULL once deleted
  PRIMARY KEY (tenant_id, id),
  UNIQUE KEY integrations_name (tenant_id, provider_type, name, is_kept),
  KEY integrations_newest (tenant_id, is_kept, created_at, id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CHECK (provider_type IN ('kuveyt', 'paytr')),
  CHECK (status IN ('active', 'inactive', 'test_mode')),
  CHECK (JSON_VALID(config)),
  CHECK (is_kept = 1)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Never changed (but for re-encryption): a payment is asked about with the keys that it began with,
-- however often the integration got new ones since.
CREATE TABLE credentials (
  tenant_id      BIGINT NOT NULL,
  id             UUID NOT NULL,
  integration_id UUID NOT NULL,
  api_key        VARBINARY(2100) NULL,
  api_key_last4  VARCHAR(4) NULL,
  api_secret     VARBINARY(2100) NULL,
  created_at     DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, id),
  KEY credentials_of (tenant_id, integration_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

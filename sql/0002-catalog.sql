-- What a shop sells and how it sends it (contract section 4).

CREATE TABLE products (
  tenant_id   BIGINT NOT NULL,
  id          UUID NOT NULL,
  name        VARCHAR(200) NOT NULL,
  slug        VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  price       BIGINT NOT NULL, -- KDV included
  currency    CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'TRY',
  stock       INT NOT NULL,
  tax_rate    INT NOT NULL, -- 1/100 %
  image_url   VARCHAR(500) NULL,
  is_active   BOOLEAN NOT NULL DEFAULT TRUE,
  created_at  DATETIME(6) NOT NULL,
  updated_at  DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE KEY products_slug (tenant_id, slug),
  KEY products_listed (tenant_id, is_active, created_at, id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CHECK (price >= 0),
  CHECK (stock >= 0),
  CHECK (currency = 'TRY'),
  CHECK (tax_rate BETWEEN 0 AND 10000)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE shipping_methods (
  tenant_id               BIGINT NOT NULL,
  id                      UUID NOT NULL,
  name                    VARCHAR(200) NOT NULL,
  code                    VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  price                   BIGINT NOT NULL,
  free_shipping_threshold BIGINT NULL, -- at this subtotal or above sending is free
  is_active               BOOLEAN NOT NULL DEFAULT TRUE,
  created_at              DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE KEY shipping_methods_code (tenant_id, code),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CHECK (price >= 0),
  CHECK (free_shipping_threshold IS NULL OR free_shipping_threshold >= 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

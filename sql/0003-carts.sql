-- Carts: one open cart an owner (is_open is 1, or NULL once it became an order).

CREATE TABLE carts (
  tenant_id          BIGINT NOT NULL,
  id                 UUID NOT NULL,
  owner              BINARY(32) NOT NULL, -- as in sessions
  is_open            TINYINT NULL,
  shipping_method_id UUID NULL,
  created_at         DATETIME(6) NOT NULL,
  updated_at         DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE KEY carts_open (tenant_id, owner, is_open),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  FOREIGN KEY (tenant_id, shipping_method_id) REFERENCES shipping_methods (tenant_id, id),
  CHECK (is_open = 1)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE cart_items (
  tenant_id  BIGINT NOT NULL,
  cart_id    UUID NOT NULL,
  product_id UUID NOT NULL,
  id         UUID NOT NULL,
  quantity   INT NOT NULL,
  added_at   DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, cart_id, product_id),
  UNIQUE KEY cart_items_id (tenant_id, id),
  FOREIGN KEY (tenant_id, cart_id) REFERENCES carts (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
  CHECK (quantity BETWEEN 1 AND 9999)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

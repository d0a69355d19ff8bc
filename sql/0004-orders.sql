-- Orders: prices, names and address are frozen here when the order is made (contract section 4).

CREATE TABLE orders (
  tenant_id          BIGINT NOT NULL,
  id                 UUID NOT NULL,
  order_number       VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  cart_id            UUID NOT NULL,
  user_id            UUID NULL, -- NULL: a guest's
  status             VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payment_status     VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  currency           CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  item_count         INT NOT NULL, -- pieces
  subtotal           BIGINT NOT NULL,
  discount           BIGINT NOT NULL,
  shipping           BIGINT NOT NULL,
  total              BIGINT NOT NULL,
  tax                BIGINT NOT NULL, -- KDV contained in the lines
  coupon_code        VARCHAR(50) NULL,
  customer_email     VARCHAR(254) NOT NULL,
  customer_first_name VARCHAR(100) NOT NULL,
  customer_last_name VARCHAR(100) NOT NULL,
  customer_phone     VARCHAR(30) NOT NULL,
  address_line1      VARCHAR(250) NOT NULL,
  address_line2      VARCHAR(250) NULL,
  city               VARCHAR(100) NOT NULL,
  postal_code        VARCHAR(20) NOT NULL,
  country            CHAR(2) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  shipping_method_id UUID NOT NULL,
  shipping_name      VARCHAR(200) NOT NULL,
  tracking_number    VARCHAR(100) NULL,
  flag               VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL, -- something a person must see
  created_at         DATETIME(6) NOT NULL,
  updated_at         DATETIME(6) NOT NULL,
  hold_until         DATETIME(6) NOT NULL, -- unpaid it keeps its stock until then
  paid_at            DATETIME(6) NULL,
  shipped_at         DATETIME(6) NULL,
  delivered_at       DATETIME(6) NULL,
  cancelled_at       DATETIME(6) NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE KEY orders_number (tenant_id, order_number),
  UNIQUE KEY orders_cart (tenant_id, cart_id),
  KEY orders_newest (tenant_id, created_at, id),
  KEY orders_by_status (tenant_id, status, created_at, id),
  KEY orders_by_payment (tenant_id, payment_status, created_at, id),
  KEY orders_of_user (tenant_id, user_id, created_at, id),
  KEY orders_of_email (tenant_id, customer_email, created_at, id),
  KEY orders_on_hold (status, payment_status, hold_until),
  FOREIGN KEY (tenant_id, cart_id) REFERENCES carts (tenant_id, id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
  FOREIGN KEY (tenant_id, shipping_method_id) REFERENCES shipping_methods (tenant_id, id),
  CHECK (status IN ('pending', 'confirmed', 'processing', 'shipped', 'delivered', 'cancelled', 'refunded')),
  CHECK (payment_status IN ('pending', 'paid', 'partially_paid', 'refunded', 'failed')),
  CHECK (currency = 'TRY'),
  CHECK (item_count >= 1),
  CHECK (subtotal >= 0 AND discount >= 0 AND shipping >= 0 AND total >= 0 AND tax >= 0),
  CHECK (total = subtotal - discount + shipping)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE order_items (
  tenant_id  BIGINT NOT NULL,
  order_id   UUID NOT NULL,
  line       INT NOT NULL,
  product_id UUID NOT NULL,
  name       VARCHAR(200) NOT NULL,
  quantity   INT NOT NULL,
  unit_price BIGINT NOT NULL,
  tax_rate   INT NOT NULL,
  line_total BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, order_id, line),
  FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id),
  FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
  CHECK (quantity >= 1),
  CHECK (unit_price >= 0),
  CHECK (line_total = unit_price * quantity)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Every move of an order, never changed.
CREATE TABLE order_history (
  id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  tenant_id   BIGINT NOT NULL,
  order_id    UUID NOT NULL,
  from_status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL, -- NULL: made
  to_status   VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at          DATETIME(6) NOT NULL,
  actor       VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- guest, payment, system, user:<id>
  KEY order_history_of (tenant_id, order_id, id),
  FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

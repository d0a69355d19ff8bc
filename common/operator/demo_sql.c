#include "operator/demo_sql.h"

SQL_EXEC(sql_product_insert,
         "INSERT INTO products (tenant_id, id, name, slug, description, price, stock, tax_rate,"
         " created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
SQL_EXEC(sql_shipping_insert,
         "INSERT INTO shipping_methods (tenant_id, id, name, code, price, free_shipping_threshold,"
         " created_at) VALUES (?, ?, ?, ?, ?, NULLIF(?, 0), ?)");
SQL_EXEC(sql_integration_insert,
         "INSERT INTO integrations (tenant_id, id, provider_type, name, description, status,"
         " api_endpoint, test_endpoint, config, credential_id, created_at, updated_at, is_kept)"
         " VALUES (?, ?, ?, ?, ?, 'test_mode', ?, ?, ?, ?, ?, ?, 1)");
SQL_EXEC(sql_credential_insert,
         "INSERT INTO credentials (tenant_id, id, integration_id, api_key, api_key_last4,"
         " api_secret, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)");
SQL_EXEC(sql_integration_move,
         "UPDATE integrations SET api_endpoint = ?, test_endpoint = ?, config = ?, updated_at = ?"
         " WHERE tenant_id = ? AND provider_type = ? AND name = ? AND is_kept = 1");

enum err demo_product_insert(struct db *db, struct tenant_id tenant, const struct demo_product *p,
                             struct utc now)
{
    struct product_id id;

    uuid_new(id.text);
    return db_exec(db, sql_product_insert, P(&tenant), P(&id), P(p->name), P(p->slug),
                   P(p->description), P(p->price), P(p->stock), P(p->tax_rate), P(now), P(now));
}

enum err demo_shipping_insert(struct db *db, struct tenant_id tenant, const struct demo_shipping *s,
                              struct utc now)
{
    struct shipping_method_id id;

    uuid_new(id.text);
    return db_exec(db, sql_shipping_insert, P(&tenant), P(&id), P(s->name), P(s->code), P(s->price),
                   P(s->free_from), P(now));
}

enum err demo_integration_insert(struct db *db, struct tenant_id tenant,
                                 const struct demo_integration *i, struct utc now)
{
    TRY(db_exec(db, sql_integration_insert, P(&tenant), P(&i->id), P(i->provider_type), P(i->name),
                P(i->description), P(i->live_url), P(i->test_url), P(i->config), P(&i->credential),
                P(now), P(now)));
    return db_exec(db, sql_credential_insert, P(&tenant), P(&i->credential), P(&i->id),
                   P(i->api_key), P(i->api_key_last4), P(i->api_secret), P(now));
}

enum err demo_integration_move(struct db *db, struct tenant_id tenant,
                               const struct demo_integration *i, struct utc now)
{
    return db_exec(db, sql_integration_move, P(i->live_url), P(i->test_url), P(i->config), P(now),
                   P(&tenant), P(i->provider_type), P(i->name));
}

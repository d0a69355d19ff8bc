#include "tenants/tenants.h"

static const struct field tenant_row[] = {
    {"id",   FIELD(struct tenant, id),   REQUIRED},
    {"code", FIELD(struct tenant, code), REQUIRED},
    {"name", FIELD(struct tenant, name), REQUIRED},
};

SQL_ROWS(sql_tenant_by_host, struct tenant, tenant_row,
         "SELECT t.id, t.code, t.name FROM tenant_hosts h JOIN tenants t ON t.id = h.tenant_id"
         " WHERE h.host = ? AND t.is_active");
SQL_ROWS(sql_tenant_by_code, struct tenant, tenant_row,
         "SELECT id, code, name FROM tenants WHERE code = ?");
SQL_EXEC(sql_tenant_add, "INSERT INTO tenants (code, name, created_at) VALUES (?, ?, ?)");
SQL_EXEC(sql_tenant_add_host, "INSERT INTO tenant_hosts (host, tenant_id) VALUES (?, ?)");

enum err tenant_by_host(struct db *db, const char *host, struct tenant *out)
{
    enum err e = db_one(db, out, sql_tenant_by_host, P(host));
    return e == E_NOT_FOUND ? E_NO_TENANT : e;
}

enum err tenant_by_code(struct db *db, const char *code, struct tenant *out)
{
    enum err e = db_one(db, out, sql_tenant_by_code, P(code));
    return e == E_NOT_FOUND ? E_NO_TENANT : e;
}

enum err tenant_add(struct db *db, const char *code, const char *name, struct utc now,
                    struct tenant_id *out)
{
    TRY(db_exec(db, sql_tenant_add, P(code), P(name), P(now)));
    out->v = (int64_t)db_insert_id(db);
    return OK;
}

enum err tenant_add_host(struct db *db, struct tenant_id tenant, const char *host)
{
    return db_exec(db, sql_tenant_add_host, P(host), P(&tenant));
}

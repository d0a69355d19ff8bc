#include "integrations/integrations_sql.h"

static const struct field integration_row[] = {
    {"id",             FIELD(struct integration, id),             REQUIRED                       },
    {"provider_type",  FIELD(struct integration, provider_type),  REQUIRED                       },
    {"name",           FIELD(struct integration, name),           REQUIRED                       },
    {"description",    FIELD(struct integration, description),    REQUIRED                       },
    {"status",         FIELD(struct integration, status),         NAMES(integration_status_names)},
    {"api_endpoint",   FIELD(struct integration, api_endpoint),   OPTIONAL                       },
    {"test_endpoint",  FIELD(struct integration, test_endpoint),  OPTIONAL                       },
    {"config",         FIELD(struct integration, config),         REQUIRED                       },
    {"credential_id",  FIELD(struct integration, credential_id),  OPTIONAL                       },
    {"api_key_set",    FIELD(struct integration, api_key_set),    REQUIRED                       },
    {"api_secret_set", FIELD(struct integration, api_secret_set), REQUIRED                       },
    {"api_key_last4",  FIELD(struct integration, api_key_last4),  OPTIONAL                       },
    {"last_used_at",   FIELD(struct integration, last_used_at),   OPTIONAL                       },
    {"last_error",     FIELD(struct integration, last_error),     OPTIONAL                       },
    {"created_at",     FIELD(struct integration, created_at),     REQUIRED                       },
};
static const struct field credential_row[] = {
    {"id",             FIELD(struct credential, id),             REQUIRED},
    {"integration_id", FIELD(struct credential, integration_id), REQUIRED},
    {"api_key",        FIELD(struct credential, api_key),        OPTIONAL},
    {"api_secret",     FIELD(struct credential, api_secret),     OPTIONAL},
    {"api_key_last4",  FIELD(struct credential, api_key_last4),  OPTIONAL},
};

#define INTEGRATION_SELECT                                                               \
    "SELECT i.id, i.provider_type, i.name, i.description, i.status, i.api_endpoint,"     \
    " i.test_endpoint, i.config, i.credential_id, c.api_key IS NOT NULL AS api_key_set," \
    " c.api_secret IS NOT NULL AS api_secret_set, c.api_key_last4, i.last_used_at,"      \
    " i.last_error, i.created_at"                                                        \
    " FROM integrations i"                                                               \
    " LEFT JOIN credentials c ON c.tenant_id = i.tenant_id AND c.id = i.credential_id"   \
    " WHERE i.tenant_id = ?"

SQL_ROWS(sql_integration_select, struct integration, integration_row,
         INTEGRATION_SELECT " AND i.id = ?");
SQL_ROWS(sql_integration_select_kept, struct integration, integration_row,
         INTEGRATION_SELECT " AND i.id = ? AND i.is_kept = 1");
SQL_ROWS(sql_integration_lock, struct integration, integration_row,
         INTEGRATION_SELECT " AND i.id = ? AND i.is_kept = 1 FOR UPDATE");
SQL_ROWS(sql_integration_select_payable, struct integration, integration_row,
         INTEGRATION_SELECT
         " AND i.is_kept = 1 AND i.provider_type = ? AND i.status IN ('active', 'test_mode')"
         " AND c.api_key IS NOT NULL"
         " ORDER BY i.status = 'active' DESC, i.created_at DESC, i.id DESC LIMIT 1");
SQL_ROWS(sql_integration_select_page, struct integration, integration_row,
         INTEGRATION_SELECT
         " AND i.is_kept = 1 AND (? IS NULL OR i.provider_type = ?) AND (? IS NULL OR i.status = ?)"
         " AND (? IS NULL OR i.created_at < ? OR (i.created_at = ? AND i.id < ?))"
         " ORDER BY i.created_at DESC, i.id DESC LIMIT ?");
SQL_EXEC(sql_integration_insert,
         "INSERT INTO integrations (tenant_id, id, provider_type, name, description, status,"
         " api_endpoint, test_endpoint, config, credential_id, created_at, updated_at, is_kept)"
         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)");
SQL_EXEC(sql_integration_update,
         "UPDATE integrations SET name = ?, description = ?, status = ?, api_endpoint = ?,"
         " test_endpoint = ?, config = ?, credential_id = ?, updated_at = ?"
         " WHERE tenant_id = ? AND id = ?");
SQL_EXEC(sql_integration_hide, "UPDATE integrations SET is_kept = NULL, updated_at = ?"
                               " WHERE tenant_id = ? AND id = ? AND is_kept = 1");
SQL_EXEC(sql_integration_note_use, "UPDATE integrations SET last_used_at = ?, last_error = NULL"
                                   " WHERE tenant_id = ? AND id = ?");
SQL_EXEC(sql_integration_note_error, "UPDATE integrations SET last_error = LEFT(?, 300)"
                                     " WHERE tenant_id = ? AND id = ?");
SQL_EXEC(sql_credential_insert,
         "INSERT INTO credentials (tenant_id, id, integration_id, api_key, api_key_last4,"
         " api_secret, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)");
SQL_ROWS(sql_credential_select, struct credential, credential_row,
         "SELECT id, integration_id, api_key, api_secret, api_key_last4 FROM credentials"
         " WHERE tenant_id = ? AND id = ?");

enum err integration_select(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                            struct integration *out)
{
    return db_one(db, out, sql_integration_select, P(&tenant), P(id));
}

enum err integration_select_kept(struct db *db, struct tenant_id tenant,
                                 const struct integration_id *id, struct integration *out)
{
    return db_one(db, out, sql_integration_select_kept, P(&tenant), P(id));
}

enum err integration_lock(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                          struct integration *out)
{
    return db_one(db, out, sql_integration_lock, P(&tenant), P(id));
}

enum err integration_select_payable(struct db *db, struct tenant_id tenant,
                                    const char *provider_type, struct integration *out)
{
    return db_one(db, out, sql_integration_select_payable, P(&tenant), P(provider_type));
}

enum err integration_select_page(struct db *db, struct tenant_id tenant,
                                 const struct integration_filter *f, struct integration **out,
                                 size_t *n)
{
    return db_all(db, out, n, sql_integration_select_page, P(&tenant), P(f->provider_type),
                  P(f->provider_type), P(f->status), P(f->status), P(f->before_id), P(f->before),
                  P(f->before), P(f->before_id), P(f->limit));
}

enum err integration_insert(struct db *db, struct tenant_id tenant, const struct integration *i,
                            struct utc now)
{
    return db_exec(db, sql_integration_insert, P(&tenant), P(&i->id), P(i->provider_type),
                   P(i->name), P(i->description), P(integration_status_names[i->status]),
                   P(i->api_endpoint), P(i->test_endpoint), P(i->config), P(&i->credential_id),
                   P(now), P(now));
}

enum err integration_update(struct db *db, struct tenant_id tenant, const struct integration *i,
                            struct utc now)
{
    return db_exec(db, sql_integration_update, P(i->name), P(i->description),
                   P(integration_status_names[i->status]), P(i->api_endpoint), P(i->test_endpoint),
                   P(i->config), P(&i->credential_id), P(now), P(&tenant), P(&i->id));
}

enum err integration_hide(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                          struct utc now)
{
    TRY(db_exec(db, sql_integration_hide, P(now), P(&tenant), P(id)));
    return db_changed(db) == 1 ? OK : E_NOT_FOUND;
}

enum err integration_note_use(struct db *db, struct tenant_id tenant,
                              const struct integration_id *id, struct utc now)
{
    return db_exec(db, sql_integration_note_use, P(now), P(&tenant), P(id));
}

enum err integration_note_error(struct db *db, struct tenant_id tenant,
                                const struct integration_id *id, const char *error)
{
    return db_exec(db, sql_integration_note_error, P(error), P(&tenant), P(id));
}

enum err credential_insert(struct db *db, struct tenant_id tenant, const struct credential *c,
                           struct utc now)
{
    return db_exec(db, sql_credential_insert, P(&tenant), P(&c->id), P(&c->integration_id),
                   P(c->api_key), P(c->api_key_last4), P(c->api_secret), P(now));
}

enum err credential_select(struct db *db, struct tenant_id tenant, const struct credential_id *id,
                           struct credential *out)
{
    return db_one(db, out, sql_credential_select, P(&tenant), P(id));
}

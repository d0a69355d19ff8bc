#include "accounts/accounts_sql.h"

static const struct field user_row[] = {
    {"id",            FIELD(struct user, id),            REQUIRED              },
    {"email",         FIELD(struct user, email),         REQUIRED              },
    {"password_hash", FIELD(struct user, password_hash), REQUIRED              },
    {"role",          FIELD(struct user, role),          NAMES(user_role_names)},
    {"agency_id",     FIELD(struct user, agency_id),     OPTIONAL              },
    {"first_name",    FIELD(struct user, first_name),    REQUIRED              },
    {"last_name",     FIELD(struct user, last_name),     REQUIRED              },
    {"phone",         FIELD(struct user, phone),         OPTIONAL              },
};
static const struct field session_row[] = {
    {"user_id",    FIELD(struct session_record, user_id),    OPTIONAL                       },
    {"owner",      FIELD(struct session_record, owner),      REQUIRED                       },
    {"seen_at",    FIELD(struct session_record, seen_at),    REQUIRED                       },
    {"email",      FIELD(struct session_record, email),      OPTIONAL                       },
    {"role",       FIELD(struct session_record, role),       NAMES_OPTIONAL(user_role_names)},
    {"agency_id",  FIELD(struct session_record, agency_id),  OPTIONAL                       },
    {"first_name", FIELD(struct session_record, first_name), OPTIONAL                       },
    {"last_name",  FIELD(struct session_record, last_name),  OPTIONAL                       },
    {"phone",      FIELD(struct session_record, phone),      OPTIONAL                       },
};

SQL_ROWS(sql_user_by_email, struct user, user_row,
         "SELECT id, email, password_hash, role, agency_id, first_name, last_name, phone"
         " FROM users WHERE tenant_id = ? AND email = ? AND is_active");
SQL_EXEC(sql_user_insert,
         "INSERT INTO users (tenant_id, id, email, password_hash, role, agency_id, first_name,"
         " last_name, phone, created_at) VALUES (?, ?, ?, ?, ?, NULLIF(?, 0), ?, ?, ?, ?)");
SQL_ROWS(sql_session_select, struct session_record, session_row,
         "SELECT s.user_id, s.owner, s.seen_at, u.email, u.role, u.agency_id, u.first_name,"
         " u.last_name, u.phone"
         " FROM sessions s"
         " LEFT JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id AND u.is_active"
         " WHERE s.tenant_id = ? AND s.token_hash = ? AND s.expires_at > ? AND s.seen_at > ?"
         " AND (s.user_id IS NULL OR u.id IS NOT NULL)");
SQL_EXEC(sql_session_insert,
         "INSERT INTO sessions (tenant_id, token_hash, user_id, owner, created_at, seen_at,"
         " expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)");
SQL_EXEC(sql_session_touch,
         "UPDATE sessions SET seen_at = ? WHERE tenant_id = ? AND token_hash = ?");
SQL_EXEC(sql_session_delete, "DELETE FROM sessions WHERE tenant_id = ? AND token_hash = ?");

enum err user_by_email(struct db *db, struct tenant_id tenant, const char *email, struct user *out)
{
    return db_one(db, out, sql_user_by_email, P(&tenant), P(email));
}

enum err user_insert(struct db *db, struct tenant_id tenant, const struct user *u, struct utc now)
{
    return db_exec(db, sql_user_insert, P(&tenant), P(&u->id), P(u->email), P(u->password_hash),
                   P(user_role_names[u->role]), P(u->agency_id), P(u->first_name), P(u->last_name),
                   P(u->phone), P(now));
}

enum err session_select(struct db *db, struct tenant_id tenant, const uint8_t hash[SHA256_SIZE],
                        struct utc now, struct utc idle_since, struct session_record *out)
{
    return db_one(db, out, sql_session_select, P(&tenant), P_BYTES(hash, SHA256_SIZE), P(now),
                  P(idle_since));
}

enum err session_insert(struct db *db, struct tenant_id tenant, const struct session *s,
                        struct utc now, struct utc expires_at)
{
    return db_exec(db, sql_session_insert, P(&tenant), P_BYTES(s->token_hash, SHA256_SIZE),
                   P(&s->user.id), P_BYTES(s->owner, SHA256_SIZE), P(now), P(now), P(expires_at));
}

enum err session_touch(struct db *db, struct tenant_id tenant, const uint8_t hash[SHA256_SIZE],
                       struct utc now)
{
    return db_exec(db, sql_session_touch, P(now), P(&tenant), P_BYTES(hash, SHA256_SIZE));
}

enum err session_delete(struct db *db, struct tenant_id tenant, const uint8_t hash[SHA256_SIZE])
{
    return db_exec(db, sql_session_delete, P(&tenant), P_BYTES(hash, SHA256_SIZE));
}

#ifndef ACCOUNTS_ACCOUNTS_SQL_H
#define ACCOUNTS_ACCOUNTS_SQL_H
#include "accounts/accounts.h"

struct session_record {
    struct user_id user_id;
    struct sealed owner;
    struct utc seen_at;
    const char *email; /* NULL: a guest's */
    enum user_role role;
    int64_t agency_id;
    const char *first_name, *last_name, *phone;
};

enum err user_by_email(struct db *db, struct tenant_id tenant, const char *email, struct user *out);
enum err user_insert(struct db *db, struct tenant_id tenant, const struct user *u, struct utc now);

enum err session_select(struct db *db, struct tenant_id tenant, const uint8_t hash[SHA256_SIZE],
                        struct utc now, struct utc idle_since, struct session_record *out);
enum err session_insert(struct db *db, struct tenant_id tenant, const struct session *s,
                        struct utc now, struct utc expires_at);
enum err session_touch(struct db *db, struct tenant_id tenant, const uint8_t hash[SHA256_SIZE],
                       struct utc now);

#endif

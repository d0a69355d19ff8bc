#ifndef ACCOUNTS_SESSIONS_H
#define ACCOUNTS_SESSIONS_H
#include "db/db.h"

/* Who somebody is: users of a tenant, and sessions (contract section 2, pitfalls of sessions). */

enum role {
    ROLE_NONE = 0,        /* nobody: a route that forgets its role is closed, not open */
    ROLE_PUBLIC = 1 << 0, /* everybody, known or not */
    ROLE_GUEST = 1 << 1,
    ROLE_CUSTOMER = 1 << 2,
    ROLE_AGENCY = 1 << 3,
    ROLE_ADMIN = 1 << 4,
    ROLE_OWNER = 1 << 5,
    ROLE_STAFF = ROLE_ADMIN | ROLE_OWNER,
    ROLE_USER = ROLE_CUSTOMER | ROLE_AGENCY | ROLE_STAFF,
};

enum user_role { USER_OWNER, USER_ADMIN, USER_AGENCY, USER_CUSTOMER };
extern const char *const user_role_names[];
enum role role_of_user(enum user_role r);

struct user {
    struct user_id id;
    const char *email; /* lower case */
    const char *password_hash;
    enum user_role role;
    int64_t agency_id; /* 0 = none */
    const char *first_name, *last_name;
    const char *phone; /* NULL = none */
};

struct session {
    enum role role;   /* ROLE_GUEST without a user */
    struct user user; /* with a user */
    bool exists;      /* false: no session at all, a guest who has done nothing yet */
    uint8_t token_hash[SHA256_SIZE];
    uint8_t owner[SHA256_SIZE]; /* whose cart and Idempotency-Keys: see sql/0001-tenants.sql */
};

struct session_limits {
    int64_t days, idle_hours;
};

/* E_NOT_FOUND: unknown, expired, idle for too long, or of a user who was switched off. Now and then
 * also notes that it is still in use. */
enum err session_find(struct db *db, struct tenant_id tenant, const uint8_t hash[SHA256_SIZE],
                      struct utc now, struct session_limits limits, struct session *out);

/* user NULL: a guest's. `token` gets the secret for the cookie: 64 hexadecimal digits. */
enum { SESSION_TOKEN_TEXT = 65 };
enum err session_create(struct db *db, struct tenant_id tenant, const struct user *user,
                        struct utc now, struct session_limits limits,
                        char token[SESSION_TOKEN_TEXT], struct session *out);
enum err session_delete(struct db *db, struct tenant_id tenant, const uint8_t hash[SHA256_SIZE]);

/* Hash of a token as the cookie brings it; false when it has not the form of one. */
bool session_token_hash(uint8_t out[SHA256_SIZE], const char *token);

/* Whose cart a user's is. */
void owner_of_user(uint8_t out[SHA256_SIZE], const struct user_id *user);

#endif

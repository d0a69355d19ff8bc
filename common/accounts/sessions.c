#include "accounts/sessions.h"

#include <string.h>

#include "accounts/accounts_sql.h"
#include "base/text.h"

enum { TOKEN_BYTES = 32, TOUCH_AFTER_S = 600 };

const char *const user_role_names[] = {
    [USER_OWNER] = "owner",
    [USER_ADMIN] = "admin",
    [USER_AGENCY] = "agency",
    [USER_CUSTOMER] = "customer",
    NULL,
};

enum role role_of_user(enum user_role r)
{
    switch (r) {
    case USER_OWNER:
        return ROLE_OWNER;
    case USER_ADMIN:
        return ROLE_ADMIN;
    case USER_AGENCY:
        return ROLE_AGENCY;
    case USER_CUSTOMER:
        return ROLE_CUSTOMER;
    }
    return ROLE_NONE;
}

bool session_token_hash(uint8_t out[SHA256_SIZE], const char *token)
{
    uint8_t raw[TOKEN_BYTES];
    if (strlen(token) != SESSION_TOKEN_TEXT - 1 || !text_unhex(raw, sizeof(raw), token))
        return false;
    sha256(out, raw, sizeof(raw));
    explicit_bzero(raw, sizeof(raw));
    return true;
}

void owner_of_user(uint8_t out[SHA256_SIZE], const struct user_id *user)
{
    sha256(out, user->text, strlen(user->text));
}

enum err session_find(struct db *db, struct tenant_id tenant, const uint8_t hash[SHA256_SIZE],
                      struct utc now, struct session_limits limits, struct session *out)
{
    struct session_record r = {0};
    struct utc idle_since = utc_add_seconds(now, -limits.idle_hours * 3600);

    TRY(session_select(db, tenant, hash, now, idle_since, &r));
    *out = (struct session){.role = ROLE_GUEST, .exists = true};
    memcpy(out->token_hash, hash, SHA256_SIZE);
    if (r.owner.len != SHA256_SIZE)
        return E_INTERNAL;
    memcpy(out->owner, r.owner.data, SHA256_SIZE);
    if (r.email != NULL) {
        out->role = role_of_user(r.role);
        out->user = (struct user){.id = r.user_id,
                                  .email = r.email,
                                  .role = r.role,
                                  .agency_id = r.agency_id,
                                  .first_name = r.first_name,
                                  .last_name = r.last_name,
                                  .phone = r.phone};
    }
    if (utc_cmp(r.seen_at, utc_add_seconds(now, -TOUCH_AFTER_S)) < 0)
        TRY(session_touch(db, tenant, hash, now));
    return OK;
}

enum err session_create(struct db *db, struct tenant_id tenant, const struct user *user,
                        struct utc now, struct session_limits limits,
                        char token[SESSION_TOKEN_TEXT], struct session *out)
{
    uint8_t raw[TOKEN_BYTES];

    random_bytes(raw, sizeof(raw));
    text_hex(token, raw, sizeof(raw));
    *out = (struct session){.role = ROLE_GUEST, .exists = true};
    sha256(out->token_hash, raw, sizeof(raw));
    explicit_bzero(raw, sizeof(raw));
    if (user != NULL) {
        out->role = role_of_user(user->role);
        out->user = *user;
        owner_of_user(out->owner, &user->id);
    } else {
        memcpy(out->owner, out->token_hash, SHA256_SIZE);
    }
    return session_insert(db, tenant, out, now, utc_add_seconds(now, limits.days * 86400));
}

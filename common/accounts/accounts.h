#ifndef ACCOUNTS_ACCOUNTS_H
#define ACCOUNTS_ACCOUNTS_H
#include "accounts/sessions.h"

/* What register/ takes (contract 9.2). */
struct registration {
    const char *email;
    const char *password;
    const char *first_name, *last_name;
    const char *phone; /* NULL = none */
};
enum { PASSWORD_CHARS_MIN = 12, PASSWORD_CHARS_MAX = 128 };

/*
 * account_register - a new customer of the tenant
 *
 * E_EMAIL_TAKEN when the address has an account in this tenant (the same address may have one in
 * another), E_DB_*.
 */
enum err account_register(struct db *db, struct tenant_id tenant, const struct registration *req,
                          struct utc now, struct user *out);

/* The same for any role: for the operator's command. agency_id 0 unless the role is agency. */
enum err account_add(struct db *db, struct tenant_id tenant, const struct registration *req,
                     enum user_role role, int64_t agency_id, struct utc now, struct user *out);

/* E_LOGIN for a wrong password and for an unknown address alike, in the same time. */
enum err account_login(struct db *db, struct tenant_id tenant, const char *email,
                       const char *password, struct user *out);

#endif

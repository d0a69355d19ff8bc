#include "accounts/accounts.h"

#include <string.h>

#include "accounts/accounts_sql.h"
#include "base/text.h"

enum { EMAIL_SIZE = 255 };

enum err account_add(struct db *db, struct tenant_id tenant, const struct registration *req,
                     enum user_role role, int64_t agency_id, struct utc now, struct user *out)
{
    char *email = NEW_N(db_arena(db), char, EMAIL_SIZE);
    char *hash = NEW_N(db_arena(db), char, PASSWORD_HASH_MAX);

    if (!text_fold(email, EMAIL_SIZE, req->email))
        return E_BAD_INPUT;
    TRY(password_hash(hash, req->password));
    *out = (struct user){.email = email,
                         .password_hash = hash,
                         .role = role,
                         .agency_id = agency_id,
                         .first_name = req->first_name,
                         .last_name = req->last_name,
                         .phone = req->phone};
    uuid_new(out->id.text);
    enum err e = user_insert(db, tenant, out, now);
    return e == E_DUPLICATE ? E_EMAIL_TAKEN : e;
}

enum err account_register(struct db *db, struct tenant_id tenant, const struct registration *req,
                          struct utc now, struct user *out)
{
    return account_add(db, tenant, req, USER_CUSTOMER, 0, now, out);
}

enum err account_login(struct db *db, struct tenant_id tenant, const char *email,
                       const char *password, struct user *out)
{
    char key[EMAIL_SIZE];
    enum err e = E_NOT_FOUND;

    if (text_is_email(email) && text_fold(key, sizeof(key), email))
        e = user_by_email(db, tenant, key, out);
    if (e != OK && e != E_NOT_FOUND)
        return e;
    /* Unknown addresses pay for a hash, too: the time tells nothing. */
    bool right = password_verify(e == OK ? out->password_hash : NULL, password);
    return e == OK && right ? OK : E_LOGIN;
}

#include "accounts/accounts.h"
#include "cart/cart.h"
#include "handlers.h"

struct login {
    const char *email, *password;
};

#define A_PASSWORD SECRET_TEXT(PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX)

static const struct field registration_request[] = {
    {"email",      FIELD(struct registration, email),      EMAIL_MAX(254)},
    {"password",   FIELD(struct registration, password),   A_PASSWORD    },
    {"first_name", FIELD(struct registration, first_name), TEXT_MAX(100) },
    {"last_name",  FIELD(struct registration, last_name),  TEXT_MAX(100) },
    {"phone",      FIELD(struct registration, phone),      PHONE_UPTO(30)},
};
static const struct field login_request[] = {
    {"email",    FIELD(struct login, email),    TEXT_MAX(254)               },
    {"password", FIELD(struct login, password), TEXT_MAX(PASSWORD_CHARS_MAX)},
};
static const struct field user_json[] = {
    {"id",         FIELD(struct user, id),         REQUIRED              },
    {"email",      FIELD(struct user, email),      REQUIRED              },
    {"first_name", FIELD(struct user, first_name), REQUIRED              },
    {"last_name",  FIELD(struct user, last_name),  REQUIRED              },
    {"role",       FIELD(struct user, role),       NAMES(user_role_names)},
};

/*
 * The browser that asks becomes this user's: a new session takes the place of the one it had, and
 * what a guest put into the cart comes along. In this order a failure half-way loses nothing: the
 * browser keeps its old session until all is done.
 */
static enum err log_in(struct ctx *c, const struct user *user)
{
    uint8_t owner[SHA256_SIZE];

    TRY(ctx_identify(c));
    const struct session before = c->session;
    owner_of_user(owner, &user->id);
    if (before.exists && before.role == ROLE_GUEST)
        TRY(cart_adopt(c->db, c->tenant.id, before.owner, owner, c->now));
    TRY(ctx_start_session(c, user));
    return before.exists ? session_delete(c->db, c->tenant.id, before.token_hash) : OK;
}

static enum err reply_user(struct ctx *c, int status, json_object *answer)
{
    json_object_object_add(answer, "user", json_row(&c->session.user, user_json));
    return ctx_reply(c, status, answer);
}

/*
 * POST /api/auth/register/ {"email", "password", "first_name", "last_name", "phone"?}
 * 201 {"success": true, "message": "...", "user": {"id", "email", "first_name", "last_name", "role"}}
 * 400 bad_input, email_taken
 */
enum err auth_register(struct ctx *c)
{
    struct registration req = {0};
    struct user user;

    TRY(ctx_input(c, &req, registration_request));
    TRY(account_register(c->db, c->tenant.id, &req, c->now, &user));
    TRY(log_in(c, &user));
    return reply_user(c, 201, ctx_success(c, "Hesabınız oluşturuldu.", "Your account was made."));
}

/*
 * POST /api/auth/login/ {"email", "password"}
 * 200 {"success": true, "user": {...}}
 * 400 bad_input, 401 login_failed
 */
enum err auth_login(struct ctx *c)
{
    struct login req = {0};
    struct user user;

    TRY(ctx_input(c, &req, login_request));
    TRY(account_login(c->db, c->tenant.id, req.email, req.password, &user));
    TRY(log_in(c, &user));
    return reply_user(c, 200, ctx_success(c, NULL, NULL));
}

/* POST /api/auth/logout/, no body; 200 {"success": true, "message": "..."} whether logged in or not */
enum err auth_logout(struct ctx *c)
{
    TRY(ctx_end_session(c));
    return ctx_reply(c, 200, ctx_success(c, "Çıkış yapıldı.", "You are logged out."));
}

/* GET /api/auth/me/; 200 {"success": true, "user": {...}}, 401 unauthenticated */
enum err auth_me(struct ctx *c)
{
    return reply_user(c, 200, ctx_success(c, NULL, NULL));
}

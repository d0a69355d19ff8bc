#include "web/once.h"

#include <string.h>

#include "base/log.h"
#include "idempotency/idempotency.h"
#include "web/app.h"

/* Method, path and body: what makes two requests the same. */
static void hash_request(const struct ctx *c, uint8_t out[SHA256_SIZE])
{
    size_t head = strlen(c->req.method) + 1 + strlen(c->req.path) + 1;
    char *text = NEW_N(c->mem, char, head + c->req.body_len);
    memcpy(text, arena_printf(c->mem, "%s %s\n", c->req.method, c->req.path), head);
    memcpy(text + head, c->req.body, c->req.body_len);
    sha256(out, text, head + c->req.body_len);
}

static bool is_final(int status)
{
    return status >= 200 && status < 500 && status != 202 && status != 429;
}

static enum err keep_answer(struct ctx *c, const struct idem_key *key)
{
    if (!is_final(c->reply.status))
        return idem_forget(c->db, key);
    const struct idem_answer answer = {c->reply.status, c->reply.body};
    return idem_done(c->db, key, &answer);
}

static enum err reply_again(struct ctx *c, const struct idem_answer *answer)
{
    return ctx_reply_text(c, (int)answer->status, JSON_TYPE, answer->body);
}

enum err ctx_once(struct ctx *c, int64_t lease_s, once_fn *work)
{
    uint8_t nobody[SHA256_SIZE]; /* a key without a session belongs to the address it comes from */

    sha256(nobody, c->req.remote_addr, strlen(c->req.remote_addr));
    struct idem_key key = {.tenant = c->tenant.id,
                           .owner = c->session.exists ? c->session.owner : nobody,
                           .text = c->req.idempotency_key};
    struct idem_answer answer;
    enum idem how;

    if (key.text == NULL)
        return work(c, false);
    TRY(idem_check(key.text));
    hash_request(c, key.request_hash);
    TRY(idem_begin(c->db, &key, c->now, lease_s, &how, &answer));
    if (how == IDEM_ANSWERED)
        return reply_again(c, &answer);
    enum err e = work(c, how == IDEM_AGAIN);
    if (e != OK)
        app_reply_error(c, e);
    e = keep_answer(c, &key);
    if (e == E_KEY_RUNNING) { /* it took too long: the answer of who took over will be the one */
        c->reply.status = 0;
        return e;
    }
    if (e != OK) /* the work is done and its answer stands, even if the key can't be told so */
        log_line(LOG_ERROR, "idempotency_key_kept_open", LOG_END);
    return OK;
}

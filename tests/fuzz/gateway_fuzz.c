// needs: common/payments/providers/kuveyt_gateway.c common/payments/providers/provider.c common/payments/providers/kuveyt.c common/base/json_defer.c
// needs: common/web/url.c common/web/address.c common/web/http_client.c common/web/http_memory.c
// needs: common/base/arena.c common/base/json_check.c common/base/text.c common/base/random.c common/types/money.c
// libs: -lcurl -ljson-c -lcrypto
/*
 * Any answer of a gateway. The first byte says which call and status, the rest is the body: nothing
 * may crash, and what is taken for news must have the form that the payments core counts on.
 */
#include "fuzz.h"

#include "base/text.h"
#include "payments/providers/kuveyt_gateway.h"

static const int statuses[] = {200, 200, 200, 400, 401, 404, 429, 500};
static struct arena *mem;

static bool is_line(const char *s, size_t max)
{
    return s == NULL || (strlen(s) >= 1 && strlen(s) <= max && text_is_line(s, strlen(s)));
}

static void check_form(const struct news *n)
{
    HOLDS(is_line(n->provider_ref, 64) && is_line(n->payment_url, 1000));
    HOLDS(is_line(n->currency, 8) && is_line(n->reference, 64));
    HOLDS(is_line(n->code, 64) && is_line(n->text, 300));
    HOLDS(n->text == NULL || n->heard == HEARD_DECLINED);
    HOLDS(!n->tells_amount || (n->amount.kurus >= 0 && n->amount.kurus < 100000000000));
    HOLDS(n->mode == MODE_TEST || n->mode == MODE_LIVE);
}

static void read_create(const struct http_answer *a)
{
    struct news n;
    const char *again;

    gateway_read_create(mem, "127.0.0.1:8081", a, &n);
    check_form(&n);
    HOLDS(n.heard != HEARD_SUCCEEDED && n.heard != HEARD_NOT_FOUND && n.heard != HEARD_NOT_SENT);
    HOLDS((n.heard == HEARD_WAITING) == (n.payment_url != NULL));
    HOLDS(n.heard != HEARD_WAITING || (a->status == 200 && n.provider_ref != NULL));
    if (n.payment_url != NULL)
        HOLDS(return_url_check(mem, "127.0.0.1:8081", n.payment_url, &again) == NULL &&
              strcmp(again, n.payment_url) == 0);
}

static void read_verify(const struct http_answer *a)
{
    struct news n;

    gateway_read_verify(mem, a, &n);
    check_form(&n);
    HOLDS(n.payment_url == NULL && n.heard != HEARD_NOT_SENT);
    HOLDS(n.heard != HEARD_SUCCEEDED || (a->status == 200 && strstr(a->body, "success") != NULL) ||
          strchr(a->body, '\\') != NULL);
    (void)gateway_read_probe(mem, a);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size == 0)
        return 0;
    if (mem == NULL)
        mem = arena_new(8 << 20);
    char *body = fuzz_text(data + 1, size - 1);
    const struct http_answer a = {
        .fate = HTTP_ANSWERED,
        .status = statuses[data[0] % COUNT(statuses)],
        .content_type = (data[0] & 64) != 0 ? "text/html" : "application/json",
        .body = body,
        .body_len = size - 1,
        .why = "ok",
    };

    if ((data[0] & 128) != 0)
        read_verify(&a);
    else
        read_create(&a);
    arena_reset(mem);
    free(body);
    return 0;
}

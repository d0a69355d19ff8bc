// needs: common/web/input.c common/web/output.c common/base/json_check.c common/base/arena.c common/base/err.c common/base/log.c common/base/out.c common/base/text.c common/types/utc.c common/types/money.c common/types/ids.c common/base/random.c common/base/json_defer.c
// libs: -ljson-c -lcrypto
// Bodies: whatever is taken keeps the limits of its field; E_BAD_INPUT always names a field.
#include "base/text.h"
#include "fuzz.h"
#include "web/ctx.h"
#include "web/route.h"

/* Words come from handle.c, which needs a whole program. */
const char *ctx_words(const struct ctx *c, const char *tr, const char *en)
{
    return c->english ? en : tr;
}

static const char *const colours[] = {"red", "green", NULL};

struct body {
    int64_t number;
    bool yes;
    const char *text, *email, *phone;
    struct money amount;
    struct bps rate;
    struct order_id id;
    struct utc at;
    unsigned colour;
};
static const struct field body_fields[] = {
    {"number", FIELD(struct body, number), RANGE_OPTIONAL(1,         9999)},
    {"yes",        FIELD(struct body,                     yes),    OPTIONAL   },
    {"text",        FIELD(struct body,                    text),   TEXT_UPTO(5)},
    {"email",        FIELD(struct body,                   email),  EMAIL_UPTO(254)  },
    {"phone",        FIELD(struct body,                   phone),  PHONE_UPTO(30)},
    {"amount",        FIELD(struct body,                  amount), OPTIONAL },
    {"rate",        FIELD(struct body,                    rate),   OPTIONAL },
    {"id",        FIELD(struct body,                      id),     OPTIONAL   },
    {"at",        FIELD(struct body,                      at),     OPTIONAL },
    {"colour",        FIELD(struct body,                  colour), NAMES_OPTIONAL(colours)},
};

static void check_body(const struct body *b)
{
    HOLDS(b->number >= 1 && b->number <= 9999);
    HOLDS(b->text == NULL || text_chars(b->text, strlen(b->text)) <= 5);
    HOLDS(b->email == NULL || *b->email == '\0' || text_is_email(b->email));
    HOLDS(b->amount.kurus >= 0 && b->amount.kurus <= 99999999999);
    HOLDS(b->rate.v >= 0 && b->rate.v <= 10000);
    HOLDS(b->id.text[0] == '\0' || strlen(b->id.text) == UUID_TEXT - 1);
    HOLDS(b->at.us >= 0 && b->colour < 2);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const struct route route = {.flags = ROUTE_FORM};
    static struct arena *mem;
    char *text = fuzz_text(data, size);
    struct body b = {.number = 1}, inner = {.number = 1};

    if (mem == NULL)
        mem = arena_new(1 << 24);
    struct ctx c = {.mem = mem, .route = &route};
    bool form = size > 0 && data[0] != '{';
    c.req.content_type = form ? "application/x-www-form-urlencoded" : "application/json";
    c.req.body = text;
    c.req.body_len = size;
    enum err e = ctx_input(&c, &b, body_fields);
    if (e == OK) {
        check_body(&b);
        (void)ctx_has(&c, "text");
        enum err nested = ctx_object(&c, "inner", false, &inner, body_fields);
        HOLDS(nested != OK || (check_body(&inner), true));
    }
    HOLDS(e != E_BAD_INPUT || c.field_errors != NULL);
    arena_reset(mem);
    free(text);
    return 0;
}

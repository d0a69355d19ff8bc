#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * Every outcome that a request can have, from base/errors.def.
 *
 * Whatever can fail returns an enum err and fills an `out` argument; only web/ turns one into HTTP.
 */
// clang-format off
enum [[nodiscard]] err {
#define X(name, http, code, tr, en) name,
#include "base/errors.def"
#undef X
    ERR_COUNT
};
// clang-format on

struct err_info {
    int http;
    const char *code; /* never changes once released */
    const char *tr;   /* "{}" stands for the detail of err_say() */
    const char *en;
};

const struct err_info *err_info(enum err e);

#define TRY(expr)               \
    do {                        \
        enum err try_ = (expr); \
        if (try_ != OK)         \
            return try_;        \
    } while (0)

/*
 * err_say - answer with `e` and say more: the text takes the place of "{}" in the catalogue's
 * sentence. Kept for the request in hand (a process has one), at most 255 bytes, cut after that at
 * a whole character. err_detail() is "" when nothing was said; app.c forgets it between requests.
 */
enum err err_say(enum err e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *err_detail(void);
void err_forget(void);

#endif

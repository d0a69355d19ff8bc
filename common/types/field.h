#ifndef TYPES_FIELD_H
#define TYPES_FIELD_H
#include <stdbool.h>
#include <stddef.h>

#include "base/crypto.h"
#include "types/ids.h"
#include "types/money.h"
#include "types/utc.h"

/*
 * A field table says how the members of a struct travel: JSON in (*_request), JSON out (*_json), and
 * rows of the database (*_row). They are separate tables on purpose: a new column must not appear in
 * an answer by itself.
 */
enum field_type {
    F_I64,
    F_BOOL,
    F_TEXT, /* const char *, NULL = none */
    F_MONEY,
    F_BPS,
    F_NUMBER_ID,
    F_UUID, /* char[UUID_TEXT], "" = none */
    F_UTC,  /* us = 0 = none */
    F_ENUM,
    F_BYTES, /* struct sealed, data NULL = none */
};

/* What a text must look like; checked on the way in. */
enum text_form {
    TEXT_LINE,
    TEXT_FREE,
    TEXT_EMAIL,
    TEXT_PHONE,
    TEXT_COUNTRY,
    TEXT_URL,
    TEXT_SECRET
};

struct field {
    const char *name;
    enum field_type type;
    size_t off;
    bool required;            /* in: must be there and not null; out and rows: never none */
    const char *const *names; /* of an enum, in order, NULL at the end */
    int64_t min, max;         /* of text: characters; of a number: itself; max 0 = no limit given */
    enum text_form form;
    const char *missing_tr, *missing_en; /* own words when it is missing; NULL = the general ones */
};

#define FIELD_NUMBER_ID_CASE(name) struct name##_id : F_NUMBER_ID,
#define FIELD_UUID_CASE(name)      struct name##_id : F_UUID,
// clang-format off
#define FIELD_TYPE(x)                    \
    _Generic((x),                        \
        NUMBER_IDS(FIELD_NUMBER_ID_CASE) \
        UUID_IDS(FIELD_UUID_CASE)        \
        int64_t: F_I64,                  \
        unsigned: F_ENUM,                \
        bool: F_BOOL,                    \
        const char *: F_TEXT,            \
        struct money: F_MONEY,           \
        struct bps: F_BPS,               \
        struct utc: F_UTC,               \
        struct sealed: F_BYTES)
// clang-format on

#define FIELD(type, member) FIELD_TYPE(((type *)0)->member), offsetof(type, member)
#define REQUIRED            .required = true
#define OPTIONAL            .required = false
#define NAMES(table)        .required = true, .names = (table)
#define NAMES_OPTIONAL(tab) .required = false, .names = (tab)
#define TEXT_MAX(n)         .required = true, .min = 1, .max = (n)
#define TEXT_UPTO(n)        .required = false, .max = (n)

/* Each of these is one cell of a table, so that the rows of a table have the same cells. */
#define REQUIRED_ELSE(tr, en)    .required = true, .missing_tr = (tr), .missing_en = (en)
#define TEXT_MAX_ELSE(n, tr, en) TEXT_MAX(n), .missing_tr = (tr), .missing_en = (en)
#define RANGE_OPTIONAL(lo, hi)   .required = false, .min = (lo), .max = (hi)
#define EMAIL_MAX(n)             TEXT_MAX(n), .form = TEXT_EMAIL
#define EMAIL_UPTO(n)            TEXT_UPTO(n), .form = TEXT_EMAIL
#define PHONE_MAX(n)             TEXT_MAX(n), .form = TEXT_PHONE
#define PHONE_UPTO(n)            TEXT_UPTO(n), .form = TEXT_PHONE
#define SECRET_TEXT(lo, hi)      .required = true, .min = (lo), .max = (hi), .form = TEXT_SECRET
#define COUNTRY                  .required = true, .form = TEXT_COUNTRY

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#endif

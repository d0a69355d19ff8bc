#ifndef TYPES_IDS_H
#define TYPES_IDS_H
#include <stdbool.h>
#include <stdint.h>

/*
 * One type a kind of row, so that an order's id can't be handed in where a cart's is wanted.
 *
 * NUMBER_IDS are AUTO_INCREMENT numbers. UUID_IDS are made by us (uuid version 7: they grow with
 * time, so new rows are neighbours, and carry 74 random bits) and travel as text, as MariaDB's
 * type UUID does.
 */
#define NUMBER_IDS(X) X(tenant)
#define UUID_IDS(X) \
    X(user)         \
    X(product)      \
    X(cart) X(cart_item) X(order) X(shipping_method) X(integration) X(credential) X(attempt)

enum { UUID_TEXT = 37 };

#define NUMBER_ID_STRUCT(name) \
    struct name##_id {         \
        int64_t v;             \
    };
#define UUID_ID_STRUCT(name)  \
    struct name##_id {        \
        char text[UUID_TEXT]; \
    };
NUMBER_IDS(NUMBER_ID_STRUCT)
UUID_IDS(UUID_ID_STRUCT)
#undef NUMBER_ID_STRUCT
#undef UUID_ID_STRUCT

/* A fresh version 7 UUID: uuid_new(id.text). */
void uuid_new(char out[UUID_TEXT]);

/* Accepts 8-4-4-4-12 hexadecimal digits in either case, gives lower case. */
bool uuid_parse(char out[UUID_TEXT], const char *s);

/* No id at all: the empty text. */
static inline bool uuid_is_none(const char text[UUID_TEXT])
{
    return text[0] == '\0';
}
#endif

#ifndef BASE_JSON_CHECK_H
#define BASE_JSON_CHECK_H
#include <stddef.h>

/*
 * A strict check of the raw bytes of a JSON document, made before json-c sees them: json-c's own
 * strict mode takes single quotes, NaN, duplicate keys, overlong UTF-8 and more.
 */

enum {
    JSON_BYTES_MAX = 64 * 1024, /* the document, white space included */
    JSON_DEPTH_MAX = 16,        /* objects and arrays inside one another; the top object is 1 */
    JSON_KEYS_MAX = 200,        /* in the whole document, all its objects together */
    JSON_ITEMS_MAX = 1000,      /* in one array */
    JSON_NUMBER_MAX = 20,       /* characters of one number, sign and exponent included */
    JSON_EXPONENT_MAX = 99,     /* of ten, either sign */
};

enum json_fault {
    JSON_OK = 0,
    JSON_SYNTAX,        /* not RFC 8259: also comments, trailing commas, single quotes, a BOM */
    JSON_NOT_OBJECT,    /* an array or a scalar on top */
    JSON_DEPTH,         /* deeper than JSON_DEPTH_MAX */
    JSON_SIZE,          /* longer than JSON_BYTES_MAX */
    JSON_KEYS,          /* more than JSON_KEYS_MAX */
    JSON_ITEMS,         /* more than JSON_ITEMS_MAX */
    JSON_NUMBER,        /* "01" "1." "1e"; too long; an integer outside int64; exponent too large */
    JSON_DUPLICATE_KEY, /* twice in one object, compared after unescaping: "\u0061" is "a" */
    JSON_UTF8,          /* in a string: malformed or overlong UTF-8, a surrogate (raw or alone) */
    JSON_CONTROL,       /* in a string: a raw U+0000..U+001F, or \u0000 */
    JSON_TRAILING,      /* something other than white space after the object */
};

struct json_verdict {
    enum json_fault fault; /* the first one, reading from the left; JSON_SIZE comes before all */
    size_t at;             /* its byte offset, at most `len`; of a key or number, where it begins */
};

/*
 * json_check - is this one JSON object, within our limits?
 *
 *   bytes  need not end in NUL; may be NULL if len is 0
 *   len    any
 *
 * JSON_OK promises: RFC 8259 grammar and the limits above; every integer fits int64_t; every other
 * number is finite; no string holds U+0000; no key hides another. Other control characters may
 * still arrive by escape (\u0001): text_is_utf8() and text_is_line() are the check of a field.
 * One thing more than the RFC: pairs of escapes for U+nD800..U+nDFFF (n from 1, hardly any letters
 * there) are JSON_UTF8, because json-c 0.16 would silently read U+FFFD; raw they pass and arrive.
 * Allocates nothing, does not recurse; time is linear but for the keys, which are at most 200.
 * Limits: families 25-43 of bad input.
 */
struct json_verdict json_check(const char *bytes, size_t len);

/* A stable English word for the log and for answers: "ok", "syntax", "duplicate_key", ... */
const char *json_fault_name(enum json_fault f);
#endif

#ifndef BASE_TEXT_H
#define BASE_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * text_utf8_next - take one code point off the front of *s
 *
 * Moves *s behind it; *s < end is needed. -1 if the bytes are no UTF-8: truncated, overlong, a
 * surrogate, above U+10FFFF; *s then stays where it was.
 */
int32_t text_utf8_next(const char **s, const char *end);

/* Well-formed UTF-8 without NUL and without C0 controls other than \t \n \r: free text. */
bool text_is_utf8(const char *s, size_t len);

/*
 * The same without any control character: no C0, DEL or C1 (U+0085), no U+2028, U+2029. What
 * passes can stand in a header, a subject or a log line. Length 0 passes.
 */
bool text_is_line(const char *s, size_t len);

/* Printable ASCII without spaces, 1 to `max` bytes: what a column of words for machines can hold. */
bool text_is_code(const char *s, size_t max);

/* Code points in `len` bytes that passed one of the checks above: what VARCHAR(n) counts. */
size_t text_chars(const char *utf8, size_t len);

/*
 * One mailbox as people have it, ASCII only: dot-atom of 1..64 bytes, '@', host name of letters,
 * digits and inner dashes with at least one dot (or exactly "localhost"), last label of two
 * characters or more and not a number. At most 254 bytes. No quotes, comments, address literals.
 */
bool text_is_email(const char *s);

/*
 * An optional '+', then 7 to 15 ASCII digits. Between digits: single spaces or dashes, and pairs
 * of parentheses around digits. "+90 (212) 555-12-34", "(0212) 555 12 34"; not "555--1234".
 */
bool text_is_phone(const char *s);

int text_hex_digit(char c);                            /* 0..15, both cases; -1 if none */
void text_hex(char *out, const void *bytes, size_t n); /* 2n lower-case digits and a NUL */
bool text_unhex(void *out, size_t n, const char *hex); /* exactly 2n digits, both cases; if false,
                                                          out is undefined */

/* Compares in a time that depends on the lengths only, not on the bytes. */
bool text_equal_secret(const char *a, const char *b);

/*
 * form_parse - decode name=value&name=value (application/x-www-form-urlencoded)
 *
 *   buf   is overwritten and must have room for a NUL at buf[len]
 *   each  gets every pair, decoded ('+' is a space), in order; both texts passed text_is_utf8(),
 *         live in buf and may be kept as long as it. A pair without '=' has the value "", a name
 *         may be empty or come twice: that is for `each` to judge. Empty pairs ("&&") are skipped.
 *
 * False: a bad % escape, NUL or other text_is_utf8() faults, more than FORM_PAIRS_MAX pairs, or
 * `each` answered false, which ends the work. Pairs before the fault have been handed out.
 */
enum { FORM_PAIRS_MAX = 100 };
typedef bool form_pair_fn(void *arg, const char *name, const char *value);
bool form_parse(char *buf, size_t len, form_pair_fn *each, void *arg);

/*
 * cookie_get - the value of one cookie
 *
 *   header  value of the Cookie: header, "a=1; b=2"; NULL if there is none
 *   name    compared exactly
 *   out     `size` bytes, at least 1: the value as it stands, and a NUL; "" unless found
 *
 * 0 found; -1 none; -2 it is there twice, has no '=', holds bytes outside RFC 6265 cookie-octet
 * (quotes, commas, spaces, non-ASCII) or does not fit. Other sites' cookies may be as they like.
 */
int cookie_get(const char *header, const char *name, char *out, size_t size);

/* Key of an e-mail address: a copy with ASCII letters in lower case. False: does not fit. */
bool text_fold(char *out, size_t size, const char *s);

/* Operand of SQL LIKE for "contains s": \ before each % _ \, and % at both ends. False: does not
   fit; 2 * strlen(s) + 3 bytes always do. */
bool text_like_escape(char *out, size_t size, const char *s);

/*
 * text_redact_digits - mask what may be a card number, in place
 *
 * A run of 13 to 19 digits that passes Luhn becomes '*' but for its last four digits. Between
 * digits there may be spaces, dashes, '+' and "%20", which stay; in such a chain of groups every
 * sequence of whole groups counts as a run ("12 4111 1111 ..."). Better a number too many than
 * one too few: one in ten long numbers that are no card is masked too. Linear time.
 */
void text_redact_digits(char *s);
#endif

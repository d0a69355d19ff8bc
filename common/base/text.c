#include "base/text.h"

#include <openssl/crypto.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alnum(char c)
{
    char lower = to_lower(c);

    return is_digit(c) || (lower >= 'a' && lower <= 'z');
}

int32_t text_utf8_next(const char **s, const char *end)
{
    static const int32_t smallest[] = {0, 0x80, 0x800, 0x10000}; /* anything below is overlong */
    unsigned char lead = (unsigned char)**s;
    int more = lead < 0x80       ? 0
               : lead >> 5 == 6  ? 1
               : lead >> 4 == 14 ? 2
               : lead >> 3 == 30 ? 3
                                 : -1;

    if (more < 0 || end - *s <= more)
        return -1;
    int32_t c = more == 0 ? lead : lead & (0x3F >> more);
    for (int i = 1; i <= more; i++) {
        unsigned char next = (unsigned char)(*s)[i];
        if (next >> 6 != 2)
            return -1;
        c = c << 6 | (next & 0x3F);
    }
    if (c < smallest[more] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return -1;
    *s += 1 + more;
    return c;
}

bool text_is_utf8(const char *s, size_t len)
{
    for (const char *end = s + len; s < end;) {
        int32_t c = text_utf8_next(&s, end);
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
    }
    return true;
}

bool text_is_line(const char *s, size_t len)
{
    for (const char *end = s + len; s < end;) {
        int32_t c = text_utf8_next(&s, end);
        if (c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029)
            return false;
    }
    return true;
}

bool text_is_code(const char *s, size_t max)
{
    size_t len = 0;

    for (; s[len] != '\0'; len++)
        if (s[len] <= 0x20 || s[len] >= 0x7f)
            return false;
    return len >= 1 && len <= max;
}

size_t text_chars(const char *utf8, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)utf8[i] & 0xC0) != 0x80;
    return n;
}

/* RFC 5322 dot-atom: atext with single dots inside. */
static bool is_dot_atom(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '.' && (i == 0 || i + 1 == len || s[i - 1] == '.'))
            return false;
        if (s[i] == '\0' || (!is_alnum(s[i]) && !strchr(".!#$%&'*+/=?^_`{|}~-", s[i])))
            return false;
    }
    return len >= 1 && len <= 64;
}

static bool is_host_label(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_alnum(s[i]) && (s[i] != '-' || i == 0 || i + 1 == len))
            return false;
    return len >= 1 && len <= 63;
}

static bool is_mail_host(const char *s)
{
    const char *dot;

    if (strcmp(s, "localhost") == 0)
        return true;
    if (!strchr(s, '.'))
        return false;
    for (; (dot = strchr(s, '.')) != NULL; s = dot + 1)
        if (!is_host_label(s, (size_t)(dot - s)))
            return false;
    size_t len = strlen(s);
    return len >= 2 && is_host_label(s, len) && strspn(s, "0123456789") < len;
}

bool text_is_email(const char *s)
{
    const char *at = strchr(s, '@');

    return at && strlen(s) <= 254 && is_dot_atom(s, (size_t)(at - s)) && is_mail_host(at + 1);
}

bool text_is_phone(const char *s)
{
    int digits = 0;
    bool open = false;
    char before = '\0';

    if (*s == '+')
        s++;
    for (; *s; before = *s++) {
        if (is_digit(*s))
            digits++;
        else if (*s == '(' && !open)
            open = true;
        else if (*s == ')' && open && is_digit(before))
            open = false;
        else if ((*s != ' ' && *s != '-') || (!is_digit(before) && before != ')'))
            return false;
    }
    return digits >= 7 && digits <= 15 && !open && is_digit(before);
}

int text_hex_digit(char c)
{
    char lower = to_lower(c);

    if (is_digit(c))
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void text_hex(char *out, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;

    for (; n > 0; n--, b++) {
        *out++ = "0123456789abcdef"[*b >> 4];
        *out++ = "0123456789abcdef"[*b & 15];
    }
    *out = '\0';
}

/* The byte written as two digits, -1 if they are not there. */
static int hex_byte(const char *p)
{
    int high = text_hex_digit(p[0]);
    int low = high < 0 ? -1 : text_hex_digit(p[1]);

    return low < 0 ? -1 : high << 4 | low;
}

bool text_unhex(void *out, size_t n, const char *hex)
{
    unsigned char *b = out;

    for (size_t i = 0; i < n; i++, hex += 2) {
        int byte = hex_byte(hex);
        if (byte < 0)
            return false;
        b[i] = (unsigned char)byte;
    }
    return *hex == '\0';
}

bool text_equal_secret(const char *a, const char *b)
{
    size_t len = strlen(a);

    return len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0;
}

/* Decodes up to `end` in place and puts a NUL behind the text; NULL if it is malformed. */
static char *form_text(char *from, const char *end)
{
    char *to = from;

    for (const char *p = from; p < end; p++) {
        if (*p != '%') {
            *to++ = *p == '+' ? ' ' : *p;
            continue;
        }
        int byte = end - p > 2 ? hex_byte(p + 1) : -1;
        if (byte < 0)
            return NULL;
        *to++ = (char)byte;
        p += 2;
    }
    if (!text_is_utf8(from, (size_t)(to - from)))
        return NULL;
    *to = '\0';
    return from;
}

/* Ends at the first `c`, or at `end`. */
static char *form_find(char *s, char *end, char c)
{
    char *found = memchr(s, c, (size_t)(end - s));

    return found ? found : end;
}

bool form_parse(char *buf, size_t len, form_pair_fn *each, void *arg)
{
    char *end = buf + len;
    int pairs = 0;

    for (char *p = buf, *next; p < end; p = next) {
        char *pair_end = form_find(p, end, '&');
        next = pair_end + 1;
        if (p == pair_end)
            continue;
        if (++pairs > FORM_PAIRS_MAX)
            return false;
        char *equals = form_find(p, pair_end, '=');
        char *value = form_text(equals < pair_end ? equals + 1 : pair_end, pair_end);
        char *name = form_text(p, equals);
        if (!name || !value || !each(arg, name, value))
            return false;
    }
    return true;
}

/* RFC 6265: a character that a cookie's value may hold. */
static bool is_cookie_octet(char c)
{
    return c > 0x20 && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\';
}

static bool cookie_copy(char *out, size_t size, const char *value, size_t len)
{
    if (len >= size)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_cookie_octet(value[i]))
            return false;
    memcpy(out, value, len);
    out[len] = '\0';
    return true;
}

int cookie_get(const char *header, const char *name, char *out, size_t size)
{
    size_t name_len = strlen(name);
    int result = -1;

    out[0] = '\0';
    for (const char *p = header ? header : ""; *p && result != -2;) {
        p += strspn(p, " \t;");
        size_t len = strcspn(p, ";");
        if (strcspn(p, "=;") == name_len && memcmp(p, name, name_len) == 0) {
            bool once = result == -1 && len > name_len;
            result = once && cookie_copy(out, size, p + name_len + 1, len - name_len - 1) ? 0 : -2;
        }
        p += len;
    }
    if (result == -2)
        out[0] = '\0';
    return result;
}

bool text_fold(char *out, size_t size, const char *s)
{
    for (; size > 0; size--, s++) {
        *out++ = to_lower(*s);
        if (*s == '\0')
            return true;
    }
    return false;
}

bool text_like_escape(char *out, size_t size, const char *s)
{
    size_t n = 0;

    if (size < 3)
        return false;
    out[n++] = '%';
    for (; *s; s++) {
        bool special = strchr("%_\\", *s) != NULL;
        if (n + special + 3 > size) /* \ c % NUL */
            return false;
        if (special)
            out[n++] = '\\';
        out[n++] = *s;
    }
    out[n++] = '%';
    out[n] = '\0';
    return true;
}

/*
 * Redaction works on one chain at a time: digits with separators between them. Runs may overlap,
 * so a digit to be masked is first only marked, by its high bit, and still counts for other runs.
 */
enum { CARD_MIN = 13, CARD_MAX = 19, CARD_SHOWN = 4, MASKED = 0x80 };

static char *skip_separators(char *p)
{
    size_t len;

    do {
        len = strncmp(p, "%20", 3) == 0 ? 3 : strspn(p, " -+");
        p += len;
    } while (len > 0);
    return p;
}

/* Within a chain: the character without its mark. */
static char unmarked(char c)
{
    return (char)(c & ~MASKED);
}

/* Marks the run's first digits, all but the last four of `count`. */
static void mark_run(char *p, int count)
{
    for (int left = count - CARD_SHOWN; left > 0; left--) {
        p = skip_separators(p);
        *p = (char)(*p | MASKED);
        p++;
    }
}

/* Marks every run of whole groups that begins at `from`. */
static void mark_runs(char *from, const char *end)
{
    int count = 0;
    int sums[2] = {0, 0}; /* Luhn, if the digits with an even or odd index are the doubled ones */
    char *p = from;

    while (p < end && count < CARD_MAX) {
        int digit = unmarked(*p++) - '0';
        sums[count % 2] += digit < 5 ? 2 * digit : 2 * digit - 9;
        sums[1 - count % 2] += digit;
        count++;
        char *next = p < end ? skip_separators(p) : p;
        if (count >= CARD_MIN && sums[count % 2] % 10 == 0 && (p == end || next > p))
            mark_run(from, count);
        p = next;
    }
}

static char *next_group(char *p, const char *end)
{
    while (p < end && is_digit(unmarked(*p)))
        p++;
    return p < end ? skip_separators(p) : p;
}

/* `p` is the first digit of a chain of the text `s`; returns its end. */
static char *redact_chain(const char *s, char *p)
{
    char *end = p, *next = p;

    while (is_digit(*next)) {
        for (end = next; is_digit(*end); end++)
            continue;
        next = skip_separators(end);
    }
    if (p > s && p[-1] == '%' && is_digit(p[1]) && is_digit(p[2])) /* %254111...: %25, 4111... */
        mark_runs(p + 2, end);
    for (char *group = p; group < end; group = next_group(group, end))
        mark_runs(group, end);
    for (; p < end; p++)
        if (*p & MASKED)
            *p = '*';
    return end;
}

void text_redact_digits(char *s)
{
    for (char *p = skip_separators(s); *p; p = skip_separators(p)) /* not the digits of %20 */
        p = is_digit(*p) ? redact_chain(s, p) : p + 1;
}

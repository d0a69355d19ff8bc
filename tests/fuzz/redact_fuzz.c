// needs: common/base/text.c
// libs: -lcrypto
// Redaction: nothing but digits changes, and no card number stays, by a plain search for them.
#include "base/text.h"
#include "fuzz.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool passes_luhn(const char *digits, size_t n)
{
    int sum = 0;

    for (size_t i = 0; i < n; i++) {
        int digit = digits[n - 1 - i] - '0';
        if (i % 2 == 1)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0;
}

/* Length of the separator at p, 0 if there is none. */
static size_t separator(const char *p)
{
    return *p == ' ' || *p == '-' || *p == '+' ? 1 : strncmp(p, "%20", 3) == 0 ? 3 : 0;
}

/* The runs that begin with the group at `from`: all their digits but four must be masked. */
static void search(const char *before, const char *after, size_t from)
{
    char digits[19];
    size_t places[19], n = 0, len;

    for (size_t p = from; n < sizeof digits && is_digit(before[p]);) {
        places[n] = p;
        digits[n++] = before[p++];
        if (is_digit(before[p]))
            continue;
        if (n >= 13 && passes_luhn(digits, n))
            for (size_t i = 0; i + 4 < n; i++)
                HOLDS(after[places[i]] == '*');
        while ((len = separator(before + p)) > 0)
            p += len;
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *before = fuzz_text(data, size), *after = fuzz_text(data, size);

    text_redact_digits(after);
    HOLDS(strlen(after) == strlen(before));
    for (size_t i = 0, len; before[i]; i += len) {
        HOLDS(after[i] == before[i] || (is_digit(before[i]) && after[i] == '*'));
        len = separator(before + i);
        if (len == 0) {
            len = 1;
            if (is_digit(before[i]))
                search(before, after, i);
            while (is_digit(before[i]) && is_digit(before[i + len]))
                len++;
        }
    }
    free(before);
    free(after);
    return 0;
}

#include "types/ids.h"

#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "types/utc.h"

void uuid_new(char out[UUID_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t b[16];
    uint64_t ms = (uint64_t)(utc_now().us / 1000);

    random_bytes(b, sizeof(b));
    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(ms >> (40 - 8 * i));
    b[6] = (uint8_t)(0x70 | (b[6] & 0x0f));
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
    for (int i = 0, at = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = digits[b[i] >> 4];
        out[at++] = digits[b[i] & 15];
    }
    out[UUID_TEXT - 1] = '\0';
}

bool uuid_parse(char out[UUID_TEXT], const char *s)
{
    if (strlen(s) != UUID_TEXT - 1)
        return false;
    for (int i = 0; i < UUID_TEXT - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s[i] != '-' : text_hex_digit(s[i]) < 0)
            return false;
        out[i] = (char)(s[i] >= 'A' && s[i] <= 'F' ? s[i] + ('a' - 'A') : s[i]);
    }
    out[UUID_TEXT - 1] = '\0';
    return true;
}

// needs: common/base/text.c
// libs: -lcrypto
// Cookies: a value that is found stands in the header, fits, and holds printable ASCII only.
#include "base/text.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *header = fuzz_text(data, size);
    char out[16] = "before", want[sizeof out + 4] = "sid=";
    int result = cookie_get(header, "sid", out, sizeof out);

    HOLDS(result == 0 || result == -1 || result == -2);
    HOLDS(result == 0 || out[0] == '\0');
    if (result == 0) {
        size_t len = strlen(out);
        HOLDS(len < sizeof out && text_is_line(out, len) && text_chars(out, len) == len);
        HOLDS(!strpbrk(out, " ;,\"\\"));
        memcpy(want + 4, out, len + 1);
        HOLDS(strstr(header, want));
    }
    free(header);
    return 0;
}

// needs: common/base/text.c
// libs: -lcrypto
// Forms: every pair lies inside the buffer and passed text_is_utf8(); never more than the limit.
#include "base/text.h"
#include "fuzz.h"

struct seen {
    const char *buf, *end;
    int pairs;
};

static bool look(void *arg, const char *name, const char *value)
{
    struct seen *seen = arg;

    HOLDS(name >= seen->buf && value > name && value + strlen(value) <= seen->end);
    HOLDS(name + strlen(name) < value || (*value == '\0' && name + strlen(name) == value));
    HOLDS(text_is_utf8(name, strlen(name)) && text_is_utf8(value, strlen(value)));
    seen->buf = name;
    HOLDS(++seen->pairs <= FORM_PAIRS_MAX);
    return true;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *buf = fuzz_text(data, size);
    struct seen seen = {.buf = buf, .end = buf + size};

    buf[size] = '4'; /* the room for the NUL: must not be read as a digit */
    form_parse(buf, size, look, &seen);
    free(buf);
    return 0;
}

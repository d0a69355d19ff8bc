// needs: common/web/url.c common/web/address.c common/base/arena.c
// libs: -lcurl
/* Any text as a URL: nothing may crash, and what passes must be canonical and harmless. */
#include <stdlib.h>
#include <string.h>

#include "web/http_client.h"
#include "web/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef const char *check_fn(struct arena *, const char *, const char *, const char **);

static struct arena *mem;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check(check_fn *may, const char *allowed, const char *text)
{
    const char *canonical = NULL;
    const char *again = NULL;

    if (may(mem, allowed, text, &canonical) != NULL)
        return;
    must(may(mem, allowed, canonical, &again) == NULL && strcmp(canonical, again) == 0);
    must(strpbrk(canonical, "\\\"<>#") == NULL);
    for (const char *p = canonical; *p != '\0'; p++)
        must(*p > 0x20 && *p < 0x7f);
    if (allowed[0] == '\0')
        must(strncmp(canonical, "https://", 8) == 0);
    must(memchr(canonical + 8, '@', strcspn(canonical + 8, "/?")) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (mem == NULL)
        mem = arena_new(1024UL * 1024);
    if (size > 2UL * URL_MAX)
        return 0;
    char *text = arena_strndup(mem, (const char *)data, size);
    check(url_check, "", text);
    check(url_check, "127.0.0.1:8081,[::1]:443,sandbox:80", text);
    check(return_url_check, "", text);
    check(return_url_check, "127.0.0.1:8081,[::1]:443,sandbox:80", text);
    arena_reset(mem);
    return 0;
}

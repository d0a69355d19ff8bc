#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "test.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

static const struct envelope_place home = {"integrations", "api_secret", "7", 1};
static struct arena *mem;
static struct keyring *one, *two; /* key 1; keys 1 and 2 */

static struct keyring *ring(const char *text)
{
    char path[] = "/tmp/envelope-test.XXXXXX";
    char why[300] = "";
    int fd = mkstemp(path);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    struct keyring *k = ok ? keyring_open(path, why, sizeof(why)) : NULL;

    CHECK_THAT(k != NULL, "%s", why);
    close(fd);
    unlink(path);
    if (k == NULL)
        exit(1);
    return k;
}

static bool opens(const struct keyring *k, const struct envelope_place *at, struct sealed in,
                  const char *expected)
{
    const char *secret = NULL;
    enum err e = envelope_open(k, mem, at, in, &secret);

    CHECK_THAT(e == OK || (e == E_SEALED && secret == NULL), "%d", (int)e);
    return e == OK && strcmp(secret, expected) == 0;
}

static void round_trip(void)
{
    static char long_one[100001];
    const char *const texts[] = {"", "x", "ünlü gizli anahtar", long_one};

    memset(long_one, 'k', sizeof(long_one) - 1);
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct sealed s, again;
        envelope_seal(one, mem, &home, texts[i], &s);
        envelope_seal(one, mem, &home, texts[i], &again);
        CHECK_THAT(s.len == strlen(texts[i]) + ENVELOPE_OVERHEAD, "%zu", s.len);
        CHECK_THAT(s.data[0] == 1 && envelope_key_id(s) == 1, "header");
        CHECK_THAT(memcmp(s.data + 5, again.data + 5, 12) != 0, "the same nonce twice");
        CHECK_THAT(opens(one, &home, s, texts[i]), "%zu", i);
        CHECK_THAT(opens(one, &home, again, texts[i]), "%zu", i);
    }
}

static const struct envelope_place elsewhere[] = {
    {"integrations",  "api_secret",  "8",  1 },
    {"integrations",  "api_secret",  "",   1 },
    {"integrations",  "api_secret",  "7",  2 },
    {"integrations",  "api_secret",  "7",  -1},
    {"integrations",  "api_secret",  "71", 1 },
    {"integrations",  "api_key",     "7",  1 },
    {"cards",         "api_secret",  "7",  1 },
    {"integrationsa", "pi_secret",   "7",  1 },
    {"integration",   "sapi_secret", "7",  1 },
};

/* X12: a copy in another row, column, table or tenant. */
static void bound_to_its_place(void)
{
    struct sealed s;

    envelope_seal(one, mem, &home, "secret", &s);
    for (size_t i = 0; i < COUNT(elsewhere); i++)
        CHECK_THAT(!opens(one, &elsewhere[i], s, "secret"), "%zu", i);
}

/* X12: each bit of 100 envelopes. */
static void every_bit_counts(void)
{
    char secret[21];

    for (int i = 0; i < 100; i++) {
        struct sealed s;
        random_text(secret, 1 + (size_t)i % 20, "abcdefgh");
        envelope_seal(two, mem, &home, secret, &s);
        uint8_t *copy = NEW_N(mem, uint8_t, s.len);
        memcpy(copy, s.data, s.len);
        for (size_t bit = 0; bit < 8 * s.len; bit++) {
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
            CHECK_THAT(!opens(two, &home, (struct sealed){copy, s.len}, secret), "bit %zu", bit);
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        CHECK_THAT(opens(two, &home, (struct sealed){copy, s.len}, secret), "unchanged");
        arena_reset(mem);
    }
}

static void lengths(void)
{
    struct sealed s;

    envelope_seal(one, mem, &home, "secret", &s);
    for (size_t len = 0; len < s.len; len++)
        CHECK_THAT(!opens(one, &home, (struct sealed){s.data, len}, "secret"), "%zu bytes", len);
    uint8_t *longer = NEW_N(mem, uint8_t, s.len + 1);
    memcpy(longer, s.data, s.len);
    CHECK_THAT(!opens(one, &home, (struct sealed){longer, s.len + 1}, "secret"), "a byte more");
    CHECK_THAT(!opens(one, &home, (struct sealed){NULL, 0}, "secret"), "NULL of the database");
    CHECK_THAT(envelope_key_id((struct sealed){NULL, 0}) == 0, "no envelope");
    CHECK_THAT(envelope_key_id((struct sealed){s.data, ENVELOPE_OVERHEAD - 1}) == 0, "short");
}

/* Old envelopes open under the old key, new ones are under the newest. */
static void rotation(void)
{
    struct sealed old, fresh;
    struct keyring *only_two = ring("2 " KEY_B "\n");
    struct keyring *other_one = ring("1 " KEY_B "\n");

    envelope_seal(one, mem, &home, "secret", &old);
    CHECK_THAT(opens(two, &home, old, "secret"), "with both keys");
    envelope_seal(two, mem, &home, "secret", &fresh);
    CHECK_THAT(envelope_key_id(fresh) == 2, "%u", envelope_key_id(fresh));
    CHECK_THAT(opens(only_two, &home, fresh, "secret"), "the old key is gone");
    CHECK_THAT(!opens(only_two, &home, old, "secret"), "unknown key id");
    CHECK_THAT(!opens(other_one, &home, old, "secret"), "another key of that id");
    keyring_close(only_two);
    keyring_close(other_one);
}

int main(void)
{
    mem = arena_new(16UL * 1024 * 1024);
    one = ring("1 " KEY_A "\n");
    two = ring("1 " KEY_A "\n2 " KEY_B "\n");
    RUN(round_trip);
    RUN(bound_to_its_place);
    RUN(every_bit_counts);
    RUN(lengths);
    RUN(rotation);
    keyring_close(one);
    keyring_close(two);
    arena_free(mem);
    return test_result();
}

#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "test.h"

/* FIPS 180-4 examples. */
static const struct {
    const char *text, *hex;
} sha_cases[] = {
    {"",                                                         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc",                                                      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"                                                            },
};

static void sha(void)
{
    uint8_t out[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    for (size_t i = 0; i < COUNT(sha_cases); i++) {
        sha256(out, sha_cases[i].text, strlen(sha_cases[i].text));
        text_hex(hex, out, sizeof(out));
        CHECK_THAT(strcmp(hex, sha_cases[i].hex) == 0, "%s", sha_cases[i].text);
    }
}

/* RFC 4231, cases 2 and 6 (a key longer than a block), and an empty key. */
static const struct {
    const char *key;
    size_t key_len;
    const char *text, *hex;
} hmac_cases[] = {
    {"Jefe", 4,   "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"                                                                       },
    {NULL,   131, "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"                                                                       },
    {"",     0,   "",                                                       "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

static void hmac(void)
{
    uint8_t out[SHA256_SIZE], aa[131];
    char hex[2 * SHA256_SIZE + 1];

    memset(aa, 0xaa, sizeof(aa));
    for (size_t i = 0; i < COUNT(hmac_cases); i++) {
        const char *text = hmac_cases[i].text;
        hmac_sha256(out, hmac_cases[i].key == NULL ? (const void *)aa : hmac_cases[i].key,
                    hmac_cases[i].key_len, text, strlen(text));
        text_hex(hex, out, sizeof(out));
        CHECK_THAT(strcmp(hex, hmac_cases[i].hex) == 0, "%s", hex);
    }
}

int main(void)
{
    RUN(sha);
    RUN(hmac);
    return test_result();
}

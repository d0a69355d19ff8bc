#include <string.h>
#include <time.h>

#include "base/crypto.h"
#include "test.h"

/* "vezne", at yescrypt's smallest cost so that the test is quick. */
static const char cheap[] =
    "$y$j75$35LS/1Zn49gOB2t9Ptxqs/$SovOe1vDpoJX.i8Q07C1Hsz.oCKG3eIplatdjwZbFz5";

static const struct {
    const char *stored, *password;
    bool same;
} verify_cases[] = {
    {cheap,                 "vezne",  true },
    {cheap,                 "vezne ", false},
    {cheap,                 "Vezne",  false},
    {cheap,                 "",       false},
    {NULL,                  "vezne",  false},
    {"",                    "vezne",  false},
    {"*0",                  "vezne",  false},
    {"*1",                  "vezne",  false},
    {"vezne",               "vezne",  false},
    {"$",                   "vezne",  false},
    {"$y$",                 "vezne",  false},
    {"$y$j75$",             "vezne",  false},
    {"$unknown$salt$vezne", "vezne",  false},
};

static void verify(void)
{
    for (size_t i = 0; i < COUNT(verify_cases); i++)
        CHECK_THAT(password_verify(verify_cases[i].stored, verify_cases[i].password) ==
                       verify_cases[i].same,
                   "%s %s", verify_cases[i].stored == NULL ? "NULL" : verify_cases[i].stored,
                   verify_cases[i].password);
}

static void hash_and_verify(void)
{
    char a[PASSWORD_HASH_MAX], b[PASSWORD_HASH_MAX];

    CHECK_THAT(password_hash(a, "şifre-1234") == OK, "hash");
    CHECK_THAT(password_hash(b, "şifre-1234") == OK, "hash");
    CHECK_THAT(strncmp(a, "$y$jBT$", 7) == 0, "cost 7: %s", a);
    CHECK_THAT(strcmp(a, b) != 0, "the same salt twice");
    CHECK_THAT(password_verify(a, "şifre-1234"), "%s", a);
    CHECK_THAT(!password_verify(a, "şifre-1235"), "%s", a);
}

static void length_limits(void)
{
    char long_one[PASSWORD_MAX + 2], out[PASSWORD_HASH_MAX];

    memset(long_one, 'a', sizeof(long_one));
    long_one[PASSWORD_MAX + 1] = '\0';
    CHECK_THAT(password_hash(out, long_one) == E_BAD_INPUT, "512 bytes");
    CHECK_THAT(!password_verify(cheap, long_one), "512 bytes");
    long_one[PASSWORD_MAX] = '\0';
    CHECK_THAT(password_hash(out, long_one) == OK, "511 bytes");
    CHECK_THAT(password_verify(out, long_one), "511 bytes");
    CHECK_THAT(password_hash(out, "") == E_BAD_INPUT, "empty");
}

static int64_t cpu_ms(const char *stored)
{
    clock_t began = clock();
    CHECK_THAT(!password_verify(stored, "wrong"), "wrong password");
    return (clock() - began) * 1000 / CLOCKS_PER_SEC;
}

/* Of five each the quickest: an unknown user costs what a known one does. */
static void unknown_user_takes_as_long(void)
{
    char stored[PASSWORD_HASH_MAX];
    int64_t known = INT64_MAX, unknown = INT64_MAX;

    CHECK_THAT(password_hash(stored, "right") == OK, "hash");
    for (int i = 0; i < 5; i++) {
        int64_t k = cpu_ms(stored), u = cpu_ms(i % 2 == 0 ? NULL : "no hash");
        known = k < known ? k : known;
        unknown = u < unknown ? u : unknown;
    }
    CHECK_THAT(unknown * 2 > known && known * 2 > unknown, "known %lld ms, unknown %lld ms",
               (long long)known, (long long)unknown);
}

int main(void)
{
    RUN(verify);
    RUN(hash_and_verify);
    RUN(length_limits);
    RUN(unknown_user_takes_as_long);
    return test_result();
}

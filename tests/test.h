#ifndef TEST_H
#define TEST_H
#include <stdio.h>

/*
 * What a test program needs:
 *
 *   static void parse(void)     { CHECK_THAT(money_parse(&m, text), "%s", text); }
 *   int main(void)              { RUN(parse); return test_result(); }
 *
 * A check that fails is printed with its place and the words behind the condition, and the test
 * goes on. The last line is "N passed, N failed" and counts checks; the exit status is 0 only if
 * none failed and at least one was made.
 */

#ifndef COUNT
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#endif

static unsigned long test_passed, test_failed;

#define CHECK_THAT(cond, ...)                                            \
    do {                                                                 \
        if (cond) {                                                      \
            test_passed++;                                               \
        } else {                                                         \
            test_failed++;                                               \
            printf("%s:%d: not true: %s  [", __FILE__, __LINE__, #cond); \
            printf(__VA_ARGS__);                                         \
            printf("]\n");                                               \
        }                                                                \
    } while (0)

/* Flushed, so that a test that aborts can be told by the last name. */
#define RUN(test)              \
    do {                       \
        printf("%s\n", #test); \
        fflush(stdout);        \
        test();                \
    } while (0)

static int test_result(void)
{
    printf("%lu passed, %lu failed\n", test_passed, test_failed);
    return test_failed != 0 || test_passed == 0;
}
#endif

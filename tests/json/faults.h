#ifndef FAULTS_H
#define FAULTS_H
#include "generate.h"

/* The faults that generate.c puts into documents, by family of bad input. */

#define BYTES(literal) (literal), sizeof(literal) - 1

/* Members that carry a fault, or almost. */
static const struct {
    int family;
    const char *text;
    size_t len;
    enum expect expect;
} members[] = {
    {32, BYTES("\"d\":1,\"d\":1"),                             REFUSE},
    {32, BYTES("\"o\":{\"d\":1,\"x\":2,\"d\":null}"),          REFUSE},
    {32, BYTES("\"o\":{\"d\":1},\"p\":{\"d\":1},\"d\":1"),     ACCEPT},
    {33, BYTES("\"a\":1,\"\\u0061\":2"),                       REFUSE},
    {33, BYTES("\"\\u00FC\":1,\"\xC3\xBC\":2"),                REFUSE},
    {33, BYTES("\"\\/\":1,\"/\":2"),                           REFUSE},
    {33, BYTES("\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":2"), REFUSE},
    {34, BYTES("'a':1"),                                       REFUSE},
    {34, BYTES("\"a\":'b'"),                                   REFUSE},
    {35, BYTES("/**/\"a\":1"),                                 REFUSE},
    {35, BYTES("\"a\":1//\n"),                                 REFUSE},
    {35, BYTES("\"a\"/* */:1"),                                REFUSE},
    {36, BYTES("\"a\":[1,]"),                                  REFUSE},
    {36, BYTES("\"a\":{\"b\":1,}"),                            REFUSE},
    {36, BYTES("\"a\":1,"),                                    REFUSE},
    {37, BYTES("\"a\":NaN"),                                   REFUSE},
    {37, BYTES("\"a\":-Infinity"),                             REFUSE},
    {37, BYTES("\"a\":Infinity"),                              REFUSE},
    {37, BYTES("\"a\":-inf"),                                  REFUSE},
    {38, BYTES("\"a\":01"),                                    REFUSE},
    {38, BYTES("\"a\":-01"),                                   REFUSE},
    {38, BYTES("\"a\":1."),                                    REFUSE},
    {38, BYTES("\"a\":1.e1"),                                  REFUSE},
    {38, BYTES("\"a\":.5"),                                    REFUSE},
    {38, BYTES("\"a\":+1"),                                    REFUSE},
    {38, BYTES("\"a\":0x1"),                                   REFUSE},
    {38, BYTES("\"a\":1e"),                                    REFUSE},
    {38, BYTES("\"a\":-"),                                     REFUSE},
    {39, BYTES("\"a\":9007199254740993"),                      ACCEPT},
    {39, BYTES("\"a\":9223372036854775808"),                   REFUSE},
    {39, BYTES("\"a\":-9223372036854775809"),                  REFUSE},
    {39, BYTES("\"a\":18446744073709551616"),                  REFUSE},
    {39, BYTES("\"a\":92233720368547758089999"),               REFUSE},
    {40, BYTES("\"a\":1e400"),                                 REFUSE},
    {40, BYTES("\"a\":1e-400"),                                REFUSE},
    {40, BYTES("\"a\":-0"),                                    ACCEPT},
    {40, BYTES("\"a\":-0.0e-0"),                               ACCEPT},
    {41, BYTES("\"a\":\"\xC0\xAF\""),                          REFUSE},
    {41, BYTES("\"a\":\"\xED\xA0\xBD\xED\xB8\x80\""),          REFUSE},
    {41, BYTES("\"a\":\"\xF4\x90\x80\x80\""),                  REFUSE},
    {41, BYTES("\"a\":\"\xE9\""),                              REFUSE},
    {41, BYTES("\"\x80\":1"),                                  REFUSE},
    {41, BYTES("\"a\":\"\\uD800\""),                           REFUSE},
    {41, BYTES("\"a\":\"\\uDC00\\uD800\""),                    REFUSE},
    {41, BYTES("\"a\":\"\\uD800\\u0061\""),                    REFUSE},
    {41, BYTES("\"\\uDFFF\":1"),                               REFUSE},
    {41, BYTES("\"a\":\"\\uD836\\uDC00\""),                    REFUSE},
    {41, BYTES("\"a\":\"\xF0\x9D\xA0\x80\""),                  ACCEPT},
    {42, BYTES("\"a\":\"\\u0000\""),                           REFUSE},
    {42, BYTES("\"a\\u0000b\":1"),                             REFUSE},
    {42, BYTES("\"a\":\"x\0y\""),                              REFUSE},
    {42, BYTES("\"a\":\0001"),                                 REFUSE},
    {43, BYTES("\"a\":\"x\ny\""),                              REFUSE},
    {43, BYTES("\"a\":\"\t\""),                                REFUSE},
    {43, BYTES("\"a\x1F\":1"),                                 REFUSE},
    {43, BYTES("\"a\":\"\\u0001\x7F\""),                       ACCEPT},
};

/* Whole documents that are none of ours. */
static const struct {
    int family;
    const char *text;
    size_t len;
} others[] = {
    {25, BYTES("")             },
    {25, BYTES("<html></html>")},
    {25, BYTES("a=1&b=2")      },
    {25, BYTES("{")            },
    {25, BYTES("\0")           },
    {28, BYTES("[]")           },
    {28, BYTES("[{}]")         },
    {28, BYTES("\"a\"")        },
    {28, BYTES("null")         },
    {28, BYTES(" true")        },
    {28, BYTES("-1.5")         },
    {28, BYTES("7")            },
};
#endif

#include "web/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "test.h"

static const struct {
    const char *text;
    bool public;
} cases[] = {
    {"0.0.0.0",                                 false},
    {"0.255.255.255",                           false},
    {"1.0.0.0",                                 true },
    {"8.8.8.8",                                 true },
    {"9.255.255.255",                           true },
    {"10.0.0.0",                                false},
    {"10.255.255.255",                          false},
    {"11.0.0.0",                                true },
    {"100.63.255.255",                          true },
    {"100.64.0.0",                              false},
    {"100.127.255.255",                         false},
    {"100.128.0.0",                             true },
    {"126.255.255.255",                         true },
    {"127.0.0.1",                               false},
    {"127.255.255.255",                         false},
    {"128.0.0.0",                               true },
    {"169.253.255.255",                         true },
    {"169.254.169.254",                         false},
    {"169.255.0.0",                             true },
    {"172.15.255.255",                          true },
    {"172.16.0.0",                              false},
    {"172.31.255.255",                          false},
    {"172.32.0.0",                              true },
    {"191.255.255.255",                         true },
    {"192.0.0.1",                               false},
    {"192.0.1.0",                               true },
    {"192.0.2.1",                               false},
    {"192.0.3.0",                               true },
    {"192.88.99.1",                             false},
    {"192.167.255.255",                         true },
    {"192.168.0.0",                             false},
    {"192.168.255.255",                         false},
    {"192.169.0.0",                             true },
    {"198.17.255.255",                          true },
    {"198.18.0.0",                              false},
    {"198.19.255.255",                          false},
    {"198.20.0.0",                              true },
    {"198.51.100.7",                            false},
    {"203.0.113.7",                             false},
    {"223.255.255.255",                         true },
    {"224.0.0.1",                               false},
    {"240.0.0.1",                               false},
    {"255.255.255.255",                         false},
    {"::",                                      false},
    {"::1",                                     false},
    {"::127.0.0.1",                             false},
    {"::ffff:127.0.0.1",                        false},
    {"::ffff:8.8.8.8",                          false},
    {"::ffff:0:127.0.0.1",                      false},
    {"64:ff9b::127.0.0.1",                      false},
    {"64:ff9b::8.8.8.8",                        false},
    {"64:ff9b:1::1",                            false},
    {"100::1",                                  false},
    {"1fff:ffff::1",                            false},
    {"2000::1",                                 true },
    {"2001::1",                                 false},
    {"2001:0:7f00:1::",                         false},
    {"2001:1ff::1",                             false},
    {"2001:200::1",                             true },
    {"2001:4860:4860::8888",                    true },
    {"2001:db7:ffff::1",                        true },
    {"2001:db8::1",                             false},
    {"2001:db9::1",                             true },
    {"2002:7f00:1::1",                          false},
    {"2002:808:808::1",                         false},
    {"2003::1",                                 true },
    {"2a00:1450:4001:801::200e",                true },
    {"3ffe::1",                                 true },
    {"3fff::1",                                 false},
    {"3fff:fff:ffff::1",                        false},
    {"3fff:1000::1",                            true },
    {"4000::1",                                 false},
    {"5f00::1",                                 false},
    {"fc00::1",                                 false},
    {"fd12:3456:789a::1",                       false},
    {"fe80::1",                                 false},
    {"fec0::1",                                 false},
    {"ff02::1",                                 false},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
};

static struct sockaddr_storage address(const char *text)
{
    struct sockaddr_storage out = {0};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        memcpy(&out, &v4, sizeof(v4));
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        memcpy(&out, &v6, sizeof(v6));
    else
        CHECK_THAT(false, "no address: %s", text);
    return out;
}

static void public_addresses(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sockaddr_storage a = address(cases[i].text);
        CHECK_THAT(address_is_public((struct sockaddr *)&a) == cases[i].public, "%s",
                   cases[i].text);
    }
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
    CHECK_THAT(!address_is_public((struct sockaddr *)&local), "unix socket");
}

static void our_addresses(void)
{
    struct sockaddr_storage lo = address("127.0.0.1"), far = address("8.8.8.8");
    struct sockaddr_un local = {.sun_family = AF_UNIX};

    CHECK_THAT(address_is_ours((struct sockaddr *)&lo), "loopback");
    CHECK_THAT(!address_is_ours((struct sockaddr *)&far), "8.8.8.8");
    CHECK_THAT(address_is_ours((struct sockaddr *)&local), "can't know");
}

static const struct {
    const char *list, *host;
    uint16_t port;
    bool listed;
} list_cases[] = {
    {"127.0.0.1:8081",             "127.0.0.1",  8081,  true },
    {"127.0.0.1:8081",             "127.0.0.1",  8082,  false},
    {"127.0.0.1:8081",             "127.0.0.1",  80,    false},
    {"127.0.0.1:80810",            "127.0.0.1",  8081,  false},
    {"127.0.0.1:18081",            "127.0.0.1",  8081,  false},
    {"127.0.0.1:8081",             "localhost",  8081,  false},
    {"a.example:1,b.example:2",    "b.example",  2,     true },
    {" a.example:1 , b.example:2", "b.example",  2,     true },
    {"a.example:1,b.example:2",    "b.example",  1,     false},
    {"a.example:1,b.example:2",    "example",    2,     false},
    {"b.example:2",                "ab.example", 2,     false},
    {"ab.example:2",               "b.example",  2,     false},
    {"B.Example:2",                "b.example",  2,     true },
    {"[::1]:65535",                "[::1]",      65535, true },
    {"[0:0:0:0:0:0:0:1]:443",      "[::1]",      443,   true },
    {"[::1]:443",                  "[::2]",      443,   false},
    {"::1:443",                    "[::1]",      443,   false},
    {"",                           "127.0.0.1",  80,    false},
    {",,",                         "127.0.0.1",  80,    false},
    {":80",                        "",           80,    false},
    {"127.0.0.1",                  "127.0.0.1",  443,   false},
    {"*:443",                      "b.example",  443,   false},
};

static void lists(void)
{
    for (size_t i = 0; i < COUNT(list_cases); i++)
        CHECK_THAT(endpoint_listed(list_cases[i].list, list_cases[i].host, list_cases[i].port) ==
                       list_cases[i].listed,
                   "\"%s\" %s %u", list_cases[i].list, list_cases[i].host, list_cases[i].port);
}

int main(void)
{
    RUN(public_addresses);
    RUN(our_addresses);
    RUN(lists);
    return test_result();
}

#include "web/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct net4 {
    uint8_t net[4];
    int bits;
};
struct net6 {
    uint8_t net[16];
    int bits;
};

static const struct net4 not_public4[] = {
    {{0},            8 }, /* this network */
    {{10},           8 }, /* private */
    {{100, 64},      10}, /* shared, carriers */
    {{127},          8 }, /* loopback */
    {{169, 254},     16}, /* link-local, cloud metadata */
    {{172, 16},      12}, /* private */
    {{192, 0, 0},    24}, /* protocol assignments */
    {{192, 0, 2},    24}, /* documentation */
    {{192, 88, 99},  24}, /* 6to4 relays */
    {{192, 168},     16}, /* private */
    {{198, 18},      15}, /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113},  24}, /* documentation */
    {{224},          3 }, /* multicast, reserved, broadcast */
};

static const struct net6 global6 = {{0x20}, 3};
static const struct net6 not_public6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23}, /* protocol assignments, with Teredo */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02},             16}, /* 6to4 */
    {{0x3f, 0xff},             20}, /* documentation */
};

static bool starts_with_bits(const uint8_t *addr, const uint8_t *net, int bits)
{
    int bytes = bits / 8;
    int rest = bits % 8;

    return memcmp(addr, net, (size_t)bytes) == 0 &&
           (rest == 0 || (addr[bytes] ^ net[bytes]) >> (8 - rest) == 0);
}

static bool is_public4(const uint8_t *addr)
{
    for (size_t i = 0; i < sizeof(not_public4) / sizeof(not_public4[0]); i++) {
        if (starts_with_bits(addr, not_public4[i].net, not_public4[i].bits))
            return false;
    }
    return true;
}

static bool is_public6(const uint8_t *addr)
{
    if (!starts_with_bits(addr, global6.net, global6.bits))
        return false;
    for (size_t i = 0; i < sizeof(not_public6) / sizeof(not_public6[0]); i++) {
        if (starts_with_bits(addr, not_public6[i].net, not_public6[i].bits))
            return false;
    }
    return true;
}

/* The bytes of the address in network order; their number, 0 for other families. */
static size_t address_bytes(const struct sockaddr *sa, uint8_t out[16])
{
    if (sa->sa_family == AF_INET) {
        memcpy(out, (const char *)sa + offsetof(struct sockaddr_in, sin_addr), 4);
        return 4;
    }
    if (sa->sa_family == AF_INET6) {
        memcpy(out, (const char *)sa + offsetof(struct sockaddr_in6, sin6_addr), 16);
        return 16;
    }
    return 0;
}

bool address_is_public(const struct sockaddr *sa)
{
    uint8_t addr[16];

    switch (address_bytes(sa, addr)) {
    case 4:
        return is_public4(addr);
    case 16:
        return is_public6(addr);
    default:
        return false;
    }
}

bool address_is_ours(const struct sockaddr *sa)
{
    uint8_t wanted[16], have[16];
    size_t len = address_bytes(sa, wanted);
    struct ifaddrs *all;
    bool found = false;

    if (len == 0 || getifaddrs(&all) != 0)
        return true;
    for (const struct ifaddrs *i = all; i != NULL && !found; i = i->ifa_next) {
        if (i->ifa_addr != NULL && address_bytes(i->ifa_addr, have) == len)
            found = memcmp(wanted, have, len) == 0;
    }
    freeifaddrs(all);
    return found;
}

/* "[::1]" -> bytes. */
static bool parse_ipv6(const char *host, size_t len, struct in6_addr *out)
{
    char text[INET6_ADDRSTRLEN];

    if (len < 2 || len - 2 >= sizeof(text) || host[0] != '[' || host[len - 1] != ']')
        return false;
    memcpy(text, host + 1, len - 2);
    text[len - 2] = '\0';
    return inet_pton(AF_INET6, text, out) == 1;
}

static bool same_host(const char *entry, size_t len, const char *host)
{
    struct in6_addr a, b;

    if (strlen(host) == len && strncasecmp(entry, host, len) == 0)
        return true;
    return parse_ipv6(entry, len, &a) && parse_ipv6(host, strlen(host), &b) &&
           memcmp(&a, &b, sizeof(a)) == 0;
}

bool endpoint_listed(const char *list, const char *host, uint16_t port)
{
    char suffix[8];
    size_t suffix_len = (size_t)snprintf(suffix, sizeof(suffix), ":%u", (unsigned)port);

    while (*list != '\0') {
        list += strspn(list, ", ");
        size_t len = strcspn(list, ", ");
        if (len > suffix_len && strncmp(list + len - suffix_len, suffix, suffix_len) == 0 &&
            same_host(list, len - suffix_len, host))
            return true;
        list += len;
    }
    return false;
}

#ifndef WEB_ADDRESS_H
#define WEB_ADDRESS_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Where our calls may go: the rules of addresses, without any network. */

/*
 * Global unicast, by the IANA special-purpose registries. Not public: loopback, private, shared,
 * link-local, documentation, benchmark, multicast, reserved; of IPv6 all but 2000::/3, and of that
 * what wraps IPv4 (6to4, Teredo), the protocol assignments and documentation. Any other family: false.
 */
bool address_is_public(const struct sockaddr *sa);

/* True when one of this machine's interfaces has this address now, or when we can't know. */
bool address_is_ours(const struct sockaddr *sa);

/*
 * Is host:port in the operator's list "host:port, [::1]:8080"?
 *
 *   host  name, IPv4 address or IPv6 address in brackets, lower case
 *
 * Names are compared without regard to case, IPv6 addresses by value. Spaces around entries are fine.
 */
bool endpoint_listed(const char *list, const char *host, uint16_t port);

#endif

/* port/musl's getaddrinfo: rows as the port reads them, of what musl found. */
#define _GNU_SOURCE
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/unit.h"

#define __lookup_name musl_lookup_name
#define getaddrinfo musl_getaddrinfo
#define freeaddrinfo musl_freeaddrinfo
int musl_getaddrinfo(const char *restrict name, const char *restrict service,
                     const struct addrinfo *restrict wanted, struct addrinfo **restrict out);
void musl_freeaddrinfo(struct addrinfo *first);
#include "port/musl/names.c"

static int found_count; /* or an error */

/* Stands in for musl: addresses of both kinds in turn, each with its number in it. */
int __lookup_name(struct address *found, char *name_found, const char *name, int family, int flags)
{
    CU_ASSERT_STRING_EQUAL(name, "some.test");
    CU_ASSERT_EQUAL(family, AF_UNSPEC);
    CU_ASSERT_EQUAL(flags, 0);
    memcpy(name_found, name, strlen(name) + 1);
    for (int i = 0; i < found_count; i++) {
        found[i] = (struct address){i % 2 ? AF_INET6 : AF_INET, (unsigned)i % 2 * 7, {0}, 0};
        memset(found[i].bytes, i + 1, sizeof(found[i].bytes));
    }
    return found_count;
}

static void look_at(const struct addrinfo *row, int number)
{
    const struct sockaddr_in *ipv4 = (const void *)row->ai_addr;
    const struct sockaddr_in6 *ipv6 = (const void *)row->ai_addr;
    uint8_t bytes[16];
    memset(bytes, number + 1, sizeof(bytes));
    CU_ASSERT_EQUAL(row->ai_socktype, SOCK_STREAM);
    CU_ASSERT_EQUAL(row->ai_family, number % 2 ? AF_INET6 : AF_INET);
    CU_ASSERT_EQUAL(row->ai_addr->sa_family, row->ai_family);
    if (number % 2) {
        CU_ASSERT_EQUAL(row->ai_addrlen, sizeof(*ipv6));
        CU_ASSERT_EQUAL(ipv6->sin6_scope_id, 7);
        CU_ASSERT_EQUAL(memcmp(&ipv6->sin6_addr, bytes, 16), 0);
    } else {
        CU_ASSERT_EQUAL(row->ai_addrlen, sizeof(*ipv4));
        CU_ASSERT_EQUAL(memcmp(&ipv4->sin_addr, bytes, 4), 0);
    }
}

static const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

static void a_row_for_each(void)
{
    for (found_count = 1; found_count <= FOUND_MAX; found_count++) {
        struct addrinfo *first = NULL;
        CU_ASSERT_EQUAL(musl_getaddrinfo("some.test", NULL, &wanted, &first), 0);
        int count = 0;
        for (const struct addrinfo *row = first; row != NULL; row = row->ai_next)
            look_at(row, count++);
        CU_ASSERT_EQUAL(count, found_count);
        musl_freeaddrinfo(first);
    }
}

static void errors_are_passed_on(void)
{
    struct addrinfo *first = NULL;
    found_count = EAI_AGAIN;
    CU_ASSERT_EQUAL(musl_getaddrinfo("some.test", NULL, &wanted, &first), EAI_AGAIN);
    CU_ASSERT_PTR_NULL(first);
}

static const struct unit_test tests[] = {
    {"a row for each", a_row_for_each},
    {"errors are passed on", errors_are_passed_on},
};

UNIT_MAIN("musl_names", tests)

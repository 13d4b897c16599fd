/* See tls_session.h. */
#include "core/tls/tls_session.h"

#include <string.h>

#include <mbedtls/platform_util.h>

#include "core/base/assert.h"
#include "core/tls/tls_hash.h"

uint64_t tls_session_id(uint32_t key, const char *host, bool tls_12_only)
{
    struct tls_hash hash;
    uint8_t digest[TLS_HASH_BYTES];
    uint64_t id = 0;
    tls_hash_begin(&hash);
    tls_hash_add(&hash, (struct span){(const char *)&key, sizeof(key)});
    tls_hash_add(&hash, (struct span){tls_12_only ? "2" : "3", 1});
    tls_hash_add(&hash, span_of(host));
    tls_hash_end(&hash, digest);
    memcpy(&id, digest, sizeof(id));
    return id == 0 ? 1 : id;
}

static struct tls_session *find(struct tls_sessions *sessions, uint64_t id)
{
    ASSERT(id != 0);
    for (size_t i = 0; i < LIMIT_TLS_SESSIONS; i++) {
        if (sessions->kept[i].id == id)
            return &sessions->kept[i];
    }
    return NULL;
}

static struct tls_session *find_oldest(struct tls_sessions *sessions)
{
    struct tls_session *oldest = &sessions->kept[0];
    for (size_t i = 0; i < LIMIT_TLS_SESSIONS; i++) {
        struct tls_session *session = &sessions->kept[i];
        if (session->id == 0)
            return session;
        if (session->used_us < oldest->used_us)
            oldest = session;
    }
    return oldest;
}

/* Only what was written is wiped, so that slots that were never used stay untouched. */
static void wipe(struct tls_session *session)
{
    if (session->id != 0) {
        mbedtls_platform_zeroize(session->bytes, session->len);
        session->id = 0;
    }
}

bool tls_session_offer(struct tls_sessions *sessions, uint64_t id, mbedtls_ssl_context *ssl,
                       uint64_t *verified_us)
{
    struct tls_session *kept = find(sessions, id);
    uint64_t now_us = port_now_us();
    if (kept == NULL)
        return false;
    mbedtls_ssl_session session;
    mbedtls_ssl_session_init(&session);
    bool offered = now_us - kept->verified_us < TLS_SESSION_AGE_US &&
                   mbedtls_ssl_session_load(&session, kept->bytes, kept->len) == 0 &&
                   mbedtls_ssl_set_session(ssl, &session) == 0;
    mbedtls_ssl_session_free(&session);
    kept->used_us = now_us;
    *verified_us = kept->verified_us;
    if (!offered)
        wipe(kept);
    return offered;
}

static void store(struct tls_session *place, uint64_t id, const mbedtls_ssl_session *session,
                  uint64_t verified_us)
{
    size_t len = 0;
    wipe(place);
    if (mbedtls_ssl_session_save(session, place->bytes, sizeof(place->bytes), &len) != 0)
        return;
    ASSERT(len <= sizeof(place->bytes));
    place->id = id;
    place->len = (uint16_t)len;
    place->used_us = port_now_us();
    place->verified_us = verified_us;
}

/* Something must name it to the peer. What 1.3 has for an id is made up for the sake of
 * middleboxes. */
static bool can_be_offered(const mbedtls_ssl_session *session)
{
    return session->MBEDTLS_PRIVATE(ticket_len) > 0 ||
           (session->MBEDTLS_PRIVATE(tls_version) == MBEDTLS_SSL_VERSION_TLS1_2 &&
            session->MBEDTLS_PRIVATE(id_len) > 0);
}

void tls_session_keep(struct tls_sessions *sessions, uint64_t id, mbedtls_ssl_context *ssl,
                      uint64_t verified_us)
{
    mbedtls_ssl_session session;
    mbedtls_ssl_session_init(&session);
    /* Fails when there is none that was not asked for before. */
    if (mbedtls_ssl_get_session(ssl, &session) == 0 && can_be_offered(&session)) {
        struct tls_session *place = find(sessions, id);
        store(place != NULL ? place : find_oldest(sessions), id, &session, verified_us);
    }
    mbedtls_ssl_session_free(&session);
}

void tls_session_drop(struct tls_sessions *sessions, uint64_t id)
{
    struct tls_session *kept = find(sessions, id);
    if (kept != NULL)
        wipe(kept);
}

void tls_session_clear(struct tls_sessions *sessions)
{
    for (size_t i = 0; i < LIMIT_TLS_SESSIONS; i++)
        wipe(&sessions->kept[i]);
}

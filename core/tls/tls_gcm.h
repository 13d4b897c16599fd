/*
 * AES-GCM (NIST SP 800-38D) of a whole record at once, for processors with instructions for it.
 * mbedTLS has these too, but goes block by block and waits for each: a tenth of what is possible.
 * Read before mbedTLS's cipher.c, whose two calls for whole messages come here.
 */
#ifndef MOONGATE_TLS_GCM_H
#define MOONGATE_TLS_GCM_H

#if defined(__x86_64__)

/* as in mbedTLS's own files, which say so behind this */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include <stdbool.h>

#include <mbedtls/gcm.h>

/* A message, and the key that the context was set to. output is input, or apart from it. */
struct tls_gcm_call {
    mbedtls_gcm_context *gcm;
    const unsigned char *iv;
    size_t iv_len;
    const unsigned char *add; /* authenticated, and not part of the message */
    size_t add_len;
    const unsigned char *input;
    unsigned char *output;
    size_t len; /* of both */
    size_t tag_len;
};

/* Encrypts, and writes the tag. 0, or mbedTLS's code. */
int tls_gcm_encrypt(const struct tls_gcm_call *call, unsigned char *tag);

/* Decrypts. 0, or mbedTLS's code; with a wrong tag the output is zero bytes. */
int tls_gcm_decrypt(const struct tls_gcm_call *call, const unsigned char *tag);

/* Whether this processor has the instructions. */
bool tls_gcm_is_quick(void);

#define tls_gcm_processor_has mbedtls_aesni_has_support
/* Whether the processor has what a bit of CPUID 1, ECX, stands for: mbedTLS's own question, which
 * only its inner headers tell. */
int tls_gcm_processor_has(unsigned int what);

#define mbedtls_gcm_crypt_and_tag(g, mode, n, v, v_len, a, a_len, in, out, t_len, tag)             \
    tls_gcm_encrypt(&(struct tls_gcm_call){g, v, v_len, a, a_len, in, out, n, t_len}, tag)
#define mbedtls_gcm_auth_decrypt(g, n, v, v_len, a, a_len, tag, t_len, in, out)                    \
    tls_gcm_decrypt(&(struct tls_gcm_call){g, v, v_len, a, a_len, in, out, n, t_len}, tag)

#else

#define tls_gcm_is_quick() 0

#endif

#endif

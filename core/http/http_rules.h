/*
 * Judges heads: every refusal of HTTP is here, with its status and its section of the RFC, and
 * what is not refused is told in the terms that the rest of the program uses.
 */
#ifndef MOONGATE_HTTP_RULES_H
#define MOONGATE_HTTP_RULES_H

#include "core/base/result.h"
#include "core/http/http_head.h"

/* A refusal. The texts are constants. */
struct http_fault {
    uint16_t status;  /* for the client; 502 where an upstream's answer is unusable */
    const char *text; /* a short phrase for people */
    const char *rfc;  /* such as "RFC 9112 6.3" */
};

enum http_method {
    HTTP_OTHER = 1, /* a valid token that is none of these */
    HTTP_POST,
    HTTP_GET,
    HTTP_HEAD,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS
};

/* Spans point into the head's buffer; at is NULL where a field is absent. */
struct http_request {
    enum http_method method;
    struct span method_name;
    struct span path;  /* as sent, still percent-encoded; "*" for OPTIONS alone; never empty */
    struct span query; /* behind the '?'; at is NULL when there is none */
    uint8_t minor;     /* HTTP/1.minor, 0 or 1 */
    bool has_length;
    bool chunked; /* neither: there is no body */
    bool keep_alive;
    bool expect_continue; /* 100-continue is waited for and a body was announced */
    bool is_json;         /* application/json or application/anything+json */
    uint64_t content_length;
    struct span authority; /* of an absolute target, else Host; NULL in HTTP/1.0 without either */
    struct span host;      /* of it, without port and trailing dot; an IPv6 address in brackets */
    struct span content_type;
    struct span authorization;
    struct span x_api_key;
    struct span origin;
    struct span request_id; /* x-request-id, not reduced */
    struct span accept;
};

enum http_framing {
    HTTP_BODY_NONE = 1,
    HTTP_BODY_LENGTH,
    HTTP_BODY_CHUNKED,
    HTTP_BODY_UNTIL_CLOSE
};

struct http_response {
    uint16_t status; /* 100 to 599; 101 is refused, other 1xx are the caller's to pass over */
    uint8_t minor;
    enum http_framing framing; /* RFC 9112 section 6.3 */
    uint64_t content_length;   /* with HTTP_BODY_LENGTH */
    bool keep_alive;           /* the connection may be used again once the body has ended */
    bool is_event_stream;      /* text/event-stream */
    bool is_json;
    bool is_encoded; /* a content coding other than identity */
    bool has_retry_after;
    uint32_t retry_after_s; /* of the date form: counted from the answer's own Date */
    struct span content_type;
    struct span request_id; /* x-request-id of the upstream */
};

/* Judges a request's head. RESULT_DONE: *request is filled. RESULT_FAULT: *fault is; the connection
 * cannot go on. Refused besides what RFC 9112 demands: any repeated Content-Length, a repeated
 * Authorization, X-Api-Key, Content-Type or Origin, a content coding other than identity (415). */
enum result http_rules_request(const struct http_head *head, struct http_request *request,
                               struct http_fault *fault);

/* What to answer when a head of LIMIT_HEAD_BYTES has not ended: 414 while its first line has not,
 * else 431. */
void http_rules_overflow(struct span so_far, struct http_fault *fault);

/* Judges an answer's head. RESULT_FAULT: it is unusable, and so is its connection. */
enum result http_rules_response(const struct http_head *head, bool request_was_head,
                                struct http_response *response, struct http_fault *fault);

#endif

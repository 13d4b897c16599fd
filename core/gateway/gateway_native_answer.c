/* See gateway_native_answer.h. A whole answer is put together in gateway_message_whole.c; the
 * events of a streamed one are queued in gateway_chunk.c. */
#include "core/gateway/gateway_native_answer.h"

#include "core/gateway/gateway.h"
#include "core/gateway/gateway_outcome.h"
#include "core/json/json_write.h"

#if FEATURE_INFERENCE

bool gateway_native_answer_tells(const struct gateway *g, int request)
{
    enum provider_news_kind kind = g->requests[request].relay.news.kind;
    return kind == PROVIDER_TEXT || kind == PROVIDER_REASONING;
}

void gateway_native_answer_head(struct text *out, const struct gateway_request *request)
{
    const struct settings_variant *variants = request->settings->variants;
    char episode[UUID_TEXT_BYTES];
    gateway_episode_write(&request->chat, episode);
    text_add_char(out, '{');
    json_write_member(out, "inference_id", span_of(request->relay.id));
    json_write_member(out, "episode_id", span_of(episode));
    json_write_member(out, "variant_name", request->variant < 0
                                               ? request->name
                                               : span_of(variants[request->variant].name));
    text_add_str(out, ",\"content\":[");
}

void gateway_native_answer_open(struct text *out, const struct gateway_request *request)
{
    text_add_str(out, "data: ");
    gateway_native_answer_head(out, request);
    text_add_str(out, request->relay.news.kind == PROVIDER_REASONING
                          ? "{\"type\":\"thought\",\"id\":\"1\",\"text\":\""
                          : "{\"type\":\"text\",\"id\":\"0\",\"text\":\"");
}

const char *gateway_native_answer_reason(const struct gateway_relay *relay)
{
    return relay->stop == PROVIDER_STOP_WORD ? "stop_sequence" : gateway_outcome_reason(relay);
}

#endif

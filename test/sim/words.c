/* See words.h. */
#include "test/sim/words.h"

#include <string.h>

#include "test/sim/speech.h"

static const char stream_type[] = "content-type: text/event-stream\r\n";
static const char json_type[] = "content-type: application/json\r\n";

static struct ledger_try *try_of(struct visit *v)
{
    return &v->ask->tried[v->nth_try];
}

static enum speech_frame draw_frame(void)
{
    return (enum speech_frame)world_below(3);
}

/* ---- rust-proxy ---- */

static const char *const line_ends[] = {"\n", "\r\n", "\r"};

/* Events as long as there is room for, one at a time; and, where things go wrong, longer ones. */
static void add_padding(void)
{
    uint32_t len = world_bad(3) ? 9000 : sim_chance_range(&world.chance, 3000, 7500);
    speech_add("\"%0*d\"", (int)len, 0);
}

/* What goes with an answer and is none of its text. */
static void rust_aside(const struct visit *v, const char *nl)
{
    if (speech.len < sizeof(speech.bytes) / 4 && world_one_in(40)) {
        speech_add("event: action%sdata: ", nl);
        add_padding();
        speech_add("%s%s", nl, nl);
        return;
    }
    switch (world_below(6)) {
    case 0:
        speech_add(": ping%s%s", nl, nl);
        break;
    case 1:
        speech_add("event: rlq%sdata: more of %s?%s%s", nl, v->ask->mark, nl, nl);
        break;
    case 2:
        speech_add("event: sources%sdata: [{\"title\":\"%s\",\"url\":\"x\"}]%s%s", nl, v->ask->mark,
                   nl, nl);
        break;
    case 3:
        speech_add("event: threadId%sdata: t-%s%s%s", nl, v->ask->mark, nl, nl);
        break;
    case 4:
        speech_add("event: action%sdata: {\"x\":1}%sid: 7%s%s", nl, nl, nl, nl);
        break;
    default:
        speech_add("event: threadTitle%sdata: about%s%s", nl, nl, nl);
        break;
    }
}

static void rust_piece(const struct visit *v, int i, const char *nl)
{
    static const char *const names[] = {"", "message", "content", "c"};
    char text[LEDGER_PIECE_BYTES];
    size_t len = ledger_piece(v->ask, v->nth_try, i, text);
    const char *name = names[world_below(4)];
    if (name[0] != '\0')
        speech_add("event: %s%s", name, nl);
    speech_add("data: ");
    if (v->ask->tried[v->nth_try].plain && world_one_in(2)) {
        speech_add("%s", text);
    } else {
        speech_add("{\"text\":\"");
        speech_escape(text, len);
        speech_add("\"}");
    }
    speech_add("%s%s", nl, nl);
}

static void rust_answer(struct visit *v)
{
    struct ledger_try *t = try_of(v);
    const char *nl = line_ends[world_below(3)];
    bool fails = world_bad(10);
    enum speech_frame frame = (enum speech_frame)world_below(fails ? 2 : 3);
    bool finishes = !world_one_in(3);
    int fails_at = fails ? (int)world_below((uint32_t)t->pieces + 1) : -1;
    if (world_one_in(5))
        speech_add("event: r%sdata: thinking of %s%s%s", nl, v->ask->mark, nl, nl);
    for (int i = 0; i < t->pieces; i++) {
        if (i == fails_at)
            speech_add("event: error%sdata: {\"text\":\"broken %s\"}%s%s", nl, v->ask->mark, nl,
                       nl);
        if (world_one_in(5))
            rust_aside(v, nl);
        rust_piece(v, i, nl);
    }
    if (finishes) {
        speech_add("event: finish%sdata: {}%s%s", nl, nl, nl);
        speech_complete();
        speech.complete_at -= nl[1] == '\n'; /* an empty line is one with its CR already */
    }
    if (frame == SPEECH_TO_CLOSE)
        v->end = VISIT_CLOSES;
    t->may_be_cut = frame == SPEECH_TO_CLOSE && t->pieces > 0 && v->notifies == world.tls;
    speech_send(v, 200, stream_type, frame, v->end == VISIT_KEEPS);
    if (fails_at >= 0 && fails_at < t->pieces)
        v->complete_at = SIZE_MAX;
}

/* ---- openai ---- */

static void openai_chunk(const struct visit *v, const char *delta, const char *finish)
{
    speech_add("data: {\"id\":\"up-%s\",\"object\":\"chat.completion.chunk\",\"created\":1,"
               "\"model\":\"x\",\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}\n\n",
               v->ask->mark, delta, finish);
}

static void openai_piece(const struct visit *v, int i)
{
    char text[LEDGER_PIECE_BYTES];
    size_t len = ledger_piece(v->ask, v->nth_try, i, text);
    speech_add("data: {\"id\":\"up-%s\",\"object\":\"chat.completion.chunk\",\"created\":1,"
               "\"model\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
               v->ask->mark);
    speech_escape(text, len);
    speech_add("\"},\"finish_reason\":null}]}\n\n");
}

/* Events that say nothing, or nothing that can be read. */
static void openai_aside(const struct visit *v)
{
    if (speech.len < sizeof(speech.bytes) / 4 && world_one_in(40)) {
        speech_add("data: {\"object\":\"chat.completion.chunk\",\"choices\":[],\"pad\":");
        add_padding();
        speech_add("}\n\n");
        return;
    }
    switch (world_below(4)) {
    case 0:
        speech_add(": keep alive\n\n");
        break;
    case 1:
        openai_chunk(v, "{\"content\":\"\"}", "null");
        break;
    case 2:
        openai_chunk(v, "{\"role\":\"assistant\"}", "null");
        break;
    default:
        if (!world.calm)
            speech_add("data: {\"choices\":[{\"index\":0,\"delta\":{\n\n");
        break;
    }
}

static void openai_end(const struct visit *v)
{
    uint32_t kind = world_below(4);
    if (kind != 1) {
        openai_chunk(v, "{}", "\"stop\"");
        speech_complete();
    }
    if (world_one_in(3))
        speech_add("data: {\"id\":\"up\",\"object\":\"chat.completion.chunk\",\"created\":1,"
                   "\"model\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,"
                   "\"completion_tokens\":2,\"total_tokens\":3}}\n\n");
    if (kind != 2)
        speech_add("data: [DONE]\n\n");
    if (kind == 1)
        speech_complete();
}

/* What has failed is never complete. */
static void send_stream(struct visit *v, enum speech_frame frame, bool failed)
{
    if (frame == SPEECH_TO_CLOSE) {
        v->end = VISIT_CLOSES;
        speech.complete_at -= 2; /* the last event may lack its line ends */
    }
    speech_send(v, 200, stream_type, frame, v->end == VISIT_KEEPS);
    if (failed)
        v->complete_at = SIZE_MAX;
}

static void openai_stream(struct visit *v)
{
    struct ledger_try *t = try_of(v);
    enum speech_frame frame = draw_frame();
    int fails_at = world_bad(10) ? (int)world_below((uint32_t)t->pieces + 1) : -1;
    openai_chunk(v, "{\"role\":\"assistant\",\"content\":\"\"}", "null");
    for (int i = 0; i < t->pieces; i++) {
        if (i == fails_at)
            speech_add("data: {\"error\":{\"message\":\"broken %s\"}}\n\n", v->ask->mark);
        if (world_one_in(6))
            openai_aside(v);
        openai_piece(v, i);
    }
    openai_end(v);
    send_stream(v, frame, fails_at >= 0 && fails_at < t->pieces);
}

/* ---- anthropic ---- */

static void anthropic_event(const char *type, const char *members)
{
    speech_add("event: %s\ndata: {\"type\":\"%s\"%s}\n\n", type, type, members);
}

static void anthropic_piece(const struct visit *v, int i)
{
    char text[LEDGER_PIECE_BYTES];
    size_t len = ledger_piece(v->ask, v->nth_try, i, text);
    speech_add("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
               "\"delta\":{\"type\":\"text_delta\",\"text\":\"");
    speech_escape(text, len);
    speech_add("\"}}\n\n");
}

static void anthropic_answer(struct visit *v)
{
    struct ledger_try *t = try_of(v);
    enum speech_frame frame = draw_frame();
    int fails_at = world_bad(10) ? (int)world_below((uint32_t)t->pieces + 1) : -1;
    anthropic_event("message_start",
                    ",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","
                    "\"model\":\"x\",\"content\":[],\"stop_reason\":null,\"usage\":"
                    "{\"input_tokens\":3,\"output_tokens\":1}}");
    anthropic_event("content_block_start",
                    ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
    for (int i = 0; i < t->pieces; i++) {
        if (i == fails_at)
            anthropic_event("error", ",\"error\":{\"type\":\"overloaded_error\","
                                     "\"message\":\"Overloaded\"}");
        if (world_one_in(6))
            anthropic_event("ping", "");
        anthropic_piece(v, i);
    }
    anthropic_event("content_block_stop", ",\"index\":0");
    anthropic_event("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"},"
                                     "\"usage\":{\"output_tokens\":7}");
    speech_complete();
    if (!world_one_in(5))
        anthropic_event("message_stop", "");
    send_stream(v, frame, fails_at >= 0 && fails_at < t->pieces);
}

static void send_document(struct visit *v, enum speech_frame frame)
{
    if (frame == SPEECH_TO_CLOSE) {
        v->end = VISIT_CLOSES;
        speech_complete();
    }
    speech_send(v, 200, json_type, frame, v->end == VISIT_KEEPS);
}

static void anthropic_document(struct visit *v)
{
    static char text[LEDGER_TEXT_BYTES];
    size_t len = ledger_text(v->ask, v->nth_try, text);
    enum speech_frame frame = draw_frame();
    speech_add("{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"x\","
               "\"content\":[{\"type\":\"text\",\"text\":\"");
    speech_escape(text, len);
    speech_add("\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":"
               "{\"input_tokens\":3,\"output_tokens\":7}}");
    send_document(v, frame);
}

static void openai_document(struct visit *v, bool chat)
{
    static char text[LEDGER_TEXT_BYTES];
    size_t len = ledger_text(v->ask, v->nth_try, text);
    enum speech_frame frame = draw_frame();
    try_of(v)->document = true;
    if (chat)
        speech_add("{\"id\":\"up-%s\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"x\","
                   "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"",
                   v->ask->mark);
    else
        speech_add("{\"object\":\"list\",\"note\":\"");
    speech_escape(text, len);
    speech_add(chat ? "\"},\"finish_reason\":\"stop\"}]}"
                    : "\",\"data\":[{\"object\":\"embedding\",\"embedding\":[0.5,-1e3]}]}");
    send_document(v, frame);
}

void words_answer(struct visit *v, bool chat)
{
    struct ledger_try *t = try_of(v);
    bool rust = world.services[v->service].kind == WORLD_RUST;
    t->pieces = 1 + (int)world_below(world_one_in(4) ? 40 : 6);
    t->plain = rust && world_one_in(2);
    if (rust && world_bad(20))
        t->pieces = 0;
    if (rust)
        rust_answer(v);
    else if (world.services[v->service].kind == WORLD_ANTHROPIC && v->streams)
        anthropic_answer(v);
    else if (world.services[v->service].kind == WORLD_ANTHROPIC)
        anthropic_document(v);
    else if (v->streams)
        openai_stream(v);
    else
        openai_document(v, chat);
    if (t->pieces == 0)
        v->complete_at = SIZE_MAX;
}

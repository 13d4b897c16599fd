/* See batch.h. */
#include "board/linux/batch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "board/linux/ask.h"
#include "core/base/text.h"
#include "core/base/uuid.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"
#include "core/json/json_write.h"
#include "port/port.h"

#define GATEWAY_URL "http://127.0.0.1:3000"
#define CHATS "/v1/chat/completions"
#define BATCH_ID "batch_"
#define JSON_LINES ".jsonl"
#define ID_BYTES 80
#define NAME_BYTES 128
#define PATH_BYTES 4096
#define ANSWER_BYTES 65536
#define LINE_BYTES 512
#define LOOK_US 1000000u            /* between two questions */
#define IDLE_US 60000000u           /* of one question */
#define GATEWAY_AWAY_US 600000000u  /* a gateway that does not answer may restart meanwhile */
#define BAR_WIDTH 30
#define FAULTS_SHOWN 10

/* The batch that is looked at, as the gateway told it last. */
static struct {
    struct ask_gateway gateway;
    const char *name; /* as it was given */
    char id[ID_BYTES];
    char status[24];
    char waits[96];   /* what it waits for, or "" */
    char output[ID_BYTES], errors[ID_BYTES]; /* files, or "" */
    uint64_t total, completed, failed;
    uint64_t first_us, first_ended; /* when it was looked at first, and what had ended then */
    uint64_t told;    /* the tenth that was told last */
    char told_status[24];
    struct span json; /* the whole of it, in answer */
    char answer[ANSWER_BYTES];
} batch;

/* ---- saying ---------------------------------------------------------------------------------- */

static void say(const char *const *words)
{
    for (; *words != NULL; words++)
        fputs(*words, stderr);
    fputs("\n", stderr);
}

#define SAY(...) say((const char *const[]){__VA_ARGS__, NULL})

static bool fail(const char *why)
{
    SAY("moongate: --batch ", batch.name, ": ", why);
    return false;
}

static void stopped(void)
{
    if (batch.id[0] != '\0')
        SAY("\nThe gateway goes on with it: moongate --batch ", batch.id, " looks again.");
}

/* ---- what the gateway answers ---------------------------------------------------------------- */

/* Copies a string member, decoded; "" when there is none. */
static void copy_member(char *out, size_t cap, struct span object, const char *name)
{
    struct span value = json_walk_string(json_walk_find(object, span_of(name)));
    struct text text = text_over(out, cap);
    char plain[LINE_BYTES];
    size_t len = json_string_decode(value, plain, sizeof(plain));
    text_add_printable(&text, (struct span){plain, len}, cap);
    text_str(&text);
}

static uint64_t number_member(struct span object, const char *name)
{
    uint64_t number = 0;
    (void)span_number(json_walk_find(object, span_of(name)), UINT64_MAX, &number);
    return number;
}

/* Asks; the answer's JSON, or an empty span: what is wrong was said. */
static struct span ask_json(struct ask *question)
{
    char message[LINE_BYTES];
    question->idle_us = IDLE_US;
    question->total_us = UINT64_MAX / 2;
    question->bytes = batch.answer;
    question->cap = sizeof(batch.answer);
    const char *why = ask(&batch.gateway, question);
    struct span nothing = {NULL, 0};
    struct span json = json_walk_document((struct span){batch.answer, question->len});
    if (why == NULL && question->status == 200 && json.len > 0)
        return json;
    copy_member(message, sizeof(message), json_walk_find(json, SPAN("error")), "message");
    if (why == NULL && question->status != 200)
        why = message[0] != '\0' ? message : "the gateway refuses, and does not say why";
    (void)fail(why != NULL ? why : "the gateway's answer is no JSON");
    return nothing;
}

static void read_batch(struct span json)
{
    struct span counts = json_walk_find(json, SPAN("request_counts"));
    batch.json = json;
    copy_member(batch.id, sizeof(batch.id), json, "id");
    copy_member(batch.status, sizeof(batch.status), json, "status");
    copy_member(batch.output, sizeof(batch.output), json, "output_file_id");
    copy_member(batch.errors, sizeof(batch.errors), json, "error_file_id");
    copy_member(batch.waits, sizeof(batch.waits), json_walk_find(json, SPAN("moongate")),
                "waiting_for");
    batch.total = number_member(counts, "total");
    batch.completed = number_member(counts, "completed");
    batch.failed = number_member(counts, "failed");
}

/* ---- sending it ------------------------------------------------------------------------------ */

/* The endpoint that the first line names. False: the file cannot be read. */
static bool find_endpoint(FILE *file, char *out, size_t cap)
{
    size_t len = fread(batch.answer, 1, sizeof(batch.answer), file);
    struct span line = {batch.answer, len};
    line.len = span_find(line, '\n');
    copy_member(out, cap, json_walk_document(line), "url");
    if (out[0] == '\0')
        (void)memcpy(out, CHATS, sizeof(CHATS));
    return ferror(file) == 0;
}

static struct span base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return span_of(slash == NULL ? path : slash + 1);
}

/* A boundary that nobody can have put into the file. */
static void write_boundary(struct text *out)
{
    uint8_t chance[UUID_BYTES];
    port_random(chance, sizeof(chance));
    text_add_str(out, "moongate-");
    text_add_hex(out, chance, sizeof(chance));
}

static void begin_part(struct text *out, const char *boundary, const char *name)
{
    text_add_str(out, "--");
    text_add_str(out, boundary);
    text_add_str(out, "\r\nContent-Disposition: form-data; name=\"");
    text_add_str(out, name);
    text_add_char(out, '"');
}

/* RFC 7578. The purpose stands in front, so that it is known before the file comes. */
static void write_form(struct text *before, struct text *after, const char *boundary)
{
    begin_part(before, boundary, "purpose");
    text_add_str(before, "\r\n\r\nbatch\r\n");
    begin_part(before, boundary, "file");
    text_add_str(before, "; filename=\"");
    text_add_safe(before, base_name(batch.name), NAME_BYTES);
    text_add_str(before, "\"\r\nContent-Type: application/jsonl\r\n\r\n");
    text_add_str(after, "\r\n--");
    text_add_str(after, boundary);
    text_add_str(after, "--\r\n");
}

static struct span upload(FILE *file, uint64_t len)
{
    char boundary_bytes[64], type_bytes[128], before_bytes[LINE_BYTES], after_bytes[128];
    struct text boundary = text_over(boundary_bytes, sizeof(boundary_bytes));
    struct text type = text_over(type_bytes, sizeof(type_bytes));
    struct text before = text_over(before_bytes, sizeof(before_bytes));
    struct text after = text_over(after_bytes, sizeof(after_bytes));
    write_boundary(&boundary);
    write_form(&before, &after, text_str(&boundary));
    text_add_str(&type, "multipart/form-data; boundary=");
    text_add(&type, text_span(&boundary));
    struct ask question = {.method = "POST", .path = "/v1/files", .content_type = text_str(&type),
                           .before = text_span(&before), .file = file, .file_len = len,
                           .after = text_span(&after)};
    return ask_json(&question);
}

static bool create(const char *file_id, const char *endpoint)
{
    char bytes[LINE_BYTES];
    struct text body = text_over(bytes, sizeof(bytes));
    text_add_char(&body, '{');
    json_write_member(&body, "input_file_id", span_of(file_id));
    json_write_member(&body, "endpoint", span_of(endpoint));
    json_write_member(&body, "completion_window", SPAN("24h"));
    text_add_char(&body, '}');
    struct ask question = {.method = "POST", .path = "/v1/batches",
                           .content_type = "application/json", .before = text_span(&body)};
    struct span json = ask_json(&question);
    read_batch(json);
    if (json.len > 0)
        SAY(batch.name, ": ", batch.id);
    return json.len > 0;
}

static bool send_opened(FILE *file)
{
    char endpoint[64], file_id[ID_BYTES];
    if (!find_endpoint(file, endpoint, sizeof(endpoint)) || fseek(file, 0, SEEK_END) != 0)
        return fail("it cannot be read");
    long len = ftell(file);
    rewind(file);
    struct span json = upload(file, (uint64_t)len);
    copy_member(file_id, sizeof(file_id), json, "id");
    return json.len > 0 && create(file_id, endpoint);
}

static bool send_file(void)
{
    FILE *file = fopen(batch.name, "rb");
    if (file == NULL)
        return fail("it cannot be read");
    bool good = send_opened(file);
    fclose(file);
    return good;
}

/* ---- looking at it --------------------------------------------------------------------------- */

static bool is_over(void)
{
    static const char *const ends[] = {"completed", "failed", "expired", "cancelled"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (strcmp(batch.status, ends[i]) == 0)
            return true;
    return false;
}

static void add_bar(struct text *line, uint64_t ended)
{
    uint64_t full = batch.total == 0 ? 0 : ended * BAR_WIDTH / batch.total;
    text_add_char(line, '[');
    for (uint64_t i = 0; i < BAR_WIDTH; i++)
        text_add_char(line, i < full ? '#' : '-');
    text_add_str(line, "] ");
}

/* How fast, and for how long still, from what was seen. */
static void add_pace(struct text *line, uint64_t ended)
{
    uint64_t seconds = (port_now_us() - batch.first_us) / 1000000;
    uint64_t seen = ended - batch.first_ended;
    if (seconds == 0 || seen == 0)
        return;
    text_add_str(line, ", ");
    text_add_u64(line, seen * 60 / seconds);
    text_add_str(line, " a minute, ");
    text_add_u64(line, (batch.total - ended) * seconds / seen);
    text_add_str(line, " s left");
}

static void write_line(struct text *line, bool with_bar)
{
    uint64_t ended = batch.completed + batch.failed;
    if (with_bar)
        add_bar(line, ended);
    text_add_str(line, batch.status);
    text_add_str(line, ": ");
    text_add_u64(line, ended);
    text_add_str(line, " of ");
    text_add_u64(line, batch.total);
    if (batch.failed > 0) {
        text_add_str(line, ", ");
        text_add_u64(line, batch.failed);
        text_add_str(line, " failed");
    }
    if (!is_over())
        add_pace(line, ended);
    if (batch.waits[0] != '\0') {
        text_add_str(line, "; waits for ");
        text_add_str(line, batch.waits);
    }
}

/* A terminal has one line that changes, anything else a line for each tenth and each status. */
static void show(void)
{
    char bytes[LINE_BYTES];
    struct text line = text_over(bytes, sizeof(bytes));
    bool bar = isatty(STDERR_FILENO) == 1;
    uint64_t tenth = batch.total == 0 ? 0 : (batch.completed + batch.failed) * 10 / batch.total;
    bool news = tenth != batch.told || strcmp(batch.status, batch.told_status) != 0;
    batch.told = tenth;
    (void)memcpy(batch.told_status, batch.status, sizeof(batch.status));
    write_line(&line, bar);
    if (bar) {
        fputs("\r\033[K", stderr);
        fputs(text_str(&line), stderr);
    } else if (news) {
        SAY(text_str(&line));
    }
}

/* One look. A gateway that is away, or too busy, is asked again; false: it has no such batch. */
static bool look(uint64_t *answered_us)
{
    char path[ID_BYTES + 16];
    struct text text = text_over(path, sizeof(path));
    text_add_str(&text, "/v1/batches/");
    text_add_safe(&text, span_of(batch.id), ID_BYTES);
    struct ask question = {.method = "GET", .path = text_str(&text), .idle_us = IDLE_US,
                           .total_us = IDLE_US, .bytes = batch.answer, .cap = ANSWER_BYTES};
    const char *why = ask(&batch.gateway, &question);
    if (why == ask_stopped)
        return false;
    bool away = why != NULL || question.status >= 500;
    if (away && port_now_us() - *answered_us < GATEWAY_AWAY_US)
        return true;
    if (away || question.status != 200)
        return ask_json(&question).len > 0;
    *answered_us = port_now_us();
    read_batch(json_walk_document((struct span){batch.answer, question.len}));
    return true;
}

static bool wait_a_little(void)
{
    struct port_event event;
    (void)port_wait(&event, 1, port_now_us() + LOOK_US);
    return (port_signals() & PORT_SIGNAL_STOP) == 0;
}

static bool follow(void)
{
    uint64_t answered_us = port_now_us();
    bool goes_on = look(&answered_us);
    batch.first_us = port_now_us();
    batch.first_ended = batch.completed + batch.failed;
    while (goes_on && !is_over()) {
        show();
        goes_on = wait_a_little() && look(&answered_us);
    }
    if (!goes_on) {
        stopped();
        return false;
    }
    show();
    if (isatty(STDERR_FILENO) == 1)
        fputs("\n", stderr);
    return true;
}

/* ---- what it came to ------------------------------------------------------------------------- */

/* NAME.jsonl becomes NAME.output.jsonl. */
static void beside(struct text *path, const char *kind)
{
    struct span name = span_of(batch.name);
    if (span_ends(name, SPAN(JSON_LINES)))
        name.len -= sizeof(JSON_LINES) - 1;
    text_add(path, name);
    text_add_str(path, kind);
}

/* Under another name until it is whole: half a file is not taken for one. */
static bool fetch_into(const char *file_id, const char *path, const char *draft)
{
    char target[ID_BYTES + 32];
    struct text text = text_over(target, sizeof(target));
    text_add_str(&text, "/v1/files/");
    text_add_safe(&text, span_of(file_id), ID_BYTES);
    text_add_str(&text, "/content");
    FILE *file = fopen(draft, "wb");
    if (file == NULL)
        return fail("the answers cannot be written beside it");
    struct ask question = {.method = "GET", .path = text_str(&text), .into = file,
                           .idle_us = IDLE_US, .total_us = UINT64_MAX / 2,
                           .bytes = batch.answer, .cap = ANSWER_BYTES};
    const char *why = ask(&batch.gateway, &question);
    bool written = fclose(file) == 0;
    if (why == NULL && question.status != 200)
        why = "the gateway does not give the answers";
    if (why == NULL && (!written || rename(draft, path) != 0))
        why = "the answers cannot be written";
    if (why != NULL) {
        (void)remove(draft);
        return fail(why);
    }
    SAY(path);
    return true;
}

static bool fetch(const char *file_id, const char *kind)
{
    char path[PATH_BYTES], draft[PATH_BYTES];
    struct text path_text = text_over(path, sizeof(path));
    struct text draft_text = text_over(draft, sizeof(draft));
    if (file_id[0] == '\0')
        return true;
    beside(&path_text, kind);
    beside(&draft_text, kind);
    text_add_str(&draft_text, ".part");
    text_str(&path_text);
    return fetch_into(file_id, path, text_str(&draft_text));
}

/* Why a batch was refused as a whole, a line each. */
static void show_faults(void)
{
    struct span list = json_walk_find(json_walk_find(batch.json, SPAN("errors")), SPAN("data"));
    struct span inside = json_walk_inside(list), fault;
    for (int i = 0; i < FAULTS_SHOWN && json_walk_element(&inside, &fault); i++) {
        char message[LINE_BYTES], number[24];
        struct text line = text_over(number, sizeof(number));
        text_add_u64(&line, number_member(fault, "line"));
        copy_member(message, sizeof(message), fault, "message");
        SAY(batch.name, ":", text_str(&line), ": ", message);
    }
}

bool batch_run(const char *what, const char *url, const char *key)
{
    batch.name = what;
    const char *why = ask_gateway(&batch.gateway, url == NULL ? GATEWAY_URL : url, key);
    if (why != NULL)
        return fail(why);
    bool is_id = span_starts(span_of(what), SPAN(BATCH_ID)) && strlen(what) < ID_BYTES;
    if (is_id)
        (void)memcpy(batch.id, what, strlen(what) + 1);
    if ((!is_id && !send_file()) || !follow())
        return false;
    if (strcmp(batch.status, "failed") == 0)
        show_faults();
    bool fetched = fetch(batch.output, ".output.jsonl") && fetch(batch.errors, ".errors.jsonl");
    return fetched && strcmp(batch.status, "completed") == 0 && batch.failed == 0;
}

/* What a service calls complete and is no message: through the daemon it is never a success. */
#include <stdio.h>
#include <string.h>

#include "core/gateway/gateway_request.h"
#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define CONFIG                                                                                     \
    "[models.m]\nretries=0\n[models.m.providers.p]\ntype='openai'\nmodel_name='x'\n"              \
    "api_base='http://127.0.0.1:%u/v1'\napi_key_location='none'\n"

#define CHUNK(choice) "data: {\"choices\":[{\"index\":0," choice "}]}\n\n"
#define CALL(more, arguments)                                                                      \
    "\"delta\":{" more "\"tool_calls\":[{\"index\":0," arguments "}]}"
#define BEGINS(arguments)                                                                          \
    "\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"" arguments "\"}"
#define GOES_ON(arguments) "\"function\":{\"arguments\":\"" arguments "\"}"
#define FINISH CHUNK("\"delta\":{},\"finish_reason\":\"tool_calls\"")
#define DONE "data: [DONE]\n\n"

#define GOOD CHUNK(CALL("", BEGINS("{}"))) FINISH
#define BROKEN CHUNK(CALL("", BEGINS("{\\\"a\\\":"))) FINISH
#define LATE                                                                                       \
    CHUNK(CALL("", BEGINS(""))) CHUNK(CALL("\"content\":\"x\",", GOES_ON("{}"))) FINISH
#define NAMELESS                                                                                   \
    CHUNK(CALL("\"content\":\"x\",", "\"id\":\"c\"") ",\"finish_reason\":\"tool_calls\"")

struct row {
    const char *events;
    bool stream;
    bool tail;   /* the service says nothing more, and does not end */
    bool good;
};

static const struct row rows[] = {
    {GOOD DONE, false, false, true}, {GOOD DONE, true, false, true},
    {GOOD, false, true, true},       {GOOD, true, true, true},
    {BROKEN DONE, false, false, false}, {BROKEN, false, true, false},
    {BROKEN, false, false, false},      {LATE DONE, false, false, false},
    {LATE DONE, true, false, false},    {NAMELESS DONE, false, false, false},
    {NAMELESS DONE, true, false, false},
};

static struct unit_wire *ask(bool stream)
{
    char bytes[512];
    char body[256];
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    snprintf(body, sizeof(body), "{\"model\":\"m\",\"max_tokens\":5,\"stream\":%s,\"messages\":"
             "[{\"role\":\"user\",\"content\":\"hi\"}]}", stream ? "true" : "false");
    snprintf(bytes, sizeof(bytes), "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n"
             "content-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
             strlen(body), body);
    unit_wire_say(client, bytes);
    return client;
}

static void check_row(const struct row *row, int listener)
{
    struct unit_wire_message message;
    struct unit_wire *client = ask(row->stream);
    struct unit_wire *service = unit_live_accept(listener);
    CU_ASSERT_TRUE_FATAL(unit_live_message(service, &message));
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE);
    unit_wire_say(service, row->events);
    unit_live_settle();
    if (row->tail)
        unit_clock_skip_ms(GATEWAY_REQUEST_TAIL_US / 1000 + 1);
    else
        unit_wire_close(service);
    CU_ASSERT_TRUE_FATAL(unit_live_message(client, &message));
    bool whole = message.whole && message.status == 200 &&
                 (strstr(message.body, "message_stop") != NULL ||
                  (!row->stream && strstr(message.body, "\"stop_reason\"") != NULL));
    CU_ASSERT_EQUAL(whole, row->good);
    if (whole != row->good)
        printf("%s\n%d %s\n", row->events, message.status, message.body);
    unit_wire_close(service);
    unit_wire_close(client);
    unit_live_settle();
}

static void every_row(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint16_t port;
        int listener = unit_wire_listen(&port);
        unit_live_start(CONFIG, port);
        check_row(&rows[i], listener);
        unit_live_end();
    }
}

static const struct unit_test tests[] = {
    {"every row", every_row},
};

UNIT_MAIN("gateway_message_live", tests)

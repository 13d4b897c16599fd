/* See ledger.h. */
#include "test/sim/ledger.h"

#include <stdio.h>
#include <string.h>

#include "test/sim/world.h"

static struct ledger_ask asks[LEDGER_ASKS];
static int count;

void ledger_begin(void)
{
    count = 0;
}

struct ledger_ask *ledger_ask(const char *model, bool stream)
{
    WORLD_CHECK(count < LEDGER_ASKS, "more requests than the ledger holds");
    struct ledger_ask *ask = &asks[count];
    memset(ask, 0, sizeof(*ask));
    uint32_t number = (uint32_t)sim_chance_next(&world.chance) & 0xFFFFFFu;
    snprintf(ask->mark, sizeof(ask->mark), "mk%02d%08u", count, number);
    snprintf(ask->model, sizeof(ask->model), "%s", model);
    ask->stream = stream;
    ask->from = -1;
    count++;
    return ask;
}

int ledger_count(void)
{
    return count;
}

struct ledger_ask *ledger_at(int i)
{
    return &asks[i];
}

static bool is_mark(const char *at)
{
    if (at[0] != 'm' || at[1] != 'k')
        return false;
    for (int i = 2; i < LEDGER_MARK_LEN; i++)
        if (at[i] < '0' || at[i] > '9')
            return false;
    return true;
}

static struct ledger_ask *of_mark(const char *at)
{
    for (int i = 0; i < count; i++)
        if (memcmp(asks[i].mark, at, LEDGER_MARK_LEN) == 0)
            return &asks[i];
    return NULL;
}

struct ledger_ask *ledger_find(const char *bytes, size_t len, bool *foreign)
{
    struct ledger_ask *found = NULL;
    *foreign = false;
    for (size_t i = 0; i + LEDGER_MARK_LEN <= len; i++) {
        if (!is_mark(bytes + i))
            continue;
        struct ledger_ask *ask = of_mark(bytes + i);
        *foreign = *foreign || (found != NULL && ask != found);
        found = ask != NULL ? ask : found;
        i += LEDGER_MARK_LEN - 1;
    }
    return found;
}

size_t ledger_piece(const struct ledger_ask *ask, int nth_try, int piece, char *out)
{
    static const char *const plain[] = {"", " and so on", " word", "-"};
    static const char *const any[] = {"",
                                      "\nnext line",
                                      " \"quoted\" \\ \t",
                                      " \xC3\xBC\xE2\x86\x92",
                                      " \xF0\x9F\x98\x80",
                                      "\r\n",
                                      " {\"text\": \"no\"}",
                                      "/ "};
    const struct ledger_try *t = &ask->tried[nth_try];
    unsigned kind = (unsigned)(ask->mark[11] * 7 + nth_try * 5 + piece * 3);
    int len = snprintf(out, LEDGER_PIECE_BYTES, "[%s.%d.%d]%s", ask->mark, nth_try, piece,
                       t->plain ? plain[kind % 4] : any[kind % 8]);
    if (kind % 11 == 0) {
        memset(out + len, 'x', 300);
        len += 300;
        out[len] = '\0';
    }
    return (size_t)len;
}

size_t ledger_text(const struct ledger_ask *ask, int nth_try, char *out)
{
    size_t len = 0;
    for (int i = 0; i < ask->tried[nth_try].pieces; i++) {
        WORLD_CHECK(len + LEDGER_PIECE_BYTES < LEDGER_TEXT_BYTES, "a text too long for the ledger");
        len += ledger_piece(ask, nth_try, i, out + len);
    }
    out[len] = '\0';
    return len;
}

/* Where an answer ends with its connection, half of its last event is told as it came. */
static bool is_half_event(const char *text, size_t len)
{
    static const char begin[] = "{\"text\":\"";
    size_t n = len < sizeof(begin) - 1 ? len : sizeof(begin) - 1;
    return memcmp(text, begin, n) == 0;
}

bool ledger_is_front(const struct ledger_ask *ask, int nth_try, const char *text, size_t len)
{
    static char whole[LEDGER_TEXT_BYTES];
    const struct ledger_try *t = &ask->tried[nth_try];
    size_t whole_len = ledger_text(ask, nth_try, whole);
    size_t same = 0;
    while (same < len && same < whole_len && text[same] == whole[same])
        same++;
    return same == len || t->anything ||
           (t->may_be_cut && is_half_event(text + same, len - same));
}

bool ledger_is_whole(const struct ledger_ask *ask, int nth_try, const char *text, size_t len)
{
    static char whole[LEDGER_TEXT_BYTES];
    const struct ledger_try *t = &ask->tried[nth_try];
    size_t whole_len = ledger_text(ask, nth_try, whole);
    if (t->may_be_cut || t->anything)
        return ledger_is_front(ask, nth_try, text, len);
    return t->complete && len == whole_len && memcmp(text, whole, len) == 0;
}

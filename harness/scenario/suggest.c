/* SPDX-License-Identifier: MIT */
/* suggest - "did you mean": the nearest of the names that were possible.
 * Layer: harness/scenario. */
#include "harness/scenario/suggest.h"

#include "base/utf8.h"

enum { SUGGEST_LIST_BYTES = 240, SUGGEST_NAME_BYTES = 60 };

/* A short word may differ by one letter only, or everything is near. */
static size_t suggest_limit(struct str asked)
{
    return asked.n <= 3 ? 1 : asked.n <= 7 ? 2 : 3;
}

void suggest_init(struct suggest *suggest, struct str asked)
{
    *suggest = (struct suggest){.asked = asked};
    suggest->distance = suggest_limit(asked) + 1;
    buf_init(&suggest->all, SUGGEST_LIST_BYTES);
}

void suggest_free(struct suggest *suggest)
{
    buf_free(&suggest->all);
}

void suggest_offer(struct suggest *suggest, struct str name)
{
    size_t far = suggest_limit(suggest->asked) + 1;
    /* Names too long for a person's slip need not be measured. */
    size_t distance = suggest->asked.n > SUGGEST_NAME_BYTES
                          ? far
                          : str_distance(suggest->asked, name, far - 1);
    if (distance < suggest->distance && distance < suggest->asked.n) {
        suggest->distance = distance;
        suggest->best = name;
    }
    if (str_ends(buf_view(&suggest->all), STR("…"))) {
        return;
    }
    buf_puts(&suggest->all, suggest->all.n > 0 ? ", " : "");
    if (suggest->all.n + name.n + 8 < SUGGEST_LIST_BYTES) {
        utf8_quote(&suggest->all, name, SUGGEST_NAME_BYTES);
    } else {
        buf_puts(&suggest->all, "…");
    }
}

void suggest_offer_choices(struct suggest *suggest, const char *choices)
{
    struct str rest = str_of(choices);
    while (rest.n > 0) {
        size_t bar = str_find(rest, '|');
        bool status = str_is(str_take(rest, bar), "STATUS");
        suggest_offer(suggest,
                      status ? STR("a status as 404") : str_take(rest, bar));
        rest = str_skip(rest, bar + 1);
    }
}

void suggest_write(const struct suggest *suggest, struct buf *out)
{
    if (suggest->best.n > 0) {
        buf_puts(out, "; did you mean \"");
        utf8_quote(out, suggest->best, SUGGEST_NAME_BYTES);
        buf_puts(out, "\"?");
    } else if (suggest->all.n > 0) {
        buf_puts(out, "; expected one of ");
        buf_str(out, buf_view(&suggest->all));
    }
}

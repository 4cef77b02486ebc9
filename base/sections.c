/* SPDX-License-Identifier: MIT */
/* sections - see sections.h.  Layer: base. */
#include "base/sections.h"

bool section_line(struct str *rest, struct str *line)
{
    if (rest->n == 0) {
        return false;
    }
    size_t end = str_find(*rest, '\n');
    *line = str_take(*rest, end);
    *rest = str_skip(*rest, end < rest->n ? end + 1 : end);
    return true;
}

static struct str trim(struct str text, const char *blanks)
{
    while (text.n > 0 && strchr(blanks, text.p[0])) {
        text = str_skip(text, 1);
    }
    while (text.n > 0 && strchr(blanks, text.p[text.n - 1])) {
        text.n--;
    }
    return text;
}

static bool is_fence(struct str line)
{
    return str_starts(trim(line, " "), STR("```"));
}

static bool is_heading(struct str line, struct str *name)
{
    if (!str_starts(line, STR("## "))) {
        return false;
    }
    *name = trim(str_skip(line, 3), " ");
    return true;
}

static bool is_label(struct str line, struct str *name)
{
    if (line.n < 5 || !str_starts(line, STR("**")) ||
        !str_ends(line, STR("**"))) {
        return false;
    }
    struct str inside = str_take(str_skip(line, 2), line.n - 4);
    if (str_find(inside, '*') < inside.n) {
        return false; /* two bold words, and not a label */
    }
    *name = inside;
    return true;
}

/* Where the next line stands that begins something: there *name is filled and
 * *rest is behind it.  Returns what was in front of it. */
static struct str take_until(struct str *rest,
                             bool (*begins)(struct str line, struct str *name),
                             struct str *name)
{
    struct str line, front = *rest;
    bool code = false;
    while (section_line(rest, &line)) {
        code = is_fence(line) ? !code : code;
        if (!code && begins(line, name)) {
            front.n = (size_t)(line.p - front.p);
            break;
        }
    }
    return front;
}

/* `rest` stands behind the line that began this one. */
static struct str take_body(struct str *rest,
                            bool (*begins)(struct str line, struct str *name))
{
    struct str name, behind = *rest;
    struct str body = take_until(&behind, begins, &name);
    *rest = str_skip(*rest, body.n);
    return body;
}

static struct str without_blank_lines(struct str text)
{
    struct str line, rest = text;
    while (section_line(&rest, &line) && trim(line, " ").n == 0) {
        text = rest;
    }
    while (text.n > 0 && strchr(" \n", text.p[text.n - 1])) {
        text.n--;
    }
    return text;
}

bool section_next(struct str *rest, struct section *out)
{
    struct str name = {0};
    take_until(rest, is_heading, &name);
    if (!name.p) {
        return false;
    }
    out->name = name;
    out->text = without_blank_lines(take_body(rest, is_heading));
    return true;
}

bool section_find(struct str page, struct str name, struct section *out)
{
    struct section section;
    while (section_next(&page, &section)) {
        if (str_eq(section.name, name)) {
            *out = section;
            return true;
        }
    }
    return false;
}

bool section_part(struct str *rest, struct section *out)
{
    struct str line, behind = *rest, name = {0};
    if (!section_line(&behind, &line)) {
        return false;
    }
    if (is_label(line, &name)) {
        *rest = behind;
    }
    out->name = name;
    out->text = without_blank_lines(take_body(rest, is_label));
    return true;
}

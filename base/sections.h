/* SPDX-License-Identifier: MIT */
/* sections - a page of Markdown as data: its sections, which begin with
 * `## NAME`, and the parts of a section, which begin with `**LABEL**` alone on
 * a line.  Lines between ``` are code and begin nothing.  Layer: base. */
#ifndef SYNCSPEC_BASE_SECTIONS_H
#define SYNCSPEC_BASE_SECTIONS_H

#include "base/str.h"

/* A section, or a part of one: both strings borrow from the page. */
struct section {
    struct str name; /* of a part: the label; empty for what is in front of the
                        first label */
    struct str text; /* without blank lines at its ends */
};

/* Take the next section off the front of `rest`, which begins as the whole
 * page; what is in front of the first heading is passed over.  False at the
 * end, *out untouched. */
bool section_next(struct str *rest, struct section *out);
/* The first section of that very name; false: there is none. */
bool section_find(struct str page, struct str name, struct section *out);
/* Take the next part off the front of `rest`, which begins as the text of a
 * section.  False at the end, *out untouched. */
bool section_part(struct str *rest, struct section *out);
/* Take a line off the front of `rest`, without its newline; false at the end.
 */
bool section_line(struct str *rest, struct str *line);

#endif

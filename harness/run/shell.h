/* SPDX-License-Identifier: MIT */
/* shell - bytes as words and commands of a shell, so that what somebody pastes
 * makes these very bytes.  Layer: harness/run.
 *
 * What is written is one line that shows all it does: control characters,
 * bytes that are not UTF-8 and invisible characters are spelled out.  Secrets
 * become "$NAME". */
#ifndef SYNCSPEC_HARNESS_RUN_SHELL_H
#define SYNCSPEC_HARNESS_RUN_SHELL_H

#include "harness/run/secrets.h"

/* Can every character be shown as it is? */
bool shell_is_plain(struct str text);
/* Append `text` as one word: bare, in quotes, or, when it is not plain, in
 * $'…', which dash does not know.  No NUL may be in it. */
void shell_word(struct buf *out, const struct runner *runner, struct str text);
/* Append commands that print `bytes`: `printf '…'`, and for what repeats itself
 * `head -c 3000 /dev/zero | tr '\0' x` or `yes 'ab' | head -n 500 | tr -d
 * '\n'`; in braces when there are several.  Any POSIX shell.  False, and `out`
 * is whatever fitted, when it is over its ceiling. */
bool shell_print(struct buf *out, const struct runner *runner,
                 struct str bytes);
/* Is there a part that shell_print would not spell out? */
bool shell_repeats(struct str bytes);

#endif

# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# exhibits - what the scenarios of the museum say of themselves, for the table
# and for the test on the wire.

# Bugs that show on the wire only when the server is started so.
declare -A wire_needs=(
    [server:ack-before-durable]=sqlite
    [server:stream-headers-late]="scale 1"
)

# planted_in FILE: "server:name" or "client:name".
planted_in() {
    sed -n 's/^plants  *//p' "$1"
}

# clause_in FILE: the clause by which it must be caught.
clause_in() {
    sed -n 's/^caught .*clause=\([A-Z0-9-]*\).*/\1/p' "$1"
}

# wire_says FILE: yes, no, or what it needs there.
wire_says() {
    if grep -Eq '^(worlds  *virtual|page )' "$1"; then
        echo no
    else
        echo "${wire_needs[$(planted_in "$1")]:-yes}"
    fi
}

# is_live FILE: it opens live channels.
is_live() {
    grep -Eq '^[+ ].* (listens|connects) ' "$1"
}

/* SPDX-License-Identifier: MIT */
/* cmd_report - `syncspec report`: other formats from JSON lines; and
 * `syncspec version`.  Layer: harness/cli. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/edge.h"

int cmd_report(int argc, char **argv)
{
    struct cli_list formats = {.count = 0};
    bool verbose = false;
    const struct cli_option options[] = {
        {"as", CLI_LIST, &formats, "FORMAT[:FILE]",
         EDGE_FORMATS "; may be repeated"},
        {"verbose", CLI_FLAG, &verbose, NULL, "show the passes too"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "report", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return EXIT_USAGE;
    }
    if (parse.helped) {
        return EXIT_PASS;
    }
    if (parse.left != 1) {
        return cli_fail(EXIT_USAGE, "report: which JSON lines file?");
    }
    FILE *file = fopen(argv[0], "rb");
    if (!file) {
        return cli_fail(EXIT_USAGE, "report: %s: %s", argv[0], strerror(errno));
    }
    struct session session = {.report_count = 0};
    struct edge_reports reports = {.count = 0};
    struct report_totals totals = {0};
    struct err err = {.status = ST_OK};
    const struct report_options how = {.color = edge_colors(stdout),
                                       .verbose = verbose};
    int code = EXIT_USAGE;
    bool to_file = formats.count > 0;
    if (edge_open_reports(&reports, &session, NULL, &formats, &how)) {
        size_t skip = to_file && formats.count < session.report_count;
        enum status status =
            report_replay(file, session.reports + skip,
                          session.report_count - skip, &totals, &err);
        code = status == ST_OK
                   ? report_exit_code(&totals)
                   : cli_fail(EXIT_USAGE, "report: %s: %s", argv[0], err.text);
    }
    edge_close_reports(&reports, &session);
    fclose(file);
    return code;
}

int cmd_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("syncspec " SYNCSPEC_VERSION "\n%s\n", curl_version());
    return EXIT_PASS;
}

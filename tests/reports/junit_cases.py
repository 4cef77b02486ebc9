#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""junit_cases - what a reader finds in a report: every case with its state,
sorted, and the totals.  Readers that agree print the same text.

    junit_cases.py jsonl FILE          the JSON lines, by docs/report-schema.md
    junit_cases.py junitparser FILE    junit.xml, by Debian's reader
    junit_cases.py junit2json FILE     what the reader of npm made of junit.xml
"""
import json
import sys

STATES = {
    "pass": "passed", "nonstrict": "passed", "info": "passed",
    "flaky": "passed", "fail": "failed", "xpass": "failed", "error": "error",
    "unknown": "error", "not-run": "error", "xfail": "skipped",
    "unimplemented": "skipped", "skip": "skipped",
}


def state_of(kinds):
    """The state by the elements of a case; a case has at most one."""
    states = {"failure": "failed", "error": "error", "skipped": "skipped"}
    found = [states[kind] for kind in kinds if kind in states]
    return "+".join(found) or "passed"


def key_of(result):
    return [result.get(part) for part in ("id", "world", "dialect")]


def name_of(result):
    """Class and name of its case; members that are empty are left out."""
    world = " ".join(part for part in key_of(result)[1:] if part)
    where = ".".join(part for part in (world, result.get("group")) if part)
    name = ": ".join(
        result[part] for part in ("id", "name") if result.get(part))
    return f"{where or 'syncspec'}  {name or 'unnamed'}"


def read_jsonl(path):
    """Cases that were planned and have no result were not run."""
    planned, results, strict = [], [], False
    with open(path, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if line["type"] == "run":
                strict = line.get("strict", False)
            elif line["type"] == "plan":
                planned.append(dict(line, outcome="not-run"))
            elif line["type"] == "result":
                results.append(line)
    done = [key_of(result) for result in results]
    for plan in planned:
        if key_of(plan) in done:
            done.remove(key_of(plan))
        else:
            results.append(plan)
    for r in results:
        state = STATES[r["outcome"]]
        if strict and r["outcome"] == "nonstrict":
            state = "failed"
        yield name_of(r), state


def read_junitparser(path):
    import junitparser
    root = junitparser.JUnitXml.fromfile(path)
    sums = [0, 0, 0, 0]
    for suite in root:
        cases = list(suite)
        sums = [a + b for a, b in zip(sums, (
            suite.tests, suite.failures, suite.errors, suite.skipped))]
        for case in cases:
            kinds = [type(one).__name__.lower() for one in case.result]
            yield f"{case.classname}  {case.name}", state_of(kinds)
    told = [root.tests, root.failures, root.errors]
    assert told == sums[:3], f"of all {told}, of its suites {sums}"
    yield "attributes", sums


def read_junit2json(path):
    with open(path, encoding="utf-8") as text:
        root = json.load(text)
    sums = [0, 0, 0, 0]
    for suite in root.get("testsuite", []):
        for i, name in enumerate(("tests", "failures", "errors", "skipped")):
            sums[i] += suite[name]
        for case in suite.get("testcase", []):
            yield f"{case['classname']}  {case['name']}", state_of(case)
    told = [root["tests"], root["failures"], root["errors"]]
    assert told == sums[:3], f"of all {told}, of its suites {sums}"
    yield "attributes", sums


def main():
    reader, path = sys.argv[1:]
    counts = {"passed": 0, "failed": 0, "error": 0, "skipped": 0}
    lines, told = [], None
    for name, state in globals()["read_" + reader](path):
        if name == "attributes":
            told = state
            continue
        counts[state] += 1
        lines.append(f"{state:8}{name}")
    totals = [len(lines), counts["failed"], counts["error"], counts["skipped"]]
    assert told in (None, totals), f"attributes {told}, elements {totals}"
    lines.append("tests {} failures {} errors {} skipped {}".format(*totals))
    print("\n".join(sorted(lines)))


main()

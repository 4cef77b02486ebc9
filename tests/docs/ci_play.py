#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ci_play - run the shell steps of docs/ci as GitHub and GitLab do, in the
current folder, with the variables that they set.  What they do between the
steps, caches and uploads, is printed as a line.

    ci_play.py github ACTION_FOLDER [--cached] [NAME=VALUE...]   inputs
    ci_play.py gitlab FILE JOB [NAME=VALUE...]                   variables
    ci_play.py yaml FILE                                         is it YAML?

The exit code is that of the first step that fails.
"""
import os
import re
import subprocess
import sys
import tempfile

import yaml


def run(script, shell, extra):
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        return subprocess.run(shell + [file.name], check=False,
                              env={**os.environ, **extra}).returncode


def words_of(arguments):
    return dict(word.split("=", 1) for word in arguments)


# --- GitHub ------------------------------------------------------------------

class Action:
    """A composite action that is being played."""

    def __init__(self, folder, inputs, cached):
        with open(os.path.join(folder, "action.yml"), encoding="utf-8") as text:
            self.action = yaml.safe_load(text)
        self.folder = os.path.abspath(folder)
        self.cached = cached
        self.outputs = {}
        self.failed = 0
        known = self.action["inputs"]
        unknown = set(inputs) - set(known)
        if unknown:
            sys.exit(f"ci_play: no such input: {', '.join(sorted(unknown))}")
        self.inputs = {name: inputs.get(name, one.get("default", ""))
                       for name, one in known.items()}

    def value(self, path):
        parts = path.split(".")
        if parts[0] == "inputs" and len(parts) == 2:
            return self.inputs[parts[1]]
        if parts[0] == "steps" and parts[2] == "outputs" and len(parts) == 4:
            return self.outputs.get(parts[1], {}).get(parts[3], "")
        sys.exit(f"ci_play: what is {path}?")

    def text(self, template):
        return re.sub(r"\$\{\{ *([^ }]+) *\}\}",
                      lambda found: self.value(found[1]), str(template))

    def wanted(self, condition):
        if condition == "always()":
            return True
        if self.failed:
            return False
        if condition is None:
            return True
        path, other = re.fullmatch(r"(\S+) != '(.*)'", condition).groups()
        return self.value(path) != other

    def use(self, step):
        options = {key: self.text(value)
                   for key, value in step.get("with", {}).items()}
        if "/restore@" in step["uses"]:
            self.outputs[step["id"]] = {
                "cache-hit": "true" if self.cached else ""}
        told = " ".join(f"{key}={value}" for key, value in options.items())
        print(f"uses {step['uses']} {told}", flush=True)

    def shell(self, step):
        assert step["shell"] == "bash", step
        assert "${{" not in step["run"], "an input would be read as shell"
        with tempfile.NamedTemporaryFile("r") as output:
            extra = {name: self.text(value)
                     for name, value in step.get("env", {}).items()}
            extra.update(GITHUB_ACTION_PATH=self.folder,
                         GITHUB_OUTPUT=output.name, CI="true")
            shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]
            self.failed = self.failed or run(step["run"], shell, extra)
            pairs = words_of(output.read().splitlines())
        self.outputs[step.get("id")] = pairs

    def play(self):
        for step in self.action["runs"]["steps"]:
            if self.wanted(step.get("if")):
                self.use(step) if "uses" in step else self.shell(step)
        for name, output in self.action["outputs"].items():
            print(f"output {name}={self.text(output['value'])}")
        return self.failed


# --- GitLab ------------------------------------------------------------------

def lines_of(job, part):
    lines = job.get(part, [])
    assert all(isinstance(line, str) for line in lines), (part, lines)
    return lines


def play_gitlab(path, name, variables):
    with open(path, encoding="utf-8") as text:
        job = yaml.safe_load(text)[name]
    # All lines are one script; a shell that has pipefail gets it.
    script = "\n".join(lines_of(job, "before_script") + lines_of(job, "script"))
    extra = {**job["variables"], **variables, "CI": "true", "GITLAB_CI": "true",
             "CI_PROJECT_DIR": os.getcwd()}
    code = run(script, ["bash", "-e", "-o", "pipefail"], extra)
    allowed = job["allow_failure"]["exit_codes"]
    for kind, path in job["artifacts"]["reports"].items():
        there = "there" if os.path.exists(path) else "missing"
        print(f"report {kind}={path} {there}")
    print("allowed" if code == allowed else "not allowed")
    return code


class Reader(yaml.SafeLoader):
    """Knows GitLab's references to other jobs."""


Reader.add_constructor("!reference", lambda loader, node:
                       loader.construct_sequence(node))


def main():
    system, where, *rest = sys.argv[1:]
    if system == "yaml":
        with open(where, encoding="utf-8") as text:
            return 0 if isinstance(yaml.load(text, Reader), dict) else 1
    if system == "gitlab":
        return play_gitlab(where, rest[0], words_of(rest[1:]))
    cached = "--cached" in rest
    inputs = words_of(word for word in rest if word != "--cached")
    return Action(where, inputs, cached).play()


sys.exit(main())

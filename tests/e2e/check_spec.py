"""Submits a spec and checks what came of it against its comment. For specs_test.sh.

    # expect: state=succeeded reason=converged objective<=1e-8 x~=3(0.1) accuracy>=0.95

A term is NAME=WORD, NAME<=NUMBER, NAME>=NUMBER or NAME~=NUMBER(TOLERANCE), over `state`, `reason`, the figures of
Termination, parameters by name (`x`, `weight[0,1]`), and metrics on the held-out rows, or the training rows if there are
none.
"""
import itertools
import json
import os
import re
import subprocess
import sys

TERM = re.compile(r"(?P<name>[^<>=~]+)(?P<compare><=|>=|~=|=)(?P<bound>[^()]+)(\((?P<tolerance>.+)\))?")


def descent(*words, codes=(0,)):
    result = subprocess.run(["descent", *words, "-o", "json"], stdout=subprocess.PIPE, check=False)
    if result.returncode not in codes:
        raise SystemExit(f"descent {' '.join(words)} gave exit code {result.returncode}")
    return json.loads(result.stdout)


def word(text):
    return re.sub("^(JOB_STATE|TERMINATION_REASON)_", "", text).lower()


def parameters(job):
    answer = descent("job", "parameters", job)
    values = {}
    for tensor in answer["layout"]["tensors"]:
        shape = [int(size) for size in tensor.get("shape", [])]
        for index, place in enumerate(itertools.product(*map(range, shape))):
            name = tensor["name"] + (f"[{','.join(map(str, place))}]" if place else "")
            values[name] = float(answer["values"][int(tensor.get("offset", 0)) + index])
    return values


def metrics(job):
    evaluation = descent("model", "evaluate", job)["evaluation"]
    return {metric["name"]: float(metric["value"]) for metric in evaluation["metrics"]}


def actual(name, job, facts):
    """What the job has under a name; asks for no more than is needed."""
    if name in facts:
        return facts[name]
    values = parameters(job)
    return values[name] if name in values else metrics(job)[name]


def holds(term, value):
    bound, tolerance = term["bound"], float(term["tolerance"] or 0)
    if term["compare"] == "=":
        return value == bound
    if term["compare"] == "~=":
        return abs(value - float(bound)) <= tolerance
    return value <= float(bound) if term["compare"] == "<=" else value >= float(bound)


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        words = [term for line in file if line.startswith("# expect:") for term in line.split(":", 1)[1].split()]
    if not words:
        raise SystemExit(f"{path}: lacks a line `# expect: state=...`")
    job = os.path.basename(path).removesuffix(".yaml").replace("_", "-")
    descent("job", "submit", "-f", path, "--name", job, "--detach")
    ended = descent("job", "wait", job, codes=(0, 3))
    termination = ended["termination"]
    others = ("reason", "message", "non_finite", "diagnosis")
    facts = {key: float(value) for key, value in termination.items() if key not in others}
    facts |= {"state": word(ended["state"]), "reason": word(termination["reason"])}
    wrong = []
    for text in words:
        term = TERM.fullmatch(text)
        if term is None:
            raise SystemExit(f"{path}: cannot read the term {text}")
        value = actual(term["name"], job, facts)
        if not holds(term, value):
            wrong.append(f"{text}, was {value}")
    print(f"{path}: {'; '.join(wrong) if wrong else 'as expected'}")
    return 1 if wrong else 0


sys.exit(main())

#!/usr/bin/env python3
"""Writes tests/golden/optimizers.txt: where every optimizer must be after some updates, computed in NumPy.

  python3 tests/golden/optimizers.py > tests/golden/optimizers.txt   needs python3-numpy
  python3 tests/golden/optimizers.py --with-torch                    compares them with torch's (python3-torch 1.13)
  python3 tests/golden/optimizers.py --stability                     says what rounding does to each case

The rules are in optimizer_rules.py and adam_rules.py, in float64, the cases in optimizer_cases.py. Gradients of the
data problems are summed in long double and rounded once, so that the file does not depend on a BLAS. A case is in the
file only if rounding hardly moves it: it is run with the start, every gradient and every point moved by a unit in the
last place; one that such noise moves by more than STABILITY units is refused.
"""

import csv
import os
import sys

import numpy as np

import adam_rules
import optimizer_rules

HERE = os.path.dirname(os.path.abspath(__file__))
UNIT = 2.0**-52
STABILITY = 50
UPDATES = 200
HEAD = """\
# Written by `python3 tests/golden/optimizers.py > tests/golden/optimizers.txt`; do not edit.
#   case NAME KIND PROBLEM   NAME is KIND.VARIANT.PROBLEM
#   set FIELD VALUE          of the optimizer, all others have their defaults; `set preset NAME` comes first
#   step T VALUES            the parameters after T updates: where the next gradient is taken
#   answer T VALUES          the answer after T updates, of kinds whose answer is another point
# Problems:
#   rosenbrock            (1-x)^2 + 100 (y-x^2)^2 from (-1.2, 1), two tensors of one value each
#   rosenbrock_scheduled  the same; update t (from 1) has learning_rate * 20 t / (100 + (t-1)^2) for its rate
#   logistic_full         mean log loss + |weight|^2 / (2 * 569) on breast_cancer.csv, benign is 1, features
#                         standardised by the population deviation; weight [30], bias; from zero; all rows an update
#   logistic_mini         the same in batches of 64 rows in the order of the file; the ninth of an epoch has 57
#   matrix_wide           sum of k_n (p_n - c_n)^2 / 2 over the numbers n = 0, 1 ..., from p_n = 1, with
#                         k_n = 1 + (3n mod 5), c_n = (7n + 3 mod 11) - 4.75; tensors [3 x 5] by rows and [3]
#   matrix_tall           the same with [5 x 3] and [5]
"""


# Problems: a start, tensors (slice, shape), and the objective and gradient of update t (from 1) at a point.


class Rosenbrock:
    start = np.array([-1.2, 1.0])
    tensors = [(slice(0, 1), ()), (slice(1, 2), ())]
    steps = (1, 2, 3, 10, 50, 200)

    def __init__(self, scheduled=False):
        self.scheduled = scheduled

    def factor(self, t):
        return 20.0 * t / (100.0 + (t - 1) ** 2) if self.scheduled else 1.0

    def evaluate(self, t, point):
        x, y = point
        gap = y - x * x
        return (1 - x) ** 2 + 100 * gap**2, np.array([-2 * (1 - x) - 400 * x * gap, 200 * gap])


def read_table(name):
    """Standardised features with a column of ones behind them, in long double, and the texts of the last column."""
    with open(os.path.join(HERE, "../../examples/data", name)) as file:
        table = list(csv.reader(file))
    features = np.array([[float(cell) for cell in row[:-1]] for row in table[1:]], dtype=np.longdouble)
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    return np.hstack([features, np.ones((len(features), 1))]), [row[-1] for row in table[1:]]


class Logistic:
    steps = (1, 10, 200)
    tensors = [(slice(0, 30), (30,)), (slice(30, 31), ())]
    start = np.zeros(31)

    def __init__(self, batch):
        self.features, classes = read_table("breast_cancer.csv")
        self.labels = np.array([text == "benign" for text in classes]).astype(np.longdouble)
        self.batch = batch

    def factor(self, t):
        return 1.0

    def evaluate(self, t, point):
        rows = len(self.labels)
        first = (t - 1) % -(-rows // self.batch) * self.batch
        x, y = self.features[first : first + self.batch], self.labels[first : first + self.batch]
        w = point.astype(np.longdouble)
        z = (x * w).sum(axis=1)
        loss = (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).mean()
        penalised = np.append(w[:-1], 0) / rows
        gradient = (x * (1 / (1 + np.exp(-z)) - y)[:, None]).mean(axis=0) + penalised
        return float(loss + (penalised * w).sum() / 2), gradient.astype(np.float64)


class Matrix:
    """A weighted distance, numbers n = 0, 1 ... far from their targets, so that all singular values stay large."""

    steps = (1, 2, 3, 10, 50, 200)

    def __init__(self, rows, columns):
        n = np.arange(rows * columns + rows)
        self.weights, self.targets = 1.0 + 3 * n % 5, (7.0 * n + 3) % 11 - 4.75
        self.start = np.ones(len(n))
        self.tensors = [(slice(0, rows * columns), (rows, columns)), (slice(rows * columns, len(n)), (rows,))]

    def factor(self, t):
        return 1.0

    def evaluate(self, t, point):
        gap = point - self.targets
        return np.sum(self.weights * gap * gap) / 2, self.weights * gap


PROBLEMS = {
    "rosenbrock": Rosenbrock(),
    "rosenbrock_scheduled": Rosenbrock(scheduled=True),
    "logistic_full": Logistic(569),
    "logistic_mini": Logistic(64),
    "matrix_wide": Matrix(3, 5),
    "matrix_tall": Matrix(5, 3),
}


# Runs


class Settings(dict):
    __getattr__ = dict.__getitem__


class Case:
    def __init__(self, kind, variant, problem, fields):
        self.kind, self.problem, self.fields = kind, problem, fields
        self.name = f"{kind}.{variant}.{problem}"
        defaults, presets, _ = KINDS[kind]
        preset = presets[fields["preset"]] if "preset" in fields else {}
        self.settings = Settings({**defaults, **preset, **fields})
        self.settings.pop("preset", None)
        unknown = set(self.settings) - set(defaults)
        assert not unknown, f"{self.name}: {unknown}"


def find_rule(kind):
    return getattr(optimizer_rules, kind, None) or getattr(adam_rules, kind)


def run(case, noise=None):
    """The points of the case, {T: (parameters, answer or None)}; `noise` moves numbers by a unit in the last place."""
    problem = PROBLEMS[case.problem]

    def moved(vector):
        return vector if noise is None else vector * (1 + UNIT * noise.integers(-1, 2, vector.shape))

    rule = find_rule(case.kind)(case.settings, moved(problem.start), problem.tensors)
    yielded = next(rule)
    points = {}
    for t in range(1, UPDATES + 1):
        point = yielded[0] if isinstance(yielded, tuple) else yielded
        f, g = problem.evaluate(t, moved(point))
        yielded = rule.send((t, case.settings.learning_rate * problem.factor(t), moved(g), f))
        if t in problem.steps:
            assert np.all(np.isfinite(yielded)), case.name
            points[t] = yielded if isinstance(yielded, tuple) else (yielded, None)
    return points


def difference(points, others):
    """The largest distance of two runs in any value, relative to the norm of the vector."""
    largest = 0.0
    for t in points:
        for a, b in zip(points[t], others[t]):
            if a is not None and b is not None:
                largest = max(largest, float(np.max(np.abs(a - b)) / optimizer_rules.norm(a)))
    return largest


def moved_by_rounding(case, points):
    runs = 4 if case.problem.startswith("rosenbrock") else 2
    return max(difference(points, run(case, np.random.default_rng(seed))) for seed in range(runs)) / UNIT


from optimizer_cases import KINDS, cases  # noqa: E402  (it is data, and names problems and kinds)


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def write():
    print(HEAD, end="")
    for case in cases(Case):
        points = run(case)
        values = np.concatenate([np.concatenate([v for v in pair if v is not None]) for pair in points.values()])
        assert np.all(np.isfinite(values)) and np.max(np.abs(values)) < 1e4, f"{case.name}: not sane: {values}"
        moved = moved_by_rounding(case, points)
        assert moved <= STABILITY, f"{case.name}: rounding moves it by {moved:.0f} units"
        print(f"\ncase {case.name} {case.kind} {case.problem}")
        for field, value in case.fields.items():
            print("set", field, text(value))
        for t, (parameters, answer) in points.items():
            print("step", t, *[f"{v:.17g}" for v in parameters])
            if answer is not None:
                print("answer", t, *[f"{v:.17g}" for v in answer])


def main():
    arguments = sys.argv[1:]
    if arguments == ["--with-torch"]:
        import optimizer_torch

        optimizer_torch.compare(list(cases(Case)), PROBLEMS, run, difference, UPDATES)
    elif arguments == ["--stability"]:
        for case in cases(Case):
            points = run(case)
            print(f"{moved_by_rounding(case, points):12.1f}  {case.name:50}", *points[UPDATES][0][:2])
    elif not arguments:
        write()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()

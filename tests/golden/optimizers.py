#!/usr/bin/env python3
"""Writes tests/golden/optimizers.txt: where every optimizer must be after some updates, computed in NumPy.

  python3 tests/golden/optimizers.py > tests/golden/optimizers.txt   needs python3-numpy
  python3 tests/golden/optimizers.py --with-torch                    compares them with torch's (python3-torch 1.13)
  python3 tests/golden/optimizers.py --stability                     says what rounding does to each case

The rules are in optimizer_rules.py, adam_rules.py, search_rules.py and row_rules.py, in float64, the cases in
optimizer_cases.py. Gradients of the data problems are summed in long double and rounded once, so that the file does not
depend on a BLAS. A case is in the file only if rounding hardly moves it: it is run with the start and everything that is
measured, values and gradients, moved by a unit in the last place; one that such noise moves by more than STABILITY units
is refused. That is also why line searches are compared update by update, each from the rule's own point, and only as far
as they do not come to a minimum: there rounding decides, and whoever decides otherwise once is elsewhere ever after.
"""

import csv
import os
import sys

import numpy as np

import adam_rules
import optimizer_rules
import row_rules
import search_rules

HERE = os.path.dirname(os.path.abspath(__file__))
UNIT = 2.0**-52
STABILITY = 50  # of functions, which are compared to 450 units
STABILITY_OF_DATA = 1000  # which are compared to 45000
COMPARED = 0.5  # least share of the points of a case that begins anew
UPDATES = 200
HEAD = """\
# Written by `python3 tests/golden/optimizers.py > tests/golden/optimizers.txt`; do not edit.
#   case NAME KIND PROBLEM   NAME is KIND.VARIANT.PROBLEM
#   set FIELD VALUE          of the optimizer, all others have their defaults; `set preset NAME` comes first
#   step T VALUES            the parameters after T updates: where the next gradient is taken
#   answer T VALUES          the answer after T updates, of kinds whose answer is another point
#   anew N                   every N updates an optimizer without memory begins at the point of the line
#   from T VALUES            such a point that is not compared: rounding decides where it is
# Problems:
#   rosenbrock            (1-x)^2 + 100 (y-x^2)^2 from (-1.2, 1), two tensors of one value each
#   rosenbrock_scheduled  the same; update t (from 1) has learning_rate * 20 t / (100 + (t-1)^2) for its rate
#   rosenbrock_one_cycle  the same with the one_cycle schedule, cycle_momentum and a length of 200
#   logistic_full         mean log loss + |weight|^2 / (2 * 569) on breast_cancer.csv, benign is 1, features
#                         standardised by the population deviation; weight [30], bias; from zero; all rows an update
#   logistic_mini         the same in batches of 64 rows in the order of the file; the ninth of an epoch has 57
#   matrix_wide           sum of k_n (p_n - c_n)^2 / 2 over the numbers n = 0, 1 ..., from p_n = 1, with
#                         k_n = 1 + (3n mod 5), c_n = (7n + 3 mod 11) - 4.75; tensors [3 x 5] by rows and [3]
#   matrix_tall           the same with [5 x 3] and [5]
#   wells                 sum of (1 + 4n) (p_n^4/4 - p_n^2/2) + (sum of p_n)^2 / 20 over n = 0 ... 7, from
#                         p_n = n/4 - 0.8
#   wells_high            the same plus 1e10, so that values soon differ by rounding only
#   diabetes_ridge        mean squared error + |weight|^2 / 4 on diabetes.csv, features standardised in the same way;
#                         weight [10], bias; from zero; all rows an update
#   diabetes_lasso        the same with 10 * sum |weight| for a penalty
#   diabetes_elastic_net  the same with 5 * sum |weight| + |weight|^2 / 8
#   diabetes_lasso_mini   diabetes_lasso in batches of 64 rows in the order of the file, the penalty by proximal steps
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

    def hessian(self, t, point):
        x, y = point
        return np.array([[2 + 1200 * x * x - 400 * y, -400 * x], [-400 * x, 200.0]])


def read_table(name):
    """Standardised features with a column of ones behind them, in long double, and the texts of the last column."""
    with open(os.path.join(HERE, "../../examples/data", name)) as file:
        table = list(csv.reader(file))
    features = np.array([[float(cell) for cell in row[:-1]] for row in table[1:]], dtype=np.longdouble)
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    return np.hstack([features, np.ones((len(features), 1))]), [row[-1] for row in table[1:]]


class OneCycle(Rosenbrock):
    """Smith, Topin, "Super-convergence", 2017: the rate up to 1 and down, the momentum down to .85 and up to .95."""

    def height(self, t):
        peak, end, step = 0.3 * UPDATES - 1, UPDATES - 1.0, t - 1.0
        way = step / peak if step <= peak else (end - step) / (end - peak)
        return (1 - np.cos(np.pi * way)) / 2

    def factor(self, t):
        low = 1 / 25 if t - 1 <= 0.3 * UPDATES - 1 else 1 / 25 / 1e4
        return low + (1 - low) * self.height(t)

    def momentum(self, t):
        return 0.95 - 0.1 * self.height(t)


class Rows:
    """A mean loss of linear outputs, with batches in the order of the file; what row_rules.py asks for."""

    def __init__(self, table, target, batch, l1=0.0, l2=0.0):
        self.x, texts = read_table(table)
        self.targets = np.array([target(text) for text in texts]).astype(np.longdouble)
        self.batch = min(batch, len(texts))
        count = self.x.shape[1]
        self.start = np.zeros(count)
        self.tensors = [(slice(0, count - 1), (count - 1,)), (slice(count - 1, count), ())]
        weights = np.append(np.ones(count - 1), 0)
        self.l1, self.l2 = l1 * weights, l2 * weights

    def factor(self, t):
        return 1.0

    @property
    def epoch(self):
        return -(-len(self.x) // self.batch)

    @property
    def smoothness(self):
        """Of a row's objective: the largest second derivative along any direction."""
        return self.curvature * float(np.max(np.sum(self.x * self.x, axis=1))) + self.l2[0]

    def batch_rows(self, t):
        first = (t - 1) % self.epoch * self.batch
        return np.arange(first, min(first + self.batch, len(self.x)))

    def outputs(self, rows, point):
        return (self.x[rows] * point.astype(np.longdouble)).sum(axis=1)

    def slopes(self, rows, point):
        return self.derivatives(self.outputs(rows, point), self.targets[rows]).astype(np.float64)

    def evaluate(self, t, point):
        rows = self.batch_rows(t)
        z, w = self.outputs(rows, point), point.astype(np.longdouble)
        gradient = (self.x[rows] * self.derivatives(z, self.targets[rows])[:, None]).mean(axis=0) + self.l2 * w
        penalty = (self.l2 * w * w).sum() / 2 + (self.l1 * abs(w)).sum()
        return float(self.losses(z, self.targets[rows]).mean() + penalty), gradient.astype(np.float64)


class Logistic(Rows):
    steps = (1, 10, 200)
    curvature = 0.25

    def __init__(self, batch):
        super().__init__("breast_cancer.csv", lambda text: text == "benign", batch, l2=1 / 569)

    def losses(self, z, y):
        return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))

    def derivatives(self, z, y):
        return 1 / (1 + np.exp(-z)) - y

    def hessian(self, t, point):
        rows = self.batch_rows(t)
        share = 1 / (1 + np.exp(-self.outputs(rows, point)))
        bent = self.x[rows].T @ (self.x[rows] * (share * (1 - share))[:, None]) / len(rows)
        return (bent + np.diag(self.l2)).astype(np.float64)


class Diabetes(Rows):
    steps = (1, 10, 200)
    curvature = 2.0

    def __init__(self, l1, l2, batch=442):
        super().__init__("diabetes.csv", float, batch, l1, l2)

    def losses(self, z, y):
        return (z - y) ** 2

    def derivatives(self, z, y):
        return 2 * (z - y)


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

    def hessian(self, t, point):
        return np.diag(self.weights)


class Wells:
    """Two minima along each number, and a bend down between them."""

    steps = (1, 2, 3, 10, 50, 200)
    weights = 1.0 + 4 * np.arange(8)
    start = np.arange(8) / 4 - 0.8
    tensors = [(slice(0, 8), (8,))]

    def __init__(self, height=0.0):
        self.height = height

    def factor(self, t):
        return 1.0

    def evaluate(self, t, p):
        total = np.sum(p)
        value = np.sum(self.weights * (p**4 / 4 - p * p / 2)) + total**2 / 20
        return value + self.height, self.weights * (p**3 - p) + total / 10

    def hessian(self, t, p):
        return np.diag(self.weights * (3 * p * p - 1)) + 0.1


PROBLEMS = {
    "rosenbrock": Rosenbrock(),
    "rosenbrock_scheduled": Rosenbrock(scheduled=True),
    "rosenbrock_one_cycle": OneCycle(),
    "logistic_full": Logistic(569),
    "logistic_mini": Logistic(64),
    "matrix_wide": Matrix(3, 5),
    "matrix_tall": Matrix(5, 3),
    "wells": Wells(),
    "wells_high": Wells(1e10),
    "diabetes_ridge": Diabetes(l1=0.0, l2=0.5),
    "diabetes_lasso": Diabetes(l1=10.0, l2=0.0),
    "diabetes_elastic_net": Diabetes(l1=5.0, l2=0.25),
    "diabetes_lasso_mini": Diabetes(l1=10.0, l2=0.0, batch=64),
}


# Runs


class Settings(dict):
    __getattr__ = dict.__getitem__


class Case:
    """`last` is the update up to which the case goes. With `anew`, an optimizer without memory begins every so many
    updates, where the last one ended."""

    def __init__(self, kind, variant, problem, fields, last=UPDATES, anew=None):
        self.kind, self.problem, self.fields, self.anew = kind, problem, fields, anew
        self.steps = [t for t in PROBLEMS[problem].steps if t < last] + [last]
        if anew is not None:
            self.steps = list(range(anew, last + 1, anew))
        self.name = f"{kind}.{variant}.{problem}"
        defaults, presets, _ = KINDS[kind]
        preset = presets[fields["preset"]] if "preset" in fields else {}
        self.settings = Settings({**defaults, **preset, **fields})
        for field, value in self.settings.items():
            self.settings[field] = value(PROBLEMS[problem]) if callable(value) else value
        self.settings.pop("preset", None)
        unknown = set(self.settings) - set(defaults)
        assert not unknown, f"{self.name}: {unknown}"


class Moved:
    """A problem of which everything that is measured is moved by a unit in the last place."""

    def __init__(self, problem, noise):
        self.problem, self.noise = problem, noise

    def __getattr__(self, name):
        return getattr(self.problem, name)

    def moved(self, values):
        return values * (1 + UNIT * self.noise.integers(-1, 2, np.shape(values)))

    def evaluate(self, t, point):
        f, g = self.problem.evaluate(t, self.moved(point))
        return self.moved(f), self.moved(g)

    def hessian(self, t, point):
        return self.moved(self.problem.hessian(t, point))

    def slopes(self, rows, point):
        return self.moved(self.problem.slopes(rows, point))


def start_rule(case, problem, start):
    for module in (search_rules, row_rules):
        if hasattr(module, case.kind):
            return getattr(module, case.kind)(case.settings, start, problem.tensors, problem)
    rule = getattr(optimizer_rules, case.kind, None) or getattr(adam_rules, case.kind)
    return rule(case.settings, start, problem.tensors)


def run(case, noise=None, begins=None):
    """The points of the case, {T: (parameters, answer or None)}; `noise` moves numbers by a unit in the last place.
    `begins` are the points where a case begins anew, by default its own."""
    problem = PROBLEMS[case.problem] if noise is None else Moved(PROBLEMS[case.problem], noise)
    rule = start_rule(case, problem, problem.start if noise is None else problem.moved(problem.start))
    yielded = next(rule)
    points = {}
    for t in range(1, case.steps[-1] + 1):
        point = yielded[0] if isinstance(yielded, tuple) else yielded
        f, g = problem.evaluate(t, point)
        if case.problem == "rosenbrock_one_cycle":
            case.settings["momentum" if "momentum" in case.settings else "beta1"] = problem.momentum(t)
        yielded = rule.send((t, case.settings.learning_rate * problem.factor(t), g, f))
        if t in case.steps:
            assert np.all(np.isfinite(yielded)), case.name
            points[t] = yielded if isinstance(yielded, tuple) else (yielded, None)
        if case.anew is not None and t % case.anew == 0:
            rule = start_rule(case, problem, (begins or points)[t][0])
            yielded = next(rule)
    return points


def distance(pair, other):
    """The largest distance in any value, relative to the norm of the vector."""
    both = [(a, b) for a, b in zip(pair, other) if a is not None and b is not None]
    return max(float(np.max(np.abs(a - b)) / optimizer_rules.norm(a)) for a, b in both)


def difference(points, others):
    return max(distance(points[t], others[t]) for t in points)


def is_of_data(case):
    return isinstance(PROBLEMS[case.problem], Rows)


def moved_by_rounding(case, points):
    """Of each point, in units."""
    seeds = 2 if is_of_data(case) else 4
    runs = [run(case, np.random.default_rng(seed), points) for seed in range(seeds)]
    return {t: max(distance(points[t], other[t]) for other in runs) / UNIT for t in points}


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
        compared = [t for t in points if moved[t] <= (STABILITY_OF_DATA if is_of_data(case) else STABILITY)]
        least = COMPARED if case.anew is not None else 1
        assert len(compared) >= least * len(points), f"{case.name}: rounding moves it: {moved}"
        print(f"\ncase {case.name} {case.kind} {case.problem}")
        for field, value in case.fields.items():
            print("set", field, text(value))
        if case.anew is not None:
            print("anew", case.anew)
        for t, (parameters, answer) in points.items():
            print("step" if t in compared else "from", t, *[f"{v:.17g}" for v in parameters])
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
            moved = max(moved_by_rounding(case, points).values())
            print(f"{moved:12.1f}  {case.name:50}", *points[case.steps[-1]][0][:2])
    elif not arguments:
        write()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()

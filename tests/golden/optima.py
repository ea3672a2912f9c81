#!/usr/bin/env python3
"""Writes tests/golden/optima.txt: where the minima of the accuracy problems are, to more digits than a double has.

  /usr/bin/python3 tests/golden/optima.py > tests/golden/optima.txt   # Debian: python3-mpmath; takes a minute

The problems are written down here a second time, from the definitions of the losses, and solved by other means than
descent has: Newton's method with 40 digits for what is smooth, exact rational arithmetic for NIST's linear problems,
and for the lasso the linear equations of the weights that are not zero. Nothing is written unless

- the gradient vanishes to 30 digits, or the lasso's optimality conditions hold with a margin,
- NIST's certified coefficients and residual sums come out to all digits that are certified,
- the optima that are known from elsewhere (CHECKS) come out.

Features are standardised by the population deviation but for noint*, warpbreaks; objectives are mean losses plus
penalties; intercepts are not penalised. Weights come first, the intercept last. The weights of iris are [class,
feature], followed by the classes' intercepts, of which only differences matter: their sum is 0.
"""
import csv
import os
import sys
from fractions import Fraction

from mpmath import mp, mpf

HERE = os.path.dirname(os.path.abspath(__file__))
mp.dps = 40

HEAD = """\
# Written by `/usr/bin/python3 tests/golden/optima.py > tests/golden/optima.txt`; do not edit.
#   problem NAME
#   objective VALUE     the least value
#   condition VALUE     of the objective's Hessian there: greatest eigenvalue / least eigenvalue that is not 0
#   parameters VALUES   where it is; of NIST's problems the coefficients of the original features
"""

# Known from elsewhere: scripts of others in long double.
CHECKS = {
    "breast_cancer_logistic": ".066360186224738",
    "iris_softmax": ".209191788405310",
    "diabetes_least_squares": "2859.6963475867502",
}


def read(path):
    with open(os.path.join(HERE, path), encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return rows[0], rows[1:]


def standardized(columns):
    result = []
    for column in columns:
        mean = mp.fsum(column) / len(column)
        deviation = mp.sqrt(mp.fsum((x - mean) ** 2 for x in column) / len(column))
        result.append([(x - mean) / deviation for x in column])
    return result


def example(name):
    """Standardised features by rows with a 1 at the end, and targets as texts. The file's numbers are taken as doubles."""
    _, rows = read(f"../../examples/data/{name}.csv")
    columns = standardized([[mpf(float(row[j])) for row in rows] for j in range(len(rows[0]) - 1)])
    return [[*features, mpf(1)] for features in zip(*columns)], [row[-1] for row in rows]


# Losses of one output: (value, slope, curvature) at output z and target y.


def squared(z, y):
    return (z - y) ** 2, 2 * (z - y), mpf(2)


def huber(delta):
    def at(z, y):
        r = z - y
        if abs(r) <= delta:
            return r * r / 2, r, mpf(1)
        return delta * (abs(r) - delta / 2), delta * mp.sign(r), mpf(0)

    return at


def logistic(z, y):
    p = 1 / (1 + mp.exp(-z))
    return mp.log(1 + mp.exp(-z)) + (1 - y) * z, p - y, p * (1 - p)


def squared_hinge(z, y):
    sign = 2 * y - 1
    gap = max(mpf(0), 1 - sign * z)
    return gap**2, -2 * sign * gap, mpf(2 if gap > 0 else 0)


def poisson(z, y):
    mean = mp.exp(z)
    return mean - y * z, mean - y, mean


class OneOutput:
    """Mean loss + strength/2 * |weights|^2 of a model linear in its features, the last of which is the intercept's."""

    def __init__(self, rows, targets, loss, strength):
        self.rows, self.targets, self.loss = rows, targets, loss
        self.size = len(rows[0])
        self.strengths = [mpf(strength)] * (self.size - 1) + [mpf(0)]

    def measure(self, point, second=True):
        """Value, gradient, Hessian."""
        count, size = len(self.rows), self.size
        value = sum(s * p * p for s, p in zip(self.strengths, point)) / 2
        gradient = [s * p for s, p in zip(self.strengths, point)]
        hessian = mp.matrix(size, size)
        entries = [[mpf(0)] * size for _ in range(size)]
        for row, target in zip(self.rows, self.targets):
            part, slope, curvature = self.loss(mp.fdot(row, point), target)
            value += part / count
            for i in range(size):
                gradient[i] += slope * row[i] / count
                if second and curvature:
                    scaled = curvature * row[i] / count
                    for j in range(i + 1):
                        entries[i][j] += scaled * row[j]
        for i in range(size):
            for j in range(i + 1):
                hessian[i, j] = hessian[j, i] = entries[i][j] + (self.strengths[i] if i == j else 0)
        return value, gradient, hessian

    def free_directions(self):
        return []


class Softmax:
    """Mean cross-entropy + strength/2 * |weights|^2."""

    def __init__(self, rows, targets, classes, strength):
        self.rows, self.targets, self.classes, self.strength = rows, targets, classes, mpf(strength)
        self.features = len(rows[0]) - 1
        self.size = classes * (self.features + 1)

    def place(self, label, feature):
        weights = self.classes * self.features
        return weights + label if feature == self.features else label * self.features + feature

    def measure(self, point, second=True):
        del second
        count, weights = len(self.rows), self.classes * self.features
        value = self.strength * sum(p * p for p in point[:weights]) / 2
        gradient = [self.strength * p for p in point[:weights]] + [mpf(0)] * self.classes
        hessian = mp.matrix(self.size, self.size)
        for i in range(weights):
            hessian[i, i] = self.strength
        for row, target in zip(self.rows, self.targets):
            logits = [sum(point[self.place(k, j)] * x for j, x in enumerate(row)) for k in range(self.classes)]
            total = mp.fsum(mp.exp(z) for z in logits)
            share = [mp.exp(z) / total for z in logits]
            value += (mp.log(total) - logits[target]) / count
            for k in range(self.classes):
                for i, x in enumerate(row):
                    a = self.place(k, i)
                    gradient[a] += (share[k] - (k == target)) * x / count
                    for m in range(self.classes):
                        factor = share[k] * ((k == m) - share[m]) * x / count
                        for j, y in enumerate(row):
                            hessian[a, self.place(m, j)] += factor * y
        return value, gradient, hessian

    def free_directions(self):
        """The same number added to all intercepts changes nothing."""
        return [[mpf(0)] * (self.classes * self.features) + [mpf(1)] * self.classes]


def newton(problem):
    """The minimum from 0, by Newton's method with halved steps while the value would rise."""
    point = [mpf(0)] * problem.size
    value, gradient, hessian = problem.measure(point)
    for _ in range(100):
        if max(map(abs, gradient)) < mpf(10) ** -32 * max(1, abs(value)):
            return value, point, hessian
        firm = hessian.copy()
        for direction in problem.free_directions():
            firm += mp.matrix(direction) * mp.matrix(direction).T
        step = mp.lu_solve(firm, mp.matrix(gradient))
        factor = mpf(1)
        while True:
            trial = [p - factor * s for p, s in zip(point, step)]
            trial_value = problem.measure(trial, second=False)[0]
            if trial_value <= value + mpf(10) ** -35 * abs(value):
                break
            factor /= 2
        point = trial
        value, gradient, hessian = problem.measure(point)
    raise SystemExit("Newton's method does not converge")


def condition(hessian, free=0):
    with mp.workdps(30):
        values = sorted(mp.eigsy(hessian, eigvals_only=True))
    return values[-1] / values[free]


def lasso(rows, targets, strength):
    """Mean squared error + strength * |weights|_1: the signs by coordinate descent in doubles, the rest exactly."""
    count, size = len(rows), len(rows[0])
    gram = mp.matrix(size, size)
    for i in range(size):
        for j in range(size):
            gram[i, j] = 2 * mp.fsum(row[i] * row[j] for row in rows) / count
    moment = [2 * mp.fsum(row[i] * y for row, y in zip(rows, targets)) / count for i in range(size)]
    doubles = [[float(gram[i, j]) for j in range(size)] for i in range(size)]
    weights = [0.0] * size
    for _ in range(20000):
        for i in range(size):
            rest = float(moment[i]) - sum(doubles[i][j] * weights[j] for j in range(size) if j != i)
            if i < size - 1:
                rest = max(abs(rest) - strength, 0.0) * (1 if rest > 0 else -1)
            weights[i] = rest / doubles[i][i]
    signs = [0 if i == size - 1 or w == 0 else (1 if w > 0 else -1) for i, w in enumerate(weights)]
    active = [i for i in range(size) if signs[i] or i == size - 1]
    small = mp.matrix(len(active), len(active))
    for a, i in enumerate(active):
        for b, j in enumerate(active):
            small[a, b] = gram[i, j]
    solution = mp.lu_solve(small, mp.matrix([moment[i] - strength * signs[i] for i in active]))
    point = [mpf(0)] * size
    for a, i in enumerate(active):
        point[i] = solution[a]
    for i in range(size):
        slope = mp.fsum(gram[i, j] * point[j] for j in range(size)) - moment[i]
        if signs[i]:
            assert mp.sign(point[i]) == signs[i] and abs(slope + strength * signs[i]) < mpf(10) ** -30
        elif i < size - 1:
            assert abs(slope) < 0.999 * strength, "no margin"
    value = mp.fsum((mp.fdot(row, point) - y) ** 2 for row, y in zip(rows, targets)) / count
    return value + strength * mp.fsum(map(abs, point[:-1])), point, small


# Name: degree, whether there is an intercept, certified residual sum of squares, certified coefficients (intercept
# first). https://www.itl.nist.gov/div898/strd/lls/data/
WAMPLER_2 = ["1.00000000000000", ".100000000000000", ".0100000000000000", ".00100000000000000", ".000100000000000000",
             ".0000100000000000000"]
NIST = {
    "norris": (1, True, "26.6173985294224", ["-.262323073774029", "1.00211681802045"]),
    "pontius": (2, True, ".155761768796992E-05",
                [".673565789473684E-03", ".732059160401003E-06", "-.316081871345029E-14"]),
    "longley": (1, True, "836424.055505915",
                ["-3482258.63459582", "15.0618722713733", "-.358191792925910E-01", "-2.02022980381683",
                 "-1.03322686717359", "-.511041056535807E-01", "1829.15146461355"]),
    "noint1": (1, False, "127.272727272727", ["2.07438016528926"]),
    "noint2": (1, False, ".272727272727273", [".727272727272727"]),
    "filip": (10, True, ".795851382172941E-03",
              ["-1467.48961422980", "-2772.17959193342", "-2316.37108160893", "-1127.97394098372", "-354.478233703349",
               "-75.1242017393757", "-10.8753180355343", "-1.06221498588947", "-.670191154593408E-01",
               "-.246781078275479E-02", "-.402962525080404E-04"]),
    "wampler1": (5, True, "0", ["1.00000000000000"] * 6),
    "wampler2": (5, True, "0", WAMPLER_2),
    "wampler3": (5, True, "83554268.0000000", ["1.00000000000000"] * 6),
    "wampler4": (5, True, "835542680000.000", ["1.00000000000000"] * 6),
    "wampler5": (5, True, "8355426800000000", ["1.00000000000000"] * 6),
}


def solve(matrix, right):
    """Gauss-Jordan in whatever numbers these are."""
    size = len(right)
    rows = [list(row) + [value] for row, value in zip(matrix, right)]
    for i in range(size):
        pivot = next(r for r in range(i, size) if rows[r][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for r in range(size):
            if r != i and rows[r][i] != 0:
                rows[r] = [a - rows[r][i] * b for a, b in zip(rows[r], rows[i])]
    return [row[-1] for row in rows]


def nist(name):
    degree, intercept, certified_sum, certified = NIST[name]
    _, cells = read(f"nist_linear/{name}.csv")
    targets = [Fraction(row[0]) for row in cells]
    features = [[Fraction(x) for x in row[1:]] for row in cells]
    if degree > 1:
        features = [[x**k for k in range(1, degree + 1)] for (x,) in features]
    rows = [([Fraction(1)] if intercept else []) + row for row in features]
    size = len(rows[0])
    gram = [[sum(row[i] * row[j] for row in rows) for j in range(size)] for i in range(size)]
    point = solve(gram, [sum(row[i] * y for row, y in zip(rows, targets)) for i in range(size)])
    total = sum((sum(a * b for a, b in zip(row, point)) - y) ** 2 for row, y in zip(rows, targets))
    for got, want in [(total, certified_sum), *zip(point, certified, strict=True)]:
        assert abs(got - Fraction(want)) <= abs(Fraction(want)) * Fraction(1, 10**14), (name, float(got), want)
    numbers = [[as_mpf(x) for x in column] for column in zip(*features)]
    if intercept:
        numbers = standardized(numbers)
    with mp.workdps(50):
        hessian = mp.matrix(len(numbers), len(numbers))
        for i, a in enumerate(numbers):
            for j, b in enumerate(numbers):
                hessian[i, j] = 2 * mp.fdot(a, b) / len(rows)
    values = sorted(mp.eigsy(hessian, eigvals_only=True))
    values = sorted([*values, mpf(2)] if intercept else values)
    point = point[1:] + point[:1] if intercept else point
    return as_mpf(total / len(rows)), values[-1] / values[0], [as_mpf(p) for p in point]


def as_mpf(fraction):
    return mpf(fraction.numerator) / fraction.denominator


def write(name, objective, ratio, point):
    if name in CHECKS:
        assert abs(objective - mpf(CHECKS[name])) <= mpf(10) ** -14 * abs(objective), (name, objective)
    print(f"problem {name}")
    print(f"objective {mp.nstr(objective, 21)}")
    print(f"condition {mp.nstr(ratio, 3)}")
    print("parameters", *(mp.nstr(p, 21) for p in point))
    sys.stdout.flush()


def main():
    print(HEAD, end="")
    rows, texts = example("breast_cancer")
    benign = [mpf(text == "benign") for text in texts]
    for name, loss in [("logistic", logistic), ("squared_hinge", squared_hinge)]:
        value, point, hessian = newton(OneOutput(rows, benign, loss, mpf(1 / 569)))
        write(f"breast_cancer_{name}", value, condition(hessian), point)

    rows, texts = example("iris")
    classes = sorted(set(texts))
    value, point, hessian = newton(Softmax(rows, [classes.index(text) for text in texts], 3, mpf(1 / 150)))
    write("iris_softmax", value, condition(hessian, free=1), point)

    rows, texts = example("diabetes")
    progression = [mpf(float(text)) for text in texts]
    for name, loss, strength in [("least_squares", squared, 0), ("ridge", squared, 0.1), ("huber", huber(mpf(50)), 0)]:
        value, point, hessian = newton(OneOutput(rows, progression, loss, strength))
        write(f"diabetes_{name}", value, condition(hessian), point)
    value, point, hessian = lasso(rows, progression, 20)
    write("diabetes_lasso", value, condition(hessian), point)

    _, cells = read("../../examples/data/warpbreaks.csv")
    rows = [[mpf(wool == "A"), mpf(wool == "B"), mpf(tension == "high"), mpf(tension == "low"),
             mpf(tension == "medium"), mpf(1)] for wool, tension, _ in cells]
    value, point, hessian = newton(OneOutput(rows, [mpf(row[-1]) for row in cells], poisson, 0.1))
    write("warpbreaks_poisson", value, condition(hessian), point)

    for name in NIST:
        write(f"nist_{name}", *nist(name))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes tests/golden/levenberg_marquardt.txt: where fits to NIST's problems must be after each step, computed in NumPy.

  python3 tests/golden/levenberg_marquardt.py > tests/golden/levenberg_marquardt.txt   needs python3-numpy

The rule is written from Moré, "The Levenberg-Marquardt algorithm: implementation and theory", 1978: trust region, its
scaling and the search for the damping, with LAPACK's QR of the whole Jacobian, whose derivatives are complex steps. Past
the precision of the objective a step counts when it shortens the projection of the residuals. A fit is in the file only
if rounding hardly moves it: it is run with the start moved by units in the last place.
"""

import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
UNIT = 2.0**-52
STEPS = 30
STABILITY = 1e-12
FITS = [("Misra1a", 0), ("Chwirut1", 0), ("Rat43", 0), ("Gauss1", 1), ("MGH10", 1), ("MGH09", 1), ("Thurber", 1),
        ("ENSO", 0), ("BoxBOD", 0)]
HEAD = """\
# Written by `python3 tests/golden/levenberg_marquardt.py > tests/golden/levenberg_marquardt.txt`; do not edit.
#   fit PROBLEM START      of tests/golden/nist, the first start is 0; all settings have their defaults
#   step T VALUES          the parameters after T steps
"""


class Problem:
    def __init__(self, name):
        with open(os.path.join(HERE, "nist", name + ".dat")) as file:
            lines = [line.rstrip("\n") for line in file]
        at = next(i for i, line in enumerate(lines) if line.startswith("rows "))
        words = [line.split() for line in lines]
        model = next(line for line in lines if line.startswith("model "))[len("model "):]
        target, formula = model.split(" ~ ")
        self.names = next(w for w in words if w and w[0] == "parameters")[1:]
        self.starts = [np.array(w[1:], dtype=float) for w in words if w and w[0] == "start"]
        table = np.array([w for w in words[at + 2:] if w], dtype=float)
        self.known = dict(zip(words[at + 1], table.T), exp=np.exp, cos=np.cos, sin=np.sin, pi=np.pi)
        self.target = self.known[target]
        self.code = compile(formula.replace("^", "**"), name, "eval")

    def residuals(self, point):
        with np.errstate(all="ignore"):
            return eval(self.code, self.known, dict(zip(self.names, point))) - self.target

    def jacobian(self, point):
        columns = []
        for i in range(len(point)):
            moved = point.astype(complex)
            moved[i] += 1e-200j
            columns.append(self.residuals(moved).imag / 1e-200)
        return np.array(columns).T


def norm(vector):
    return np.sqrt(np.sum(vector * vector))


def damped(r, c, d, mu):
    q, triangle = np.linalg.qr(np.vstack([r, np.diag(np.sqrt(mu) * d)]))
    return -np.linalg.solve(triangle, q.T @ np.append(c, 0 * c)), triangle


def within(r, c, d, radius, mu):
    """Moré's section 5: the step of length `radius`, within a tenth, and its damping."""

    def correction(triangle, step):
        length = norm(d * step)
        v = np.linalg.solve(triangle.T, d * d * step / length)
        return (length - radius) / radius / np.sum(v * v)

    step = -np.linalg.solve(r, c)
    if norm(d * step) <= 1.1 * radius:
        return step, 0.0
    lower, upper = correction(r, step), norm((r.T @ c) / d) / radius
    mu = min(max(mu, lower), upper)
    for system in range(10):
        step, triangle = damped(r, c, d, mu)
        excess = norm(d * step) - radius
        if abs(excess) <= 0.1 * radius or system == 9:
            return step, mu
        if excess > 0:
            lower = max(lower, mu)
        else:
            upper = min(upper, mu)
        mu = max(lower, mu + correction(triangle, step))


def half(vector):
    return np.sum(vector * vector) / 2


def projected(problem, point):
    q, r = np.linalg.qr(problem.jacobian(point))
    return r, q.T @ problem.residuals(point)


def fit(problem, start):
    x, scale, radius, mu = start, 0, None, 0.0
    for _ in range(STEPS):
        residuals, jacobian = problem.residuals(x), problem.jacobian(x)
        f, (r, c) = half(residuals), projected(problem, x)
        d = scale = np.maximum(scale, np.sqrt(np.sum(jacobian * jacobian, axis=0)))
        first = radius is None
        if first:
            radius = norm(d * x)
        for tries in range(30):
            step, mu = within(r, c, d, radius, mu)
            length, y = norm(d * step), x + step
            moved = r @ (y - x)
            if first and tries == 0:
                radius = min(radius, length)
            slope = c @ moved
            promised, fall = -slope - half(moved), f - half(problem.residuals(y))
            ratio = fall / promised if promised > 0 and np.isfinite(fall) else 0.0
            counts = ratio > 1e-4
            if abs(promised) <= 1e-10 * f:
                counts = -fall <= 1e-10 * f and norm(projected(problem, y)[1]) < norm(c)
                ratio = 1.0 if counts else min(ratio, 0.0)
            if ratio <= 0.25:
                share = 0.5 if fall >= 0 else max(0.1, 0.5 * slope / (slope + fall)) if fall > -99 * f else 0.1
                radius, mu = share * min(radius, 10 * length), mu / share
            elif mu == 0 or ratio >= 0.75:
                radius, mu = 2 * length, mu / 2
            if counts:
                x = y
                break
            if abs(promised) <= 1e-20 * f:
                break
        yield x


def main():
    print(HEAD, end="")
    for name, start in FITS:
        problem = Problem(name)
        points = list(fit(problem, problem.starts[start]))
        for seed in range(4):
            noise = np.random.default_rng(seed).integers(-1, 2, len(problem.names))
            others = fit(problem, problem.starts[start] * (1 + UNIT * noise))
            moved = max(np.max(np.abs(a - b) / np.abs(a)) for a, b in zip(points, others))
            assert moved <= STABILITY, f"{name} {start}: rounding moves it by {moved}"
        print(f"\nfit {name} {start}")
        for t, point in enumerate(points, 1):
            print("step", t, *[f"{v:.17g}" for v in point])


if __name__ == "__main__":
    main()

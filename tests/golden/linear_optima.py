#!/usr/bin/env python3
"""Prints the optima that tests/core/optimizers/linear_rows_test.cc holds optimizers to. Needs python3-numpy.

  python3 tests/golden/linear_optima.py

All in long double. Features are standardised by the population deviation, the intercept is free. Least squares: the
mean of (f - y)^2 + l1 * sum |w| + l2/2 * sum w^2, by the linear equations of the weights that are not 0; the conditions
of an optimum are checked. Logistic regression: Newton's method.
"""
import csv
import os

import numpy as np

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "data")
LONG = np.longdouble


def read(name, number):
    with open(os.path.join(DATA, name + ".csv"), encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    x = np.array([[LONG(text) for text in row[:-1]] for row in rows])
    x = x - x.mean(axis=0)
    return x / np.sqrt((x * x).mean(axis=0)), np.array([number(row[-1]) for row in rows])


def solve(a, b):
    """Gauss with pivots: numpy's solver is float64."""
    a, b = a.copy(), b.copy()
    n = len(b)
    for k in range(n):
        pivot = k + int(np.argmax(abs(a[k:, k])))
        a[[k, pivot]], b[[k, pivot]] = a[[pivot, k]], b[[pivot, k]]
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            a[i, k:] -= factor * a[k, k:]
            b[i] -= factor * b[k]
    for k in reversed(range(n)):
        b[k] = (b[k] - a[k, k + 1:] @ b[k + 1:]) / a[k, k]
    return b


def least_squares(l1, l2):
    x, y = read("diabetes", LONG)
    n, d = x.shape
    bias = y.mean()
    gram = 2 * x.T @ x / n
    pull = 2 * x.T @ (y - bias) / n
    # Which weights are not 0 is found by proximal gradient steps; then their equations are solved.
    w = np.zeros(d, LONG)
    rate = 1 / (np.trace(gram) + LONG(l2))
    for _ in range(200000):
        w = w + rate * (pull - gram @ w - LONG(l2) * w)
        w = np.sign(w) * np.maximum(abs(w) - rate * LONG(l1), 0)
    kept = [j for j in range(d) if w[j] != 0]
    rest = [j for j in range(d) if w[j] == 0]
    signs = np.sign(w[kept])
    w[kept] = solve(gram[np.ix_(kept, kept)] + LONG(l2) * np.eye(len(kept), dtype=LONG), pull[kept] - LONG(l1) * signs)
    if (np.sign(w[kept]) != signs).any() or (abs(pull - gram @ w)[rest] > LONG(l1)).any():
        raise SystemExit("no optimum")
    r = x @ w + bias - y
    return (r * r).mean() + LONG(l1) * abs(w).sum() + LONG(l2) / 2 * (w * w).sum(), w, bias


def logistic(l2):
    x, y = read("breast_cancer", lambda text: LONG(text == "benign"))
    x = np.hstack([x, np.ones((len(y), 1), LONG)])
    decay = np.array([l2] * (x.shape[1] - 1) + [0], LONG)
    w = np.zeros(x.shape[1], LONG)
    for _ in range(30):
        p = 1 / (1 + np.exp(-(x @ w)))
        gradient = x.T @ (p - y) / len(y) + decay * w
        hessian = (x.T * (p * (1 - p))) @ x / len(y) + np.diag(decay)
        w = w - solve(hessian, gradient)
    z = x @ w
    value = (np.maximum(z, 0) - z * y + np.log1p(np.exp(-abs(z)))).mean() + (decay * w * w).sum() / 2
    return value, w[:-1], w[-1]


def show(title, optimum):
    value, w, bias = optimum
    print(title, np.format_float_positional(value, 18, fractional=False))
    print(" ", ", ".join(np.format_float_positional(v, 16, fractional=False) for v in [*w, bias]))


show("diabetes ridge, l2 = 0.5", least_squares(0, LONG(1) / 2))
show("diabetes lasso, l1 = 10", least_squares(10, 0))
show("diabetes elastic net, l1 = 5, l2 = 0.25", least_squares(5, LONG(1) / 4))
show("breast_cancer logistic, l2 = 1/64", logistic(LONG(1) / 64))

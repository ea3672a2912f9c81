"""Optimizers that go through the rows of a linear problem, in the manner of optimizer_rules.py.

Their rules take a fourth argument, the problem: x (rows, a column of ones last for the bias), batch_rows(t) (the rows of
update t), slopes(rows, point) (the derivatives of their losses by their outputs), and the penalties l1 and l2 of each
parameter, 0 for the bias.
"""

import numpy as np


def descend(problem, eta, x, direction):
    """A step along `direction` and the squared penalty; the absolute one by its proximal step."""
    x = x - eta * (direction + problem.l2 * x)
    return soft(x, eta * problem.l1)


def soft(z, threshold):
    return np.sign(z) * np.maximum(np.abs(z) - threshold, 0)


def sag(c, x, tensors, problem):
    """Schmidt, Le Roux, Bach, "Minimizing finite sums with the stochastic average gradient", algorithm 1, divided by the
    number of rows that were seen (section 4.7)."""
    table, seen = np.zeros(len(problem.x)), np.zeros(len(problem.x), dtype=bool)
    while True:
        t, eta, _, _ = yield x
        rows = problem.batch_rows(t)
        table[rows], seen[rows] = problem.slopes(rows, x), True
        x = descend(problem, eta, x, sum_rows(problem.x, table) / np.sum(seen))


def saga(c, x, tensors, problem):
    """Defazio, Bach, Lacoste-Julien, "SAGA", 2014, (1) and its proximal step, with all derivatives 0 at first."""
    table = np.zeros(len(problem.x))
    while True:
        t, eta, _, _ = yield x
        rows = problem.batch_rows(t)
        slopes = problem.slopes(rows, x)
        change = sum_rows(problem.x[rows], slopes - table[rows]) / len(rows)
        direction = change + sum_rows(problem.x, table) / len(problem.x)
        table[rows] = slopes
        x = descend(problem, eta, x, direction)


def svrg(c, x, tensors, problem):
    """Johnson, Zhang, "Accelerating stochastic gradient descent using predictive variance reduction", 2013, option I."""
    everything = np.arange(len(problem.x))
    while True:
        t, eta, _, _ = yield x
        if (t - 1) % c.inner_steps == 0:
            snapshot = x
            whole = sum_rows(problem.x, problem.slopes(everything, x)) / len(everything)
        rows = problem.batch_rows(t)
        change = problem.slopes(rows, x) - problem.slopes(rows, snapshot)
        x = descend(problem, eta, x, sum_rows(problem.x[rows], change) / len(rows) + whole)


def coordinate_descent(c, x, tensors, problem):
    """Friedman, Hastie, Tibshirani, "Regularization paths for generalized linear models via coordinate descent", 2010,
    (5), for a loss of curvature/2 * (output - target)^2."""
    n = len(problem.x)
    while True:
        t, eta, _, _ = yield x
        x = x.copy()
        for j in range(len(x)):
            column = problem.x[:, j]
            others = np.delete(np.arange(len(x)), j)
            partial = problem.targets - np.sum(problem.x[:, others] * x[others].astype(np.longdouble), axis=1)
            pull = problem.curvature * np.sum(column * partial) / n
            minimum = soft(pull, problem.l1[j]) / (problem.curvature * np.sum(column * column) / n + problem.l2[j])
            x[j] = x[j] + eta * (float(minimum) - x[j])


def sum_rows(rows, weights):
    """The weighted sum of rows, in long double, rounded once."""
    return np.sum(rows * weights[:, None].astype(np.longdouble), axis=0).astype(np.float64)

"""Optimizers that try points before they take a step, and what they search with, in the manner of optimizer_rules.py.

Their rules take a fourth argument, the problem: evaluate(t, point) gives the objective and gradient of update t,
hessian(t, point) its second derivatives. Points of a ray x + a*p are (a, f, slope).
"""

import numpy as np

ROUNDING = 2.0**-39  # of values: the power 3/4 of a unit in the last place


class Ray:
    """Measures along x + a*p; keeps what was measured."""

    def __init__(self, problem, t, x, p, f, slope, rules):
        self.start, self.rules, self.seen = (0.0, f, slope), rules, {}
        self.best = self.start
        self.measure_at = lambda a: problem.evaluate(t, x + a * p)
        self.x, self.p = x, p

    def measure(self, a):
        f, g = self.measure_at(a)
        slope = np.sum(g * self.p)
        self.seen[a] = g
        if not (np.isfinite(f) and np.isfinite(slope)):
            return (a, np.inf, np.inf)
        if f < self.best[1]:
            self.best = (a, f, slope)
        return (a, f, slope)

    def left(self):
        return len(self.seen) < self.rules.max_evaluations

    def falls_enough(self, point):
        """The first Wolfe condition; where values cannot tell, Hager and Zhang's (4.1) in its place."""
        a, f, slope = point
        _, f0, slope0 = self.start
        if f <= f0 + self.rules.c1 * a * slope0:
            return True
        return self.agree(point, self.start) and slope <= (2 * self.rules.c1 - 1) * slope0

    def agree(self, one, two):
        """Whether values cannot tell which point is lower."""
        return abs(one[1] - two[1]) < ROUNDING * abs(self.start[1])

    def minimum(self, one, two):
        """Of the cubic of two points or, where values tell nothing, of the parabola of their slopes; None for none."""
        return secant(one, two) if self.agree(one, two) else cubic(one, two)

    def is_flat_enough(self, point):
        return abs(point[2]) <= self.rules.c2 * abs(self.start[2])


def armijo(ray, a):
    """Nocedal, Wright, "Numerical Optimization", algorithm 3.1; the next step as in section 3.5, by a parabola."""
    _, f0, slope0 = ray.start
    while ray.left():
        point = ray.measure(a)
        if ray.falls_enough(point):
            return point, True
        minimum = secant(ray.start, point)
        if not ray.agree(ray.start, point):
            minimum = -slope0 * a * a / (2 * (point[1] - f0 - slope0 * a))
        a = a / 2 if minimum is None else min(max(minimum, a / 10), a / 2)
    return ray.best, False


def cubic(one, two):
    """(3.59) in Nocedal and Wright, None where there is no minimum."""
    (a, fa, da), (b, fb, db) = one, two
    d1 = da + db - 3 * (fa - fb) / (a - b)
    inner = d1 * d1 - da * db
    if not inner >= 0:
        return None
    d2 = np.sign(b - a) * np.sqrt(inner)
    minimum = b - (b - a) * (db + d2 - d1) / (db - da + 2 * d2)
    return None if np.isnan(minimum) else minimum


def secant(one, two):
    """Where the line of both slopes is 0; Hager and Zhang's section 4, None for equal slopes."""
    (a, _, da), (b, _, db) = one, two
    return None if da == db else a - da * (b - a) / (db - da)


def strong_wolfe(ray, a):
    """Algorithm 3.5, lengthening by cubics."""
    last = ray.start
    while ray.left():
        point = ray.measure(a)
        falls = ray.falls_enough(point)
        if falls and ray.is_flat_enough(point):
            return point, True
        if not falls or (last[0] > 0 and point[1] >= last[1] and not ray.agree(point, last)):
            return zoom(ray, last, point)
        if point[2] >= 0:
            return zoom(ray, point, last)
        longer = ray.minimum(last, point)
        last, a = point, 10 * a if longer is None else min(max(longer, 2 * a), 10 * a)
    return ray.best, False


def zoom(ray, low, high):
    """Algorithm 3.6, by cubics and, where they shrink the interval slowly, its middle."""
    width_before = np.inf
    while ray.left():
        width = abs(high[0] - low[0])
        middle = (low[0] + high[0]) / 2
        if not np.isfinite(high[1]):
            a = low[0] + (high[0] - low[0]) / 10
        elif width < 0.66 * width_before:
            within = ray.minimum(low, high)
            ends = sorted((low[0], high[0]))
            a = middle if within is None else min(max(within, ends[0] + width / 10), ends[1] - width / 10)
        else:
            a = middle
        if a in (low[0], high[0]):
            break
        width_before = width
        point = ray.measure(a)
        falls = ray.falls_enough(point)
        if falls and ray.is_flat_enough(point):
            return point, True
        if not falls or (point[1] >= low[1] and not ray.agree(point, low)):
            high = point
        else:
            if point[2] * (high[0] - low[0]) >= 0:
                high = low
            low = point
    return ray.best, False


SEARCHES = {"armijo": armijo, "strong_wolfe": strong_wolfe}


def line_search_descent(c, x, tensors, problem):
    """Steepest descent with algorithm 3.1 or 3.5."""
    while True:
        t, eta, g, f = yield x
        ray = Ray(problem, t, x, -g, f, -np.sum(g * g), c)
        (a, _, _), _ = SEARCHES[c.search](ray, eta)
        x = x - a * g


def lbfgs(c, x, tensors, problem):
    """Liu, Nocedal, "On the limited memory BFGS method", 1989; algorithms 7.4 and 7.5 in Nocedal and Wright."""
    pairs = []
    while True:
        t, eta, g, f = yield x
        p = -two_loops(pairs, g)
        if not np.sum(p * g) < 0:
            pairs, p = [], -g
        first = eta if pairs else eta / max(1.0, np.sum(np.abs(g)))
        ray = Ray(problem, t, x, p, f, np.sum(p * g), c)
        (a, _, _), accepted = strong_wolfe(ray, first)
        after = x + a * p
        if accepted:
            s, y = after - x, ray.seen[a] - g
            if np.sum(s * y) > 1e-10 * np.sqrt(np.sum(s * s)) * np.sqrt(np.sum(y * y)):
                pairs = (pairs + [(s, y)])[-c.memory:]
        else:
            pairs = []
        x = after


def two_loops(pairs, g):
    q, weights = g, []
    for s, y in reversed(pairs):
        weights.append(np.sum(s * q) / np.sum(s * y))
        q = q - weights[-1] * y
    if pairs:
        s, y = pairs[-1]
        q = q * (np.sum(s * y) / np.sum(y * y))
    for (s, y), weight in zip(pairs, reversed(weights)):
        q = q + s * (weight - np.sum(y * q) / np.sum(s * y))
    return q


def newton_cg(c, x, tensors, problem):
    """Dembo, Eisenstat, Steihaug, "Inexact Newton methods", 1982; algorithm 7.1 in Nocedal and Wright."""
    while True:
        t, eta, g, f = yield x
        p = truncated_newton(c, problem.hessian(t, x), g)
        if not np.sum(p * g) < 0:
            p = -g
        ray = Ray(problem, t, x, p, f, np.sum(p * g), c)
        (a, _, _), _ = armijo(ray, eta)
        x = x + a * p


def truncated_newton(c, hessian, g):
    """Conjugate gradients for H z = -g from z = 0, no further than pays off."""
    z, r, d = np.zeros_like(g), g, -g
    length = np.sqrt(np.sum(g * g))
    enough = min(c.cg_tolerance, np.sqrt(length)) * length
    for iteration in range(c.max_cg_iterations):
        product = hessian @ d
        curvature = np.sum(d * product)
        if not curvature > 0:
            return -g if iteration == 0 else z
        square = np.sum(r * r)
        z = z + square / curvature * d
        r = r + square / curvature * product
        if not np.sqrt(np.sum(r * r)) > enough:
            break
        d = np.sum(r * r) / square * d - r
    return z

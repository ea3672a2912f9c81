"""Every optimizer in NumPy, float64, each written down from its paper or its library's documentation.

These are the rules that tests/golden/optimizers.py runs; no code of the service was read or translated for them.

A rule is a generator. It is started with its settings `c`, the starting point and the tensors (slice, shape) the
point is made of; it is sent updates (t, eta, g, f): the number of the update from 1, its rate, the gradient and the
objective where the gradient was taken. It yields the next parameters, or (parameters, answer) where the answer is
another point. A coupled weight decay enters the gradient, a decoupled one shrinks the parameters.
"""

import numpy as np


def norm(vector):
    return np.sqrt(np.sum(vector * vector))


# Gradients and momentum


def sgd(c, x, tensors):
    """torch.optim.SGD (Sutskever et al. 2013); rate_inside: Polyak 1964 and Keras, the rate is part of the velocity."""
    b = None
    while True:
        t, eta, g, _ = yield x
        g = g + c.weight_decay * x
        if c.momentum == 0:
            x = x - eta * g
        elif c.velocity_form == "rate_outside":
            b = g if b is None else c.momentum * b + (1 - c.dampening) * g
            x = x - eta * (g + c.momentum * b if c.nesterov else b)
        else:
            b = eta * g if b is None else c.momentum * b + (1 - c.dampening) * eta * g
            x = x - (eta * g + c.momentum * b if c.nesterov else b)


def normalized_sgd(c, x, tensors):
    """Hazan, Levy, Shalev-Shwartz, "Beyond Convexity", 2015."""
    while True:
        t, eta, g, _ = yield x
        g = g + c.weight_decay * x
        if norm(g) > 0:
            x = x - eta * g / norm(g)


def sign_sgd(c, x, tensors):
    """Bernstein et al., "signSGD", 2018; with momentum: Signum, from the same paper."""
    b = np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        g = g + c.weight_decay * x
        b = c.momentum * b + (1 - c.momentum) * g
        x = x - eta * np.sign(b)


def lion(c, x, tensors):
    """Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023, algorithm 2."""
    m = np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        direction = np.sign(c.beta1 * m + (1 - c.beta1) * g)
        x = x * (1 - eta * c.weight_decay) - eta * direction
        m = c.beta2 * m + (1 - c.beta2) * g


def lars(c, x, tensors):
    """You, Gitman, Ginsburg, "Large Batch Training of Convolutional Networks", 2017, algorithm 1 (norm = separate);
    optax.lars takes the norm of gradient and decay together (combined). The rate is part of the velocity."""
    b = np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        after = x.copy()
        for part, _shape in tensors:
            u = g[part] + c.weight_decay * x[part]
            size = norm(x[part])
            if c.norm == "combined":
                slope = norm(u)
                below = slope + c.epsilon
            else:
                slope = norm(g[part])
                below = slope + c.weight_decay * size + c.epsilon
            ratio = c.trust_coefficient * size / below if size > 0 and slope > 0 else 1.0
            moved = eta * ratio * u
            b[part] = c.momentum * b[part] + moved
            after[part] = x[part] - (c.momentum * b[part] + moved if c.nesterov else b[part])
        x = after


def polyak(c, x, tensors):
    """Polyak, "Introduction to Optimization", 1987, 5.3; bounded as in Loizou et al., "Stochastic Polyak step-size"."""
    while True:
        t, eta, g, f = yield x
        square = np.sum(g * g)
        if f > c.optimal_value and square > 0:
            x = x - min(c.scaling * (f - c.optimal_value) / (square + c.epsilon), eta) * g


def asgd(c, x, tensors):
    """torch.optim.ASGD (Polyak, Juditsky, "Acceleration of stochastic approximation by averaging", 1992).

    As in torch, the share mu that update t uses is the one computed after update t - 1, so that average_start + 2 is
    the first update whose point begins the average. A schedule multiplies eta, not the lr inside its own decay.
    """
    average = x
    mu = 1.0
    while True:
        t, eta, g, _ = yield x, average
        g = g + c.weight_decay * x
        eta = eta / (1 + c["lambda"] * c.learning_rate * (t - 1)) ** c.alpha
        x = x * (1 - c["lambda"] * eta) - eta * g
        average = x if mu == 1 else average + mu * (x - average)
        mu = 1.0 / max(1, t - c.average_start)


def rprop(c, x, tensors):
    """torch.optim.Rprop (Riedmiller, Braun 1993, in the form without weight backtracking, iRprop-)."""
    steps = None
    before = np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        steps = np.full_like(x, eta) if steps is None else steps
        agreement = np.sign(g * before)
        factor = np.where(agreement > 0, c.increase, np.where(agreement < 0, c.decrease, 1.0))
        steps = np.clip(steps * factor, c.minimum_step, c.maximum_step)
        g = np.where(agreement < 0, 0.0, g)
        x = x - np.sign(g) * steps
        before = g


# Sums of squares


def adagrad(c, x, tensors):
    """torch.optim.Adagrad (Duchi, Hazan, Singer 2011); inside: Keras, Optax."""
    total = np.full_like(x, c.initial_accumulator)
    while True:
        t, eta, g, _ = yield x
        g = g + c.weight_decay * x
        eta = eta / (1 + (t - 1) * c.learning_rate_decay)
        total = total + g * g
        x = x - eta * g / rooted(c, total)


def rooted(c, square):
    return np.sqrt(square + c.epsilon) if c.epsilon_placement == "inside" else np.sqrt(square) + c.epsilon


def rmsprop(c, x, tensors):
    """torch.optim.RMSprop (Tieleman, Hinton 2012; centered: Graves 2013); inside, rate_inside: Keras, Optax."""
    v, mean, b = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        g = g + c.weight_decay * x
        v = c.decay * v + (1 - c.decay) * g * g
        square = v
        if c.centered:
            mean = c.decay * mean + (1 - c.decay) * g
            square = np.maximum(v - mean * mean, 0.0)
        u = g / rooted(c, square)
        if c.momentum == 0:
            x = x - eta * u
        elif c.velocity_form == "rate_outside":
            b = c.momentum * b + u
            x = x - eta * b
        else:
            b = c.momentum * b + eta * u
            x = x - b


def adadelta(c, x, tensors):
    """Zeiler, "ADADELTA", 2012, algorithm 1; torch.optim.Adadelta."""
    squares, moves = np.zeros_like(x), np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        g = g + c.weight_decay * x
        squares = c.decay * squares + (1 - c.decay) * g * g
        move = np.sqrt(moves + c.epsilon) / np.sqrt(squares + c.epsilon) * g
        moves = c.decay * moves + (1 - c.decay) * move * move
        x = x - eta * move


def ftrl(c, x, tensors):
    """McMahan et al., "Ad Click Prediction: a View from the Trenches", 2013, algorithm 1; keras.optimizers.Ftrl."""
    n, z = np.full_like(x, c.initial_accumulator), np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        power, power_before = (n + g * g) ** c.learning_rate_power, n**c.learning_rate_power
        n = n + g * g
        z = z + g - (power - power_before) / eta * x
        pulled = (np.sign(z) * c.l1 - z) / ((c.beta + power) / eta + c.l2_factor * c.l2)
        x = np.where(np.abs(z) <= c.l1, 0.0, pulled)


# Without a schedule, without a rate


def schedule_free(x, beta, direction):
    """Defazio et al., "The Road Less Scheduled", 2024: gradients at y, the answer is x; averaged with squared rates."""
    y = z = average = x
    largest = total = 0.0
    while True:
        t, eta, g, _ = yield y, average
        z = z - eta * direction(t, g, y)
        largest = max(largest, eta)
        total = total + largest**2
        share = largest**2 / total
        average = (1 - share) * average + share * z
        y = (1 - beta) * z + beta * average


def schedule_free_sgd(c, x, tensors):
    """Algorithm 1's rule with the gradient itself."""
    return schedule_free(x, c.beta, lambda t, g, y: g + c.weight_decay * y)


def schedule_free_adamw(c, x, tensors):
    """Algorithm 1."""
    v = np.zeros_like(x)

    def direction(t, g, y):
        nonlocal v
        v = c.beta2 * v + (1 - c.beta2) * g * g
        return g / (np.sqrt(v / (1 - c.beta2**t)) + c.epsilon) + c.weight_decay * y

    return schedule_free(x, c.beta1, direction)


def prodigy(c, x, tensors):
    """Mishchenko, Defazio, "Prodigy", 2023, algorithm 4; what epsilon is multiplied by and how growth is bounded as in the
    authors' code. The step uses the estimate d from before the update."""
    start, m, v, s = x, np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    d, r, largest = c.initial_d, 0.0, c.initial_d
    beta3 = np.sqrt(c.beta2)
    while True:
        t, eta, g, _ = yield x
        correction = np.sqrt(1 - c.beta2**t) / (1 - c.beta1**t) if c.bias_correction else 1.0
        rate = d * eta * correction
        r = beta3 * r + (d / c.initial_d) * rate * np.sum(g * (start - x))
        m = c.beta1 * m + d * (1 - c.beta1) * g
        v = c.beta2 * v + d * d * (1 - c.beta2) * g * g
        s = beta3 * s + (d / c.initial_d) * rate * g
        before, length = d, np.sum(np.abs(s))
        if length > 0:
            estimate = c.d_coefficient * r / length
            if d == c.initial_d:
                d = max(d, estimate)
            largest = max(largest, estimate)
            d = min(largest, d * c.growth_rate)
        x = x * (1 - c.weight_decay * rate)
        x = x - rate * m / (np.sqrt(v) + (d if c.epsilon_factor == "new_d" else before) * c.epsilon)

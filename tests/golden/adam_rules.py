"""Adam and its relatives, in the manner of optimizer_rules.py."""

import numpy as np

from optimizer_rules import norm


def corrections(c, t, *betas):
    """The denominators 1 - beta^t of bias correction; ones without it."""
    corrected = c.get("bias_correction", True)
    return [1.0 - beta**t if corrected else 1.0 for beta in betas]


def adam_direction(c, m, v, b1, b2):
    """m over the root of v with the three places of epsilon: torch, the paper's efficient form and Keras, optax."""
    if c.epsilon_placement == "outside":
        return (m / b1) / (np.sqrt(v / b2) + c.epsilon)
    if c.epsilon_placement == "uncorrected":
        return np.sqrt(b2) / b1 * m / (np.sqrt(v) + c.epsilon)
    return (m / b1) / np.sqrt(v / b2 + c.epsilon)


def adam(c, x, tensors, decoupled=False):
    """Kingma, Ba, "Adam", 2014, algorithm 1."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        if decoupled:
            x = x * (1 - eta * c.weight_decay)
        else:
            g = g + c.weight_decay * x
        m = c.beta1 * m + (1 - c.beta1) * g
        v = c.beta2 * v + (1 - c.beta2) * g * g
        x = x - eta * adam_direction(c, m, v, *corrections(c, t, c.beta1, c.beta2))


def adamw(c, x, tensors):
    """Loshchilov, Hutter, "Decoupled Weight Decay Regularization", 2017, algorithm 2; torch.optim.AdamW."""
    return adam(c, x, tensors, decoupled=True)


def amsgrad(c, x, tensors):
    """Reddi, Kale, Kumar, "On the Convergence of Adam and Beyond", 2018 (no bias correction); torch: the maximum of the
    uncorrected second moment; Optax: of the corrected one."""
    m, v, largest = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        g = g + c.weight_decay * x
        m = c.beta1 * m + (1 - c.beta1) * g
        v = c.beta2 * v + (1 - c.beta2) * g * g
        b1, b2 = corrections(c, t, c.beta1, c.beta2)
        if c.maximum_of == "corrected":
            largest = np.maximum(largest, v / b2)
            direction = adam_direction(c, m, largest, b1, 1.0)
        else:
            largest = np.maximum(largest, v)
            direction = adam_direction(c, m, largest, b1, b2)
        x = x - eta * direction


def adamax(c, x, tensors):
    """Kingma, Ba, "Adam", 2014, algorithm 2 (no epsilon); torch.optim.Adamax; denominator: Keras."""
    m, u = np.zeros_like(x), np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        g = g + c.weight_decay * x
        m = c.beta1 * m + (1 - c.beta1) * g
        if c.epsilon_placement == "inside_maximum":
            u = np.maximum(c.beta2 * u, np.abs(g) + c.epsilon)
            below = u
        else:
            u = np.maximum(c.beta2 * u, np.abs(g))
            below = u + c.epsilon
        x = x - eta / (1 - c.beta1**t) * np.divide(m, below, out=np.zeros_like(x), where=below > 0)


def nadam(c, x, tensors):
    """Dozat, "Incorporating Nesterov Momentum into Adam", 2016; torch.optim.NAdam; without the schedule: Optax."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    product = 1.0

    def mu(t):
        return c.beta1 * (1 - 0.5 * 0.96 ** (t * c.momentum_decay)) if c.momentum_schedule else c.beta1

    while True:
        t, eta, g, _ = yield x
        g = g + c.weight_decay * x
        m = c.beta1 * m + (1 - c.beta1) * g
        v = c.beta2 * v + (1 - c.beta2) * g * g
        product = product * mu(t)
        ahead = (1 - mu(t)) * g / (1 - product) + mu(t + 1) * m / (1 - product * mu(t + 1))
        x = x - eta * ahead / (np.sqrt(v / (1 - c.beta2**t)) + c.epsilon)


def radam(c, x, tensors):
    """Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", 2019, algorithm 2; torch.optim.RAdam."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    rho_limit = 2 / (1 - c.beta2) - 1
    while True:
        t, eta, g, _ = yield x
        g = g + c.weight_decay * x
        m = c.beta1 * m + (1 - c.beta1) * g
        v = c.beta2 * v + (1 - c.beta2) * g * g
        b1, b2 = 1 - c.beta1**t, 1 - c.beta2**t
        rho = rho_limit - 2 * t * c.beta2**t / b2
        if rho <= c.threshold:
            x = x - eta * m / b1
            continue
        r = np.sqrt((rho - 4) * (rho - 2) * rho_limit / ((rho_limit - 4) * (rho_limit - 2) * rho))
        x = x - eta * r * adam_direction(c, m, v, b1, b2)


def lamb(c, x, tensors):
    """You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", 2019, algorithm 2."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        m = c.beta1 * m + (1 - c.beta1) * g
        v = c.beta2 * v + (1 - c.beta2) * g * g
        b1, b2 = corrections(c, t, c.beta1, c.beta2)
        u = (m / b1) / (np.sqrt(v / b2) + c.epsilon) + c.weight_decay * x
        after = x.copy()
        for part, _shape in tensors:
            size, length = norm(x[part]), norm(u[part])
            ratio = size / length if size > 0 and length > 0 else 1.0
            after[part] = x[part] - eta * ratio * u[part]
        x = after


def adabelief(c, x, tensors):
    """Zhuang et al., "AdaBelief Optimizer", 2020, algorithm 2, decay decoupled as in the authors' code."""
    m, s = np.zeros_like(x), np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        x = x * (1 - eta * c.weight_decay)
        m = c.beta1 * m + (1 - c.beta1) * g
        s = c.beta2 * s + (1 - c.beta2) * (g - m) ** 2 + c.epsilon
        b1, b2 = 1 - c.beta1**t, 1 - c.beta2**t
        x = x - eta * (m / b1) / (np.sqrt(s / b2) + c.epsilon)


def yogi(c, x, tensors):
    """Zaheer et al., "Adaptive Methods for Nonconvex Optimization", 2018, algorithm 2 (no bias correction);
    optax.yogi."""
    m, v = np.full_like(x, c.initial_first_moment), np.full_like(x, c.initial_accumulator)
    while True:
        t, eta, g, _ = yield x
        x = x * (1 - eta * c.weight_decay)
        m = c.beta1 * m + (1 - c.beta1) * g
        v = v - (1 - c.beta2) * np.sign(v - g * g) * g * g
        b1, b2 = corrections(c, t, c.beta1, c.beta2)
        x = x - eta * (m / b1) / (np.sqrt(v / b2) + c.epsilon)


def adan(c, x, tensors):
    """Xie et al., "Adan: Adaptive Nesterov Momentum Algorithm", 2022; betas as in the authors' code: what is
    kept."""
    m, w, n = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    before = None
    while True:
        t, eta, g, _ = yield x
        d = np.zeros_like(x) if before is None else g - before
        before = g
        m = c.beta1 * m + (1 - c.beta1) * g
        w = c.beta2 * w + (1 - c.beta2) * d
        n = c.beta3 * n + (1 - c.beta3) * (g + c.beta2 * d) ** 2
        b1, b2, b3 = corrections(c, t, c.beta1, c.beta2, c.beta3)
        u = (m / b1 + c.beta2 * w / b2) / (np.sqrt(n / b3) + c.epsilon)
        if c.decay == "proximal":
            x = (x - eta * u) / (1 + eta * c.weight_decay)
        else:
            x = x * (1 - eta * c.weight_decay) - eta * u


def newton_schulz(u, steps, epsilon):
    """Towards the nearest orthogonal matrix, with the quintic of the Muon authors."""
    a, b, c = 3.4445, -4.775, 2.0315
    wide = u if u.shape[0] <= u.shape[1] else u.T
    matrix = wide / (norm(wide) + epsilon)
    for _ in range(steps):
        square = matrix @ matrix.T
        matrix = a * matrix + (b * square + c * square @ square) @ matrix
    return matrix if u.shape[0] <= u.shape[1] else matrix.T


def muon(c, x, tensors):
    """Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; AdamW for all but matrices."""
    b, m, v = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    while True:
        t, eta, g, _ = yield x
        after = x * (1 - eta * c.weight_decay)
        for part, shape in tensors:
            if len(shape) == 2 and min(shape) > 1:
                b[part] = c.momentum * b[part] + (1 - c.momentum) * g[part]
                u = (1 - c.momentum) * g[part] + c.momentum * b[part] if c.nesterov else b[part]
                direction = newton_schulz(u.reshape(shape), c.newton_schulz_steps, c.epsilon).reshape(-1)
                after[part] -= eta * np.sqrt(max(1.0, shape[0] / shape[1])) * direction
                continue
            m[part] = c.other_beta1 * m[part] + (1 - c.other_beta1) * g[part]
            v[part] = c.other_beta2 * v[part] + (1 - c.other_beta2) * g[part] ** 2
            b1, b2 = 1 - c.other_beta1**t, 1 - c.other_beta2**t
            after[part] -= eta * (m[part] / b1) / (np.sqrt(v[part] / b2) + c.other_epsilon)
        x = after

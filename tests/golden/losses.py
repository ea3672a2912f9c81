"""Losses of PyTorch 1.13 and scikit-learn 1.2 with their derivatives, for tests/core/losses/golden_test.cc.

    python3 tests/golden/losses.py > tests/golden/losses.txt      # Debian: python3-torch, python3-sklearn

A line: loss, its setting or -, target, then `width` numbers each of outputs, gradient and the Hessian's product with
the direction (1, -2, 3, ...), then the value. PyTorch's own functions are used where it has them, and autograd gives
the derivatives; scikit-learn's losses give theirs (its constants that depend on the target alone are not part of ours).
"""
import numpy as np
import sklearn._loss.loss as skl
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


def sign(y):
    return 2 * y - 1


def one_hot(z, y):
    return torch.nn.functional.one_hot(torch.tensor(int(y)), len(z)).to(z)


def focal(log_p, gamma):
    return -((1 - log_p.exp()) ** gamma) * log_p


REGRESSION = [-40.0, -3.25, -0.6, 0.1, 0.75, 2.5, 31.0]
LOGITS = [[1.0, -2.0, 0.5], [0.1, 0.2, 0.3], [-4.0, 3.0, 8.0]]
T = torch.tensor

# name, setting, outputs, targets, loss(z, y)
CASES = [
    ("squared", "-", REGRESSION, [0.5], lambda z, y: F.mse_loss(z, T([y]))),
    ("half_squared", "-", REGRESSION, [0.5], lambda z, y: F.mse_loss(z, T([y])) / 2),
    ("absolute", "-", REGRESSION, [0.5], lambda z, y: F.l1_loss(z, T([y]))),
    ("huber", "delta=1.5", REGRESSION, [0.5], lambda z, y: F.huber_loss(z, T([y]), delta=1.5)),
    ("smooth_l1", "delta=1.5", REGRESSION, [0.5], lambda z, y: F.smooth_l1_loss(z, T([y]), beta=1.5)),
    ("log_cosh", "-", [-3.25, -0.6, 0.1, 0.75, 2.5], [0.5], lambda z, y: torch.log(torch.cosh(z - y)).sum()),
    ("poisson", "-", [-30.0, -1.0, 0.3, 4.0], [0.0, 3.0], lambda z, y: F.poisson_nll_loss(z, T([y]), full=False)),
    ("logistic", "-", REGRESSION, [0.0, 1.0], lambda z, y: F.binary_cross_entropy_with_logits(z, T([y]))),
    ("logistic", "label_smoothing=0.1", REGRESSION, [0.0, 1.0],
     lambda z, y: F.binary_cross_entropy_with_logits(z, T([0.9 * y + 0.05]))),
    ("focal", "gamma=2", REGRESSION[1:-1], [0.0, 1.0], lambda z, y: focal(F.logsigmoid(sign(y) * z), 2).sum()),
    ("focal", "gamma=0.5", REGRESSION[1:-1], [0.0, 1.0], lambda z, y: focal(F.logsigmoid(sign(y) * z), 0.5).sum()),
    ("hinge", "-", REGRESSION, [0.0, 1.0], lambda z, y: F.relu(1 - sign(y) * z).sum()),
    ("squared_hinge", "-", REGRESSION, [0.0, 1.0], lambda z, y: (F.relu(1 - sign(y) * z) ** 2).sum()),
    ("cross_entropy", "-", LOGITS, [0, 2], lambda z, y: F.cross_entropy(z, T(y))),
    ("cross_entropy", "label_smoothing=0.1", LOGITS, [0, 2],
     lambda z, y: F.cross_entropy(z, T(y), label_smoothing=0.1)),
    ("multiclass_focal", "gamma=2", LOGITS, [0, 2], lambda z, y: focal(F.log_softmax(z, 0)[y], 2)),
    ("multiclass_focal", "gamma=0.5", LOGITS, [0, 2], lambda z, y: focal(F.log_softmax(z, 0)[y], 0.5)),
    ("multiclass_hinge", "-", LOGITS, [0, 2], lambda z, y: F.relu(1 - sign(one_hot(z, y)) * z).sum()),
    ("multiclass_squared_hinge", "-", LOGITS, [0, 2], lambda z, y: (F.relu(1 - sign(one_hot(z, y)) * z) ** 2).sum()),
]


def by_torch(loss, z, y):
    z = T(z, requires_grad=True)
    direction = T([(k + 1.0) * (-1) ** k for k in range(len(z))])
    value = loss(z, y)
    (gradient,) = torch.autograd.grad(value, z, create_graph=True)
    if gradient.requires_grad:
        (product,) = torch.autograd.grad((gradient * direction).sum(), z, allow_unused=True)
    else:
        product = None
    product = torch.zeros_like(z) if product is None else product + torch.zeros_like(z)
    return value.item(), gradient.tolist(), product.tolist()


def by_sklearn(loss, z, y):
    z, y = np.array(z), np.array([y])
    value, gradient = loss.loss(y, z), loss.gradient(y, z)
    hessian = [0.0] if isinstance(loss, skl.PinballLoss) else loss.gradient_hessian(y, z)[1].tolist()
    return value.item(), gradient.tolist(), hessian


SKLEARN = [
    ("quantile", "tau=0.2", REGRESSION, [0.5], skl.PinballLoss(quantile=0.2)),
    ("poisson", "-", [-30.0, -1.0, 0.3, 4.0], [0.0, 3.0], skl.HalfPoissonLoss()),
    ("gamma", "-", [-8.0, -1.0, 0.3, 4.0], [0.25, 3.0], skl.HalfGammaLoss()),
    ("tweedie", "power=1.25", [-8.0, -1.0, 0.3, 4.0], [0.0, 3.0], skl.HalfTweedieLoss(power=1.25)),
    ("tweedie", "power=1.75", [-8.0, -1.0, 0.3, 4.0], [0.0, 3.0], skl.HalfTweedieLoss(power=1.75)),
]


def main():
    for cases, compute in ((CASES, by_torch), (SKLEARN, by_sklearn)):
        for name, setting, outputs, targets, loss in cases:
            for y in targets:
                for z in outputs:
                    z = z if isinstance(z, list) else [z]
                    value, gradient, product = compute(loss, z, y)
                    print(name, setting, *(repr(float(x)) for x in [y, *z, *gradient, *product, value]))


main()

"""Activations and perceptrons of PyTorch 1.13, for tests/core/models/golden_test.cc.

    python3 tests/golden/models.py > tests/golden/models.txt      # Debian: python3-torch

Lines `activation NAME z f(z) f'(z) f''(z)`, derivatives by autograd; and for networks of 3 inputs, hidden layers of 4
and 3 units, 2 classes and 5 rows, `network ACTIVATION NORM WHAT numbers...`, WHAT being in turn parameters, direction,
features, outputs, gradient and product: of the sum of the cross-entropies with targets 0 1 0 1 1, and of its Hessian
with the direction.
"""
import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)

ACTIVATIONS = {
    "relu": F.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": lambda z: F.softplus(z, threshold=1e9),
    "hard_tanh": F.hardtanh,
    "hard_sigmoid": lambda z: torch.clamp(z / 6 + 0.5, 0, 1),  # F.hardsigmoid has no second derivative
    "hard_swish": lambda z: z * torch.clamp(z / 6 + 0.5, 0, 1),
    "none": lambda z: z * 1,
}
POINTS = [-12.5, -3.5, -2.75, -1.25, -0.5, -1e-3, 1e-3, 0.4, 0.9, 1.5, 2.9, 3.25, 20.0]


class Network(nn.Module):
    def __init__(self, activation, norm):
        super().__init__()
        self.activation = activation
        sizes = [3, 4, 3, 2]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.norms = nn.ModuleList(nn.LayerNorm(size, eps=1e-5) for size in sizes[1:-1]) if norm else None

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i + 1 == len(self.layers):
                return x
            if self.norms is not None:
                x = self.norms[i](x)
            x = self.activation(x)

    def tensors(self):
        """In the order of descent's layout."""
        for i, layer in enumerate(self.layers):
            yield layer.weight
            yield layer.bias
            if self.norms is not None and i < len(self.norms):
                yield self.norms[i].weight
                yield self.norms[i].bias


def flat(tensors):
    return torch.cat([t.reshape(-1) for t in tensors])


def show(*words):
    print(*(word if isinstance(word, str) else repr(float(word)) for word in words))


def main():
    for name, function in ACTIVATIONS.items():
        for point in POINTS:
            z = torch.tensor(point, requires_grad=True)
            value = function(z)
            (slope,) = torch.autograd.grad(value, z, create_graph=True)
            curvature = torch.autograd.grad(slope, z)[0] if slope.requires_grad else torch.tensor(0.0)
            show("activation", name, point, value, slope, curvature + torch.zeros(()))
    torch.manual_seed(5)
    targets = torch.tensor([0, 1, 0, 1, 1])
    for name in ("tanh", "gelu", "silu", "softplus"):
        for norm in (False, True):
            network = Network(ACTIVATIONS[name], norm)
            for tensor in network.tensors():
                nn.init.normal_(tensor, std=0.8)
            features = torch.randn(5, 3)
            parameters = list(network.tensors())
            direction = torch.randn(flat(parameters).shape)
            outputs = network(features)
            loss = F.cross_entropy(outputs, targets, reduction="sum")
            gradient = flat(torch.autograd.grad(loss, parameters, create_graph=True))
            product = flat(torch.autograd.grad((gradient * direction).sum(), parameters))
            for what, values in (("parameters", flat(parameters)), ("direction", direction), ("features", features),
                                 ("outputs", outputs), ("gradient", gradient), ("product", product)):
                show("network", name, "norm" if norm else "plain", what, *values.detach().reshape(-1).tolist())


main()

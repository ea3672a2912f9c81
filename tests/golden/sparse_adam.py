"""Prints where torch.optim.SparseAdam is after 40 steps of least squares on six sparse rows, two a step.

  python3 tests/golden/sparse_adam.py     needs python3-torch; the figures stand in tests/core/training/sparse_test.cc
"""
import torch

ROWS = [{0: 1.0, 3: -2.0}, {1: 0.5}, {2: 3.0, 3: 1.0}, {0: -1.0, 4: 0.25}, {4: 2.0}, {1: -1.5, 2: 1.0}]
TARGETS = [1.0, -2.0, 0.5, 3.0, -1.0, 2.0]

weights = torch.zeros(5, 1, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SparseAdam([weights], lr=0.05)
for step in range(40):
    gradient = {}
    for row in (2 * step % 6, 2 * step % 6 + 1):
        error = sum(weights[i, 0].item() * x for i, x in ROWS[row].items()) - TARGETS[row]
        for i, x in ROWS[row].items():
            gradient[i] = gradient.get(i, 0.0) + error * x  # of the mean of two squares
    places = sorted(gradient)
    values = torch.tensor([[gradient[i]] for i in places], dtype=torch.float64)
    weights.grad = torch.sparse_coo_tensor([places], values, (5, 1)).coalesce()
    optimizer.step()
print(", ".join(f"{value:.17g}" for value in weights.flatten().tolist()))

"""Factors of the learning rate from PyTorch's schedulers, or where it has none from 50-digit decimals.

    python3 tests/golden/schedules.py > tests/golden/schedules.txt      # Debian's python3-torch, 1.13

A case is a line `case KIND FIELD=VALUE ...`, in the words of our tables, then a line `STEP FACTOR` a step. The base rate is
1, so that PyTorch's rates are factors. Lengths are powers of two and minima are not 0 where PyTorch's own form would
lose digits: it subtracts where we do not.
"""
import decimal
import warnings

import torch
from torch.optim import lr_scheduler

warnings.simplefilter("ignore")
MILLION = 1_000_000
decimal.getcontext().prec = 50


def show(kind, fields, factors):
    print("case", kind, *(f"{name}={value}" for name, value in fields.items()))
    for step, factor in factors:
        print(step, repr(float(factor)))


def make(scheduler, **arguments):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.9)
    return scheduler(optimizer, **arguments)


def at(scheduler, step):
    """The rate at a step, not through a chain of products where there is another way."""
    scheduler.last_epoch = step
    if hasattr(scheduler, "_get_closed_form_lr"):
        return scheduler._get_closed_form_lr()[0]
    return scheduler.get_lr()[0]


def pure(kind, fields, scheduler, steps):
    show(kind, fields, [(step, at(scheduler, step)) for step in steps])


def stepped(kind, fields, scheduler, steps):
    """Warm restarts, counted as PyTorch counts steps; where it jumps, it may miss a restart by a cycle."""
    factors = []
    for step in range(max(steps) + 1):
        if step in steps:
            factors.append((step, scheduler.get_last_lr()[0]))
        scheduler.T_cur += 1
        if scheduler.T_cur >= scheduler.T_i:
            scheduler.T_cur -= scheduler.T_i
            scheduler.T_i *= scheduler.T_mult
        if step + 1 in steps:
            scheduler._last_lr = scheduler.get_lr()
    show(kind, fields, factors)


def from_torch():
    steps = [0, 1, 2, 99, 100, 101, 512, 1023, 1024, 1025, MILLION]
    pure("step", {"period": 100, "factor": 0.97}, make(lr_scheduler.StepLR, step_size=100, gamma=0.97), steps)
    pure("exponential", {"factor": 0.9999}, make(lr_scheduler.ExponentialLR, gamma=0.9999), steps)
    pure("cosine", {"period": 2**20, "minimum_factor": 0.125},
         make(lr_scheduler.CosineAnnealingLR, T_max=2**20, eta_min=0.125), steps)
    pure("multistep", {"milestones": "2,100,1000,999999,1000001", "factor": 0.3},
         make(lr_scheduler.MultiStepLR, milestones=[2, 100, 1000, 999999, 1000001], gamma=0.3), steps + [999999, 1000001])
    for length, power in ((1024, 0.9), (2**20, 2.5)):
        pure("polynomial", {"length": length, "power": power},
             make(lr_scheduler.PolynomialLR, total_iters=length, power=power), steps)
    for length, start, end in ((1024, 1.0, 0.125), (2**20, 0.25, 1.0)):
        pure("linear", {"length": length, "start_factor": start, "end_factor": end},
             make(lr_scheduler.LinearLR, total_iters=length, start_factor=start, end_factor=end), steps)
    for first, multiplier, more in ((100, 1, [MILLION - 1]), (3, 2, [3, 8, 9, 20, 21, 786428, 786429, 786430]),
                                    (1, 3, [3, 4, 12, 13, 40, 121, 364, 797160, 797161, 797162])):
        stepped("cosine_restarts", {"first_period": first, "multiplier": multiplier, "minimum_factor": 0.01},
                make(lr_scheduler.CosineAnnealingWarmRestarts, T_0=first, T_mult=multiplier, eta_min=0.01),
                sorted({*steps, *more}))
    for name, strategy in (("cosine", "cos"), ("linear", "linear")):
        pure("one_cycle", {"length": 1000, "annealing": name},
             make(lr_scheduler.OneCycleLR, max_lr=1.0, total_steps=1000, anneal_strategy=strategy),
             [0, 1, 2, 150, 298, 299, 300, 301, 500, 900] + [999] * (name == "cosine"))
        pure("one_cycle", {"length": 1250000, "rise_fraction": 0.25, "initial_divisor": 10, "final_divisor": 2,
                           "annealing": name},
             make(lr_scheduler.OneCycleLR, max_lr=1.0, total_steps=1250000, pct_start=0.25, div_factor=10,
                  final_div_factor=2, anneal_strategy=strategy),
             [0, 1, 312498, 312499, 312500, MILLION, 1249999])
    pure("one_cycle", {"length": 2, "rise_fraction": 0.3}, make(lr_scheduler.OneCycleLR, max_lr=1.0, total_steps=2),
         [0, 1])
    for mode in ("triangular", "triangular2", "exp_range"):
        pure("cyclic", {"rise": 1024, "fall": 3072, "minimum_factor": 0.25, "mode": mode, "decay": 0.99999},
             make(lr_scheduler.CyclicLR, base_lr=0.25, max_lr=1.0, step_size_up=1024, step_size_down=3072, mode=mode,
                  gamma=0.99999), steps + [4095, 4096, 4097, 5120])


def from_decimals():
    number = decimal.Decimal
    steps = [0, 1, 99, 100, 101, 799, 800, 801, 900, 998, 999, 1000, 1001, MILLION]
    show("inverse_sqrt", {"timescale": 100}, [(t, (number(100) / max(t, 100)).sqrt()) for t in steps])
    show("inverse_sqrt", {"timescale": 100, "hold": 0}, [(t, (number(100) / (t + 100)).sqrt()) for t in steps])
    forms = {"linear": lambda u: 1 - u, "one_minus_sqrt": lambda u: 1 - u.sqrt()}
    for form, fall in forms.items():
        for length, decay, least in ((1000, 200, 0), (1_100_000, 220_000, number("0.125"))):
            share = [min(max(number(t - length + decay) / decay, number(0)), number(1)) for t in steps]
            show("warmup_stable_decay", {"length": length, "decay_form": form, "final_factor": least},
                 [(t, least + (1 - least) * fall(u)) for t, u in zip(steps, share)])
    show("piecewise", {"milestones": "100,900,1000", "factors": "0.5,2,0", "interpolation": "linear"},
         [(0, 1), (1, number("0.995")), (99, number("0.505")), (100, 0.5), (101, number("0.501875")),
          (899, number("1.998125")), (900, 2), (999, number("0.02")), (1000, 0), (MILLION, 0)])
    show("piecewise", {"milestones": "0,900,1000", "factors": "0.5,2,0", "interpolation": "constant"},
         [(0, 0.5), (899, 0.5), (900, 2), (999, 2), (1000, 0), (MILLION, 0)])


from_torch()
from_decimals()

"""Compares the rules with torch.optim (Debian's python3-torch 1.13), where torch has the optimizer.

torch.set_default_dtype(float64) matters: with float32, asgd keeps its eta and mu, and nadam its product, in float32.
Of nadam only the foreach form is right in 1.13: the other multiplies mu once too often into the product.
"""

import torch


def common(s):
    return dict(lr=s.learning_rate, weight_decay=s.weight_decay)


def adam_settings(s):
    if s.epsilon_placement != "outside" or not s.bias_correction:
        return None
    return dict(common(s), betas=(s.beta1, s.beta2), eps=s.epsilon)


def torch_optimizer(case, point):
    """The optimizer that the settings describe, or None where torch has none such."""
    s, name, optim = case.settings, case.kind, torch.optim
    scheduled = case.problem in ("rosenbrock_scheduled", "rosenbrock_one_cycle")
    made = {
        "sgd": lambda: None if s.velocity_form == "rate_inside" and scheduled else (optim.SGD, dict(
            common(s), momentum=s.momentum, dampening=s.dampening, nesterov=s.nesterov)),
        "adam": lambda: (optim.Adam, adam_settings(s)),
        "adamw": lambda: (optim.AdamW, adam_settings(s)),
        "amsgrad": lambda: (optim.Adam, adam_settings(s) and s.maximum_of == "uncorrected" and dict(
            adam_settings(s), amsgrad=True)),
        "adamax": lambda: None if s.epsilon_placement != "inside_maximum" else (optim.Adamax, dict(
            common(s), betas=(s.beta1, s.beta2), eps=s.epsilon)),
        "nadam": lambda: None if not s.momentum_schedule else (optim.NAdam, dict(
            common(s), betas=(s.beta1, s.beta2), eps=s.epsilon, momentum_decay=s.momentum_decay, foreach=True)),
        "radam": lambda: None if s.epsilon_placement != "uncorrected" or s.threshold != 5 else (optim.RAdam, dict(
            common(s), betas=(s.beta1, s.beta2), eps=s.epsilon)),
        "rmsprop": lambda: None if s.epsilon_placement != "outside" or (
            s.velocity_form == "rate_inside" and scheduled) else (optim.RMSprop, dict(
                common(s), alpha=s.decay, eps=s.epsilon, centered=s.centered, momentum=s.momentum)),
        "adagrad": lambda: None if s.epsilon_placement != "outside" else (optim.Adagrad, dict(
            common(s), lr_decay=s.learning_rate_decay, eps=s.epsilon,
            initial_accumulator_value=s.initial_accumulator)),
        "adadelta": lambda: (optim.Adadelta, dict(common(s), rho=s.decay, eps=s.epsilon)),
        "rprop": lambda: (optim.Rprop, dict(
            lr=s.learning_rate, etas=(s.decrease, s.increase), step_sizes=(s.minimum_step, s.maximum_step))),
        # A schedule of torch would enter asgd's own decay of the rate too.
        "asgd": lambda: None if scheduled else (optim.ASGD, dict(
            common(s), lambd=s["lambda"], alpha=s.alpha, t0=s.average_start)),
    }.get(name, lambda: None)()
    return made[0]([point], **made[1]) if made and made[1] else None


def torch_run(case, problem, updates):
    point = torch.tensor(problem.start, dtype=torch.float64, requires_grad=True)
    optimizer = torch_optimizer(case, point)
    if optimizer is None:
        return None
    schedule = None
    if case.problem == "rosenbrock_one_cycle":
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=case.settings.learning_rate, total_steps=updates)
    points = {}
    for t in range(1, updates + 1):
        _, gradient = problem.evaluate(t, point.detach().numpy().copy())
        point.grad = torch.tensor(gradient)
        if schedule is None:
            for group in optimizer.param_groups:
                group["lr"] = case.settings.learning_rate * problem.factor(t)
        optimizer.step()
        if schedule is not None and t < updates:
            schedule.step()
        if t in problem.steps:
            answer = optimizer.state[point]["ax"].numpy().copy() if case.kind == "asgd" else None
            points[t] = (point.detach().numpy().copy(), answer)
    return points


def compare(cases, problems, run, difference, updates):
    """Prints the largest relative difference of each kind, and in which of its cases it is; fails above 1e-13."""
    torch.set_default_dtype(torch.float64)
    worst = {}
    for case in cases:
        points = torch_run(case, problems[case.problem], updates)
        if points is None:
            continue
        largest, name, count = worst.get(case.kind, (-1.0, "", 0))
        worst[case.kind] = max((largest, name), (difference(run(case), points), case.name)) + (count + 1,)
    for kind, (largest, name, count) in worst.items():
        print(f"{kind:10} {largest:8.1e}  in {name}, of {count} cases")
        assert largest <= 1e-13, f"{name} differs from torch"

"""What tests/golden/optimizers.py runs: the fields, defaults and presets of every kind, and the cases."""

import math

ADAM = dict(learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, epsilon_placement="outside", bias_correction=True)
KERAS_ADAM = dict(epsilon=1e-7, epsilon_placement="uncorrected")

# kind: (defaults, what presets change, the learning rate on Rosenbrock's function)
KINDS = {
    "sgd": (
        dict(learning_rate=0.01, momentum=0.0, dampening=0.0, nesterov=False, velocity_form="rate_outside",
             weight_decay=0.0),
        dict(torch={}, keras=dict(velocity_form="rate_inside"), optax={}, paper=dict(velocity_form="rate_inside")),
        1e-3),
    "normalized_sgd": (dict(learning_rate=0.01, weight_decay=0.0), {}, 3e-3),
    "sign_sgd": (dict(learning_rate=0.01, momentum=0.0, weight_decay=0.0), {}, 3.1e-3),
    "adam": (
        dict(ADAM, weight_decay=0.0),
        dict(torch={}, keras=KERAS_ADAM, optax={}, paper=dict(epsilon_placement="uncorrected")),
        0.01),
    "adamw": (
        dict(ADAM, weight_decay=0.01),
        dict(torch={}, keras=dict(KERAS_ADAM, weight_decay=0.004), optax=dict(weight_decay=1e-4), paper={}),
        0.01),
    "amsgrad": (
        dict(ADAM, maximum_of="uncorrected", weight_decay=0.0),
        dict(torch={}, keras=KERAS_ADAM, optax=dict(maximum_of="corrected"), paper=dict(bias_correction=False)),
        0.01),
    "adamax": (
        dict(learning_rate=2e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, epsilon_placement="inside_maximum",
             weight_decay=0.0),
        dict(torch={}, keras=dict(learning_rate=1e-3, epsilon=1e-7, epsilon_placement="denominator"), optax={},
             paper=dict(epsilon=0.0)),
        0.01),
    "nadam": (
        dict(learning_rate=2e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, momentum_decay=4e-3, momentum_schedule=True,
             weight_decay=0.0),
        dict(torch={}, keras=dict(learning_rate=1e-3, momentum_decay=1.0, epsilon=1e-7),
             optax=dict(learning_rate=1e-3, momentum_schedule=False), paper={}),
        0.01),
    "radam": (
        dict(learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, epsilon_placement="uncorrected", threshold=5.0,
             weight_decay=0.0),
        dict(torch={}, optax=dict(epsilon_placement="outside"), paper=dict(threshold=4.0, epsilon_placement="outside")),
        1e-3),
    "rmsprop": (
        dict(learning_rate=0.01, decay=0.99, epsilon=1e-8, epsilon_placement="outside", centered=False, momentum=0.0,
             velocity_form="rate_outside", weight_decay=0.0),
        dict(torch={},
             keras=dict(learning_rate=1e-3, decay=0.9, epsilon=1e-7, epsilon_placement="inside",
                        velocity_form="rate_inside"),
             optax=dict(decay=0.9, epsilon_placement="inside"), paper=dict(decay=0.9)),
        1e-3),
    "adagrad": (
        dict(learning_rate=0.01, epsilon=1e-10, epsilon_placement="outside", initial_accumulator=0.0,
             learning_rate_decay=0.0, weight_decay=0.0),
        dict(torch={},
             keras=dict(learning_rate=1e-3, initial_accumulator=0.1, epsilon=1e-7, epsilon_placement="inside"),
             optax=dict(initial_accumulator=0.1, epsilon=1e-7, epsilon_placement="inside"), paper=dict(epsilon=1e-8)),
        0.1),
    "adadelta": (
        dict(learning_rate=1.0, decay=0.9, epsilon=1e-6, weight_decay=0.0),
        dict(torch={}, keras=dict(learning_rate=1e-3, decay=0.95, epsilon=1e-7), optax={}, paper=dict(decay=0.95)),
        1.0),
    "rprop": (
        dict(learning_rate=0.01, decrease=0.5, increase=1.2, minimum_step=1e-6, maximum_step=50.0), {}, 1e-3),
    "asgd": (
        {"learning_rate": 0.01, "lambda": 1e-4, "alpha": 0.75, "average_start": 1000000, "weight_decay": 0.0},
        {}, 1e-3),
    "lion": (
        dict(learning_rate=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0),
        dict(paper={}, keras=dict(learning_rate=1e-3), optax=dict(weight_decay=1e-3)),
        1.1e-3),
    "lamb": (
        dict(learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-6, bias_correction=True, weight_decay=0.0),
        dict(paper=dict(weight_decay=0.01), optax={}, keras={}),
        1e-3),
    "lars": (
        dict(learning_rate=0.1, momentum=0.9, trust_coefficient=1e-3, epsilon=0.0, weight_decay=0.0, norm="combined",
             nesterov=False),
        dict(paper=dict(norm="separate"), optax={}),
        0.1),
    "adabelief": (dict(learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-16, weight_decay=0.0), {}, 0.01),
    "yogi": (
        dict(learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-3, initial_accumulator=1e-6,
             initial_first_moment=0.0, bias_correction=True, weight_decay=0.0),
        dict(paper=dict(bias_correction=False), optax=dict(initial_first_moment=1e-6)),
        0.01),
    "adan": (
        dict(learning_rate=1e-3, beta1=0.98, beta2=0.92, beta3=0.99, epsilon=1e-8, weight_decay=0.0, decay="proximal"),
        {}, 1e-3),
    "muon": (
        dict(learning_rate=1e-3, momentum=0.95, nesterov=True, weight_decay=0.1, newton_schulz_steps=5, epsilon=1e-7,
             other_beta1=0.9, other_beta2=0.95, other_epsilon=1e-8),
        {}, 5e-3),
    "schedule_free_sgd": (dict(learning_rate=1.0, beta=0.9, weight_decay=0.0), {}, 1e-3),
    "schedule_free_adamw": (
        dict(learning_rate=0.0025, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0), {}, 0.01),
    "prodigy": (
        dict(learning_rate=1.0, beta1=0.9, beta2=0.999, epsilon=1e-8, initial_d=1e-6, d_coefficient=1.0,
             growth_rate=math.inf, bias_correction=False, weight_decay=0.0, epsilon_factor="new_d"),
        dict(optax=dict(bias_correction=True), paper=dict(epsilon_factor="old_d")), 0.05),
    "polyak": (dict(learning_rate=1.0, optimal_value=0.0, scaling=1.0, epsilon=0.0), {}, 2e-3),
    "ftrl": (
        dict(learning_rate=0.05, l1=0.0, l2=0.0, l2_factor=1.0, beta=0.0, initial_accumulator=0.1,
             learning_rate_power=0.5),
        dict(paper={}, keras=dict(learning_rate=1e-3, l2_factor=2.0)),
        0.1),
}

SEARCH = dict(learning_rate=1.0, c1=1e-4, max_evaluations=25)
KINDS.update({
    "lbfgs": (dict(SEARCH, memory=10, c2=0.9), {}, 1.0),
    "line_search_descent": (dict(SEARCH, search="armijo", c2=0.9), {}, 1.0),
    "newton_cg": (dict(SEARCH, max_cg_iterations=100, cg_tolerance=0.01), {}, 1.0),
    # Rates when none is given: L is the largest second derivative of a row's objective.
    "sag": (dict(learning_rate=lambda p: 1 / (16 * p.smoothness)), {}, None),
    "saga": (
        dict(learning_rate=lambda p: 1 / (2 * p.smoothness + min(2 * len(p.x) * p.l2[0], p.smoothness))), {}, None),
    "svrg": (dict(learning_rate=lambda p: 1 / (10 * p.smoothness), inner_steps=lambda p: 2 * p.epoch), {}, None),
    "coordinate_descent": (dict(learning_rate=1.0), {}, None),
})

ROSENBROCK = ("rosenbrock",)
SCHEDULED = ("rosenbrock", "rosenbrock_scheduled")
ONE_CYCLE = ("rosenbrock_one_cycle",)
LOGISTIC = ("logistic_full",)
MINI = ("logistic_mini",)
MATRICES = ("matrix_wide", "matrix_tall")
WEIGHT_DECAY = ("weight_decay", dict(weight_decay=0.1), ROSENBROCK)
HEAVY = dict(learning_rate=1e-4, momentum=0.9)

# kind: (variant, fields, problems) beside its defaults and presets. On Rosenbrock's function the rate is that of KINDS
# unless given.
VARIANTS = {
    "sgd": [
        ("momentum", HEAVY, SCHEDULED + ONE_CYCLE),
        ("momentum", dict(momentum=0.9), MINI),
        ("nesterov", dict(HEAVY, nesterov=True), SCHEDULED + ONE_CYCLE),
        ("dampening", dict(HEAVY, dampening=0.5), SCHEDULED),
        ("rate_inside", dict(HEAVY, velocity_form="rate_inside"), SCHEDULED + ONE_CYCLE),
        ("rate_inside_nesterov", dict(HEAVY, velocity_form="rate_inside", nesterov=True), SCHEDULED),
        ("rate_inside_dampening", dict(HEAVY, velocity_form="rate_inside", dampening=0.5), SCHEDULED),
        ("keras_momentum", dict(preset="keras", **HEAVY), SCHEDULED),
        ("keras_rate_outside", dict(preset="keras", velocity_form="rate_outside", **HEAVY), SCHEDULED),
        WEIGHT_DECAY,
        ("weight_decay", dict(weight_decay=0.1), LOGISTIC)],
    "normalized_sgd": [WEIGHT_DECAY],
    "sign_sgd": [("momentum", dict(momentum=0.9), ROSENBROCK + MINI), WEIGHT_DECAY],
    "adam": [
        ("inside", dict(epsilon_placement="inside", epsilon=0.1), ROSENBROCK),
        ("outside", dict(epsilon_placement="outside", epsilon=0.1), ROSENBROCK),
        ("uncorrected", dict(epsilon_placement="uncorrected", epsilon=0.1), ROSENBROCK),
        ("no_bias_correction", dict(bias_correction=False), ROSENBROCK),
        ("no_bias_correction_inside", dict(bias_correction=False, epsilon_placement="inside", epsilon=0.1), ROSENBROCK),
        ("betas", dict(beta1=0.8, beta2=0.95), ROSENBROCK),
        ("beta1_zero", dict(beta1=0.0), ROSENBROCK),
        ("one_cycle", {}, ONE_CYCLE),
        WEIGHT_DECAY],
    "adamw": [
        ("one_cycle", {}, ONE_CYCLE),
        ("inside", dict(epsilon_placement="inside", epsilon=0.1), ROSENBROCK),
        ("uncorrected", dict(epsilon_placement="uncorrected", epsilon=0.1), ROSENBROCK),
        ("no_bias_correction", dict(bias_correction=False), ROSENBROCK),
        WEIGHT_DECAY,
        ("weight_decay", dict(weight_decay=0.1), LOGISTIC)],
    "amsgrad": [
        ("one_cycle", {}, ONE_CYCLE),
        ("corrected", dict(maximum_of="corrected"), ROSENBROCK),
        ("no_bias_correction", dict(bias_correction=False), ROSENBROCK),
        ("inside", dict(epsilon_placement="inside", epsilon=0.1), ROSENBROCK),
        ("uncorrected", dict(epsilon_placement="uncorrected", epsilon=0.1), ROSENBROCK),
        ("beta2", dict(beta2=0.9), ROSENBROCK),
        ("beta2_corrected", dict(beta2=0.9, maximum_of="corrected"), ROSENBROCK),
        WEIGHT_DECAY],
    "adamax": [("denominator", dict(epsilon_placement="denominator", epsilon=1.0), ROSENBROCK),
               ("inside_maximum", dict(epsilon=1.0), ROSENBROCK), WEIGHT_DECAY],
    "nadam": [("constant_momentum", dict(momentum_schedule=False), ROSENBROCK),
              ("momentum_decay", dict(momentum_decay=0.1), ROSENBROCK), WEIGHT_DECAY],
    "radam": [("outside", dict(epsilon_placement="outside", epsilon=0.1), ROSENBROCK),
              ("uncorrected", dict(epsilon=0.1), ROSENBROCK),
              ("threshold", dict(threshold=4.0), ROSENBROCK),
              ("beta2", dict(beta2=0.98), ROSENBROCK), WEIGHT_DECAY],
    "rmsprop": [
        ("inside", dict(epsilon_placement="inside", epsilon=0.1), ROSENBROCK),
        ("momentum", dict(HEAVY), SCHEDULED),
        ("rate_inside", dict(HEAVY, velocity_form="rate_inside"), SCHEDULED),
        ("centered", dict(centered=True), ROSENBROCK + LOGISTIC),
        ("centered_inside", dict(HEAVY, centered=True, epsilon_placement="inside", epsilon=0.1), ROSENBROCK),
        ("centered_momentum", dict(HEAVY, centered=True), SCHEDULED),
        ("keras_momentum", dict(preset="keras", **HEAVY), SCHEDULED),
        WEIGHT_DECAY],
    "adagrad": [("inside", dict(epsilon_placement="inside", epsilon=0.1), ROSENBROCK),
                ("initial_accumulator", dict(initial_accumulator=10.0), ROSENBROCK),
                ("learning_rate_decay", dict(learning_rate_decay=0.05), SCHEDULED), WEIGHT_DECAY],
    "adadelta": [("decay", dict(learning_rate=0.2, decay=0.5), ROSENBROCK),
                 ("epsilon", dict(learning_rate=0.01, epsilon=1e-3), ROSENBROCK), WEIGHT_DECAY],
    "rprop": [("factors", dict(decrease=0.3, increase=1.1), ROSENBROCK),
              ("limits", dict(minimum_step=1e-3, maximum_step=0.02), ROSENBROCK),
              ("seed_below_minimum", dict(learning_rate=1e-4, minimum_step=1e-3), ROSENBROCK)],
    "asgd": [("average", dict(average_start=20), SCHEDULED + LOGISTIC),
             ("average_first", dict(average_start=1), ROSENBROCK),
             ("decay", {"lambda": 10.0, "alpha": 0.5, "average_start": 100}, SCHEDULED), WEIGHT_DECAY],
    "lion": [("betas", dict(beta1=0.5, beta2=0.8), ROSENBROCK), WEIGHT_DECAY],
    "lamb": [("no_bias_correction", dict(bias_correction=False), ROSENBROCK + LOGISTIC),
             ("epsilon", dict(epsilon=0.1), LOGISTIC), WEIGHT_DECAY,
             ("weight_decay", dict(weight_decay=0.1), LOGISTIC + MATRICES), ("default", {}, MATRICES)],
    "lars": [("separate", dict(norm="separate", weight_decay=0.1), ROSENBROCK + LOGISTIC),
             ("nesterov", dict(nesterov=True), SCHEDULED), ("epsilon", dict(epsilon=10.0), ROSENBROCK),
             ("no_momentum", dict(momentum=0.0), ROSENBROCK), WEIGHT_DECAY,
             ("weight_decay", dict(weight_decay=0.1), LOGISTIC + MATRICES), ("default", {}, MATRICES)],
    "adabelief": [("epsilon", dict(epsilon=0.1), ROSENBROCK), WEIGHT_DECAY],
    "yogi": [("no_bias_correction", dict(bias_correction=False), ROSENBROCK),
             ("initial", dict(initial_accumulator=0.1, initial_first_moment=0.1), ROSENBROCK), WEIGHT_DECAY],
    "adan": [("decoupled", dict(decay="decoupled", weight_decay=0.1), ROSENBROCK), WEIGHT_DECAY,
             ("betas", dict(beta1=0.9, beta2=0.8, beta3=0.95), ROSENBROCK)],
    "muon": [("default", {}, MATRICES), ("plain", dict(nesterov=False), MATRICES),
             ("newton_schulz_steps", dict(newton_schulz_steps=3, learning_rate=0.01), MATRICES),
             ("momentum", dict(momentum=0.5, weight_decay=0.0, epsilon=1e-3), MATRICES),
             ("others", dict(other_beta1=0.8, other_beta2=0.9, other_epsilon=0.1), ROSENBROCK),
             ("no_weight_decay", dict(weight_decay=0.0), ROSENBROCK)],
    "schedule_free_sgd": [("beta", dict(beta=0.5), ROSENBROCK), ("beta_zero", dict(beta=0.0), ROSENBROCK),
                          WEIGHT_DECAY],
    "schedule_free_adamw": [("betas", dict(learning_rate=1e-3, beta1=0.5, beta2=0.9), ROSENBROCK),
                            ("epsilon", dict(epsilon=0.1), ROSENBROCK), WEIGHT_DECAY],
    "prodigy": [("bias_correction", dict(bias_correction=True), ROSENBROCK),
                ("growth_rate", dict(growth_rate=1.02, initial_d=1e-3), ROSENBROCK),
                ("d_coefficient", dict(d_coefficient=0.5), ROSENBROCK),
                ("initial_d", dict(initial_d=1e-3, epsilon=0.1), ROSENBROCK),
                ("old_d", dict(initial_d=1e-3, epsilon=0.1, epsilon_factor="old_d"), ROSENBROCK), WEIGHT_DECAY],
    "polyak": [("optimal_value", dict(optimal_value=0.06), LOGISTIC), ("scaling", dict(scaling=0.5), ROSENBROCK),
               ("epsilon", dict(epsilon=100.0), ROSENBROCK)],
    "ftrl": [("l1", dict(l1=0.01), LOGISTIC), ("l1", dict(l1=1.0), ROSENBROCK), ("l2", dict(l2=1.0), ROSENBROCK),
             ("l2_factor", dict(l2=1.0, l2_factor=2.0), ROSENBROCK), ("beta", dict(beta=1.0), ROSENBROCK),
             ("initial_accumulator", dict(initial_accumulator=0.0), ROSENBROCK),
             ("power", dict(learning_rate_power=0.25, learning_rate=3e-3), ROSENBROCK),
             ("power_zero", dict(learning_rate_power=0.0, learning_rate=1e-3), ROSENBROCK)],
}


WOLFE = dict(search="strong_wolfe")
ROWS = LOGISTIC + MINI
LEAST_SQUARES = ("diabetes_ridge", "diabetes_lasso", "diabetes_elastic_net")

# Of kinds that search, or go through rows: kind, variant, fields, and {problem: the update up to which the case goes}, or
# (that update, N) for one that begins anew every N updates.
EACH = dict(rosenbrock=(200, 1), rosenbrock_scheduled=(200, 1))
WELLS = dict(wells=(15, 1), wells_high=(40, 1))
OWN = [
    ("line_search_descent", "default", {}, dict(EACH, **WELLS, logistic_full=200, matrix_wide=20)),
    ("line_search_descent", "strong_wolfe", WOLFE, dict(EACH, **WELLS, logistic_full=200, matrix_wide=20)),
    ("line_search_descent", "narrow", dict(WOLFE, c1=0.01, c2=0.1), dict(EACH, **WELLS, logistic_full=(20, 1))),
    ("line_search_descent", "narrow_far", dict(WOLFE, c2=0.02, learning_rate=100.0), dict(EACH, wells=(15, 1))),
    ("line_search_descent", "narrow_short", dict(WOLFE, c2=0.02, learning_rate=0.01),
     dict(rosenbrock=(100, 1), logistic_full=(20, 1))),
    ("line_search_descent", "c1", dict(c1=0.3), dict(EACH, **WELLS)),
    ("line_search_descent", "short", dict(WOLFE, learning_rate=1e-4), dict(EACH, **WELLS)),
    ("line_search_descent", "max_evaluations", dict(WOLFE, learning_rate=1e-3, max_evaluations=3), EACH),
    ("lbfgs", "default", {},
     dict(rosenbrock=5, rosenbrock_scheduled=8, wells=20, logistic_full=30,
          matrix_wide=20)),
    ("lbfgs", "memory", dict(memory=3), dict(wells=20, logistic_full=45)),
    ("lbfgs", "c2", dict(c2=0.1), dict(wells=8)),
    ("lbfgs", "max_evaluations", dict(max_evaluations=3), dict(rosenbrock=(200, 4))),
    ("newton_cg", "default", {}, dict(EACH, wells=20, wells_high=20, matrix_wide=10)),
    ("newton_cg", "cg_tolerance", dict(cg_tolerance=0.5), dict(EACH, wells=20, logistic_full=20)),
    ("newton_cg", "max_cg_iterations", dict(max_cg_iterations=1), dict(EACH, wells=100, logistic_full=200)),
    ("newton_cg", "c1", dict(c1=0.4), dict(EACH, wells=20)),
    ("newton_cg", "max_evaluations", dict(max_evaluations=2), dict(EACH, wells=20)),
    *[(kind, "default", {}, dict(logistic_full=200, logistic_mini=200)) for kind in ("sag", "saga", "svrg")],
    *[(kind, "rate", dict(learning_rate=0.01), dict(logistic_mini=200)) for kind in ("sag", "saga", "svrg")],
    ("saga", "default", {}, dict(diabetes_lasso_mini=200)),
    ("svrg", "default", {}, dict(diabetes_lasso_mini=200)),
    ("svrg", "inner_steps", dict(inner_steps=7), dict(logistic_mini=200)),
    ("coordinate_descent", "default", {}, dict.fromkeys(LEAST_SQUARES, 200)),
    ("coordinate_descent", "rate", dict(learning_rate=0.5), dict.fromkeys(LEAST_SQUARES, 200)),
]


def cases(make):
    for kind, variant, fields, problems in OWN:
        for problem, last in problems.items():
            last, anew = last if isinstance(last, tuple) else (last, None)
            yield make(kind, variant, problem, fields, last, anew)
    for kind, (_, presets, rate) in KINDS.items():
        if any(kind == own[0] for own in OWN):
            continue
        runs = [("default", {}, SCHEDULED + LOGISTIC + MINI)]
        runs += [(name, dict(preset=name), ROSENBROCK + LOGISTIC) for name in presets]
        for variant, fields, problems in runs + VARIANTS.get(kind, []):
            for problem in problems:
                given = dict(fields)
                if problem in SCHEDULED + ONE_CYCLE:
                    given.setdefault("learning_rate", rate)
                yield make(kind, variant, problem, given)

"""States, parameters and stages under names: dicts of arrays, flags, dispatch by name."""

import numpy as np

from ..program import program

ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "softplus": lambda z: np.log1p(np.exp(z)),
}


def layers(rng):
    return {
        "encoder": {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=3)},
        "hidden": {"W": rng.normal(size=(3, 3)), "b": rng.normal(size=3)},
        "readout": {"W": rng.normal(size=(3, 1)), "b": rng.normal(size=1)},
    }


@program(lambda rng: (layers(rng), rng.normal(size=(5, 4))))
def named_layers(params, x, activation="softplus", skip=True):
    f = ACTIVATIONS[activation]
    cache = {"input": x}
    h = x
    for name in ("encoder", "hidden", "readout"):
        layer = params[name]
        z = h @ layer["W"] + layer["b"]
        if name == "readout":
            h = z
        elif skip and z.shape == h.shape:
            h = h + f(z)
        else:
            h = ACTIVATIONS["tanh"](z)
        cache[name] = h
    penalty = sum((p["W"] ** 2).sum() for p in params.values())
    return np.mean(cache["readout"] ** 2) + 1e-2 * penalty + cache["hidden"].mean()


@program(
    lambda rng: {"glucose": rng.uniform(1, 3), "insulin": rng.uniform(0.1, 0.5), "rates": rng.uniform(0.1, 0.5, 3)}
)
def glucose_minimal_model(initial):
    state = dict(initial, remote=0.0)
    p1, p2, p3 = state.pop("rates")
    log = {key: [] for key in state}
    dt = 0.2
    for step in range(20):
        meal = 1.0 if 5 <= step < 8 else 0.0
        d = {
            "glucose": -(p1 + state["remote"]) * state["glucose"] + p1 * 1.5 + meal,
            "insulin": 0.3 * max(state["glucose"] - 1.4, 0.0) - 0.4 * state["insulin"],
            "remote": -p2 * state["remote"] + p3 * state["insulin"],
        }
        state = {key: value + dt * d[key] for key, value in state.items()}
        for key in log:
            log[key].append(state[key])
    series = {key: np.array(values) for key, values in log.items()}
    peak = series["glucose"].max()
    above = series["glucose"][series["glucose"] > 1.5]
    return peak + np.trapezoid(series["insulin"], dx=dt) + above.sum() * 0.05


@program(lambda rng: (rng.uniform(0.5, 2.0, size=4), rng.uniform(0.8, 1.2, size=(6, 2))))
def unit_operations_by_stage(parameters, feed):
    """A small flow sheet: stages by name, in an order that is data."""
    config = {"order": ["heat", "react", "split", "recycle"], "verbose": False, "passes": 3}
    conversion = {}

    def heat(s):
        s["T"] = s["T"] + parameters[0] * 20 / (s["flow"].sum() + 1)
        return s

    def react(s):
        k = parameters[1] * np.exp(-300 / s["T"])
        extent = s["x"] * (1 - np.exp(-k))
        s["x"] = s["x"] - extent
        s["product"] += extent
        conversion[len(conversion)] = extent.mean()
        return s

    def split(s):
        fraction = 1 / (1 + np.exp(-parameters[2]))
        s["purge"] = s["product"] * fraction
        s["product"] = s["product"] - 0.1 * s["purge"]
        return s

    def recycle(s):
        s["x"] = s["x"] + 0.2 * parameters[3] * s["purge"]
        return s

    stages = {f.__name__: f for f in (heat, react, split, recycle)}
    stream = {"T": 300.0, "flow": feed[:, 0], "x": feed[:, 1], "product": np.zeros(len(feed))}
    for _ in range(config["passes"]):
        for name in config["order"]:
            stream = stages[name](stream)
            if config.get("verbose"):
                print(name, stream)
    return stream["product"].sum() + stream["T"] / 300 + sum(conversion.values())


DEFAULTS = {"kernel": "matern", "noise": 0.1, "trend": True}


def kernel_matrix(name, r, length):
    if name == "rbf":
        return np.exp(-0.5 * (r / length) ** 2)
    elif name == "matern":
        s = np.sqrt(3) * r / length
        return (1 + s) * np.exp(-s)
    elif name == "periodic":
        return np.exp(-2 * np.sin(np.pi * r) ** 2 / length**2)
    raise KeyError(f"unknown kernel {name!r}")


@program(lambda rng: (np.sort(rng.uniform(0, 4, size=7)), rng.normal(size=7), rng.uniform(0.5, 1.5)))
def kriging_with_options(x, y, length, **options):
    settings = {**DEFAULTS, **options}
    total = {}
    for name in ["rbf", "matern", "periodic"]:
        K = kernel_matrix(name, np.abs(x[:, None] - x), length)
        K[np.diag_indices_from(K)] += settings["noise"]
        if settings["trend"]:
            F = np.c_[np.ones_like(x), x]
            Ki = np.linalg.inv(K)
            beta = np.linalg.solve(F.T @ Ki @ F, F.T @ Ki @ y)
            residual = y - F @ beta
        else:
            residual = y
        total[name] = residual @ np.linalg.solve(K, residual)
    weights = {"rbf": 0.2, "matern": 0.5, "periodic": 0.3}
    best = min(total, key=total.get)
    return sum(weights[name] * value for name, value in total.items()) + total[best]


@program(
    lambda rng: {k: rng.normal(size=s) for k, s in [("v", 3), ("h", 2), ("W", (3, 2))]} | {"lr": rng.uniform(0.1, 1)}
)
def energy_based_sampler(model):
    v = np.array([1.0, 0.0, 1.0])
    trace = []
    energy = lambda v, h: -(v @ model["v"] + h @ model["h"] + v @ model["W"] @ h)
    for sweep in range(4):
        fields = {"h": model["h"] + v @ model["W"]}
        h = 1 / (1 + np.exp(-fields["h"]))
        fields["v"] = model["v"] + model["W"] @ h
        v = 1 / (1 + np.exp(-fields["v"]))
        trace.append({"energy": energy(v, h), "mean": v.mean()})
        if trace[-1]["energy"] < -50:
            break
    grads = {"W": np.outer(v, h), "v": v, "h": h}
    updated = {name: model[name] - model["lr"] * grads[name] for name in grads}
    model_norm = np.sqrt(sum(np.sum(value**2) for value in updated.values()))
    return trace[-1]["energy"] + np.mean([entry["mean"] for entry in trace]) + model_norm


@program(lambda rng: (rng.uniform(0.5, 1.5, size=(3, 4)), rng.uniform(0.1, 1.0, size=3)))
def budget_allocation_table(demand, prices):
    products = ["steel", "glass", "wood"]
    months = ["jan", "feb", "mar", "apr"]
    table = {}
    for i, product in enumerate(products):
        for j, month in enumerate(months):
            table[product, month] = demand[i, j] * prices[i]
    totals = dict.fromkeys(months, 0.0)
    for (product, month), cost in table.items():
        totals[month] += cost
    limit = np.mean(list(totals.values()))
    overspent = {m: t - limit for m, t in totals.items() if t > limit}
    worst = max(overspent, key=overspent.get)
    ranking = sorted(totals.items(), key=lambda item: item[1])
    spread = ranking[-1][1] - ranking[0][1]
    return overspent[worst] ** 2 + spread * sum(overspent.values())


@program(lambda rng: [{"mass": rng.uniform(1, 2), "r": rng.normal(size=2), "v": rng.normal(size=2)} for _ in range(3)])
def bodies_as_records(bodies):
    system = [dict(body) for body in bodies]
    dt = 0.05
    for _ in range(6):
        for body in system:
            body["a"] = np.zeros(2)
            for other in system:
                if other is not body:
                    offset = other["r"] - body["r"]
                    body["a"] += other["mass"] * offset / (offset @ offset + 0.2) ** 1.5
        for body in system:
            body["v"] = body["v"] + dt * body["a"]
            body["r"] = body["r"] + dt * body["v"]
    momentum = sum(body["mass"] * body["v"] for body in system)
    stats = {"kinetic": 0.0, "size": 0.0}
    for body in system:
        stats["kinetic"] += 0.5 * body["mass"] * np.sum(body["v"] ** 2)
        stats["size"] = max(stats["size"], np.linalg.norm(body["r"]))
    label = " ".join(f"{key}={value:.3g}" for key, value in stats.items())
    assert label.startswith("kinetic=")
    return stats["kinetic"] + stats["size"] + momentum[0] * momentum[1]

"""Chemistry and thermal physics: rate laws, equations of state, radiation, thermostats."""

import math
from math import exp, log, sqrt

import numpy as np

from ..program import program
from ..toolbox import numerical_jacobian, rk4_step

REACTIONS = [
    {"reactants": {"A": 1}, "products": {"B": 1}},
    {"reactants": {"B": 2}, "products": {"B": 1, "C": 1}},
    {"reactants": {"B": 1, "C": 1}, "products": {"A": 1, "C": 1}},
]
SPECIES = ["A", "B", "C"]


@program(lambda rng: rng.uniform(0.2, 1.5, size=3))
def reaction_network(k):
    index = {name: i for i, name in enumerate(SPECIES)}
    c = np.array([1.0, 0.0, 0.0])
    dt = 0.05

    def rates(conc):
        dcdt = np.zeros(len(SPECIES))
        for constant, reaction in zip(k, REACTIONS):
            r = constant
            for name, order in reaction["reactants"].items():
                r = r * conc[index[name]] ** order
            for name, order in reaction["reactants"].items():
                dcdt[index[name]] -= order * r
            for name, order in reaction["products"].items():
                dcdt[index[name]] += order * r
        return dcdt

    peak = c[1]
    for _ in range(30):
        half = c + 0.5 * dt * rates(c)
        c = np.maximum(c + dt * rates(half), 0.0)
        if c[1] > peak:
            peak = c[1]
    return c[2] / c.sum() + peak


@program(lambda rng: {"vmax": rng.uniform(0.5, 2), "km": rng.uniform(0.2, 1), "ki": rng.uniform(1, 3)})
def michaelis_menten_progress(enzyme):
    vmax, km = enzyme["vmax"], enzyme["km"]
    ki = enzyme.get("ki", np.inf)
    substrate, product, t = 2.0, 0.0, 0.0
    samples = []
    while substrate > 0.2 and t < 10:
        inhibited = km * (1 + product / ki)
        v = vmax * substrate / (inhibited + substrate)
        h = min(0.1, 0.05 * substrate / v)
        substrate -= h * v
        product += h * v
        t += h
        if len(samples) < 5:
            samples.append(v)
    mean_rate = np.mean(samples)
    return t + mean_rate * product


@program(lambda rng: (rng.uniform(1.2, 2.0), rng.uniform(0.6, 0.95)))
def van_der_waals_isotherm(a, temperature):
    b, R = 0.1, 1.0
    pressure = 0.3
    coefficients = np.array([pressure, -(pressure * b + R * temperature), a, -a * b])
    v = R * temperature / pressure
    for _ in range(50):
        f = np.polyval(coefficients, v)
        df = np.polyval(np.polyder(coefficients), v)
        dv = f / df
        v = v - dv
        if abs(dv) < 1e-12:
            break
    compressibility = pressure * v / (R * temperature)
    departure = compressibility - 1 - a / (R * temperature * v)
    fugacity = exp(compressibility - 1) * v / (v - b)
    return departure + log(fugacity) + sqrt(v)


@program(lambda rng: rng.uniform(0.1, 1.0, size=5))
def grey_atmosphere(tau):
    n = len(tau)
    eps = 1 - np.exp(-tau)
    absorbed = np.zeros(n + 1)
    absorbed[-1] = 240.0
    A = np.zeros((n + 1, n + 1))
    for i in range(n + 1):
        A[i, i] = 1.0 if i == n else 2.0 * eps[i]
        for j in range(n + 1):
            if i == j:
                continue
            lo, hi = min(i, j) + 1, max(i, j)
            through = np.prod(1 - eps[lo:hi])
            emit = 1.0 if j == n else eps[j]
            take = 1.0 if i == n else eps[i]
            A[i, j] = -emit * through * take
    flux = np.linalg.solve(A, absorbed)
    T = (flux / 5.67e-8) ** 0.25
    return T[-1] / 300 + T[0] / T[-1]


@program(lambda rng: (rng.normal(size=(4, 2)), rng.uniform(0.3, 1.0)))
def berendsen_thermostat(velocities, coupling):
    r = np.array([[0.0, 0.0], [1.1, 0.0], [0.0, 1.2], [1.3, 1.1]])
    v = velocities - velocities.mean(axis=0)
    target, dt = 0.8, 0.01
    temps = []

    def lennard_jones(x):
        f = np.zeros_like(x)
        for i in range(len(x) - 1):
            rij = x[i] - x[i + 1 :]
            d2 = np.sum(rij**2, axis=1)
            inv6 = 1 / d2**3
            pair = (24 * inv6 * (2 * inv6 - 1) / d2)[:, None] * rij
            f[i] += pair.sum(axis=0)
            f[i + 1 :] -= pair
        return f

    f = lennard_jones(r)
    for step in range(4):
        v += 0.5 * dt * f
        r = r + dt * v
        f = lennard_jones(r)
        v += 0.5 * dt * f
        T = np.sum(v * v) / (2 * len(r))
        v *= np.sqrt(1 + dt / coupling * (target / T - 1))
        temps.append(T)
    return temps[-1] + np.std(temps) + 0.1 * np.abs(f).max()


@program(lambda rng: (rng.uniform(0.05, 0.15), rng.uniform(4.0, 5.0)))
def titration_curve(concentration, pka):
    ka, kw = 10.0**-pka, 1e-14
    volume, base = 50.0, 0.1
    ph = []
    for added in (0.0, 10.0, 25.0, 40.0):
        total = concentration * volume / (volume + added)
        sodium = base * added / (volume + added)
        lo, hi = 0.0, 14.0
        x = 7.0
        for _ in range(60):
            h = 10.0**-x
            charge = h + sodium - kw / h - total * ka / (ka + h)
            slope = math.log(10) * (-h - kw / h - total * ka * h / (ka + h) ** 2)
            if charge > 0:
                lo = x
            else:
                hi = x
            x_new = x - charge / slope
            if abs(x_new - x) < 1e-10:
                x = x_new
                break
            x = x_new if lo < x_new < hi else 0.5 * (lo + hi)
        ph.append(x)
    steepest = np.max(np.diff(ph))
    return ph[1] + steepest


@program(lambda rng: np.array([1.0, 10.0, 2.0]) * rng.uniform(0.9, 1.1, size=3))
def ignition_delay(p):
    prefactor, activation, heat = p
    T, fuel = 1.0, 1.0
    t, dt = 0.0, 0.02
    history = np.empty((100, 2))
    steps = 0
    for i in range(100):
        rate = prefactor * fuel * math.exp(activation * (1 - 1 / T))
        rate = np.clip(rate, 0.0, 20.0)
        fuel = max(fuel - dt * rate, 0.0)
        T += dt * heat * rate - dt * 0.05 * (T - 1)
        t += dt
        history[i] = T, fuel
        steps += 1
        if fuel < 0.05:
            break
    history = history[:steps]
    gradient = np.gradient(history[:, 0], dt)
    return gradient.max() / 10 + history[-1, 0] + t


@program(lambda rng: (rng.uniform(0.5, 1.5, size=3), rng.uniform(0.8, 1.2)))
def stiff_network_by_implicit_euler(k, start):
    def rhs(c):
        r1, r2, r3 = 0.4 * k[0] * c[0], 30 * k[1] * c[1] * c[2], 200 * k[2] * c[1] ** 2
        return np.array([-r1 + r2, r1 - r2 - r3, r3])

    c = np.array([start, 0.0, 0.0])
    dt = 0.1
    for step in range(4):
        guess = c.copy()
        for newton in range(20):
            residual = guess - c - dt * rhs(guess)
            J = np.eye(3) - dt * numerical_jacobian(rhs, guess)
            update = np.linalg.solve(J, residual)
            guess -= update
            if np.max(np.abs(update)) < 1e-13:
                break
        else:
            raise RuntimeError("Newton's method failed at step %d" % step)
        c = guess
        dt *= 1.5
    return c[2] / c.sum() + 10 * c[1]


@program(lambda rng: (rng.uniform(0.85, 0.97), rng.uniform(0.3, 0.6)))
def peng_robinson_compressibility(reduced_temperature, reduced_pressure, omega=0.2):
    kappa = 0.37464 + 1.54226 * omega - 0.26992 * omega**2
    alpha = (1 + kappa * (1 - sqrt(reduced_temperature))) ** 2
    A = 0.45724 * alpha * reduced_pressure / reduced_temperature**2
    B = 0.0778 * reduced_pressure / reduced_temperature
    c2, c1, c0 = B - 1, A - 3 * B**2 - 2 * B, B**3 + B**2 - A * B
    q = (3 * c1 - c2**2) / 9
    r = (9 * c2 * c1 - 27 * c0 - 2 * c2**3) / 54
    disc = q**3 + r**2
    if disc > 0:
        s, t = np.cbrt(r + np.sqrt(disc)), np.cbrt(r - np.sqrt(disc))
        roots = [s + t - c2 / 3]
    else:
        angle = math.acos(r / sqrt(-(q**3)))
        roots = [2 * sqrt(-q) * math.cos((angle + 2 * math.pi * k) / 3) - c2 / 3 for k in range(3)]
    roots = [z for z in roots if z > B]
    vapor, liquid = max(roots), min(roots)

    def log_fugacity(z):
        return z - 1 - log(z - B) - A / (2 * sqrt(2) * B) * log((z + 2.414 * B) / (z - 0.414 * B))

    return vapor + log_fugacity(vapor) - 0.3 * log_fugacity(liquid)


@program(lambda rng: rng.uniform(0.3, 2.0, size=4))
def bateman_decay_chain(half_lives):
    decay = np.log(2) / half_lives
    times = np.array([0.2, 0.7, 1.5])
    activity = np.zeros((len(decay), len(times)))
    for n in range(len(decay)):
        for i in range(n + 1):
            denominator = 1.0
            for j in range(n + 1):
                if j != i:
                    denominator *= decay[j] - decay[i]
            activity[n] += decay[: n + 1].prod() / denominator * np.exp(-decay[i] * times)
    total = activity.sum(axis=0)
    dominant = activity.argmax(axis=0)
    share = np.array([activity[d, t] for t, d in enumerate(dominant)]) / total
    return np.trapezoid(total, times) + share.min()


@program(lambda rng: {"K": rng.uniform(0.5, 2.0, size=2), "n": rng.uniform(1.5, 3.0), "leak": rng.uniform(0.01, 0.1)})
def genetic_toggle_switch(model):
    def production(repressor, K):
        return model["leak"] + 2.0 / (1 + (repressor / K) ** model["n"])

    def rhs(t, y):
        u, v = y
        stimulus = 0.5 if 1.0 < t < 1.5 else 0.0
        return np.array([production(v, model["K"][0]) - u, production(u, model["K"][1]) - v + stimulus])

    y = np.array([1.0, 0.5])
    trace = {"t": [], "u": [], "v": []}
    for step in range(30):
        t = 0.1 * step
        y = rk4_step(rhs, t, y, 0.1)
        for name, value in zip(("u", "v"), y):
            trace[name].append(value)
        trace["t"].append(t)
    u, v = map(np.array, (trace["u"], trace["v"]))
    winner, loser = (u, v) if u[-1] > v[-1] else (v, u)
    return winner[-1] / loser[-1] + np.interp(1.26, trace["t"], trace["u"])

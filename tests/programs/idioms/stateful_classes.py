"""Classes with state: simulators, filters, properties, dataclasses, inheritance, callable objects."""

import copy
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..program import program


class Pendulum:
    """A damped pendulum that keeps its history."""

    def __init__(self, length, damping, g=9.81):
        self.length = length
        self.damping = damping
        self.g = g
        self.reset()

    def reset(self, theta=0.5, omega=0.0):
        self.state = np.array([theta, omega])
        self.time = 0.0
        self.history = []

    @property
    def energy(self):
        theta, omega = self.state
        kinetic = 0.5 * (self.length * omega) ** 2
        return kinetic + self.g * self.length * (1 - np.cos(theta))

    def step(self, dt):
        theta, omega = self.state
        omega = omega + dt * (-self.g / self.length * np.sin(theta) - self.damping * omega)
        theta = theta + dt * omega
        self.state[0] = theta
        self.state[1] = omega
        self.time += dt
        self.history.append(self.energy)


@program(lambda rng: (rng.uniform(0.8, 1.5), rng.uniform(0.05, 0.3)))
def pendulum_energy_loss(length, damping):
    pendulum = Pendulum(length, damping)
    start = pendulum.energy
    while pendulum.time < 0.5:
        pendulum.step(0.02)
    decay = np.array(pendulum.history) / start
    return decay.mean() + pendulum.state[1] ** 2


class KalmanFilter:
    def __init__(self, F, H, q, r):
        self.F, self.H = F, H
        self.Q = q * np.eye(F.shape[0])
        self.R = r * np.eye(H.shape[0])
        self.x = np.zeros(F.shape[0])
        self.P = np.eye(F.shape[0])
        self.loglik = 0.0

    def predict(self):
        self.x = self.F @ self.x
        self.P = self.F @ self.P @ self.F.T + self.Q

    def update(self, z):
        innovation = z - self.H @ self.x
        S = self.H @ self.P @ self.H.T + self.R
        K = self.P @ self.H.T @ np.linalg.inv(S)
        self.x += K @ innovation
        self.P -= K @ self.H @ self.P
        self.loglik -= 0.5 * (innovation @ np.linalg.solve(S, innovation) + np.log(np.linalg.det(S)))
        return innovation


@program(lambda rng: {"q": rng.uniform(0.05, 0.3), "r": rng.uniform(0.2, 0.8), "z": rng.normal(size=6)})
def kalman_likelihood(data):
    dt = 0.5
    F = np.array([[1.0, dt], [0.0, 1.0]])
    H = np.array([[1.0, 0.0]])
    kf = KalmanFilter(F, H, data["q"], data["r"])
    whiteness = 0.0
    for z in data["z"]:
        kf.predict()
        whiteness = whiteness + kf.update(np.array([z]))[0]
    return kf.loglik + 0.1 * whiteness**2


@dataclass
class Particle:
    position: np.ndarray
    velocity: np.ndarray
    mass: float = 1.0

    def kick(self, force, dt):
        self.velocity += force / self.mass * dt

    def drift(self, dt):
        self.position += self.velocity * dt


@dataclass
class System:
    stiffness: float
    particles: list = field(default_factory=list)

    def forces(self):
        out = [np.zeros(2) for _ in self.particles]
        for i, a in enumerate(self.particles):
            for j, b in enumerate(self.particles):
                if i == j:
                    continue
                d = b.position - a.position
                out[i] += self.stiffness * d * (1 - 1 / np.linalg.norm(d))
        return out


@program(lambda rng: (rng.uniform(0.5, 2), rng.normal(size=(3, 2)) + np.array([[0, 0], [2, 0], [0, 2]])))
def spring_particles(stiffness, positions):
    system = System(stiffness)
    for i, p in enumerate(positions):
        system.particles.append(Particle(position=p.copy(), velocity=np.zeros(2), mass=1.0 + 0.5 * i))
    for _ in range(5):
        for particle, force in zip(system.particles, system.forces()):
            particle.kick(force, 0.05)
            particle.drift(0.05)
    momentum = sum(p.mass * p.velocity for p in system.particles)
    spread = np.var(np.array([p.position for p in system.particles]), axis=0)
    return spread.sum() + momentum @ momentum


class Layer(ABC):
    @abstractmethod
    def __call__(self, x): ...

    def __matmul__(self, other):
        return Chain(other, self)


class Chain(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Affine(Layer):
    def __init__(self, weights, bias):
        self.weights = weights
        self.bias = bias

    def __call__(self, x):
        return self.weights @ x + self.bias


class Saturation(Layer):
    def __init__(self, limit):
        self.limit = limit
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return self.limit * np.tanh(x / self.limit)


@program(lambda rng: (rng.normal(size=(3, 3)), rng.normal(size=3), rng.uniform(0.5, 2.0)))
def composed_blocks(weights, bias, limit):
    clamp = Saturation(limit)
    block = clamp @ Affine(weights, bias)
    x = np.array([0.3, -0.2, 1.0])
    for _ in range(3):
        x = block(x)
    assert clamp.calls == 3
    return np.linalg.norm(x) + x.sum()


class RunningStatistics:
    """Welford's running mean and variance."""

    __slots__ = ("_m2", "_mean", "_n")

    def __init__(self):
        self._n, self._mean, self._m2 = 0, 0.0, 0.0

    def push(self, value):
        self._n += 1
        delta = value - self._mean
        self._mean += delta / self._n
        self._m2 += delta * (value - self._mean)

    def __len__(self):
        return self._n

    def __iadd__(self, values):
        for value in values:
            self.push(value)
        return self

    @property
    def variance(self):
        return self._m2 / (self._n - 1) if self._n > 1 else 0.0


@program(lambda rng: rng.normal(size=7))
def welford_effect_size(x):
    control, treated = RunningStatistics(), RunningStatistics()
    control += x[:3]
    treated += x[3:]
    pooled = ((len(control) - 1) * control.variance + (len(treated) - 1) * treated.variance) / (len(x) - 2)
    effect = (treated._mean - control._mean) / np.sqrt(pooled)
    try:
        correction = 1 - 3 / (4 * (len(x) - 2) - 1)
    except ZeroDivisionError:
        correction = 1.0
    return effect * correction


class Controller:
    def __init__(self, gains, limit=2.0):
        self.kp, self.ki, self.kd = gains
        self.limit = limit
        self.integral = 0.0
        self.last_error = None

    def __call__(self, error, dt):
        self.integral += error * dt
        slope = 0.0 if self.last_error is None else (error - self.last_error) / dt
        self.last_error = error
        u = self.kp * error + self.ki * self.integral + self.kd * slope
        if u > self.limit:
            self.integral -= error * dt
            return self.limit
        return max(u, -self.limit)


class Tank:
    def __init__(self, level, area):
        self._level = level
        self.area = area

    @property
    def level(self):
        return self._level

    @level.setter
    def level(self, value):
        if value < 0:
            value = 0.0
        self._level = value

    def flow(self, inlet, dt):
        outlet = 0.4 * np.sqrt(self.level + 1e-3)
        self.level = self.level + dt * (inlet - outlet) / self.area


@program(lambda rng: np.array([2.0, 0.5, 0.1]) * rng.uniform(0.7, 1.3, size=3))
def tuned_level_control(gains):
    controller = Controller(gains)
    tank = Tank(0.2, area=1.5)
    cost, dt = 0.0, 0.1
    for k in range(25):
        setpoint = 1.0 if k < 15 else 0.6
        error = setpoint - tank.level
        u = controller(error, dt)
        tank.flow(max(u, 0.0), dt)
        cost += dt * (error**2 + 0.01 * u**2)
    return cost


class Material:
    def __init__(self, modulus):
        self.modulus = modulus

    def stress(self, strain):
        return self.modulus * strain


class ElastoPlastic(Material):
    def __init__(self, modulus, yield_stress, hardening):
        super().__init__(modulus)
        self.yield_stress = yield_stress
        self.hardening = hardening
        self.plastic_strain = 0.0
        self.accumulated = 0.0

    def stress(self, strain):
        trial = super().stress(strain - self.plastic_strain)
        excess = abs(trial) - (self.yield_stress + self.hardening * self.accumulated)
        if excess <= 0:
            return trial
        increment = excess / (self.modulus + self.hardening)
        self.plastic_strain += increment * np.sign(trial)
        self.accumulated += increment
        return trial - self.modulus * increment * np.sign(trial)


@program(lambda rng: np.array([200.0, 1.0, 20.0]) * rng.uniform(0.8, 1.2, size=3))
def cyclic_plasticity(parameters):
    material = ElastoPlastic(*parameters)
    strains = 0.02 * np.sin(np.linspace(0, 3 * np.pi, 20))
    stresses = np.zeros_like(strains)
    for i, strain in enumerate(strains):
        stresses[i] = material.stress(strain)
    work = np.sum(0.5 * (stresses[1:] + stresses[:-1]) * np.diff(strains))
    return work + 0.1 * material.accumulated * stresses[-1]


class Vector:
    __slots__ = ("x", "y", "z")

    def __init__(self, x=0.0, y=0.0, z=0.0):
        self.x, self.y, self.z = x, y, z

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return self + -1.0 * other

    def __rmul__(self, factor):
        return Vector(factor * self.x, factor * self.y, factor * self.z)

    def __iter__(self):
        yield from (self.x, self.y, self.z)

    def __abs__(self):
        return math.sqrt(self.x**2 + self.y**2 + self.z**2)

    def __eq__(self, other):
        return all(a == b for a, b in zip(self, other))


@program(lambda rng: (rng.uniform(0.9, 1.1), rng.normal(size=3) * 0.1))
def two_body_orbit(speed, nudge):
    sun = Vector()
    planet = Vector(1.0, *nudge[:2])
    velocity = Vector(nudge[2], speed, 0.05)
    closest = abs(planet - sun)
    for _ in range(40):
        r = planet - sun
        velocity = velocity + (-0.05 / abs(r) ** 3) * r
        planet = planet + 0.05 * velocity
        distance = abs(planet - sun)
        if distance < closest:
            closest = distance
    assert planet != sun
    energy = 0.5 * abs(velocity) ** 2 - 1 / abs(planet)
    return energy + closest + sum(planet)


class Reactor:
    """A stirred tank that tries a step on a copy of itself before it takes it."""

    def __init__(self, feed, heat):
        self.concentration = np.array([1.0, 0.0])
        self.temperature = np.array(1.0)
        self.feed, self.heat = feed, heat
        self.log = {"rejected": 0, "time": 0.0}

    def advance(self, dt):
        rate = self.concentration[0] * np.exp(-1.0 / self.temperature)
        self.concentration += dt * np.array([self.feed * (1 - self.concentration[0]) - rate, rate])
        self.temperature += dt * (self.heat * rate - 0.3 * (self.temperature - 1.0))
        self.log["time"] += dt

    def careful_step(self, dt):
        trial = copy.deepcopy(self)
        trial.advance(dt)
        half = copy.deepcopy(self)
        half.advance(dt / 2)
        half.advance(dt / 2)
        error = np.abs(trial.concentration - half.concentration).max()
        if error > 2e-3:
            self.log["rejected"] += 1
            return dt / 2
        self.__dict__.update(half.__dict__ | {"log": {**half.log, "rejected": self.log["rejected"]}})
        return dt * 1.1


@program(lambda rng: (rng.uniform(0.2, 0.6), rng.uniform(1.0, 3.0)))
def stirred_tank_with_trial_steps(feed, heat):
    reactor = Reactor(feed, heat)
    dt = 0.5
    steps = 0
    while reactor.log["time"] < 3.0 and steps < 50:
        dt = reactor.careful_step(dt)
        steps += 1
    print("%d steps, %d rejected, T = %.3f" % (steps, reactor.log["rejected"], reactor.temperature))
    return reactor.concentration[1] * reactor.temperature + reactor.log["time"] / 10


@dataclass(frozen=True)
class Beam:
    radius: float
    curvature: float
    wavelength: float = 1.0

    def __post_init__(self):
        if self.radius <= 0:
            raise ValueError(f"a beam of radius {self.radius}")

    @classmethod
    def at_waist(cls, waist):
        return cls(radius=waist, curvature=0.0)

    @cached_property
    def rayleigh_range(self):
        return np.pi * self.radius**2 / self.wavelength

    def propagated(self, distance):
        a = 1 + distance * self.curvature
        b = distance / self.rayleigh_range
        scale = np.sqrt(a**2 + b**2)
        return replace(
            self, radius=self.radius * scale, curvature=(a * self.curvature + b / self.rayleigh_range) / scale**2
        )

    def through_lens(self, focal_length):
        return replace(self, curvature=self.curvature - 1 / focal_length)


@program(lambda rng: (rng.uniform(0.6, 1.0), rng.uniform(1.5, 3.0, size=2)))
def gaussian_beam_bench(waist, focal_lengths):
    beam = Beam.at_waist(waist)
    radii = [beam.radius]
    bench = [("gap", 0.5), ("lens", 0), ("gap", 1.0), ("lens", 1), ("gap", 0.7)]
    for kind, value in bench:
        match kind:
            case "gap":
                beam = beam.propagated(value)
            case "lens":
                beam = beam.through_lens(focal_lengths[value])
        radii.append(beam.radius)
    widest = max(range(len(radii)), key=radii.__getitem__)
    return radii[-1] + 0.1 * radii[widest] + beam.curvature

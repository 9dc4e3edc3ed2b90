"""Many bodies: pairs, masks, cutoffs, neighbors and the forces between them."""

import itertools

import numpy as np

from ..program import program


def grid_positions(rng, n, dim=3, spread=0.15):
    side = int(np.ceil(n ** (1 / dim)))
    points = np.array(list(itertools.product(range(side), repeat=dim)), dtype=float)[:n]
    return 1.2 * points + spread * rng.normal(size=(n, dim))


@program(lambda rng: grid_positions(rng, 7))
def lennard_jones_energy(r):
    n = len(r)
    energy = 0.0
    cutoff = 2.5
    for i in range(n):
        for j in range(i):
            d = r[i] - r[j]
            d2 = np.sum(d * d)
            if d2 > cutoff**2:
                continue
            s6 = 1.0 / d2**3
            energy += 4 * (s6 * s6 - s6)
    return energy


@program(lambda rng: (grid_positions(rng, 6), rng.uniform(0.5, 2.0, size=6)))
def gravity_masked(positions, masses):
    delta = positions[:, np.newaxis, :] - positions[np.newaxis, :, :]
    r2 = (delta**2).sum(axis=-1)
    off_diagonal = ~np.eye(len(masses), dtype=bool)
    inverse = np.zeros_like(r2)
    inverse[off_diagonal] = r2[off_diagonal] ** -1.5
    force = -(masses[:, None] * masses[None, :] * inverse)[..., None] * delta
    total = force.sum(axis=1)
    norms = np.linalg.norm(total, axis=1)
    strongest = norms.argmax()
    return norms[strongest] + 0.1 * np.sum(norms)


@program(lambda rng: (grid_positions(rng, 8), rng.uniform(0.8, 1.2)))
def periodic_box_pressure(positions, density_scale):
    """Minimum image convention in a cubic box; the virial."""
    box = 3.0 * density_scale
    n = positions.shape[0]
    iu, ju = np.triu_indices(n, k=1)
    d = positions[iu] - positions[ju]
    d -= box * np.round(d / box)
    r = np.sqrt((d**2).sum(1))
    inside = r < 1.45
    inv6 = np.where(inside, r, 1.0) ** -6
    pair_virial = np.where(inside, 24 * (2 * inv6**2 - inv6), 0.0)
    volume = box**3
    kinetic = n * 0.7
    return (kinetic + pair_virial.sum() / 3) / volume


@program(lambda rng: (grid_positions(rng, 5, dim=2), rng.choice([-1.0, 1.0], size=5) * rng.uniform(0.5, 1, size=5)))
def coulomb_steepest_descent(x, q):
    """Relax the charges a few steps along the force."""

    def forces(x):
        f = np.zeros_like(x)
        for i in range(len(x)):
            for j in range(len(x)):
                if i == j:
                    continue
                rij = x[i] - x[j]
                dist = np.hypot(rij[0], rij[1])
                f[i] += q[i] * q[j] * rij / dist**3
                f[i] += 0.5 * np.exp(-dist) * rij / dist
        return f - 0.2 * x

    energy_trace = []
    step = 0.02
    for iteration in range(8):
        f = forces(x)
        biggest = np.abs(f).max()
        if biggest > 1.0:
            f = f / biggest
        x = x + step * f
        energy_trace.append(np.sum(f**2))
    return sum(energy_trace) / len(energy_trace) + np.ptp(x)


def neighbor_list(points, radius):
    pairs = []
    for a, b in itertools.combinations(range(len(points)), 2):
        if np.linalg.norm(points[a] - points[b]) < radius:
            pairs.append((a, b))
    return pairs


@program(lambda rng: (grid_positions(rng, 8), rng.uniform(0.5, 1.5, size=2)))
def springs_by_neighbor_list(points, constants):
    k, k_angle = constants
    pairs = neighbor_list(points, 1.6)
    force = np.zeros(points.shape)
    energy = 0.0
    neighbors = {i: [] for i in range(len(points))}
    for a, b in pairs:
        bond = points[b] - points[a]
        length = np.linalg.norm(bond)
        energy += 0.5 * k * (length - 1.0) ** 2
        pull = k * (length - 1.0) * bond / length
        force[a] += pull
        force[b] -= pull
        neighbors[a].append(b)
        neighbors[b].append(a)
    for center, around in neighbors.items():
        for left, right in zip(around, around[1:]):
            u, v = points[left] - points[center], points[right] - points[center]
            cosine = u @ v / (np.linalg.norm(u) * np.linalg.norm(v))
            energy += k_angle * (cosine + 1 / 3) ** 2
    assert np.allclose(force.sum(axis=0), 0)
    return energy + 0.01 * np.sum(force**2)


@program(lambda rng: (grid_positions(rng, 6), rng.normal(size=(6, 3)) * 0.5))
def velocity_rescaling_dynamics(r, v):
    """A thermostat that acts on the velocities in place, and walls that reflect."""
    r, v = np.array(r), np.array(v)
    wall, dt, target = 2.0, 0.05, 0.4
    mask = np.eye(len(r)) == 1
    for _ in range(6):
        diff = r[:, None] - r
        dist2 = (diff**2).sum(-1)
        dist2[mask] = 1.0
        strength = np.exp(-dist2)
        strength[mask] = 0.0
        acc = (strength[..., None] * diff).sum(axis=1)
        v += dt * acc
        r += dt * v
        out = np.abs(r) > wall
        v[out] *= -1.0
        r[r > wall] = wall
        temperature = np.mean(v**2)
        v *= np.sqrt(1 + 0.2 * (target / temperature - 1))
    return np.sum(r * v) + temperature


@program(lambda rng: grid_positions(rng, 6, spread=0.3).ravel())
def morse_from_flat_coordinates(flat):
    atoms = flat.reshape(-1, 3)
    D, a, r0 = 1.2, 1.5, 1.1
    distances = []
    for i, atom in enumerate(atoms[:-1]):
        rest = atoms[i + 1 :]
        distances.extend(np.sqrt(((rest - atom) ** 2).sum(axis=1)))
    r = np.array(distances)
    bonded = r[r < 1.9]
    e = np.exp(-a * (bonded - r0))
    energy = D * ((1 - e) ** 2 - 1).sum()
    spread = r.std()
    print(f"E = {energy:.6f}, {len(bonded)} bonds of {r.size}, spread {spread:5.3f}")
    return energy + 0.1 * spread

"""Functions of other people's packages, Python over NumPy and `math`, as functions of a vector."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import DtypeError, TraceError, UnsupportedError


@dataclass
class Case:
    """A function of a package, called by `program(module, x)`, and an error where it cannot be differentiated."""

    package: str
    function: str
    program: Callable[[Any, Any], Any]
    point: np.ndarray
    error: type[Exception] | None = None
    words: str = ""

    @property
    def name(self) -> str:
        return f"{self.package}-{self.function.rpartition('.')[2]}-{self.program.__name__}"

    def load(self) -> Callable[[Any], Any]:
        """The program with its module, as a function of x alone."""
        module = importlib.import_module(self.function.rpartition(".")[0])

        def called(x: Any) -> Any:
            return self.program(module, x)

        return called


CASES: list[Case] = []


def case(
    function: str, point: Any, error: type[Exception] | None = None, words: str = ""
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a program that calls a function, named in full, into the list."""

    def enter(program: Callable[..., Any]) -> Callable[..., Any]:
        package, _, _ = function.partition(".")
        CASES.append(Case(package, function, program, np.array(point, dtype=float), error, words))
        return program

    return enter


MEASURED = np.array([0.1, 0.9, 2.2, 2.8, 4.1])


# Filters


@case("filterpy.kalman.KalmanFilter", [0.3, 0.5, 0.1])
def tracked_position(kalman, x):
    from filterpy.common import Q_discrete_white_noise

    tracker = kalman.KalmanFilter(dim_x=2, dim_z=1)
    tracker.x = np.array([[x[2]], [1.0]])
    tracker.F = np.array([[1.0, 1.0], [0.0, 1.0]])
    tracker.H = np.array([[1.0, 0.0]])
    tracker.P = np.eye(2) * 10.0
    tracker.R = np.array([[x[0]]])
    tracker.Q = Q_discrete_white_noise(dim=2, dt=1.0, var=x[1])
    for z in MEASURED:
        tracker.predict()
        tracker.update(z)
    return tracker.x[0, 0] + tracker.P[1, 1]


@case("filterpy.kalman.FadingKalmanFilter", [0.3, 1.05])
def fading_memory(kalman, x):
    tracker = kalman.FadingKalmanFilter(alpha=x[1], dim_x=2, dim_z=1)
    tracker.F = np.array([[1.0, 1.0], [0.0, 1.0]])
    tracker.H = np.array([[1.0, 0.0]])
    tracker.P = np.eye(2) * 10.0
    tracker.R = np.array([[x[0]]])
    tracker.Q = np.eye(2) * 0.1
    for z in MEASURED:
        tracker.predict()
        tracker.update(z)
    return tracker.x[0, 0]


@case("filterpy.kalman.ExtendedKalmanFilter", [0.3, 0.5])
def range_to_a_plane(kalman, x):
    def jacobian(state):
        distance = np.sqrt(state[0, 0] ** 2 + 1.0)
        return np.array([[state[0, 0] / distance, 0.0]])

    tracker = kalman.ExtendedKalmanFilter(dim_x=2, dim_z=1)
    tracker.x = np.array([[x[1]], [1.0]])
    tracker.F = np.array([[1.0, 1.0], [0.0, 1.0]])
    tracker.R = np.array([[x[0]]])
    tracker.Q = np.eye(2) * 0.1
    for z in MEASURED:
        tracker.predict_update(np.array([[z]]), jacobian, lambda state: np.sqrt(state[0:1] ** 2 + 1.0))
    return tracker.x[0, 0]


@case("filterpy.kalman.UnscentedKalmanFilter", [0.3, 0.5])
def unscented(kalman, x):
    points = kalman.MerweScaledSigmaPoints(2, alpha=0.1, beta=2.0, kappa=1.0)
    tracker = kalman.UnscentedKalmanFilter(
        dim_x=2,
        dim_z=1,
        dt=1.0,
        hx=lambda state: state[:1],
        fx=lambda state, dt: np.array([state[0] + dt * state[1], state[1]]),
        points=points,
    )
    tracker.R = np.array([[x[0]]])
    tracker.P = np.eye(2) * x[1]
    for z in MEASURED:
        tracker.predict()
        tracker.update(z)
    return tracker.x[0]


@case("pykalman.KalmanFilter", [0.3, 0.5, 0.9], error=DtypeError, words="an array of type MaskedArray")
def smoothed_states(pykalman, x):
    model = pykalman.KalmanFilter(
        transition_matrices=np.array([[1.0, x[2]], [0.0, 1.0]]),
        observation_matrices=np.array([[1.0, 0.0]]),
        transition_covariance=np.eye(2) * x[0],
        observation_covariance=np.array([[x[1]]]),
        initial_state_mean=np.zeros(2),
        initial_state_covariance=np.eye(2),
    )
    means, covariances = model.smooth(MEASURED)
    return np.sum(means**2) + covariances[-1, 0, 0]


@case("simdkalman.KalmanFilter", [0.3, 0.5, 0.9])
def many_series(simdkalman, x):
    model = simdkalman.KalmanFilter(
        state_transition=np.array([[1.0, x[2]], [0.0, 1.0]]),
        process_noise=np.diag([x[0], x[0]]),
        observation_model=np.array([[1.0, 0.0]]),
        observation_noise=x[1],
    )
    result = model.compute(np.stack([MEASURED, MEASURED[::-1]]), 2, smoothed=True)
    return np.sum(result.smoothed.states.mean**2) + np.sum(result.predicted.observations.mean)


@case(
    "ahrs.filters.Madgwick", [0.05, -0.1, 0.2, 0.3, 0.1, 9.7], error=TypeError, words="a bytes-like object is required"
)
def attitude_of_an_inertial_unit(filters, x):
    madgwick = filters.Madgwick(frequency=50.0)
    q = np.array([0.9, 0.1, -0.3, 0.3])
    q = q / np.linalg.norm(q)
    for _ in range(3):
        q = madgwick.updateIMU(q, gyr=x[:3], acc=x[3:])
    return q[0] - q[2] * q[3]


@case("ahrs.filters.FAMC", [0.3, -0.2, 9.7, 20.0, 1.0, -40.0])
def attitude_of_a_still_unit(filters, x):
    return np.sum(filters.FAMC(acc=x[:3], mag=x[3:]).Q * np.arange(4.0))


# Rotations


@case("ahrs.common.orientation.chiaverini", [0.3, -0.4, 0.5])
def quaternion_of_a_matrix(orientation, x):
    q = orientation.rpy2q(x)
    return np.sum(orientation.chiaverini(orientation.q2R(q)) * np.arange(4.0))


@case("pyquaternion.Quaternion", [0.3, -0.4, 0.5, 0.2], error=TraceError, words="x instead of float(x)")
def slerp(pyquaternion, x):
    first = pyquaternion.Quaternion(axis=[1.0, 0.0, 0.0], angle=x[0])
    second = pyquaternion.Quaternion(axis=[0.0, 1.0, 0.5], angle=x[1] + x[2])
    between = pyquaternion.Quaternion.slerp(first, second, x[3])
    return np.sum(between.rotate(np.array([1.0, 2.0, 3.0])) * np.arange(3.0))


@case("pyquaternion.Quaternion", [0.3, -0.4, 0.5], error=TraceError, words="x instead of float(x)")
def from_a_matrix(pyquaternion, x):
    rotation = pyquaternion.Quaternion(axis=x, angle=0.7).rotation_matrix
    return np.sum(pyquaternion.Quaternion(matrix=rotation).elements * np.arange(4.0))


@case("transforms3d.euler.euler2mat", [0.3, -0.4, 0.5])
def euler_angles_there_and_back(euler, x):
    matrix = euler.euler2mat(x[0], x[1], x[2], "sxyz")
    angles = euler.mat2euler(matrix @ matrix, "rzyx")
    return angles[0] + 2 * angles[1] * angles[2]


@case("transforms3d.affines.decompose44", [0.3, -0.4, 0.5, 1.2])
def parts_of_an_affine_map(affines, x):
    from transforms3d.euler import euler2mat

    matrix = affines.compose(x[:3], euler2mat(x[0], x[1], x[2]), np.array([x[3], 2.0, 0.5]), np.array([0.1, 0.2, 0.3]))
    translation, rotation, zooms, shears = affines.decompose44(matrix)
    return translation[0] + rotation[0, 1] + zooms[0] * shears[1]


@case("rowan.from_euler", [0.3, -0.4, 0.5])
def euler_angles_in_bulk(rowan, x):
    q = rowan.from_euler(x[0] * np.arange(3.0), x[1] * np.ones(3), x[2] * np.ones(3), convention="zyx")
    return np.sum(rowan.to_matrix(q) * np.arange(9.0).reshape(3, 3)) + np.sum(rowan.log(q) ** 2)


@case("rowan.mapping.kabsch", [0.3, -0.4, 0.5])
def best_rotation(mapping, x):
    points = np.array([[0.0, 1.0, 2.0], [1.0, 0.5, 0.0], [2.0, 0.0, 1.0], [0.3, 0.2, 0.1]])
    rotation, translation = mapping.kabsch(points, points[:, ::-1] ** 2 + x)
    return rotation[0, 1] + translation[2]


@case("spatialmath.base.trinterp", [0.3, -0.4, 0.5], error=TraceError, words="float would take")
def interpolated_pose(base, x):
    start, end = base.troty(x[0], t=[1.0, 2.0, 3.0]), base.trotz(x[1], t=[0.0, 1.0, 0.0])
    pose = base.trinterp(start, end, s=x[2])
    return pose[0, 1] + pose[2, 3]


@case("spatialmath.base.trexp", [0.3, -0.4, 0.5])
def screw_motion(base, x):
    twist = np.concatenate([np.array([1.0, 2.0, 3.0]), x])
    pose = base.trexp(twist) @ base.rpy2tr(x[0], x[1], x[2])
    return np.sum(base.tr2rpy(pose) * np.arange(3.0)) + pose[0, 3]


@case("pytransform3d.rotations.matrix_from_axis_angle", [0.3, -0.4, 0.5])
def axis_and_angle(rotations, x):
    matrix = rotations.matrix_from_axis_angle(np.array([0.6, 0.0, 0.8, x[0]]))
    turned = matrix @ rotations.active_matrix_from_intrinsic_euler_xyz(x)
    return np.sum(rotations.axis_angle_from_matrix(turned) * np.arange(4.0))


@case("trimesh.transformations.euler_matrix", [0.3, -0.4, 0.5])
def homogeneous_matrices(transformations, x):
    matrix = transformations.euler_matrix(x[0], x[1], x[2], "rxyz")
    q = transformations.quaternion_from_matrix(matrix, isprecise=True)
    return np.sum(transformations.quaternion_slerp(q, np.array([1.0, 0.0, 0.0, 0.0]), 0.3) * np.arange(4.0))


@case("trimesh.triangles.mass_properties", [0.3, -0.4, 0.5])
def inertia_of_a_mesh(triangles, x):
    corners = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    tip = np.array([0.2, 0.3, 1.0]) + x
    a, b, c = corners
    faces = np.array([[a, c, b], [a, b, tip], [b, c, tip], [c, a, tip]])
    found = triangles.mass_properties(faces, density=2.0, skip_inertia=False)
    return found["volume"] + found["center_mass"][2] + found["inertia"][0, 1]


@case("navpy.angle2dcm", [0.3, -0.4, 0.5])
def direction_cosines(navpy, x):
    matrix = navpy.angle2dcm(x[0], x[1], x[2])
    q0, q = navpy.angle2quat(x[0], x[1], x[2])
    return np.sum(matrix * np.arange(9.0).reshape(3, 3)) + q0 * q[1]


# The earth and above


@case("navpy.lla2ecef", [47.3, 8.5, 450.0])
def geodetic_there_and_back(navpy, x):
    position = navpy.lla2ecef(x[0], x[1], x[2])
    latitude, longitude, height = navpy.ecef2lla(position * 1.0001)
    return latitude + longitude * 1e-1 + height * 1e-3


@case("pymap3d.vincenty.vdist", [47.3, 8.5, 48.1, 11.6])
def geodesic_distance(vincenty, x):
    distance, azimuth = vincenty.vdist(x[0], x[1], x[2], x[3])
    return np.sum(distance * 1e-3 + azimuth)


@case("pymap3d.vincenty.vreckon", [47.3, 8.5, 250.0, 37.0])
def geodesic_end(vincenty, x):
    latitude, longitude = vincenty.vreckon(x[0], x[1], x[2] * 1e3, x[3])
    return np.sum(latitude + longitude)


@case("pymap3d.ecef.ecef2geodetic", [4.2e3, 6.3e2, 4.7e3])
def geodetic_of_a_satellite(ecef, x):
    latitude, longitude, height = ecef.ecef2geodetic(x[0] * 1e3, x[1] * 1e3, x[2] * 1e3)
    return latitude + longitude + height * 1e-3


@case("pymap3d.los.lookAtSpheroid", [47.3, 8.5, 500.0, 30.0, 20.0])
def where_a_camera_looks(los, x):
    latitude, longitude, range_ = los.lookAtSpheroid(x[0], x[1], x[2] * 1e3, x[3], x[4])
    return np.sum(latitude + longitude + range_ * 1e-3)


@case("sgp4.propagation.sgp4", [0.7, 90.0])
def satellite_by_its_elements(propagation, x):
    from sgp4.earth_gravity import wgs72
    from sgp4.io import twoline2rv

    line1 = "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991"
    line2 = "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482"
    satellite = twoline2rv(line1, line2, wgs72)
    satellite.mo = x[0]
    propagation.sgp4init(
        wgs72,
        False,
        satellite.satnum,
        satellite.jdsatepoch - 2433281.5,
        satellite.bstar,
        satellite.ndot,
        satellite.nddot,
        satellite.ecco,
        satellite.argpo,
        satellite.inclo,
        x[0],
        satellite.no_kozai,
        satellite.nodeo,
        satellite,
    )
    position, velocity = propagation.sgp4(satellite, x[1])
    return position[0] * 1e-3 + velocity[1]


@case("seawater.svel", [35.0, 10.0, 500.0])
def speed_of_sound(seawater, x):
    return np.sum(seawater.svel(x[0], x[1], x[2]) + seawater.dens(x[0], x[1], x[2]) + seawater.cp(x[0], x[1], x[2]))


@case("iapws.iapws97._Region1", [350.0, 3.0])
def steam_tables(iapws97, x):
    state = iapws97._Region1(x[0], x[1])
    return state["h"] + state["s"] + state["cp"] + 1e3 * state["v"]


@case("iapws._iapws._ThCond", [990.0, 320.0])
def transport_in_water(iapws, x):
    return 1e3 * iapws._Viscosity(x[0], x[1]) + iapws._ThCond(x[0], x[1])


@case("fluids.friction.friction_factor", [1e5, 1e-3])
def friction_in_a_pipe(friction, x):
    return friction.friction_factor(Re=x[0], eD=x[1]) * 1e3 + friction.Haaland(x[0], x[1])


# Numbers


@case("numpy_financial.rate", [10.0, 3.5])
def interest(financial, x):
    return financial.rate(x[0], -x[1], 25.0, 0.0) * 100


@case("numpy_financial.irr", [3.5, 4.0, 5.0], error=UnsupportedError, words="np.roots is not supported")
def internal_rate_of_return(financial, x):
    return financial.irr(np.array([-10.0, x[0], x[1], x[2]])) * 100


@case("colorspacious.cspace_convert", [0.3, 0.6, 0.2])
def color_appearance(colorspacious, x):
    perceived = colorspacious.cspace_convert(x, "sRGB1", "CAM02-UCS")
    return np.sum(perceived * np.array([1.0, 2.0, 3.0]))


@case("skfuzzy.defuzz", [0.3, 0.6, 2.0])
def centroid_of_a_fuzzy_set(skfuzzy, x):
    universe = np.linspace(0, 5, 11)
    membership = skfuzzy.gaussmf(universe, x[2], 1.0) * x[0] + x[1] * 0.1
    return skfuzzy.defuzz(universe, membership, "centroid")


@case("skfuzzy.cluster.cmeans", [0.3, -0.4, 0.5], error=TraceError, words="cdist would take")
def fuzzy_clusters(cluster, x):
    points = np.array([[0.0, 0.1, 1.0, 1.1], [0.0, 0.2, 1.0, 0.9]]) + 0.1 * np.outer(
        x[:2], np.array([1.0, 2.0, 0.0, 1.0])
    )
    start = np.array([[0.9, 0.8, 0.1, 0.2], [0.1, 0.2, 0.9, 0.8]])
    centers, *_ = cluster.cmeans(points, 2, 2.0, error=0.0, maxiter=4, init=start)
    return centers[0, 0] + 2 * centers[1, 1] * x[2]


@case("emcee.autocorr.integrated_time", [0.3, -0.4])
def autocorrelation_time(autocorr, x):
    chain = np.sin(np.arange(100.0) * x[0]) + x[1] * np.cos(np.arange(100.0) ** 1.5)
    return autocorr.integrated_time(chain, c=2, quiet=True)[0]


@case("gymnasium.envs.classic_control.acrobot.rk4", [0.3, -0.4, 0.5, 0.1, 0.7])
def two_links_that_swing(acrobot, x):
    environment = acrobot.AcrobotEnv()
    state = np.array([x[0], x[1], x[2], x[3], x[4]])
    for _ in range(2):
        state = acrobot.rk4(environment._dsdt, state, [0, 0.2])
        state = np.append(state, x[4]) if len(state) == 4 else state
    return state[0] + state[3]


@case("geomdl.helpers.basis_function", [0.37, 1.2])
def spline_basis(helpers, x):
    knots = [0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0]
    span = helpers.find_span_linear(2, knots, 4, x[0])
    values = helpers.basis_function(2, knots, span, x[0])
    return values[0] + 2 * values[1] * x[1]

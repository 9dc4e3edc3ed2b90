"""Robot arms, rotations, quaternions, homogeneous transforms."""

from math import cos, sin

import numpy as np
from numpy import array, eye, zeros

from ..program import program


def dh_matrix(a, alpha, d, theta):
    ct, st = cos(theta), sin(theta)
    ca, sa = cos(alpha), sin(alpha)
    return array([[ct, -st * ca, st * sa, a * ct], [st, ct * ca, -ct * sa, a * st], [0, sa, ca, d], [0, 0, 0, 1]])


@program(lambda rng: (rng.uniform(-2, 2, size=4), rng.uniform(0.3, 0.6, size=4)))
def denavit_hartenberg_reach(angles, lengths):
    target = array([0.5, 0.4, 0.6])
    twists = [np.pi / 2, 0.0, -np.pi / 2, 0.0]
    T = eye(4)
    origins = zeros((5, 3))
    for i, (theta, a, alpha) in enumerate(zip(angles, lengths, twists)):
        T = T @ dh_matrix(a, alpha, 0.1 * i, theta)
        origins[i + 1] = T[:3, 3]
    tip_error = origins[-1] - target
    penalty = 0.0
    for joint in origins[1:-1]:
        if joint[2] < 0:
            penalty += joint[2] ** 2
    return tip_error @ tip_error + penalty


@program(lambda rng: (rng.uniform(0.2, 1.2, size=3), rng.uniform(0.5, 1.0, size=3), rng.normal(size=2)))
def planar_arm_manipulability(q, links, wrench):
    n = len(q)
    absolute = np.cumsum(q)
    points = np.zeros((n + 1, 2))
    for k in range(n):
        points[k + 1, 0] = points[k, 0] + links[k] * np.cos(absolute[k])
        points[k + 1, 1] = points[k, 1] + links[k] * np.sin(absolute[k])
    J = np.empty((2, n))
    for k in range(n):
        lever = points[-1] - points[k]
        J[:, k] = -lever[1], lever[0]
    torques = J.T @ wrench
    manipulability = np.sqrt(np.linalg.det(J @ J.T))
    return manipulability + 0.5 * np.sum(torques**2)


def quaternion_product(p, q):
    w0, x0, y0, z0 = p
    w1, x1, y1, z1 = q
    return np.array(
        [
            w0 * w1 - x0 * x1 - y0 * y1 - z0 * z1,
            w0 * x1 + x0 * w1 + y0 * z1 - z0 * y1,
            w0 * y1 - x0 * z1 + y0 * w1 + z0 * x1,
            w0 * z1 + x0 * y1 - y0 * x1 + z0 * w1,
        ]
    )


@program(lambda rng: (rng.normal(size=4), rng.normal(size=(8, 3)) * 0.5))
def attitude_from_gyro(q, rates):
    q = q / np.linalg.norm(q)
    dt = 0.1
    for omega in rates:
        angle = np.linalg.norm(omega) * dt
        if angle < 1e-8:
            continue
        axis = omega / np.linalg.norm(omega)
        dq = np.concatenate([[np.cos(angle / 2)], np.sin(angle / 2) * axis])
        q = quaternion_product(q, dq)
        q /= np.sqrt(np.sum(q**2))
    conjugate = q * np.array([1, -1, -1, -1])
    down = quaternion_product(quaternion_product(q, np.array([0, 0, 0, -1.0])), conjugate)[1:]
    roll = np.arctan2(2 * (q[0] * q[1] + q[2] * q[3]), 1 - 2 * (q[1] ** 2 + q[2] ** 2))
    pitch = np.arcsin(np.clip(2 * (q[0] * q[2] - q[3] * q[1]), -1, 1))
    return roll + pitch + down @ np.array([0.2, 0.3, 0.5])


@program(lambda rng: (rng.normal(size=3) * 0.6, rng.normal(size=3), rng.normal(size=(6, 3))))
def rodrigues_point_alignment(rotation_vector, translation, cloud):
    theta = np.sqrt(rotation_vector.dot(rotation_vector))
    if theta < 1e-12:
        R = np.eye(3)
    else:
        k = rotation_vector / theta
        K = np.zeros((3, 3))
        K[0, 1], K[0, 2], K[1, 2] = -k[2], k[1], -k[0]
        K -= K.T
        R = np.eye(3) + np.sin(theta) * K + (1 - np.cos(theta)) * K @ K
    moved = cloud @ R.T + translation
    reference = np.round(cloud, 1) + 0.3
    distances = ((moved[:, None, :] - reference[None, :, :]) ** 2).sum(-1)
    nearest = distances.argmin(axis=1)
    residuals = np.sqrt(distances[np.arange(len(cloud)), nearest])
    huber = np.where(residuals < 1.0, 0.5 * residuals**2, residuals - 0.5)
    return huber.sum()


class Pose:
    def __init__(self, x=0.0, y=0.0, heading=0.0):
        self.x, self.y, self.heading = x, y, heading

    def __matmul__(self, other):
        c, s = np.cos(self.heading), np.sin(self.heading)
        return Pose(
            self.x + c * other.x - s * other.y, self.y + s * other.x + c * other.y, self.heading + other.heading
        )

    def inverse(self):
        c, s = np.cos(self.heading), np.sin(self.heading)
        return Pose(-c * self.x - s * self.y, s * self.x - c * self.y, -self.heading)

    def as_array(self):
        return np.array([self.x, self.y, self.heading])


@program(lambda rng: (rng.normal(size=(4, 3)) * 0.4, rng.uniform(0.5, 2, size=3)))
def pose_graph_error(odometry, information):
    poses = [Pose()]
    for dx, dy, dh in odometry:
        poses.append(poses[-1] @ Pose(1.0 + dx, dy, dh))
    loops = {(0, 2): (1.8, 0.2, 0.1), (1, 4): (2.7, -0.1, 0.0), (0, 4): (3.5, 0.0, 0.3)}
    chi2 = 0.0
    for (i, j), measured in loops.items():
        relative = poses[i].inverse() @ poses[j]
        error = (Pose(*measured).inverse() @ relative).as_array()
        error[2] = (error[2] + np.pi) % (2 * np.pi) - np.pi
        chi2 += error @ np.diag(information) @ error
    return chi2


@program(lambda rng: (rng.uniform(-1, 1, size=6), rng.uniform(0.8, 1.2)))
def homogeneous_camera_projection(pose, focal):
    rx, ry, rz, tx, ty, tz = pose
    Rx = np.array([[1, 0, 0], [0, np.cos(rx), -np.sin(rx)], [0, np.sin(rx), np.cos(rx)]])
    Ry = np.array([[np.cos(ry), 0, np.sin(ry)], [0, 1, 0], [-np.sin(ry), 0, np.cos(ry)]])
    Rz = np.array([[np.cos(rz), -np.sin(rz), 0], [np.sin(rz), np.cos(rz), 0], [0, 0, 1]])
    extrinsic = np.eye(4)
    extrinsic[:3, :3] = Rz @ Ry @ Rx
    extrinsic[:3, 3] = [tx, ty, tz + 5.0]
    K = np.array([[focal, 0, 0.5], [0, focal, 0.5], [0, 0, 1]])
    corners = np.array([[i, j, k, 1.0] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
    camera = (extrinsic @ corners.T)[:3]
    pixels = K @ camera
    pixels = pixels[:2] / pixels[2]
    u_min, v_min = pixels.min(axis=1)
    u_max, v_max = pixels.max(axis=1)
    return (u_max - u_min) * (v_max - v_min) + np.cross(camera[:, 0], camera[:, 5])[2] * 0.01


@program(lambda rng: (rng.uniform(0.3, 1.2, size=2), rng.uniform(0.6, 1.0, size=2)))
def inverse_kinematics_damped(goal, links):
    """Two links: the angles by damped least squares, checked against the law of cosines."""
    q = np.array([0.3, 0.9])
    damping = 0.1
    for _ in range(15):
        s1, c1 = np.sin(q[0]), np.cos(q[0])
        s12, c12 = np.sin(q.sum()), np.cos(q.sum())
        tip = np.array([links[0] * c1 + links[1] * c12, links[0] * s1 + links[1] * s12])
        error = goal - tip
        J = np.array([[-tip[1], -links[1] * s12], [tip[0], links[1] * c12]])
        dq = J.T @ np.linalg.inv(J @ J.T + damping**2 * np.eye(2)) @ error
        norm = np.hypot(*dq)
        if norm > 0.5:
            dq *= 0.5 / norm
        q += dq
    cosine = (goal @ goal - links @ links) / (2 * links[0] * links[1])
    elbow = np.arccos(np.clip(cosine, -0.99, 0.99))
    return q[0] + (q[1] - elbow) ** 2 + error.dot(error)

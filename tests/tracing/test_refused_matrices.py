"""What LAPACK refuses raises where it stands, if the program handles it: so the program goes on as in NumPy."""

import contextlib

import numpy as np
import pytest

import chainrule as cr

X = np.array([0.7, 1.9, -1.3])


def with_jitter(x, start=1e-4):
    K = np.outer(x, x) - 1e-3 * np.eye(3)
    jitter = start
    while True:
        try:
            L = np.linalg.cholesky(K + jitter * np.eye(3))
            break
        except np.linalg.LinAlgError:
            jitter *= 10
    return np.sum(np.log(np.diag(L))) + jitter


def solved_or_not(solve):
    def f(x):
        A = np.diag(x * np.array([1.0, 0.0, 1.0]))
        try:
            return np.sum(solve(A, x))
        except np.linalg.LinAlgError as error:
            assert "Singular" in str(error)
            return np.sum(x**3)

    return f


def within_suppress(x):
    found = x[0] * 2
    with contextlib.suppress(np.linalg.LinAlgError):
        found = np.sum(np.linalg.cholesky(np.outer(x, x) - np.eye(3)))
    return found


def upper(x):
    try:
        return np.sum(np.linalg.cholesky(np.diag(x), upper=True))
    except np.linalg.LinAlgError:
        return np.sum(np.linalg.cholesky(np.diag(x * x), upper=True) ** 3)


PROGRAMS = {
    "cholesky with jitter": with_jitter,
    "cholesky at once": lambda x: with_jitter(x, 1.0),
    "solve": solved_or_not(np.linalg.solve),
    "inv": solved_or_not(lambda A, x: np.linalg.inv(A) @ x),
    "a batch": solved_or_not(lambda A, x: np.linalg.inv(np.stack([np.eye(3) + A, A])) @ x),
    "suppress": within_suppress,
    "upper": upper,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_goes_on_as_in_numpy(name):
    f = PROGRAMS[name]
    value, gradient = cr.value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    step = 1e-6
    expected = [(f(X + step * e) - f(X - step * e)) / (2 * step) for e in np.eye(3)]
    np.testing.assert_allclose(gradient, expected, rtol=1e-5)


def test_where_nobody_handles_it_nothing_is_computed_twice():
    seen = []

    def look(x):
        L = np.linalg.cholesky(np.diag(x * x))
        seen.append(len(L.owner.guards))
        return L.sum()

    cr.grad(look)(X)
    assert seen == [0]


def test_the_answer_is_a_guard():
    seen = []

    def look(x):
        value = with_jitter(x)
        seen.extend(guard.answer for guard in x.owner.guards)
        return value

    cr.grad(look)(X)
    assert seen == [b"\0", b"\0", b"\1"]

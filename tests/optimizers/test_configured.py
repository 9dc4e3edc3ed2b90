"""Optimizers by name, with settings bound."""

import copy
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from chainrule.errors import ArgumentError
from chainrule.optimizers import OPTIMIZERS, OTHERS, adam, configured, lbfgs, sgd


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_by_name_or_module(name):
    made = configured(name)
    assert made == configured(OPTIMIZERS[name].module)
    assert (made.name, made.settings, made.learning_rate) == (
        name,
        OPTIMIZERS[name].settings,
        OPTIMIZERS[name].learning_rate,
    )
    assert configured(made.name, **made.settings) == made
    assert eval(repr(made), {"configured": configured}) == made
    for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert again == made
        w, g = np.array([1.0, 2.0]), np.array([0.5, -1.0])
        np.testing.assert_array_equal(
            again.update(w, g, again.initialize(w), 0.1)[0],
            OPTIMIZERS[name].module.update(w, g, OPTIMIZERS[name].module.initialize(w), 0.1)[0],
        )


def test_settings_are_bound():
    w, g = np.array([1.0]), np.array([4.0])
    bound = configured("momentum", momentum=0.25)
    w, state = bound.update(w, g, bound.initialize(w), 0.25)
    # v = -1, then -1/4 - 1
    w, state = bound.update(w, g, state, 0.25)
    assert (w.item(), state.velocity.item()) == (-1.25, -1.25)


def test_the_defaults_are_those_of_the_functions():
    assert OPTIMIZERS["adam"].settings == {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    assert OPTIMIZERS["adam"].learning_rate == 1e-3
    assert OPTIMIZERS["sgd"].settings == {}
    assert OPTIMIZERS["adadelta"].learning_rate == 1.0


def test_anything_with_the_two_functions():
    def update(parameters, gradients, state, learning_rate, factor, shift=0.0):
        return parameters - learning_rate * factor * gradients + shift, state + 1

    mine = configured(SimpleNamespace(initialize=lambda parameters: 0, update=update), factor=2.0)
    assert mine.update(1.0, 0.5, mine.initialize(1.0), 0.25) == (0.75, 1)
    assert mine.learning_rate is None
    with pytest.raises(ArgumentError, match=r"SimpleNamespace needs a value for factor\n(.|\n)*one of factor, shift"):
        configured(SimpleNamespace(initialize=lambda parameters: 0, update=update))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: configured("adm"), "there is no optimizer 'adm'\n(.|\n)*one of sgd, momentum, .*\n +try +adam$"),
        (lambda: configured("Adam"), "there is no optimizer 'Adam'\n(.|\n)*try +adam$"),
        (lambda: configured("whatever"), "there is no optimizer 'whatever'\n(.|\n)*adadelta$"),
        (lambda: configured("newton"), "newton is none of the optimizers: it solves with the Hessian"),
        (
            lambda: configured("adam", beta=0.5),
            "adam has no setting beta\n(.|\n)*got +beta=0.5\n +wanted +one of beta1, beta2, epsilon\n +try +beta",
        ),
        (lambda: configured(adam, momentum=0.5), "adam has no setting momentum\n(.|\n)*beta2, epsilon$"),
        (lambda: configured("sgd", momentum=0.5), "sgd has no setting momentum\n(.|\n)*wanted +no settings$"),
        (
            lambda: configured("adam", learning_rate=0.5),
            "adam has no setting learning_rate\n(.|\n)*epsilon; a learning rate goes to update$",
        ),
        (lambda: configured("momentum", momentum=1.0), "momentum of momentum is what is kept at each step, at least 0"),
        (lambda: configured("momentum", momentum=-0.1), "got +momentum=-0.1"),
        (lambda: configured("momentum", momentum="0.9"), "got +momentum='0.9'"),
        (lambda: configured("adam", beta2=np.nan), "beta2 of adam is what is kept"),
        (lambda: configured("rmsprop", decay=1.5), "decay of rmsprop is what is kept"),
        (lambda: configured("adam", epsilon=0.0), "epsilon of adam is a positive number"),
        (lambda: configured("adagrad", epsilon=True), "epsilon of adagrad is a positive number"),
        (lambda: configured("adamw", weight_decay=-1.0), "weight_decay of adamw is a number that is not negative"),
        (lambda: configured("adamw", biases="no"), "biases of adamw is True or False"),
    ],
)
def test_what_makes_no_sense(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize("name", OTHERS)
def test_other_methods_have_a_reason(name):
    assert name not in OPTIMIZERS
    with pytest.raises(ArgumentError, match=f"{name} is none of the optimizers: {OTHERS[name][:20]}"):
        configured(name)


def test_where_reasons_lead():
    assert "lbfgs.minimize" in OTHERS["lbfgs"] and callable(lbfgs.minimize)


def test_numbers_of_numpy_are_numbers():
    assert configured("momentum", momentum=np.float32(0.5)).settings["momentum"] == 0.5
    assert configured(sgd).settings == {}

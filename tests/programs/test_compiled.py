"""Programs give the same compiled, of the same kinds: the values of three of each idiom, the gradient of one."""

import copy

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree

from .program import INPUTS, all_programs, inputs_of

IDIOMS = all_programs()


def compared(f, program):
    """Over all inputs in changing order, so that every path is run again after it has been traced."""
    compiled = cr.jit(f)
    wanted = [f(*inputs_of(program, k)) for k in range(INPUTS)]
    for k in (*range(INPUTS), *reversed(range(INPUTS))):
        arguments = inputs_of(program, k)
        before = copy.deepcopy(arguments)
        got = compiled(*arguments)
        for a, b in zip(tree.flatten(got)[0], tree.flatten(wanted[k])[0], strict=True):
            assert type(a) is type(b)
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)
        for a, b in zip(tree.flatten(arguments)[0], tree.flatten(before)[0], strict=True):
            np.testing.assert_array_equal(a, b)
    return compiled


@pytest.mark.filterwarnings("ignore:.*(makes a text|draws random numbers):chainrule.errors.ChainruleWarning")
@pytest.mark.parametrize(
    "program",
    [p for programs in IDIOMS.values() for p in programs[:3]],
    ids=lambda p: f"{p.__module__.split('.')[-1]}-{p.__name__}",
)
def test_values(program):
    compiled = compared(program, program)
    assert 0 < compiled.trace_count <= INPUTS + 1


@pytest.mark.filterwarnings("ignore:.*(makes a text|draws random numbers):chainrule.errors.ChainruleWarning")
@pytest.mark.parametrize("idiom", IDIOMS)
def test_gradients(idiom):
    program = IDIOMS[idiom][0]
    compared(cr.value_and_grad(program), program)

"""Every program runs as it stands, and has the derivative that differences of plain NumPy give."""

import functools

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import MutationError

from .program import INPUTS, all_programs, inputs_of
from .reference import slopes
from .skeleton import skeleton, statements
from .trees import leaves, mapped, product

IDIOMS = all_programs()
NAMED = {f"{idiom}-{program.__name__}": program for idiom, programs in IDIOMS.items() for program in programs}
PROGRAMS = [pytest.param(program, id=name) for name, program in NAMED.items()]


@functools.cache
def reference(program, number):
    return slopes(program, inputs_of(program, number))


def copied(arguments):
    return mapped(lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf, arguments)


def assert_untouched(arguments, before):
    for leaf, kept in zip(leaves(arguments), leaves(before), strict=True):
        assert type(leaf) is type(kept)
        assert np.array_equal(leaf, kept)


def assert_gradient(gradients, arguments, references):
    for leaf, gradient in zip(leaves(arguments), leaves(gradients), strict=True):
        assert np.shape(gradient) == np.shape(leaf)
        assert np.asarray(gradient).dtype == np.float64
    for expected in references:
        if expected.value is not None:
            got = product(gradients, expected.direction)
            assert abs(got - expected.value) <= 2 * expected.allowance, (got, expected.value, expected.direction)


@pytest.mark.parametrize("number", range(INPUTS))
@pytest.mark.parametrize("program", PROGRAMS)
def test_value_and_gradient(program, number):
    arguments = inputs_of(program, number)
    before = copied(arguments)
    plain = program(*copied(arguments))
    assert np.shape(plain) == () and np.isfinite(plain)
    argnums = tuple(range(len(arguments)))
    value, gradients = cr.value_and_grad(program, argnums)(*arguments)
    assert_untouched(arguments, before)
    np.testing.assert_allclose(value, plain, rtol=1e-12)
    assert_gradient(gradients, arguments, reference(program, number))


@pytest.mark.filterwarnings("ignore:.*(makes a text|draws random numbers):chainrule.errors.ChainruleWarning")
@pytest.mark.parametrize("program", PROGRAMS)
def test_gradient_under_jit(program):
    examples = [inputs_of(program, number) for number in (0, 1)]
    compiled = cr.jit(cr.value_and_grad(program, tuple(range(len(examples[0])))))
    for number in (0, 1, 0, 1):
        before = copied(examples[number])
        value, gradients = compiled(*examples[number])
        rtol = max(1e-9, program.condition * np.finfo(float).eps)
        np.testing.assert_allclose(value, program(*copied(before)), rtol=rtol)
        assert_untouched(examples[number], before)
        assert_gradient(gradients, examples[number], reference(program, number))


@pytest.mark.parametrize("program", PROGRAMS)
def test_forward_mode(program):
    for number in range(INPUTS):
        arguments = inputs_of(program, number)
        before = copied(arguments)
        expected = reference(program, number)[-1]
        value, value_dot = cr.jvp(program, arguments, expected.direction)
        assert_untouched(arguments, before)
        np.testing.assert_allclose(value, program(*copied(arguments)), rtol=1e-12)
        if expected.value is not None:
            assert abs(value_dot - expected.value) <= 2 * expected.allowance


@pytest.mark.parametrize("program", [each for each in PROGRAMS if len(inputs_of(each.values[0], 0)) > 1])
def test_one_argument_alone(program):
    """Gradients by one argument, the others plain arrays: right, or refused where those are filled with traced values.

    A copy of an array that existed before the trace cannot hold them (docs/tracing.md); the error says what can.
    """
    arguments = inputs_of(program, 0)
    together = cr.grad(program, tuple(range(len(arguments))))(*arguments)
    for number, expected in enumerate(together):
        try:
            alone = cr.grad(program, number)(*arguments)
        except MutationError as error:
            assert error.try_
            continue
        for got, wanted in zip(leaves(alone), leaves(expected), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9 * np.max(np.abs(wanted)))
    assert_untouched(arguments, inputs_of(program, 0))


def test_differences_tell_nearly_everywhere():
    """Points where differences of plain NumPy do not tell the derivative (a kink near by) are few."""
    found = [each for program in NAMED.values() for number in range(INPUTS) for each in reference(program, number)]
    told = [each.value is not None for each in found]
    assert told.count(False) <= 0.05 * len(told)


def test_there_are_as_many_as_promised():
    assert len(IDIOMS) == 25
    assert len(NAMED) >= 150


def test_every_program_is_another_one():
    seen = {}
    for program in NAMED.values():
        seen.setdefault(skeleton(program), []).append(program.__name__)
    assert [names for names in seen.values() if len(names) > 1] == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_are_not_one_liners(program):
    assert statements(program) >= 8


@pytest.mark.parametrize("idiom", IDIOMS)
def test_idioms_have_several_programs(idiom):
    assert len(IDIOMS[idiom]) >= 5

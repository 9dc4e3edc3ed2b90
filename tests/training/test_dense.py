"""The objective of a dense net with what training adds to it."""

import numpy as np
import pytest

from chainrule.losses import squared
from chainrule.nets import Dense
from chainrule.training.batches import batches
from chainrule.training.dense import dense_objective, mean_loss, starting_buffers


@pytest.fixture(scope="module")
def steps():
    """The outputs of three steps on ones: of one layer with dropout, and of two that hand on what they get."""
    found = {}
    for hidden in (1, 2):
        seen = []
        net = Dense([64] * (hidden + 2), activations="linear", dropout=0.25)
        objective = dense_objective(net, lambda outputs, y, seen=seen: seen.append(outputs) or np.mean(outputs))
        parameters = [{"W": np.eye(64), "b": np.zeros(64)}] * (hidden + 1)
        buffers = starting_buffers(net, seed=5)
        for _ in range(3):
            buffers = objective(parameters, buffers, np.ones((200, 64)), np.ones(200))[1][2]
        found[hidden] = seen
    return found


class TestDropout:
    def test_what_is_kept_is_divided_by_its_share_so_that_the_expectation_stays(self, steps):
        for outputs in steps[1]:
            np.testing.assert_array_equal(np.unique(outputs), [0, 4 / 3])
            assert abs(np.mean(outputs) - 1) < 5 * np.sqrt(1 / 3 / outputs.size)  # its deviation: sqrt(r / (1 - r))

    def test_masks_differ_from_step_to_step(self, steps):
        first, second, third = (outputs > 0 for outputs in steps[1])
        for one, other in ((first, second), (second, third), (first, third)):
            assert abs(np.mean(one & other) - 0.75**2) < 0.02  # independent of each other

    def test_masks_differ_from_layer_to_layer(self, steps):
        assert abs(np.mean(steps[2][0] > 0) - 0.75**2) < 0.02

    def test_no_unit_is_left_out_elsewhere(self):
        net = Dense([2, 3, 1], dropout=0.5)
        objective = dense_objective(net, lambda outputs, y: np.mean(outputs))
        parameters, x = net.initialize(0), np.ones((4, 2))
        value, _ = objective.evaluate(parameters, starting_buffers(net), x, np.zeros(4))
        assert value == np.mean(net.forward(parameters, x))


def test_weights_of_rows_count_as_rows_do():
    """A weight of 2 is a row that is there twice, in the loss and in the share of the penalty."""
    net = Dense([2, 3, 1])
    parameters, buffers = net.initialize(0), starting_buffers(net, strength=0.7)
    x, y = np.arange(6.0).reshape(3, 2), np.array([[1.0], [-1.0], [2.0]])
    penalty = lambda parameters: np.sum(np.abs(parameters[0]["W"]))
    weighted = dense_objective(net, squared, penalty)
    plain = dense_objective(net, squared, penalty)
    rows = [0, 0, 1, 1, 1, 2]
    np.testing.assert_allclose(
        weighted(parameters, buffers, x, y, np.array([2.0, 3.0, 1.0]))[1][:2],
        plain(parameters, buffers, x[rows], y[rows])[1][:2],
        rtol=1e-12,
    )
    assert mean_loss(squared, y, y + 1, np.array([1.0, 5.0, 2.0])) == 0.5


@pytest.mark.parametrize(
    ("rows", "sizes"), [(8, [4, 4]), (9, [4, 5]), (10, [4, 4, 2]), (5, [5]), (4, [4]), (1, [1]), (3, [3])]
)
def test_a_last_batch_that_is_too_small_goes_with_the_one_before(rows, sizes):
    found = list(batches(np.arange(rows), 4, smallest=2))
    assert [len(batch) for batch in found] == sizes
    np.testing.assert_array_equal(np.concatenate(found), np.arange(rows))
    for first in range(1, len(sizes) + 1):
        assert [len(batch) for batch in batches(np.arange(rows), 4, first, smallest=2)] == sizes[first:]


def test_nets_with_batch_normalization_say_how_few_rows_they_take():
    for normalization, fewest in (("batch", 2), ("layer", 1), (None, 1)):
        net = Dense([2, 3, 1], normalizations=normalization)
        assert dense_objective(net, squared).smallest_batch == fewest

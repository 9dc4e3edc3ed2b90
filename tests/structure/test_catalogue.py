import pytest, numpy as np
from .catalogue import CATALOGUE, dense_of


@pytest.mark.parametrize("e", CATALOGUE, ids=repr)
def test_x(e):
    D = dense_of(e.function, e.J.in_shape)
    np.testing.assert_array_equal(e.J.todense(), D)
    np.testing.assert_array_equal(e.J.tosparse().toarray().reshape(D.shape), D)
    assert (e.J.structure, e.J.structure.block) == (e.structure, e.block)
    assert e.J.T.structure

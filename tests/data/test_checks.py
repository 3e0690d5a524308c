import numpy as np
import pytest

from vspair.data.checks import require_finite, require_varied, require_within
from vspair.errors import VspairError


def slices(value=0.5, count=1):
    """Five slices in [0, 1], of which the fourth holds some values of another kind."""
    values = np.random.default_rng(0).random((5, 3, 4), dtype=np.float32)
    values[3].flat[:count] = value
    return values


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -0.5, 1.5])
def test_values_that_cannot_be_are_named_with_their_place_and_number(value):
    require_within(slices(), "file", "mend it", low=0, high=1)
    message = (
        rf"^file: expected values from 0 to 1, found 2 others such as {value} in 1 of 5 slices read, first in slice"
    )
    with pytest.raises(VspairError, match=rf"{message} 3 \(from 0\): mend it$"):
        require_within(slices(value, 2), "file", "mend it", low=0, high=1)
    with pytest.raises(VspairError, match=rf"{message} 17 "):
        require_within(slices(value, 2), "file", "mend it", low=0, high=1, numbers=[4, 0, 2, 17, 9])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_numbers_of_a_type_are_finite_and_the_next_are_not(dtype):
    largest = np.finfo(dtype).max
    require_finite(np.array([largest, -largest, 0], dtype), "file", "mend it")
    for value in (np.nan, np.inf):
        with pytest.raises(VspairError, match=r"expected values that are finite, found 1 others such as (nan|inf)"):
            require_finite(np.array([largest, value], dtype), "file", "mend it")


def test_no_values_are_no_fault():
    require_finite(np.empty((0, 3)), "file", "mend it")
    require_varied(np.empty((0, 3)), "file", "mend it")


def test_a_slice_of_one_value_is_named():
    values = slices()
    require_varied(values, "file", "mend it")
    values[3] = 0
    with pytest.raises(
        VspairError, match=r"^file: expected slices .*, found 1 of 5 read with 0 throughout, first slice 7"
    ):
        require_varied(values, "file", "mend it", numbers=[5, 6, 8, 7, 9])

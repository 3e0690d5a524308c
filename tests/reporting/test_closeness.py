"""Distances between sets of positive numbers, against closed forms."""

import math

import pytest

from vspair.reporting.closeness import CAP, capped_distance, distance, shape_distance

PUBLISHED = {("A", "mse"): 0.06, ("B", "mse"): 0.08, ("B", "nnz"): 39}


def times(factors, numbers=PUBLISHED):
    return {name: number * factor for (name, number), factor in zip(numbers.items(), factors, strict=True)}


@pytest.mark.parametrize(
    ("factors", "far", "shape"),
    [
        ((1, 1, 1), 0, 0),
        ((2, 2, 2), math.log(2), 0),
        ((0.5, 0.5, 0.5), math.log(2), 0),
        ((math.e, 1, math.exp(-4)), math.sqrt(17 / 3), math.sqrt(14 / 3)),
    ],
)
def test_factors_count_as_root_mean_square_and_standard_deviation_of_their_logarithms(factors, far, shape):
    """Factors e, 1 and 1/e^4 have the mean -1 and the deviations 2, 1 and -3."""
    assert distance(times(factors), PUBLISHED) == pytest.approx(far, abs=1e-12)
    assert shape_distance(times(factors), PUBLISHED) == pytest.approx(shape, abs=1e-12)


def test_only_numbers_that_both_have_count_and_one_is_needed():
    """A model that a study leaves out, or a number of ours that the paper lacks, moves nothing."""
    ours = {("A", "mse"): 0.12, ("C", "mse"): 5.0}
    assert distance(ours, PUBLISHED) == pytest.approx(math.log(2))
    assert shape_distance(ours, PUBLISHED) == 0
    for measure in (distance, shape_distance):
        with pytest.raises(ValueError, match=r"no number in common.*'C'.*'A'"):
            measure({("C", "mse"): 1.0}, PUBLISHED)


def test_the_capped_distance_by_hand():
    published = {"a": (1.0, 0.5), "b": (-2.0, 0.1), "c": (0.0, 1.0), "d": (5.0, 1.0), "e": (7.0, 1.0)}
    ours = {"a": 1.5, "b": 300.0, "c": -0.25, "d": float("nan"), "f": 1.0}
    mean, share = capped_distance(ours, published)
    assert mean == pytest.approx((1 + CAP + 0.25 + CAP) / 4)
    assert share == pytest.approx(2 / 4)
    with pytest.raises(ValueError, match="no number in common"):
        capped_distance({"f": 1.0}, published)

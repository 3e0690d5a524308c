"""Which images fit and which are reported: groups whole, drawn at random, and refused where they are not known."""

import numpy as np
import pytest

from vspair.data.groups import UNKNOWN
from vspair.errors import VspairError
from vspair.evaluation.grouping import parts_of

SIZES = (94, 20, 9, 5, 3, 3, 2, 2, 2, 1, 1, 1)
"""Images of each group."""


def seeded(seed=0):
    return np.random.default_rng(seed)


def shuffled(seed=0):
    return seeded(seed).permutation(np.repeat(np.arange(len(SIZES)), SIZES))


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_in_both_parts(seed):
    group = shuffled(seed)
    parts = parts_of(group, len(group), 0.5, "group", seeded(seed))
    assert not set(group[parts.fitted]) & set(group[~parts.fitted])
    assert (parts.units(fitted=True), parts.units(fitted=False)) == (6, 6)


def test_large_groups_fit_no_more_often_than_small_ones():
    """They would if groups were taken in the order of their images; 4.5 standard errors of 400 draws."""
    group = shuffled()
    fits = [set(group[parts_of(group, len(group), 0.5, "group", seeded(seed)).fitted]) for seed in range(400)]
    for one in range(len(SIZES)):
        assert np.mean([one in fit for fit in fits]) == pytest.approx(0.5, abs=4.5 * 0.5 / 20)


def test_the_first_images_fit_for_further_images_of_the_groups_at_hand():
    group = shuffled()
    for parts in (parts_of(group, 143, 0.3, "image", seeded()), parts_of(None, 143, 0.3, "group", seeded())):
        assert parts.fitted.tolist() == [True] * 42 + [False] * 101


def test_what_a_level_needs():
    parts = parts_of(shuffled(), 143, 0.75, "group", seeded())
    assert parts.unsupported((0.5, 0.9, 0.95, 0.99)) == {0.95: 19, 0.99: 99}
    assert parts_of(None, 143, 0.75, "image", seeded()).unsupported((0.5, 0.9, 0.95, 0.99)) == {}


def test_images_of_unknown_groups_are_refused_for_a_further_group_alone():
    group = shuffled()
    group[3:5] = UNKNOWN
    with pytest.raises(VspairError, match=r"found 2 images of unknown groups: give the patients .*unit=image"):
        parts_of(group, 143, 0.5, "group", seeded())
    assert parts_of(group, 143, 0.5, "image", seeded()).units(fitted=True) == 71


@pytest.mark.parametrize(("share", "found"), [(0.05, "0 and 12 groups"), (1.0, "12 and 0 groups")])
def test_both_parts_need_a_group(share, found):
    with pytest.raises(VspairError, match=f"found {found} of 143 images: change calibration.share"):
        parts_of(shuffled(), 143, share, "group", seeded())

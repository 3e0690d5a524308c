import numpy as np
import pytest

from vspair.data.groups import UNKNOWN
from vspair.data.splits import split_slices
from vspair.errors import VspairError


def patients(seed, people=12, most=9):
    """Slices of patients with very different numbers of slices, in mixed order."""
    generator = np.random.default_rng(seed)
    return generator.permutation(np.repeat(np.arange(people), generator.integers(1, most + 1, people)))


def disjoint(split, owner):
    """Sizes of both parts, of which no slice stands twice and no patient in both."""
    both = np.concatenate([split.train_index, split.test_index])
    assert len(set(both)) == len(both)
    assert not set(owner[split.train_index]) & set(owner[split.test_index])
    return len(split.train_index), len(split.test_index)


@pytest.mark.parametrize("seed", range(40))
def test_no_patient_is_in_both_parts_whatever_is_asked_for(seed):
    owner = patients(seed)
    train, test = np.random.default_rng(seed).integers(1, 2 * len(owner), 2)
    split = split_slices(owner, None, int(train), int(test), seed)
    found = disjoint(split, owner)
    assert 1 <= found[0] <= train
    assert 1 <= found[1] <= test
    assert (split.sentence is None) == (found == (train, test))


def best(owner, train, test):
    """Largest share of the numbers asked for that any division by patient allows, by trying all divisions."""
    sizes = np.bincount(owner)
    chosen = (np.arange(2 ** len(sizes))[:, None] >> np.arange(len(sizes)) & 1) @ sizes
    return min(np.minimum(chosen / test, (len(owner) - chosen) / train).max(), 1)


@pytest.mark.parametrize("seed", range(40))
def test_as_much_is_used_as_any_division_by_patient_allows(seed):
    """Against exhaustive search: a greedy division would fall short, or keep numbers that no division has."""
    owner = patients(seed, people=8)
    generator = np.random.default_rng(seed)
    test = int(generator.integers(1, len(owner) // 2))
    train = len(owner) - test - int(generator.integers(-4, 4))
    split = split_slices(owner, None, train, test, seed)
    share = best(owner, train, test)
    assert disjoint(split, owner) == (max(int(share * train + 1e-9), 1), max(int(share * test + 1e-9), 1))


def test_where_there_is_plenty_the_patients_are_divided_in_the_ratio_asked_for():
    """25 slices drawn from 25 patients of 20 meet 16 of them on average; a smallest division would have 2."""
    owner = np.repeat(np.arange(100), 20)
    split = split_slices(owner, None, 75, 25, 3)
    disjoint(split, owner)
    assert len(set(owner[split.test_index])) > 10


def test_the_division_is_random_and_every_patient_is_as_likely_in_the_test():
    """1,000 seeds, 10 patients of 4 slices, 2 of them for the test: each 200 times, with a deviation of 12.6.

    Of 50 patients of 1 slice and 10 of 50, taking whoever still fits would put all 50 into the test every time.
    """
    owner = np.repeat(np.arange(10), 4)
    drawn = [np.unique(owner[split_slices(owner, None, 32, 8, seed).test_index]) for seed in range(1000)]
    times = np.bincount(np.concatenate(drawn), minlength=10)
    assert times.sum() == 2000
    assert (abs(times - 200) < 5 * 12.6).all()
    owner = np.concatenate([np.arange(50), np.repeat(np.arange(50, 60), 50)])
    small = [(owner[split_slices(owner, None, 400, 150, seed).test_index] < 50).sum() for seed in range(50)]
    assert np.mean(small) < 30


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    one, same, other = (split_slices(patients(1), None, 20, 8, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.train_index, same.train_index)
    np.testing.assert_array_equal(one.test_index, same.test_index)
    assert set(one.test_index) != set(other.test_index)


def test_too_few_slices_are_reduced_in_proportion_and_said():
    """37 patients of 4 for training and a third of their slices for the test; 38 would leave 48 for the test."""
    owner = np.repeat(np.arange(50), 4)
    split = split_slices(owner, None, 3000, 1000, 0)
    assert disjoint(split, owner) == (148, 49)
    for part in (
        "3000 training and 1000 test slices were asked for",
        "200 slices of 50 patients",
        "148 and 49 are used",
    ):
        assert part in split.sentence


@pytest.mark.parametrize(("asked", "found"), [((40, 20), (40, 20)), ((60, 40), (30, 20))])
def test_parts_of_the_source_are_kept(asked, found):
    held_out = np.arange(100) >= 80
    split = split_slices(np.full(100, UNKNOWN), held_out, *asked, 0)
    assert disjoint(split, np.arange(100)) == found
    assert not held_out[split.train_index].any()
    assert held_out[split.test_index].all()
    scarce = "100 slices (80 for training and 20 for the test): 30 and 20 are used"
    assert split.sentence is None if asked == found else scarce in split.sentence


def test_unknown_patients_are_split_by_slice_and_it_is_said():
    split = split_slices(np.full(100, UNKNOWN), None, 60, 20, 0)
    assert disjoint(split, np.arange(100)) == (60, 20)
    assert "does not tell the patients" in split.sentence
    assert "a patient may be in both parts" in split.sentence


@pytest.mark.parametrize(
    ("owner", "held_out", "message"),
    [
        ([3, 3, 3], None, r"slices of 1 patients, but .* at least two"),
        ([UNKNOWN], None, r"has 1 slices, but a split needs at least two"),
        ([0, 1], [True, True], r"none of its training part"),
        ([0, 1], [False, False], r"none of its test part"),
        ([0, 1, 1], [False, False, True], r"share 1 patients"),
    ],
)
def test_a_source_that_cannot_be_split_is_refused(owner, held_out, message):
    with pytest.raises(VspairError, match=message):
        split_slices(np.array(owner), None if held_out is None else np.array(held_out), 1, 1, 0)


def test_as_many_patients_as_lodopab_has_are_divided_exactly():
    """Where the subset sums are longest."""
    owner = np.random.default_rng(0).integers(0, 752, 42895)
    split = split_slices(owner, None, 32000, 3000, 1)
    assert (disjoint(split, owner), split.sentence) == ((32000, 3000), None)


@pytest.mark.parametrize("grouped", ["patient", "unknown"])
def test_slices_of_unknown_patients_stay_out_where_the_known_ones_suffice(grouped):
    owner = np.where(np.arange(100) % 3 == 0, UNKNOWN, np.arange(100) // 5)
    split = split_slices(owner, None, 40, 15, 0, grouped=grouped)
    assert disjoint(split, owner) == (40, 15)
    assert UNKNOWN not in owner[np.concatenate([split.train_index, split.test_index])]
    assert split.sentence == "34 slices of unknown patients are left out, since they may be of any patient"


def test_slices_of_unknown_patients_are_used_where_the_known_ones_do_not_suffice_and_it_is_said():
    """Known patients stay whole nevertheless."""
    owner = np.where(np.arange(100) % 3 == 0, UNKNOWN, np.arange(100) // 5)
    split = split_slices(owner, None, 70, 25, 0)
    train, test = (set(owner[index]) - {UNKNOWN} for index in (split.train_index, split.test_index))
    assert not train & test
    assert (len(split.train_index), len(split.test_index)) == (70, 25)
    assert "does not tell the patients of 34 of its 100 slices" in split.sentence


@pytest.mark.parametrize("grouped", ["study", "series"])
def test_what_is_no_patient_is_not_called_one(grouped):
    names = {"study": "studies", "series": "series"}[grouped]
    split = split_slices(np.arange(20) // 2, None, 30, 10, 0, grouped=grouped)
    assert f"20 slices of 10 {names} (" in split.sentence
    assert f"tells {names} but not patients apart, so a patient may be in both parts" in split.sentence
    with pytest.raises(VspairError, match=f"slices of 1 {names}, but a split by {grouped} needs at least two"):
        split_slices(np.zeros(9, dtype=int), None, 3, 2, 0, grouped=grouped)


def test_what_is_left_out_moves_others_up_and_changes_no_others():
    held_out = np.arange(100) >= 80
    full = split_slices(np.full(100, UNKNOWN), held_out, 40, 10, 0)
    left_out = np.isin(np.arange(100), full.train_index[:3])
    split = split_slices(np.full(100, UNKNOWN), held_out, 40, 10, 0, left_out=left_out)
    np.testing.assert_array_equal(split.train_index[:37], full.train_index[3:])
    np.testing.assert_array_equal(split.test_index, full.test_index)
    with pytest.raises(VspairError, match=r"80 slices for training and 0 for the test that are not left out"):
        split_slices(np.full(100, UNKNOWN), held_out, 40, 10, 0, left_out=held_out)

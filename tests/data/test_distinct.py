"""Slices of the same content are in a split once, whatever their source."""

import numpy as np
import pytest

from vspair.data.distinct import split_distinct
from vspair.data.groups import UNKNOWN
from vspair.data.splits import split_slices


class Source:
    """Slices full of one number each, so that equal numbers are copies."""

    grouped = "patient"

    def __init__(self, contents, patients, held_out=None):
        self.contents, self.patients, self.held_out = np.asarray(contents), np.asarray(patients), held_out
        self.read = []

    def __len__(self):
        return len(self.contents)

    def name(self, position):
        return f"slice {position}"

    def images(self, index):
        self.read += np.asarray(index).tolist()
        return np.broadcast_to(self.contents[index, None, None], (len(index), 3, 3)).astype(np.float32)


def contents_of(source, split):
    return [source.contents[index].tolist() for index in (split.train_index, split.test_index)]


def test_without_copies_the_split_is_that_of_the_patients():
    source = Source(np.arange(60), np.arange(60) // 4)
    split, patients, copies = split_distinct(source, 30, 10, 3)
    truth = split_slices(source.patients, None, 30, 10, 3)
    np.testing.assert_array_equal(split.train_index, truth.train_index)
    np.testing.assert_array_equal(split.test_index, truth.test_index)
    np.testing.assert_array_equal(patients, source.patients)
    assert (split.sentence, copies) == (None, None)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("parts", [False, True])
def test_no_copy_is_in_both_parts_or_counts_twice(seed, parts):
    """Six slices are copies, most under another patient, whose other slices may not cross either."""
    generator = np.random.default_rng(seed)
    contents = np.arange(60)
    contents[generator.choice(60, 6, replace=False)] = generator.choice(60, 6, replace=False)
    patients = np.arange(60) // 3
    held_out = np.arange(60) >= 45 if parts else None
    source = Source(contents, np.full(60, UNKNOWN) if parts else patients, held_out)
    split, codes, copies = split_distinct(source, 45, 15, seed)
    train, test = contents_of(source, split)
    assert len(set(train + test)) == len(train + test)
    assert "copies of others and left out: slice " in copies
    assert "copies of others and left out" in split.sentence
    if not parts:
        assert not set(codes[split.train_index]) & set(codes[split.test_index])
        by_content = {c: set(patients[contents == c].tolist()) for c in set(train)}
        assert all(not set(patients[split.test_index].tolist()) & owners for owners in by_content.values())


def test_of_a_source_with_parts_only_what_is_drawn_is_read_and_another_slice_is_drawn_for_a_copy():
    """So that 32,000 slices stay 32,000."""
    contents = np.arange(1000)
    held_out = np.arange(1000) >= 800
    first = split_slices(np.full(1000, UNKNOWN), held_out, 50, 10, 1)
    contents[first.train_index[:5]] = contents[first.test_index[:5]]
    contents[first.train_index[5]] = contents[first.train_index[6]]
    source = Source(contents, np.full(1000, UNKNOWN), held_out)
    split, _, copies = split_distinct(source, 50, 10, 1)
    np.testing.assert_array_equal(split.test_index, first.test_index)
    assert (len(split.train_index), len(set(contents[split.train_index]))) == (50, 50)
    assert not set(contents[split.train_index]) & set(contents[split.test_index])
    assert set(first.train_index[7:]) < set(split.train_index)
    assert len(source.read) == len(set(source.read)) == 66
    assert copies.startswith("6 slices are copies")


def test_too_few_that_differ_are_said_to_be_too_few():
    source = Source(np.arange(40) // 4, np.arange(40) // 4)
    split, _, _ = split_distinct(source, 10, 5, 0)
    assert "10 training and 5 test slices were asked for, but the source has 10 slices of 10 patients" in split.sentence
    assert "30 slices are copies of others and left out" in split.sentence

"""Groups of slices against graphs walked by hand, and which slices are copies of which."""

import numpy as np
import pytest

from vspair.data.groups import UNKNOWN, counted, joined, repeated


def reached(labels):
    """Which slices lead to which, by spreading until nothing changes."""
    links = np.array([[bool(set(a) & set(b)) for b in labels] for a in labels]) | np.eye(len(labels), dtype=bool)
    for _ in labels:
        links = (links.astype(int) @ links) > 0
    return links


@pytest.mark.parametrize("seed", range(20))
def test_slices_that_share_a_label_or_are_led_to_are_one_group(seed):
    generator = np.random.default_rng(seed)
    labels = [tuple(generator.integers(0, 12, generator.integers(0, 3)).tolist()) for _ in range(15)]
    codes = joined(labels)
    known = np.array([bool(label) for label in labels])
    np.testing.assert_array_equal(codes == UNKNOWN, ~known)
    truth = reached([label or (f"alone {place}",) for place, label in enumerate(labels)])
    np.testing.assert_array_equal((codes[:, None] == codes)[known][:, known], truth[known][:, known])
    first = [codes.tolist().index(code) for code in range(codes.max() + 1)]
    assert first == sorted(first)


def test_without_labels_nothing_is_known():
    assert joined([]).tolist() == []
    assert joined([(), ()]).tolist() == [UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    ("digests", "patients", "stands", "codes"),
    [
        ("abc", [5, 5, 7], [0, 1, 2], [5, 5, 7]),
        ("aba", [5, 6, 7], [0, 1, 0], [5, 6, 5]),
        ("abab", [7, 6, 5, 9], [0, 1, 0, 1], [5, 6, 5, 6]),
        ("abbc", [1, 1, 2, 2], [0, 1, 1, 3], [1, 1, 1, 1]),
        ("aa", [UNKNOWN, 3], [1, 1], [3, 3]),
        ("aab", [UNKNOWN, UNKNOWN, UNKNOWN], [0, 0, 2], [UNKNOWN] * 3),
        ("aabc", [UNKNOWN, 3, UNKNOWN, 3], [1, 1, 2, 3], [3, 3, UNKNOWN, 3]),
    ],
)
def test_one_slice_stands_for_its_copies_and_patients_who_share_one_are_one(digests, patients, stands, codes):
    found = repeated(list(digests), np.array(patients))
    assert [array.tolist() for array in found] == [stands, codes]


@pytest.mark.parametrize(
    ("grouped", "patients", "text"),
    [
        ("patient", [1, 1, 4], " of 2 other patients"),
        ("patient", [1], " of 1 other patient"),
        ("study", [1, 1, 4], " of 2 other studies"),
        ("series", [1, 4], " of 2 other series"),
        ("patient", [1, UNKNOWN], " of unknown patients"),
        ("unknown", [UNKNOWN], " of unknown patients"),
        ("part", [1, 2], " of an unknown number of other patients"),
    ],
)
def test_what_is_unknown_is_never_counted(grouped, patients, text):
    assert counted(grouped, np.array(patients), " other") == text

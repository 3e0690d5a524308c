"""Which slices are of one patient, as far as a source tells, and which are the same slice again."""

from collections.abc import Hashable, Sequence

import numpy as np

UNKNOWN = -1
"""Code of a slice whose patient the source does not tell; no two of them are known to be of one patient, or of two."""

GROUPS = {"patient": "patients", "study": "studies", "series": "series"}
"""What a source may tell apart, from the best: two studies or series may be of one patient."""


def joined(labels: Sequence[Sequence[Hashable]]) -> np.ndarray:
    """Codes of groups: slices that share a label are of one group, as are those that others lead to.

    Arguments:
        labels: of each slice.

    Returns:
        Integers (n,) in the order of first appearance; `UNKNOWN` for slices without a label.
    """
    # Here and not above: every job on slices imports this module, and few of them group any.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    numbers: dict[Hashable, int] = {}
    pairs = [
        (position, len(labels) + numbers.setdefault(label, len(numbers)))
        for position, found in enumerate(labels)
        for label in found
    ]
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    nodes = len(labels) + len(numbers)
    graph = coo_array((np.ones(ends.shape[1], dtype=np.int8), (ends[0], ends[1])), shape=(nodes, nodes))
    component = connected_components(graph, directed=False)[1][: len(labels)]
    labelled = np.array([bool(found) for found in labels], dtype=bool)
    first, inverse = np.unique(component[labelled], return_index=True, return_inverse=True)[1:]
    codes = np.full(len(labels), UNKNOWN)
    codes[labelled] = np.argsort(np.argsort(first))[inverse]
    return codes


def repeated(digests: Sequence[Hashable], patients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What identical slices say: which one stands for each slice, and whose slices these are.

    The first one of a known patient stands for all that are identical, else the first one. Patients that share a
    slice are one.

    Arguments:
        digests: of each slice's content.
        patients: code of each slice's patient, (n,).

    Returns:
        Position of the slice that stands for each one, (n,), and codes as given but for patients that are one, (n,).
    """
    contents: dict[Hashable, int] = {}
    content = np.array([contents.setdefault(digest, len(contents)) for digest in digests], dtype=np.int64)
    order = np.lexsort((np.arange(len(content)), patients == UNKNOWN, content))
    stands = order[np.unique(content[order], return_index=True)[1]][content]
    if len(contents) == len(content):
        return stands, patients
    owners = [[("patient", code)] if code != UNKNOWN else [] for code in patients.tolist()]
    group = joined([[("content", one), *owner] for one, owner in zip(content.tolist(), owners, strict=True)])
    least = np.full(group.max() + 1, np.iinfo(np.int64).max)
    known = patients != UNKNOWN
    np.minimum.at(least, group[known], patients[known])
    least[least == np.iinfo(np.int64).max] = UNKNOWN
    return stands, least[group]


def counted(grouped: str, patients: np.ndarray, other: str = "") -> str:
    """How many patients, studies or series slices are of, to follow their number in a sentence.

    Arguments:
        grouped: what the source tells apart (`vspair.data.slices.Slices.grouped`).
        patients: code of each slice's group, (n,); `UNKNOWN` is never counted.
        other: word in front of them, such as ` other`.
    """
    if grouped == "part":
        return f" of an unknown number of{other} patients"
    if grouped not in GROUPS or (patients == UNKNOWN).any():
        return " of unknown patients"
    number = len(np.unique(patients))
    name = GROUPS[grouped] if number != 1 else grouped
    return f" of {number}{other} {name}"

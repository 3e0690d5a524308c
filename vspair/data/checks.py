"""Values that cannot be are refused where they are read or made: NaN, infinity, and what lies outside a range."""

from collections.abc import Sequence

import numpy as np

from vspair.errors import VspairError


def require_within(
    values: np.ndarray,
    where: str,
    advice: str,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    numbers: Sequence[int] | None = None,
    unit: str = "slice",
) -> None:
    """Refuse values that are not finite or outside a range.

    Arguments:
        values: numbers along the first axis, (n, ...).
        where: file and array that they come from, or what made them.
        advice: what to do about it.
        low, high: ends of the range, both of it.
        numbers: position of each in its source, (n,); by default from 0.
        unit: what one of them is.

    Raises:
        VspairError: some are, with how many, which, and such a value.
    """
    if not values.size:
        return
    # Two passes and no array beside: a NaN is its array's least and largest value.
    lowest, highest = float(values.min()), float(values.max())
    if np.isfinite([lowest, highest]).all() and low <= lowest <= highest <= high:
        return
    flat = values.reshape(len(values), -1)
    bad = ~((flat >= low) & (flat <= high) & np.isfinite(flat))
    which = np.flatnonzero(bad.any(axis=1))
    first = int(which[0])
    named = first if numbers is None else int(numbers[first])
    limits = "that are finite" if (low, high) == (-np.inf, np.inf) else f"from {low:g} to {high:g}"
    raise VspairError(
        f"{where}: expected values {limits}, found {int(bad.sum())} others such as {flat[first][bad[first]][0]:g} in "
        f"{len(which)} of {len(values)} {unit}s read, first in {unit} {named} (from 0): {advice}"
    )


def require_finite(
    values: np.ndarray, where: str, advice: str, *, numbers: Sequence[int] | None = None, unit: str = "slice"
) -> None:
    """Refuse NaN and infinity, as `require_within` does."""
    require_within(values, where, advice, numbers=numbers, unit=unit)


def require_varied(values: np.ndarray, where: str, advice: str, *, numbers: Sequence[int] | None = None) -> None:
    """Refuse slices of one value throughout, which hold nothing: they were never written, or lost.

    Raises:
        VspairError: there are some, with how many, which, and the value.
    """
    if not values.size:
        return
    flat = values.reshape(len(values), -1)
    constant = np.flatnonzero(flat.min(axis=1) == flat.max(axis=1))
    if len(constant):
        first = int(constant[0])
        named = first if numbers is None else int(numbers[first])
        raise VspairError(
            f"{where}: expected slices of more than one value, found {len(constant)} of {len(values)} read with "
            f"{flat[first, 0]:g} throughout, first slice {named} (from 0): {advice}"
        )

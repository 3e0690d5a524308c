"""Fields of a DICOM header: each is converted here, and what is not what it must be is refused by name."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vspair.errors import VspairError

if TYPE_CHECKING:
    from pydicom import FileDataset


class Fields:
    """Fields of one header.

    Arguments:
        path: of the file, for sentences.
        dataset: from pydicom, which converts a field when it is asked for.
    """

    def __init__(self, path: Path, dataset: "FileDataset"):
        self.path, self.dataset = path, dataset

    def text(self, name: str) -> str:
        """Text without the blanks around it, empty if there is none; of several values all, between backslashes."""
        value = self.dataset.get(name)
        parts = [] if value is None else [value] if _single(value) else list(value)
        return "\\".join(str(part).strip(" \0\t\r\n") for part in parts)

    def numbers(
        self, name: str, count: int, low: float, high: float, *, whole: bool = False
    ) -> tuple[float, ...] | None:
        """All values of a field, None if it is absent or empty.

        Raises:
            VspairError: they are not `count` numbers within the bounds, or not whole where they must be.
        """
        if name not in self.dataset:
            return None
        raw = self.dataset.get_item(name).value
        try:
            value = self.dataset.get(name)
            values = tuple(float(part) for part in ([value] if _single(value) else value) if part not in ("", None))
        except Exception:  # pydicom converts now, and has many ways to say that it cannot
            values = (math.nan,)
        if not values:
            return None
        fit = all(low <= part <= high and (not whole or part.is_integer()) for part in values)
        if len(values) != count or not fit:
            wanted = f"one {'whole ' * whole}number" if count == 1 else f"{count} numbers"
            raise VspairError(
                f"{self.path} has {name} {_shown(raw, values)} instead of {wanted} from {low:g} to {high:g}: "
                "mend or remove it"
            )
        return values

    def number(self, name: str, low: float, high: float) -> float | None:
        """The only value of a field, None if it is absent or empty.

        Raises:
            VspairError: it is not one number within the bounds.
        """
        found = self.numbers(name, 1, low, high)
        return found[0] if found else None

    def whole(self, name: str, low: int, high: int) -> int | None:
        """The only value of a field, a whole number, None if it is absent or empty.

        Raises:
            VspairError: it is not one whole number within the bounds.
        """
        found = self.numbers(name, 1, low, high, whole=True)
        return int(found[0]) if found else None

    def needed(self, name: str, low: int, high: int) -> int:
        """The only value of a field that must be there, a whole number.

        Raises:
            VspairError: it is absent, or not one whole number within the bounds.
        """
        found = self.whole(name, low, high)
        if found is None:
            raise VspairError(f"{self.path} lacks {name}: it is damaged; fetch it again or remove it")
        return found


def _single(value: object) -> bool:
    return isinstance(value, str | bytes) or not np.iterable(value)


def _shown(raw: object, values: tuple[float, ...]) -> str:
    """What a file holds: its own words where they are no numbers."""
    if isinstance(raw, bytes) and any(math.isnan(value) for value in values):
        return repr(ascii(raw.decode("latin-1").strip(" \0"))[1:-1][:60])
    return ", ".join(f"{value:g}" for value in values)

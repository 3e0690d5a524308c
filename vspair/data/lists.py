"""Lists of patients that lie beside slices, one number a line."""

import os
import re
from pathlib import Path

import numpy as np

from vspair.data.groups import UNKNOWN
from vspair.data.inputs import require_file
from vspair.errors import VspairError

LINE = 12
"""Bytes of a line at most."""


def listed_patients(path: Path, most: int) -> np.ndarray | None:
    """Patients in the order of their slices, (slices,), `UNKNOWN` for negative numbers; None if there is no list.

    Arguments:
        path: text file with one whole number a line and nothing else.
        most: slices that it may list.

    Raises:
        VspairError: it cannot be read, is longer, or a line is something else.
    """
    if not os.path.lexists(path):
        return None
    require_file(path, f"{path} is missing: fetch it again")
    with path.open("rb") as file:
        lines = file.read(most * LINE + 1).rstrip().split(b"\n")
    if len(lines) > most:
        raise VspairError(f"{path} lists more than the {most} slices that there are: fetch it again, or remove it")
    for number, line in enumerate(lines, 1):
        # A line that is left out, such as a blank one, would give each slice behind it another's patient.
        if not re.fullmatch(rb"-?\d{1,9}", line.strip()):
            raise VspairError(
                f"{path} is no list of patient numbers (line {number} is {line[:40]!r}): fetch it again, or remove it"
            )
    return np.maximum(np.array(lines, dtype=np.int64), UNKNOWN)

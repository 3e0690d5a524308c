"""Where the numbers of a figure come from: the lines of the CSV beside it, named and led back to files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vspair.errors import VspairError

ALL = "all"
"""In the place of an image, a latent or a seed: the line that sums up over all of them."""


def printed(
    file: Path | str,
    index: Sequence[str],
    inputs: Sequence[Sequence[str]],
    keys: Mapping[str, str],
    statistic: str = "",
) -> dict[str, Any]:
    """The annotation of a figure's CSV that leads from its numbers to the files that they were read from.

    A line is called what its texts in the columns `index` are, joined by a blank: `LPD 10 0`.

    Arguments:
        file: the CSV, written.
        index: columns that name a line.
        inputs: files behind the numbers of each line, from the first on; lines without any show nothing in numbers.
        keys: column with numbers -> name of the number inside those files, or how it comes from them in words; the
            line's texts stand in for fields such as `{image}`. An empty cell is left out.
        statistic: of all these numbers, as for `Cell`.

    Returns:
        `index`, and `cells`: `line|column` -> `inputs`, `key` and `statistic`.

    Raises:
        VspairError: two lines have the same name.
    """
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    names = table[index[0]]
    for column in index[1:]:
        names = names + " " + table[column]
    if twice := names[names.duplicated()].tolist():
        raise VspairError(
            f"expected {', '.join(index)} to name each line of {file}, found {twice[0]!r} twice: "
            "name more columns, or remove what the configuration lists twice"
        )
    cells = {}
    for name, line, files in zip(names, table.head(len(inputs)).to_dict("records"), inputs, strict=False):
        for column in (column for column in keys if files and line[column]):
            key = keys[column].format_map(line)
            cells[f"{name}|{column}"] = {"inputs": list(files), "key": key, "statistic": statistic}
    return {"index": list(index), "cells": cells}


def of_image(table: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """Keys for `printed` of lines copied from per-image files: every column but those that name the line or image."""
    left_out = {"image", "index", "label", "patient", *names}
    return {column: f"{column} of image {{image}}" for column in table if column not in left_out}

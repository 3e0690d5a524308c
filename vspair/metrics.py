"""Metric files, CSVs with one line a test image: read in one place, by tables and figures as by the audit.

Whatever is averaged, correlated or drawn was there for every image that was promised. A value that is missing or not
finite is refused, but where a column may be empty, such as the ratio of a latent that an image does not have.
"""

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vspair import regular
from vspair.errors import VspairError
from vspair.printable import quoted

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 1 << 28
"""Bytes of a metric file at most: a line an image, hundreds of bytes each."""

IMAGE = "image"
"""Column with the number of the image, from 0."""

FIRST = "mse"
"""The first measure; what describes a pair stands before it."""

LOCALISED = (
    ("consistent_latent", "consistent_ratio", "consistent_change"),
    ("all_latent", "all_ratio", "all_change"),
)
"""Columns of the search for localised latents that are empty together, where an image has no latent with an effect."""

SCALINGS = ("scaled", "assured")
"""Columns of a calibration after a scaling begin so: one that is right on average, one with high probability."""

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_TRUTHS = {"True": 1.0, "False": 0.0}


def read_texts(path: Path) -> dict[str, list[str]]:
    """The columns of a CSV as texts.

    Raises:
        VspairError: it is missing, no CSV, or has two columns of one name or a line of another length.
    """
    try:
        stream = StringIO(regular.text(path, LARGEST, links=True), newline="")
        names, *lines = list(csv.reader(stream, strict=True)) or [[]]
        if not names:
            raise ValueError("no line")
        if odd := [name for name in names if not _NAME.fullmatch(name)]:
            raise ValueError(f"a column called {odd[0]}")
        if uneven := [place for place, line in enumerate(lines) if len(line) != len(names)]:
            raise ValueError(f"{len(lines[uneven[0]])} fields in line {uneven[0]}, not {len(names)}")
        if len(set(names)) < len(names):
            raise ValueError(f"two columns of one name among {', '.join(names)}")
        columns = zip(*lines, strict=True) if lines else [()] * len(names)
        return {name: list(column) for name, column in zip(names, columns, strict=True)}
    except (OSError, ValueError, csv.Error) as error:
        raise VspairError(
            f"expected a CSV with lines of one length at {path}, found: {quoted(error)}; delete it and run the same "
            "command again"
        ) from error


def number(text: str) -> float | None:
    """The finite number that a field holds, a truth value as 1 or 0; None for anything else."""
    try:
        found = _TRUTHS[text] if text in _TRUTHS else float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def read_numbers(
    path: Path | str,
    columns: Sequence[str],
    lines: int | None = None,
    empty: Sequence[Sequence[str]] = (),
) -> dict[str, list[float]]:
    """Columns of a CSV that hold a finite number in every line; with a column `image`, one line for each.

    Arguments:
        path: the file.
        columns: wanted, those of `empty` among them.
        lines: promised; None where nobody promised a number.
        empty: groups of columns that are empty in the same lines; NaN stands for an empty field.

    Raises:
        VspairError: a column is missing, there are other lines than were promised, an image is missing or there twice,
            or a value is missing or not finite. The sentence names file, column and image.
    """
    path = Path(path)
    return numbers_of(path, read_texts(path), columns, lines, empty)


def numbers_of(
    path: Path,
    texts: Mapping[str, Sequence[str]],
    columns: Sequence[str],
    lines: int | None = None,
    empty: Sequence[Sequence[str]] = (),
) -> dict[str, list[float]]:
    """What `read_numbers` gives, where the file was read already: `texts` are what `read_texts` gave of it."""
    groups = {name: group for group in empty for name in group}
    count = len(next(iter(texts.values()), ()))
    wanted = dict.fromkeys((*columns, *groups))
    for column in wanted:
        if column not in texts:
            raise _refused(path, f"a column {column}", f"none among {', '.join(texts)}")
    if lines is not None and count != lines:
        raise _refused(path, f"{lines} lines, one for each that was promised", f"{count}")
    for line, text in enumerate(texts.get(IMAGE, ())):
        if text != str(line):
            in_order = f"the images 0 to {count - 1} one after another"
            raise _refused(path, in_order, f"{text!r} in place of image {line}")
    place = "image" if IMAGE in texts else "line"
    found: dict[str, list[float]] = {}
    for column in wanted:
        numbers = found[column] = []
        together = groups.get(column)
        for line, text in enumerate(texts[column]):
            value = number(text)
            if together and not any(texts[name][line] for name in together):
                value = math.nan
            if value is None:
                given = repr(text) if text else "nothing"
                raise _refused(path, f"a finite number as {column} of {place} {line}", given)
            numbers.append(value)
    return found


def read_images(
    path: Path | str,
    columns: Sequence[str] | None = None,
    images: int | None = None,
    optional: Sequence[str] = (),
    empty: Sequence[Sequence[str]] = (),
) -> "pd.DataFrame":
    """A metric file, of which these columns hold a finite number for every image.

    Arguments:
        path: the file.
        columns: that must be there; None for all measures, which are the columns from `mse` on.
        images: promised, such as `data.test`.
        optional: further ones, which a method may lack.
        empty: groups of columns that may be empty, together.

    Raises:
        VspairError: as `read_numbers` does.
    """
    import pandas as pd

    path = Path(path)
    texts = read_texts(path)
    columns = _measures(texts) or [FIRST] if columns is None else columns
    numbers_of(path, texts, [IMAGE, *columns, *(name for name in optional if name in texts)], images, empty)
    return pd.read_csv(path)


def read_seeds(
    paths: Sequence[Path | str],
    columns: Sequence[str] | None = None,
    images: int | None = None,
    optional: Sequence[str] = (),
) -> "list[pd.DataFrame]":
    """Metric files of one method, one a seed, as `read_images` reads each.

    Raises:
        VspairError: as `read_images` does, or one has other columns than the first.
    """
    found = [read_images(path, columns, images, optional) for path in paths]
    for path, frame in zip(paths, found, strict=True):
        if other := sorted({*frame.columns} ^ {*found[0].columns}):
            raise _refused(Path(path), f"the columns of {paths[0]}", f"{', '.join(other)} in one of them")
    return found


def count_images(path: Path | str) -> int:
    """How many images a metric file of any kind is of, once all of its measures were found whole.

    Raises:
        VspairError: as `read_numbers` does.
    """
    path = Path(path)
    texts = read_texts(path)
    groups = [group for group in LOCALISED if group[0] in texts]
    return len(numbers_of(path, texts, [IMAGE, *_measures(texts)], empty=groups)[IMAGE])


def _measures(columns: Iterable[str]) -> list[str]:
    there = list(columns)
    return there[there.index(FIRST) :] if FIRST in there else []


def read_history(path: Path | str, epochs: int | None = None) -> "pd.DataFrame":
    """A training's history, one line an epoch, of finite numbers.

    Arguments:
        path: the file.
        epochs: of the training.

    Raises:
        VspairError: as `read_numbers` does, or the epochs are not counted from 1.
    """
    import pandas as pd

    path = Path(path)
    texts = read_texts(path)
    counted = numbers_of(path, texts, ["epoch", *texts], epochs)["epoch"]
    if counted != list(range(1, len(counted) + 1)):
        raise _refused(path, f"the epochs 1 to {len(counted)} one after another", "others")
    return pd.read_csv(path)


def require_measured(
    values: Mapping[str, Sequence[float]], why: str, empty: Sequence[str] = (), images: Sequence[int] | None = None
) -> None:
    """Refuse measures that are not finite where they arise, before they are written.

    Arguments:
        values: column -> one number for each image.
        why: what such a value can come from, and what to do, for the sentence.
        empty: columns that may hold NaN.
        images: their numbers; by default from 0.

    Raises:
        VspairError: a value is NaN or infinite. The sentence names column and image.
    """
    for column, numbers in values.items():
        for image, value in zip(range(len(numbers)) if images is None else images, numbers, strict=True):
            if not (math.isfinite(value) or (column in empty and math.isnan(value))):
                raise VspairError(f"expected a finite {column} of every image, found {value} for image {image}: {why}")


def _refused(path: Path, expected: str, found: Any) -> VspairError:
    return VspairError(
        f"expected {quoted(expected)} in {path}, found {quoted(found)}: it was edited or damaged; delete it and run "
        "the same command again"
    )

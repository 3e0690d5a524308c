"""Words of the configuration: names that become parts of paths, paths themselves, and what a reader sees."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field

LONGEST = 64
"""Characters of a name: several stand in one path."""

LONGEST_PART, LONGEST_PATH = 255, 1_000
"""Bytes of one part of a path, on every usual file system, and of all of it."""


REPEATED = 20
"""Times that a part of a name may stand there one after another: Snakemake takes more for a recursion of its rules."""


def require_name(name: str) -> str:
    """A name that may be part of paths and patterns, and a word of sentences and tables.

    Raises:
        ValueError: it is not made of ASCII letters, digits and underscores, a letter first, or too long.
    """
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) or len(name) > LONGEST:
        raise ValueError(
            f"a name is made of letters, digits and underscores without accents, a letter first, at most {LONGEST}"
        )
    return _without_period(name)


def require_title(name: str) -> str:
    """A name that may have hyphens too.

    Raises:
        ValueError: as for `require_name`.
    """
    if not re.fullmatch(r"[A-Za-z][\w-]*", name, re.ASCII) or len(name) > LONGEST:
        raise ValueError(
            f"a name is made of letters, digits, underscores and hyphens without accents, a letter first, at most "
            f"{LONGEST}"
        )
    return _without_period(name)


def _without_period(name: str) -> str:
    if re.search(rf"(.+?)\1{{{REPEATED - 1}}}", name):
        raise ValueError(f"a name repeats no part of it {REPEATED} times, which Snakemake takes for a recursion")
    return name


def require_data_name(name: str) -> None:
    """Check the name of a data set, which may have points too, as in `noise2.5`.

    Raises:
        ValueError: as for `require_name`.
    """
    if not re.fullmatch(r"[A-Za-z][\w.]*", name, re.ASCII) or len(name) > LONGEST:
        raise ValueError(
            f"a data set's name is made of letters, digits, underscores and points, a letter first, at most {LONGEST}, "
            f"found {name!r}"
        )


def require_place(path: str) -> str:
    """A path that Snakemake can be told: its braces are no wildcards, and it has no home folder's short form.

    Raises:
        ValueError: it is empty, too long, or has characters that would be read as something else.
    """
    if not path.strip():
        raise ValueError("must not be empty")
    if any(character in path for character in "{}") or not path.isprintable() or path != path.strip():
        raise ValueError("must be a path without braces, line breaks and spaces at its ends")
    if path.startswith("~"):
        raise ValueError("must be a whole path, since nothing replaces ~ here")
    parts = PurePosixPath(path).parts
    if len(path.encode()) > LONGEST_PATH or any(len(part.encode()) > LONGEST_PART for part in parts):
        raise ValueError(f"must be a path of at most {LONGEST_PATH} bytes and {LONGEST_PART} in each part")
    return path


def require_inside(path: str) -> str:
    """A path that leads nowhere but into the folder that it starts from.

    Raises:
        ValueError: it does, or `require_place` refuses it.
    """
    place = PurePosixPath(require_place(path))
    if place.is_absolute() or ".." in place.parts:
        raise ValueError("must be a path inside its folder, neither absolute nor with `..`")
    return path


Name = Annotated[str, AfterValidator(require_name)]
Title = Annotated[str, AfterValidator(require_title)]
Place = Annotated[str, AfterValidator(require_place)]
Inside = Annotated[str, AfterValidator(require_inside)]
Label = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]

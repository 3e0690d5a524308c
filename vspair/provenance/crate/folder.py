"""Folders that appear whole or not at all."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vspair.errors import VspairError


@contextmanager
def whole_folder(path: Path | str) -> Iterator[Path]:
    """Give a temporary folder beside `path`, put in its place only when the block ends well.

    Raises:
        VspairError: it cannot be written there (the disk is full), or there is something at `path` that is not an
            empty folder.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise VspairError(
            f"expected to write the folder {path}, found: {error.strerror}; nothing is left of it: free some space or "
            "give another place"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)

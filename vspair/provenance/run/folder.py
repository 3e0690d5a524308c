"""Folders that appear whole or not at all."""

import errno
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vspair.errors import VspairError
from vspair.refusals import writing


@contextmanager
def whole_folder(path: Path | str) -> Iterator[Path]:
    """Give a temporary folder beside `path`, put in its place only when the block ends well.

    Raises:
        VspairError: the machine does not let it be written (see `vspair.refusals`), or there is something at `path`
            that is not an empty folder.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with writing(path):
            temporary.mkdir(parents=True)
            yield temporary
            try:
                temporary.replace(path)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                    raise
                raise VspairError(f"expected no folder at {path} yet, found one that appeared meanwhile") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)

"""What a rule without outputs says, in its log and on the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

from vspair.errors import VspairError
from vspair.files import write_text
from vspair.printable import tell
from vspair.refusals import refusal


@contextmanager
def looking(log: Path | str) -> Iterator[None]:
    """Show what is printed in the block, and write it into a log.

    Raises:
        SystemExit: with status 2, after one sentence, when a VspairError says what the user can mend, or the machine
            does not let a file be written or read.
    """
    said = StringIO()
    try:
        with redirect_stdout(said):
            yield
        write_text(log, said.getvalue())
    except (VspairError, OSError) as error:
        sentence = str(error) if isinstance(error, VspairError) else refusal(error)
        if sentence is None:
            raise
        tell(f"error: {sentence}", to_errors=True)
        raise SystemExit(2) from None
    finally:
        print(said.getvalue(), end="")

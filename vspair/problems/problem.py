"""What every problem says of itself, whatever its experiments are."""

from abc import ABC
from pathlib import Path
from typing import ClassVar

from vspair.config.section import Section


class Problem(Section, ABC):
    """The settings of one problem; a subclass adds its own and says what the class variables and methods below are."""

    title: ClassVar[str]
    """Name of its section in the report."""

    published: ClassVar[str] = "vspair"
    """Paper whose numbers its tables are compared with: a file of `config/published`."""

    def trainings(self, seeds: tuple[int, ...]) -> int:
        """How many trainings there are with these seeds of the run; 0 where none is worth counting."""
        return 0

    def raw_files(self) -> list[str]:
        """Files in the data folder that it is made from."""
        return []

    def check_raw_file(self, path: Path) -> None:
        """Check a raw file of a folder that the user named.

        Raises:
            VspairError: it is missing or not what it should be.
        """

    def require_data(self) -> None:
        """Check that the data are what its experiments want; asked when a job is planned.

        Not when the settings are read: who asks for one problem need not have another one's data in order.

        Raises:
            ValueError: there are too few of them, or they are of another kind.
        """

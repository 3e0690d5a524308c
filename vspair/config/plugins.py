"""What installed packages add to this one, by their entry points."""

from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points


def points(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of one group, such as `vspair.kinds`."""
    return tuple(installed().select(group=group))


@cache
def installed() -> EntryPoints:
    """All entry points, read once in a process: the metadata of every installed package are opened for it."""
    return entry_points()

"""What Snakemake's command line says of the configuration, and would lose without a word."""

from collections.abc import Sequence
from pathlib import PurePath

from vspair.errors import VspairError

REPEATED = {"--config": "--config", "-C": "--config", "--configfile": "--configfile", "--configfiles": "--configfile"}
"""Options of which Snakemake keeps the last alone -> the name in which they are told."""


def require_told_once(arguments: Sequence[str]) -> None:
    """Refuse a call of Snakemake that states settings in two options: it would drop those of the first.

    Arguments:
        arguments: of the process, its program first; those of another program than Snakemake are not looked at.

    Raises:
        VspairError: `--config` or `--configfile` stands there twice.
    """
    program = PurePath(arguments[0]) if arguments else PurePath()
    if program.name != "snakemake" and program.parts[-2:] != ("snakemake", "__main__.py"):
        return
    options = [_option(word) for word in arguments[1 : _end(arguments)]]
    for option in ("--config", "--configfile"):
        if (count := options.count(option)) > 1:
            raise VspairError(
                f"expected {option} once, found it {count} times, of which Snakemake would keep the last alone: write "
                f"everything behind one {option}"
            )


def _end(arguments: Sequence[str]) -> int:
    """Where the options end: what follows `--` are targets."""
    return arguments.index("--") if "--" in arguments else len(arguments)


def _option(word: str) -> str | None:
    name = word.split("=", 1)[0] if word.startswith("--") else word[:2]
    return REPEATED.get(name)

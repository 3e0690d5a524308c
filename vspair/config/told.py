"""What Snakemake's command line says of the configuration, and would lose without a word."""

from collections.abc import Sequence
from pathlib import PurePath

import yaml

from vspair.errors import VspairError
from vspair.yaml_text import TWICE, parse_yaml

REPEATED = {"--config": "--config", "-C": "--config", "--configfile": "--configfile", "--configfiles": "--configfile"}
"""Options of which Snakemake keeps the last alone -> the name in which they are told."""


def require_told_once(arguments: Sequence[str]) -> None:
    """Refuse a call of Snakemake that states settings in two options: it would drop those of the first.

    Arguments:
        arguments: of the process, its program first; those of another program than Snakemake are not looked at.

    Raises:
        VspairError: `--config` or `--configfile` stands there twice, or a key does in one section of a value.
    """
    program = PurePath(arguments[0]) if arguments else PurePath()
    if program.name != "snakemake" and program.parts[-2:] != ("snakemake", "__main__.py"):
        return
    words = arguments[1 : _end(arguments)]
    options = [_option(word) for word in words]
    for option in ("--config", "--configfile"):
        if (count := options.count(option)) > 1:
            raise VspairError(
                f"expected {option} once, found it {count} times, of which Snakemake would keep the last alone: write "
                f"everything behind one {option}"
            )
    for word in words:
        key, equals, value = word.partition("=")
        if equals and value.startswith("{") and (fault := _key_twice(value)):
            raise VspairError(f"expected sections in --config {key}=, found {fault}")


def _end(arguments: Sequence[str]) -> int:
    """Where the options end: what follows `--` are targets."""
    return arguments.index("--") if "--" in arguments else len(arguments)


def _key_twice(value: str) -> str | None:
    """Where a section states a key twice, of which Snakemake would keep the last; what is no YAML is Snakemake's."""
    try:
        parse_yaml(value)
    except yaml.YAMLError as error:
        words = " ".join(str(error).split())
        return words if TWICE in words else None
    return None


def _option(word: str) -> str | None:
    name = word.split("=", 1)[0] if word.startswith("--") else word[:2]
    return REPEATED.get(name)

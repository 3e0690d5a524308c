"""The configuration that a command compares results with: what the workflow would resolve now."""

import argparse
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from vspair.config.merging import merge
from vspair.errors import VspairError
from vspair.problems.configuration import RunSettings, resolve
from vspair.provenance.audit.findings import Configuration


def add_config(command: argparse.ArgumentParser) -> None:
    """Give a command the option `--config`."""
    command.add_argument(
        "--config", nargs="+", default=[], metavar="KEY=VALUE", help="the settings that the workflow was given"
    )


def resolved(root: Path, preset: str, assignments: Sequence[str]) -> RunSettings:
    """The configuration as the workflow would resolve it now for that preset.

    Raises:
        VspairError: a setting is not written KEY=VALUE, or the configuration is not valid.
    """
    file = root / "config" / "config.yaml"
    settings = (_yaml(file.read_bytes(), file.name) or {}) if file.is_file() else {}
    if not isinstance(settings, dict):
        raise VspairError(f"expected settings `key: value` in {file}, found {type(settings).__name__}: mend the file")
    # The preset is what the receipts say it was.
    return resolve(root, {**merge(settings, assigned(assignments)), "preset": preset})


def assigned(assignments: Sequence[str]) -> dict[str, object]:
    """The settings in `KEY=VALUE ...` as nested dicts; a dotted key leads inside.

    Raises:
        VspairError: a setting is not written KEY=VALUE.
    """
    settings: dict[str, object] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not (key and equals):
            raise VspairError(f"expected --config KEY=VALUE, found {assignment!r}: write for instance device=cpu")
        settings = merge(settings, _nested(key.split("."), _yaml(value, "--config")))
    return settings


def compared(root: Path, config: RunSettings) -> tuple[Configuration, Path]:
    """What an audit compares receipts with: the value of each dotted key now, and the data folder."""
    return cache(lambda key: config.select([key])[key]), root / (config.data_dir or "data")


def _yaml(text: str | bytes, where: str) -> object:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise VspairError(f"expected YAML in {where}, found: {' '.join(str(error).split())}") from error


def _nested(keys: Sequence[str], value: object) -> object:
    return {keys[0]: _nested(keys[1:], value)} if keys else value

"""The configuration that a command compares results with: what the workflow would resolve now."""

import argparse
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from vspair.config.merging import merge
from vspair.config.plain import DEEPEST, require_plain, shown
from vspair.errors import VspairError
from vspair.problems.configuration import RunSettings, read_settings, resolve
from vspair.provenance.audit.findings import Configuration
from vspair.yaml_text import parse_yaml


def add_config(command: argparse.ArgumentParser) -> None:
    """Give a command the option `--config`; given more than once, all of it counts, and of one key the last value."""
    command.add_argument(
        "--config",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="the settings that the workflow was given",
    )


def resolved(root: Path, preset: str | None, assignments: Sequence[str]) -> RunSettings:
    """The configuration as the workflow would resolve it now for that preset, or for the one that it would take.

    Raises:
        VspairError: a setting is not written KEY=VALUE, or the configuration is not valid.
    """
    file = root / "config" / "config.yaml"
    settings = read_settings(file) if file.is_file() else {}
    # The preset is what the receipts say it was.
    told = {} if preset is None else {"preset": preset}
    return resolve(root, {**merge(settings, assigned(assignments)), **told})


def assigned(assignments: Sequence[str]) -> dict[str, object]:
    """The settings in `KEY=VALUE ...` as nested dicts; a dotted key leads inside.

    Raises:
        VspairError: a setting is not written KEY=VALUE, or its value is not one that settings have.
    """
    settings: dict[str, object] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not (key and equals):
            raise VspairError(f"expected --config KEY=VALUE, found {shown(assignment)}: write for instance device=cpu")
        if key.count(".") > DEEPEST:
            raise VspairError(f"expected --config KEY=VALUE with a key of at most {DEEPEST} parts, found {shown(key)}")
        given = _nested(key.split("."), _yaml(value))
        require_plain(given, " in --config")
        settings = merge(settings, given)
    return settings


def compared(root: Path, config: RunSettings) -> tuple[Configuration, Path]:
    """What an audit compares receipts with: the value of each dotted key now, and the data folder."""
    return cache(lambda key: config.select([key])[key]), root / (config.data_dir or "data")


def _yaml(text: str) -> object:
    try:
        return parse_yaml(text)
    except yaml.YAMLError as error:
        raise VspairError(f"expected YAML in --config, found: {' '.join(str(error).split())}") from error


def _nested(keys: Sequence[str], value: object) -> dict[str, object]:
    first, *rest = keys
    return {first: _nested(rest, value) if rest else value}

"""Readers of what a user or the project writes: configuration, campaigns, published numbers, cost laws, a bookmark."""

import argparse
import json
import math
import shutil
from importlib.util import find_spec
from pathlib import Path

import mutations
from hostile import Reader

ROOT = Path(find_spec("vspair").origin).parents[1]
CAMPAIGN = "config/campaigns/mnist.yaml"


def make_settings(folder: Path) -> None:
    shutil.copytree(ROOT / "config", folder / "whole/config")
    (folder / "whole/config/config.yaml").write_text("preset: demo\nseeds: [0, 1]\n")


def read_settings(folder: Path, out: Path):
    from vspair.commands.settings import resolved

    return resolved(folder, "demo", ["inpainting.training.epochs=3"]).model_dump(mode="json")


def finite(value, truth, folder) -> str | None:
    """Plain values that JSON can hold, with the sections that there are."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        return f"a setting that JSON cannot hold: {error}"
    return None if value.keys() == truth.keys() else "other sections"


def read_campaign(folder: Path, out: Path):
    from vspair.commands.campaign import _planned, add

    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    plan = _planned(parser.parse_args(["campaign", str(folder / CAMPAIGN), "--cores", "2"]), folder)
    return [plan.command(step) for step in plan.steps]


def plain_commands(value, truth, folder) -> str | None:
    """Commands that can be started, and none that says something else than the campaign."""
    for command in value:
        if not all(isinstance(word, str) for word in command):
            return "a word of a command is no text"
        if any("\x00" in word for word in command):
            return "a command that no system starts"
        if len(" ".join(command)) > 100_000:
            return "a command that no system takes"
    return None


def read_numbers(folder: Path, out: Path):
    from vspair.published import read_published

    path = folder / "config/published/vspair.yaml"
    return {name: read_published(path, name) for name in ("table3", "table4", "table5", "table8", "table_ct")}


def numbers(value, truth, folder) -> str | None:
    for name, published in value.items():
        for place, pair in published.values.items():
            if not all(
                isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) for one in pair
            ):
                return f"{name}: {place} is {pair!r:.60}"
            if pair[1] < 0:
                return f"{name}: a tolerance below 0"
    return None


def make_bookmark(folder: Path) -> None:
    from vspair.commands.progress import Progress

    (folder / "run").mkdir(parents=True)
    progress = Progress(folder / "run", "mnist", {"one": ["a"], "two": ["b"]})
    for step in ("one", "two"):
        progress.begin(step)
    progress.end("one", "finished")


def read_bookmark(folder: Path, out: Path):
    from vspair.commands.progress import Progress

    progress = Progress(folder, "mnist", {"one": ["a"], "two": ["b"]})
    made = [progress.made(step, ["table3"]) for step in ("one", "two")]
    return progress.next(), [progress.state(step) for step in ("one", "two")], made


def known_states(value, truth, folder) -> str | None:
    states = ("finished", "failed", "interrupted", "to come")
    return None if all(state in states for state in value[1]) else f"a step is {value[1]!r:.60}"


YAML = {".yaml": mutations.TEXT}
READERS = (
    Reader("settings", make_settings, read_settings, finite, "config/**/[cdit]*.yaml", YAML, 300),
    Reader("campaign", make_settings, read_campaign, plain_commands, CAMPAIGN, YAML, 200),
    Reader(
        "published", make_settings, read_numbers, numbers, "config/published/*.yaml", {".yaml": mutations.TEXT}, 200
    ),
    Reader("bookmark", make_bookmark, read_bookmark, known_states, "logs/**/*.json", {".json": mutations.JSON}, 200),
)

"""Studies: the same training repeated with some settings varied (Appendix B; docs/deviations.md, E5, E14)."""

import json
import math
import re
from collections.abc import Mapping
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from vspair.config.numbers import Count, Distinct, Seeds, distinct, require_seeds
from vspair.config.plain import shown
from vspair.config.section import Section
from vspair.models.method import Method

UNVARIED = "default"
"""Name of the run that leaves every axis at the problem's value."""

EVERY_METHOD = "methods.all."
"""Start of an axis that stands for one setting of all methods that have it."""

MOST_POINTS = 200
"""Of one study, each a training for every method and seed."""

LONGEST_RUN = 200
"""Bytes of a run's name, a folder's: file systems take 255, of which suffixes need some."""

VARIED = ("data.scale", "methods.", "choices.", "training.")
"""Starts of the settings that a study may change: those of a training on the problem's pairs."""


class Study(Section):
    """Trainings that differ in the settings on the axes and share everything else."""

    methods: Annotated[tuple[str, ...], Distinct] = Field(min_length=1, description="methods that are trained")
    design: Literal["grid", "each"] = Field(
        description="grid: all combinations of the axes; each: the problem's values, and each other value alone"
    )
    axes: dict[str, tuple[Any, ...]] = Field(
        min_length=1, description="dotted key inside the problem -> its values; without any it is left alone"
    )
    base: dict[str, Any] = Field({}, description="dotted key inside the problem -> value, the same in all runs")
    train: Count = Field(description="training pairs used, the first ones")
    test: Annotated[Count, Field(ge=2)] = Field(description="test pairs used, the first ones")
    seeds: Seeds = Field(description="one training per run, method and seed")

    @field_validator("axes", "base", mode="before")
    @classmethod
    def _numbers_from_a_command_line(cls, settings: Any) -> Any:
        """Values that arrive as text, as all do inside a value given on Snakemake's command line."""
        return _parsed(settings)

    @model_validator(mode="after")
    def _settings_can_be_varied(self) -> "Study":
        for key in (*self.axes, *self.base):
            if key.startswith("methods.") and (key.count(".") < 2 or key.endswith(".kind")):
                raise ValueError(f"expected methods.NAME.SETTING or methods.all.SETTING, and no kind, found {key!r}")
            if not key.startswith(VARIED):
                raise ValueError(f"{key!r} cannot be varied, only settings that start with {', '.join(VARIED)}")
        for key, values in self.axes.items():
            for value in values:
                if isinstance(value, bool) or not isinstance(value, str | int | float) or not _reads_back(value):
                    raise ValueError(f"axes.{key}: a value must be a number or a plain word, found {shown(value)}")
            try:
                distinct(values)
            except ValueError as error:
                raise ValueError(f"axes.{key}: values {error}, found {shown(list(values))}") from None
        counts = [len(values) for values in self.axes.values() if values]
        if (points := math.prod(counts) if self.design == "grid" else 1 + sum(counts)) > MOST_POINTS:
            raise ValueError(f"axes give {points} runs, more than {MOST_POINTS}: take values or axes away")
        if long := [name for name in map(run_name, self.points()) if len(name.encode()) > LONGEST_RUN]:
            raise ValueError(
                f"axes give a run's name of {len(long[0].encode())} bytes, more than {LONGEST_RUN}: vary fewer settings"
            )
        require_seeds(self.seeds)
        return self

    def points(self) -> list[dict[str, Any]]:
        """The settings of every run: dotted key -> value; `{}` where all axes keep the problem's value."""
        axes = {key: values for key, values in self.axes.items() if values}
        if self.design == "grid":
            return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
        return [{}, *({key: value} for key, values in axes.items() for value in values)]

    def absent(self, methods: Mapping[str, Method]) -> list[str]:
        """Settings on axes with values and in the base that none of a problem's methods has."""
        keys = [*(key for key, values in self.axes.items() if values), *self.base]
        return [key for key in keys if not any(_names(key, name, method) for name, method in methods.items())]

    def runs(self, methods: Mapping[str, Method]) -> list[tuple[str, str]]:
        """All trainings of those methods as (run name, method), each once although several points may share it."""
        trained = [method for method in self.methods if method in methods]
        return list(
            dict.fromkeys(
                (run_name(projected(point, method, methods[method])), method)
                for point in self.points()
                for method in trained
            )
        )


def projected(point: Mapping[str, Any], name: str, method: Method) -> dict[str, Any]:
    """The settings of a point that the training of one method depends on."""
    return {key: value for key, value in point.items() if concerns(key, name, method)}


def concerns(key: str, name: str, method: Method) -> bool:
    """Whether a setting, as a dotted key inside the problem, changes the training of a method."""
    if key.startswith("methods."):
        _, owner, setting = key.split(".", 2)
        return owner == name or (owner == "all" and _has(method, setting))
    return _has(method, key) if key.startswith(("choices.", "training.")) else True


def _names(key: str, name: str, method: Method) -> bool:
    """Whether a method has the setting that a key names; one that is no method's is the problem's."""
    if not key.startswith(VARIED[1:]):
        return True
    return concerns(key, name, method) and _has(method, _inside(key))


def _inside(key: str) -> str:
    return key.split(".", 2)[2] if key.startswith("methods.") else key


def varied(values: Mapping[str, Any], name: str, method: Method, *layers: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a training of a method reads, with a study's settings in their place, later layers winning.

    Arguments:
        values: dotted key inside the problem -> value, `methods.<name>` among them.
        name: of the method.
        method: its settings.
        layers: dotted key -> value; `methods.all.KEY` reaches every method that has KEY.

    Raises:
        ValueError: the problem has no such key.
    """
    found = dict(values)
    for layer in layers:
        for key, value in layer.items():
            if not concerns(key, name, method):
                continue
            setting = _inside(key)
            if key.startswith(VARIED[1:]) and _has(method, setting):
                found[f"methods.{name}"] = _replaced(found[f"methods.{name}"], setting.split("."), value)
            elif key in found:
                found[key] = value
            else:
                raise ValueError(f"a study names the setting {key!r}, which the problem does not have")
    return found


def run_name(point: Mapping[str, Any]) -> str:
    """A run's name from its settings, `key=value` joined by commas: part of paths, and read back by `parse_run`."""
    return ",".join(f"{key}={value}" for key, value in point.items()) or UNVARIED


def parse_run(name: str) -> dict[str, Any]:
    """The settings that a run's name states."""
    if name == UNVARIED:
        return {}
    pairs = (part.split("=", 1) for part in name.split(","))
    return {key: _value(text) for key, text in pairs}


def _has(method: Method, setting: str) -> bool:
    tree: Any = method.model_dump()
    for part in setting.split("."):
        if not isinstance(tree, Mapping) or part not in tree:
            return False
        tree = tree[part]
    return True


def _replaced(settings: Mapping[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    first, *rest = path
    return {**settings, first: _replaced(settings.get(first, {}), rest, value) if rest else value}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _parsed(settings: Any) -> Any:
    if isinstance(settings, Mapping):
        return {key: _parsed(value) for key, value in settings.items()}
    if isinstance(settings, list | tuple):
        return [_parsed(value) for value in settings]
    return _value(settings) if isinstance(settings, str) else settings


def _reads_back(value: str | float) -> bool:
    text = str(value)
    again = _value(text)
    return again == value and type(again) is type(value) and re.fullmatch(r"[\w.+-]+", text, re.ASCII) is not None

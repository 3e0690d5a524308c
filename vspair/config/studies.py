"""Studies: the same training repeated with some settings varied (Appendix B; ERRATA E5, E14)."""

import copy
import json
from collections.abc import Mapping
from itertools import product
from typing import Any, Literal

from pydantic import Field, PositiveInt, field_validator, model_validator

from vspair.config.models import SIZES, ModelName
from vspair.config.section import Section

UNVARIED = "default"
"""Name of the run that leaves every axis at the problem's value."""

EVERY_MODEL = "models.all."
"""Start of an axis that stands for one setting of all models that have it."""

CHOICES = {
    "PAIR": {"reconstruction_reduction", "mapping_reduction", "mapping_gradient", "mapping_space"},
    "vPAIR": {"mapping_reduction", "mapping_gradient"},
    "vsPAIR": {"mapping_reduction", "mapping_gradient"},
}
"""The open choices that each model's objective reads; the others read none."""

WEIGHTS = {
    "PAIR": {"lambda1", "lambda2", "lambda3"},
    "vPAIR": {"lambda1", "lambda2", "lambda3", "gamma_x", "gamma_y"},
    "sVAE": {"lambda1", "lambda_rho", "gamma_x"},
    "vsPAIR": {"lambda1", "lambda2", "lambda3", "lambda_rho", "gamma_x", "gamma_y", "lambda_b"},
    "CVAE": {"lambda1", "gamma_x"},
    "Ensemble": {"lambda1"},
}
"""The weights that each model's objective has (Table 9)."""

VARIED = ("data.scale", "models.", "choices.", "training.")
"""Starts of the settings that a study may change: those of a training on the problem's pairs."""


class Study(Section):
    """Trainings that differ in the settings on the axes and share everything else."""

    models: tuple[ModelName, ...] = Field(min_length=1, description="models that are trained")
    design: Literal["grid", "each"] = Field(
        description="grid: all combinations of the axes; each: the problem's values, and each other value alone"
    )
    axes: dict[str, tuple[Any, ...]] = Field(
        min_length=1, description="dotted key inside the problem -> its values; without any it is left alone"
    )
    base: dict[str, Any] = Field({}, description="dotted key inside the problem -> value, the same in all runs")
    train: PositiveInt = Field(description="training pairs used, the first ones")
    test: PositiveInt = Field(description="test pairs used, the first ones")
    seeds: tuple[int, ...] = Field(min_length=1, description="one training per run, model and seed")

    @field_validator("axes", "base", mode="before")
    @classmethod
    def _numbers_from_a_command_line(cls, settings: Any) -> Any:
        """Values that arrive as text, as all do inside a value given on Snakemake's command line."""
        return _parsed(settings)

    @model_validator(mode="after")
    def _settings_can_be_varied(self) -> "Study":
        for key in (*self.axes, *self.base):
            if not key.startswith(VARIED):
                raise ValueError(f"{key!r} cannot be varied, only settings that start with {', '.join(VARIED)}")
        for key, values in self.axes.items():
            for value in values:
                if isinstance(value, bool) or not isinstance(value, str | int | float) or not _reads_back(value):
                    raise ValueError(f"axes.{key}: a value must be a number or a plain word, found {value!r}")
        if len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ValueError(f"seeds must be distinct and not negative, found {list(self.seeds)}")
        return self

    def points(self) -> list[dict[str, Any]]:
        """The settings of every run: dotted key -> value; `{}` where all axes keep the problem's value."""
        axes = {key: values for key, values in self.axes.items() if values}
        if self.design == "grid":
            return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
        return [{}, *({key: value} for key, values in axes.items() for value in values)]

    def projected(self, point: Mapping[str, Any], model: str) -> dict[str, Any]:
        """The settings of a point that the training of one model depends on."""
        return {key: value for key, value in point.items() if concerns(key, model)}

    def runs(self) -> list[tuple[str, str]]:
        """All trainings as (run name, model), each once although several points may share it."""
        return list(
            dict.fromkeys(
                (run_name(self.projected(point, model)), model) for point in self.points() for model in self.models
            )
        )


def concerns(key: str, model: str) -> bool:
    """Whether a setting, as a dotted key inside the problem, changes the training of a model."""
    if key.startswith(EVERY_MODEL):
        setting = key.removeprefix(EVERY_MODEL)
        if setting.startswith("weights."):
            return setting.removeprefix("weights.") in WEIGHTS[model]
        return setting in SIZES[model] or setting in ("channels", "latent_x")
    if key.startswith("models."):
        return key.split(".")[1] == model
    if key.startswith("choices."):
        return key.removeprefix("choices.") in CHOICES.get(model, ())
    return True


def run_name(point: Mapping[str, Any]) -> str:
    """A run's name from its settings, `key=value` joined by commas: part of paths, and read back by `parse_run`."""
    return ",".join(f"{key}={value}" for key, value in point.items()) or UNVARIED


def parse_run(name: str) -> dict[str, Any]:
    """The settings that a run's name states."""
    if name == UNVARIED:
        return {}
    pairs = (part.split("=", 1) for part in name.split(","))
    return {key: _value(text) for key, text in pairs}


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
    return again == value and type(again) is type(value) and not set(text) & set(",=/")


def with_settings(problem: Mapping[str, Any], *layers: Mapping[str, Any]) -> dict[str, Any]:
    """A problem's plain settings with dotted keys replaced, later layers winning.

    Arguments:
        problem: nested settings.
        layers: dotted key -> value; `models.all.KEY` reaches every model that has KEY.

    Raises:
        ValueError: the problem has no such key.
    """
    settings = copy.deepcopy(dict(problem))
    for layer in layers:
        for key, value in layer.items():
            for path in _paths(settings, key):
                _replace(settings, path, value)
    return settings


def _paths(settings: Mapping[str, Any], key: str) -> list[list[str]]:
    if not key.startswith(EVERY_MODEL):
        return [key.split(".")]
    setting = key.removeprefix(EVERY_MODEL)
    paths = [["models", model, *setting.split(".")] for model in settings["models"] if concerns(key, model)]
    return paths or [key.split(".")]


def _replace(settings: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for part in parents:
        settings = settings.get(part) if isinstance(settings, dict) else None
    if not isinstance(settings, dict) or last not in settings:
        raise ValueError(f"a study names the setting {'.'.join(path)!r}, which the problem does not have")
    settings[last] = value

"""From files and user settings to one validated configuration of a run."""

import os
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, create_model, model_validator

from vspair.config.determinism import Determinism
from vspair.config.merging import merge
from vspair.config.names import Inside, Place
from vspair.config.numbers import Few, Seeds, require_seeds
from vspair.config.plain import require_plain, shown
from vspair.config.section import Section
from vspair.config.theory import Theory
from vspair.errors import VspairError
from vspair.problems.faults import sentences
from vspair.problems.inverse import InverseProblem
from vspair.problems.problem import Problem
from vspair.problems.registry import folder, installed, settings_class
from vspair.yaml_text import parse_yaml

PARTS = ("theory", "determinism")
"""Sections with a file of their own that are no problems."""

LOCK = "envs/constraints.txt"
_WHERE = "see config/ and docs/configuration.md"


MOST_TRAININGS = 10_000
"""Of one problem; the paper's preset has some hundred, and Snakemake plans many thousands of jobs for hours."""


class RunSettings(Section):
    """What a run's configuration holds beside its problems."""

    preset: Literal["demo", "quick", "paper"] = Field(description="which sizes: demo, quick or paper")
    data_dir: Place | None = Field(None, description="folder with real data; null: `data`, filled by download")
    lock: Inside = Field(LOCK, description="file with the environment's versions, which an audit compares results with")
    device: Literal["cpu", "cuda"] = Field(description="where models train and are evaluated")
    jobs_per_gpu: Few = Field(1, description="jobs that may share one GPU")
    precision: Literal["float32", "tf32", "bfloat16"] = Field(
        "float32",
        description="arithmetic: full, TF32 convolutions on a GPU (torch's own default), or bfloat16 forward passes",
    )
    captured: bool | None = Field(
        None, description="training steps as one CUDA graph each; null: on a GPU; false: operation by operation"
    )
    compiled: bool = Field(False, description="training through torch's compiler, which takes minutes at the start")
    threads: Few = Field(description="CPU threads of one training or evaluation")
    seeds: Seeds = Field(description="one training run per method and seed")
    theory: Theory = Field(description="linear-Gaussian check of Theorems 1 and 2 (Section 3.2)")
    determinism: Determinism = Field(description="short trainings that are compared bit by bit")

    @model_validator(mode="after")
    def _seeds_are_distinct(self) -> "RunSettings":
        require_seeds(self.seeds)
        return self

    @model_validator(mode="after")
    def _graphs_are_of_a_gpu(self) -> "RunSettings":
        if self.captured and self.device == "cpu":
            raise ValueError("captured is true and device is cpu: leave captured out, or use device=cuda")
        return self

    @model_validator(mode="after")
    def _trainings_can_be_planned(self) -> "RunSettings":
        for name, problem in self.problems.items():
            if (count := problem.trainings(self.seeds)) > MOST_TRAININGS:
                raise ValueError(
                    f"{name} asks for {count} trainings, more than {MOST_TRAININGS}: take away seeds, methods, data "
                    "sets or values of studies"
                )
        return self

    @property
    def problems(self) -> dict[str, Problem]:
        """The problems by name."""
        return {name: getattr(self, name) for name in installed()}

    @property
    def inverse_problems(self) -> dict[str, InverseProblem]:
        """Those of them with pairs and methods."""
        return {name: problem for name, problem in self.problems.items() if isinstance(problem, InverseProblem)}

    def require_data(self, problem: str) -> None:
        """Check that a problem's data are what is wanted of them (see `Problem.require_data`).

        Raises:
            VspairError: they are not.
        """
        try:
            self.problems[problem].require_data()
        except ValueError as error:
            raise VspairError(f"configuration: {problem}: {error} ({_WHERE})") from None

    @cached_property
    def _trees(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.model_dump(mode="json", exclude_defaults=True), self.model_dump(mode="json")

    def select(self, keys: Sequence[str]) -> dict[str, Any]:
        """The values at dotted keys, such as `inpainting.evaluation`, as plain JSON values.

        Of a section only what differs from its default is told, so that a new setting with a default changes nothing.

        Raises:
            VspairError: there is no such key.
        """
        sparse, whole = self._trees
        return {key: _value_at(sparse, key, _otherwise(_value_at(whole, key))) for key in keys}


@cache
def config_class() -> type[RunSettings]:
    """The class of the whole configuration, with a section for each problem that is installed."""
    sections = {name: settings_class(name) for name in installed()}
    fields = {name: (settings, Field(description=settings.__doc__)) for name, settings in sections.items()}
    return create_model("Config", __base__=RunSettings, **fields)


def resolve(root: Path, settings: Mapping[str, Any]) -> RunSettings:
    """Merge the files of problems and parts, the preset's and the user's settings, later winning, and validate them.

    A problem's file has a section with its name, and under `presets` changes for each preset.

    Arguments:
        root: the project's root, whose `config/` holds `<problem>.yaml`, `<part>.yaml` and `presets/<preset>.yaml`.
        settings: the user's settings, as in `config/config.yaml` and on the command line; `preset` among them.

    Raises:
        VspairError: an unknown preset or key, or an impossible value; the message names key, value and expectation.
    """
    require_plain(settings)
    preset = settings.get("preset", "demo")
    presets = sorted(path.stem for path in (root / "config" / "presets").glob("*.yaml"))
    if preset not in presets:
        raise VspairError(f"configuration: preset must be one of {', '.join(presets)}, found {shown(preset)}")
    merged: dict[str, Any] = {"preset": preset}
    for layer in (*_files(root, preset), settings):
        merged = merge(merged, layer)
    if merged.get("data_dir") is None:
        merged["data_dir"] = os.environ.get("VSPAIR_DATA") or None
    try:
        return config_class().model_validate(merged)
    except ValidationError as error:
        faults = sentences(error, merged, installed())
        raise VspairError(f"configuration: {faults} ({_WHERE})") from None


def _files(root: Path, preset: str) -> list[dict[str, Any]]:
    """The layers below the user's settings, lowest first."""
    parts = [read_settings(root / "config" / f"{part}.yaml") for part in PARTS]
    files = [read_settings((folder(name) or root / "config") / f"{name}.yaml") for name in installed()]
    changes = [{name: file.pop("presets", {}).get(preset) or {}} for name, file in zip(installed(), files, strict=True)]
    return [*parts, *files, *changes, read_settings(root / "config" / "presets" / f"{preset}.yaml")]


def read_settings(path: Path) -> dict[str, Any]:
    """The settings in one YAML file.

    Raises:
        VspairError: there is no such file, or it is not YAML of `key: value` that can be read.
    """
    if not path.is_file():
        raise VspairError(f"configuration: expected settings at {path}, found no file: restore or write it")
    try:
        found = parse_yaml(path.read_bytes())
    except yaml.YAMLError as error:
        raise VspairError(f"configuration: expected YAML in {path}, found: {' '.join(str(error).split())}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise VspairError(f"configuration: expected `key: value` in {path}, found {shown(found)}: mend the file")
    require_plain(found, f" in {path}")
    return found


def _otherwise(value: Any) -> Any:
    """What is told of a value that is at its default: nothing of a section, else the value itself."""
    return {} if isinstance(value, Mapping) else value


def _value_at(tree: Any, key: str, *otherwise: Any) -> Any:
    for part in key.split("."):
        if not isinstance(tree, Mapping) or part not in tree:
            if otherwise:
                return otherwise[0]
            raise VspairError(f"configuration: there is no key {key!r}")
        tree = tree[part]
    return tree

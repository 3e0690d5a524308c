"""From files and user settings to one validated configuration."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import Field, PositiveInt, ValidationError, model_validator

from vspair.config.determinism import Determinism
from vspair.config.methods import KINDS
from vspair.config.problem import Problem
from vspair.config.section import Section
from vspair.config.theory import Theory
from vspair.config.tomography import Tomography
from vspair.errors import VspairError

PARTS = ("inpainting", "ct", "theory", "determinism")


class Config(Section):
    """The whole resolved configuration of a run."""

    preset: Literal["demo", "quick", "paper"] = Field(description="which sizes: demo, quick or paper")
    data_dir: str | None = Field(None, description="folder with real data; null: `data`, filled by download")
    device: Literal["cpu", "cuda"] = Field(description="where models train and are evaluated")
    jobs_per_gpu: PositiveInt = Field(1, description="jobs that may share one GPU")
    precision: Literal["float32", "tf32", "bfloat16"] = Field(
        "float32",
        description="arithmetic: full, TF32 products on a GPU, or bfloat16 forward passes with float32 weights",
    )
    threads: PositiveInt = Field(description="CPU threads of one training or evaluation")
    seeds: tuple[int, ...] = Field(min_length=1, description="one training run per model and seed")
    inpainting: Problem = Field(description="blind inpainting (Section 4.1)")
    ct: Tomography = Field(description="computed tomography (Section 4.2)")
    theory: Theory = Field(description="linear-Gaussian check of Theorems 1 and 2 (Section 3.2)")
    determinism: Determinism = Field(description="short trainings that are compared bit by bit")

    @model_validator(mode="after")
    def _seeds_are_distinct(self) -> "Config":
        if len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ValueError(f"seeds must be distinct and not negative, found {list(self.seeds)}")
        return self

    def select(self, keys: Sequence[str]) -> dict[str, Any]:
        """The values at dotted keys, such as `inpainting.training`, as plain JSON values.

        Raises:
            VspairError: there is no such key.
        """
        tree = self.model_dump(mode="json")
        return {key: _value_at(tree, key) for key in keys}


def resolve(root: Path, settings: Mapping[str, Any]) -> Config:
    """Merge the parts' files, the preset's file and the user's settings, later ones winning, and validate the result.

    Arguments:
        root: the project's root, whose `config/` holds `<part>.yaml` and `presets/<preset>.yaml`.
        settings: the user's settings, as in `config/config.yaml` and on the command line; `preset` among them.

    Raises:
        VspairError: an unknown preset or key, or an impossible value; the message names key, value and expectation.
    """
    preset = settings.get("preset", "demo")
    file = root / "config" / "presets" / f"{preset}.yaml"
    presets = sorted(path.stem for path in file.parent.glob("*.yaml"))
    if preset not in presets:
        raise VspairError(f"configuration: preset must be one of {', '.join(presets)}, found {preset!r}")
    merged: dict[str, Any] = {"preset": preset}
    for layer in (*(_read(root / "config" / f"{part}.yaml") for part in PARTS), _read(file), settings):
        merged = merge(merged, layer)
    merged["data_dir"] = merged.get("data_dir") or os.environ.get("VSPAIR_DATA") or None
    try:
        return Config.model_validate(merged)
    except ValidationError as error:
        faults = "; ".join(_sentence(fault) for fault in _deepest(error.errors()))
        raise VspairError(f"configuration: {faults} (see config/ and docs/configuration.md)") from None


def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def merge(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Nested settings with those of `top` in the place of those of `base`, key by key."""
    merged = dict(base)
    for key, value in top.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge(merged[key], value) if nested else value
    return merged


def _value_at(tree: Any, key: str) -> Any:
    for part in key.split("."):
        if not isinstance(tree, Mapping) or part not in tree:
            raise VspairError(f"configuration: there is no key {key!r}")
        tree = tree[part]
    return tree


def _deepest(faults: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Faults without those that only follow from a fault further inside."""
    places = [fault["loc"] for fault in faults]
    return [
        fault
        for fault in faults
        if not any(place[: len(fault["loc"])] == fault["loc"] and place != fault["loc"] for place in places)
    ]


def _sentence(fault: Mapping[str, Any]) -> str:
    # Behind a method's name pydantic puts the kind that it took the method for.
    place = [part for i, part in enumerate(fault["loc"]) if fault["loc"][:2] != ("ct", "methods") or i != 3]
    key = ".".join(str(part) for part in place if part != "[key]")
    if fault["type"].startswith("union_tag"):
        kinds = ", ".join(get_args(kind.model_fields["kind"].annotation)[0] for kind in KINDS)
        return f"{key}.kind must be one of {kinds}, found {dict(fault['input']).get('kind')!r}"
    if fault["type"] == "extra_forbidden":
        return f"unknown key {key!r}"
    if fault["type"] == "missing":
        return f"{key!r} is missing"
    message = fault["msg"].removeprefix("Value error, ")
    found = "" if isinstance(fault["input"], Mapping) else f", found {fault['input']!r}"
    return f"{key}: {message}{found}" if key else f"{message}"

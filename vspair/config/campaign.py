"""A campaign: what is run on a borrowed machine, step by step, the most telling first."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator, model_validator

from vspair.config.names import LONGEST
from vspair.config.numbers import Few
from vspair.config.section import Section


class Step(Section):
    """Targets that are made together, with what of the configuration differs from the preset."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=LONGEST, description="name of the step")
    tells: str = Field(min_length=1, max_length=500, description="what is known after it, in one sentence")
    targets: tuple[str, ...] = Field(
        min_length=1,
        max_length=1000,
        description="targets of the workflow; what the first one needs is made before the rest",
    )
    config: dict[str, Any] = Field({}, description="settings of this step, on top of the campaign's")

    @field_validator("targets")
    @classmethod
    def _no_options(cls, targets: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [target for target in targets if not target or target.startswith("-") or "=" in target]:
            raise ValueError(f"expected names of targets, found {wrong[0]!r}")
        return targets

    @field_validator("config")
    @classmethod
    def _can_be_typed(cls, config: dict[str, Any]) -> dict[str, Any]:
        return _typed(config)


class Campaign(Section):
    """Steps in the order of what they tell; a later one may widen the choice of an earlier one."""

    preset: str = Field(description="the preset that is run, unless the command names another")
    jobs_per_gpu: Few = Field(1, description="jobs side by side on one GPU")
    config: dict[str, Any] = Field({}, description="settings of all steps")
    steps: tuple[Step, ...] = Field(min_length=1, max_length=100, description="the steps, the most telling first")

    @field_validator("config")
    @classmethod
    def _can_be_typed(cls, config: dict[str, Any]) -> dict[str, Any]:
        return _typed(config)

    @model_validator(mode="after")
    def _names_are_distinct(self) -> "Campaign":
        names = [step.name for step in self.steps]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"steps must have names of their own, found {twice[0]} twice")
        return self


def _typed(config: dict[str, Any]) -> dict[str, Any]:
    """Settings that Snakemake's command line can state: it has no word for null, and the command says the rest."""
    for key in ("preset", "jobs_per_gpu"):
        if key in config:
            raise ValueError(f"{key} is said for the whole campaign, beside `steps`: move it there")
    if empty := _without_value(config):
        raise ValueError(f"expected a value for {empty}, found none: leave the key out")
    return config


def _without_value(tree: Any) -> str | None:
    """Dotted key of the first null; None where there is none."""
    for key, value in tree.items() if isinstance(tree, Mapping) else ():
        if value is None:
            return str(key)
        if (inside := _without_value(value)) is not None:
            return f"{key}.{inside}"
    return None

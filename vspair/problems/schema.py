"""The settings as a list and as a JSON schema, both read from the classes that check them."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from vspair.models.kinds import all_settings
from vspair.problems.configuration import config_class
from vspair.problems.registry import installed


@dataclass(frozen=True)
class Setting:
    """One setting: its dotted key, what it means, and its possible values where they are words."""

    key: str
    meaning: str
    words: tuple[str, ...] = ()


def settings(section: type[BaseModel], prefix: str = "") -> Iterator[Setting]:
    """All settings of a section and of those inside it; what has names of the user's, such as methods, is one."""
    for name, field in section.model_fields.items():
        inner = _section(field.annotation)
        if inner:
            yield from settings(inner, f"{prefix}{name}.")
        else:
            words = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
            # A kind has one word for itself, which says nothing.
            yield Setting(prefix + name, field.description, words if len(words) > 1 else ())


def settings_of_kinds() -> dict[Setting, tuple[str, ...]]:
    """Each setting of a method -> the kinds that have it, in this meaning."""
    found: dict[Setting, list[str]] = {}
    for kind, section in sorted(all_settings().items(), key=lambda item: item[0].lower()):
        for setting in settings(section):
            found.setdefault(setting, []).append(kind)
    return {setting: tuple(kinds) for setting, kinds in found.items()}


def json_schema() -> dict[str, Any]:
    """The configuration's JSON schema for editors, which lets a file hold any part of it.

    No key is required, since files and presets are merged; a method without a kind is of the one that it is named
    after; and a problem's file has changes for each preset beside the problem.
    """
    schema = config_class().model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        part.pop("required", None)
    problems = {name: schema["properties"][name]["$ref"] for name in installed()}
    for path in problems.values():
        methods = schema["$defs"][path.rsplit("/", 1)[1]]["properties"].get("methods")
        if methods is None:
            continue
        named = methods["additionalProperties"].pop("discriminator")["mapping"]
        methods["properties"] = {kind: {"$ref": reference} for kind, reference in named.items()}
        # Of parts of a method several kinds may be.
        methods["additionalProperties"] = {"anyOf": methods["additionalProperties"]["oneOf"]}
    schema["properties"]["presets"] = {
        "description": "in a problem's file: changes to the problem for each preset",
        "additionalProperties": {"anyOf": [{"$ref": path} for path in problems.values()]},
        "type": "object",
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Configuration of vspair"}


def _section(annotation: Any) -> type[BaseModel] | None:
    """The section that a field holds, also where it may be left out."""
    if get_origin(annotation) in (Union, types.UnionType):
        sections = [inner for inner in map(_section, get_args(annotation)) if inner]
        return sections[0] if len(sections) == 1 else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None

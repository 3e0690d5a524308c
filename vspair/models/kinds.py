"""The kinds of methods, found by name: settings and class of each lie in a folder of its own.

A kind of another package is found by its entry point in the group `vspair.kinds`, whose value is a package with the
modules `settings`, with the class `Settings`, and `model`, with a class of the kind's name.
"""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoints, entry_points
from typing import Annotated, Any, get_args

from pydantic import Field

import vspair.models
from vspair.errors import VspairError
from vspair.models.method import Method

GROUP = "vspair.kinds"


@cache
def from_elsewhere() -> EntryPoints:
    """Kinds of other packages; looked up once in a process, since all packages' metadata are opened for it."""
    return entry_points(group=GROUP)


def package_of(kind: str) -> str:
    """The package of a kind: of an entry point of that name, else the folder of `vspair.models`."""
    found = [point.value for point in from_elsewhere() if point.name == kind]
    return found[0] if found else f"{vspair.models.__name__}.{kind.lower()}"


def settings_path(kind: str) -> str:
    """Where a kind's settings are, `package.module:object`."""
    return f"{package_of(kind)}.settings:Settings"


def model_path(kind: str) -> str:
    """Where a kind's class is, `package.module:object`."""
    return f"{package_of(kind)}.model:{kind}"


def settings_of(values: Mapping[str, Any]) -> Method:
    """The settings of one method from plain values, `kind` among them; of all kinds only this one is loaded."""
    return pkgutil.resolve_name(settings_path(values["kind"])).model_validate(values)


@cache
def all_settings() -> dict[str, type[Method]]:
    """Kind -> class of its settings, of all kinds that are installed.

    Raises:
        VspairError: an entry point has not the name of its kind, or two packages give a kind the same name.
    """
    own = [item.name for item in pkgutil.iter_modules(vspair.models.__path__) if item.ispkg]
    found = {_kind(settings): settings for settings in (_settings(f"{vspair.models.__name__}.{name}") for name in own)}
    for point in from_elsewhere():
        settings = _settings(point.value)
        if _kind(settings) != point.name:
            raise VspairError(
                f"expected the entry point {point.name} of {GROUP} to be called after its kind, found that "
                f"{point.value} is the kind {_kind(settings)}: rename one of them"
            )
        if found.setdefault(point.name, settings) is not settings:
            raise VspairError(
                f"expected one kind called {point.name}, found {found[point.name].__module__} and {point.value}: "
                f"rename one, its entry point in {GROUP} too"
            )
    return found


def _settings(package: str) -> type[Method]:
    return import_module(f"{package}.settings").Settings


def _kind(settings: type[Method]) -> str:
    return get_args(settings.model_fields["kind"].annotation)[0]


def any_method() -> Any:
    """The type of a method of any kind, told apart by `kind`."""
    union = None
    for settings in all_settings().values():
        union = settings if union is None else union | settings
    return Annotated[union, Field(discriminator="kind")]

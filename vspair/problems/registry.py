"""The problems that are there: those of this package, and those of others by entry point."""

import ast
import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import vspair.problems
from vspair.config.names import require_name
from vspair.errors import VspairError

GROUP = "vspair.problems"
DEFAULTS = "vspair.problems.defaults"


@cache
def installed() -> dict[str, str]:
    """Name of each problem -> the module or package that it is.

    Raises:
        VspairError: two packages give a problem the same name, or one gives it a name that no path can have.
    """
    found = {
        item.name: f"{vspair.problems.__name__}.{item.name}"
        for item in pkgutil.iter_modules(vspair.problems.__path__)
        if item.ispkg
    }
    for point in entry_points(group=GROUP):
        if found.setdefault(point.name, point.value) != point.value:
            raise VspairError(
                f"expected one problem called {point.name}, found {found[point.name]} and {point.value}: rename one in "
                f"the entry points {GROUP} of its package"
            )
    for name in found:
        try:
            require_name(name)
        except ValueError as error:
            raise VspairError(
                f"{GROUP} names the problem {name!r}: {error}: rename its entry point in its package"
            ) from None
    return found


def settings_class(name: str) -> Any:
    """The class of a problem's settings.

    Raises:
        VspairError: its module has none, or one that leaves out what every problem says.
    """
    module = installed()[name]
    path = f"{module}.settings" if is_package(module) else module
    found = _spec(path, name) and getattr(import_module(path), "Settings", None)
    absent = ["Settings"] if found is None else sorted(getattr(found, "__abstractmethods__", ()))
    absent += [] if found is None or hasattr(found, "title") else ["title"]
    if absent:
        raise VspairError(
            f"expected {path} of the problem {name} to define {', '.join(absent)}, found none: write it as "
            "docs/extending.md says"
        )
    return found


def jobs_module(name: str) -> str:
    """The module with the functions of a problem's jobs.

    Raises:
        VspairError: there is no such problem.
    """
    if name not in installed():
        raise VspairError(f"expected a problem of {', '.join(installed())}, found {name!r}")
    module = installed()[name]
    return f"{module}.jobs" if is_package(module) else module


def job_path(name: str, function: str) -> str:
    """Where the function of a problem's jobs is, `module:function`: its own, or the default.

    Raises:
        VspairError: there is neither.
    """
    module = jobs_module(name)
    if function in _defined(module):
        return f"{module}:{function}"
    if function not in _defined(DEFAULTS):
        raise VspairError(f"expected the function {function} in {module}, found none: write it (docs/extending.md)")
    return f"{DEFAULTS}:{function}"


def job_function(name: str, function: str) -> Callable:
    """The function of a problem's jobs; no other function is looked up, so that a fingerprint covers the one alone."""
    return pkgutil.resolve_name(job_path(name, function))


def folder(name: str) -> Path | None:
    """Folder with `<name>.yaml` and `<name>.smk` of a problem from another package; None for those of this one."""
    module = installed()[name]
    if module.startswith(f"{vspair.problems.__name__}."):
        return None
    return Path(_spec(module, name).origin).parent


def own_script(name: str, script: str) -> str | None:
    """Name of a script of a problem from another package, `package/script.py`; None where there is none.

    A problem that is a single module at the top has no folder of its own, and so no scripts.
    """
    module = installed()[name]
    parts = module.split(".") if is_package(module) else module.split(".")[:-1]
    own = folder(name)
    return "/".join([*parts, script]) if own and parts and (own / script).is_file() else None


@cache
def is_package(module: str) -> bool:
    """Whether it is a package and not a single module."""
    return _spec(module, module).submodule_search_locations is not None


@cache
def _defined(module: str) -> frozenset[str]:
    """Names that a module defines or imports, from its text: planning must not import torch."""
    body = ast.parse(Path(_spec(module, module).origin).read_text(encoding="utf-8")).body
    names: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.FunctionDef):
            names.add(statement.name)
        elif isinstance(statement, ast.ImportFrom):
            names.update(item.asname or item.name for item in statement.names)
        elif isinstance(statement, ast.Assign):
            names.update(target.id for target in statement.targets if isinstance(target, ast.Name))
    return frozenset(names)


def _spec(module: str, name: str) -> ModuleSpec:
    """Where a module of a problem lies.

    Raises:
        VspairError: there is no such module.
    """
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise VspairError(
            f"expected the module {module} of the problem {name}, found none: correct the entry point in {GROUP}, or "
            "write the module (docs/extending.md)"
        )
    return spec

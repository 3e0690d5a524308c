"""The versions that a job ran with: of Python, and of what the project requires and the process has loaded."""

import platform
import re
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_PROJECT = "vspair"
_PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_TOP = re.compile(r"^([A-Za-z_]\w*)[/.]", re.MULTILINE)


def versions() -> dict[str, str]:
    """Versions of Python, of this package, and of those of its requirements that this process has loaded.

    What it requires stands in its own metadata, all extras included; none of it is loaded for this.
    """
    # Here and not above: it draws in half the standard library, and who only checks results needs no versions.
    from importlib import metadata

    loaded = {name.partition(".")[0] for name in sys.modules}
    found = {"python": platform.python_version()}
    for name in sorted({_PROJECT, *_requirements()}):
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if not loaded.isdisjoint(_modules(distribution, name)):
            found[name] = _version(distribution)
    return found


def _requirements() -> set[str]:
    """Names of the packages that the project requires, from lines such as `dival>=0.6; extra == "lodopab"`."""
    from importlib import metadata

    try:
        lines = metadata.requires(_PROJECT) or []
    except metadata.PackageNotFoundError:
        import tomllib

        # Imported from a folder and not installed: the metadata would have been made of this file.
        project = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]
        lines = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    return {_NAME.match(line)[0] for line in lines}


def _modules(distribution: "Distribution", name: str) -> set[str]:
    """Names of the modules that a package brings along."""
    usual = name.replace("-", "_")
    if any(distribution.locate_file(file).exists() for file in (usual, f"{usual}.py")):
        return {usual}
    # Only of packages that are called otherwise than their module: reading lists of files takes its time.
    text = distribution.read_text("top_level.txt")
    return set(text.split()) if text else set(_TOP.findall(distribution.read_text("RECORD") or ""))


def _version(distribution: "Distribution") -> str:
    # The library reads the whole file as if it were mail, for an answer that stands on one of its first lines.
    line = re.search(r"^Version: *(\S+)$", distribution.read_text("METADATA") or "", re.MULTILINE)
    return line[1] if line else distribution.version

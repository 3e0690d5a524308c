"""The source files behind a job, each with a checksum of what the code fingerprint covers of it."""

from collections.abc import Sequence
from pathlib import Path

from vspair.provenance.fingerprint import reached
from vspair.provenance.syntax import PACKAGE, digest


def sources(root: Path, script: str, entries: Sequence[str] = ()) -> dict[str, str]:
    """Source file relative to the root -> SHA-256 over those of its definitions that the script can reach.

    A comment, a docstring or a definition that the job does not reach changes nothing, as in the fingerprint.

    Args:
        root: the project's root.
        script: path of the script relative to `root`.
        entries: objects that the script loads by name, as for `fingerprint`.

    Raises:
        VspairError: as `fingerprint` does.
    """
    parts: dict[str, list[str]] = {}
    for name, value in reached(root, script, entries).items():
        module, _, definition = name.partition(":")
        file = script if module == script else _file(Path(root), script, module)
        parts.setdefault(file, []).append(f"{definition} {value}\n")
    return {file: digest("".join(lines)) for file, lines in sorted(parts.items())}


def _file(root: Path, script: str, module: str) -> str:
    base = Path() if module.split(".", maxsplit=1)[0] == PACKAGE else Path(script).parent
    path = base.joinpath(*module.split("."))
    package = path / "__init__.py"
    return (package if (root / package).is_file() else path.with_suffix(".py")).as_posix()

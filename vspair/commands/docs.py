"""`python -m vspair docs`: write anew what the documents take from the code: settings, schema and list of targets."""

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vspair.errors import VspairError
from vspair.files import write_text
from vspair.printable import tell
from vspair.problems.configuration import config_class, resolve
from vspair.problems.registry import folder, installed
from vspair.problems.schema import Setting, json_schema, settings, settings_of_kinds
from vspair.problems.studies import Study

PRESETS = ("demo", "quick", "paper")
SETTINGS, SCHEMA, TARGETS = "docs/configuration.md", "config/schema.json", "README.md"


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser("docs", help="write anew what the documents take from settings and rules")
    command.add_argument("--check", action="store_true", help="write nothing, and fail if something would change")
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Write what has changed, or name it."""
    stale = {name: text for name, text in written(root).items() if _read(root / name) != text}
    for name, text in stale.items():
        tell(f"{name}: {'out of step' if options.check else 'written'}")
        if not options.check:
            write_text(root / name, text)
    if options.check and stale:
        tell("next: python -m vspair docs")
    return 1 if options.check and stale else 0


def written(root: Path) -> dict[str, str]:
    """Path -> text of each document as it should be now.

    Raises:
        VspairError: a document lacks the lines between which a part of it is written, Snakemake is not installed, or
            problems of other packages are, which are nothing for the project's documents.
    """
    if others := [name for name in installed() if folder(name) is not None]:
        raise VspairError(
            f"expected the project's own problems alone, found {', '.join(others)} of other packages: write the "
            "documents in an environment without them"
        )
    return {
        SETTINGS: _between(root / SETTINGS, "settings", settings_tables(root)),
        SCHEMA: json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n",
        TARGETS: _between(root / TARGETS, "targets", targets_table(root)),
    }


def settings_tables(root: Path) -> str:
    """All settings in Markdown.

    Those of a run and of each problem have their values in the presets beside them, those of methods the kinds that
    have them.
    """
    values = [resolve(root, {"preset": preset, "data_dir": "data"}).model_dump(mode="json") for preset in PRESETS]
    for value in values:
        value["data_dir"] = None
    groups: dict[str, list[Setting]] = {"Of a run": []}
    for setting in settings(config_class()):
        section = setting.key.split(".")[0]
        groups.setdefault(f"`{section}`" if section in installed() else "Of a run", []).append(setting)
    parts = []
    for title, found in groups.items():
        rows = [[f"`{s.key}`", _meaning(s), *(_shown(value, s.key) for value in values)] for s in found]
        parts += [f"### {title}", _table(["key", "meaning", *PRESETS], rows)]
    kinds = [[f"`{s.key}`", _meaning(s), ", ".join(names)] for s, names in settings_of_kinds().items()]
    parts += ["### Of one method, `<problem>.methods.NAME`", _table(["key", "meaning", "kinds"], kinds)]
    studies = [[f"`{s.key}`", _meaning(s)] for s in settings(Study)]
    parts += ["### Of one study, `<problem>.studies.NAME`", _table(["key", "meaning"], studies)]
    return "\n\n".join(parts)


def targets_table(root: Path) -> str:
    """Tables and figures in Markdown, as the calls in the rules name them, with what their captions say first."""
    from vspair.commands.planning import planned

    with planned(root, {"preset": "demo"}) as workflow:
        shown = workflow.globals["SHOWN"]
    rows = [[f"`{name}`", title, _first(file.read_text(encoding="utf-8"))] for name, (title, file) in shown.items()]
    return _table(["target", "section", "shows"], rows)


def _meaning(setting: Setting) -> str:
    words = f" ({', '.join(f'`{word}`' for word in setting.words)})" if setting.words else ""
    return setting.meaning + words


def _shown(values: Mapping[str, Any], key: str) -> str:
    """A setting's value; nothing where it is not stated, or is a section of the user's names."""
    value: Any = values
    for part in key.split("."):
        if value is None:
            return ""
        value = value[part]
    return "" if isinstance(value, Mapping) else value if isinstance(value, str) else json.dumps(value)


def _first(caption: str) -> str:
    """What a caption says first, without the name that may stand before it."""
    clauses = re.split(r"[.:;](?:\s+|$)", " ".join(caption.split()))
    said = clauses[0] if len(clauses[0].split()) > 2 else clauses[1]
    return said[:1].upper() + said[1:]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def _between(path: Path, name: str, text: str) -> str:
    start, end = f"<!-- {name}: written by `python -m vspair docs` -->", f"<!-- end of {name} -->"
    document = _read(path)
    before, first, rest = document.partition(start)
    _, last, after = rest.partition(end)
    if not (first and last):
        raise VspairError(f"expected the lines {start} and {end} in {path}, found not both: restore them")
    return f"{before}{start}\n\n{text}\n\n{end}{after}"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""

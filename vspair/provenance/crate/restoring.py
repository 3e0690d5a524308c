"""Unpack the run folder of a crate after every file of it has been checked, or leave nothing."""

import hashlib
import json
import re
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from vspair.errors import VspairError
from vspair.files import require_space
from vspair.provenance.crate.contents import LEFT_OUT, METADATA, RESULTS, colliding, safe
from vspair.provenance.crate.packages import Package, opened
from vspair.provenance.run.bundle import write_list
from vspair.provenance.run.folder import whole_folder

_LARGEST_METADATA = 1 << 26
# Of objects and lists, and of values: what these take in memory is many times what they take in the file.
_MOST_PARTS, _MOST_VALUES = 2_000_000, 8_000_000
_LARGEST_SOURCE = 1 << 30


@dataclass(frozen=True)
class Restored:
    """What was unpacked: files of the run folder, their bytes, and the names in it of those that the crate left out."""

    files: int
    size: int
    left_out: list[str]


@dataclass(frozen=True)
class _Listed:
    size: int
    sha256: str


def restore(crate: Path | str, folder: Path | str) -> Restored:
    """Unpack the run folder of a crate that `export` wrote.

    Every file of the crate is compared with the size and the SHA-256 that the crate's metadata lists, the project's
    files too, though only those of the run folder are written. What this cannot see is a crate whose files and
    metadata were rewritten alike: the audit of the unpacked folder compares them with the receipts. Where the crate
    left files out, the folder becomes a bundle, of which the audit knows them by their checksums.

    Arguments:
        crate: a ZIP file or a folder.
        folder: the run folder to make, such as `results/demo`; it must not exist yet, or be empty.

    Raises:
        VspairError: there is no such crate; it is damaged, holds a link, a name that leaves it, a file that is not
            listed, or one that differs from what is listed; it is larger than any run's; it holds no run folder; the
            folder is in use; or the disk has too little space.
    """
    crate, folder = Path(crate), Path(folder)
    if folder.is_symlink() or (folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))):
        raise VspairError(f"expected no folder at {folder} yet, or an empty one, found it in use: give another name")
    with opened(crate) as package:
        graph = _metadata(package)
        listed = _listed(package, graph)
        run = _run_folder(package, graph)
        left_out = _left_out(package, graph, run)
        _compare(package, listed)
        inside = {name: facts for name, facts in listed.items() if name.startswith(run)}
        size = sum(facts.size for facts in inside.values())
        source = sum(facts.size for facts in listed.values()) - size
        if source > _LARGEST_SOURCE:
            raise VspairError(
                f"expected at most {_LARGEST_SOURCE} bytes beside the run folder in {crate}, found {source}: do not "
                "trust it"
            )
        require_space(folder, size, "give another place")
        with whole_folder(folder) as temporary:
            for name, facts in listed.items():
                _copy(package, name, facts, temporary / name.removeprefix(run) if name in inside else None)
            if left_out:
                write_list(temporary, left_out)
    return Restored(len(inside), size, sorted(left_out))


def _metadata(package: Package) -> list[dict]:
    size = package.sizes.get(METADATA)
    if size is None:
        raise VspairError(f"expected {METADATA} in {package.path}, found none: give a crate made by `export`")
    if size > _LARGEST_METADATA:
        raise VspairError(f"expected at most {_LARGEST_METADATA} bytes of metadata in {package.path}, found {size}")
    text = b"".join(package.blocks(METADATA))
    if text.count(b"{") + text.count(b"[") > _MOST_PARTS or text.count(b",") > _MOST_VALUES:
        raise VspairError(
            f"expected at most {_MOST_PARTS} parts and {_MOST_VALUES} values in {METADATA} of {package.path}, found "
            "more: do not trust it"
        )
    try:
        graph = json.loads(text)["@graph"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise VspairError(f"expected JSON-LD in {METADATA} of {package.path}, found: {error}; get it anew") from error
    if not (isinstance(graph, list) and all(isinstance(entity, dict) for entity in graph)):
        raise VspairError(f"expected a list of entities in {METADATA} of {package.path}, found none: get it anew")
    known: set[str] = set()
    for entity in graph:
        identifier = entity.get("@id")
        if not isinstance(identifier, str) or identifier in known:
            raise VspairError(
                f"expected one entity of each @id in {METADATA} of {package.path}, found {identifier!a:.80} "
                f"{'twice' if isinstance(identifier, str) else 'as one'}: do not trust it"
            )
        known.add(identifier)
    return graph


def _listed(package: Package, graph: Iterable[dict]) -> dict[str, _Listed]:
    """Size and checksum of each file that the metadata list."""
    listed = {}
    for entity in graph:
        types = entity.get("@type")
        if "File" not in (types if isinstance(types, list) else [types]):
            continue
        name = unquote(str(entity.get("@id")))
        size, sha256 = str(entity.get("contentSize")), str(entity.get("sha256"))
        if not (re.fullmatch(r"[0-9]{1,18}", size) and re.fullmatch(r"[0-9a-f]{64}", sha256)):
            raise VspairError(
                f"expected size and SHA-256 of {name!a:.80} in {package.path}, found {size!a:.80} and "
                f"{sha256!a:.80}: get it anew"
            )
        if not safe(name):
            raise VspairError(
                f"expected plain names inside the crate {package.path}, found {name!a:.80}: do not trust it"
            )
        if name in listed:
            raise VspairError(
                f"expected each file once in {METADATA} of {package.path}, found {name} twice: get it anew"
            )
        listed[name] = _Listed(int(size), sha256)
    if pair := colliding(listed):
        raise VspairError(
            f"expected names in {package.path} that differ on every system, found {pair[0]} and {pair[1]}: do not "
            "trust it"
        )
    return listed


def _left_out(package: Package, graph: Iterable[dict], run: str) -> dict[str, str]:
    """Name in the run folder of each file that the crate left out, and its SHA-256."""
    found = {}
    for entity in graph:
        if not entity["@id"].startswith(LEFT_OUT):
            continue
        name, sha256 = str(entity.get("name")), str(entity.get("sha256"))
        inside = name.removeprefix(run)
        if not (
            name.startswith(run) and safe(inside) and inside not in found and re.fullmatch(r"[0-9a-f]{64}", sha256)
        ):
            raise VspairError(
                f"expected once a plain name in the run folder and a SHA-256 of each file that {package.path} left "
                f"out, found {name!a:.80} and {sha256!a:.80}: do not trust it"
            )
        found[inside] = sha256
    return found


def _run_folder(package: Package, graph: Iterable[dict]) -> str:
    names = [unquote(str(entity.get("@id"))) for entity in graph if entity.get("@type") == "Dataset"]
    found = [name for name in names if re.fullmatch(rf"{RESULTS}/[^/]+/", name) and safe(name.rstrip("/"))]
    if len(found) != 1:
        raise VspairError(
            f"expected one run folder {RESULTS}/.../ in {package.path}, found {len(found)}: give a crate made by "
            "`export`"
        )
    return found[0]


def _compare(package: Package, listed: dict[str, _Listed]) -> None:
    """Compare names and sizes before anything is read."""
    found = set(package.sizes) - {METADATA}
    for name in sorted(found - set(listed)):
        raise VspairError(f"expected only files that {METADATA} lists, found {name!a:.80} in {package.path}: remove it")
    for name, facts in sorted(listed.items()):
        if name not in found:
            raise VspairError(f"expected the listed file {name} in {package.path}, found none: get the crate anew")
        if package.sizes[name] != facts.size:
            raise VspairError(
                f"expected {facts.size} bytes of {name} in {package.path}, found {package.sizes[name]}: it was edited, "
                "get the crate anew"
            )


def _copy(package: Package, name: str, facts: _Listed, path: Path | None) -> None:
    """Check one file, and write it if it has a place."""
    digest, size = hashlib.sha256(), 0
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") if path is not None else nullcontext() as target:
        for block in package.blocks(name):
            size += len(block)
            if size > facts.size:
                break
            digest.update(block)
            if target is not None:
                target.write(block)
    if size != facts.size or digest.hexdigest() != facts.sha256:
        raise VspairError(
            f"expected the SHA-256 {facts.sha256[:12]} of {name} in {package.path}, found {digest.hexdigest()[:12]}: "
            "it was edited, get the crate anew"
        )

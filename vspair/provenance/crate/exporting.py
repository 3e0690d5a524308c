"""Write a finished run as a Workflow Run RO-Crate, a folder or a ZIP file, whole or not at all."""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from vspair.errors import VspairError
from vspair.files import require_space, whole
from vspair.provenance.audit.findings import Finding
from vspair.provenance.crate.actions import add_actions
from vspair.provenance.crate.contents import METADATA, Item, collect
from vspair.provenance.crate.description import describe
from vspair.provenance.crate.graph import Graph, require_library
from vspair.provenance.run.chain import Run
from vspair.provenance.run.folder import whole_folder

if TYPE_CHECKING:
    from tqdm import tqdm

ZIP = ".zip"
_BLOCK = 1 << 20
_LARGE = 100_000_000
# The earliest time that the format knows: the same run gives the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16
# What is packed already is only stored, which is as small and much faster.
_PACKED = {".gz", ".npz", ".pdf", ".png", ".safetensors", ".zip"}


@dataclass(frozen=True)
class Exported:
    """What was written: the number of files in the crate and of those left out, the bytes of each, and the jobs."""

    files: int
    size: int
    left_out: int
    left_out_size: int
    jobs: int


def export(
    folder: Path | str,
    output: Path | str,
    root: Path,
    findings: Sequence[Finding],
    without: Sequence[str] = (),
) -> Exported:
    """Write a run folder and the project's source as a Provenance Run Crate 0.5 (on RO-Crate 1.1).

    The same run and source give the same bytes: dates come from receipts and files of a ZIP bear a fixed time.

    Arguments:
        folder: the run folder.
        output: a file ending in `.zip`, or a folder; it must not exist yet.
        root: the project's root.
        findings: of an audit of this run folder; the crate states them.
        without: patterns of files of the run folder that are listed with checksum and size but left out.

    Raises:
        VspairError: the package rocrate is not there, the run folder is no run folder or holds a link, the output
            exists or lies in it, a pattern matches nothing, the project lacks a file that a crate needs, a file
            changed meanwhile, or the disk has too little space.
    """
    require_library()
    output = Path(output)
    run = Run(folder, root)
    if not run.receipts:
        raise VspairError(
            f"expected a receipt that can be read in {folder}, found {len(run.damaged)} damaged ones: remake the jobs "
            "that left them"
        )
    if output.exists() or output.is_symlink():
        raise VspairError(f"expected no file or folder at {output} yet, found one: remove it or give another name")
    if run.places.inside(output):
        raise VspairError(f"expected an output outside the run folder, found {output}: give another place")
    graph = Graph(run, collect(run, without))
    describe(graph, findings)
    add_actions(graph)
    text = graph.text().encode()
    inside = [item for item in graph.items.values() if not item.left_out]
    outside = [item for item in graph.items.values() if item.left_out]
    size = sum(item.size for item in inside) + len(text)
    require_space(output, size, "leave large files out with --without, or give another place")
    if output.suffix == ZIP:
        _write_zip(output, text, inside, size, graph.folder)
    else:
        _write_folder(output, text, inside, size)
    return Exported(len(inside) + 1, size, len(outside), sum(item.size for item in outside), len(run.receipts))


def _write_zip(output: Path, text: bytes, items: Iterable[Item], size: int, described: str) -> None:
    with whole(output) as temporary, zipfile.ZipFile(temporary, "w") as archive, _progress(size) as bar:
        # The one folder that the metadata describe must be an entry of its own.
        archive.writestr(zipfile.ZipInfo(f"{described}/", _TIME), b"")

        def opened(name: str, size: int) -> IO[bytes]:
            info = zipfile.ZipInfo(name, _TIME)
            info.external_attr, info.create_system, info.file_size = _REGULAR_FILE, 3, size
            packed = Path(name).suffix in _PACKED
            info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            return archive.open(info, "w")

        _write(opened, text, items, bar)


def _write_folder(output: Path, text: bytes, items: Iterable[Item], size: int) -> None:
    with whole_folder(output) as temporary, _progress(size) as bar:

        def opened(name: str, size: int) -> IO[bytes]:
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("wb")

        _write(opened, text, items, bar)


def _write(opened: Callable[[str, int], IO[bytes]], text: bytes, items: Iterable[Item], bar: "tqdm") -> None:
    with opened(METADATA, len(text)) as target:
        target.write(text)
    bar.update(len(text))
    for item in items:
        digest = hashlib.sha256()
        with item.source.open("rb") as source, opened(item.name, item.size) as target:
            while block := source.read(_BLOCK):
                digest.update(block)
                target.write(block)
                bar.update(len(block))
        if digest.hexdigest() != item.sha256:
            raise VspairError(
                f"expected {item.source} to stay as it was during the export, found it changed: wait until nothing "
                "else writes it, audit with --full and export again"
            )


def _progress(size: int) -> "tqdm":
    from tqdm import tqdm

    # None: only where somebody watches.
    return tqdm(total=size, unit="B", unit_scale=True, desc="export", disable=None if size > _LARGE else True)

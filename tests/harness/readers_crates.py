"""Readers of crates, whether they are a ZIP file or a folder."""

import io
import json
import random
import zipfile
from pathlib import Path

import mutations
from hostile import Reader
from readers_evidence import JSON, made

KINDS = (*("metadata",) * 12, *("content", "name", "twice", "link") * 3, "swollen")
SWOLLEN = 6_000_000
"""Empty objects in the metadata, a few kilobytes when they are packed."""


def make_crates(folder: Path) -> None:
    from vspair.provenance.audit import audit
    from vspair.provenance.crate import export

    project = made(folder.with_name("crated"))
    findings = audit(project.run, project.root)
    for name, crate, without in (
        ("folder", "crate", ()),
        ("zip", "crate.zip", ()),
        ("lacking", "crate.zip", ("*/model.txt",)),
    ):
        (folder / name).mkdir(parents=True)
        export(project.run, folder / name / crate, project.root, findings, without)


def read_crate(folder: Path, out: Path):
    """Name and content of every file of the run folder that it unpacks to."""
    from vspair.provenance.crate import restore

    crate = folder / "crate"
    restore(crate if crate.exists() else folder / "crate.zip", out)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def same_files(value, truth, folder) -> str | None:
    """The very files that went into the crate; where some are lacking, a list of them as a bundle has it."""
    for name in sorted(value.keys() - {"bundle.json"}):
        if value[name] != truth.get(name):
            return f"{'a new' if name not in truth else 'a changed'} file came out"
    if value.keys() < truth.keys() and not truth.keys() - value.keys() <= left_out(value):
        return "files are lacking, and nothing says so"
    return None


def left_out(value) -> set[str]:
    listed = json.loads(value["bundle.json"])["left_out"] if "bundle.json" in value else {}
    return {"bundle.json", *listed}


def repacked(data: bytearray, draw: random.Random) -> str:
    """A crate in ZIP with whole checksums of its own, of which one file, name or the metadata is another."""
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    what = draw.choice(KINDS)
    name = "ro-crate-metadata.json" if what == "metadata" else draw.choice(sorted(files))
    description = f"{what} of {name}"
    target = io.BytesIO()
    if what == "metadata":
        text = bytearray(files[name])
        description = draw.choice(mutations.JSON)(text, draw)
        files[name] = bytes(text)
    elif what == "content":
        files[name] = mutations.mutated(files[name] or b"0", draw, ())[0]
    elif what == "name":
        files[draw.choice(mutations.TEXTS)] = files.pop(name)
    elif what == "swollen":
        text = files["ro-crate-metadata.json"]
        files["ro-crate-metadata.json"] = text.replace(b'"@graph": [', b'"@graph": [' + b"{}," * SWOLLEN, 1)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for place, content in files.items():
            info = zipfile.ZipInfo(place)
            info.compress_type = zipfile.ZIP_DEFLATED
            if what == "link" and place == name:
                info.external_attr = 0o120777 << 16
            archive.writestr(info, content)
        if what == "twice":
            archive.writestr(zipfile.ZipInfo(name), b"other")
    data[:] = target.getvalue()
    return description


def headed(data: bytearray, draw: random.Random) -> str:
    """A field of an entry of the archive's own directory at an extreme."""
    signature, width = draw.choice(((b"PK\x01\x02", 46), (b"PK\x03\x04", 30), (b"PK\x05\x06", 22)))
    places = [place for place in range(len(data)) if data.startswith(signature, place)]
    place = draw.choice(places) + draw.randrange(4, width)
    data[place] = draw.choice((0, 0xFF, 0x80, 1, 8, 99, data[place] ^ 1))
    return f"byte {place} of a header set to {data[place]}"


def renamed(data: bytearray, draw: random.Random) -> str:
    """A name in the archive with bytes that are no UTF-8 though its flag says so."""
    for signature, flag, start in ((b"PK\x01\x02", 8, 46), (b"PK\x03\x04", 6, 30)):
        for entry in [entry for entry in range(len(data)) if data.startswith(signature, entry)]:
            if data[entry + start :].startswith(b"results/demo/tables/table1.csv"):
                data[entry + flag + 1] |= 8
                data[entry + start + 13] = draw.choice((0xFF, 0x80, 0x1B, 0x00, 0x0A))
    return "a name with a strange byte"


WAYS = {".zip": (repacked, repacked, headed, renamed), **JSON}
READERS = (Reader("crates", make_crates, read_crate, same_files, ways=WAYS, tries=400),)

"""The entities of a crate's metadata, each once, and the references between them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import quote

from vspair.errors import VspairError
from vspair.provenance.crate.contents import LEFT_OUT, Item, folder_in_crate
from vspair.provenance.run.chain import Run

if TYPE_CHECKING:
    from rocrate.model.entity import Entity

_VERSION = "1.1"
_TERMS = "https://w3id.org/ro/terms/workflow-run#"
_PROJECT = "project:"


def require_library() -> None:
    """Say in time, and not after an audit, that a crate cannot be written.

    Raises:
        VspairError: the package rocrate is not installed.
    """
    if find_spec("rocrate") is None:
        raise VspairError(
            "expected the package rocrate to write a crate, found none: pip install 'vspair[exchange]' "
            "(in the project's folder: pip install -c envs/constraints.txt -e '.[exchange]')"
        )


class Graph:
    """The entities of one crate.

    Arguments:
        run: the run folder.
        items: the files of the crate.

    Attributes:
        folder: where the run folder lies in the crate.
        crate: the library's crate, which renders the entities.
    """

    def __init__(self, run: Run, items: Iterable[Item]) -> None:
        from rocrate.rocrate import ROCrate

        self.run = run
        self.items = {item.name: item for item in items}
        self.folder = folder_in_crate(run)
        # The library searches all entities for one that is not there yet.
        self._entities: dict[str, Entity] = {}
        self._joined: set[tuple[str, str, str]] = set()
        # RO-Crate 1.1 is what the Workflow Run profiles 0.5 build on.
        self.crate = ROCrate(version=_VERSION)
        self.crate.metadata.extra_terms.update({term: _TERMS + term for term in ("resourceUsage", "sha256")})

    def file(self, item: Item, types: Iterable[str] = (), **properties: object) -> "Entity":
        """The entity of a file that is in the crate; further types and properties join those that it has."""
        entity = self._entities.get(quote(item.name))
        if entity is None:
            facts = {"name": item.name.rsplit("/", 1)[-1], "encodingFormat": item.type, "sha256": item.sha256}
            facts |= {"contentSize": str(item.size), "@type": "File"}
            entity = self.known(self.crate.add_file(item.source, item.name, properties=facts))
        if types:
            entity.properties()["@type"] = ["File", *types]
        return _extended(entity, properties)

    def add(self, identifier: str, type_: str | list[str], **properties: object) -> "Entity":
        """The entity with that identifier, made if there is none; properties without value are left away."""
        entity = self._entities.get(identifier)
        if entity is None:
            from rocrate.model.contextentity import ContextEntity

            entity = self.known(self.crate.add(ContextEntity(self.crate, identifier, {"@type": type_})))
        return _extended(entity, properties)

    def known(self, entity: "Entity") -> "Entity":
        """An entity that the library made, from now on the one with its identifier."""
        self._entities[entity.id] = entity
        return entity

    def join(self, entity: "Entity", name: str, other: "Entity") -> None:
        """Let a property of an entity refer to one more, once."""
        if (entity.id, name, other.id) not in self._joined:
            self._joined.add((entity.id, name, other.id))
            entity.append_to(name, other)

    def value(self, kind: str, name: str, value: object, **properties: object) -> "Entity":
        """A named value, each combination of kind, name and value once."""
        plain = value if isinstance(value, str | int | float) else json.dumps(value, sort_keys=True)
        digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
        identifier = f"#{kind}/{quote(name)}/{digest}"
        return self.add(identifier, "PropertyValue", name=name, value=plain, **properties)

    def data(self, name: str, sha256: str) -> "Entity":
        """The entity of a file by its name and checksum in a receipt, whether the crate holds it or not."""
        inside = name.removeprefix(_PROJECT) if name.startswith(_PROJECT) else f"{self.folder}/{name}"
        item = self.items.get(inside)
        if item is not None and item.sha256 == sha256:
            return self.absent(item) if item.left_out else self.file(item)
        raw = ":" in name and not name.startswith(_PROJECT)
        state = "Raw data, not in this crate." if raw else "Not in this crate in this state."
        identifier = f"#absent/{quote(name)}/{sha256[:12]}"
        return self.add(identifier, "CreativeWork", name=name, sha256=sha256, description=state)

    def absent(self, item: Item) -> "Entity":
        """The entity of a file that was left out of the crate."""
        facts = {"sha256": item.sha256, "contentSize": str(item.size), "encodingFormat": item.type}
        state = "Left out of this crate when it was exported."
        identifier = f"{LEFT_OUT}{quote(item.name)}"
        return self.add(identifier, "CreativeWork", name=item.name, description=state, **facts)

    def text(self) -> str:
        """The metadata as JSON-LD; the same for the same entities in the same order."""
        document = self.crate.metadata.generate()
        document["@graph"] = [{key: _single(value) for key, value in entity.items()} for entity in document["@graph"]]
        return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _single(value: object) -> object:
    """One value in the place of a list of one, as RO-Crate asks."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _extended(entity: "Entity", properties: Mapping[str, object]) -> "Entity":
    for name, value in properties.items():
        if value is not None and value not in ("", []):
            entity[name] = value
    return entity

"""The walk from a script and its entries to every definition that they can reach, by the names they use."""

from vspair.errors import VspairError
from vspair.provenance.code.definitions import Binding, Chain, Definition
from vspair.provenance.code.locations import Locations
from vspair.provenance.code.modules import Module
from vspair.provenance.code.resolution import Resolution
from vspair.provenance.code.settings import Field, split
from vspair.provenance.code.syntax import digest

FRAME = ("vspair.provenance", "recorded")
"""What writes a job's log and receipt: no fingerprint covers it, because it changes none of a job's numbers."""


def dotted(entry: str) -> bool:
    """Whether a text names a module, `package.module`, or an object in one, `package.module:object`, and no path."""
    return all(part.isidentifier() for name in entry.split(":", 1) for part in name.split("."))


class Walk:
    """One traversal; it stops before the frame, except when the frame itself is asked for.

    Attributes:
        found: `module:definition` to the digest of its normal form, or of where an import comes from.
        parts: `module:definition` to the definition itself, for those that are not imports.
    """

    def __init__(self, locations: Locations, *, into_frame: bool = False) -> None:
        self.found: dict[str, str] = {}
        self.parts: dict[str, Definition] = {}
        self._locations = locations
        self._into_frame = into_frame
        self._resolution = Resolution(locations)
        self._touched: set[str] = set()
        self._seen: set[tuple[str, Chain]] = set()
        self._waiting: list[tuple[str, Definition]] = []
        self._mentioned: set[str] = set()
        self._unread: dict[str, list[tuple[str, str, Definition]]] = {}

    def script(self) -> None:
        """Reach all of the script."""
        self._whole(self._locations.script)
        self._drain()

    def entry(self, entry: str) -> None:
        """Reach an object that is loaded by name: `package.module:object`, or a whole `package.module`.

        Raises:
            VspairError: it is no such name, there is no such module or object, or a module on the way is imported with
                a star.
        """
        name, _, attribute = entry.partition(":")
        if not dotted(entry):
            raise VspairError(f"expected an entry such as package.module:object, found {entry!r}: correct the entry")
        chain = tuple(attribute.split(".")) if attribute else ()
        module = self._module(name)
        if module is None:
            raise VspairError(
                f"expected the entry {entry} in the project, beside the script or in an installed package, found no "
                f"module {name}: correct the entry, or install the package"
            )
        if chain and not module.has(chain[0]) and self._module(f"{name}.{chain[0]}") is None:
            raise VspairError(f"expected {chain[0]} in {name}, found no such definition: correct the entry {entry}")
        self._attribute(name, chain)
        self._drain()

    def _drain(self) -> None:
        while self._waiting:
            self._follow(*self._waiting.pop())

    def _module(self, name: str) -> Module | None:
        return self._locations.module(name)

    def _follow(self, name: str, definition: Definition) -> None:
        module = self._module(name)
        uses = definition.uses
        self._mention(uses.mentions)
        for chain in uses.chains:
            for binding in uses.imports:
                if binding.local == chain[0]:
                    self._imported(name, binding, chain[1:])
            if chain[0] in module.imports:
                self._bound(name, chain)
            if chain[0] in module.definitions:
                self._define(name, chain[0])

    def _bound(self, name: str, chain: Chain) -> None:
        bindings = [item for item in self._module(name).imports[chain[0]] if not self._binds_frame(name, item)]
        key = f"{name}:{chain[0]} (import)"
        if bindings and key not in self.found:
            # Where a used name comes from counts, so that another function under the same name is seen.
            origins = sorted(f"{self._resolution.absolute(name, item)}:{item.name}" for item in bindings)
            self.found[key] = digest(" ".join(origins))
        for binding in bindings:
            self._imported(name, binding, chain[1:])

    def _imported(self, importer: str, binding: Binding, rest: Chain) -> None:
        target = self._resolution.absolute(importer, binding)
        if self._module(target) is None:
            return
        if binding.name == "*":
            raise VspairError(
                f"expected explicit imports, found `from {target} import *` in {importer}: name what is imported, "
                "because a star hides what the code depends on"
            )
        if binding.name is not None:
            self._attribute(target, (binding.name, *rest))
        elif rest:
            self._attribute(target, rest)
        elif self._module(binding.loaded) is not None:
            self._attribute(binding.loaded, ())

    def _binds_frame(self, importer: str, binding: Binding) -> bool:
        return self._is_frame(self._resolution.absolute(importer, binding), (binding.name,))

    def _is_frame(self, name: str, chain: tuple[str | None, ...]) -> bool:
        """Whether an attribute of a module is the frame, from wherever that module imports it."""
        if self._into_frame or chain != FRAME[1:]:
            return False
        home = self._resolution.home(*FRAME)
        return home is not None and self._resolution.home(name, *chain) == home

    def _attribute(self, name: str, chain: Chain) -> None:
        """Reach the attribute `chain` of a module, through re-exports and submodules, or else the whole module."""
        if (name, chain) in self._seen or self._is_frame(name, chain[:1]):
            return
        self._seen.add((name, chain))
        module = self._module(name)
        self._touch(name)
        if not chain:
            self._whole(name)
        elif module.has(chain[0]):
            if chain[0] in module.imports:
                self._bound(name, chain)
            if chain[0] in module.definitions:
                self._define(name, chain[0])
        elif name in self._locations.packages and self._module(f"{name}.{chain[0]}") is not None:
            self._attribute(f"{name}.{chain[0]}", chain[1:])
        else:
            self._whole(name)

    def _define(self, name: str, local: str) -> None:
        self._touch(name)
        self._add(f"{name}:{local}", name, self._module(name).definitions[local])

    def _whole(self, name: str) -> None:
        module = self._module(name)
        self._touch(name)
        self._add(f"{name}:*", name, module.body)
        # In a whole module an import counts even when no statement uses it, as in an `__init__.py`.
        used = {chain[0] for chain in module.body.uses.chains}
        for local in module.imports.keys() - used:
            self._bound(name, (local,))

    def _touch(self, name: str) -> None:
        """Include what happens when a module is imported: its loose statements and those of its packages."""
        if name in self._touched:
            return
        self._touched.add(name)
        if "*" in self._module(name).imports:
            self._bound(name, ("*",))
        parts = name.split(".") if name != self._locations.script else []
        for count in range(1, len(parts) + 1):
            parent = ".".join(parts[:count])
            module = self._module(parent)
            if module is not None and module.loose.statements:
                self._add(f"{parent}:<statements>", parent, module.loose)

    def _add(self, key: str, name: str, definition: Definition) -> None:
        if key in self.found:
            return
        rest, settings = split(definition, self._resolution.sections(name, definition))
        self.found[key] = rest.digest
        self.parts[key] = rest
        self._waiting.append((name, rest))
        for setting in settings:
            self._offer(name, setting)

    def _offer(self, name: str, setting: Field) -> None:
        """Reach an optional setting as soon as something that is reached mentions its name."""
        item = (f"{name}:{setting.section}.{setting.name}", name, setting.definition)
        if setting.name in self._mentioned:
            self._add(*item)
        else:
            self._unread.setdefault(setting.name, []).append(item)

    def _mention(self, names: frozenset[str]) -> None:
        self._mentioned |= names
        for name in names & self._unread.keys():
            for item in self._unread.pop(name):
                self._add(*item)

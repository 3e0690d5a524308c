"""Fingerprint of the code behind a job: its script and every definition of the package that it can reach."""

from collections.abc import Sequence
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.syntax import PACKAGE, Binding, Chain, Definition, Module, digest, parse

_Stamp = tuple[int, int] | None
_known: dict[tuple[str, str, tuple[str, ...]], tuple[dict[Path, _Stamp], dict[str, str], str]] = {}


def fingerprint(root: Path, script: str, entries: Sequence[str] = ()) -> str:
    """SHA-256 over the normal form of all code that a script and its dynamically loaded entries can reach.

    Comments, docstrings, formatting, and code that is not reached change nothing; nothing is imported.

    Args:
        root: the project's root, which holds the package and the script.
        script: path of the script relative to `root`.
        entries: objects that the script loads by name: `package.module:object` or `package.module`.

    Raises:
        VspairError: a file is missing or not valid Python, an entry does not exist, or a module of the package is
            imported with a star.
    """
    return _result(root, script, entries)[2]


def reached(root: Path, script: str, entries: Sequence[str] = ()) -> dict[str, str]:
    """What the fingerprint covers: `module:definition` to the SHA-256 of its normal form, sorted by name.

    `module:*` is a whole module (or the script), `module:<statements>` are its loose statements, and the digest of an
    imported name is that of where it is imported from. Arguments and errors are those of `fingerprint`.
    """
    return dict(_result(root, script, entries)[1])


def _result(root: Path, script: str, entries: Sequence[str]) -> tuple[dict[Path, _Stamp], dict[str, str], str]:
    key = (str(Path(root).resolve()), script, tuple(sorted(set(entries))))
    known = _known.get(key)
    if known is None or any(_stamp(path) != stamp for path, stamp in known[0].items()):
        walk = _Walk(Path(key[0]), script)
        walk.start(key[2])
        found = dict(sorted(walk.found.items()))
        text = "".join(f"{name} {value}\n" for name, value in found.items())
        known = _known[key] = (walk.stamps, found, digest(text))
    return known


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


class _Walk:
    """One traversal from a script and its entries; remembers what it reached and which files decided it."""

    def __init__(self, root: Path, script: str) -> None:
        self.root = root
        self.script = script
        self.found: dict[str, str] = {}
        self.stamps: dict[Path, _Stamp] = {}
        self._modules: dict[str, Module | None] = {}
        self._packages: set[str] = set()
        self._touched: set[str] = set()
        self._seen: set[tuple[str, Chain]] = set()
        self._waiting: list[tuple[str, Definition]] = []

    def start(self, entries: Sequence[str]) -> None:
        self._modules[self.script] = self._read(self.root / self.script)
        if self._modules[self.script] is None:
            raise VspairError(f"expected a script at {self.root / self.script}, found no file: check the rule")
        self._whole(self.script)
        for entry in entries:
            self._entry(entry)
        while self._waiting:
            self._follow(*self._waiting.pop())

    def _entry(self, entry: str) -> None:
        name, _, attribute = entry.partition(":")
        chain = tuple(attribute.split(".")) if attribute else ()
        module = self._module(name)
        if module is None:
            raise VspairError(f"expected the entry {entry} in {self.root}, found no module {name}: correct the entry")
        known = {*module.definitions, *module.imports, *module.bound}
        if chain and chain[0] not in known and self._module(f"{name}.{chain[0]}") is None:
            raise VspairError(f"expected {chain[0]} in {name}, found no such definition: correct the entry {entry}")
        self._attribute(name, chain)

    def _follow(self, name: str, definition: Definition) -> None:
        module = self._module(name)
        for chain in definition.chains:
            for binding in definition.imports:
                if binding.local == chain[0]:
                    self._imported(name, binding, chain[1:])
            if chain[0] in module.imports:
                self._bound(name, chain)
            if chain[0] in module.definitions:
                self._define(name, chain[0])

    def _bound(self, name: str, chain: Chain) -> None:
        bindings = self._module(name).imports[chain[0]]
        key = f"{name}:{chain[0]} (import)"
        if key not in self.found:
            # Where a used name comes from counts, so that another function under the same name is seen.
            origins = sorted(f"{self._absolute(name, item)}:{item.name}" for item in bindings)
            self.found[key] = digest(" ".join(origins))
        for binding in bindings:
            self._imported(name, binding, chain[1:])

    def _imported(self, importer: str, binding: Binding, rest: Chain) -> None:
        target = self._absolute(importer, binding)
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

    def _attribute(self, name: str, chain: Chain) -> None:
        """Reach the attribute `chain` of a module, through re-exports and submodules, or else the whole module."""
        if (name, chain) in self._seen:
            return
        self._seen.add((name, chain))
        module = self._module(name)
        self._touch(name)
        if not chain:
            self._whole(name)
        elif chain[0] in module.definitions or chain[0] in module.imports or chain[0] in module.bound:
            if chain[0] in module.imports:
                self._bound(name, chain)
            if chain[0] in module.definitions:
                self._define(name, chain[0])
        elif name in self._packages and self._module(f"{name}.{chain[0]}") is not None:
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
        used = {chain[0] for chain in module.body.chains}
        for local in module.imports.keys() - used:
            self._bound(name, (local,))

    def _touch(self, name: str) -> None:
        """Include what happens when a module is imported: its loose statements and those of its packages."""
        if name in self._touched:
            return
        self._touched.add(name)
        if "*" in self._module(name).imports:
            self._bound(name, ("*",))
        parts = name.split(".") if name != self.script else []
        for count in range(1, len(parts) + 1):
            parent = ".".join(parts[:count])
            module = self._module(parent)
            if module is not None and module.loose.statements:
                self._add(f"{parent}:<statements>", parent, module.loose)

    def _add(self, key: str, name: str, definition: Definition) -> None:
        if key not in self.found:
            self.found[key] = definition.digest
            self._waiting.append((name, definition))

    def _absolute(self, importer: str, binding: Binding) -> str:
        if not binding.level:
            return binding.module
        parts = importer.split(".")
        up = binding.level - (importer in self._packages)
        base = parts[: len(parts) - up]
        return ".".join([*base, binding.module] if binding.module else base)

    def _module(self, name: str) -> Module | None:
        """The parsed module of that name when it is the package's or lies beside the script; None for any other."""
        if name not in self._modules:
            parts = name.split(".")
            base = self.root if parts[0] == PACKAGE else (self.root / self.script).parent
            package = base.joinpath(*parts)
            module = self._read(package / "__init__.py")
            if module is not None:
                self._packages.add(name)
            else:
                module = self._read(package.with_suffix(".py"))
            if module is None and parts[0] == PACKAGE and package.is_dir():
                # A folder without `__init__.py` is a package too, and an empty one.
                self._packages.add(name)
                module = _EMPTY
            self._modules[name] = module
        return self._modules[name]

    def _read(self, path: Path) -> Module | None:
        stamp = self.stamps[path] = _stamp(path)
        return None if stamp is None else parse(path, *stamp)


_EMPTY = Module({}, {}, Definition(), frozenset(), Definition())

"""What an audit checks of the environments that jobs ran in, against the lock that each receipt names."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from vspair.provenance.audit.findings import Finding
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.chain import Run

_WORD = "stale environment"


def contradicted_pins(run: Run, receipt: Receipt) -> Iterable[Finding]:
    """Versions that a job had loaded and its lock does not say; nothing of packages that the lock does not name."""
    folder = run.code(receipt)
    pins = {} if folder is None else _pins(folder / receipt.lock_file, _stamp(folder / receipt.lock_file))
    for package, version in receipt.versions.items():
        pinned = pins.get(_canonical(package), frozenset())
        # A local version such as 2.13.0+cpu is the same release, unless the lock is that exact.
        if pinned and not pinned & {version, version.partition("+")[0]}:
            sentence = (
                f"it ran with {package} {version}, its lock {receipt.lock_file} says {' or '.join(sorted(pinned))}: "
                f"remake it with `{receipt.command}`"
            )
            yield Finding(receipt.target, _WORD, sentence)


def changed_locks(run: Run) -> Iterable[Finding]:
    """Locks that are not what they were when jobs named them, each told once."""
    stale = Counter((receipt.lock_file, receipt.lock) for receipt in run.receipts if outdated_lock(run, receipt))
    for (lock, recorded), count in sorted(stale.items()):
        now = run.digest(f"project:{lock}")
        state = "is gone" if now is None else f"is another file ({recorded[:12]} then, {now[:12]} now)"
        sentence = (
            f"the lock of {count} of {len(run.receipts)} receipts {state}: restore it, or remake what was made with it"
        )
        yield Finding(f"project:{lock}", _WORD, sentence)


def outdated_lock(run: Run, receipt: Receipt) -> bool:
    """Whether the lock that a receipt names is not there any more as it was then."""
    # A bundle's project is that of its commit, whose lock is compared with the others of the history.
    return run.left_out is None and run.digest(f"project:{receipt.lock_file}") != receipt.lock


@lru_cache
def _pins(path: Path, _: object) -> Mapping[str, frozenset[str]]:
    """Package -> versions of a lock's lines `name==version`; several, where markers such as Python's version choose."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    found: dict[str, frozenset[str]] = {}
    for line in lines:
        name, equals, version = line.split("#")[0].split(";")[0].rstrip(" \\").partition("==")
        if equals:
            key = _canonical(name)
            found[key] = found.get(key, frozenset()) | {version.strip()}
    return found


def _stamp(path: Path) -> tuple[int, int] | None:
    return (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else None


def _canonical(package: str) -> str:
    return package.split("[", maxsplit=1)[0].strip().lower().replace("_", "-").replace(".", "-")

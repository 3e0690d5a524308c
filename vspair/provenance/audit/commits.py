"""What an audit checks of a receipt against git's history: that its commit is known and has its code and its lock."""

from collections.abc import Iterable
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.audit.findings import Finding
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.chain import Run


def against_history(run: Run) -> Iterable[Finding]:
    """Receipts whose commit git does not know, or whose code or lock is not that of their commit."""
    named = [receipt for receipt in run.receipts if receipt.commit is not None and receipt.dirty is False]
    if named and not run.history.present:
        sentence = (
            f"{len(named)} receipts name a commit, and there is no repository that git would read at "
            f"{run.places.root} ({run.history.absent}): audit them in a clone of it that is yours"
        )
        yield Finding("project:.", "unknown commit", sentence)
        return
    for receipt in named:
        tree = run.history.tree(receipt.commit)
        if tree is None:
            sentence = (
                f"made at {receipt.commit}, which no branch of this repository has: get that commit "
                "(of a shallow clone: git fetch --unshallow), or remake it"
            )
            yield Finding(receipt.target, "unknown commit", sentence)
        else:
            yield from _unlike_commit(run, receipt, tree)


def _unlike_commit(run: Run, receipt: Receipt, tree: Path) -> Iterable[Finding]:
    at = f"at its commit {receipt.commit[:12]}"
    remake = f"remake it with `{receipt.command}`"
    if (lock := run.history.lock(receipt.commit, receipt.lock_file)) != receipt.lock:
        sentence = f"its lock {receipt.lock_file} is {receipt.lock[:12]}, {at} it was {str(lock)[:12]}: {remake}"
        yield Finding(receipt.target, "contradiction", sentence)
    if run.left_out is not None:
        # Of a bundle this is the check for stale code.
        return
    try:
        code = run.fingerprint(tree, receipt)
    except VspairError as error:
        yield Finding(receipt.target, "contradiction", f"its code has no fingerprint {at}: {error}")
        return
    if code != receipt.fingerprint:
        sentence = f"its code is {receipt.fingerprint[:12]}, {at} it was {code[:12]}: {remake}"
        yield Finding(receipt.target, "contradiction", sentence)

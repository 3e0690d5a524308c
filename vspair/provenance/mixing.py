"""What an audit checks between receipts: presets, claims, neighbours, and the facts of whole chains."""

import json
from collections.abc import Iterable
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.chain import Run
from vspair.provenance.findings import Finding
from vspair.provenance.view import Receipt


def mixed_presets(run: Run) -> Iterable[Finding]:
    """Receipts of another preset than most of the folder's."""
    usual = run.preset
    for receipt in run.receipts:
        if receipt.preset != usual:
            sentence = f"it was made with the preset {receipt.preset}, the folder with {usual}: remake it with that one"
            yield Finding(receipt.target, "mixed runs", sentence)


def mixed_claims(run: Run) -> Iterable[Finding]:
    """Files that several receipts claim."""
    for name, claims in run.makers.items():
        if len(claims) > 1:
            rules = ", ".join(sorted(receipt.path.name for receipt in claims))
            sentence = f"several receipts claim this file ({rules}): remove those of older runs"
            yield Finding(name, "mixed runs", sentence)


def mixed_chains(run: Run) -> Iterable[Finding]:
    """Differing values of one configuration key, or versions of one library, told where their chains first meet."""
    known: dict[Path, dict[str, dict[str, str]]] = {}
    for receipt in _upstream_first(run):
        facts = {key: {json.dumps(value): receipt.target} for key, value in receipt.configuration.items()}
        facts |= {f"the version of {name}": {value: receipt.target} for name, value in receipt.versions.items()}
        chains = [known[maker.path] for maker in run.upstream(receipt) if maker.path in known]
        merged: dict[str, dict[str, str]] = {}
        for chain in (*chains, facts):
            for key, values in chain.items():
                merged.setdefault(key, {}).update({value: values[value] for value in values})
        for key, values in merged.items():
            if len(values) > 1 and not any(len(chain.get(key, ())) == len(values) for chain in chains):
                listed = "; ".join(f"{value} in {target}" for value, target in sorted(values.items()))
                sentence = f"its chain holds different values of {key} ({listed}): remake it with `{receipt.command}`"
                yield Finding(receipt.target, "mixed runs", sentence)
        known[receipt.path] = merged


def misplaced(run: Run) -> Iterable[Finding]:
    """Receipts that lie, or say of themselves, what does not fit their place."""
    for receipt in run.receipts:
        if run.name(receipt) != receipt.place:
            sentence = f"the receipt {run.name(receipt)} says that it is {receipt.place}: put it where it belongs"
            yield Finding(run.name(receipt), "contradiction", sentence)
        for wildcard, value in receipt.wildcards.items():
            if value not in receipt.place:
                sentence = (
                    f"its receipt says that it was made for {wildcard} {value}, which its place {receipt.place} does "
                    f"not: remake it with `{receipt.command}`"
                )
                yield Finding(receipt.target, "contradiction", sentence)


def rewritten(run: Run) -> Iterable[Finding]:
    """Receipts that say something else now than when later jobs used their outputs."""
    for receipt in run.receipts:
        for name, claims in receipt.input_claims.items():
            maker = run.maker(name)
            # Another content of the file is stale data, and told as such.
            if maker is None or maker.outputs[name] != receipt.inputs[name] or maker.claims == claims:
                continue
            if not run.notes.vouched_for(name, maker.outputs[name], claims):
                sentence = (
                    f"its receipt {run.name(maker)} says something else now than when {receipt.target} was made from "
                    f"it: remake both, the first with `{maker.command}`"
                )
                yield Finding(name, "contradiction", sentence)


def against_history(run: Run) -> Iterable[Finding]:
    """Receipts whose commit git does not know, or whose code or lock is not that of their commit."""
    named = [receipt for receipt in run.receipts if receipt.commit is not None and receipt.dirty is False]
    if named and not run.history.present:
        sentence = (
            f"{len(named)} receipts name a commit, and there is no repository that git would read at "
            f"{run.places.root}: audit them in a clone of it that is yours"
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
    if (lock := run.history.lock(receipt.commit)) != receipt.lock:
        sentence = f"its lock is {receipt.lock[:12]}, {at} it was {str(lock)[:12]}: {remake}"
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


def _upstream_first(run: Run) -> list[Receipt]:
    order: dict[Path, Receipt] = {}
    seen: set[Path] = set()
    waiting = [(receipt, False) for receipt in run.receipts]
    while waiting:
        receipt, ready = waiting.pop()
        if ready:
            order[receipt.path] = receipt
        elif receipt.path not in seen:
            seen.add(receipt.path)
            waiting.append((receipt, True))
            waiting.extend((maker, False) for maker in run.upstream(receipt))
    return list(order.values())

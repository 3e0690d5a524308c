"""What an audit checks between receipts: presets, claims, neighbours, and the facts of whole chains."""

import json
from collections.abc import Iterable
from pathlib import Path

from vspair.printable import brief
from vspair.provenance.audit.findings import Finding
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.chain import Run


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
    """Differing values of one setting, or versions of one library under one lock, told where chains first meet."""
    known: dict[Path, dict[str, dict[str, str]]] = {}
    for receipt in _upstream_first(run):
        facts = {key: {json.dumps(value): receipt.target} for key, value in receipt.configuration.items()}
        # Machines with locks of their own have versions of their own.
        versions = {f"the version of {name} under {receipt.lock_file}": v for name, v in receipt.versions.items()}
        facts |= {key: {version: receipt.target} for key, version in versions.items()}
        chains = [known[maker.path] for maker in run.upstream(receipt) if maker.path in known]
        merged: dict[str, dict[str, str]] = {}
        for chain in (*chains, facts):
            for key, values in chain.items():
                merged.setdefault(key, {}).update({value: values[value] for value in values})
        for key, values in merged.items():
            if len(values) > 1 and not any(len(chain.get(key, ())) == len(values) for chain in chains):
                listed = "; ".join(f"{brief(value)} in {target}" for value, target in sorted(values.items()))
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
            if not run.joined.vouched_for(name, maker.outputs[name], claims):
                sentence = (
                    f"its receipt {run.name(maker)} says something else now than when {receipt.target} was made from "
                    f"it: remake both, the first with `{maker.command}`"
                )
                yield Finding(name, "contradiction", sentence)


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

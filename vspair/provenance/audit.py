"""Check every link of a run folder's chains of evidence."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.chain import Run
from vspair.provenance.fingerprint import fingerprint
from vspair.provenance.view import Receipt

Configuration = Mapping[str, object] | Callable[[str], object]

# The exit code of the command line when a run folder has one kind of break only.
CODES = {
    "missing": 10,
    "edited": 11,
    "stale code": 12,
    "stale data": 13,
    "stale configuration": 14,
    "dirty tree": 15,
    "unknown seed": 16,
    "mixed runs": 17,
    "unreceipted": 18,
}
SEVERAL = 20


@dataclass(frozen=True, order=True)
class Finding:
    """One break: the file it concerns, its kind (a key of `CODES`), and a sentence that says what to do."""

    file: str
    word: str
    sentence: str


def audit(
    folder: Path | str, root: Path, configuration: Configuration | None = None, data_dir: Path | None = None
) -> list[Finding]:
    """Every break of a run folder, sorted by file; an empty list means that all of it is still true.

    Args:
        folder: the run folder, wherever it lies.
        root: the project's root, with the code as it is now.
        configuration: value now of a dotted key (a KeyError or VspairError says that there is none); without it,
            configurations are not compared with the present one.
        data_dir: the data folder; without it, files in it are not checked.

    Raises:
        VspairError: the folder does not exist or holds no receipts, or a receipt is damaged.
    """
    run = Run(folder, root, data_dir)
    found = {finding for receipt in run.receipts for finding in check(run, receipt, configuration)}
    found.update(_mixed_presets(run), _mixed_claims(run), _mixed_chains(run))
    for name in run.unreceipted():
        found.add(Finding(name, "unreceipted", "no receipt covers this file: remove it, or make it by the workflow"))
    return sorted(found)


def check(run: Run, receipt: Receipt, configuration: Configuration | None = None) -> list[Finding]:
    """The breaks that concern one receipt by itself: its outputs, inputs, code, configuration, tree and seed."""
    found = [*_outputs(run, receipt), *_inputs(run, receipt), *_code(run, receipt)]
    if configuration is not None:
        found += _configuration(run, receipt, configuration)
    if receipt.commit is None or receipt.dirty is not False:
        state = "no git commit" if receipt.commit is None else f"uncommitted changes on top of {receipt.commit[:12]}"
        sentence = f"made with {state}: commit, then remake it with `{receipt.command}`"
        found.append(Finding(receipt.target, "dirty tree", sentence))
    return [*found, *_seed(receipt, configuration)]


def exit_code(findings: Iterable[Finding]) -> int:
    """0 without findings, the code of their kind when there is one kind, and 20 when there are several."""
    words = {finding.word for finding in findings}
    return SEVERAL if len(words) > 1 else CODES[words.pop()] if words else 0


def _outputs(run: Run, receipt: Receipt) -> Iterable[Finding]:
    for name, recorded in receipt.outputs.items():
        now = run.digest(name)
        if now is None:
            yield Finding(name, "missing", f"the file is gone: remake it with `{receipt.command}`")
        elif now != recorded:
            state = f"its SHA-256 is {now[:12]}, not {recorded[:12]} as when it was made"
            yield Finding(name, "edited", f"{state}: remake it with `{receipt.command}`")


def _inputs(run: Run, receipt: Receipt) -> Iterable[Finding]:
    for name, recorded in receipt.inputs.items():
        maker = run.maker(name)
        if maker is not None:
            # Whether that file still is what its own receipt says is the maker's affair.
            now, what = maker.outputs[name], "was remade since"
        elif run.checkable(name):
            now, what = run.digest(name), "is another file now"
        else:
            continue
        if now is None:
            yield Finding(receipt.target, "missing", f"its input {name} is gone: restore that file")
        elif now != recorded:
            sentence = (
                f"its input {name} {what} ({recorded[:12]} then, {now[:12]} now): remake it with `{receipt.command}`"
            )
            yield Finding(receipt.target, "stale data", sentence)


def _code(run: Run, receipt: Receipt) -> Iterable[Finding]:
    try:
        now = fingerprint(run.places.root, receipt.script, receipt.entries)
    except VspairError as error:
        yield Finding(receipt.target, "stale code", f"its code has no fingerprint any more: {error}")
        return
    if now != receipt.fingerprint:
        sentence = (
            f"the code behind {receipt.script} is {now[:12]} now and was {receipt.fingerprint[:12]}: "
            f"remake it with `{receipt.command}`"
        )
        yield Finding(receipt.target, "stale code", sentence)


def _configuration(run: Run, receipt: Receipt, configuration: Configuration) -> Iterable[Finding]:
    for key, recorded in receipt.configuration.items():
        try:
            # Through JSON, as the recorded value went, so that a tuple equals the list it became.
            now = json.loads(json.dumps(run.places.scrub(_value(configuration, key))))
        except (KeyError, VspairError):
            sentence = f"it was made with {key} = {json.dumps(recorded)}, a key that is no longer there"
        else:
            if now == recorded:
                continue
            sentence = f"it was made with {key} = {json.dumps(recorded)}, which is {json.dumps(now)} now"
        yield Finding(receipt.target, "stale configuration", f"{sentence}: remake it with `{receipt.command}`")


def _seed(receipt: Receipt, configuration: Configuration | None) -> Iterable[Finding]:
    seed, wildcard = receipt.seed, receipt.wildcards.get("seed")
    sentence = ""
    if type(seed) is not int:
        sentence = "it draws random numbers and has no seed" if receipt.stochastic else ""
    elif wildcard is not None and wildcard.isdecimal() and int(wildcard) != seed:
        sentence = f"its seed is {seed} though it is named after the seed {wildcard}"
    elif configuration is not None:
        try:
            seeds = _value(configuration, "seeds")
        except (KeyError, VspairError):
            seeds = None
        if isinstance(seeds, list | tuple) and seed not in seeds and seed not in _seeds_in(receipt.configuration):
            sentence = f"its seed {seed} is not among the configured ones {list(seeds)}"
    if sentence:
        yield Finding(receipt.target, "unknown seed", f"{sentence}: remake it with `{receipt.command}`")


def _seeds_in(value: object, key: str = "") -> Iterable[object]:
    """Values of keys called `seed` or `seeds`: data have a configured seed of their own, a study its own seeds."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _seeds_in(item, name.split(".")[-1])
    elif key == "seeds" and isinstance(value, list):
        yield from value
    elif key == "seed":
        yield value


def _mixed_presets(run: Run) -> Iterable[Finding]:
    counts = Counter(receipt.preset for receipt in run.receipts)
    # A draw goes to the preset that the folder is named after.
    usual = max(sorted(counts), key=lambda preset: (counts[preset], preset == run.places.run.name))
    for receipt in run.receipts:
        if receipt.preset != usual:
            sentence = f"it was made with the preset {receipt.preset}, the folder with {usual}: remake it with that one"
            yield Finding(receipt.target, "mixed runs", sentence)


def _mixed_claims(run: Run) -> Iterable[Finding]:
    for name, claims in run.makers.items():
        if len(claims) > 1:
            rules = ", ".join(sorted(receipt.path.name for receipt in claims))
            sentence = f"several receipts claim this file ({rules}): remove those of older runs"
            yield Finding(name, "mixed runs", sentence)


def _mixed_chains(run: Run) -> Iterable[Finding]:
    """Differing values of one configuration key, or differing locks, reported where their chains first meet."""
    known: dict[Path, dict[str, dict[str, str]]] = {}
    for receipt in _upstream_first(run):
        facts = {key: {json.dumps(value): receipt.target} for key, value in receipt.configuration.items()}
        facts["lock"] = {receipt.lock: receipt.target}
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


def _value(configuration: Configuration, key: str) -> object:
    return configuration(key) if callable(configuration) else configuration[key]

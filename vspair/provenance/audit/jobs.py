"""What an audit checks of one receipt by itself: outputs, inputs, code, configuration, environment, commit, seed."""

import json
from collections.abc import Iterable

from vspair.errors import VspairError
from vspair.printable import brief, first_few
from vspair.provenance.audit.environment import contradicted_pins
from vspair.provenance.audit.findings import Configuration, Finding, value_of
from vspair.provenance.code import sources
from vspair.provenance.receipt.folders import files_below
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.chain import Run

_DATA, _PROJECT = "data:", "project:"


def check(run: Run, receipt: Receipt, configuration: Configuration | None = None) -> list[Finding]:
    """The breaks that concern one receipt; without a configuration, none is compared."""
    found = [*_outputs(run, receipt), *_inputs(run, receipt), *_added(run, receipt)]
    found += [*_code(run, receipt), *contradicted_pins(run, receipt)]
    if configuration is not None:
        found += _configuration(run, receipt, configuration)
    return [*found, *_tree(receipt), *_seed(receipt, configuration)]


def _outputs(run: Run, receipt: Receipt) -> Iterable[Finding]:
    remake = f"remake it with `{receipt.command}`"
    for name, recorded in receipt.outputs.items():
        now = run.digest(name) or run.away(name)
        if now is None:
            yield Finding(name, "missing", f"the file is gone or may not be read: {remake}")
        elif now != recorded:
            state = f"its SHA-256 is {now[:12]}, not {recorded[:12]} as when it was made"
            yield Finding(name, "edited", f"{state}: {remake}")
        elif elsewhere := run.elsewhere(name):
            yield Finding(name, "edited", f"a symbolic link to {elsewhere} stands in its place: {remake}")


def _inputs(run: Run, receipt: Receipt) -> Iterable[Finding]:
    for name, recorded in receipt.inputs.items():
        maker = run.maker(name)
        if maker is not None:
            # Whether that file still is what its own receipt says is the maker's affair.
            now, what = maker.outputs[name], "was remade since"
        elif name.startswith(_PROJECT):
            if run.code(receipt) is None:
                # That its commit is not there is told once.
                continue
            now, what = run.project_digest(receipt, name), "is another file now"
        elif run.checkable(name):
            now, what = run.digest(name), "is another file now"
            if now is not None and not name.startswith(_DATA):
                yield Finding(name, "unreceipted", f"{receipt.target} was made from it, and no receipt covers it")
        else:
            continue
        if now is None:
            yield Finding(receipt.target, "missing", f"its input {name} is gone: restore that file")
        elif now != recorded:
            sentence = (
                f"its input {name} {what} ({recorded[:12]} then, {now[:12]} now): remake it with `{receipt.command}`"
            )
            yield Finding(receipt.target, "stale data", sentence)


def _added(run: Run, receipt: Receipt) -> Iterable[Finding]:
    """Files that have come into a folder since it was read."""
    for folder in receipt.folders:
        path = run.places.path(folder)
        if path is None or not path.is_dir():
            # What is gone is told of each file.
            continue
        try:
            now = {run.places.name(file) for file in files_below(path)}
        except VspairError as error:
            yield Finding(receipt.target, "missing", f"its input {folder} cannot be read: {error}")
            continue
        if added := sorted(now - receipt.inputs.keys()):
            sentence = (
                f"its input {folder} has files that were not there: {first_few(added)}; remake it with "
                f"`{receipt.command}`, or remove them"
            )
            yield Finding(receipt.target, "stale data", sentence)


def _code(run: Run, receipt: Receipt) -> Iterable[Finding]:
    folder = run.code(receipt)
    if folder is None:
        # What cannot be looked up is told by the check of commits.
        return
    try:
        now = run.fingerprint(folder, receipt)
    except VspairError as error:
        yield Finding(receipt.target, "stale code", f"its code has no fingerprint any more: {error}")
        return
    if now != receipt.fingerprint:
        files = sources(folder, receipt.script, receipt.entries)
        changed = sorted(name for name, _ in files.items() ^ receipt.files.items())
        what = f" in {', '.join(dict.fromkeys(changed))}" if receipt.files and changed else ""
        sentence = (
            f"the code behind {receipt.script} is {now[:12]} now and was {receipt.fingerprint[:12]}, changed{what}: "
            f"remake it with `{receipt.command}`"
        )
        yield Finding(receipt.target, "stale code", sentence)


def _configuration(run: Run, receipt: Receipt, configuration: Configuration) -> Iterable[Finding]:
    for key, recorded in receipt.configuration.items():
        try:
            # Through JSON, as the recorded value went, so that a tuple equals the list it became.
            now = json.loads(json.dumps(run.places.scrub(value_of(configuration, key))))
        except (KeyError, VspairError):
            sentence = f"it was made with {key} = {brief(json.dumps(recorded))}, a key that is no longer there"
        else:
            if now == recorded:
                continue
            sentence = f"it was made with {key} = {brief(json.dumps(recorded))}, which is {brief(json.dumps(now))} now"
        yield Finding(receipt.target, "stale configuration", f"{sentence}: remake it with `{receipt.command}`")


def _tree(receipt: Receipt) -> Iterable[Finding]:
    if receipt.remedy is not None:
        sentence = f"made with {receipt.tree}: {receipt.remedy}, then remake it with `{receipt.command}`"
        yield Finding(receipt.target, "dirty tree", sentence)


def _seed(receipt: Receipt, configuration: Configuration | None) -> Iterable[Finding]:
    seed, wildcard = receipt.seed, receipt.wildcards.get("seed")
    sentence = ""
    if type(seed) is not int:
        sentence = "it draws random numbers and has no seed" if receipt.stochastic else ""
    elif wildcard is not None and wildcard.isdecimal() and (wildcard.lstrip("0") or "0") != str(seed):
        sentence = f"its seed is {seed} though it is named after the seed {wildcard}"
    elif configuration is not None:
        seeds = _seeds_at(configuration, "seeds")
        beside = [key.rpartition(".")[0] for key in receipt.configuration if "." in key]
        others = (_seeds_at(configuration, f"{section}.seeds") or () for section in beside)
        known = seeds is None or seed in seeds or any(seed in found for found in others)
        if not known and seed not in _seeds_in(receipt.configuration):
            sentence = f"its seed {seed} is not among the configured ones {list(seeds)}"
    if sentence:
        yield Finding(receipt.target, "unknown seed", f"{sentence}: remake it with `{receipt.command}`")


def _seeds_at(configuration: Configuration, key: str) -> list[object] | None:
    """The configured seeds: a run's, or those that stand beside what a job read, as a study's do."""
    try:
        seeds = value_of(configuration, key)
    except (KeyError, VspairError):
        return None
    return list(seeds) if isinstance(seeds, list | tuple) else None


def _seeds_in(value: object, key: str = "") -> Iterable[object]:
    """Values of keys called `seed` or `seeds` in what a job read: data have a configured seed of their own."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _seeds_in(item, name.split(".")[-1])
    elif key == "seeds" and isinstance(value, list):
        yield from value
    elif key == "seed":
        yield value

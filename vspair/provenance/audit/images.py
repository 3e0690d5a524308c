"""Whether a metric file has a line for each of the images that the configuration promises."""

from collections.abc import Iterable, Mapping

from vspair.errors import VspairError
from vspair.metrics import count_images
from vspair.provenance.audit.findings import Finding
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.chain import Run


def incomplete(run: Run, receipt: Receipt) -> Iterable[Finding]:
    """Metric files of one job with other images than were promised, or without a value of one.

    The receipt notes how many images a file is of, and which setting of the job promises them. Where the source of the
    pairs had fewer, the receipt of the pairs notes that. Files that were changed since are not read: checksums tell.
    """
    for name, recorded in receipt.outputs.items():
        noted = receipt.notes(name).images
        if noted is None or noted.key is None:
            continue
        remake = f"remake it with `{receipt.command}`"
        promised = _promised(run, receipt, noted.key)
        if noted.number != promised:
            sentence = f"it is of {noted.number} images, {noted.key} promises {promised}: {remake}"
            yield Finding(name, "contradiction", sentence)
        if run.digest(name) != recorded:
            continue
        path = run.places.path(name)
        try:
            found = run.checksums.fact(f"images in {recorded}", lambda path=path: float(count_images(path)))
        except VspairError as error:
            yield Finding(name, "contradiction", f"it is not whole: {error}")
            continue
        if found != noted.number:
            sentence = f"it has {found:g} images, its job had {noted.number} and {noted.key} promises them: {remake}"
            yield Finding(name, "contradiction", sentence)


def _promised(run: Run, receipt: Receipt, key: str) -> int | None:
    """The number at a dotted key of the job's configuration, or the smaller one that its pairs have."""
    value = _value_at(receipt.configuration, key)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    makers = [(name, run.maker(name)) for name in receipt.inputs]
    notes = [maker.notes(name).images for name, maker in makers if maker is not None]
    # A note with a key is that of a metric file.
    return min([value, *(noted.number for noted in notes if noted is not None and noted.key is None)])


def _value_at(configuration: Mapping[str, object], key: str) -> object:
    if key in configuration:
        return configuration[key]
    for known, tree in configuration.items():
        if key.startswith(f"{known}.") and isinstance(tree, Mapping):
            return _value_at(tree, key.removeprefix(f"{known}."))
    return None

"""The circumstances of a job as named values: configuration, seed, wildcards, machine and library versions."""

import hashlib
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from vspair.provenance.crate.graph import Graph
from vspair.provenance.receipt.receipt import Receipt

if TYPE_CHECKING:
    from rocrate.model.entity import Entity

_KINDS = ((bool, "Boolean"), (int, "Integer"), (float, "Float"))
_PAGES = {"python": "https://www.python.org/"}


def settings(graph: Graph, receipt: Receipt, tool: "Entity") -> list["Entity"]:
    """What the job was told: its configuration by dotted key, its wildcards, its preset and its seed.

    Each is the value of a formal parameter, which joins the inputs of the tool.
    """
    given = {("wildcard", key): value for key, value in sorted(receipt.wildcards.items())}
    given |= {("setting", key): value for key, value in sorted(receipt.configuration.items())}
    given |= {("job", "preset"): receipt.preset}
    if receipt.seed is not None:
        given[("job", "seed")] = receipt.seed
    values = []
    for (kind, name), value in given.items():
        entity = graph.value(kind, name, value)
        formal = _formal(graph, kind, name, value)
        entity["exampleOfWork"] = formal
        graph.join(formal, "workExample", entity)
        graph.join(tool, "input", formal)
        values.append(entity)
    return values


def host(graph: Graph, receipt: Receipt) -> "Entity":
    """The machine that a job ran on."""
    facts = {key: value for key, value in sorted(receipt.machine.items()) if value is not None}
    digest = _short(facts)
    parts = [
        graph.add(f"#machine/{digest}/{quote(key)}", "PropertyValue", name=key, value=value)
        for key, value in facts.items()
    ]
    text = ", ".join(f"{key} {value}" for key, value in facts.items()) or "unknown"
    return graph.add(f"#machine/{digest}", "PropertyValue", name="machine", value=text, valueReference=parts)


def environment(graph: Graph, receipt: Receipt) -> "Entity":
    """The versions that a job ran with."""
    parts = [
        graph.add(
            f"#software/{quote(name)}-{quote(version)}",
            "SoftwareApplication",
            name=name,
            softwareVersion=version,
            url=_PAGES.get(name, f"https://pypi.org/project/{name}/" if name != "vspair" else None),
        )
        for name, version in sorted(receipt.versions.items())
    ]
    text = ", ".join(f"{name} {version}" for name, version in sorted(receipt.versions.items()))
    identifier = f"#environment/{_short(receipt.versions)}"
    return graph.add(identifier, "PropertyValue", name="software versions", value=text, valueReference=parts)


def _formal(graph: Graph, kind: str, name: str, value: object) -> "Entity":
    formal = graph.add(f"#parameter/{kind}/{quote(name)}", "FormalParameter", name=name)
    found = next((word for type_, word in _KINDS if isinstance(value, type_)), "Text")
    known = formal.get("additionalType", found)
    # Values of several types, such as null beside a number, are text.
    formal["additionalType"] = found if known == found else "Text"
    return formal


def _short(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]

"""What a crate says of itself: title, profiles, licence, authors, the paper, and the outcome of the audit."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import yaml

from vspair.errors import VspairError
from vspair.provenance.audit.findings import Finding
from vspair.provenance.crate.contents import CITATION, LICENSE
from vspair.provenance.crate.graph import Graph
from vspair.provenance.run.chain import Run

if TYPE_CHECKING:
    from rocrate.model.entity import Entity

_README = "README.md"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}


def describe(graph: Graph, findings: Sequence[Finding]) -> None:
    """Fill the root of a crate, list every file, and state the audit's outcome.

    Arguments:
        graph: gets the entities.
        findings: of an audit of the same run folder.

    Raises:
        VspairError: CITATION.cff is no valid YAML or lacks title, authors or licence.
    """
    run, root = graph.run, graph.crate.root_dataset
    citation = _citation(run)
    last = max(receipt.finished for receipt in run.receipts)
    outcome = _outcome(findings)
    graph.crate.name = f"{citation['title']}: the run {run.preset}"
    graph.crate.description = (
        f"Results of the preset {run.preset} with the evidence of {len(run.receipts)} jobs and the code that made "
        f"them. Audit on export: {outcome}."
    )
    root["datePublished"] = last
    root["license"] = _licence(graph, citation["license"])
    root["author"] = [_author(graph, author) for author in citation["authors"]]
    root["conformsTo"] = [
        graph.add(uri, "CreativeWork", name=name, version=version) for uri, (name, version) in _PROFILES.items()
    ]
    if paper := citation.get("preferred-citation"):
        root["citation"] = _paper(graph, paper)
    folder = graph.crate.add_dataset(dest_path=graph.folder)
    folder["name"] = f"Results of the preset {run.preset}"
    folder["description"] = "Tables, figures, measurements and one receipt (*.receipt.json) beside each job's outputs."
    for item in graph.items.values():
        if item.left_out:
            root.append_to("mentions", graph.absent(item))
        elif item.name.startswith(folder.id):
            folder.append_to("hasPart", graph.file(item))
        else:
            graph.file(item)
    if _README in graph.items:
        graph.file(graph.items[_README], about=root)
    root.append_to("mentions", _audit(graph, folder, findings, outcome))


def _citation(run: Run) -> Mapping:
    path = run.places.root / CITATION
    try:
        citation = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise VspairError(f"expected a citation in YAML at {path}, found: {error}; mend it") from error
    absent = [key for key in ("title", "authors", "license") if not (isinstance(citation, dict) and citation.get(key))]
    if absent:
        raise VspairError(f"expected title, authors and license in {path}, found no {', '.join(absent)}: add them")
    return citation


def _licence(graph: Graph, name: str) -> "Entity":
    graph.file(graph.items[LICENSE], description=f"Text of the licence {name}.")
    uri = f"https://spdx.org/licenses/{name}"
    return graph.add(uri, "CreativeWork", name=name, url=uri, description=f"The licence {name}; its text is {LICENSE}.")


def _author(graph: Graph, author: Mapping[str, str]) -> "Entity":
    """A person or, without a family name, a group (Citation File Format)."""
    person = "family-names" in author
    name = " ".join(author[key] for key in ("given-names", "family-names") if key in author) or author.get("name", "")
    identifier = author.get("orcid") or f"#author/{name.replace(' ', '-')}"
    return graph.add(identifier, "Person" if person else "Organization", name=name)


def _paper(graph: Graph, paper: Mapping) -> "Entity":
    identifier = f"https://doi.org/{paper['doi']}" if "doi" in paper else "#paper"
    authors = [_author(graph, author) for author in paper.get("authors", [])]
    year = str(paper.get("year", ""))
    return graph.add(identifier, "ScholarlyArticle", name=paper.get("title"), author=authors, datePublished=year)


def _outcome(findings: Sequence[Finding]) -> str:
    counts = sorted(Counter(finding.word for finding in findings).items())
    return ", ".join(f"{count} {word}" for word, count in counts) or "every link is still true"


def _audit(graph: Graph, folder: "Entity", findings: Sequence[Finding], outcome: str) -> "Entity":
    places = graph.run.places
    breaks = []
    for finding in findings:
        # A sentence may quote a path of this machine.
        sentence = finding.sentence.replace(f"{places.run}/", f"{folder.id}").replace(f"{places.root}/", "")
        breaks.append(graph.value("break", finding.word, finding.file, description=sentence))
    record = graph.items.get(f"{folder.id}audit.json")
    return graph.add(
        "#audit",
        "AssessAction",
        name="Audit on export",
        description=f"{len(graph.run.receipts)} receipts checked: {outcome}",
        object=folder,
        result=breaks,
        subjectOf=graph.data("audit.json", record.sha256) if record else None,
    )

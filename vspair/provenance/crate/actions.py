"""A run's jobs as actions: what ran (workflow, steps, scripts), with which settings, from what, and into what."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

from vspair.printable import first_few
from vspair.provenance.crate.contents import SNAKEFILE
from vspair.provenance.crate.graph import Graph
from vspair.provenance.crate.settings import environment, host, settings
from vspair.provenance.receipt.places import SUFFIX
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.receipt.worktree import worktree

if TYPE_CHECKING:
    from rocrate.model.entity import Entity

_DONE = "http://schema.org/CompletedActionStatus"
_SECOND = "https://qudt.org/vocab/unit/SEC"
_DURATION = "https://schema.org/duration"


def add_actions(graph: Graph) -> None:
    """Join the workflow, its steps and tools, and one action per job to the crate."""
    receipts = sorted(graph.run.receipts, key=lambda receipt: (receipt.started, graph.run.name(receipt)))
    workflow = _workflow(graph, receipts)
    jobs = [_job(graph, receipt) for receipt in receipts]
    whole = _whole(graph, workflow, receipts, jobs)
    controls = [
        graph.add(
            job.id.replace("#job/", "#control/", 1),
            "ControlAction",
            name=f"Orchestration of {job['name']}",
            instrument=_step(graph, receipt),
            object=job,
            actionStatus=_DONE,
        )
        for receipt, job in zip(receipts, jobs, strict=True)
    ]
    organize = graph.add(
        "#organize",
        "OrganizeAction",
        name="Run of Snakemake",
        instrument=_engine(graph, receipts),
        object=controls,
        result=whole,
        startTime=whole["startTime"],
        endTime=whole["endTime"],
        actionStatus=_DONE,
    )
    graph.crate.root_dataset.append_to("mentions", [whole, *jobs, organize])


def _workflow(graph: Graph, receipts: Iterable[Receipt]) -> "Entity":
    item = graph.items[SNAKEFILE]
    # In the place of the plain file that was listed, with the language and profile that the library knows.
    types = {"@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]}
    facts = {**graph.file(item).properties(), **types}
    workflow = graph.known(
        graph.crate.add_workflow(item.source, item.name, main=True, lang="snakemake", properties=facts)
    )
    now = worktree(graph.run.places.root)
    sha, state = now.commit, f"no commit, since {now.reason}" if now.reason else now.commit
    if now.dirty:
        state = f"{sha} with uncommitted changes ({first_few(now.changes, more=now.more)})"
    workflow["name"] = "Workflow of the project"
    workflow["description"] = f"State of the source on export: {state}."
    workflow["version"] = sha or "unknown"
    steps, tools = [], []
    for receipt in receipts:
        step, tool = _step(graph, receipt), _tool(graph, receipt)
        steps += [step] if step not in steps else []
        tools += [tool] if tool not in tools else []
    for position, step in enumerate(steps, 1):
        step["position"] = position
    workflow["step"], workflow["hasPart"] = steps, tools
    software = {entity.id: entity for receipt in receipts for entity in environment(graph, receipt)["valueReference"]}
    locks = sorted({receipt.lock_file for receipt in receipts} & graph.items.keys())
    named = [graph.file(graph.items[lock], description="Versions of all packages.") for lock in locks]
    workflow["softwareRequirements"] = [*named, *(software[key] for key in sorted(software))]
    return workflow


def _tool(graph: Graph, receipt: Receipt) -> "Entity":
    """The script of a job, in the crate or, if it is gone, by its name."""
    version = receipt.commit or "no commit"
    item = graph.items.get(receipt.script)
    if item is None:
        return graph.add(f"#script/{quote(receipt.script)}", "SoftwareSourceCode", name=receipt.script, version=version)
    language = graph.add("https://www.python.org/", "ComputerLanguage", name="Python", url="https://www.python.org/")
    return graph.file(item, ["SoftwareSourceCode"], name=receipt.script, version=version, programmingLanguage=language)


def _step(graph: Graph, receipt: Receipt) -> "Entity":
    return graph.add(f"#step/{quote(receipt.rule)}", "HowToStep", name=receipt.rule, workExample=_tool(graph, receipt))


def _job(graph: Graph, receipt: Receipt) -> "Entity":
    place = graph.run.name(receipt)
    name = place.removesuffix(SUFFIX)
    wildcards = " ".join(f"{key}={value}" for key, value in sorted(receipt.wildcards.items()))
    tool = _tool(graph, receipt)
    objects = [graph.data(file, sha) for file, sha in sorted(receipt.inputs.items())]
    results = [graph.data(file, sha) for file, sha in sorted(receipt.outputs.items())]
    seconds = graph.add(
        f"#duration/{quote(name)}",
        "PropertyValue",
        name="duration",
        propertyID=_DURATION,
        value=receipt.seconds,
        unitCode=_SECOND,
        unitText="s",
    )
    job = graph.add(
        f"#job/{quote(name)}",
        "CreateAction",
        name=f"{receipt.rule} {wildcards}".strip(),
        description=f"Remade by: {receipt.command}",
        instrument=tool,
        object=[*objects, *settings(graph, receipt, tool)],
        result=results,
        startTime=_moment(receipt.started),
        endTime=_moment(receipt.finished),
        actionStatus=_DONE,
        resourceUsage=seconds,
        additionalProperty=[*_code(graph, receipt), host(graph, receipt), environment(graph, receipt)],
    )
    evidence = graph.items[f"{graph.folder}/{place}"]
    about = graph.file(evidence, encodingFormat="application/vnd.in-toto+json", about=job)
    job["subjectOf"] = about
    return job


def _code(graph: Graph, receipt: Receipt) -> list["Entity"]:
    """Fingerprint of the code, git commit and state of the tree."""
    tree = "clean" if receipt.remedy is None else receipt.tree
    facts = {
        ("code", "fingerprint"): (receipt.fingerprint, "SHA-256 over the syntax of all code that the job reached"),
        ("git", "commit"): (receipt.commit or "none", "Commit of the source that the job ran from"),
        ("git", "tree"): (tree, "State of the source's working tree when the job ran"),
        ("lock", "sha256"): (receipt.lock, f"SHA-256 of {receipt.lock_file} when the job ran"),
    }
    return [graph.value(*names, value, description=text) for names, (value, text) in facts.items()]


def _whole(graph: Graph, workflow: "Entity", receipts: list[Receipt], jobs: list["Entity"]) -> "Entity":
    """The run of the workflow: from raw data and settings to what no further job uses."""
    made = {name for receipt in receipts for name in receipt.outputs}
    used = {name: sha for receipt in receipts for name, sha in receipt.inputs.items()}
    raw = [graph.data(name, sha) for name, sha in sorted(used.items()) if name not in made]
    ends = {name: sha for receipt in receipts for name, sha in receipt.outputs.items() if name not in used}
    values = {entity.id: entity for job in jobs for entity in job["object"] if entity.type == "PropertyValue"}
    return graph.add(
        "#run",
        "CreateAction",
        name=f"Run of the preset {graph.run.preset}",
        description=f"{len(receipts)} jobs of the preset {graph.run.preset}; each is an action of its own.",
        instrument=workflow,
        object=[*raw, *(values[key] for key in sorted(values))],
        result=[graph.data(name, sha) for name, sha in sorted(ends.items())],
        startTime=_moment(min(receipt.started for receipt in receipts)),
        endTime=_moment(max(receipt.finished for receipt in receipts)),
        actionStatus=_DONE,
    )


def _engine(graph: Graph, receipts: Iterable[Receipt]) -> "Entity":
    found = sorted({receipt.versions.get("snakemake", "unknown") for receipt in receipts})
    url = "https://snakemake.readthedocs.io"
    return graph.add("#engine", "SoftwareApplication", name="Snakemake", softwareVersion=", ".join(found), url=url)


def _moment(moment: str) -> str:
    # The profile's own form of ISO 8601; a receipt writes UTC as Z.
    return moment.replace("Z", "+00:00")

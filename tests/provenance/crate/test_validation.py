"""The crate against the Workflow Run profiles, by the validator of the RO-Crate community, without network.

The validator brings the profiles' shapes but fetches the JSON-LD context that a crate names. Here it finds in its cache
those terms of the RO-Crate 1.1 context that our crates use (`context_1_1.json`, identifiers as published); a term that
is not among them fails the check of the compacted form.
"""

import io
import shutil
import socket
from pathlib import Path

import pytest

pytest.importorskip("rocrate_validator", reason="the validator is not installed: pip install -e '.[test]'")

# rdflib 7 warns of its own classes in the validator's and pyshacl's use of it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
TEXT = Path(__file__).with_name("context_1_1.json").read_bytes()
PROFILE = "provenance-run-crate"
PROFILE_URI = "https://w3id.org/ro/wfrun/provenance/0.5"

# What the profiles recommend and a run does not tell.
UNKNOWN = {
    "The Action SHOULD have an agent that is a Person or Organization",
    "The Application SHOULD have a url",
    "The Main Workflow SHOULD comply with Bioschemas ComputationalWorkflow profile version 1.0 or later",
    "The SoftwareApplication id SHOULD be an absolute URI",
    "The `publisher` property of a `Root Data Entity` SHOULD be an `Organization`",
    "The author SHOULD have a Contextual Entity which specifies the organizational `affiliation`.",
    "The author SHOULD have an organizational affiliation.",
    "The organization SHOULD have a URL.",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache of web pages that holds the context and nothing else."""
    import requests
    from requests_cache import CachedSession
    from urllib3.response import HTTPResponse

    path = tmp_path_factory.mktemp("cache") / "http"
    response = requests.Response()
    response.status_code, response.url = 200, CONTEXT
    response.headers["Content-Type"] = "application/ld+json"
    response.request = requests.Request("GET", CONTEXT).prepare()
    response.raw = HTTPResponse(io.BytesIO(TEXT), response.headers, status=200, preload_content=False)
    response._content = TEXT
    with CachedSession(str(path), backend="sqlite", expire_after=-1) as session:
        session.cache.save_response(response)
    return path


@pytest.fixture
def issues(cache, monkeypatch):
    """Issues that the validator finds in a crate, as (severity, entity, message)."""
    from rocrate_validator.models import ValidationSettings
    from rocrate_validator.services import validate

    def refuse(*_):
        raise AssertionError("the validator must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    # It would print its log, warnings of a missing context, when the interpreter ends.
    monkeypatch.setattr("rocrate_validator.utils.log.__log_stream__", io.StringIO())

    def found(crate, severity="REQUIRED"):
        settings = ValidationSettings(
            rocrate_uri=str(crate),
            profile_identifier=PROFILE,
            requirement_severity=severity,
            offline=True,
            cache_path=cache,
        )
        result = validate(settings)
        listed = {(issue.severity.name, issue.violatingEntity or "", issue.message) for issue in result.get_issues()}
        assert result.passed() == (not listed)
        return listed

    return found


def test_the_crate_is_a_provenance_run_crate(crates, issues):
    """With all that the profile and those below it require, and of what they recommend all that is known."""
    found = issues(crates.export(without=["model.txt"]), "RECOMMENDED")
    assert {severity for severity, _, _ in found} == {"RECOMMENDED"}
    assert {message for _, _, message in found} <= UNKNOWN


@pytest.mark.slow
def test_so_is_a_zip_of_a_run_with_breaks(crates, issues):
    (crates.project.run / "models/0/model.txt").write_text("better")
    (crates.project.root / "scripts/table.py").unlink()
    assert issues(crates.export("crate.zip")) == set()


# Where a fault is planted, what it is, and what the validator must say of that entity (or of the root or the crate).
FAULTS = (
    ("#job/tables/table1", lambda job: job.pop("instrument"), "MUST have an instrument"),
    ("#job/models/0/model", lambda job: job.update(instrument={"@id": "#nowhere"}), "MUST have an instrument"),
    ("#job/models/1/model", lambda job: job.update(instrument={"@id": "#audit"}), "MUST have an instrument"),
    ("#job/prepared/pairs", lambda job: job["object"].append({"@id": "#nowhere"}), "object and result SHOULD point to"),
    ("#job/prepared/pairs", lambda job: job.update(madeBy="somebody"), "madeBy"),
    ("#run", lambda run: run.update(instrument={"@id": "scripts/train.py"}), "mainEntity"),
    ("#step/table1", lambda step: step.pop("workExample"), "tool via workExample"),
    ("#control/tables/table1", lambda control: control.update(object={"@id": "#nowhere"}), "tool run via object"),
    ("#organize", lambda organize: organize.pop("object"), "ControlAction instances"),
    ("#parameter/job/preset", lambda parameter: parameter.pop("additionalType"), "MUST have an additionalType"),
    ("#duration/tables/table1", lambda duration: duration.pop("propertyID"), "MUST have a propertyID"),
    ("./", lambda root: root.pop("license"), "license"),
    ("./", lambda root: root["conformsTo"].remove({"@id": PROFILE_URI}), "Provenance Run Crate profile"),
    ("LICENSE", lambda file: file.update({"@id": "LICENCE"}), "does not include the Data Entity 'LICENCE'"),
)


# What the validator says of the root ("./"), or without naming an entity ("").
WHOLE = {"mainEntity": "./", "madeBy": "", "does not include the Data Entity 'LICENCE'": ""}


@pytest.mark.slow
def test_the_validator_finds_planted_faults(crates, issues, edit):
    """Else its silence about our crates would mean nothing."""
    crate = crates.export()

    def plant(found, _):
        for identifier, fault, _ in FAULTS:
            fault(found[identifier])

    edit(crate, plant)
    found = issues(crate, "RECOMMENDED")
    for identifier, _, message in FAULTS:
        said = {entity for _, entity, text in found if message in text}
        assert said & {f"./{identifier.removeprefix('./')}", WHOLE.get(message)}, (identifier, message)


def test_without_the_context_nothing_passes(crates, issues, cache, tmp_path):
    """Offline, an empty cache must not read as a valid crate."""
    crate = crates.export()
    moved = shutil.move(cache.with_suffix(".sqlite"), tmp_path / "away")
    try:
        assert issues(crate) != set()
    finally:
        shutil.move(moved, cache.with_suffix(".sqlite"))

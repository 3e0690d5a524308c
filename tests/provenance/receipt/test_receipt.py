import json
import re
import shlex

import pytest

from vspair.errors import VspairError
from vspair.files import sha256
from vspair.provenance import Places, commit, machine, versions
from vspair.provenance.code import frame
from vspair.provenance.code import words as words_of
from vspair.provenance.receipt.building import write
from vspair.provenance.receipt.lookup import find
from vspair.provenance.receipt.reading import read

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def descriptor(entry):
    """in-toto's ResourceDescriptor: one of uri, digest and content; digests in lower-case hexadecimal."""
    assert {"uri", "digest", "content"} & entry.keys()
    assert entry.keys() <= {"name", "uri", "digest", "content", "downloadLocation", "mediaType", "annotations"}
    assert all(re.fullmatch(r"[0-9a-f]+", value) for value in entry.get("digest", {}).values())
    assert isinstance(entry.get("annotations", {}), dict)


def test_form_of_in_toto_statement_and_slsa_provenance(complete):
    statement = json.loads((complete.run / "tables/table1.receipt.json").read_text())
    assert statement.keys() == {"_type", "subject", "predicateType", "predicate"}
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert [entry["name"] for entry in statement["subject"]] == ["tables/table1.csv", "tables/table1.md"]
    for entry in statement["subject"]:
        descriptor(entry)
        assert re.fullmatch(r"[0-9a-f]{64}", entry["digest"]["sha256"])
    definition, details = statement["predicate"]["buildDefinition"], statement["predicate"]["runDetails"]
    assert definition.keys() == {"buildType", "externalParameters", "internalParameters", "resolvedDependencies"}
    assert re.match(r"[a-z]+:", definition["buildType"])
    for entry in (*definition["resolvedDependencies"], *details["byproducts"]):
        descriptor(entry)
    assert details.keys() == {"builder", "metadata", "byproducts"}
    assert re.match(r"[a-z]+:", details["builder"]["id"])
    assert all(isinstance(value, str) for value in details["builder"]["version"].values())
    assert details["metadata"].keys() == {"invocationId", "startedOn", "finishedOn"}
    assert RFC3339.fullmatch(details["metadata"]["startedOn"])
    assert RFC3339.fullmatch(details["metadata"]["finishedOn"])


def test_view(complete):
    receipt = read(complete.run / "models/0/model.receipt.json")
    assert receipt.outputs == {"models/0/model.txt": sha256(complete.run / "models/0/model.txt")}
    assert receipt.inputs == {"prepared/pairs.txt": sha256(complete.run / "prepared/pairs.txt")}
    assert (receipt.rule, receipt.preset, receipt.seed, receipt.stochastic) == ("train", "demo", 0, True)
    assert (receipt.wildcards, receipt.script, receipt.entries) == ({"seed": "0"}, "scripts/train.py", [])
    assert receipt.configuration == {"training.epochs": 3, "training.rates": [0.1, 0.2]}
    assert (receipt.commit, receipt.dirty) == commit(complete.root)
    assert receipt.lock_file == "envs/constraints.txt"
    assert receipt.lock == sha256(complete.root / "envs/constraints.txt")
    assert receipt.frame == frame(complete.root)
    assert receipt.words == words_of(complete.root, "scripts/train.py")
    assert receipt.command == "snakemake --cores 1 --config preset=demo --force results/demo/models/0/model.txt"
    assert receipt.machine == machine()
    assert receipt.versions == versions()
    assert receipt.seconds >= 0
    assert receipt.run_folder == complete.run
    table = read(complete.run / "tables/table1.receipt.json")
    cell = table.cells["A|error"]
    assert (cell.inputs, cell.key, cell.statistic) == (["models/1/model.txt"], "error.mean", None)


def test_a_receipt_goes_through_the_models_unchanged(complete):
    """What later jobs vouch for is all of it, further keys and those that are null among them."""
    path = complete.run / "prepared/pairs.receipt.json"
    statement = json.loads(path.read_text())
    statement["predicate"]["runDetails"]["builder"]["further"] = {"key": [1, 2.0, None]}
    path.write_text(json.dumps(statement))
    assert read(path).statement.model_dump(by_alias=True, exclude_unset=True) == statement
    write(path, read(path).statement)
    assert json.loads(path.read_text()) == statement


def test_names_files_by_where_they_are(complete):
    receipt = read(complete.run / "prepared/pairs.receipt.json")
    assert list(receipt.inputs) == ["data:raw.txt"]
    places = Places(run=complete.run, root=complete.root, data=complete.root / "data")
    assert places.name(complete.run / "a" / "b.txt") == "a/b.txt"
    assert places.name(complete.root / "config" / "x.yaml") == "project:config/x.yaml"
    assert places.name("/somewhere/else.bin") == "external:else.bin"
    assert places.path("external:else.bin") is None
    assert [places.path(places.name(path)) for path in (complete.run / "a", complete.root / "b")] == [
        complete.run / "a",
        complete.root / "b",
    ]


def test_no_absolute_path_enters_a_receipt(project):
    configuration = {"data_dir": str(project.root / "data"), "nested": {"paths": ["/home/somebody/x"]}}
    project.prepare(evidence={"configuration": configuration}, annotations={"note": str(project.root)})
    text = (project.run / "prepared/pairs.receipt.json").read_text()
    assert not re.search(r'"/|tmp|home', text)


def test_find(complete):
    path = complete.run / "tables/table1.receipt.json"
    assert find(complete.run / "tables/table1.md") == path
    (complete.run / "tables/other.csv").write_text("x")
    assert find(complete.run / "tables/other.csv") is None


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[:-20], "expected a receipt in JSON"),
        (lambda text: "[]", "expected an object as the receipt"),
        (lambda text: text.replace("Statement/v1", "Statement/v0"), "found https://in-toto.io/Statement/v0"),
        (lambda text: text.replace('"stochastic": false', '"stochastic": 0'), "true or false as .*stochastic, found 0"),
        (lambda text: text.replace('"subject"', '"object"'), "expected subject in the receipt, found none"),
        (lambda text: text.replace('"name": "lock"', '"name": "key"'), "a dependency named lock"),
        (lambda text: text.replace('"sha256"', '"md5"'), "expected sha256 in the receipt.subject.0..digest"),
        (lambda text: text.replace('"name": "prepared/pairs.txt"', '"name": "../pairs.txt"'), "a file's name as"),
        (lambda text: text.replace('"name": "prepared/pairs.txt"', '"name": "/etc/hosts"'), "a file's name as"),
        (lambda text: text.replace('"name": "prepared/pairs.txt"', '"name": "a\\u0000b"'), "a file's name as"),
        (lambda text: text.replace('"rule": "prepare"', '"rule": "x", "rule": "prepare"'), "'rule' stands there twice"),
        (lambda text: text.replace('"seed": null', '"seed": true'), "a whole number as .*seed"),
        (lambda text: text.replace('"entries": []', '"entries": [1]'), "a name such as package.* as .*entries"),
        (lambda text: text.replace('"script": "scripts/train.py"', '"script": ""'), "a script in the project as "),
        (lambda text: text.replace('"name": "machine"', '"name": 3'), "a text of up to 20000 letters as .*byproducts"),
        (lambda text: text.replace('"name": "data:raw.txt"', '"name": "lock"'), "found lock twice"),
        (
            lambda text: text.replace('"script": "scripts/train.py"', '"script": null'),
            "a script in the project as .*script",
        ),
        (lambda text: text.replace('"dirty": false', '"dirty": 0'), "true or false as .*dirty"),
        (lambda text: text.replace('"receipt": "', '"receipt": "' + "a/" * 60), "found it higher up"),
        (lambda text: "[" * 100_000, "expected a receipt in JSON"),
    ],
)
def test_damaged_receipt(project, damage, message):
    project.prepare()
    path = project.run / "prepared/pairs.receipt.json"
    text = path.read_text()
    path.write_text(damage(text))
    assert path.read_text() != text
    with pytest.raises(VspairError, match=message):
        read(path)


def test_commit_outside_git_and_inside_another_repository(tmp_path, project):
    assert commit(tmp_path) == (None, None)
    (project.root / "inner").mkdir()
    assert commit(project.root / "inner") == (None, None)
    sha, dirty = commit(project.root)
    assert re.fullmatch(r"[0-9a-f]{40}", sha)
    assert dirty is False
    (project.root / "vspair/numbers.py").write_text("")
    assert commit(project.root) == (sha, True)


def test_commit_without_git(project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert commit(project.root) == (None, None)
    assert machine()["gpu"] is None


def test_the_remaking_command_repeats_the_settings_of_the_call(project):
    """Without them the command would remake something else."""
    project.prepare(settings={"device": "cpu", "seeds": [0, 1], "section": {"epochs": 2}})
    command = read(project.run / "prepared/pairs.receipt.json").command
    words = shlex.split(command)
    start, end = words.index("--config") + 1, words.index("--force")
    assert words[start:end] == ["preset=demo", "device=cpu", "seeds=[0, 1]", 'section={"epochs": 2}']

"""A campaign with the real Snakemake: what is finished is never repeated, and what was interrupted goes on."""

import re
from collections import Counter

import pytest
import yaml

TARGETS = ["table3", "table_lambda3"]
STEPS = [
    {
        "name": "narrow",
        "tells": "two methods, one seed",
        "targets": TARGETS,
        "config": {"inpainting": {"compare": ["PAIR", "vsPAIR"]}},
    },
    {
        "name": "seeds",
        "tells": "another seed, of the methods and of the sweep",
        "targets": TARGETS,
        "config": {
            "seeds": [0, 1],
            "inpainting": {"compare": ["PAIR", "vsPAIR"], "studies": {"lambda3": {"seeds": [0, 1]}}},
        },
    },
    {
        "name": "methods",
        "tells": "another method",
        "targets": ["table3"],
        "config": {"seeds": [0, 1], "inpainting": {"compare": ["PAIR", "vPAIR", "vsPAIR"]}},
    },
]
COLLECTING = ("table3", "table_lambda3")


def finished_jobs(project):
    """Every job that has ended well in all of Snakemake's runs, as `rule wildcards`, from its logs in their order."""
    for log in sorted((project.folder / ".snakemake/log").glob("*.log")):
        text = log.read_text()
        begun = {}
        for rule, body in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", text, re.MULTILINE):
            wildcards = re.search(r"^    wildcards: (.*)$", body, re.MULTILINE)
            begun[re.search(r"jobid: (\d+)", body)[1]] = f"{rule} {wildcards[1] if wildcards else ''}".strip()
        yield from (begun[number] for number in re.findall(r"^Finished jobid: (\d+)", text, re.MULTILINE))


@pytest.mark.slow
def test_a_campaign_repeats_nothing_and_goes_on_where_it_was(untouched):
    project = untouched
    (project.folder / "config/campaigns/mine.yaml").write_text(yaml.safe_dump({"preset": "demo", "steps": STEPS}))
    project.commit()
    command = ("vspair", "campaign", "mine", "--cores", "2")
    # Time for a job or more, by the machine in the first step or the second; what is under way then is made again.
    cut = project.run(*command, "--seconds", "20")
    assert cut.returncode == 3, cut.stdout + cut.stderr
    assert len(re.findall(r"^\d \w+: interrupted$", cut.stdout, re.MULTILINE)) == 1
    assert "go on with: python -m vspair campaign mine --seconds 20" in cut.stdout
    assert list(finished_jobs(project))
    again = project.run(*command)
    assert again.returncode == 0, again.stdout + again.stderr
    states = re.findall(r"^\d (\w+): (\w+)", again.stdout, re.MULTILINE)
    assert states == [(step["name"], "finished") for step in STEPS]

    counts = Counter(finished_jobs(project))
    repeated = {job for job, count in counts.items() if count > 1}
    assert {job.split()[0] for job in repeated} <= {*COLLECTING}
    rules = Counter(job.split()[0] for job in counts if job.split()[0] not in COLLECTING)
    # Three methods and two seeds; two weights and two seeds of the sweep.
    assert rules == {"pairs": 1, "train": 6, "evaluate": 6, "study": 4}
    # One more seed made nothing stale or unknown either.
    now = ("seeds=[0, 1]", "inpainting.studies.lambda3.seeds=[0, 1]")
    audit = project.run("vspair", "audit", "results/demo", "--config", *now)
    assert audit.returncode == 0, audit.stdout + audit.stderr

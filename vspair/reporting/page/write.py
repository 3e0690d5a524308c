"""Write the report of a run folder."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from vspair.errors import VspairError
from vspair.files import write_text
from vspair.printable import shown, shown_all
from vspair.provenance.audit.findings import Finding
from vspair.published import Published
from vspair.reporting.page.chains import chains
from vspair.reporting.page.runs import commits, costs, kinds, span
from vspair.reporting.page.sections import sections, tally
from vspair.reporting.page.words import SHORT, caption, duration, exact, moment, number, title
from vspair.verdicts import VERDICTS

_HERE = Path(__file__).parent

MARKS = dict(zip(VERDICTS, ("✓", "≈", "✕", "≁", "–"), strict=True))
"""A sign of each verdict beside its word, since not every reader sees colours."""

LOCK = "environment lock"
"""What the page calls the checksum of the environment's lock."""


def write_page(
    ledger: Mapping[str, Any],
    findings: Sequence[Finding],
    record: Mapping[str, Any] | None,
    folder: Path,
    captions: Mapping[str, str],
    published: Mapping[str, Published],
    output: Path,
    when: datetime,
    limits: Sequence[str] = (),
) -> None:
    """Write one HTML page that needs no network: breaks, verdicts, tables, figures, chains, machines and cost.

    Everything that comes from files is escaped, as markup and as `shown` does; a Content-Security-Policy in the page
    forbids every request, and every script and style but its own two, which it knows by their SHA-256.

    Arguments:
        ledger: of the run, see `vspair.provenance.run.ledger`.
        findings: breaks that the audit finds now.
        record: what a person signed (`audit.json` of the run folder), or None.
        folder: the run folder.
        captions: name of a table or figure -> its caption in reStructuredText.
        published: name of a table -> the paper's numbers; those of tables that were not made count as `not run`.
        output: the page.
        when: the moment of the audit.
        limits: sentences on what the audit could not check.

    Raises:
        VspairError: the output is a folder, a picture cannot be read, or the disk is full.
    """
    if output.is_dir():
        raise VspairError(f"expected a file to write the report to, found the folder {output}: name a file in it")
    tables, figures = sections(folder, ledger, findings, published)
    cells = [cell for section in (*tables, *figures) for cell in section.cells]
    jobs = list(ledger["jobs"].values())
    # As the template shows every text (see `_template`), so that names in the page and in its script are the same.
    block = shown_all(chains(ledger["jobs"], ledger["makers"], cells, findings) | {"preset": ledger["preset"]})
    block["marks"] = MARKS
    style, script = (_HERE.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    rules, total = costs(jobs)
    text = _template().render(
        preset=ledger["preset"],
        policy=f"default-src 'none'; img-src data:; style-src {_source(style)}; script-src {_source(script)}; "
        "base-uri 'none'; form-action 'none'",
        style=_verbatim(style),
        script=_verbatim(script),
        chains=_inert(block),
        when=f"{when:%Y-%m-%dT%H:%M:%SZ}",
        findings=sorted(findings, key=lambda finding: (finding.word, finding.file, finding.sentence)),
        record=record,
        captions=captions,
        marks=MARKS,
        tables=tables,
        figures=figures,
        counts=tally(cells),
        further=sum(not cell["verdict"] for section in tables for cell in section.cells),
        jobs=jobs,
        commits=commits(jobs),
        span=span(jobs),
        machines=kinds(jobs, "machine"),
        environments=kinds([job | {LOCK: job.get("lock")} for job in jobs], "versions", LOCK),
        rules=rules,
        total=total,
        limits=limits,
    )
    write_text(output, text)


def _template():
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        # What is markup already is ours, or was shown before it was made.
        finalize=lambda value: shown(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "exact": exact,
        "duration": duration,
        "moment": moment,
        "caption": caption,
        "title": title,
        "short": lambda text: text[:SHORT],
    }
    return environment.get_template("page.html")


def _source(text: str) -> str:
    """A script or style as a Content-Security-Policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _verbatim(text: str):
    from markupsafe import Markup

    return Markup(text)


def _inert(values: object):
    """JSON that stands inside a script element: nothing in it can end that element or open a comment."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _verbatim(text.replace("<", "\\u003c"))

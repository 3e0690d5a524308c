"""A report full of markup, script and control characters from files, in a real Chromium: all of it is text."""

import dataclasses
import itertools

import pytest

pytestmark = pytest.mark.browser

TEXTS = (
    "<script>hacked('script')</script>",
    "</script><script>hacked('after the end')</script><!--",
    "<img src=x onerror=\"hacked('image')\">",
    '"><svg onload="hacked(\'quotes\')">',
    "' onmouseover='hacked(\"event\")' tabindex='1' autofocus onfocus='hacked(\"focus\")",
    "javascript:hacked('address')",
    "<a href=\"javascript:hacked('link')\">a link</a>",
    "<iframe srcdoc=\"<script>parent.hacked('frame')</script>\"></iframe>",
    "{{ 7 * 7 }}{% include 'page.js' %}{# gone #}${hacked('template')}",
    "&lt;script&gt;hacked('entity')&lt;/script&gt;",
    ":sup:`<b onclick=hacked('sup')>2</b>` ``<img src=x onerror=hacked('code')>`` *<i onclick=hacked('em')>*",
    "__proto__",
    "constructor",
    "</title></style><style>* { display: none }</style>",
    "<!--<script>",
    "\\u003cscript\\u003ehacked('escape')\\u003c/script\\u003e\\",
)
CONTROLS = "\u202egnp.\u2066exe\u200f"
"""Marks that let a text run the other way, which paint one file name as another."""
HOOK = """
window.hacks = []; window.hacked = (what) => { window.hacks.push(what); };
for (const name of ['alert', 'confirm', 'prompt', 'open', 'eval']) window[name] = () => window.hacks.push(name);
"""
FORM = """
const elements = [...document.querySelectorAll('*')];
return {
  handlers: elements.flatMap((e) => [...e.attributes]).filter((a) => /^on/i.test(a.name)).map((a) => a.name),
  addresses: elements.flatMap((e) => [e.getAttribute('href'), e.getAttribute('src'), e.getAttribute('action')])
    .filter((address) => address && !/^(#|data:image[/]png;base64,)/.test(address)),
  scripts: document.querySelectorAll('script').length,
  strange: elements.map((e) => e.tagName).filter((name) => /^(iframe|object|embed|svg|link|base|b|i)$/i.test(name)),
}"""


def poisoned(value, draw):
    """The same facts with markup after every text and in every key of a mapping that a user can name."""
    if isinstance(value, str):
        return f"{value} {next(draw)}"
    if isinstance(value, dict):
        return {f"{key} {next(draw)}" if key.islower() else key: poisoned(inner, draw) for key, inner in value.items()}
    return [poisoned(inner, draw) for inner in value] if isinstance(value, list) else value


def hostile_ledger(example):
    """The ledger of the example in which each text that comes from a file holds markup."""
    draw, book = itertools.cycle(TEXTS), example.ledger()
    kept = {"file", "inputs", "verdict", "value", "sd", "n", "published", "tolerance"}
    for cell, text in zip(book["cells"], itertools.cycle(TEXTS), strict=False):
        cell |= {key: f"{value} {text}" for key, value in cell.items() if key not in kept and isinstance(value, str)}
    for job in book["jobs"].values():
        for key in ("rule", "script", "command", "fingerprint", "commit", "started", "lock"):
            job[key] = f"{job[key]} {next(draw)}"
        for key in ("wildcards", "configuration", "machine", "versions", "files", "entries"):
            job[key] = poisoned(job[key], draw)
    return book | {"preset": f"demo {TEXTS[1]}"}


@pytest.fixture(scope="module")
def hostile(example, tmp_path_factory):
    """Two pages of it: as it is written, and without its policy, so that only the escaping holds."""
    from vspair.reporting.page import write_page

    folder = example.write_results(tmp_path_factory.mktemp("results") / "demo")
    lines = "".join(f'"{text.replace(chr(34), chr(34) * 2)}",1\n' for text in TEXTS)
    (folder / "figures/fig2.csv").write_text(f'"{TEXTS[2].replace(chr(34), chr(34) * 2)}",r\n{lines}')
    (folder / "tables/table1.md").write_text(
        "\n\n".join(TEXTS) + "\n\n| a |\n|---|\n| 1 |\n\n" + " ".join(TEXTS) + "\n"
    )
    findings = [
        dataclasses.replace(finding, word=f"{finding.word} {text}", sentence=text)
        for finding, text in zip(example.FINDINGS * len(TEXTS), TEXTS, strict=False)
    ]
    signed = example.SIGNED | {"signed": {"name": " ".join(TEXTS), "note": " ".join(TEXTS)}, "when": TEXTS[0]}
    captions = {"table1": " ".join(TEXTS), "fig2": " ".join(TEXTS)}
    output = folder / "report.html"
    ledger = hostile_ledger(example)
    write_page(ledger, findings, signed, folder, captions, example.PUBLISHED, output, example.WHEN, TEXTS)
    text = output.read_text(encoding="utf-8")
    begin = text.index('<meta http-equiv="Content-Security-Policy"')
    bare = output.with_name("bare.html")
    bare.write_text(text[:begin] + text[text.index(">", begin) + 1 :], encoding="utf-8")
    return {"with its policy": output, "without a policy": bare}


@pytest.fixture
def watched(browser):
    """The browser with traps in place before any script of a page."""
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": HOOK})
    yield browser
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def use(browser):
    """What a reader may do: unfold, sort, search, filter, point at and click everything that can be."""
    browser.execute_script("""
        document.querySelectorAll('details').forEach((details) => { details.open = true; });
        document.querySelectorAll('button.sort, button.toggle').forEach((button) => button.click());
        const search = document.getElementById('search');
        search.value = '<script>'; search.dispatchEvent(new Event('input', {bubbles: true}));
        search.value = ''; search.dispatchEvent(new Event('input', {bubbles: true}));
        for (const element of document.querySelectorAll('*')) {
          for (const kind of ['mouseover', 'mouseenter', 'focus']) element.dispatchEvent(new Event(kind));
        }""")
    panels = []
    for place in range(browser.execute_script("return document.querySelectorAll('button.cell').length")):
        panels.append(
            browser.execute_script(
                """document.querySelectorAll('button.cell')[arguments[0]].click();
                document.querySelectorAll('#panel details').forEach((details) => { details.open = true; });
                const text = document.getElementById('panel').textContent;
                document.getElementById('panel').close();
                return text""",
                place,
            )
        )
    return "\n".join(panels)


@pytest.mark.parametrize("page", ["with its policy", "without a policy"])
def test_nothing_of_it_runs_and_all_of_it_is_shown(watched, hostile, page):
    watched.get("about:blank")
    watched.get_log("browser")
    watched.get(hostile[page].as_uri())
    panels = use(watched)
    assert watched.execute_script("return window.hacks") == []
    form = watched.execute_script(FORM)
    assert form == {"handlers": [], "addresses": [], "scripts": 2, "strange": []}
    # What the policy had to stop would stand here.
    assert watched.get_log("browser") == []
    text = watched.execute_script("return document.body.innerText + document.title")
    for one in TEXTS:
        assert one in text or one.replace("``", "") in text or one.startswith(":sup:"), one
        assert one in panels or one.startswith(("</title>", ":sup:")), one
    assert "7 * 7" in text
    assert "49}" not in text


def test_a_text_that_is_executed_would_be_seen(watched, hostile, tmp_path):
    """The traps themselves: in a page that does not escape."""
    (tmp_path / "open.html").write_text(f"<!doctype html><title>x</title>{TEXTS[0]}{TEXTS[2]}<b>{TEXTS[7]}</b>")
    watched.get((tmp_path / "open.html").as_uri())
    watched.execute_async_script("setTimeout(arguments[0], 500)")
    assert {"script", "image", "frame"} <= set(watched.execute_script("return window.hacks"))


def test_marks_that_turn_the_direction_are_made_visible(watched, example, tmp_path):
    """A label, a file name of a break, and the name of who signed."""
    from vspair.reporting.page import write_page

    folder = example.write_results(tmp_path / "demo")
    book, name = example.ledger(), f"A {CONTROLS}"
    book["cells"][0]["row"] = name
    book["jobs"]["tables/table1.receipt.json"]["command"] = f"snakemake {CONTROLS}"
    findings = [dataclasses.replace(example.FINDINGS[0], file=f"tables/{CONTROLS}.csv", sentence=CONTROLS)]
    signed = example.SIGNED | {"signed": {"name": name, "note": CONTROLS}}
    output = folder / "report.html"
    write_page(book, findings, signed, folder, {}, example.PUBLISHED, output, example.WHEN)
    watched.get(output.as_uri())
    shown = watched.execute_script("return document.body.innerText") + use(watched)
    assert not set(CONTROLS) & set(shown) - set("gnp.exe")

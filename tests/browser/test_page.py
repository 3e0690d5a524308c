"""The report in a real Chromium: it asks for nothing, and what a reader does to it works."""

import base64
import json
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(example, tmp_path_factory):
    """The page of the example, with breaks and a signed record."""
    from vspair.reporting.page import write_page

    folder = example.write_results(tmp_path_factory.mktemp("results") / "demo")
    output = folder / "report.html"
    arguments = (example.SIGNED, folder, example.CAPTIONS, example.PUBLISHED, output, example.WHEN)
    write_page(example.ledger(), example.FINDINGS, *arguments)
    return output


def load(browser, address):
    """Open a page anew, with empty logs."""
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(address)
    return browser


@pytest.fixture
def opened(browser, page):
    return load(browser, page.as_uri())


def until(browser, condition):
    """Wait for it, at most five seconds."""
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 5).until(condition)


def press(browser, *keys):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def find(browser, css):
    from selenium.webdriver.common.by import By

    return browser.find_element(By.CSS_SELECTOR, css)


def column(browser, table, place):
    """Texts of the visible cells of a column."""
    script = """return [...document.querySelectorAll(arguments[0] + ' tbody tr')].filter(r => !r.hidden)
        .map(r => r.cells[arguments[1]].textContent.trim())"""
    return browser.execute_script(script, table, place)


def panel(browser):
    return browser.execute_script("const p = document.getElementById('panel'); return p.open ? p.innerText : null")


TABLE = "[id='tables/table1.csv'] table.cells"
WIDE = "[id='tables/table1.csv'] .wide"
DATA = "[id='figures/fig2.csv'] .data"
CLOSE = "#panel .bar button"
PRINTED = ("13,067,043", "within noise", "its SHA-256 is 0123", "Example CPU", "evaluate")
FOCUSED = "return document.activeElement.dataset.cell"


def test_it_asks_for_nothing_but_itself_and_breaches_no_policy(opened, page):
    """A picture, font, style or script from elsewhere, or a call of one, would show in the log of requests.

    The policy forbids inline scripts and styles other than its own; one that it blocked is an error in the log.
    """
    messages = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
    assert {url for url in asked if not url.startswith("data:")} == {page.as_uri()}
    loaded = opened.execute_script("return document.querySelector('figure img').naturalWidth")
    assert loaded == 3, "the embedded picture is shown"
    find(opened, f"{TABLE} .cell").click()
    assert panel(opened)
    assert opened.get_log("browser") == []


def test_its_policy_stops_what_would_ask(opened):
    """A planted picture from the network and a planted script are both refused by the page's own policy."""
    script = """const done = arguments[0]; window.ran = false; const blocked = [];
        document.addEventListener('securitypolicyviolation', (e) => blocked.push(e.effectiveDirective));
        document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}));
        const planted = document.createElement('script'); planted.textContent = 'window.ran = true';
        document.body.append(planted); fetch('http://127.0.0.1:9/y').catch(() => 0);
        setTimeout(() => done([window.ran, blocked.sort()]), 300)"""
    assert opened.execute_async_script(script) == [False, ["connect-src", "img-src", "script-src-elem"]]


def test_planted_markup_is_text(opened, example):
    assert example.EVIL in column(opened, TABLE, 0)
    assert opened.execute_script("return document.querySelectorAll('script').length") == 2
    opened.execute_script("document.querySelector(`[data-cell='3']`).click()")
    assert example.EVIL in panel(opened)
    assert opened.execute_script("return document.querySelectorAll('#panel script, #panel b, #panel i').length") == 0


def test_a_click_on_a_cell_shows_its_chain(opened, example):
    find(opened, f"{TABLE} [data-cell='1']").click()
    text = panel(opened)
    unfold(opened, "#panel")
    whole = panel(opened)
    shown = ("Table 1", "A 10, psnr", "100.5", "± 20", "published 110", "within noise", "Mean of the column psnr")
    assert [part for part in shown if part.lower() not in text.lower()] == []
    chain = ("table1", "evaluate", "train", "pairs", "data:raw.h5", "seed 1", "no longer true: edited")
    assert [part for part in chain if part not in text] == []
    # The cell was read from the metrics of seed 1 alone.
    assert "models/0/model.txt" not in text
    facts = ("vspair/files.py", "training.epochs = 3", "Example CPU", "numpy 2.1.3", "clean tree", "10.0 s on 1 thread")
    digests = (example.sha("lock")[:12], example.sha("data:raw.h5")[:12], "results/demo/models/1/model.txt")
    assert [part for part in (*facts, *digests) if part not in whole] == []
    order = [text.index(f"{place}. {rule}") for place, rule in enumerate(("table1", "evaluate", "train", "pairs"), 1)]
    assert order == sorted(order)
    assert opened.current_url.endswith("#tables/table1.csv|A%2010|psnr")


def test_a_figure_its_printed_number_and_what_was_not_made_have_chains(opened):
    find(opened, "[id='figures/fig2.csv'] .chain").click()
    for part in ("fig2", "models/0/model.txt", "models/1/model.txt"):
        assert part in panel(opened)
    find(opened, CLOSE).click()
    find(opened, "[id='figures/fig2.csv'] .numbers summary").click()
    find(opened, "[id='figures/fig2.csv'] .cell").click()
    assert "0.875" in panel(opened)
    assert "models/1/model.txt" not in panel(opened)
    find(opened, CLOSE).click()
    find(opened, "[id='tables/table9.csv'] .cell").click()
    assert "snakemake --cores 2 --config preset=demo table9" in panel(opened)


def test_by_keyboard_alone(opened):
    """Enter opens, Tab stays inside, Escape closes, and the focus is back where it was."""
    from selenium.webdriver.common.keys import Keys

    opened.execute_script("document.querySelector(`[data-cell='0']`).focus()")
    press(opened, Keys.ENTER)
    assert panel(opened)
    assert opened.execute_script("return document.activeElement.id") == "panel-title"
    for _ in range(30):
        press(opened, Keys.TAB)
        inside = "const e = document.activeElement; return e === document.body || !!e.closest('#panel')"
        assert opened.execute_script(inside), "the focus left the open panel"
    press(opened, Keys.ESCAPE)
    assert panel(opened) is None
    assert opened.execute_script(FOCUSED) == "0"
    assert "#" not in opened.current_url


def test_closed_by_a_click_beside_it_or_its_button_the_panel_gives_the_focus_back_to_the_very_cell(opened):
    """A value stands twice, in a long table and in a wide one."""
    from selenium.webdriver.common.action_chains import ActionChains

    find(opened, f"{TABLE} [data-cell='1']").click()
    ActionChains(opened).move_by_offset(4, 4).click().perform()
    assert panel(opened) is None
    find(opened, "[id='tables/table1.csv'] .again summary").click()
    find(opened, f"{WIDE} [data-cell='1']").click()
    assert panel(opened)
    find(opened, CLOSE).click()
    assert opened.execute_script("return !!document.activeElement.closest('.wide')")


def test_a_deep_link_into_what_a_filter_hides_shows_it(opened):
    find(opened, ".toggle[data-verdict='differs']").click()
    opened.execute_script("location.hash = 'tables/table1.csv|A 2.5|psnr'")
    until(opened, panel)
    find(opened, CLOSE).click()
    assert opened.execute_script(FOCUSED) == "0"
    assert len(column(opened, TABLE, 0)) == 6


def test_everything_can_be_reached_by_tab(opened):
    from selenium.webdriver.common.keys import Keys

    press(opened, Keys.TAB)
    assert opened.execute_script("return document.activeElement.className") == "skip"
    reached = set()
    for _ in range(120):
        press(opened, Keys.TAB)
        reached.add(opened.execute_script("return document.activeElement.className || document.activeElement.id"))
    assert {"cell", "sort", "chain", "copy", "search", "toggle", "scroll"} <= reached


def test_sorting_is_numeric_with_empty_cells_last(opened):
    head = f"{TABLE} thead th:nth-child(3)"
    find(opened, f"{head} button").click()
    assert column(opened, TABLE, 2) == ["-3.5", "9.5", "20.25", "100.5", "13,067,043", "—"]
    assert find(opened, head).get_attribute("aria-sort") == "ascending"
    find(opened, f"{head} button").click()
    assert column(opened, TABLE, 2) == ["13,067,043", "100.5", "20.25", "9.5", "-3.5", "—"]
    assert find(opened, head).get_attribute("aria-sort") == "descending"
    find(opened, f"{head} button").click()
    assert column(opened, TABLE, 2)[:2] == ["9.5", "100.5"], "the third click gives the order of the file back"


def test_names_wide_tables_and_data_of_a_figure_sort_as_a_reader_counts(opened):
    find(opened, f"{TABLE} thead th:nth-child(1) button").click()
    names = [name for name in column(opened, TABLE, 0) if name.startswith("A")]
    assert names == ["A 2.5", "A 2.5", "A 10", "A 20"]
    find(opened, "[id='tables/table1.csv'] .again summary").click()
    find(opened, f"{WIDE} thead th:nth-child(2) button").click()
    values = [text.split("paper")[0].split()[0] for text in column(opened, WIDE, 1)]
    assert values == ["-3.5", "9.5", "20.25", "100.5", "—"]
    find(opened, f"{DATA} summary").click()
    find(opened, f"{DATA} thead th:nth-child(2) button").click()
    assert [float(text) for text in column(opened, DATA, 1)] == [number / 8 for number in range(40)]


def test_filters_by_verdict_and_text(opened):
    find(opened, ".toggle[data-verdict='differs']").click()
    assert column(opened, TABLE, 0) == ["A 20"]
    assert not find(opened, "[id='tables/table9.csv']").is_displayed()
    assert find(opened, "#shown").text == "1 of 9 values: differs"
    find(opened, ".toggle[data-verdict='not run']").click()
    assert column(opened, TABLE, 0) == ["A 20", "B 10"]
    assert find(opened, "[id='tables/table9.csv']").is_displayed()
    find(opened, "#search").send_keys("table1 RUN")
    assert column(opened, TABLE, 0) == ["B 10"]
    find(opened, "#clear").click()
    assert len(column(opened, TABLE, 0)) == 6
    assert find(opened, "#shown").text == "9 values, all shown"


@pytest.mark.parametrize(
    ("link", "title"),
    [
        ("tables/table1.csv|A%2010|psnr", "A 10, psnr"),
        ("chain:figures/fig2.png", "figures/fig2.png"),
        ("figures/fig2.csv|A%200|r", "Figure 2: A 0, r"),
        ("tables/table1.csv|%|nothing", None),
    ],
)
def test_deep_links_and_one_to_nothing_that_is_only_a_page(browser, page, link, title):
    load(browser, f"{page.as_uri()}#{link}")
    assert browser.get_log("browser") == []
    if title is None:
        assert panel(browser) is None
    else:
        assert title in panel(browser)
        find(browser, CLOSE).click()
        assert browser.execute_script("return document.activeElement.matches('.cell, .chain')")


def test_copying_a_command(opened):
    permissions = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    opened.execute_cdp_cmd("Browser.grantPermissions", permissions)
    button = find(opened, "[id='tables/table1.csv'] .copy")
    button.click()
    until(opened, lambda _: button.text == "Copied")
    read = "navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))"
    command = "snakemake --cores 1 --config preset=demo --force results/demo/tables/table1.csv"
    assert opened.execute_async_script(read) == command


def unfold(browser, within="body"):
    script = "document.querySelectorAll(arguments[0] + ' details').forEach((part) => { part.open = true })"
    browser.execute_script(script, within)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(opened, scheme):
    """axe-core checks names, roles, landmarks, headings, contrast and focus; from PyPI's axe-core-python, if there."""
    from importlib import resources

    pytest.importorskip("axe_core_python", reason="no axe-core here: pip install -e '.[test]'")
    media = [{"name": "prefers-color-scheme", "value": scheme}]
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    opened.execute_script(resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    unfold(opened)
    passed, faults = [], []
    for cell in (None, f"{TABLE} [data-cell='1']"):
        if cell:
            find(opened, cell).click()
            unfold(opened, "#panel")
        found = opened.execute_async_script("axe.run().then((r) => arguments[0](r), (e) => arguments[0](String(e)))")
        passed.append(len(found["passes"]))
        faults += [(v["id"], v["impact"], v["nodes"][0]["html"][:200]) for v in found["violations"]]
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert min(passed) > 20, "axe looked at the page"
    assert faults == []


@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_is_wider_than_the_screen(opened, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    unfold(opened)
    wide = opened.execute_script("return document.documentElement.scrollWidth")
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide <= width


def printed(browser, folder):
    """Text of each page that the browser prints."""
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext here: apt-get install poppler-utils")
    # On a busy machine the page may still be without a layout: two frames later it has one.
    browser.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done));")
    answer = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": False, "preferCSSPageSize": True})
    (folder / "page.pdf").write_bytes(base64.b64decode(answer["data"]))
    command = ["pdftotext", "-layout", str(folder / "page.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\f")


def test_prints_every_table_and_no_button(opened, tmp_path):
    text = "".join(printed(opened, tmp_path))
    wanted = (*PRINTED, "Table 1", "Table 9", "Figure 2", "A 2.5", "B 10", "mse30", "What psnr is.")
    assert [part for part in wanted if part not in text] == []
    assert [part for part in ("Copy", "Show its chain", "Show rows with") if part in text] == []


def test_a_full_run_stays_small_and_prints_whole_with_its_heads_on_each_page(browser, example, tmp_path):
    """A third of a full run; a scrolling box would cut a table, and buttons in a head leave it blank in print."""
    from vspair.reporting.page import write_page

    output = tmp_path / "report.html"
    write_page(example.large(tables=3, rows=150, jobs_in_each=14), [], None, tmp_path, {}, {}, output, example.WHEN)
    assert output.stat().st_size < 1e6
    load(browser, output.as_uri())
    browser.execute_script("document.querySelector(`[data-cell='449']`).click()")
    assert "metrics/2/13/images.csv" in panel(browser)
    find(browser, CLOSE).click()
    pages = [page for page in printed(browser, tmp_path) if "psnr" in page]
    assert len(pages) >= 9
    assert all("tolerance" in page for page in pages)
    assert all(sum(f"row {row} " in page for page in pages) >= 3 for row in range(150))


def test_readable_without_scripts(browser, page):
    browser.get("about:blank")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(page.as_uri())
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    text = find(browser, "main").text
    assert [part for part in (*PRINTED, "A. <i>Reviewer</i>") if part not in text] == []
    assert "Show rows with" not in text

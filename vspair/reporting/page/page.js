"use strict";
// Sorting, filtering and the chains of evidence. Texts of files only ever become text nodes.
(() => {
  const data = JSON.parse(document.getElementById("chains").textContent);
  const shared = data.shared;
  const panel = document.getElementById("panel");
  const key = (cell) => `${cell.file}|${cell.row || ""}|${cell.column || ""}`;
  const cells = new Map(data.cells.map((cell, place) => [key(cell), place]));
  document.documentElement.classList.add("js");

  /** An element with attributes and children, which are elements or texts. */
  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes || {})) element.setAttribute(attribute, value);
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  }
  const code = (text, title) => make("code", title ? { title } : {}, text);
  const short = (text) => (text || "").slice(0, 12);
  const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

  function copier(text) {
    const button = make("button", { type: "button", class: "copy" }, "Copy");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const field = make("textarea", { "aria-hidden": "true" });
        field.value = text;
        (panel.open ? panel : document.body).append(field);
        field.select();
        document.execCommand("copy");
        field.remove();
        button.focus();
      }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    return button;
  }
  const command = (text) => make("span", { class: "command" }, code(text), copier(text));

  // Sorting ------------------------------------------------------------------------------------------------------

  const collator = new Intl.Collator("en", { numeric: true });

  function sorted(rows, column, direction) {
    const keys = new Map(rows.map((row) => {
      const cell = row.cells[column];
      if (cell.dataset.value !== undefined) return [row, Number(cell.dataset.value)];
      const text = cell.classList.contains("num") ? "" : cell.textContent.trim();
      return [row, text !== "" && Number.isFinite(Number(text)) ? Number(text) : text];
    }));
    // What is empty stays last in either direction.
    return rows.sort((a, b) => {
      const [left, right] = [keys.get(a), keys.get(b)];
      if (left === "" || right === "") return (left === "") - (right === "");
      const both = typeof left === "number" && typeof right === "number";
      return direction * (both ? left - right : collator.compare(String(left), String(right)));
    });
  }

  function sortable(table) {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = make("button", { type: "button", class: "sort" }, ...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const next = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")];
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", next);
        const rows = next === "none" ? original : sorted([...original], column, next === "ascending" ? 1 : -1);
        body.append(...rows);
      });
    });
  }

  // Filtering ----------------------------------------------------------------------------------------------------

  const search = document.getElementById("search");
  const toggles = [...document.querySelectorAll(".toggle")];
  const lines = [...document.querySelectorAll("table.cells tbody tr")].map((row) => {
    const place = row.closest("article");
    return { row, place, text: `${place.id} ${row.textContent}`.toLowerCase(), verdict: row.dataset.verdict };
  });

  function filter() {
    const wanted = new Set(toggles.filter((toggle) => toggle.ariaPressed === "true").map((t) => t.dataset.verdict));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const active = wanted.size > 0 || words.length > 0;
    let count = 0;
    const kept = new Set();
    for (const { row, place, text, verdict } of lines) {
      const shows = (!wanted.size || wanted.has(verdict)) && words.every((word) => text.includes(word));
      row.hidden = !shows;
      count += shows;
      if (shows) kept.add(place);
    }
    for (const article of document.querySelectorAll("#tables article")) article.hidden = active && !kept.has(article);
    document.querySelector(".filter").classList.toggle("active", active);
    document.getElementById("clear").hidden = !active;
    const what = [...wanted, ...words.map((word) => `“${word}”`)].join(", ");
    document.getElementById("shown").textContent = active
      ? `${count} of ${plural(lines.length, "value")}: ${what}` : `${plural(lines.length, "value")}, all shown`;
  }

  function clear() {
    search.value = "";
    toggles.forEach((toggle) => toggle.setAttribute("aria-pressed", "false"));
    filter();
  }

  // Chains -------------------------------------------------------------------------------------------------------

  const findings = new Map();
  for (const [file, word, sentence] of data.findings) {
    if (!findings.has(file)) findings.set(file, []);
    findings.get(file).push({ file, word, sentence });
  }
  const breaks = (job) => Object.keys(job.outputs).flatMap((name) => findings.get(name) || []);

  /**
   * The jobs behind one, as stages: a job stands below all jobs that used its outputs.
   * `first` restricts the first job's inputs to those behind a cell.
   */
  function stages(receipt, first) {
    const inputs = (name) => (name === receipt && first.length ? first : Object.keys(data.jobs[name].inputs));
    const order = [];
    const state = new Map([[receipt, "open"]]);
    const stack = [[receipt, inputs(receipt).values()]];
    while (stack.length) {
      const [name, rest] = stack.at(-1);
      const { value: input, done } = rest.next();
      const maker = data.makers[input];
      if (done) {
        order.unshift(name);
        stack.pop();
      } else if (maker && data.jobs[maker] && !state.has(maker)) {
        state.set(maker, "open");
        stack.push([maker, inputs(maker).values()]);
      }
    }
    const rank = new Map(order.map((name, place) => [name, place]));
    const depth = new Map([[receipt, 0]]);
    const raw = new Map();
    const used = new Map();
    for (const name of order) {
      for (const input of inputs(name)) {
        const maker = data.makers[input];
        if (!maker || !data.jobs[maker]) {
          raw.set(input, [...(raw.get(input) || []), name]);
        } else if (rank.get(maker) > rank.get(name)) {
          depth.set(maker, Math.max(depth.get(maker) || 0, depth.get(name) + 1));
          used.set(maker, (used.get(maker) || new Set()).add(input));
        }
      }
    }
    const levels = [];
    for (const name of order) (levels[depth.get(name)] ||= []).push(name);
    levels.forEach((names) => names.sort(collator.compare));
    return { levels, raw, used };
  }

  function facts(pairs) {
    const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
    return make("dl", {}, shown.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  }
  const digests = (files) => make("ul", {}, Object.entries(files).map(([name, sha]) =>
    make("li", {}, code(name), " ", code(short(sha), sha))));
  const folded = (title, ...children) => make("details", {}, make("summary", {}, title), ...children);
  const pairs = (values) => Object.entries(values || {}).map(([name, value]) => `${name} ${value ?? "none"}`).join(", ");

  function tree(job) {
    if (!job.commit) return "no commit";
    const state = job.dirty === false ? "clean tree" : job.dirty ? "uncommitted changes" : "tree not known to be clean";
    return [code(short(job.commit), job.commit), ` ${state}`];
  }
  const seconds = (value) => (value === undefined ? null : value < 100 ? `${value.toPrecision(3)} s` : `${(value / 60).toFixed(1)} min`);

  function details(job) {
    const configuration = Object.entries(shared.configuration[job.configuration] || {});
    const files = shared.files[job.files] || {};
    const settings = configuration.map(([name, value]) => `${name} = ${value}`).join("\n");
    const duration = seconds(job.seconds);
    const evidence = seconds(job.evidence_seconds);
    return facts([
      ["outputs", digests(job.outputs)],
      ["inputs", Object.keys(job.inputs).length ? digests(job.inputs) : "none"],
      ["code", [code(job.script), " fingerprint ", code(short(job.fingerprint), job.fingerprint)]],
      ["loads by name", (job.entries || []).join(", ")],
      ["source files", Object.keys(files).length ? folded(plural(Object.keys(files).length, "file"), digests(files)) : null],
      ["configuration", configuration.length ? folded(plural(configuration.length, "setting"), make("pre", {}, settings)) : "none"],
      ["commit", tree(job)],
      ["lock", code(short(shared.lock[job.lock]), shared.lock[job.lock])],
      ["machine", pairs(shared.machine[job.machine])],
      ["versions", folded("libraries", pairs(shared.versions[job.versions]))],
      ["began", job.started],
      ["took", duration && `${duration} on ${plural(job.threads ?? 1, "thread")}${evidence ? `, ${evidence} of it for evidence` : ""}`],
      ["remake", command(job.command)],
    ]);
  }

  function entry(receipt, used) {
    const job = data.jobs[receipt];
    const broken = breaks(job);
    const wildcards = Object.entries(job.wildcards || {}).filter(([name]) => name !== "seed").map(([name, value]) => `${name}=${value}`).join(" ");
    const gave = [...(used || [])].map((name) => [code(name), " ", code(short(job.outputs[name]), job.outputs[name]), " "]);
    const seed = job.seed === undefined ? (job.stochastic ? "no seed!" : "no randomness") : `seed ${job.seed}`;
    const summary = make("summary", {},
      make("strong", {}, job.rule), wildcards ? ` ${wildcards}` : "", ` · ${seed} · commit ${short(job.commit) || "none"}${job.dirty === false ? "" : ", tree not clean"} · ${seconds(job.seconds) || "?"} · `,
      make("span", { class: `link ${broken.length ? "bad" : "good"}` },
        broken.length ? `✕ no longer true: ${[...new Set(broken.map((b) => b.word))].join(", ")}` : "✓ still true"));
    return make("li", { class: `job${broken.length ? " broken" : ""}` },
      make("details", {}, summary, broken.map((b) => make("p", { class: "break" }, make("strong", {}, b.word), ` ${b.file}: ${b.sentence}`)), details(job)),
      gave.length ? make("div", {}, "gave ", ...gave) : null);
  }

  function source(name, users) {
    const recorded = [...new Set(users.map((user) => data.jobs[user].inputs[name]))];
    const broken = users.flatMap((user) => breaks(data.jobs[user])).filter((b) => b.sentence.includes(name));
    const words = [...new Set([...broken, ...(findings.get(name) || [])].map((b) => b.word))];
    const kind = name.startsWith("data:") ? "raw data" : name.startsWith("project:") ? "of the project" : "from outside";
    return make("li", { class: `job ${words.length ? "broken" : "raw"}` }, code(name), ` ${kind}, sha256 `,
      recorded.map((sha) => code(short(sha) || "unknown", sha || "")), " · ",
      make("span", { class: `link ${words.length ? "bad" : "good"}` }, words.length ? `✕ no longer true: ${words.join(", ")}` : "✓ still true"));
  }

  function origin(cell, inputs) {
    const every = inputs.length > 1 ? `each of ${inputs.length} files` : "one file";
    const key = cell.key ? [" ", code(cell.key), " "] : " the numbers ";
    if (cell.statistic === "mean") return ["Mean of the column", ...key, `of ${every}${inputs.length > 1 ? ", then the mean over these" : ""}.`];
    if (cell.statistic === "value") return ["The value at", ...key, `of ${every}${inputs.length > 1 ? ", then the mean over these" : ""}.`];
    return inputs.length ? ["Worked out by the script from", ...key, `of ${every}.`] : ["Worked out by the script."];
  }

  function aboutCell(cell, job) {
    const inputs = shared.cell_inputs[cell.inputs];
    const seeds = [...new Set(inputs.map((name) => data.jobs[data.makers[name]]?.seed).filter((seed) => seed !== undefined))];
    const headline = make("p", { class: "headline" }, make("strong", {}, cell.value || "no value"), cell.unit ? ` ${cell.unit}` : "",
      cell.sd ? ` ± ${cell.sd}` : "", cell.published ? ` · published ${cell.published}${cell.tolerance ? ` ± ${cell.tolerance}` : ""}` : "",
      cell.verdict ? [" · ", make("span", { class: "verdict", "data-verdict": cell.verdict }, `${data.marks[cell.verdict] || ""} ${cell.verdict}`)] : "");
    return [headline, job && cell.value ? make("p", {}, origin(cell, inputs)) : null, facts([
      ["all digits", cell.exact],
      ["metric files", inputs.length ? digests(Object.fromEntries(inputs.map((name) => [name, job?.inputs[name] || ""]))) : null],
      ["key", cell.key ? code(cell.key) : null],
      ["seeds", seeds.join(", ")],
      ["mean of", Number(cell.n) > 1 ? plural(Number(cell.n), "number") : null],
    ])];
  }

  function show(title, about, receipt, first, fallback) {
    const close = make("button", { type: "button" }, "Close");
    close.addEventListener("click", () => panel.close());
    const heading = make("h2", { id: "panel-title", tabindex: "-1" }, title);
    const body = make("div", { class: "body" }, about);
    if (receipt) {
      const { levels, raw, used } = stages(receipt, first);
      body.append(make("p", {}, "Remake it: ", command(data.jobs[receipt].command)));
      levels.forEach((names, level) => {
        const rules = [...new Set(names.map((name) => data.jobs[name].rule))].join(", ");
        body.append(make("h3", {}, `${level + 1}. ${rules}${names.length > 1 ? `, ${names.length} jobs` : ""}`),
          make("ol", {}, names.map((name) => entry(name, used.get(name)))));
      });
      if (raw.size) {
        body.append(make("h3", {}, `${levels.length + 1}. What was not made here`),
          make("ul", {}, [...raw].map(([name, users]) => source(name, users))));
      }
    } else {
      body.append(make("p", {}, "No job of these results made it. Make it: ", command(fallback)));
    }
    panel.replaceChildren(make("div", { class: "bar" }, heading, close), body);
    if (!panel.open) panel.showModal();
    panel.scrollTop = 0;
    heading.focus();
  }

  function openCell(place, opener) {
    const cell = data.cells[place];
    const receipt = data.makers[cell.file];
    const job = data.jobs[receipt];
    const name = cell.file.replace(/^.*\/|\.csv$/g, "");
    const heading = document.getElementById(`${cell.file}-title`).firstChild.textContent.trim();
    const title = `${heading}: ${cell.row || ""}, ${cell.column || ""}`;
    from(opener || document.querySelector(`[data-cell="${place}"]`), !opener);
    show(title, aboutCell(cell, job), job && receipt, shared.cell_inputs[cell.inputs], `snakemake --cores 2 --config preset=${data.preset} ${name}`);
    mark(key(cell));
  }

  function openFile(name, opener) {
    const receipt = data.makers[name];
    if (!data.jobs[receipt]) return;
    from(opener || document.querySelector(`[data-file="${CSS.escape(name)}"]`), !opener);
    show(name, null, receipt, [], "");
    mark(`chain:${name}`);
  }

  /** The dialog gives the focus back to what has it when it opens. */
  function from(button, scroll) {
    if (panel.open || !button) return;
    if (button.closest("[hidden]")) clear();
    for (let part = button.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    button.focus({ preventScroll: !scroll });
  }

  function mark(place) {
    history.replaceState(null, "", `#${encodeURIComponent(place).replace(/%2F/g, "/").replace(/%7C/g, "|").replace(/%3A/g, ":")}`);
  }

  function follow() {
    let place;
    try {
      place = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    if (cells.has(place)) openCell(cells.get(place));
    else if (place.startsWith("chain:")) openFile(place.slice(6));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.cell) openCell(Number(button.dataset.cell), button);
    else if (button?.dataset.file) openFile(button.dataset.file, button);
    else if (event.target === panel) panel.close();
  });
  panel.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
  toggles.forEach((toggle) => toggle.addEventListener("click", () => {
    toggle.setAttribute("aria-pressed", String(toggle.getAttribute("aria-pressed") !== "true"));
    filter();
  }));
  search.addEventListener("input", filter);
  document.getElementById("clear").addEventListener("click", () => { clear(); search.focus(); });
  document.querySelectorAll("table.sortable").forEach(sortable);
  document.querySelectorAll("main .command").forEach((place) => place.append(copier(place.textContent)));
  window.addEventListener("hashchange", follow);
  window.addEventListener("beforeprint", () => document.querySelectorAll(".notes").forEach((notes) => { notes.open = true; }));
  filter();
  follow();
})();

// Decisions on a page of proposals: kept in this browser, saved as the CSV file they came from;
// by whoever serves the page, or by the person who opened it from disk.
"use strict";
(() => {
  const A_PAGE = 120;
  const {columns, rows, served} = JSON.parse(document.getElementById("decisions").textContent);
  // Of this set: another may be served under the same address.
  const STORE = "cut2next curation " + (served ? served.set : location.pathname);
  const read = rows.map(row => ({decision: row.decision, note: row.note}));
  const key = row => row.id + " " + row.spans;
  const cards = [...document.querySelectorAll(".proposal")];
  const find = id => document.getElementById(id);
  const filters = ["decision", "pattern", "film"].map(name => find("show-" + name));
  const curator = find("curator");
  let kept = {}, shown = cards, page = 0, here = null, stored = true;

  // What was decided here counts, unless the file has been changed since.
  function recall() {
    try {
      kept = JSON.parse(localStorage.getItem(STORE) || "{}");
    } catch {
      stored = false;
    }
    curator.value = kept.curator || "";
    rows.forEach((row, i) => {
      const was = (kept.rows || {})[key(row)];
      if (was && was.read.decision === read[i].decision && was.read.note === read[i].note) {
        Object.assign(row, was.now);
      }
    });
  }

  const changed = () => rows.map((row, i) => [row, read[i]])
    .filter(([row, was]) => row.decision !== was.decision || row.note !== was.note);

  function remember() {
    const kinds = changed().map(([row, was]) => {
      const {decision, note, curator} = row;
      return [key(row), {read: was, now: {decision, note, curator}}];
    });
    kept = {curator: curator.value, rows: Object.fromEntries(kinds)};
    try {
      localStorage.setItem(STORE, JSON.stringify(kept));
    } catch {
      stored = false;
    }
    state();
  }

  const rowOf = card => rows[card.dataset.row];

  function show(card) {
    const row = rowOf(card);
    card.dataset.decision = row.decision;
    for (const button of card.querySelectorAll(".verdict button")) {
      button.setAttribute("aria-pressed", String(button.value === row.decision));
    }
    card.querySelector(".verdict input").value = row.note;
  }

  function decide(card, decision) {
    const row = rowOf(card);
    row.decision = decision;
    row.curator = decision ? curator.value.trim() : "";
    show(card);
    remember();
  }

  function state() {
    const count = word => cards.filter(card => rowOf(card).decision === word).length;
    const keep = count("keep"), drop = count("drop");
    const open = served ? changed().length : 0;
    find("state").textContent = `${keep} kept, ${drop} dropped, ${cards.length - keep - drop} undecided`
      + (open ? `; ${open} not saved yet` : "")
      + (stored ? "" : "; this browser keeps nothing: save before you close");
    document.querySelector(".progress .keep").style.width = 100 * keep / cards.length + "%";
    document.querySelector(".progress .drop").style.width = 100 * drop / cards.length + "%";
  }

  function filter() {
    const [decision, pattern, film] = filters.map(one => one ? one.value : "");
    shown = cards.filter(card => (!decision || (rowOf(card).decision || "open") === decision)
      && (!pattern || card.dataset.patterns.split(" ").includes(pattern))
      && (!film || card.dataset.film === film));
    turn(0);
  }

  function turn(to) {
    const pages = Math.ceil(shown.length / A_PAGE);
    page = Math.max(0, Math.min(to, pages - 1));
    const now = new Set(shown.slice(page * A_PAGE, (page + 1) * A_PAGE));
    cards.forEach(card => { card.hidden = !now.has(card); });
    find("none").hidden = shown.length > 0;
    document.querySelector(".pager").hidden = pages < 2;
    find("page").textContent = `page ${page + 1} of ${pages}`;
    find("back").disabled = page === 0;
    find("on").disabled = page >= pages - 1;
  }

  function go(card) {
    if (here) here.classList.remove("here");
    here = card;
    if (!card) return;
    turn(Math.floor(shown.indexOf(card) / A_PAGE));
    card.classList.add("here");
    card.scrollIntoView({block: "nearest"});
  }

  function step(by) {
    const at = shown.indexOf(here);
    go(shown[at < 0 ? page * A_PAGE : Math.max(0, Math.min(at + by, shown.length - 1))]);
  }

  // As Python's csv module writes it, a formula's sign guarded by an apostrophe.
  function cell(text) {
    const plain = /^'*[=+\-@\t\r]/.test(text) ? "'" + text : text;
    return /[",\r\n]/.test(plain) ? '"' + plain.replaceAll('"', '""') + '"' : plain;
  }

  function csv() {
    const lines = [columns, ...rows.map(row => columns.map(name => row[name] || ""))];
    return "\ufeff" + lines.map(line => line.map(cell).join(",") + "\r\n").join("");
  }

  function download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv()], {type: "text/csv"}));
    link.download = "decisions.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  function tell(words) {
    find("told").textContent = words;
    find("told").hidden = !words;
  }

  // What was sent is saved; what was decided meanwhile waits for the next time.
  async function send() {
    const sent = changed().map(([row, was]) => {
      const {id, spans, decision, note, curator} = row;
      return [was, {id, spans, decision, note, curator}];
    });
    const body = {version: served.version, curator: curator.value.trim(), rows: sent.map(([, row]) => row)};
    find("save").disabled = true;
    try {
      const answer = await fetch("decisions", {
        method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
      });
      const told = await answer.json();
      if (answer.ok) {
        served.version = told.version;
        sent.forEach(([was, {decision, note}]) => Object.assign(was, {decision, note}));
        remember();
      }
      tell(answer.ok ? "" : told.error);
    } catch {
      tell("The studio does not answer; what you decided stays in this browser: save again when it runs.");
    }
    find("save").disabled = false;
  }

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const key = event.key.toLowerCase();
    const word = {k: "keep", d: "drop", u: ""}[key];
    if (key === "arrowright" || key === "arrowleft") {
      step(key === "arrowright" ? 1 : -1);
    } else if (word !== undefined && here) {
      decide(here, word);
      if (word) step(1);
    } else if (key === "n" && here) {
      here.querySelector(".verdict input").focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  recall();
  cards.forEach(card => {
    show(card);
    card.addEventListener("click", event => {
      go(card);
      const button = event.target.closest(".verdict button");
      if (button) decide(card, rowOf(card).decision === button.value ? "" : button.value);
    });
    card.querySelector(".verdict input").addEventListener("input", event => {
      rowOf(card).note = event.target.value;
      remember();
    });
  });
  filters.forEach(one => one && one.addEventListener("change", filter));
  curator.addEventListener("input", remember);
  find("save").addEventListener("click", served ? send : download);
  find("back").addEventListener("click", () => turn(page - 1));
  find("on").addEventListener("click", () => turn(page + 1));
  document.addEventListener("keydown", press);
  filter();
  state();
})();

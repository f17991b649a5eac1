// In and out: what comes is shown as a difference before anything changes; what goes is a file.

import * as actions from "../actions.js";
import { api } from "../api.js";
import { button, choice, field, h } from "../dom.js";
import { droppedFiles } from "../dropped.js";
import { order } from "../operations.js";
import { studio } from "../studio.js";
import { openDialog } from "./dialog.js";
import { optionFields } from "./options.js";

const KINDS = { new: "New", gone: "Gone", moved: "Moved", retimed: "Retimed", edited: "Edited" };

export function openExchange(way, files = null) {
  if (files) bring(files, "");
  else if (way === "import") openImport();
  else openExport();
}

function openExport() {
  const formats = studio.words.formats.filter((format) => format.exports);
  const options = h("div", { class: "pair" });
  const about = h("span", { class: "grow", role: "status" });
  let chosen = null;
  let read = () => ({});
  const tiles = formats.map((format) => button([h("b", {}, format.label), h("span", {}, format.suffix)], () => pick(format), { "aria-pressed": "false", "data-format": format.id }));
  const pick = (format) => {
    chosen = format;
    for (const tile of tiles) tile.setAttribute("aria-pressed", tile.dataset.format === format.id);
    const made = optionFields(format.options);
    read = made.read;
    options.replaceChildren(...made.fields);
    go.disabled = false;
  };
  const go = button("Export", async () => {
    go.disabled = true;
    about.replaceChildren("Writing", h("progress", { "aria-label": "Writing" }));
    const file = await studio.trying(() => api.exported(chosen.id, read()));
    about.textContent = file ? `${file.name} is written.` : "";
    go.disabled = false;
    if (file) save(file);
  }, { class: "main", disabled: true });
  const dialog = openDialog("In and out", {
    body: [
      h("h3", {}, "Export the board"), h("div", { class: "formats" }, tiles), options,
      h("h3", {}, "Bring something in"),
      h("div", { class: "row" }, h("p", { class: "grow soft small" }, "Pictures, a script, a timeline from the edit, a Storyboarder project."), button("Import…", () => (dialog.close(), openImport()))),
    ],
    foot: [about, go],
  });
}

function save({ name, blob }) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function openImport() {
  const formats = studio.words.formats.filter((format) => format.imports);
  const format = choice([["", "What the file says"], ...formats.map((each) => [each.id, each.label])], "");
  const take = (given) => async () => {
    const files = await actions.pickFiles(given);
    if (!files.length) return;
    dialog.close();
    bring(files, format.value);
  };
  const drop = h("div", { class: "drop" }, h("p", {}, "Drop a script, a timeline with its media, pictures or a folder of them here."), h("div", { class: "row" }, button("Choose files", take({}), { class: "main" }), button("Choose a folder", take({ folder: true }))));
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    const files = await studio.trying(() => droppedFiles(event.dataTransfer));
    if (!files?.length) return;
    dialog.close();
    bring(files, format.value);
  });
  const dialog = openDialog("Bring something in", { body: [drop, field("It is", format), h("p", { class: "soft small" }, "Nothing changes before you have seen what would.")] });
}

async function bring(files, format) {
  const wait = openDialog("Bring something in", { body: [h("p", {}, `Reading ${files.length === 1 ? files[0].name : `${files.length} files`}`), h("progress", { "aria-label": "Reading" })] });
  const told = await studio.trying(() => api.bring(format, files));
  wait.close();
  if (told) openDifference(told);
}

function openDifference({ kept, told, difference, board_is_empty: isEmpty }) {
  // Where no panel is known again, it is another story: that one comes does not mean that all go.
  const isAnother = difference.filter((change) => change.kind === "gone").length === order(studio.board).length;
  const isChosen = (change) => change.kind !== "gone" || !isAnother;
  const boxes = difference.map((change) => [change, h("input", { type: "checkbox", props: { checked: isChosen(change) } })]);
  const rows = boxes.map(([change, box]) => h("li", {}, h("label", { class: "check grow" }, box, h("span", {}, change.words)), h("span", { class: "soft small" }, KINDS[change.kind] ?? change.kind)));
  const accept = button("", async () => {
    const chosen = boxes.filter(([, box]) => box.checked).map(([change]) => change.id);
    accept.disabled = true;
    const done = await studio.trying(() => api.accept(kept, chosen));
    accept.disabled = false;
    if (!done) return;
    dialog.close();
    await studio.load();
    studio.say("It is on the board.", { ways: [["Undo", () => studio.trying(() => studio.undo())]] });
  }, { class: "main" });
  const count = () => {
    const chosen = boxes.filter(([, box]) => box.checked).length;
    accept.textContent = chosen === boxes.length ? "Accept all" : `Accept ${chosen} of ${boxes.length}`;
    accept.disabled = !chosen;
  };
  for (const [, box] of boxes) box.addEventListener("change", count);
  count();
  const left = told.length ? h("div", { class: "small soft" }, told.map((words) => h("p", {}, words))) : "";
  const what = !difference.length ? "Nothing is different." : isEmpty ? "What would be put on the board:" : "What is different from the board:";
  const dialog = openDialog("What came", { kind: "broad", body: [h("p", {}, what), left, h("ul", { class: "lines", "aria-label": "Changes" }, rows)], foot: [button("Leave the board as it is", () => dialog.close()), accept] });
}

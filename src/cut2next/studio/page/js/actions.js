// What a person does, whichever way it was asked for: by a key, a button, or something dropped.

import { api } from "./api.js";
import { isWriting, tell } from "./dom.js";
import { edition, find, insertion, moves, newId, newPanel, newWay, order, removal, several, shift, sourceOf } from "./operations.js";
import { studio } from "./studio.js";

const numberOf = (id) => studio.numbers[id] ?? "";
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** A place is `{ after: id }` or `{ before: id }`; else the end. */
const here = () => ({ after: studio.at });

let lastShown = null;

/**
 * Chooses what will come of an action that begins now; whoever writes by then, or went to another
 * panel, is left there and told `words`.
 */
function shower() {
  const began = studio.at;
  return (id, words) => {
    // What came of an action before is no place that somebody went to.
    if (isWriting(document.activeElement) || ![began, lastShown].includes(studio.at)) return studio.say(words);
    lastShown = id;
    studio.choose(id);
    tell(words);
  };
}

export function insertEmpty(place = here()) {
  return insertPanels([newPanel(studio.board)], place);
}

export async function insertPanels(panels, place = here(), show = shower()) {
  const done = await studio.trying(() => studio.change((board) => insertion(board, panels, place)));
  if (done) show(panels.at(-1).id, `${plural(panels.length, "panel")} added.`);
}

export async function remove(ids = studio.chosen) {
  const done = await studio.trying(() => studio.change((board) => removal(board, ids)));
  if (!done) return;
  tell(`${plural(done.operations?.length ?? 1, "panel")} removed.`);
  // Where no panel is left to have the focus, the next one is added.
  if (!order(studio.board).length) requestAnimationFrame(() => document.querySelector("c2n-board .add button")?.focus());
}

export async function moveBy(step) {
  if (!studio.chosen.size) return;
  const done = await studio.trying(() => studio.change((board) => shift(board, studio.chosen, step)));
  if (!done) return;
  document.querySelector("c2n-board").reveal();
  tell(`Now panel ${numberOf(studio.at)}.`);
}

export async function moveTo(ids, scene, before) {
  await studio.trying(() => studio.change((board) => moves(board, ids, scene, before)));
}

/** A panel with some fields changed, from the newest there is. */
export const edit = (id, changes) => studio.trying(() => studio.change((board) => edition(board, id, changes)));

export const editWay = (id, changes) => edit(id, (panel) => ({ way: { ...panel.way, ...changes } }));

/** Where next shots of the chosen panel go: itself while it is empty, or a new panel behind. */
export async function target() {
  const panel = studio.panel;
  if (!panel) return null;
  if (!panel.picture) {
    if (sourceOf(studio.board, panel.id)?.picture) return panel.id;
    studio.say("There is no picture to cut from yet: put one on the panel before, or on this one.", { fault: true });
    return null;
  }
  const ids = order(studio.board);
  const next = find(studio.board, ids[ids.indexOf(panel.id) + 1] ?? "")?.panel;
  if (next && !next.picture && sourceOf(studio.board, next.id)?.id === panel.id && !studio.candidates(next.id).length && !studio.pending(next.id).length) return next.id;
  const made = newPanel(studio.board, { frames: panel.frames, figures: panel.figures, way: newWay({ source: panel.id }) });
  const done = await studio.trying(() => studio.change((board) => insertion(board, [made], { after: panel.id })));
  return done ? made.id : null;
}

/** Next shots by several lists of patterns, one each; of "five ways" five lists. */
export async function cut(lists) {
  const show = shower();
  const panel = await target();
  if (!panel) return;
  show(panel, `Next shots come to panel ${numberOf(panel)}.`);
  await ask({ panels: [panel], patterns: lists, count: 1 });
}

export const fiveWays = () => cut(studio.words.patterns.map((pattern) => [pattern.value]));

/** More next shots for a panel by its own way. */
export function variations(id, count) {
  return ask({ panels: [id], count });
}

export async function ask(wanted) {
  // One key however often it is tried: an answer that was lost is told again, and nothing is made twice.
  const asked = { maker: studio.maker, priority: 0, key: newId(), ...wanted };
  const told = await studio.trying(() => api.ask(asked));
  if (!told) return null;
  for (const job of told.jobs) if (!studio.jobs.has(job.id)) studio.jobs.set(job.id, job);
  studio.dispatchEvent(new CustomEvent("jobs"));
  tell(`${plural(told.jobs.length, "next shot")} asked for.`);
  return told.jobs;
}

const chosenCandidate = () => studio.candidates(studio.at).find((each) => each.id === studio.candidate);

export async function keep() {
  const candidate = chosenCandidate();
  if (!candidate) return;
  await studio.trying(() => studio.change({ op: "Keep", panel: studio.at, candidate: candidate.id }));
  tell(`Kept as panel ${numberOf(studio.at)}.`);
}

/** A candidate as a panel of its own, behind the one that it is for. */
export async function branch() {
  const { picture, prompt, way } = chosenCandidate() ?? {};
  const panel = studio.panel;
  if (!picture || !panel) return;
  const made = newPanel(studio.board, { picture, way: { ...way, seed: panel.way.seed }, shows: prompt.next, frames: panel.frames, figures: panel.figures });
  await insertPanels([made], { after: panel.id });
}

export async function drop() {
  const candidate = chosenCandidate();
  if (!candidate) return;
  await studio.trying(() => studio.change({ op: "DropCandidate", id: candidate.id }));
}

/** Files that were dropped, pasted or chosen: pictures become panels; the first fills an empty one. */
export async function takePictures(files, { origin = "unknown", onto = null, place = here() } = {}) {
  const show = shower();
  const pictures = [];
  for (const file of files) {
    tell(`Reading ${file.name}.`);
    const picture = await studio.trying(() => api.addPicture(file, file.name || "clipboard", origin));
    if (picture) pictures.push(picture);
  }
  return placePictures(pictures, { onto, place, show });
}

export async function placePictures(pictures, { onto = null, place = here(), show = shower() } = {}) {
  const left = [...pictures];
  const under = onto ? find(studio.board, onto)?.panel : null;
  let last = place;
  if (under && left.length) {
    const done = await edit(under.id, { picture: left.shift() });
    last = { after: under.id };
    if (done) show(under.id, `The picture is on panel ${numberOf(under.id)}.`);
  }
  if (left.length) await insertPanels(left.map((picture) => newPanel(studio.board, { picture })), last, show);
}

/** An empty panel that is chosen takes what comes; else it goes behind. */
export const ontoEmpty = () => (studio.panel && !studio.panel.picture ? studio.at : null);

export function pickFiles({ accept = "", multiple = true, folder = false } = {}) {
  return new Promise((resolve) => {
    const input = Object.assign(document.createElement("input"), { type: "file", accept, multiple, webkitdirectory: folder });
    input.addEventListener("change", () => resolve([...input.files]));
    input.addEventListener("cancel", () => resolve([]));
    input.click();
  });
}

export async function pickPictures() {
  const files = await pickFiles({ accept: "image/*" });
  if (files.length) await takePictures(files, { onto: ontoEmpty() });
}

const KIND = "application/x-cut2next-panels";
let cutting = Promise.resolve();

export function copy(event) {
  const panels = order(studio.board).filter((id) => studio.chosen.has(id)).map((id) => find(studio.board, id).panel);
  if (!panels.length) return;
  event.preventDefault();
  event.clipboardData.setData(KIND, JSON.stringify(panels));
  event.clipboardData.setData("text/plain", panels.map((panel) => [panel.action, panel.dialogue].filter(Boolean).join("\n")).join("\n\n"));
  if (event.type === "cut") cutting = remove();
  else tell(`${plural(panels.length, "panel")} copied.`);
}

export async function paste(event) {
  const copied = event.clipboardData.getData(KIND);
  const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
  if (copied) {
    event.preventDefault();
    await cutting;
    // What was cut is the same panel again, with its candidates and with what is cut from it.
    await insertPanels(JSON.parse(copied).map((panel) => (find(studio.board, panel.id) ? { ...panel, id: newId() } : panel)));
  } else if (files.length) {
    event.preventDefault();
    await takePictures(files, { onto: ontoEmpty() });
  }
}

export async function newScene() {
  const show = shower();
  const scene = { id: newId(), panels: [newPanel(studio.board)], heading: "", number: "", notes: "" };
  const done = await studio.trying(() => studio.change((board) => ({ op: "InsertScene", scene, at: board.scenes.length })));
  if (done) show(scene.panels[0].id, "1 scene added.");
}

/** The three prompts that are suggested, put where they belong: one step of undo. */
export async function suggest(id) {
  const panel = find(studio.board, id).panel;
  const told = await studio.trying(() => api.suggest(id, panel.way.patterns));
  if (!told) return;
  await studio.trying(() =>
    studio.change((board) => {
      const now = find(board, id)?.panel;
      const source = sourceOf(board, id);
      if (!now) return null;
      const operations = [{ op: "EditPanel", panel: { ...now, shows: told.prompt.next, way: { ...now.way, relation: told.prompt.relational } } }];
      if (source && !source.shows) operations.push({ op: "EditPanel", panel: { ...source, shows: told.prompt.current } });
      return several(operations);
    }),
  );
  studio.say(`Suggested by ${told.by}.`);
}

// The operations on a board, as the server knows them: how each is applied, and how some are made.
// Boards are plain JSON that nobody changes; what an operation leaves alone stays the same object.

export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const without = (list, at) => [...list.slice(0, at), ...list.slice(at + 1)];
const withAt = (list, at, item) => [...list.slice(0, at), item, ...list.slice(at)];
const replaced = (list, at, item) => list.map((each, place) => (place === at ? item : each));

/** Where something is by its id. Throws when it is not there: the page has then missed an event. */
function placeOf(list, id) {
  const at = list.findIndex((each) => each.id === id);
  if (at < 0) throw new Error(`nothing here is called ${id}`);
  return at;
}

export function find(board, id) {
  for (const [scene, { panels }] of board.scenes.entries()) {
    const at = panels.findIndex((panel) => panel.id === id);
    if (at >= 0) return { scene, at, panel: panels[at] };
  }
  return null;
}

function found(board, id) {
  const place = find(board, id);
  if (!place) throw new Error(`no panel is called ${id}`);
  return place;
}

const withScene = (board, at, changes) => ({ ...board, scenes: replaced(board.scenes, at, { ...board.scenes[at], ...changes }) });

function withPanel(board, panel) {
  const { scene, at } = found(board, panel.id);
  return withScene(board, scene, { panels: replaced(board.scenes[scene].panels, at, panel) });
}

function insertPanel(board, { panel, scene, at }) {
  const place = placeOf(board.scenes, scene);
  return withScene(board, place, { panels: withAt(board.scenes[place].panels, at, panel) });
}

function removePanel(board, { id }) {
  const { scene, at } = found(board, id);
  return withScene(board, scene, { panels: without(board.scenes[scene].panels, at) });
}

function put(list, item, at) {
  const there = list.findIndex((each) => each.id === item.id);
  const others = there < 0 ? list : without(list, there);
  return withAt(others, at ?? (there < 0 ? list.length : there), item);
}

function keep(board, { panel, candidate }) {
  const { picture, prompt, way } = board.candidates[placeOf(board.candidates, candidate)];
  const old = found(board, panel).panel;
  return withPanel(board, { ...old, picture, shows: prompt.next, way: { ...way, seed: old.way.seed } });
}

function setRate(board, { rate, frames }) {
  const timed = (panel) => ({ ...panel, frames: frames[panel.id] ?? panel.frames });
  return { ...board, rate, scenes: board.scenes.map((scene) => ({ ...scene, panels: scene.panels.map(timed) })) };
}

const HOW = {
  InsertPanel: insertPanel,
  RemovePanel: removePanel,
  MovePanel: (board, { id, scene, at }) => insertPanel(removePanel(board, { id }), { panel: found(board, id).panel, scene, at }),
  EditPanel: (board, { panel }) => withPanel(board, panel),
  Keep: keep,
  InsertScene: (board, { scene, at }) => ({ ...board, scenes: withAt(board.scenes, at, scene) }),
  RemoveScene: (board, { id }) => ({ ...board, scenes: without(board.scenes, placeOf(board.scenes, id)) }),
  MoveScene: (board, { id, at }) => {
    const from = placeOf(board.scenes, id);
    return { ...board, scenes: withAt(without(board.scenes, from), at, board.scenes[from]) };
  },
  EditScene: (board, { id, heading, number, notes }) => withScene(board, placeOf(board.scenes, id), { heading, number, notes }),
  PutFigure: (board, { figure, at }) => ({ ...board, figures: put(board.figures, figure, at) }),
  RemoveFigure: (board, { id }) => ({ ...board, figures: without(board.figures, placeOf(board.figures, id)) }),
  EditBoard: (board, { title, width, height, numbering }) => ({ ...board, title, width, height, numbering }),
  SetRate: setRate,
  Several: (board, { operations }) => operations.reduce(apply, board),
  AddCandidate: (board, { candidate, at }) => ({ ...board, candidates: withAt(board.candidates, at ?? board.candidates.length, candidate) }),
  DropCandidate: (board, { id }) => ({ ...board, candidates: without(board.candidates, placeOf(board.candidates, id)) }),
};

/** The board after an operation. Throws where it does not fit. */
export function apply(board, operation) {
  return HOW[operation.op](board, operation);
}

export const several = (operations) => (operations.length === 1 ? operations[0] : { op: "Several", operations });

/** A panel with nothing in it, in the fields that are given. */
export function newPanel(board, given = {}) {
  const frames = Math.round(2 * Number(board.rate.split("/")[0]) / Number(board.rate.split("/")[1] ?? 1));
  return {
    id: newId(), frames, picture: null, continues: false, number: "", dialogue: "", action: "", notes: "",
    shows: null, way: newWay(), figures: [], media: null, ...given,
  };
}

export function newWay(given = {}) {
  return {
    source: null, patterns: [], relation: null, camera: { azimuth: "", height: "", distance: "", lens: "" },
    seed: null, strengths: { relational: 1, current: 1 }, steps: null, guidance: null, ...given,
  };
}

/** Panels in a row after or before one, or at the end; with a scene where there is none. */
export function insertion(board, panels, { after = null, before = null } = {}) {
  if (!board.scenes.length) return { op: "InsertScene", scene: { id: newId(), panels, heading: "", number: "", notes: "" }, at: 0 };
  const place = find(board, before ?? after);
  const scene = board.scenes[place ? place.scene : board.scenes.length - 1];
  const at = place ? place.at + (before ? 0 : 1) : scene.panels.length;
  return several(panels.map((panel, number) => ({ op: "InsertPanel", panel, scene: scene.id, at: at + number })));
}

/** A panel with some fields changed: `changes` has them, or gives them for the panel as it is; null when all are the same. */
export function edition(board, id, changes) {
  const panel = find(board, id)?.panel;
  if (!panel) return null;
  const given = typeof changes === "function" ? changes(panel) : changes;
  const same = Object.entries(given).every(([name, value]) => JSON.stringify(value) === JSON.stringify(panel[name]));
  return same ? null : { op: "EditPanel", panel: { ...panel, ...given } };
}

/** Without those panels that are still there; null when none is. */
export function removal(board, ids) {
  const gone = order(board).filter((id) => ids.has(id));
  return gone.length ? several(gone.map((id) => ({ op: "RemovePanel", id }))) : null;
}

/** Panels, in their order, before another in a scene, or at its end; null when that changes nothing. */
export function moves(board, ids, scene, before = null) {
  const operations = [];
  let now = board;
  for (const id of order(board).filter((each) => ids.has(each))) {
    const rest = removePanel(now, { id }).scenes.find((each) => each.id === scene).panels;
    const at = before ? rest.findIndex((panel) => panel.id === before) : rest.length;
    const was = find(now, id);
    if (now.scenes[was.scene].id === scene && was.at === at) continue;
    const operation = { op: "MovePanel", id, scene, at };
    operations.push(operation);
    now = apply(now, operation);
  }
  return operations.length ? several(operations) : null;
}

/** Panels a number of places on, over the edges of scenes; null at an end. */
export function shift(board, ids, step) {
  const places = board.scenes.flatMap((scene) => [...scene.panels.filter((panel) => !ids.has(panel.id)).map((panel) => [scene.id, panel.id]), [scene.id, null]]);
  const moved = order(board).filter((id) => ids.has(id));
  const edge = find(board, step < 0 ? moved[0] : moved.at(-1));
  const after = board.scenes[edge.scene].panels.slice(edge.at + 1).find((panel) => !ids.has(panel.id))?.id ?? null;
  const at = places.findIndex(([scene, id]) => scene === board.scenes[edge.scene].id && id === after);
  const to = Math.min(places.length - 1, Math.max(0, at + step));
  return to === at ? null : moves(board, ids, ...places[to]);
}

export function order(board) {
  return board.scenes.flatMap((scene) => scene.panels.map((panel) => panel.id));
}

/** The panel that one is cut from; null for the first. */
export function sourceOf(board, id) {
  const named = find(board, id)?.panel.way.source;
  if (named && named !== id && find(board, named)) return find(board, named).panel;
  const ids = order(board);
  const at = ids.indexOf(id);
  return at > 0 ? find(board, ids[at - 1]).panel : null;
}

// Dragging on the board: panels to another place, pictures and other files into it.

import * as actions from "../actions.js";
import { ApiError, api } from "../api.js";
import { droppedFiles } from "../dropped.js";
import { find } from "../operations.js";
import { studio } from "../studio.js";
import { openExchange } from "./exchange.js";
import { openFilms } from "./film.js";

const KIND = "application/x-cut2next-move";
const FILM = /\.(mp4|m4v|mov|mkv|webm|avi|mxf)$/i;

/** Where something lands: on a panel, or before or after it. */
function landing(event, isMove) {
  const panel = event.target.closest("c2n-panel");
  if (!panel) return null;
  const box = panel.getBoundingClientRect();
  const part = (event.clientX - box.left) / box.width;
  const isInto = !isMove && panel.classList.contains("empty") && part > 0.2 && part < 0.8;
  return { panel, side: isInto ? "under" : part < 0.5 ? "before" : "after" };
}

export function listenToDrops(board) {
  let marked = null;
  const mark = (landed) => {
    marked?.panel.classList.remove("before", "after", "under");
    marked = landed;
    landed?.panel.classList.add(landed.side);
  };
  board.addEventListener("dragstart", (event) => {
    const id = event.target.closest?.("c2n-panel")?.dataset.id;
    if (!id) return;
    if (!studio.chosen.has(id)) studio.choose(id);
    event.dataTransfer.setData(KIND, id);
    event.dataTransfer.effectAllowed = "move";
    setTimeout(() => board.querySelectorAll('[aria-selected="true"]').forEach((each) => each.classList.add("carried")));
  });
  board.addEventListener("dragover", (event) => {
    const isMove = event.dataTransfer.types.includes(KIND);
    if (!isMove && !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = isMove ? "move" : "copy";
    const landed = landing(event, isMove);
    if (landed?.panel !== marked?.panel || landed?.side !== marked?.side) mark(landed);
    board.classList.toggle("dropping", !isMove && !landed);
  });
  const over = () => {
    mark(null);
    board.classList.remove("dropping");
    board.querySelectorAll(".carried").forEach((each) => each.classList.remove("carried"));
  };
  board.addEventListener("dragleave", (event) => board.contains(event.relatedTarget) || over());
  board.addEventListener("dragend", over);
  board.addEventListener("drop", (event) => {
    event.preventDefault();
    const isMove = event.dataTransfer.types.includes(KIND);
    const landed = landing(event, isMove);
    over();
    if (isMove) dropMove(landed, event.target.closest(".scene")?.dataset.scene);
    else dropFiles(event.dataTransfer, landed);
  });
  // Beside the board a file would take the place of the page.
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => event.preventDefault());
}

function dropMove(landed, scene) {
  if (!landed) {
    if (scene) actions.moveTo(studio.chosen, scene, null);
    return;
  }
  const place = find(studio.board, landed.panel.dataset.id);
  const { id, panels } = studio.board.scenes[place.scene];
  const rest = panels.slice(place.at + (landed.side === "after" ? 1 : 0)).filter((panel) => !studio.chosen.has(panel.id));
  actions.moveTo(studio.chosen, id, rest[0]?.id ?? null);
}

async function dropFiles(transfer, landed) {
  const files = await studio.trying(() => droppedFiles(transfer));
  if (!files) return;
  const films = files.filter((file) => FILM.test(file.name) || file.type.startsWith("video/"));
  const pictures = files.filter((file) => file.type.startsWith("image/"));
  const others = files.filter((file) => !films.includes(file) && !pictures.includes(file));
  if (others.length || files.some((file) => file.webkitRelativePath)) openExchange("import", files);
  else {
    if (pictures.length) await dropPictures(pictures, landed);
    for (const film of films) await dropFilm(film);
  }
}

function dropPictures(files, landed) {
  if (!landed) return actions.takePictures(files, { place: {} });
  const id = landed.panel.dataset.id;
  return actions.takePictures(files, landed.side === "under" ? { onto: id } : { place: { [landed.side]: id } });
}

export async function dropFilm(file) {
  studio.say(`Reading ${file.name}.`);
  try {
    openFilms((await api.addFilm(file)).id);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    studio.say(error.message, { fault: true, ways: [["Try again", () => dropFilm(file)]] });
  }
}

// The studio's HTTP interface. Whatever goes wrong is an ApiError with one sentence.

export class ApiError extends Error {
  constructor(words, status = 0) {
    super(words);
    this.status = status;
  }

  /** Whether the same may be answered later. */
  get passes() {
    return this.status === 0 || this.status >= 500;
  }
}

async function asked(method, path, { json, body, headers = {} } = {}) {
  const init = { method, headers: { ...headers } };
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    init.headers["Content-Type"] = "application/json";
  } else if (body !== undefined) {
    init.body = body;
  }
  let answer;
  try {
    answer = await fetch(path, init);
  } catch {
    throw new ApiError("The studio does not answer. Nothing is lost; is it still running?");
  }
  if (answer.ok) return answer;
  let words = `The studio answers ${answer.status}.`;
  try {
    words = (await answer.json()).error ?? words;
  } catch {
    // No JSON: the status says it.
  }
  throw new ApiError(words, answer.status);
}

const json = async (...given) => (await asked(...given)).json();
const to = encodeURIComponent;
/** A file as it is; what its own kind is, its bytes tell. */
const raw = (file) => ({ body: file, headers: { "Content-Type": "application/octet-stream" } });

export const api = {
  board: () => json("GET", "api/board"),
  words: () => json("GET", "api/words"),
  makers: () => json("GET", "api/makers"),
  operate: (operation) => json("POST", "api/operations", { json: { operation } }),
  undo: () => json("POST", "api/undo", { json: {} }),
  redo: () => json("POST", "api/redo", { json: {} }),
  addPicture: (file, source, origin) => json("POST", `api/pictures?source=${to(source)}&origin=${to(origin)}`, raw(file)),
  films: () => json("GET", "api/films"),
  addFilm: (file) => json("POST", `api/films?name=${to(file.name)}`, raw(file)),
  frameUrl: (film, at, width) => `api/films/${to(film)}/frame?at=${to(at)}&width=${width}`,
  takeFrame: (film, at) => json("POST", `api/films/${to(film)}/frames`, { json: { at } }),
  jobs: async () => (await json("GET", "api/jobs")).jobs,
  ask: (wanted) => json("POST", "api/jobs", { json: wanted }),
  cancel: (id) => json("DELETE", `api/jobs/${to(id)}`),
  cancelAll: () => json("DELETE", "api/jobs"),
  suggest: (panel, patterns) => json("POST", "api/suggest", { json: { panel, patterns } }),
  continuity: () => json("GET", "api/continuity"),
  bring: (format, files) => {
    const body = new FormData();
    for (const file of files) body.append("files", file, file.webkitRelativePath || file.name);
    return json("POST", format ? `api/import?format=${to(format)}` : "api/import", { body });
  },
  accept: (id, changes) => json("POST", `api/import/${to(id)}/accept`, { json: { changes } }),
  exported: async (format, options) => {
    const answer = await asked("GET", `api/export/${to(format)}?${new URLSearchParams(options)}`);
    const said = answer.headers.get("Content-Disposition") ?? "";
    const starred = /filename\*=UTF-8''([^;]+)/i.exec(said);
    const name = starred ? decodeURIComponent(starred[1]) : (/filename="?([^";]+)/.exec(said)?.[1] ?? format);
    return { name, blob: await answer.blob() };
  },
};

const WIDTHS = [160, 320, 640, 1280];

/** Where a picture is had, as wide as it is shown. */
export function pictureUrl(picture, wide) {
  const wanted = wide * Math.min(2, devicePixelRatio || 1);
  return `api/pictures/${picture.sha256}?width=${WIDTHS.find((width) => width >= wanted) ?? 1280}`;
}

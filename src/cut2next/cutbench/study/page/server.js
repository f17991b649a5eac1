// What the page asks its server, as JSON; every answer to a question may be sent again.

const SILENT = "The study does not answer just now, and this is not kept yet. Try again in a moment.";

export class Refused extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

async function ask(path, body) {
  const posted = {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)};
  let response, told;
  try {
    response = await fetch(path, body ? posted : {});
    told = await response.json();
  } catch {
    throw new Refused(response?.status ?? 0, SILENT);
  }
  if (!response.ok) throw new Refused(response.status, told.error ?? SILENT);
  return told;
}

export const state = () => ask("api/state");
export const begin = name => ask("api/raters", {name});
export const vote = (word, side) => ask("api/votes", {word, side});
export const leave = () => ask("api/leave", {});
export const picture = (word, place) => `pictures/${word}/${place}`;

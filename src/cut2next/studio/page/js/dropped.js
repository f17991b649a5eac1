// What was dropped: files, and those in folders with their paths, as where a folder is chosen.

import { ApiError } from "./api.js";

/** To be called as the event comes: afterwards nothing is there to be read. */
export async function droppedFiles({ items }) {
  const roots = [...items].map((item) => folderOf(item) ?? item.getAsFile()).filter(Boolean);
  return (await Promise.all(roots.map((root) => (root instanceof File ? root : filesIn(root))))).flat();
}

function folderOf(item) {
  const entry = item.webkitGetAsEntry?.();
  return entry?.isDirectory ? entry : null;
}

async function filesIn(folder) {
  const reader = folder.createReader();
  const files = [];
  // Some at a time come, a hundred in Chromium; none is the end.
  for (let entries; (entries = await asked(folder, (...ways) => reader.readEntries(...ways))).length; ) {
    for (const entry of entries) files.push(...(entry.isDirectory ? await filesIn(entry) : [await fileOf(entry)]));
  }
  return files;
}

async function fileOf(entry) {
  const file = await asked(entry, (...ways) => entry.file(...ways));
  return Object.defineProperty(file, "webkitRelativePath", { value: entry.fullPath.slice(1) });
}

const asked = (entry, ask) =>
  new Promise((resolve, reject) => ask(resolve, () => reject(new ApiError(`${entry.name} cannot be read.`, 400))));

// Keys: each page says which it has; the help lists those that work where one is.

import { byId, make } from "desk/dom";

const groups = new Map();

/** Give a group of keys: [key, what it does, action]. A key is as printed: "Enter", "Shift+1", "ArrowDown", "x". */
export function setKeys(group, entries) {
  if (entries.length) groups.set(group, entries);
  else groups.delete(group);
}

/** The name of a pressed key. */
export function nameOf(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code || "");
  let key = digit ? digit[1] : event.key === " " ? "Space" : event.key;
  if (key.length === 1 && key !== key.toLowerCase()) return `Shift+${key.toLowerCase()}`;
  const shifted = event.shiftKey && (digit || key.length > 1);
  return shifted ? `Shift+${key}` : key;
}

export function press(name) {
  for (const entries of [...groups.values()].reverse()) {
    const found = entries.find(([keys]) => keys.split(" ").includes(name));
    if (found) return found[2](name) !== false;
  }
  return false;
}

const typing = (target) => /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName || "") || target.isContentEditable;

export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && typing(event.target)) event.target.blur();
    if (byId("dialog").open || typing(event.target)) return;
    const name = nameOf(event);
    const onButton = event.target.tagName === "BUTTON" && event.target.matches(":focus-visible");
    if (onButton && name === "Enter") return;
    if (press(name)) event.preventDefault();
  });
}

const SHOWN = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", "Shift+ArrowLeft": "Shift ←", "Shift+ArrowRight": "Shift →", "Shift+Space": "Shift Space", Delete: "Del", Escape: "Esc", PageUp: "PgUp", PageDown: "PgDn" };

/** The keys of an entry as the help prints them: ranges as one, other layouts' spellings left out. */
function shownKeys(keys) {
  const all = keys.split(" ");
  if (all.length > 2) return [`${all[0].replace("Shift+", "Shift ")} … ${all.at(-1).replace("Shift+", "")}`];
  return all.filter((key, place) => !place || /^[a-z]$/.test(key)).map((key) => SHOWN[key] || key.replace("Shift+", "Shift "));
}

export function showHelp() {
  const dialog = byId("dialog");
  const sections = [...groups].map(([group, entries]) => make("section", {}, make("h3", {}, group), make("dl", {}, ...entries.flatMap(([keys, text]) => [
    make("dt", {}, ...shownKeys(keys).map((key) => make("kbd", {}, key))), make("dd", {}, text)]))));
  dialog.replaceChildren(make("div", { class: "keys" }, make("h2", {}, "Keys"), make("div", { class: "columns" }, ...sections),
    make("div", { class: "row end" }, make("button", { class: "main", autofocus: true, onclick: () => dialog.close() }, "Close"))));
  dialog.onclose = null;
  dialog.showModal();
}

// Small pieces of pages: nodes, times, shares, a colour per name.

export const byId = (id) => document.getElementById(id);

/** Make a node. properties: attributes; `on…` are listeners; children: nodes and text. */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const called = (name) => (name === null ? "not named" : name || "someone else");
export const percent = (share) => `${Math.floor(1000 * share + 1e-6) / 10} %`;
export const whole = (number) => number.toLocaleString("en");

/** Seconds as 1:02:03.4, without the hours where there are none. */
export function clock(seconds, digits = 1) {
  const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
  const rest = (seconds % 60).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Seconds in words: 12 s, 3.4 min, 1.25 h. */
export function span(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(2)} h`;
}

/** "1:02.5" or "62.5" as seconds; NaN for what is none. */
export function seconds(text) {
  const parts = text.trim().split(":").map(Number);
  return parts.length > 3 || parts.some((part) => !(part >= 0)) ? NaN : parts.reduce((sum, part) => 60 * sum + part, 0);
}

/** A hue of its own for each name, the same on every page. */
export function hue(name) {
  let mixed = 2166136261;
  for (const letter of name) mixed = Math.imul(mixed ^ letter.codePointAt(0), 16777619);
  return ((mixed >>> 0) * 137.508) % 360;
}

/** A name with its colour; `plain` names have a grey dot. */
export function chip(name, extra = "") {
  const node = make("span", { class: `chip ${name ? "" : "nobody"} ${extra}` }, make("i", { "aria-hidden": "true" }), make("span", {}, called(name)));
  if (name) node.style.setProperty("--hue", hue(name));
  return node;
}

/** A thin bar that is filled so far. */
export function bar(share, label = "") {
  const fill = make("i");
  fill.style.inlineSize = `${Math.min(100, Math.max(0, 100 * share))}%`;
  return make("span", { class: `share ${share >= 0.95 ? "sure" : share < 0.6 ? "doubt" : ""}`, title: label || percent(share) }, fill);
}

/** A button with its key on it. */
export function keyed(text, key, action, extra = "") {
  return make("button", { type: "button", class: extra, "data-key": key, onclick: action }, text, key ? make("kbd", {}, key) : null);
}

/** The end of an episode's id: what people call it. */
export const shortEpisode = (id) => id.split("/").slice(1).join("/") || id;

/** Text with what was looked for marked. */
export function marked(text, needle) {
  const wanted = needle.trim().toLowerCase();
  const at = wanted ? text.toLowerCase().indexOf(wanted) : -1;
  if (at < 0) return [text];
  return [text.slice(0, at), make("mark", {}, text.slice(at, at + wanted.length)), text.slice(at + wanted.length)];
}

let toastTimer = 0;
/** Say something for a moment; faults stay longer. */
export function say(text, fault = false) {
  const toast = byId("toast");
  toast.textContent = text;
  toast.className = fault ? "shown fault" : "shown";
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.className = ""; }, fault ? 8000 : 2500);
}

/** Ask for a text in a dialog; null where it was closed. rows: more than one makes it a box. */
export function askText(title, value = "", { list = "", rows = 1, hint = "", ok = "Save" } = {}) {
  const dialog = byId("dialog");
  return new Promise((resolve) => {
    const field = rows > 1 ? make("textarea", { rows, value }) : make("input", { value, list: list || null, autocomplete: "off" });
    const done = (answer) => { dialog.onclose = null; dialog.close(); resolve(answer); };
    const form = make("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); done(field.value); } },
      make("h2", {}, title), hint ? make("p", { class: "soft" }, hint) : null, field,
      make("div", { class: "row end" }, make("button", { type: "button", onclick: () => done(null) }, "Cancel"), make("button", { class: "main" }, ok)));
    field.addEventListener("keydown", (event) => { if (event.key === "Enter" && (rows === 1 || event.ctrlKey || event.metaKey)) { event.preventDefault(); done(field.value); } });
    dialog.replaceChildren(form);
    dialog.onclose = () => resolve(null);
    dialog.showModal();
    field.focus();
    field.select?.();
  });
}

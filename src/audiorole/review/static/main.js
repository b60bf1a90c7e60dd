// The frame of the page: which view is shown, the progress, who answers, dark or light, and the keys of all pages.

import { reviewer } from "desk/api";
import { askText, byId, make, percent, span, whole } from "desk/dom";
import { listen, press, setKeys, showHelp } from "desk/keys";
import { Lines } from "desk/lines";
import { Overview } from "desk/overview";
import { Questions } from "desk/questions";
import { follow, refresh, settled, store, subscribe, undo } from "desk/store";

const TABS = [["questions", "Questions", "q"], ["lines", "Lines", "l"], ["episodes", "Episodes", "i"], ["characters", "Characters", "c"], ["voices", "Voices", "v"]];
const THEME = "audiorole-theme";
const WIDER = { line: "episodes", episode: "episodes", character: "characters", voice: "voices" };

let view = null;

function route() {
  const [, kind = "questions", ...rest] = (location.hash || "#/questions").slice(1).split("/");
  return { kind, value: rest.map(decodeURIComponent).join("/") };
}

/** Show what the address says. */
function show() {
  const { kind, value } = route();
  view?.close();
  const place = byId("view");
  if (kind === "questions") view = new Questions(place);
  else if (["characters", "voices", "episodes"].includes(kind)) view = new Overview(place, kind);
  else if (kind === "lines") view = new Lines(place, { kind, text: value });
  else if (["episode", "character", "voice", "line"].includes(kind)) view = new Lines(place, { kind, value });
  else { location.hash = "#/questions"; return; }
  desk.view = view;
  for (const tab of byId("tabs").children) {
    if (tab.dataset.kind === (WIDER[kind] || kind)) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  place.scrollTop = 0;
}

function frame(state) {
  const { progress } = state;
  document.title = `${state.series} · review`;
  byId("series").textContent = state.series;
  byId("who").textContent = reviewer.name || state.who || "Who are you?";
  byId("names").replaceChildren(...state.names.map((name) => make("option", { value: name })));
  const share = progress.hours ? progress.settled / progress.hours : 0, to = percent(progress.goal).replace(".0", "");
  const more = progress.questions === null ? `over a thousand questions to ${to}` : progress.questions ? `about ${whole(progress.questions)} ${progress.questions === 1 ? "question" : "questions"} to ${to}` : `${to} expected right: reached`;
  const settledBar = make("i", { class: "settled" }), expectedBar = make("i", { class: "expected" });
  settledBar.style.inlineSize = `${100 * share}%`;
  expectedBar.style.inlineSize = `${100 * progress.expected}%`;
  byId("meter").replaceChildren(make("span", { class: "track" }, expectedBar, settledBar), make("span", { class: "told" },
    make("b", {}, span(3600 * progress.settled)), ` of ${span(3600 * progress.hours)} settled`, make("span", { class: "wide" }, ` · ${percent(progress.expected)} of the speech expected right`), ` · ${more}`, make("span", { class: "wide" }, ` · ${whole(state.decisions)} ${state.decisions === 1 ? "decision" : "decisions"}`), store.busy ? make("em", {}, " naming …") : ""));
}

function theme(change = false) {
  const root = document.documentElement;
  let chosen = "";
  try { chosen = localStorage.getItem(THEME) || ""; } catch { /* a browser that keeps nothing */ }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const next = change ? (dark ? "light" : "dark") : chosen;
  if (next) root.dataset.theme = next;
  try { if (change) localStorage.setItem(THEME, next); } catch { /* as above */ }
  byId("theme").textContent = (change ? next === "dark" : dark) ? "☾" : "☀";
  if (change) view?.wave?.load?.(view.wave.line);
  if (change && view?.detail?.line) view.detail.wave.load(view.detail.line);
}

async function who() {
  const name = await askText("Who answers here?", reviewer.name || store.state?.who || "", { hint: "Your name stands beside each of your decisions; undo takes back your own." });
  if (name === null) return;
  reviewer.name = name;
  refresh();
}

function tabs() {
  byId("tabs").replaceChildren(...TABS.map(([kind, text, key]) => make("a", { href: `#/${kind}`, "data-kind": kind, title: `${text} (${key})` }, text)));
}

function search() {
  const text = byId("find").value.trim();
  if (route().kind === "lines" && view.search) { history.replaceState(null, "", `#/lines/${encodeURIComponent(text)}`); view.search(text); }
  else location.hash = `#/lines/${encodeURIComponent(text)}`;
}

setKeys("Everywhere", [
  ...TABS.map(([kind, text, key]) => [key, text.toLowerCase(), () => { location.hash = `#/${kind}`; }]),
  ["/", "search all lines", () => { byId("find").focus(); byId("find").select(); }],
  ["u", "take your last decision back", () => { undo(); }],
  ["w", "who answers here", () => { who(); }],
  ["d", "dark or light", () => theme(true)],
  ["? Shift+?", "these keys", showHelp],
]);

const desk = { store, press, view: null, settled: () => settled() && !view?.filling };
window.desk = desk;
byId("help").addEventListener("click", showHelp);
byId("theme").addEventListener("click", () => theme(true));
byId("who").addEventListener("click", who);
let typed = 0;
byId("find").addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(search, 40); });
byId("search").addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(typed); search(); byId("view").focus(); });
window.addEventListener("hashchange", show);
subscribe(frame);
theme();
tabs();
listen();
refresh().then(() => { show(); follow(); }, (error) => { byId("view").replaceChildren(make("p", { class: "empty fault" }, error.message)); });

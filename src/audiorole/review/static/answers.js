// Likely names as buttons: a key each, their share, and the voice of each to compare with.

import { askText, bar, called, chip, make, percent } from "desk/dom";
import { store } from "desk/store";
import { playReference } from "desk/player";

/** The candidates of a question or a line. name(value): called with the one that was chosen. */
export function candidates(list, name) {
  const rows = list.map((one, place) => {
    const number = String(place + 1);
    const answer = make("button", { type: "button", class: `candidate ${place ? "" : "first"}`, "data-key": number, onclick: () => name(one.name) },
      chip(one.name), bar(one.probability, `${percent(one.probability)} likely`), make("span", { class: "number" }, percent(one.probability)), make("kbd", {}, number));
    const hear = one.name ? make("button", { type: "button", class: "plain hear", title: `Hear ${one.name} (Shift ${number})`, "aria-label": `Hear ${one.name}`, onclick: () => playReference(one.name) }, "♪") : null;
    return make("li", {}, answer, hear);
  });
  return make("ol", { class: "candidates" }, ...rows);
}

/** The keys of candidates. current(): the list that is on the screen; answering(): what takes a name for what is shown
 * now, also where the name is typed and something else is shown by then. */
export function answerKeys(current, answering) {
  const pick = (key) => { const one = current()[Number(key) - 1]; return one ? void answering()(one.name) : false; };
  const hear = (key) => { const one = current()[Number(key.slice(6)) - 1]; return one ? void playReference(one.name) : false; };
  const digits = [1, 2, 3, 4, 5, 6];
  return [
    [digits.join(" "), "it is the 1st … 6th name", pick],
    [digits.map((digit) => `Shift+${digit}`).join(" "), "hear that character", hear],
    ["r", "another name: type it", () => { other(answering()); }],
    ["e", "someone else: nobody of the cast", () => { answering()(""); }],
  ];
}

/** Ask for a name that is not among the candidates. */
export async function other(name) {
  const given = await askText("Who is it?", "", { list: "names", ok: "Name", hint: "A name that is nearly a known one is asked for again." });
  if (given && given.trim()) name(given.trim());
}

/** Why: the evidence in log-odds. */
export function evidence(ledger) {
  if (!ledger.length) return null;
  const most = Math.max(...ledger.map((entry) => Math.abs(entry.log_odds)), 1);
  const rows = ledger.map((entry) => {
    const fill = make("i", { class: entry.log_odds > 0 ? "up" : "down" });
    fill.style.inlineSize = `${50 * Math.abs(entry.log_odds) / most}%`;
    return make("tr", {}, make("td", { class: "n" }, (entry.log_odds > 0 ? "+" : "−") + Math.abs(entry.log_odds).toFixed(1)), make("td", { class: "odds" }, fill), make("td", {}, make("b", {}, entry.cue), " ", entry.meaning));
  });
  return make("details", { class: "why" }, make("summary", {}, "Why this name"), make("table", {}, ...rows));
}

export const nameOfVoice = (voice) => {
  const known = store.state?.voices.find((one) => one.voice === voice);
  return known && known.character !== null ? `${voice} · ${called(known.character)}` : voice;
};

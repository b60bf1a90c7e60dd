// One line whole: its sound, bounds, text and overlap to correct, who says it, and what was decided about it.

import { address, forgetSounds, get, pictureAddress } from "desk/api";
import { answerKeys, candidates, evidence, other } from "desk/answers";
import { askText, chip, clock, keyed, make, percent, say, seconds, shortEpisode } from "desk/dom";
import { setKeys } from "desk/keys";
import { Waveform, playLine, playerKeys } from "desk/player";
import { logEntry } from "desk/questions";
import { decide, store, undo } from "desk/store";

const NUDGE = 0.05;

export class Detail {
  /** onmove(1, line): on from a line to the next of the list; onmove(added, line): to one that was added; onclose: on a small screen. */
  constructor({ onmove, onclose }) {
    this.onmove = onmove;
    this.wave = new Waveform({ onbounds: (start, end) => this.dragged(start, end) });
    this.body = make("div", { class: "body" });
    this.node = make("section", { class: "detail card", "aria-label": "Line" }, make("button", { type: "button", class: "plain back", onclick: onclose }, "‹ Back to the list"), this.body);
    this.body.append(make("p", { class: "empty" }, "Choose a line: arrows, or a click."));
  }

  keys() {
    setKeys("This line", [
      ...answerKeys(() => this.shown?.candidates || [], () => this.answering),
      ["Enter t", "edit the text; with moved bounds, save these", () => { this.enter(); }],
      ["ArrowLeft", "begin 50 ms earlier", () => this.nudge(-NUDGE, 0)],
      ["ArrowRight", "begin 50 ms later", () => this.nudge(NUDGE, 0)],
      ["Shift+ArrowLeft", "end 50 ms earlier", () => this.nudge(0, -NUDGE)],
      ["Shift+ArrowRight", "end 50 ms later", () => this.nudge(0, NUDGE)],
      ["o", "others speak over it, or not", () => this.overlap()],
      ["a", "add a line behind it", () => { this.add(); }],
      ["Delete x", "there is no such line", () => this.remove()],
      ["Escape", "leave the bounds as they were", () => this.reset()],
    ]);
    setKeys("Sound", playerKeys((step) => this.neighbour(step)));
  }

  close() {
    this.closed = true;
    this.wave.destroy();
    setKeys("This line", []);
    setKeys("Sound", []);
  }

  /** The line that is on the screen; null while another one was chosen and is on its way: no key is for the old one. */
  get shown() { return this.line && this.line.id === this.wanted ? this.line : null; }

  /** Takes a name for the line that is on the screen now. */
  get answering() {
    const line = this.shown;
    return (name) => this.name(name, line);
  }

  /** Show a line, and play it where a person chose it. */
  async show(id, autoplay = true) {
    this.autoplay = autoplay || (this.autoplay && this.wanted === id);
    this.wanted = id;
    const line = await get(address("/line", { line: id })).catch((error) => say(error.message, true));
    if (!line || this.wanted !== id || this.closed) return;
    if (line.gone) { this.leave(); return; }
    const other = this.line?.id !== id, moved = other || line.start !== this.line.start || line.end !== this.line.end;
    if (!other && (this.changed || this.typing)) return;  // what is being moved or written stays
    const play = other && this.autoplay;
    this.autoplay = false;
    this.line = line;
    this.bounds = null;
    this.draw();
    if (moved) await this.wave.load(line, play);
  }

  /** Read the line anew that is shown, or that was chosen and is on its way. */
  refresh() {
    if (this.wanted) this.show(this.wanted, false);
  }

  /** Show that the line is no more: somebody took it back. */
  leave() {
    this.line = this.bounds = null;
    this.body.replaceChildren(make("p", { class: "empty" }, "There is no such line: whoever added it took it back. Choose another one."));
  }

  get changed() { return this.bounds !== null; }
  get typing() { return document.activeElement?.matches("textarea, .number") && this.body.contains(document.activeElement); }

  draw() {
    const line = this.line;
    this.words = make("p", { class: "said", tabindex: 0, title: "Edit the text (Enter)", onclick: () => this.editText() }, line.text);
    this.start = make("input", { class: "number", value: clock(line.start, 2), "aria-label": "Start", onchange: () => this.typed(), onblur: () => this.refresh() });
    this.end = make("input", { class: "number", value: clock(line.end, 2), "aria-label": "End", onchange: () => this.typed(), onblur: () => this.refresh() });
    this.save = make("button", { type: "button", class: "main", hidden: true, onclick: () => this.saveBounds() }, "Save bounds");
    const picture = line.video ? make("img", { class: "moment", src: pictureAddress(line.id), alt: "The moment of this line", onerror: (event) => event.target.remove() }) : "";
    this.body.replaceChildren(
      make("header", { class: "row" }, chip(line.character), make("span", { class: "soft" }, line.character === null ? "" : line.decided ? "a person said so" : percent(line.probability)), make("span", { class: "grow" }),
        make("a", { href: `#/episode/${line.episode}` }, shortEpisode(line.episode)), line.voice ? make("a", { href: `#/voice/${line.voice}` }, line.voice) : "", line.character ? make("a", { href: `#/character/${encodeURIComponent(line.character)}` }, "all lines") : ""),
      make("div", { class: "stage" }, picture, make("div", { class: "words" }, this.words,
        line.removed ? make("p", { class: "fault" }, "Removed: it is not in the next build.") : "",
        line.built && line.built.text !== line.text ? make("p", { class: "soft" }, "was: ", make("del", {}, line.built.text)) : "")),
      this.wave.node,
      make("div", { class: "row bounds" }, this.start, "to", this.end, this.save, make("span", { class: "grow" }),
        make("label", { class: "switch", title: "Others speak over it (o)" }, make("input", { type: "checkbox", checked: line.overlap >= 0.2, onchange: () => this.overlap() }), "overlap"), make("span", { class: "soft" }, line.tier ? `tier ${line.tier}` : "")),
      candidates(line.candidates, (name) => this.name(name, line)),
      make("div", { class: "row actions" }, keyed("Another name", "r", () => other((name) => this.name(name, line))), keyed("Someone else", "e", () => this.name("", line)), keyed("Text", "t", () => this.editText()), keyed("Add a line", "a", () => this.add()), line.removed ? null : keyed("No such line", "x", () => this.remove())),
      this.near(),
      evidence(line.ledger) || "",
      line.decisions.length ? make("details", { open: true }, make("summary", {}, "Decided about this line"), make("ol", { class: "log" }, ...line.decisions.map((each) => this.past(each)))) : "");
  }

  near() {
    return make("ol", { class: "near", "aria-label": "Lines around it" }, ...this.line.around.map((one) => make("li", { class: one.id === this.line.id ? "chosen" : "" },
      make("button", { type: "button", class: "plain", "aria-label": "Play", onclick: () => playLine(one.id) }, "▸"), chip(one.character), make("span", { class: "text" }, one.text))));
  }

  past(each) {
    const entry = logEntry(each);
    if (each.who === store.state.who || !each.who) entry.append(" ", make("button", { type: "button", class: "plain", onclick: () => undo(each.id) }, "undo"));
    return entry;
  }

  name(value, line) {
    if (line) decide("label_line", line.id, value).then((done) => { if (done) this.onmove(1, line.id); });
  }

  neighbour(step) {
    const at = this.line?.around.findIndex((one) => one.id === this.line.id), near = this.line?.around[at + step];
    if (near) playLine(near.id);
  }

  enter() {
    if (this.changed) this.saveBounds();
    else this.editText();
  }

  /** Edit the text where it stands: Enter saves, Escape leaves it. */
  editText() {
    const line = this.shown, words = this.words;
    if (!line || line.removed) return;
    const field = make("textarea", { class: "said", rows: 2, "aria-label": "Text", value: line.text });
    const stop = () => { field.replaceWith(words); };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); stop(); this.refresh(); }
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      const text = field.value.trim();
      stop();
      if (text === line.text) { this.refresh(); return; }
      words.textContent = text;
      decide("edit_text", line.id, text).then((done) => { if (!done) words.textContent = line.text; });
    });
    words.replaceWith(field);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  dragged(start, end) {
    this.bounds = [Math.max(0, start), Math.min(this.line.length, end)];
    this.start.value = clock(this.bounds[0], 2);
    this.end.value = clock(this.bounds[1], 2);
    this.save.hidden = false;
  }

  nudge(start, end) {
    if (!this.shown || this.line.removed) return;
    const [from, to] = this.bounds || [this.line.start, this.line.end];
    const next = [Math.max(0, from + start), Math.min(this.line.length, to + end)];
    if (next[1] - next[0] < 0.05) return;
    this.wave.setBounds(...next);
    this.dragged(...next);
  }

  typed() {
    const next = [seconds(this.start.value), seconds(this.end.value)];
    if (!(next[1] - next[0] >= 0.05)) { say("A line begins before it ends.", true); this.reset(); return; }
    this.wave.setBounds(...next);
    this.dragged(...next);
  }

  async saveBounds() {
    const span = this.bounds.map((second) => Math.round(1000 * second) / 1000), line = this.line.id;
    this.bounds = null;
    this.save.hidden = true;
    forgetSounds(line);
    if (!await decide("edit_bounds", line, "", { span }) && this.shown?.id === line) this.draw();
  }

  reset() {
    if (!this.changed) return false;
    this.bounds = null;
    this.wave.setBounds(this.line.start, this.line.end);
    this.draw();
    return true;
  }

  overlap() {
    const line = this.shown;
    if (line) decide("mark_overlap", line.id, line.overlap >= 0.2 ? "no" : "yes");
  }

  remove() {
    const line = this.shown;
    if (line && !line.removed) decide("remove_line", line.id).then((done) => { if (done) say("Removed; u takes it back"); });
  }

  /** Add a line in the gap behind this one; its bounds can be dragged afterwards. */
  async add() {
    const line = this.shown;
    if (!line) return;
    const at = line.around.findIndex((one) => one.id === line.id), next = line.around[at + 1];
    const start = Math.min(line.end, line.length - 0.2), room = (next ? next.start : line.length) - start;
    const span = [start, Math.min(line.length, start + (room > 0.3 ? Math.min(room, 4) : 1))].map((second) => Math.round(1000 * second) / 1000);
    const text = await askText("What is said there?", "", { rows: 2, ok: "Add", hint: `A new line from ${clock(span[0])} to ${clock(span[1])}; drag its bounds afterwards, then say who speaks. Ctrl Enter adds it.` });
    if (!text?.trim()) return;
    const made = await decide("add_line", line.episode, text.trim(), { span });
    if (made) this.onmove(made.subject, line.id);
  }
}

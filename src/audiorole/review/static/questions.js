// The questions, best first: whose voice is this, who says this.

import { address, get, pictureAddress, sound } from "desk/api";
import { answerKeys, candidates, evidence, nameOfVoice, other } from "desk/answers";
import { called, clock, keyed, make, percent, say, shortEpisode, span, whole } from "desk/dom";
import { setKeys } from "desk/keys";
import { Waveform, playLine, player, playerKeys, soundOf } from "desk/player";
import { decide, store, subscribe, undo } from "desk/store";

const skipped = new Set();
const heard = (item, ticked) => item.lines.map((line) => line.id).filter((id) => !ticked.includes(id));

export class Questions {
  constructor(view) {
    this.queue = [];
    this.at = 0;
    this.ticked = new Set();
    this.writing = new Set();  // questions whose answers are on their way to the server
    this.asked = 0;  // questions that came on the screen so far
    this.wave = new Waveform();
    this.card = make("section", { class: "card question", "aria-label": "Question" }, make("p", { class: "empty" }, "Looking for the best question …"));
    this.side = make("aside", { class: "side" });
    view.replaceChildren(make("div", { class: "columns-2" }, this.card, this.side));
    setKeys("This question", [
      ["Enter", "it is the first name", () => this.likely()],
      ...answerKeys(() => this.item?.candidates || [], () => this.answering),
      ["ArrowDown j", "the next line of this voice", () => this.choose(this.at + 1)],
      ["ArrowUp k", "the line before", () => this.choose(this.at - 1)],
      ["x", "this line is another voice", () => this.tick(this.at)],
      ["s", "split the ticked lines off", () => { this.split(); }],
      ["m", "the same voice as another", () => { this.merge(); }],
      ["n", "skip", () => this.skip()],
      ["f", "show the line in its episode", () => { location.hash = `#/line/${this.line.id}`; }],
    ]);
    setKeys("Sound", playerKeys((step) => this.neighbour(step)));
    this.leave = subscribe(() => { this.aside(); this.fill(); });
    this.aside();
    this.fill();
  }

  close() {
    this.closed = true;
    this.leave();
    this.wave.destroy();
    setKeys("This question", []);
    setKeys("Sound", []);
  }

  get item() { return this.queue[0] || null; }
  get line() { return this.item.lines[this.at]; }

  /** Takes a name for the question that is on the screen now, with what is ticked now. */
  get answering() {
    const item = this.item, ticked = [...this.ticked];
    return (name) => this.name(name, item, ticked);
  }

  /** Get the next questions; the one on the screen stays there while it is open. */
  async fill() {
    const turn = this.turn = (this.turn || 0) + 1, item = this.item, shown = item?.key;
    this.filling = true;
    const found = await get(address("/questions", { skip: [...skipped], shown })).catch((error) => say(error.message, true));
    if (turn !== this.turn || this.closed) return;
    if (!found) { setTimeout(() => { if (turn === this.turn && !this.closed) this.fill(); }, 1000); return; }
    if (item !== this.item) { this.fill(); return; }  // it was answered or skipped meanwhile
    this.filling = false;
    const open = found.questions.filter((one) => !this.writing.has(one.key)), anew = open.find((one) => one.key === shown);
    this.queue = item && (anew || found.open) ? [item, ...open.filter((one) => one !== anew)] : open;
    // The question on the screen stays as it was asked: nothing moves under a finger. Names come where there were none.
    if (anew && !item.candidates.length && anew.candidates.length) { item.candidates = anew.candidates; this.draw(); }
    if (!this.item) this.nothing(found.ranked || !found.busy);
    else if (this.item !== item || !this.drawn) this.ask();
    for (const one of this.queue.slice(0, 3)) sound(soundOf(one.lines[0].id)).catch(() => {});
  }

  nothing(done) {
    this.drawn = false;
    this.card.replaceChildren(make("p", { class: "empty" }, done ? "Nothing is left to ask. Run audiorole build again to take the answers into the dataset." : "Naming the series; questions come in a moment …"));
  }

  ask() {
    this.at = 0;
    this.asked += 1;
    this.ticked.clear();
    this.drawn = true;
    this.draw();
    this.wave.load(this.line, true);
  }

  draw() {
    const item = this.item, voice = item.kind === "voice";
    const kind = voice ? `${item.subject} · ${whole(item.count)} lines · settles about ${span(item.gain)}`
      : item.kind === "random" ? "drawn at random: it says how right the names are" : `a doubtful line · settles about ${span(item.gain)}`;
    const video = this.line.video ? make("img", { class: "moment", src: pictureAddress(this.line.id), alt: "The moment of this line", loading: "lazy", onerror: (event) => event.target.remove() }) : null;
    this.card.replaceChildren(
      make("header", {}, make("p", { class: `kind of-${item.kind}` }, kind), make("h1", {}, item.named ? `Is all of this ${item.named}?` : voice ? "Whose voice is this?" : "Who says this?")),
      make("div", { class: "stage" }, video, make("div", { class: "words" }, this.around(-1), make("blockquote", {}, this.line.text), this.around(1),
        make("p", { class: "meta" }, make("a", { href: `#/line/${this.line.id}` }, `${shortEpisode(this.line.episode)} at ${clock(this.line.start)}`), this.line.faces.length ? ` · on screen: ${this.line.faces.join(", ")}` : ""))),
      this.wave.node,
      voice && (item.named || item.lines.length > 1) ? this.samples() : "",
      candidates(item.candidates, this.answering),
      make("div", { class: "row actions" }, keyed("Another name", "r", () => other(this.answering)), keyed("Someone else", "e", () => this.answering("")), keyed("Skip", "n", () => this.skip()),
        voice ? keyed("Same as …", "m", () => this.merge()) : null, voice ? keyed("Split ticked off", "s", () => this.split()) : null),
      evidence(this.line.ledger) || "");
  }

  around(step) {
    const at = this.line.around.findIndex((one) => one.id === this.line.id), near = this.line.around[at + step];
    return near ? make("button", { type: "button", class: "around", title: step < 0 ? "Play the line before ([)" : "Play the line after (])", onclick: () => playLine(near.id) }, near.text) : null;
  }

  samples() {
    return make("div", {}, make("p", { class: "hint" }, this.item.named ? `These stand for its lines that may be somebody else: they sound least like what was heard of ${this.item.named}. ` : "", "Tick what another person says: those lines leave the voice, with lines that sound like them; the name goes to the rest."),
      make("ul", { class: "samples" }, ...this.item.lines.map((line, place) => make("li", { class: place === this.at ? "chosen" : "", onclick: () => this.choose(place) },
        make("span", { class: "n" }, `${(line.end - line.start).toFixed(1)} s`), make("span", { class: "text" }, line.text), make("span", { class: "soft" }, shortEpisode(line.episode)),
        make("label", { title: "Another voice (x)" }, make("input", { type: "checkbox", checked: this.ticked.has(line.id), onclick: (event) => { event.stopPropagation(); this.tick(place); } }), "other")))));
  }

  choose(place) {
    const count = this.item?.lines.length || 0;
    if (place < 0 || place >= count) return;
    this.at = place;
    this.draw();
    this.wave.load(this.line, true);
  }

  tick(place) {
    const line = this.item?.lines[place]?.id;
    if (!line || this.item.kind !== "voice") return;
    if (!this.ticked.delete(line)) this.ticked.add(line);
    this.draw();
  }

  neighbour(step) {
    const at = this.line.around.findIndex((one) => one.id === this.line.id), near = this.line.around[at + step];
    if (near) playLine(near.id);
  }

  likely() {
    const first = this.item?.candidates[0];
    if (first) this.answering(first.name);
    else if (this.item) other(this.answering);
  }

  name(value, item, ticked) {
    if (!item) return;
    const lines = heard(item, ticked);
    if (item.kind !== "voice") this.answer(item, () => decide("label_line", item.subject, value, { random: item.kind === "random" }));
    else this.answer(item, async () => (!ticked.length || await this.splitOff(item, ticked, lines)) && decide("name_voice", item.subject, value, { lines }));
  }

  /** Go on to the next question while the answer is written down; come back where it is refused. */
  async answer(item, write) {
    if (!this.queue.includes(item)) { say("That question is answered already.", true); return; }
    const shown = item === this.item;
    this.queue = this.queue.filter((one) => one !== item);
    this.writing.add(item.key);
    this.refused = false;
    if (shown) this.next();
    const done = await write();
    this.writing.delete(item.key);
    if (this.closed) return;
    if (done) { this.fill(); return; }
    this.refused = true;
    this.queue.unshift(item);
    this.ask();
  }

  next() {
    player()?.pause();
    if (this.item) this.ask();
    else this.nothing(false);
  }

  skip() {
    if (!this.item) return;
    skipped.add(this.queue.shift().key);
    this.next();
    this.fill();
  }

  splitOff(item, lines, kept) {
    const taken = new Set(store.state.voices.map((one) => one.voice));
    let letter = 98;
    while (taken.has(item.subject + String.fromCharCode(letter))) letter += 1;
    return decide("split_voice", item.subject, item.subject + String.fromCharCode(letter), { lines, kept });
  }

  split() {
    const item = this.item, ticked = [...this.ticked];
    if (item?.kind !== "voice") return;
    if (!ticked.length) { say("Tick the lines that are another voice first (x).", true); return; }
    this.answer(item, () => this.splitOff(item, ticked, heard(item, ticked)));
  }

  async merge() {
    const item = this.item;
    if (item?.kind !== "voice") return;
    const into = await chooseVoice(item.subject);
    if (into) this.answer(item, () => decide("merge_voices", item.subject, into));
  }

  aside() {
    const state = store.state;
    if (!state) return;
    const right = state.random, together = state.agreement;
    this.side.replaceChildren(
      make("section", { class: "card" }, make("h2", {}, "Last decisions"), state.log.length ? make("ol", { class: "log" }, ...state.log.map(logEntry)) : make("p", { class: "soft" }, "None yet. Each answer is written down at once."), state.log.length ? make("div", { class: "row" }, keyed("Undo", "u", () => undo())) : null),
      make("section", { class: "card facts" }, make("h2", {}, "How right is it?"),
        make("p", {}, right.of ? `${percent(right.share)} of ${right.of} random lines were right before they were asked (95 %: ${percent(right.low)} to ${percent(right.high)}).` : "Every fourth question is a line drawn at random; they say how right the names are.")),
      make("section", { class: "card facts" }, make("h2", {}, "People"), ...Object.entries(state.people).map(([who, count]) => make("p", {}, make("b", {}, who || "unsigned"), ` · ${whole(count)} ${count === 1 ? "decision" : "decisions"}`)),
        together.lines ? make("p", {}, `${together.same} of ${together.lines} shared lines agree`, together.alpha === null ? "" : ` (Krippendorff's α ${together.alpha.toFixed(2)})`, ".") : make("p", { class: "soft" }, "Nobody has named the same line twice yet."),
        ...state.conflicts.map((each) => make("p", { class: "fault" }, `Two answers: ${each}`))));
  }
}

const WORDS = { name_voice: "is", label_line: "is", merge_voices: "is the voice", split_voice: "gives", rename: "is now called", merge_characters: "is the same as", edit_text: "says", edit_bounds: "lies at", mark_overlap: "overlap:", remove_line: "is no line", add_line: "is new:", undo: "taken back" };

export function logEntry(each) {
  const value = each.span ? `${clock(each.span[0])} – ${clock(each.span[1])} ${each.value}` : ["name_voice", "label_line"].includes(each.kind) ? called(each.value) : each.value;
  const subject = each.kind === "undo" ? "one decision" : each.subject.split("/").slice(-2).join("/");
  const link = each.subject.includes("/u") ? make("a", { href: `#/line/${each.subject}` }, subject) : make("span", {}, subject);
  return make("li", {}, link, ` ${WORDS[each.kind] || each.kind} `, make("b", {}, value), make("span", { class: "soft" }, each.who ? ` ${each.who}` : ""));
}

/** Let somebody choose a voice; "" where they did not. */
export async function chooseVoice(except) {
  const dialog = document.getElementById("dialog");
  const select = make("select", { size: 10, "aria-label": "Voice" }, ...store.state.voices.filter((one) => one.voice !== except).map((one, place) => make("option", { value: one.voice, selected: place === 0 }, `${nameOfVoice(one.voice)} (${span(one.seconds)})`)));
  return new Promise((resolve) => {
    const done = (answer) => { dialog.onclose = null; dialog.close(); resolve(answer); };
    select.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); done(select.value); } });
    select.addEventListener("dblclick", () => done(select.value));
    dialog.replaceChildren(make("div", {}, make("h2", {}, "The same voice as"), select, make("div", { class: "row end" }, make("button", { onclick: () => done("") }, "Cancel"), make("button", { class: "main", onclick: () => done(select.value) }, "Merge"))));
    dialog.onclose = () => resolve("");
    dialog.showModal();
    select.focus();
  });
}

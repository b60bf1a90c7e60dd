// Lists of lines: of the series, an episode, a character, a voice or a search, with one line open beside them.

import { address, get } from "desk/api";
import { nameOfVoice } from "desk/answers";
import { askText, bar, called, chip, clock, keyed, make, marked, percent, say, seconds, shortEpisode, span, whole } from "desk/dom";
import { setKeys } from "desk/keys";
import { Detail } from "desk/detail";
import { playReference } from "desk/player";
import { chooseVoice } from "desk/questions";
import { decide, store, subscribe } from "desk/store";
import { VirtualList } from "desk/virtual";

const NARROW = matchMedia("(max-width: 60rem)");

export class Lines {
  /** route: { kind: "lines" | "episode" | "character" | "voice" | "line", value, text }. */
  constructor(view, route) {
    this.route = route;
    this.filter = this.start(route);
    this.ticked = new Set();
    this.list = new VirtualList({
      height: NARROW.matches ? 66 : 44,
      fetch: (first, count) => get(this.address("/lines", { first: String(first), count: String(count) })),
      render: (row, index) => this.row(row, index),
      onselect: (row) => this.open(row.id),
    });
    this.list.oncount = (total, complete) => { this.count.textContent = `${whole(total)}${complete ? "" : "+"} ${total === 1 ? "line" : "lines"}`; };
    this.detail = new Detail({ onmove: (to, from) => this.moved(to, from), onclose: () => this.node.classList.remove("open") });
    this.count = make("span", { class: "count" });
    this.head = make("div", { class: "head" });
    this.bar = make("form", { class: "filters", onsubmit: (event) => event.preventDefault() });
    this.node = make("div", { class: "columns-list" }, make("section", { class: "card listing" }, this.head, this.bar, this.list.node), this.detail.node);
    view.replaceChildren(this.node);
    this.detail.keys();
    setKeys("This list", [
      ["ArrowDown j", "the next line", () => { this.list.move(1); }],
      ["ArrowUp k", "the line before", () => { this.list.move(-1); }],
      ["PageDown", "ten lines on", () => { this.list.move(10); }],
      ["PageUp", "ten lines back", () => { this.list.move(-10); }],
      ["Home", "the first line", () => { this.list.select(0); }],
      ["End", "the last line", () => { this.list.select(this.list.total - 1); }],
      ["g", "jump to a time or a line", () => { this.jump(); }],
      ["y", "outliers first, or in time", () => this.turn()],
      ...(route.kind === "voice" ? [["b", "tick this line as another voice", () => this.tick()], ["s", "split the ticked lines off", () => { this.split(); }], ["m", "the same voice as another", () => { this.merge(); }]] : []),
    ]);
    this.leave = subscribe(() => this.fresh());
    this.headings();
    this.filters();
    this.list.show().then(() => this.first());
  }

  start({ kind, value, text }) {
    const filter = { episode: "", character: null, voice: "", below: "", overlap: false, tiers: "", state: "", text: text || "", order: "time" };
    if (kind === "episode") filter.episode = value;
    if (kind === "line") filter.episode = value.split("/").slice(0, -1).join("/");
    if (kind === "character") Object.assign(filter, { character: value, order: "outliers" });
    if (kind === "voice") Object.assign(filter, { voice: value, order: "outliers" });
    return filter;
  }

  address(path, more = {}) {
    return address(path, { ...this.filter, order: this.filter.order === "time" ? "" : this.filter.order, ...more }, ["character", "first", "count"]);
  }

  close() {
    this.closed = true;
    this.leave();
    this.detail.close();
    setKeys("This list", []);
  }

  /** Choose the line of the address, else the first one; nothing is played before somebody asks. */
  async first() {
    if (this.route.kind === "line") {
      const { place } = await get(this.address("/place", { line: this.route.value }));
      if (this.detail.wanted) return;  // somebody chose a line meanwhile
      if (place >= 0) { await this.list.select(place, true); this.open(this.route.value, false); return; }
      say("There is no such line.", true);
    }
    if (this.list.total && !NARROW.matches) {
      await this.list.select(0, true);
      const row = this.list.at(0);
      if (row && !this.detail.wanted) this.open(row.id, false);
    }
  }

  open(id, play = true) {
    this.node.classList.add("open");
    if (!play && NARROW.matches) this.node.classList.toggle("open", this.route.kind === "line");
    return this.detail.show(id, play);
  }

  /** On from a line to the next of the list, or to one that was just added; not where another was chosen meanwhile. */
  async moved(to, from) {
    if (to === 1) { if (this.detail.wanted === from) this.list.move(1); return; }
    await this.list.show({ keep: true });
    const { place } = await get(this.address("/place", { line: to }));
    if (this.detail.wanted !== from || this.closed) return;
    if (place >= 0) this.list.select(place, true);
    this.open(to);
  }

  /** Take in what others, or new names, have changed. */
  async fresh() {
    this.headings();
    await this.list.show({ keep: true });
    await this.follow();
    this.detail.refresh();
  }

  /** Keep the choice on the line that is open, wherever it lies in the list by now. */
  async follow() {
    const line = this.detail.wanted, at = this.list.selected;
    if (!line || at < 0 || this.list.choosing || this.selected?.id === line) return;
    const { place } = await get(this.address("/place", { line }));
    if (this.closed || this.list.choosing || this.detail.wanted !== line || this.list.selected !== at) return;
    if (place >= 0) this.list.select(place, true);
    else this.list.leave();
  }

  row(row, index) {
    const flags = [row.removed ? "removed" : "", row.added ? "added" : row.corrected && !row.removed ? "corrected" : "", row.overlap >= 0.2 ? "overlap" : ""].filter(Boolean);
    const ordered = this.filter.order === "outliers" || (!this.filter.episode);
    return make("div", { class: `line ${row.removed ? "removed" : ""} ${this.ticked.has(row.id) ? "ticked" : ""}`, role: "option", id: `line-${index}` },
      make("span", { class: "when" }, ordered ? make("small", {}, shortEpisode(row.id.split("/").slice(0, -1).join("/"))) : null, clock(row.start)),
      chip(row.character, row.decided ? "decided" : ""), make("span", { class: "text" }, ...marked(row.text, this.filter.text)),
      make("span", { class: "flags" }, ...flags.map((flag) => make("em", { class: flag }, flag))), row.character === null ? make("span", { class: "share none" }) : bar(row.probability));
  }

  headings() {
    const { kind, value } = this.route, state = store.state;
    if (!state) return;
    const parts = [];
    if (kind === "character") {
      const own = state.characters.find((one) => one.name === value);
      parts.push(make("h1", {}, chip(value, "large")), make("p", { class: "soft" }, own ? `${span(own.seconds)} · ${percent(own.probability)} sure · ${whole(own.decided)} named by people` : "No line is theirs now", this.count),
        make("div", { class: "row" }, value ? make("button", { type: "button", onclick: () => playReference(value) }, "♪ Hear them") : null, value ? make("button", { type: "button", onclick: () => this.rename() }, "Rename or merge …") : null));
    } else if (kind === "voice") {
      const own = state.voices.find((one) => one.voice === value);
      parts.push(make("h1", {}, nameOfVoice(value)), make("p", { class: "soft" }, own ? span(own.seconds) : "This voice has no lines any more", this.count),
        make("div", { class: "row" }, make("button", { type: "button", class: "main", onclick: () => this.nameVoice() }, "Name this voice …"), keyed("Same as …", "m", () => this.merge()), keyed(`Split ${this.ticked.size || "ticked"} off`, "s", () => this.split())));
    } else if (kind === "episode" || kind === "line") {
      const all = state.episodes, at = all.findIndex((one) => one.id === this.filter.episode), own = all[at];
      parts.push(make("div", { class: "row" }, make("h1", {}, shortEpisode(this.filter.episode)), make("span", { class: "grow" }), at > 0 ? make("a", { href: `#/episode/${all[at - 1].id}` }, `‹ ${shortEpisode(all[at - 1].id)}`) : "", all[at + 1] ? make("a", { href: `#/episode/${all[at + 1].id}` }, `${shortEpisode(all[at + 1].id)} ›`) : ""),
        make("p", { class: "soft" }, own ? `${span(own.seconds)} · ${percent(own.probability)} sure` : "", this.count));
    } else parts.push(make("h1", {}, this.filter.text ? `“${this.filter.text}”` : "All lines"), make("p", { class: "soft" }, store.state.series, this.count));
    this.head.replaceChildren(...parts);
  }

  filters() {
    const { kind } = this.route, state = store.state;
    const select = (name, title, options) => make("select", { "aria-label": title, onchange: (event) => this.set({ [name]: event.target.value }) },
      ...options.map(([value, text]) => make("option", { value, selected: String(this.filter[name] ?? "*") === value }, text)));
    const toggle = (name, text) => make("label", { class: "switch" }, make("input", { type: "checkbox", checked: this.filter[name], onchange: (event) => this.set({ [name]: event.target.checked }) }), text);
    this.bar.replaceChildren(
      kind === "character" ? "" : make("select", { "aria-label": "Character", onchange: (event) => this.set({ character: event.target.value === "*" ? null : event.target.value }) },
        make("option", { value: "*" }, "everybody"), ...(state?.characters || []).slice(0, 300).map((one) => make("option", { value: one.name }, called(one.name)))),
      ["episode", "line"].includes(kind) ? "" : select("episode", "Episode", [["", "all episodes"], ...(state?.episodes || []).map((one) => [one.id, shortEpisode(one.id)])]),
      select("below", "Probability", [["", "any probability"], ["0.95", "below 95 %"], ["0.8", "below 80 %"], ["0.5", "below 50 %"]]),
      select("tiers", "Tier", [["", "any tier"], ["A", "tier A"], ["B", "tier B"], ["C", "tier C"], ["BC", "B and C"]]),
      select("state", "Decided", [["", "decided or not"], ["open", "not decided"], ["decided", "decided"], ["corrected", "corrected"]]),
      toggle("overlap", "overlapped"),
      select("order", "Order", [["time", "in time"], ["outliers", "outliers first"]]));
  }

  set(change) {
    Object.assign(this.filter, change);
    this.headings();
    this.list.show().then(() => { if (this.list.total) this.list.select(0, true); });
  }

  search(text) {
    this.route = { kind: "lines", text };
    this.set({ text });
  }

  turn() {
    this.set({ order: this.filter.order === "time" ? "outliers" : "time" });
    this.filters();
  }

  get selected() { return this.list.at(this.list.selected); }

  tick() {
    const line = this.selected?.id;
    if (!line) return;
    if (!this.ticked.delete(line)) this.ticked.add(line);
    this.headings();
    this.list.move(1);
  }

  async split() {
    if (!this.ticked.size) { say("Tick the lines that are another voice first (b).", true); return; }
    const voice = this.route.value, lines = [...this.ticked], taken = new Set(store.state.voices.map((one) => one.voice));
    let letter = 98;
    while (taken.has(voice + String.fromCharCode(letter))) letter += 1;
    if (await decide("split_voice", voice, voice + String.fromCharCode(letter), { lines })) { lines.forEach((line) => this.ticked.delete(line)); say("Split off"); }
  }

  async merge() {
    const into = await chooseVoice(this.route.value);
    if (into && await decide("merge_voices", this.route.value, into) && !this.closed) location.hash = `#/voice/${into}`;
  }

  async nameVoice() {
    const name = await askText(`Whose voice is ${this.route.value}?`, "", { list: "names", ok: "Name", hint: "Leave it empty for someone else." });
    if (name !== null) decide("name_voice", this.route.value, name.trim());
  }

  async rename() {
    const name = await askText(`What is ${this.route.value} called?`, this.route.value, { list: "names", ok: "Rename", hint: "The name of another character makes the two one." });
    if (name?.trim() && await decide("rename", this.route.value, name.trim()) && !this.closed) location.hash = `#/character/${encodeURIComponent(name.trim())}`;
  }

  /** Jump to a time of this episode, or to a line by its id. */
  async jump() {
    const wanted = (await askText("Jump to", "", { hint: "A time such as 12:30, or the id of a line.", ok: "Go" }))?.trim();
    if (!wanted) return;
    if (wanted.includes("/u")) { location.hash = `#/line/${wanted}`; return; }
    const moment = seconds(wanted);
    if (!(moment >= 0)) { say("That is neither a time nor a line's id.", true); return; }
    const found = await get(address("/place", { episode: this.filter.episode || store.state.episodes[0].id, at: String(moment) }));
    if (found.line && !this.closed) location.hash = `#/line/${found.line}`;
  }
}

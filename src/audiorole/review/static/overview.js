// The characters, the voices and the episodes of the series, with what there is to know of each.

import { called, bar, chip, make, percent, shortEpisode, span, whole } from "desk/dom";
import { setKeys } from "desk/keys";
import { playReference } from "desk/player";
import { store, subscribe } from "desk/store";

const KINDS = {
  characters: {
    title: "Characters", of: (state) => state.characters, link: (one) => `#/character/${encodeURIComponent(one.name)}`,
    name: (one) => chip(one.name), hear: (one) => (one.name ? () => playReference(one.name) : null),
    about: "One page each: all their lines, those that sound least like the others first.", none: "Nobody is named yet: answer some questions first.",
  },
  voices: {
    title: "Voices", of: (state) => state.voices, link: (one) => `#/voice/${one.voice}`,
    name: (one) => make("span", { class: "row" }, make("b", {}, one.voice), one.character === null ? make("span", { class: "soft" }, "not named") : chip(one.character)),
    hear: (one) => (one.character ? () => playReference(one.character) : null),
    about: "What sounds like one person in the whole series. One answer names hundreds of lines.",
  },
  episodes: {
    title: "Episodes", of: (state) => state.episodes, link: (one) => `#/episode/${one.id}`,
    name: (one) => make("b", {}, shortEpisode(one.id)), hear: () => null, about: "All lines of an episode, in time.",
  },
};

export class Overview {
  constructor(view, kind) {
    this.kind = KINDS[kind];
    this.at = -1;
    this.card = make("section", { class: "card overview" });
    view.replaceChildren(this.card);
    setKeys("This list", [
      ["ArrowDown j", "the next one", () => this.choose(this.at + 1)],
      ["ArrowUp k", "the one before", () => this.choose(this.at - 1)],
      ["Enter", "open its page", () => { const row = this.rows[this.at]; if (row) location.hash = this.kind.link(row); }],
      ["Space", "hear it", () => { const row = this.rows[this.at]; if (row) this.kind.hear(row)?.(); }],
    ]);
    this.leave = subscribe(() => this.draw());
    this.draw();
  }

  close() {
    this.leave();
    setKeys("This list", []);
  }

  get rows() { return store.state ? this.kind.of(store.state) : []; }

  choose(at) {
    this.at = Math.max(0, Math.min(at, this.rows.length - 1));
    this.draw();
    this.card.querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
  }

  draw() {
    const rows = this.rows, most = Math.max(...rows.map((one) => one.seconds), 1);
    const total = rows.reduce((sum, one) => sum + one.seconds, 0);
    this.card.replaceChildren(make("header", {}, make("h1", {}, this.kind.title), make("p", { class: "soft" }, `${whole(rows.length)}, ${span(total)} in all. ${this.kind.about}`)),
      rows.length ? make("ul", { class: "people" }, ...rows.map((one, place) => this.row(one, place, most))) : make("p", { class: "empty" }, this.kind.none || "There is none."));
  }

  row(one, place, most) {
    const hear = this.kind.hear(one), length = make("i");
    length.style.inlineSize = `${100 * one.seconds / most}%`;
    return make("li", { class: place === this.at ? "chosen" : "", onclick: () => { location.hash = this.kind.link(one); } },
      make("a", { href: this.kind.link(one) }, this.kind.name(one)), make("span", { class: "length", title: span(one.seconds) }, length), make("span", { class: "n" }, span(one.seconds)), make("span", { class: "n soft" }, `${whole(one.lines)} lines`),
      make("span", { class: "sureness", title: `${percent(one.probability)} sure` }, bar(one.probability), make("span", { class: "n soft" }, percent(one.probability))),
      hear ? make("button", { type: "button", class: "plain hear", "aria-label": `Hear ${called(one.name ?? one.character)}`, title: "Hear the voice", onclick: (event) => { event.stopPropagation(); hear(); } }, "♪") : make("span"));
  }
}

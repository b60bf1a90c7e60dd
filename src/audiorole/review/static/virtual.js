// A list of any length of which only what is on the screen exists.

import { make } from "desk/dom";

const PAGE = 100;
const TALLEST = 8_000_000;  // pixels: browsers give up somewhere above
const OVERSCAN = 6;
const MOST_PAGES = 60;

export class VirtualList {
  /** fetch(first, count) → { rows, total, complete }; render(row, index) → node; onselect(row, index). */
  constructor({ height, fetch, render, onselect }) {
    Object.assign(this, { height, fetch, render, onselect });
    this.spacer = make("div", { class: "spacer" });
    this.rows = make("div", { class: "rows" });
    this.node = make("div", { class: "list", role: "listbox", tabindex: 0, "aria-label": "Lines" }, this.spacer, this.rows);
    this.node.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.node.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    this.resizing = new ResizeObserver(() => this.draw());
    this.resizing.observe(this.node);
    this.clear();
  }

  clear() {
    this.pages = new Map();
    this.wanted = new Set();
    this.total = 0;
    this.complete = false;
    this.loaded = false;
    this.selected = -1;
    this.left = this.choosing = false;
    this.top = 0;
    this.turn = (this.turn || 0) + 1;
    this.node.scrollTop = 0;
  }

  /** Show another list, or the same one anew; `keep` leaves place and choice as they are. Ends when the newest is there. */
  show({ keep = false } = {}) {
    if (keep) this.turn += 1;
    else this.clear();
    this.newest = this.fill(this.turn);
    return this.newest;
  }

  async fill(turn) {
    const first = Math.floor(this.top / this.height / PAGE) * PAGE;
    const found = await this.fetch(first, PAGE);
    if (turn !== this.turn) { await this.newest; return; }
    this.pages = new Map([[first / PAGE, found.rows]]);
    this.wanted.clear();
    this.take(found);
    this.draw();
    this.goOn(turn);
  }

  take(found) {
    this.total = found.total;
    this.complete = found.complete;
    this.loaded = true;
    this.oncount?.(this.total, this.complete);
  }

  /** Let the server look on for a text that it has not found everywhere yet. */
  async goOn(turn) {
    while (!this.complete && turn === this.turn) {
      const found = await this.fetch(this.total, 0);
      if (turn !== this.turn) return;
      this.take(found);
      this.draw();
    }
  }

  get whole() { return this.total * this.height; }
  get view() { return this.node.clientHeight || 600; }

  /** How far the scrollbar moves for a pixel of the list: less than 1 where the list is taller than a page may be. */
  get scale() {
    const room = Math.max(this.whole - this.view, 1), bar = Math.max(Math.min(this.whole, TALLEST) - this.view, 1);
    return Math.min(1, bar / room);
  }

  scrolled() {
    if (Math.abs(this.node.scrollTop - this.top * this.scale) > 1) this.top = this.node.scrollTop / this.scale;
    this.draw();
  }

  wheeled(event) {
    if (this.scale === 1 || event.ctrlKey) return;
    event.preventDefault();
    this.moveTo(this.top + event.deltaY * (event.deltaMode === 1 ? this.height : 1));
  }

  moveTo(top) {
    this.top = Math.max(0, Math.min(top, this.whole - this.view));
    this.node.scrollTop = this.top * this.scale;
    this.draw();
  }

  at(index) { return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE]; }

  draw() {
    this.spacer.style.blockSize = `${Math.min(this.whole, TALLEST)}px`;
    const first = Math.max(0, Math.floor(this.top / this.height) - OVERSCAN);
    const last = Math.min(this.total, Math.ceil((this.top + this.view) / this.height) + OVERSCAN);
    const nodes = [];
    for (let index = first; index < last; index += 1) {
      const row = this.at(index);
      const node = row ? this.render(row, index) : make("div", { class: "line waiting" });
      node.style.insetBlockStart = `${index * this.height - this.top}px`;
      node.style.blockSize = `${this.height}px`;
      if (index === this.selected && !this.left) node.setAttribute("aria-selected", "true");
      node.addEventListener("click", () => this.select(index));
      nodes.push(node);
      if (!row) this.want(Math.floor(index / PAGE));
    }
    this.rows.style.transform = `translateY(${this.node.scrollTop}px)`;
    this.rows.replaceChildren(...nodes);
  }

  want(page) {
    if (this.wanted.has(page)) return;
    this.wanted.add(page);
    const turn = this.turn;
    setTimeout(() => this.load(page, turn), 30);
  }

  async load(page, turn) {
    const first = Math.floor(this.top / this.height / PAGE), last = Math.floor((this.top + this.view) / this.height / PAGE);
    if (turn !== this.turn || page < first - 1 || page > last + 1) { this.wanted.delete(page); return; }
    try {
      const found = await this.fetch(page * PAGE, PAGE);
      if (turn !== this.turn) return;
      if (this.pages.size > MOST_PAGES) this.pages.delete(this.pages.keys().next().value);
      this.pages.set(page, found.rows);
    } finally {
      this.wanted.delete(page);
    }
    this.draw();
  }

  /** Choose a line by its place, bring it on the screen, and say so; waits until it is there. */
  async select(index, quiet = false) {
    if (!this.total) return;
    this.selected = Math.max(0, Math.min(index, this.total - 1));
    this.left = false;
    this.choosing = true;
    const at = this.selected * this.height;
    if (at < this.top) this.moveTo(at - this.height);
    else if (at + this.height > this.top + this.view) this.moveTo(at - this.view + 2 * this.height);
    const chosen = this.selected;
    await this.get(chosen).finally(() => { if (chosen === this.selected) this.choosing = false; });
    if (chosen !== this.selected) return;
    this.draw();
    if (!quiet && this.at(chosen)) this.onselect(this.at(chosen), chosen);
  }

  /** Load the page of a chosen line; where the list was read anew meanwhile, another line may be in its place. */
  async get(chosen) {
    while (!this.at(chosen) && chosen === this.selected) {
      const page = Math.floor(chosen / PAGE), turn = this.turn;
      const found = await this.fetch(page * PAGE, PAGE);
      if (turn === this.turn) { this.pages.set(page, found.rows); return; }
      await this.newest;
    }
  }

  /** The chosen line is in the list no more: the next one has come to its place. */
  leave() {
    this.left = true;
    this.draw();
  }

  move(step) {
    const from = this.left && step > 0 ? this.selected - 1 : this.selected;
    return this.select(this.selected < 0 ? 0 : from + step);
  }
}

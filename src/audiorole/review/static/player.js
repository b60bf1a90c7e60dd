// Sound: the waveform of one line with its surroundings and draggable bounds, and single clips beside it.

import WaveSurfer from "wavesurfer";
import Regions from "wavesurfer/regions";
import { address, nonce, sound } from "desk/api";
import { clock, make, say } from "desk/dom";

const PAD = 2.5;
const TRIES = 2, LOAD_MILLISECONDS = 10_000;  // a busy browser now and then lets a sound lie
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];

/** A colour of the style sheet as a canvas understands it, for the light or dark page of now. */
function colour(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

export const speed = { rate: 1 };

/** One clip at a time: neighbours, other samples, reference voices. */
const other = new Audio();
let otherUrl = "", asked = 0;

/** Stop the clip that plays, or that is on its way. */
export function stopOther() {
  asked += 1;
  other.pause();
}

export async function playClip(path, what = "This sound") {
  current?.pause();
  stopOther();
  const turn = asked;
  try {
    const { blob } = await sound(path);
    if (turn !== asked) return;  // something else is to be heard by now
    URL.revokeObjectURL(otherUrl);
    otherUrl = URL.createObjectURL(blob);
    other.src = otherUrl;
    other.playbackRate = speed.rate;
    await other.play();
  } catch (error) {
    if (error.name !== "AbortError" && turn === asked) say(error.name === "NotAllowedError" ? "Press a key first: the browser plays nothing before." : `${what} cannot be played: ${error.message}`, true);
  }
}

export const soundOf = (line, pad = PAD) => address("/sound", { line, pad });
export const playLine = (line) => playClip(soundOf(line, 0), "The line");
export const playReference = (name) => playClip(address("/reference", { name }, ["name"]), `The voice of ${name || "someone else"}`);

let current = null;
/** The waveform that keys act on. */
export const player = () => current;

/** Change the speed of everything by a step. */
export function changeSpeed(step) {
  const at = RATES.indexOf(speed.rate);
  speed.rate = RATES[Math.min(RATES.length - 1, Math.max(0, at + step))];
  current?.setRate();
  say(`Speed ${speed.rate}×`);
}

/** The waveform of a line. onbounds(start, end): called while its bounds are dragged, in seconds of the episode. */
export class Waveform {
  constructor({ onbounds = null } = {}) {
    this.onbounds = onbounds;
    this.box = make("div", { class: "wave" });
    this.time = make("span", { class: "time" });
    this.zoomed = make("input", { type: "range", min: 0, max: 600, value: 0, "aria-label": "Zoom", oninput: () => this.zoom(Number(this.zoomed.value)) });
    this.node = make("div", { class: "player" }, this.box, make("div", { class: "controls" },
      make("button", { type: "button", class: "play", "aria-label": "Play", onclick: () => this.toggle() }), this.time,
      make("span", { class: "grow" }), make("label", { class: "zoom" }, "zoom ", this.zoomed)));
    current = this;
  }

  async load(line, autoplay = false) {
    if (this.gone) return;
    this.line = line;
    const turn = this.turn = (this.turn || 0) + 1;  // another line, or the same one anew, may be asked for meanwhile
    current = this;
    this.ready = false;
    let clip, fault;
    try { clip = await sound(soundOf(line.id)); } catch (error) { fault = error.message; }
    if (turn !== this.turn) return;
    if (fault) { this.box.textContent = fault; return; }
    this.offset = clip.start;
    for (let left = TRIES; left > 0; left -= 1) {
      const wave = this.build();
      const loaded = await Promise.race([wave.loadBlob(clip.blob).then(() => true, () => false), wait(LOAD_MILLISECONDS)]);
      if (turn !== this.turn) return;
      if (!loaded) continue;
      this.ready = true;
      if (autoplay) this.play();
      return;
    }
    this.box.textContent = "This sound could not be shown.";
  }

  build() {
    this.wave?.destroy();
    this.box.replaceChildren();
    this.regions = Regions.create();
    this.wave = WaveSurfer.create({
      container: this.box, height: 76, normalize: true, barWidth: 2, barGap: 1, barRadius: 2, cspNonce: nonce, plugins: [this.regions],
      waveColor: colour("--wave"), progressColor: colour("--wave-played"), cursorColor: colour("--accent"), cursorWidth: 2,
      audioRate: speed.rate, minPxPerSec: Number(this.zoomed.value), hideScrollbar: false, dragToSeek: false,
    });
    this.wave.on("decode", () => this.mark());
    this.wave.on("play", () => { stopOther(); this.node.classList.add("playing"); });
    this.wave.on("pause", () => this.node.classList.remove("playing"));
    this.wave.on("timeupdate", (now) => { this.time.textContent = clock(this.offset + now, 2); });
    return this.wave;
  }

  /** Show the line's bounds on the waveform. */
  mark() {
    this.regions.clearRegions();
    const bounds = this.onbounds !== null;
    this.region = this.regions.addRegion({
      start: this.line.start - this.offset, end: this.line.end - this.offset, color: colour("--region"), drag: false, resize: bounds, minLength: 0.05,
    });
    this.region.on("update", () => this.moved());
    this.region.on("update-end", () => this.moved());
    this.time.textContent = clock(this.line.start, 2);
    this.wave.setTime(Math.max(0, this.line.start - this.offset));
  }

  moved() {
    this.onbounds?.(this.region.start + this.offset, this.region.end + this.offset);
  }

  /** Move the bounds; start, end: seconds of the episode. */
  setBounds(start, end) {
    this.line = { ...this.line, start, end };
    this.region?.setOptions({ start: start - this.offset, end: end - this.offset });
  }

  play(around = 0) {
    if (!this.wave || !this.region) return;
    stopOther();
    const end = Math.min(this.wave.getDuration(), this.region.end + around);
    this.wave.play(Math.max(0, this.region.start - around), end).catch((error) => {
      if (error.name === "NotAllowedError") say("Press Space: the browser plays nothing before a key or a click.");
    });
  }

  pause() { this.wave?.pause(); }

  toggle(around = 0) {
    if (this.wave?.isPlaying()) this.pause();
    else this.play(around);
  }

  get playing() { return Boolean(this.wave?.isPlaying()); }

  setRate() { this.wave?.setPlaybackRate(speed.rate, true); }

  zoom(pixels) {
    this.zoomed.value = Math.min(600, Math.max(0, pixels));
    if (this.ready) this.wave.zoom(Number(this.zoomed.value));
  }

  zoomBy(factor) {
    const least = this.wave ? this.box.clientWidth / Math.max(this.wave.getDuration(), 0.1) : 60;
    const now = Math.max(Number(this.zoomed.value), least) * factor;
    this.zoom(now <= least * 1.01 ? 0 : now);
  }

  /** Let go of the sound, also of one that is on its way. */
  destroy() {
    this.gone = true;
    this.turn = (this.turn || 0) + 1;
    this.wave?.destroy();
    if (current === this) current = null;
  }
}

/** Keys that every page with a waveform has. neighbour(step): the line before or after. */
export function playerKeys(neighbour) {
  return [
    ["Space", "play or stop this line", () => player()?.toggle()],
    ["Shift+Space", "play it with what lies around it", () => player()?.toggle(PAD)],
    ["[ Shift+[", "play the line before", () => neighbour(-1)],
    ["] Shift+]", "play the line after", () => neighbour(1)],
    [", ;", "slower", () => changeSpeed(-1)],
    [". :", "faster", () => changeSpeed(1)],
    ["+ =", "zoom in", () => player()?.zoomBy(1.5)],
    ["- _", "zoom out", () => player()?.zoomBy(1 / 1.5)],
  ];
}

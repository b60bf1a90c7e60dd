// The timeline of one episode: an overview to slide along, lanes of who speaks, and the same lines as text.
const data = JSON.parse(document.getElementById("timeline-data").textContent);
const byId = (id) => document.getElementById(id);
const OVERLAPPED = 1, MUSIC = 2, OFF_SCREEN = 4, MOST_LANES = 9, MOST_TEXT_LINES = 60;
let episode = null;

const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds)), pad = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
};
const percent = (value) => value === null ? "" : value > 0.999 && value < 1 ? "99.9 %" : `${+(100 * value).toFixed(1)} %`;
const colour = (who) => who < data.colours && who < data.characters.length - 1 ? `k${who}` : "";

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function describe(line) {
  const [start, end, who, probability, marks, text, clip] = line;
  const notes = [];
  if (marks & OVERLAPPED) notes.push("someone else speaks too");
  if (marks & MUSIC) notes.push("over music");
  if (marks & OFF_SCREEN) notes.push("off screen");
  if (clip < 0 && clips.length) notes.push("its audio is not in this page");
  const facts = [`${clock(start)}, ${(end - start).toFixed(1)} s`, probability === null ? "" : percent(probability), ...notes];
  return { title: data.characters[who], text, facts: facts.filter(Boolean).join(" · ") };
}

function windowSeconds() {
  return Math.min(Number(byId("tl-window").value) || episode.duration, episode.duration);
}

function openEpisode(index) {
  stop();
  episode = data.episodes[index];
  byId("tl-episode").value = String(index);
  for (const note of document.querySelectorAll(".facts")) note.hidden = Number(note.dataset.episode) !== index;
  byId("tl-ribbon").innerHTML = "";
  byId("tl-ribbon").append(byId(`ribbon-${index}`).cloneNode(true));
  moveTo(Math.max(0, (episode.lines[0]?.[0] ?? 0) - 2));
}

function moveTo(start) {
  const seconds = windowSeconds(), room = Math.max(0, episode.duration - seconds), slider = byId("tl-position");
  slider.max = String(room);
  slider.step = String(Math.max(0.1, seconds / 20));
  slider.value = String(Math.min(Math.max(0, start), room));
  slider.disabled = room === 0;
  const width = slider.parentElement.clientWidth;
  slider.style.setProperty("--thumb", `${Math.max(26, width * seconds / episode.duration)}px`);
  draw();
}

function draw() {
  const start = Number(byId("tl-position").value), end = start + windowSeconds();
  byId("tl-position").setAttribute("aria-valuetext", `${clock(start)} to ${clock(end)} of ${clock(episode.duration)}`);
  const inside = (line) => line[1] > start && line[0] < end;
  const lines = episode.lines.filter(inside), left = episode.left.filter(inside);
  drawLanes(lines, left, start, end);
  drawAxis(start, end);
  drawScript(lines);
  show(playing);
}

function lanesOf(lines) {
  const seconds = new Map();
  for (const [start, end, who] of lines) seconds.set(who, (seconds.get(who) ?? 0) + end - start);
  const order = [...seconds].sort((a, b) => a[0] - b[0]).map(([who]) => who);
  if (order.length <= MOST_LANES) return order.map((who) => [data.characters[who], new Set([who])]);
  const most = [...seconds].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, MOST_LANES - 1).map(([who]) => who);
  const lanes = most.sort((a, b) => a - b).map((who) => [data.characters[who], new Set([who])]);
  return [...lanes, [`${order.length - most.length} others`, new Set(order.filter((who) => !most.includes(who)))]];
}

function drawLanes(lines, left, start, end) {
  const box = byId("tl-lanes");
  box.replaceChildren();
  const width = (box.clientWidth || 800) * 0.85;
  for (const [name, members] of lanesOf(lines)) {
    const lane = laneOf(name, members.size === 1 ? colour([...members][0]) : "");
    for (const line of lines) if (members.has(line[2])) lane.lastChild.append(lineBlock(line, start, end, width));
    box.append(lane);
  }
  if (left.length) {
    const lane = laneOf("left out", "");
    lane.classList.add("left-lane");
    for (const line of left) lane.lastChild.append(leftBlock(line, start, end, width));
    box.append(lane);
  }
  const breaks = make("div", "breaks");
  for (const time of episode.scenes) if (time > start && time < end) breaks.append(placed(make("i"), time, time, start, end));
  box.append(breaks);
}

function laneOf(name, className) {
  const lane = make("div", "lane"), label = make("span", "", ""), track = make("div");
  label.append(make("i", `swatch ${className}`), name);
  label.title = name;
  lane.append(label, track);
  return lane;
}

function placed(node, from, to, start, end) {
  const low = Math.max(from, start), high = Math.min(to, end);
  node.style.left = `${(100 * (low - start) / (end - start)).toFixed(3)}%`;
  if (to > from) node.style.width = `${(100 * (high - low) / (end - start)).toFixed(3)}%`;
  return node;
}

function lineBlock(line, start, end, width) {
  const [from, to, who, probability, marks, text, clip] = line;
  const block = make("button", `ln ${colour(who)}`, `${marks & MUSIC ? "♪ " : ""}${text}`);
  block.type = "button";
  block.classList.toggle("unsure", probability !== null && probability < 0.5);
  block.classList.toggle("overlap", Boolean(marks & OVERLAPPED));
  block.classList.toggle("offscreen", Boolean(marks & OFF_SCREEN));
  block.classList.toggle("narrow", (to - from) / (end - start) * width < 52);
  if (clip >= 0) block.dataset.clip = String(clip);
  const said = describe(line);
  block.setAttribute("aria-label", `${said.title}: ${text} (${said.facts}${clip >= 0 ? "; plays" : ""})`);
  withTip(block, said);
  return placed(block, from, to, start, end);
}

function leftBlock([from, to, reason, text], start, end, width) {
  const block = make("button", "ln gone", text);
  block.type = "button";
  const why = reason.replaceAll("_", " ");
  block.classList.toggle("narrow", (to - from) / (end - start) * width < 52);
  block.setAttribute("aria-label", `left out, ${why}: ${text}`);
  withTip(block, { title: `left out: ${why}`, text, facts: clock(from) });
  return placed(block, from, to, start, end);
}

function drawAxis(start, end) {
  const axis = byId("tl-axis"), steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
  const wanted = axis.clientWidth > 600 ? 8 : 4, step = steps.find((s) => (end - start) / s <= wanted) ?? 7200;
  axis.replaceChildren();
  for (let time = Math.ceil(start / step) * step; time <= end; time += step) {
    axis.append(placed(make("span", "", clock(time)), time, time, start, end));
  }
}

function drawScript(lines) {
  const script = byId("tl-script");
  script.replaceChildren();
  for (const line of lines.slice(0, MOST_TEXT_LINES)) {
    const [start, , who, , , text, clip, language] = line;
    const item = make("li"), button = make("button", clip >= 0 ? "" : "silent"), body = make("span");
    const name = make("b", "", ""), said = make("q", "", text);
    name.append(make("i", `swatch ${colour(who)}`), data.characters[who]);
    said.dir = "auto";
    if (language) said.lang = language;
    body.append(name, said);
    button.type = "button";
    if (clip >= 0) button.dataset.clip = String(clip);
    else button.title = "The audio of this line is not in the page.";
    button.append(make("time", "", clock(start)), body);
    item.append(button);
    script.append(item);
  }
  byId("tl-more").textContent = lines.length > MOST_TEXT_LINES ? `…and ${lines.length - MOST_TEXT_LINES} more lines in this window.` : "";
}

function withTip(node, said) {
  const open = () => {
    const tip = byId("tip"), box = node.getBoundingClientRect();
    tip.replaceChildren(make("b", "", said.title), make("span", "", said.text), make("div", "", said.facts));
    tip.hidden = false;
    const left = Math.min(Math.max(8, box.left), document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${box.bottom + scrollY + 6}px`;
  };
  const close = () => { byId("tip").hidden = true; };
  node.addEventListener("mouseenter", open);
  node.addEventListener("focus", open);
  node.addEventListener("mouseleave", close);
  node.addEventListener("blur", close);
}

// Play one line after the other from `time` on, moving the window along.
function playFrom(time) {
  const line = episode.lines.find((found) => found[0] >= time && found[6] >= 0);
  if (!line) return;
  const start = Number(byId("tl-position").value), seconds = windowSeconds();
  if (line[1] > start + seconds || line[0] < start) moveTo(line[0] - 1);
  play(line[6], () => playFrom(line[0] + 0.001));
}

if (data.episodes.length) {
  byId("tl-episode").addEventListener("change", (event) => openEpisode(Number(event.target.value)));
  byId("tl-window").addEventListener("change", () => { const at = Number(byId("tl-position").value); moveTo(at); });
  byId("tl-position").addEventListener("input", draw);
  byId("tl-play").addEventListener("click", () => playing >= 0 ? stop() : playFrom(Number(byId("tl-position").value)));
  document.addEventListener("playing", (event) => { byId("tl-play").textContent = event.detail ? "■ Stop" : "▶ Play from here"; });
  for (const button of document.querySelectorAll("[data-episode-open]")) {
    button.addEventListener("click", () => {
      openEpisode(Number(button.dataset.episodeOpen));
      byId("timeline").scrollIntoView();
      byId("tl-episode").focus({ preventScroll: true });
    });
  }
  if (innerWidth < 640) byId("tl-window").value = "20";
  addEventListener("resize", () => { const at = Number(byId("tl-position").value); moveTo(at); });
  openEpisode(0);
}

// What the server is asked: JSON, sounds and pictures, always with the token of the page's address.

const token = new URLSearchParams(location.search).get("token") || "";
const WHO = "audiorole-reviewer";

export const nonce = document.querySelector("script[nonce]").nonce;

/** Who answers on this page: what was typed here, else "" for whom the page was opened. */
export const reviewer = {
  get name() { try { return localStorage.getItem(WHO) || ""; } catch { return ""; } },
  set name(value) { try { localStorage.setItem(WHO, value.trim()); } catch { /* a browser that keeps nothing */ } },
};

async function answer(path, options = {}) {
  const response = await fetch(path, { ...options, headers: { "x-audiorole-token": token, ...options.headers } }).catch(() => {
    throw new Error("The server does not answer; is audiorole review still running?");
  });
  if (response.ok) return response;
  const found = await response.json().catch(() => ({}));
  throw new Error(found.error || response.statusText);
}

/** An address with its query; what is null, "" or false is left out, except where `keep` names it. */
export function address(path, query = {}, keep = []) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) value.forEach((each) => parts.append(name, each));
    else if (keep.includes(name) ? value !== null && value !== undefined : value) parts.set(name, value === true ? "1" : value);
  }
  const text = parts.toString();
  return text ? `${path}?${text}` : path;
}

export const get = async (path) => (await answer(path)).json();

export const post = async (path, body) => (await answer(path, {
  method: "POST", body: JSON.stringify({ who: reviewer.name, ...body }), headers: { "content-type": "application/json" },
})).json();

const clips = new Map();
const MOST_CLIPS = 60;

/** A sound as { blob, start }; the last ones are kept. Rejects where there is none. */
export function sound(path) {
  if (!clips.has(path)) {
    const loading = answer(path).then(async (response) => ({ blob: await response.blob(), start: Number(response.headers.get("x-start")) || 0 }));
    loading.catch(() => clips.delete(path));
    clips.set(path, loading);
    if (clips.size > MOST_CLIPS) clips.delete(clips.keys().next().value);
  }
  return clips.get(path);
}

/** Forget the sounds of a line whose bounds have changed. */
export function forgetSounds(line) {
  for (const path of [...clips.keys()]) if (path.includes(encodeURIComponent(line))) clips.delete(path);
}

export const pictureAddress = (line) => address("/picture", { line, token });

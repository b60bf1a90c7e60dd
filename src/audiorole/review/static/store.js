// The state of the review on this page: read from the server, kept fresh, changed by decisions.

import { get, post, address, reviewer } from "desk/api";
import { say } from "desk/dom";

const POLL_MILLISECONDS = 1500;
const listeners = new Set();
let doubted = "", asked = 0, shown = 0;

export const store = { state: null, version: -1, busy: false, error: "", pending: 0 };

export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Read the state anew and tell everybody, unless a state that was asked for later is there already. */
export async function refresh() {
  const turn = asked += 1;
  const state = await get(address("/state", { who: reviewer.name }));
  if (turn < shown) return;
  shown = turn;
  store.state = state;
  take(state);
  for (const listener of [...listeners]) listener(state);
}

function take(found) {
  store.version = found.version;
  store.busy = found.busy;
  if (found.error && found.error !== store.error) say(`Naming failed: ${found.error}`, true);
  store.error = found.error;
}

/** Look again and again whether anybody decided, here or elsewhere, or new names came in. */
export async function follow() {
  for (;;) {
    try {
      const found = await get("/changes");
      if (found.version !== store.version) await refresh();
      else take(found);
    } catch (error) {
      say(error.message, true);
      await wait(4000);
    }
    await wait(store.busy ? POLL_MILLISECONDS / 5 : POLL_MILLISECONDS);
  }
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Write a decision down; null where it was refused, with the reason shown. */
export async function decide(kind, subject, value = "", more = {}) {
  const answer = JSON.stringify([kind, subject, value]), again = doubted === answer;
  doubted = "";
  store.pending += 1;
  try {
    const found = await post("/decide", { kind, subject, value, new: again, ...more });
    store.busy = found.busy;
    refresh().catch((error) => say(error.message, true));
    return found.decision;
  } catch (error) {
    const doubt = error.message.includes("the name is new");
    if (doubt) doubted = answer;
    say(doubt ? `${error.message} The same answer again says so.` : error.message, true);
    return null;
  } finally {
    store.pending -= 1;
  }
}

/** Take a decision back: one's own last, or one that is named. */
export async function undo(decision = "") {
  store.pending += 1;
  try {
    await post("/undo", { decision });
    say("Taken back");
    await refresh();
    return true;
  } catch (error) {
    say(error.message, true);
    return false;
  } finally {
    store.pending -= 1;
  }
}

/** Whether nothing is on its way: no decision, no naming, no newer state. */
export const settled = () => store.pending === 0 && !store.busy && store.state !== null && asked === shown;

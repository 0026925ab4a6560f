// Sends what was marked and photographed without a connection: once each, in order, as soon as there is one again.
// A photo carries its number and a mark the version that it was made over, so that sending twice changes nothing. What
// the server has meanwhile otherwise is shown with both versions, and the person chooses; nothing is dropped unseen.
// What the server fails at again and again is set aside with its reason, and the rest goes on.
import * as device from "./device.js";
import { byId, clone, csrfToken } from "./page.js";

const place = byId("unsent");
const AGAIN = 10000, PATIENCE = { mark: 15000, photo: 120000 }; // ms; what is given up is sent again
const TRIES = 3, PAUSE = 5000; // ms between two tries of what the server failed at; after the last it is set aside
const NOT_NOW = [429, 503]; // answers that say of the server, not of what was sent, that it is to be asked later
const tabs = window.BroadcastChannel ? new BroadcastChannel("queue") : null;
const known = new Map(); // the version that a mark got by being sent from here, by its address
let isSending = false, timer = 0, holding = 0, isRenewed = false, hasSent = false, flushedAt = 0, expired = 0;
// Why nothing can be sent now, each with a sentence of its own: "offline", "fault" of the server, "gone" (this page
// answers no more), "signed-out"; or "".
let why = navigator.onLine ? "" : "offline";
export const isHolding = () => ["offline", "signed-out"].includes(why) || holding > 0;
export const isUnderWay = () => why === "" && holding > 0;

// Ticks of an evacuation have a page and a sender of their own.
export const items = async () => (
  (await device.all()).filter((item) => item.person === device.person && item.kind !== "tick")
);
const told = (name) => document.dispatchEvent(new CustomEvent(name));
class Fault extends Error {} // the server answered, and could not do it

// A device's clock may be wrong: what counts is how long ago it was, by the server's.
const offset = async () => {
  const answer = await fetch("/health/", { cache: "no-store" });
  if (!answer.ok) throw new Fault(answer.status);
  return Date.parse(answer.headers.get("Date")) - Date.now() || 0;
};
// Signing in renews the token, perhaps in another tab. Whether there is a new one for the same person.
const renewed = async () => {
  if (isRenewed) return false;
  isRenewed = true;
  const answer = await fetch(location.pathname, { cache: "no-store", headers: { Accept: "text/html" } });
  if (answer.status >= 500) throw new Fault(answer.status);
  if (answer.redirected) is("signed-out");
  const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
  const headers = page.body.getAttribute("hx-headers");
  if (!headers || page.querySelector("meta[name=person]")?.content !== device.person) return false;
  document.body.setAttribute("hx-headers", headers);
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = csrfToken();
  return true;
};
// The same for an act that was refused, perhaps by its token. What is to be said of it: that it is to be tried "again",
// that one is "signed-out", or that it is "refused"; or a "fault".
export const renew = async () => {
  isRenewed = false;
  try { if (await renewed()) return "again"; } catch { return "fault"; }
  return why === "signed-out" ? why : "refused";
};
const post = (item, ahead) => {
  const signal = AbortSignal.timeout?.(PATIENCE[item.kind]);
  const at = new Date(Math.min(item.at + ahead, Date.now() + ahead - 1000)).toISOString();
  const headers = { "X-CSRFToken": csrfToken(), Accept: "application/json" };
  if (item.kind === "photo") {
    const body = new FormData();
    body.append("nonce", item.nonce); body.append("taken_at", at); body.append("picture", item.blob, "photo.jpg");
    return fetch(item.url, { method: "POST", body, headers, signal });
  }
  const mark = { status: item.status, expected_version: item.version, made_at: at, ...item.details };
  headers["Content-Type"] = "application/json";
  return fetch(item.url, { method: "PUT", body: JSON.stringify(mark), signal, headers });
};

// A mark and what was said of the same student after it change together: who reloads now finds all of it or nothing.
const settle = (item, act) => device.change((store) => {
  const all = store.getAll();
  const isLater = ({ url, id, state }) => url === item.url && id > item.id && state === "waiting";
  all.onsuccess = () => {
    if (!all.result.some(({ id }) => id === item.id)) return;
    act(store, item.kind === "mark" ? all.result.filter(isLater) : []);
  };
  return all;
});
const sent = (item, data) => {
  if (item.kind === "mark") known.set(item.url, data.version);
  return settle(item, (store, later) => {
    store.delete(item.id);
    for (const next of later) store.put({ ...next, version: data.version });
  });
};
// Left to the person, with the reason and the last word of what was said after it.
const setAside = (item, state, data) => settle(item, (store, later) => {
  const last = { ...item, state, current: data.current, detail: data.detail };
  for (const { id, status, label, details, at } of later) {
    Object.assign(last, { status, label, details, at });
    store.delete(id);
  }
  store.put(last);
});
const failed = (item, data) => {
  const tries = (item.tries || 0) + 1;
  if (tries >= TRIES) return setAside(item, "failed", data);
  return settle(item, (store) => store.put({ ...item, tries, failedAt: Date.now() }));
};
const SIGNED_OUT = ["not_authenticated", "authentication_failed", "permission_denied"];
const isOut = (answer, data) => {
  return answer.redirected || answer.status === 401 || (answer.status === 403 && SIGNED_OUT.includes(data.code));
};
const dataOf = async (answer) => {
  const data = await answer.json().catch(() => ({}));
  return { ...data, detail: data.detail || String(answer.status) };
};
// Whether to go on with the next one.
const handled = async (item, answer) => {
  const data = await dataOf(answer);
  if (isOut(answer, data)) {
    const wasRenewed = isRenewed;
    if (await renewed()) return true; // the same one once more
    // Refused with a new token as well: it is the person who may not, not the session that ended.
    if (answer.status !== 403 || !wasRenewed) { why = "signed-out"; return false; }
  }
  if (NOT_NOW.includes(answer.status)) { why = answer.status === 503 ? "fault" : ""; return false; }
  why = ""; hasSent = true;
  if (answer.status >= 500) await failed(item, data);
  else if (answer.ok) await sent(item, data);
  else await setAside(item, data.code === "mark_changed" ? "conflict" : "refused", data);
  return true;
};
// The next one to send. Over what failed a moment ago, and what was said of the same student after it, the rest goes.
const next = async () => {
  const passed = new Set(), isPaused = ({ failedAt }) => Date.now() - (failedAt || 0) < PAUSE;
  for (const item of await items()) { // as it is now: another tab may have sent something, a tap have come
    const whole = item.kind === "mark" ? item.url : item.nonce;
    if (item.state !== "waiting" || passed.has(whole)) continue;
    if (!isPaused(item)) return item;
    passed.add(whole);
  }
  return null;
};
const sendAll = async () => {
  let ahead;
  for (let item = await next(); item; item = await next()) {
    ahead ??= await offset();
    if (!await handled(item, await post(item, ahead))) return;
    await changed();
  }
};
const later = () => { if (!timer) timer = setTimeout(flush, AGAIN); };
const flush = async () => {
  if (isSending) return;
  isSending = true;
  clearTimeout(timer);
  timer = 0;
  expired = await device.ready;
  isRenewed = hasSent = false;
  try { await (navigator.locks ? navigator.locks.request("queue", sendAll) : sendAll()); }
  catch (error) { why = error instanceof Fault ? "fault" : "offline"; }
  isSending = false;
  flushedAt = Date.now();
  await draw();
  if (holding && why !== "signed-out") later();
  if (hasSent) told("register:ask");
};

// Whether it is kept: a browser may have no room, or keep nothing.
export const add = async (item) => {
  const version = Math.max(item.version || 0, known.get(item.url) || 0);
  try { await device.add({ ...item, version }); } catch { return false; }
  await changed();
  if (navigator.onLine && !["offline", "fault"].includes(why)) flush(); else later();
  return true;
};
const fill = (node, words) => {
  for (const [name, value] of Object.entries(words)) {
    for (const part of node.querySelectorAll(`[data-${name}]`)) part.textContent = value;
  }
  return node;
};
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const clock = (at) => {
  return new Date(at).toLocaleTimeString(document.documentElement.lang, CLOCK);
};
const choice = (item) => {
  const isConflict = item.state === "conflict";
  const theirs = item.current ? item.words?.[item.current.status] || item.current.status : place.dataset.nothing;
  const note = fill(clone(`unsent-${item.state}`), {
    name: item.name || place.dataset.photo, theirs, mine: item.label || item.words?.[item.status] || "",
    at: clock(item.at), detail: item.detail,
  });
  note.querySelector("[data-leave]").addEventListener("click", async () => {
    await device.remove(item.id);
    await changed();
    told("register:ask");
  });
  note.querySelector("[data-insist]").addEventListener("click", async () => {
    const version = isConflict ? item.current?.version || 0 : item.version;
    await device.put({ ...item, state: "waiting", version, tries: 0, failedAt: 0 });
    flush();
  });
  return note;
};
const draw = async () => {
  const all = await items(), waiting = all.filter((item) => item.state === "waiting");
  holding = waiting.length;
  const many = (kind) => waiting.filter((item) => item.kind === kind).length;
  const lines = all.filter((item) => item.state !== "waiting").map(choice);
  const hasRegister = document.querySelector("[data-live][data-root=register]");
  if (waiting.length || (why && hasRegister)) {
    const line = clone(waiting.length ? `unsent-${why || "waiting"}` : `unsent-${why}-nothing`);
    fill(line, { marks: many("mark"), photos: many("photo") });
    const link = line.querySelector("a");
    if (link) link.href = `${place.dataset.signIn}?next=${encodeURIComponent(location.pathname)}`;
    lines.unshift(line);
  }
  if (expired) lines.push(fill(clone("unsent-expired"), { many: expired }));
  // Said again only where it says something else: it is a live region.
  const shown = lines.map((line) => line.outerHTML).join("");
  if (place.dataset.shown !== shown) { place.dataset.shown = shown; place.replaceChildren(...lines); }
  told("queue:drawn");
};
const changed = () => { tabs?.postMessage(0); return draw(); };
tabs?.addEventListener("message", draw);

const is = (reason) => { if (why !== reason) { why = reason; draw(); } };
addEventListener("online", () => { if (why === "offline") why = ""; flush(); });
addEventListener("offline", () => is("offline"));
document.addEventListener("register:lost", ({ detail }) => is(detail));
document.addEventListener("register:signed-out", () => is("signed-out"));
// The server answers this page, whatever was thought before, and whichever tab sent what waited. Who was signed out has
// signed in again in another tab, unless that is somebody else: what the page holds is not theirs.
document.addEventListener("register:heard", async () => {
  if (!why || isSending || Date.now() - flushedAt < PAUSE) return;
  if (why === "signed-out" && await renew() !== "again") { flushedAt = Date.now(); return; }
  is("");
  flush();
});
flush();

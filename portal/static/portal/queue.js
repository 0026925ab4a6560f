// Sends what was marked and photographed without a connection: once each, in order, as soon as there is one again.
// A photo carries its number and a mark the version that it was made over, so that sending twice changes nothing. What
// the server has meanwhile otherwise is shown with both versions, and the person chooses; nothing is dropped unseen.
import * as device from "./device.js";
import { byId, clone, csrfToken } from "./page.js";

const place = byId("unsent");
const AGAIN = 10000, PATIENCE = { mark: 15000, photo: 120000 }; // ms; what is given up is sent again
const tabs = window.BroadcastChannel ? new BroadcastChannel("queue") : null;
const known = new Map(); // the version that a mark got by being sent from here, by its address
let isSending = false, isLost = !navigator.onLine, signIn = "", timer = 0, holding = 0, isRenewed = false, expired = 0;
export const isHolding = () => isLost || holding > 0;

export const items = async () => (await device.all()).filter((item) => item.person === device.person);
const told = (name) => document.dispatchEvent(new CustomEvent(name));

// A device's clock may be wrong: what counts is how long ago it was, by the server's.
const offset = async () => {
  const answer = await fetch("/health/", { cache: "no-store" });
  if (!answer.ok) throw new Error(answer.status);
  return Date.parse(answer.headers.get("Date")) - Date.now() || 0;
};
// Signing in renews the token, perhaps in another tab. Whether there is a new one for the same person.
const renewed = async () => {
  if (isRenewed) return false;
  isRenewed = true;
  const answer = await fetch(location.pathname, { cache: "no-store", headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
  const headers = page.body.getAttribute("hx-headers");
  if (!headers || page.querySelector("meta[name=person]")?.content !== device.person) return false;
  document.body.setAttribute("hx-headers", headers);
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = csrfToken();
  return true;
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
  const body = JSON.stringify({ status: item.status, expected_version: item.version, made_at: at });
  return fetch(item.url, { method: "PUT", body, signal, headers: { ...headers, "Content-Type": "application/json" } });
};

// A mark and what was said of the same pupil after it change together: whoever reloads now finds all of it or nothing.
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
const refused = (item, answer, data) => settle(item, (store, later) => {
  const state = data.code === "mark_changed" ? "conflict" : "refused";
  const last = { ...item, state, current: data.current, detail: data.detail || String(answer.status) };
  for (const next of later) {
    Object.assign(last, { status: next.status, at: next.at }); // the last word is the one to choose about
    store.delete(next.id);
  }
  store.put(last);
});
const SIGNED_OUT = ["not_authenticated", "authentication_failed", "permission_denied"];
// Whether to go on with the next one.
const handled = async (item, answer) => {
  const data = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : {};
  if (answer.ok && !answer.redirected) { await sent(item, data); return true; }
  if (answer.redirected || answer.status === 401 || (answer.status === 403 && SIGNED_OUT.includes(data.code))) {
    if (await renewed()) return true; // the same one once more
    signIn = `${place.dataset.signIn}?next=${encodeURIComponent(location.pathname)}`;
    return false;
  }
  if (answer.status === 429 || answer.status >= 500) return false;
  await refused(item, answer, data);
  return true;
};
const sendAll = async () => {
  let ahead;
  for (;;) { // as it is now: another tab may have sent something, a tap have come
    const item = (await items()).find(({ state }) => state === "waiting");
    if (!item) return;
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
  const before = (await items()).length;
  try {
    signIn = ""; isRenewed = false;
    await (navigator.locks ? navigator.locks.request("queue", sendAll) : sendAll());
    if (before) isLost = false;
  } catch { isLost = true; }
  isSending = false;
  await draw();
  if ((await items()).some((item) => item.state === "waiting") && !signIn) later();
  if (before) told("register:ask");
};

// Whether it is kept: a browser may have no room, or keep nothing.
export const add = async (item) => {
  const version = Math.max(item.version || 0, known.get(item.url) || 0);
  try { await device.add({ ...item, version }); } catch { return false; }
  await changed();
  if (navigator.onLine && !isLost) flush(); else later();
  return true;
};
const fill = (node, words) => {
  for (const [name, value] of Object.entries(words)) {
    for (const part of node.querySelectorAll(`[data-${name}]`)) part.textContent = value;
  }
  return node;
};
const clock = (at) => {
  return new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
};
const choice = (item) => {
  const isConflict = item.state === "conflict";
  const theirs = item.current ? item.words?.[item.current.status] || item.current.status : place.dataset.nothing;
  const note = fill(clone(isConflict ? "unsent-conflict" : "unsent-refused"), {
    name: item.name || place.dataset.photo, mine: item.words?.[item.status] || "", theirs,
    at: clock(item.at), detail: item.detail,
  });
  note.querySelector("[data-leave]").addEventListener("click", async () => {
    await device.remove(item.id);
    await changed();
    told("register:ask");
  });
  note.querySelector("[data-insist]").addEventListener("click", async () => {
    const version = isConflict ? item.current?.version || 0 : item.version;
    await device.put({ ...item, state: "waiting", version });
    flush();
  });
  return note;
};
const draw = async () => {
  const all = await items(), waiting = all.filter((item) => item.state === "waiting");
  holding = waiting.length;
  const many = (kind) => waiting.filter((item) => item.kind === kind).length;
  const lines = all.filter((item) => item.state !== "waiting").map(choice);
  if (waiting.length) {
    const line = clone(signIn ? "unsent-sign-in" : isLost ? "unsent-offline" : "unsent-waiting");
    fill(line, { marks: many("mark"), photos: many("photo") });
    if (signIn) line.querySelector("a").href = signIn;
    lines.unshift(line);
  } else if (isLost && document.querySelector("[data-live]")) lines.unshift(clone("unsent-nothing"));
  if (expired) lines.push(fill(clone("unsent-expired"), { many: expired }));
  // Said again only where it says something else: it is a live region.
  const shown = lines.map((line) => line.outerHTML).join("");
  if (place.dataset.shown !== shown) { place.dataset.shown = shown; place.replaceChildren(...lines); }
  told("queue:drawn");
};
const changed = () => { tabs?.postMessage(0); return draw(); };
tabs?.addEventListener("message", draw);

addEventListener("online", () => { isLost = false; flush(); });
addEventListener("offline", () => { isLost = true; draw(); });
document.addEventListener("register:lost", () => { if (!isLost) { isLost = true; draw(); } });
// The server answers, whoever thought otherwise, and whichever tab sent what waited.
document.addEventListener("register:heard", () => { if (isLost) { isLost = false; flush(); } });
flush();

// Ticks of an evacuation: by several people at once, and without a network. Each is kept on the device until the server
// has it; which of two words about somebody counts, the later one, the server decides. The page is kept as it stands.
import * as device from "../../portal/device.js";
import { ANYHOW, canKeep, keepFiles, keptPages } from "../../portal/kept_pages.js";
import { newNonce } from "../../portal/nonce.js";
import { byId, clone, csrfToken } from "../../portal/page.js";

const root = byId("evacuation"), note = byId("e-note");
const EVERY = 3000, AGAIN = 5000, PATIENCE = 8000; // ms
const isAll = { credentials: "same-origin" };
let since = "", why = "", detail = "", isSending = false, ahead = null, hasEnded = false;

const boxes = () => [...root.querySelectorAll("[data-subject]")];
const boxOf = (subject) => root.querySelector(`[data-subject="${subject}"]`);
const rowOf = (box) => box.closest(".e-row");
const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
const mine = async () => {
  const all = await device.all();
  return all.filter((item) => item.kind === "tick" && item.person === device.person && item.page === location.pathname);
};

// -- The list as it is shown --

const setTick = (box, time, by) => {
  const row = rowOf(box), isHere = Boolean(time);
  box.checked = isHere;
  box.toggleAttribute("checked", isHere); // for the copy of the page that is kept
  row.classList.toggle("here", isHere);
  row.querySelector("[data-time]").textContent = time;
  row.querySelector("[data-by]").textContent = by;
};
const count = () => {
  let seen = 0, number = 0;
  for (const place of root.querySelectorAll(".e-place")) {
    const rows = [...place.querySelectorAll(".e-row")], here = rows.filter((row) => row.matches(".here")).length;
    place.querySelector("[data-here]").textContent = here;
    seen += here;
    number += rows.length;
  }
  root.querySelector("[data-seen]").textContent = seen;
  root.querySelector("[data-missing]").textContent = root.dataset.key ? number - seen : number;
};
const filter = () => {
  const words = byId("e-find").value.toLowerCase().split(/\s+/).filter(Boolean), isOnly = byId("e-only").checked;
  for (const place of root.querySelectorAll(".e-place, .e-others")) {
    const title = place.querySelector("h2")?.textContent.toLowerCase() || "";
    let shown = 0;
    for (const row of place.querySelectorAll(".e-row")) {
      const text = `${title} ${row.textContent.toLowerCase()}`;
      row.hidden = !words.every((word) => text.includes(word)) || (isOnly && row.matches(".here"));
      shown += !row.hidden;
    }
    place.hidden = !shown;
    if (words.length && place.matches(".e-others")) place.open = shown > 0;
  }
};
const draw = async () => {
  const waiting = await mine();
  const subjects = new Set(waiting.map(({ body }) => body.subject));
  for (const box of boxes()) rowOf(box).classList.toggle("waiting", subjects.has(box.dataset.subject));
  let line = null;
  if (hasEnded) line = clone("e-ended");
  else if (why) line = clone(`e-${why}`);
  else if (waiting.length) line = clone("e-waiting");
  if (line) {
    const link = line.querySelector("a");
    if (why === "signed-out" && link) {
      link.href = `${root.dataset.signIn}?next=${encodeURIComponent(location.pathname)}`;
    }
    for (const part of line.querySelectorAll("[data-n]")) part.textContent = waiting.length;
    for (const part of line.querySelectorAll("[data-detail]")) part.textContent = detail;
  }
  const shown = line ? line.outerHTML : "";
  if (note.dataset.shown !== shown) { note.dataset.shown = shown; note.replaceChildren(...(line ? [line] : [])); }
  count();
};
const begin = (key) => {
  root.dataset.key = key;
  for (const box of boxes()) box.disabled = false;
  for (const part of root.querySelectorAll("[data-when-running]")) part.hidden = false;
  for (const part of root.querySelectorAll("[data-when-waiting]")) part.hidden = true;
};

// -- Sending: in order, each until the server has it --

class Unreachable extends Error {}
const ask = async (url, options = {}) => {
  const signal = AbortSignal.timeout?.(PATIENCE);
  let answer;
  try { answer = await fetch(url, { ...isAll, cache: "no-store", signal, ...options }); }
  catch { throw new Unreachable(); }
  if (answer.redirected && !answer.url.endsWith(url)) { why = "signed-out"; throw new Unreachable(); }
  if (answer.status >= 500) throw new Unreachable();
  return answer;
};
// A device's clock may be wrong: what counts is how long ago it was, by the server's.
const offset = async () => {
  const answer = await ask("/health/");
  return Date.parse(answer.headers.get("Date")) - Date.now() || 0;
};
const post = (item) => {
  const body = new URLSearchParams(item.body);
  body.set("at", new Date(Math.min(item.at + ahead, Date.now() + ahead)).toISOString());
  return ask(item.url, { method: "POST", body, headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" } });
};
const sendAll = async () => {
  for (const item of await mine()) {
    ahead ??= await offset();
    const answer = await post(item);
    if (answer.status === 403 || answer.status === 401) { why = "signed-out"; throw new Unreachable(); }
    if (!answer.ok) {
      why = "refused";
      detail = (await answer.json().catch(() => ({}))).detail || String(answer.status);
    }
    await device.remove(item.id);
  }
};
const flush = async () => {
  if (isSending) return;
  isSending = true;
  if (why !== "refused") why = "";
  try { await (navigator.locks ? navigator.locks.request("evacuation", sendAll) : sendAll()); }
  catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    if (why !== "signed-out") why = "offline";
    setTimeout(flush, AGAIN);
  } finally { isSending = false; await draw(); }
};
const say = async (url, body) => {
  await device.add({ kind: "tick", page: location.pathname, url, body, at: Date.now() });
  await draw();
  flush();
};
const ticksUrl = () => `${root.dataset.one}${root.dataset.key}/ticks/`;

root.addEventListener("change", async ({ target: box }) => {
  if (!box.matches("[data-subject]")) { filter(); return; }
  setTick(box, box.checked ? clock(Date.now()) : "", "");
  await say(ticksUrl(), { subject: box.dataset.subject, ...(box.checked ? { is_here: "on" } : {}) });
  filter();
  keepSoon();
});
byId("e-find").addEventListener("input", filter);
for (const form of root.querySelectorAll("[data-begin]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const key = newNonce(), isDrill = Boolean(form.elements.is_drill);
    begin(key);
    await say(root.dataset.start, { key, ...(isDrill ? { is_drill: "on" } : {}) });
    keepSoon();
    const waits = setInterval(async () => {
      if ((await mine()).length || why) return;
      clearInterval(waits);
      location.reload(); // the list as it was taken down
    }, 500);
  });
}
root.querySelector("[data-print]").addEventListener("click", () => print());

// -- Hearing of the others' ticks --

const hear = async () => {
  if (!root.dataset.key || document.hidden || hasEnded) return;
  const waiting = await mine();
  if (waiting.some(({ body }) => body.key)) return; // begun here, and the server does not know yet
  const answer = await ask(`${ticksUrl()}?since=${encodeURIComponent(since)}`).catch(() => null);
  if (!answer?.ok) {
    if (!answer && why !== "signed-out") why = "offline";
    await draw();
    return;
  }
  const { ticks, now, ended } = await answer.json();
  const isNews = Object.keys(ticks).length > 0, held = new Set(waiting.map(({ body }) => body.subject));
  for (const [subject, [time, by]] of Object.entries(ticks)) {
    const box = boxOf(subject);
    if (box && !held.has(subject)) setTick(box, time, by);
  }
  since = now;
  hasEnded = ended;
  root.querySelector("[data-as-of]").textContent = clock(Date.now());
  if (why === "offline") { why = ""; flush(); }
  await draw();
  if (isNews) { filter(); keepSoon(); }
};
setInterval(hear, EVERY);
addEventListener("online", flush);

// -- The page as it stands, for when it is opened again without a connection --

let timer = 0, hasWorker = false;
const keep = async () => {
  if (!canKeep() || !device.isMine() || !hasWorker) return;
  const pages = await keptPages(), kept = await pages.match(location.pathname, ANYHOW);
  if (!kept) return; // the worker keeps it when it is opened
  const headers = new Headers(kept.headers), copy = document.documentElement.cloneNode(true);
  copy.querySelector("#e-note").replaceChildren();
  for (const row of copy.querySelectorAll("[hidden].e-row, [hidden].e-place")) row.removeAttribute("hidden");
  headers.set("X-Kept-At", String(Date.now()));
  await pages.put(location.pathname, new Response(`<!doctype html>\n${copy.outerHTML}`, { headers }));
  await keepFiles();
};
const keepSoon = () => { clearTimeout(timer); timer = setTimeout(() => keep().catch(() => {}), 1500); };
navigator.serviceWorker?.ready.then(() => { hasWorker = true; keepSoon(); });

// What was said here before and did not arrive is shown again.
await device.ready;
for (const { body, at } of await mine()) {
  if (body.key) begin(body.key);
  const box = body.subject && boxOf(body.subject);
  if (box) setTick(box, body.is_here ? clock(at) : "", "");
}
await draw();
flush();
hear();

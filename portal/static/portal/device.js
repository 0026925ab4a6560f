// What this browser keeps for the person who is signed in: marks and photos that could not be sent yet. Nothing of it
// outlives signing out, or another person's signing in; who signs out with something unsent is asked first. A page
// that was left open by the former person keeps nothing more. What could not be sent for a week is deleted, and that is
// said.
import { forgetPages, forgetShared, isOver, pagesInTime } from "./kept_pages.js";
import { remember, remembered } from "./memory.js";

const about = document.querySelector("meta[name=person]"); // who it is, the way out, what is said on it
const DAYS = 7; // of what waits to be sent
export const person = about.content;

const open = () => new Promise((done, fail) => {
  const request = indexedDB.open("attendance", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("queue", { keyPath: "id", autoIncrement: true });
  request.onsuccess = () => done(request.result);
  request.onerror = () => fail(request.error);
});
const run = async (mode, act) => {
  const database = await open();
  try {
    return await new Promise((done, fail) => {
      const transaction = database.transaction("queue", mode), request = act(transaction.objectStore("queue"));
      transaction.oncomplete = () => done(request?.result);
      transaction.onerror = transaction.onabort = () => fail(transaction.error);
    });
  } finally { database.close(); }
};

export const all = async () => {
  try { return await run("readonly", (queue) => queue.getAll()); } catch { return []; }
};
// Several changes that happen together or not at all; `act` gets the store and gives one of its requests.
export const change = (act) => run("readwrite", act);
// Whether this page's person is still the one who is signed in here: another tab may have signed out, or someone in.
export const isMine = () => [null, person].includes(remembered("person"));
export const add = async (item) => {
  if (!isMine()) throw new Error("somebody else");
  return change((queue) => queue.add({ ...item, person, state: "waiting" }));
};
export const put = (item) => change((queue) => queue.put(item));
export const remove = (id) => change((queue) => queue.delete(id));
const forget = async () => {
  try { await change((queue) => queue.clear()); } catch { /* nothing can be kept here, so nothing is */ }
  await forgetPages();
};

const tidy = async () => {
  await pagesInTime();
  if (location.pathname !== "/share.html") await forgetShared(); // nobody has said where those photos go
  const late = (await all()).filter((item) => item.person !== person || isOver(item.at, DAYS * 24));
  for (const item of late) await remove(item.id);
  return late.filter((item) => item.person === person).length;
};
const arrive = async () => {
  const before = remembered("person");
  remember("person", person);
  if (before !== null && before !== person) await forget();
  if (before && before !== person) await forgetShared(); // after signing out it is shared by whoever signs in now
  return tidy().catch(() => 0);
};
export const ready = arrive(); // how many items were too old to be sent

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (new URL(form.action, location).pathname !== about.dataset.signOut) return;
  event.preventDefault();
  if ((await all()).length && !confirm(about.dataset.unsent)) return;
  remember("person", ""); // before: other tabs keep nothing from here on
  await forget();
  await forgetShared();
  form.submit();
});
if ("staff" in about.dataset) navigator.serviceWorker?.register("/sw.js").catch(() => {});

// Sends files one a request, a few at a time. What arrived before this page was loaded again is not sent again.
import { announce, byId } from "../../portal/page.js";

const AT_A_TIME = 3, TRIES = 4, PAUSE = 1500; // milliseconds before the second try, doubled with each
const zone = byId("drop");
const part = (name) => zone.querySelector(`[data-${name}]`);
const queue = [], failed = [];
let sent = 0, all = 0, active = 0, arrived = null;

const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
const pathOf = (file) => file.path || file.webkitRelativePath || file.name;

// Files of dropped folders too, with their path from there.
const read = (entry) => new Promise((done) => { entry.readEntries(done, () => done([])); });
const within = async (entry) => {
  if (entry.isFile) {
    const file = await new Promise((done) => { entry.file(done, () => done(null)); });
    return file ? [{ file, path: entry.fullPath.replace(/^\//, "") }] : [];
  }
  const reader = entry.createReader(), found = [];
  for (let some = await read(reader); some.length; some = await read(reader)) {
    for (const one of some) found.push(...await within(one));
  }
  return found;
};
const dropped = async (transfer) => {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: pathOf(file) }));
  return (await Promise.all(entries.map(within))).flat();
};

const known = async () => {
  if (arrived) return arrived;
  try {
    const answer = await fetch(zone.dataset.url, { headers: { Accept: "application/json" } });
    arrived = new Set((await answer.json()).arrived.map(([name, size]) => `${name}\n${size}`));
  } catch { arrived = new Set(); }
  return arrived;
};

const show = () => {
  part("sending").hidden = all === 0;
  part("sent").textContent = sent;
  part("all").textContent = all;
  const bar = zone.querySelector("progress");
  bar.max = Math.max(all, 1);
  bar.value = sent;
};
const tell = (path, words) => {
  const line = document.createElement("li");
  line.textContent = `${path}: ${words}`;
  part("failed").append(line);
};

// Resolves to true once the server has said what becomes of the file; false where it is worth another try later.
const post = async ({ file, path }) => {
  const body = new FormData();
  body.append("name", path);
  body.append("file", file, file.name);
  const headers = { "X-CSRFToken": zone.querySelector("[name=csrfmiddlewaretoken]").value };
  for (let tries = 1; tries <= TRIES; tries += 1) {
    let answer = null;
    try { answer = await fetch(zone.dataset.url, { method: "POST", body, headers }); } catch { /* no connection */ }
    if (answer?.ok && !answer.redirected) return true;
    if (answer && answer.status < 500) {
      const told = await answer.json().catch(() => ({}));
      tell(path, told.detail || part("refused").innerHTML.trim());
      return true;
    }
    if (tries < TRIES) await wait(PAUSE * 2 ** (tries - 1));
  }
  return false;
};

const finish = () => {
  announce(`${sent} / ${all}`);
  part("retry").hidden = failed.length === 0;
  if (failed.length) {
    for (const one of failed) tell(one.path, part("not-sent").innerHTML.trim());
  } else if (!part("failed").children.length) location.reload();
};
const work = async () => {
  active += 1;
  for (let one = queue.shift(); one; one = queue.shift()) {
    if (await post(one)) sent += 1; else failed.push(one);
    show();
  }
  active -= 1;
  if (active === 0) finish();
};
const add = async (files) => {
  const before = await known();
  // Lists first: they say whose photos the others are.
  const isList = ({ path }) => path.toLowerCase().endsWith(".csv");
  const fresh = files.filter(({ file, path }) => isList({ path }) || !before.has(`${path}\n${file.size}`))
    .sort((one, other) => Number(isList(other)) - Number(isList(one)));
  sent += files.length - fresh.length;
  all += files.length;
  queue.push(...fresh);
  show();
  part("failed").replaceChildren();
  while (active < AT_A_TIME && queue.length) work();
  if (active === 0 && all) finish();
};

zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
zone.addEventListener("dragleave", () => zone.classList.remove("over"));
zone.addEventListener("drop", async (event) => {
  event.preventDefault();
  zone.classList.remove("over");
  add(await dropped(event.dataTransfer));
});
zone.addEventListener("change", (event) => {
  const files = [...event.target.files].map((file) => ({ file, path: pathOf(file) }));
  event.target.value = "";
  if (files.length) add(files);
});
part("retry").addEventListener("click", () => add(failed.splice(0)));
if ("webkitdirectory" in document.createElement("input")) part("folder").hidden = false;
window.addEventListener("beforeunload", (event) => { if (active) event.preventDefault(); });

// A chosen photo that replaces another one is sent at once.
document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-send-chosen]");
  if (form && event.target.files.length) form.submit();
});

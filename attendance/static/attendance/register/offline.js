// The register without a connection: taps and photos are kept and shown as not sent yet, and the page itself is kept as
// it stands now, so that it can be opened again.
(() => {
  const PATIENCE = 8000; // ms for a mark to be answered on bad Wi-Fi; sending it again is harmless
  const root = () => document.getElementById("register");
  const here = location.pathname, api = `/api${here}`;

  // -- Taps --

  const keepTap = async (form, status, version) => {
    const row = form.closest(".row-p"), words = {};
    for (const button of form.querySelectorAll(".marks button")) words[button.value] = button.title;
    const isKept = await queue.add({ kind: "mark", page: here, student: row.id.slice(4), name: row.querySelector(".name").textContent, words, status, version, at: Date.now(),
                url: `${api}marks/${row.id.slice(4)}/` });
    if (!isKept) document.getElementById("toast").replaceChildren(document.getElementById("text-offline").content.cloneNode(true));
  };
  const isTap = (event) => event.detail.elt?.matches?.(".mark-form");
  const sentBy = ({ requestConfig }) => ({ status: requestConfig.formData.get("status"), version: Number(requestConfig.formData.get("version")) });
  document.addEventListener("htmx:configRequest", (event) => { if (isTap(event)) event.detail.timeout = PATIENCE; });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isTap(event) || !queue.isHolding()) return; // what waits goes first
    event.preventDefault();
    const { status, version } = sentBy(event.detail);
    keepTap(event.detail.elt, status, version);
  });
  const notSent = (event) => {
    if (!isTap(event)) return;
    const { status, version } = sentBy(event.detail);
    const form = document.getElementById(event.detail.elt.closest(".row-p").id)?.querySelector(".mark-form");
    keepTap(form || event.detail.elt, status, version);
  };
  document.addEventListener("htmx:sendError", notSent);
  document.addEventListener("htmx:timeout", notSent);

  // -- Photos: register.js asks whether one is to be kept --

  document.addEventListener("photo:unsent", async (event) => {
    event.preventDefault();
    const { nonce, blob, at } = event.detail;
    const isKept = await queue.add({ kind: "photo", page: here, nonce, blob, at, url: `${api}captures/` });
    if (!isKept) document.dispatchEvent(new CustomEvent("photo:not-kept", { detail: event.detail }));
  });

  // -- What is not sent yet, on the page --

  const show = async () => {
    const waiting = (await queue.items()).filter((item) => item.page === here && item.kind === "mark" && item.state === "waiting");
    const last = new Map(waiting.map((item) => [item.student, item]));
    for (const row of root().querySelectorAll(".row-p[id^='row-']")) {
      const item = last.get(row.id.slice(4));
      row.querySelector(".unsent-pill")?.remove();
      row.classList.toggle("unsent", Boolean(item));
      if (!item) continue;
      for (const button of row.querySelectorAll(".marks button")) {
        button.setAttribute("aria-pressed", String(button.value === item.status));
        if (button.value === item.status) button.hidden = false;
      }
      row.querySelector(".who").append(document.getElementById("unsent-pill").content.firstElementChild.cloneNode(true));
    }
  };
  document.addEventListener("queue:drawn", show);
  document.addEventListener("register:live", show);
  document.addEventListener("htmx:afterSettle", show);

  // -- The page as it stands, for when it is opened again without a connection --

  const GONE = "#toast > *, #unsent > *, .more-form, #guests-found > *, .unsent-pill, .sending";
  const UNFILTERED = "#register .row-p, #register ul.sheet, #register h2, #rest";
  const keep = async () => {
    if (!window.caches || !device.isMine() || !navigator.serviceWorker?.controller) return;
    const pages = await caches.open("private-1"), kept = await pages.match(here);
    const headers = new Headers(kept ? kept.headers : (await fetch(here)).headers);
    const copy = document.documentElement.cloneNode(true);
    for (const node of copy.querySelectorAll(GONE)) node.remove();
    for (const node of copy.querySelectorAll(UNFILTERED)) node.removeAttribute("hidden");
    for (const node of copy.querySelectorAll("#find-says, #find-school")) node.setAttribute("hidden", "");
    for (const node of copy.querySelectorAll("#unsent")) node.removeAttribute("data-shown");
    for (const node of copy.querySelectorAll("details[open]")) node.removeAttribute("open");
    headers.set("X-Kept-At", String(Date.now()));
    headers.delete("Content-Encoding");
    if (device.isMine()) await pages.put(here, new Response(`<!doctype html>\n${copy.outerHTML}`, { headers }));
  };
  let timer = 0;
  const soon = () => { clearTimeout(timer); timer = setTimeout(() => { if (!queue.isHolding()) keep().catch(() => {}); }, 1500); };
  document.addEventListener("register:live", soon);
  document.addEventListener("htmx:afterSettle", soon);
  navigator.serviceWorker?.ready.then(soon);

  // A picture that cannot be loaded now leaves its place empty, without a broken sign.
  document.addEventListener("error", (event) => { if (event.target.matches?.("img.tile")) event.target.classList.add("away"); }, true);
})();

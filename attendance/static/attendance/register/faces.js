// Faces: a mark explains itself in a dialog, a wrong one is corrected there, and the focus goes from doubt to doubt.
(() => {
  const byId = (id) => document.getElementById(id);
  const dialog = byId("why");
  const has = () => document.activeElement && document.activeElement !== document.body;

  // -- The list of who it is, searched as one types: as byhand.js, without accents and case --

  const folded = (text) => text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
  const filterable = (root) => { for (const field of root.querySelectorAll("[data-filter]")) field.hidden = false; };
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-filter]")) return;
    const place = event.target.closest("[data-filtered]"), words = folded(event.target.value).split(/\s+/).filter(Boolean);
    let found = 0;
    for (const one of place.querySelectorAll("[data-words]")) {
      one.hidden = !words.every((word) => folded(one.dataset.words).includes(word));
      found += one.hidden ? 0 : 1;
    }
    place.querySelector("[data-none]").hidden = found > 0;
  });
  // Enter takes the only one who was found; otherwise it would send the form's first button, "nobody".
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-filter]")) return;
    event.preventDefault();
    const found = [...event.target.closest("[data-filtered]").querySelectorAll("[data-words]:not([hidden])")];
    if (found.length === 1) found[0].click();
  });
  filterable(document);
  if (!dialog) return;

  // -- The dialog --

  let row = "";
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "why-body" || dialog.open) return;
    row = event.detail.requestConfig?.elt?.closest("[id^='row-']")?.id || "";
    filterable(dialog);
    dialog.showModal();
    byId("why-title").focus();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.target?.id === "register" && dialog.contains(event.detail.requestConfig?.elt)) dialog.close();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    byId("why-body").replaceChildren();
    setTimeout(() => { if (!has()) toRow(); });
  });
  const toRow = () => {
    const link = row && byId(row)?.querySelector(".why-open, .marks button[aria-pressed=true], .marks button:not([hidden])");
    if (link) link.focus({ preventScroll: true });
  };

  // -- From doubt to doubt: what was decided is gone, its place is not --

  let at = -1;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const doubt = event.detail.elt.closest?.(".doubt");
    at = doubt ? [...document.querySelectorAll(".doubt")].indexOf(doubt) : -1;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (at < 0 || event.detail.target?.id !== "register") return;
    const left = [...document.querySelectorAll(".doubt")], next = left[Math.min(at, left.length - 1)];
    at = -1;
    if (has()) return;
    const place = next?.querySelector(".cand, button") || document.querySelector("#decided summary");
    if (!place) return;
    place.focus({ preventScroll: true });
    place.scrollIntoView({ block: "nearest" });
  });
})();

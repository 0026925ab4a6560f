// Faces: a mark explains itself in a dialog, a wrong one is corrected there, and the focus goes from doubt to doubt.
import { byId } from "../../portal/page.js";
import { filterable } from "./choose.js";

const dialog = byId("why");
const has = () => document.activeElement && document.activeElement !== document.body;

// -- The dialog --

let row = "";
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "why-body") return;
  filterable(dialog);
  if (!dialog.open) { // else one question follows another in it
    row = event.detail.requestConfig?.elt?.closest("[id^='row-']")?.id || "";
    dialog.showModal();
  }
  byId("why-title").focus();
});
document.addEventListener("htmx:afterRequest", ({ detail: { successful, target, requestConfig } }) => {
  if (successful && target?.id === "register" && dialog.contains(requestConfig?.elt)) dialog.close();
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => {
  byId("why-body").replaceChildren();
  setTimeout(() => { if (!has()) toRow(); });
});
const toRow = () => {
  const first = ".why-open, .marks button[aria-pressed=true], .marks button:not([hidden])";
  if (row) byId(row)?.querySelector(first)?.focus({ preventScroll: true });
};

// -- From doubt to doubt: what was decided is gone, its place is not. Not "Yes": Enter twice would say it unseen --

let at = -1;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (dialog.contains(event.detail.elt)) return; // the question of the doubt that was left for it
  const doubt = event.detail.elt.closest?.(".doubt");
  at = doubt ? [...document.querySelectorAll(".doubt")].indexOf(doubt) : -1;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (at < 0 || event.detail.target?.id !== "register") return;
  const left = [...document.querySelectorAll(".doubt")], next = left[Math.min(at, left.length - 1)];
  at = -1;
  if (has()) return;
  const place = next?.querySelector(".cand, .no") || document.querySelector("#decided summary");
  if (!place) return;
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
});

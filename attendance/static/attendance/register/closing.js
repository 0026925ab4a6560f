// The sheet before a register is closed: it stays while students are settled in it, and follows each of them.
import { htmx } from "../../portal/htmx.js";
import { byId } from "../../portal/page.js";

const dialog = byId("closing");
let from = null; // the button in the sheet that was used last

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target?.id !== "closing-body" || dialog.open) return;
  dialog.showModal();
  byId("closing-title").focus();
});
const isClosing = (form) => Boolean(form?.matches?.(".close-now"));
document.addEventListener("htmx:afterRequest", ({ detail: { successful, target, requestConfig } }) => {
  if (!successful || target?.id !== "register" || !dialog.open) return;
  if (isClosing(requestConfig?.elt) || !byId("register").querySelector("[data-closing]")) { dialog.close(); return; }
  from = dialog.contains(document.activeElement) ? document.activeElement.id : "";
  htmx.ajax("GET", byId("closing-sheet").dataset.url, { target: "#closing-body", swap: "innerHTML" }).then(() => {
    const place = byId(from) || byId("closing-title");
    if (dialog.open && !byId("why").open) place?.focus({ preventScroll: true });
  });
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => {
  byId("closing-body").replaceChildren();
  setTimeout(() => document.querySelector("[data-closing]")?.focus({ preventScroll: true }));
});

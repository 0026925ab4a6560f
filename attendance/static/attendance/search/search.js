// The field at the top of every page: "/" goes to it, arrows choose among its findings, Enter opens one, Escape closes.

import { choose, chosenOf, listOf, optionsOf, show, step } from "../../portal/combobox.js";

const field = document.getElementById("search");
const list = listOf(field);

const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  // A page with a field of its own for what it lists keeps the key; so does somebody who is typing.
  if (event.defaultPrevented || isTyping(event.target) || document.getElementById("find")) return;
  event.preventDefault();
  if (field.offsetParent === null) { location.assign(field.form.action); return; }
  field.focus();
  field.select();
});

field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault(); // which would empty the field
    if (list.hidden) field.blur();
    show(field, false);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden && optionsOf(field).length) show(field, true);
    step(field, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && chosenOf(field) && !list.hidden) {
    event.preventDefault();
    location.assign(chosenOf(field).href);
  }
});

list.addEventListener("htmx:afterSwap", () => {
  const isAnything = list.textContent.trim() !== "" && field.value.trim() !== "";
  choose(field, null);
  show(field, isAnything && document.activeElement === field);
});
field.addEventListener("focus", () => show(field, optionsOf(field).length > 0 && field.value.trim() !== ""));
document.addEventListener("click", (event) => { if (!event.target.closest(".search")) show(field, false); });
field.form.addEventListener("focusout", (event) => {
  if (event.relatedTarget && !field.form.contains(event.relatedTarget)) show(field, false);
});

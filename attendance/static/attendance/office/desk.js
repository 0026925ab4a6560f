// Suggestions under the names of the desk: arrows choose, Enter or a tap takes one, Escape closes.
// A late arrival is entered by that alone; for somebody who leaves, the times are asked next.
import { chosenOf, listOf, optionsOf, show, step } from "../../portal/combobox.js";

const place = document.querySelector("[data-students]");
const DELAY = 150; // ms
let timer = 0, question = null;

const isField = (node) => node.matches?.("[data-desk] [role=combobox]");
const keyOf = (field) => field.form.querySelector("input[type=hidden][name$='-student']");

const open = (field, isOpen) => {
  show(field, isOpen);
  field.toggleAttribute("data-own", isOpen);
};
const close = (field) => { clearTimeout(timer); question?.abort(); open(field, false); };
const take = (field, option) => {
  const { form } = field;
  field.value = option.dataset.name;
  keyOf(field).value = option.dataset.student;
  close(field);
  if (form.dataset.desk === "late") form.requestSubmit();
  else form.querySelector("[name$='-at']").select();
};
const ask = async (field) => {
  question?.abort();
  question = new AbortController();
  const query = new URLSearchParams({ q: field.value.trim(), field: field.form.dataset.desk });
  try {
    const answer = await fetch(`${place.dataset.students}?${query}`, { signal: question.signal });
    if (!answer.ok || answer.redirected) return;
    const html = await answer.text();
    if (!field.value.trim() || document.activeElement !== field) return;
    listOf(field).innerHTML = html;
    open(field, true);
  } catch { /* another letter came, or there is no connection: what is typed is sent as it stands */ }
};

place.addEventListener("input", ({ target: field }) => {
  if (!isField(field)) return;
  keyOf(field).value = "";
  clearTimeout(timer);
  if (field.value.trim()) timer = setTimeout(() => ask(field), DELAY);
  else close(field);
});
place.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!isField(field) || event.isComposing) return;
  const isOpen = !listOf(field).hidden;
  if (event.key === "Escape" && isOpen) {
    event.preventDefault();
    close(field);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!isOpen && optionsOf(field).length && field.value.trim()) open(field, true);
    step(field, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    const option = isOpen && chosenOf(field);
    close(field); // what is asked for now would open over the answer
    if (option) { event.preventDefault(); take(field, option); }
  }
});
// A press on the list leaves the focus where it is.

place.addEventListener("mousedown", (event) => {
  if (event.target.closest("[data-desk] .found")) event.preventDefault();
});
place.addEventListener("click", (event) => {
  const option = event.target.closest("[data-desk] [role=option]");
  if (option) take(option.closest("form").querySelector("[role=combobox]"), option);
});
place.addEventListener("focusout", ({ target }) => { if (isField(target)) close(target); });
place.addEventListener("reset", ({ target: form }) => {
  if (form.dataset.desk) keyOf(form.querySelector("[role=combobox]")).value = "";
});

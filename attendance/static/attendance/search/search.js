// The field at the top of every page: "/" goes to it, arrows choose among its findings, Enter opens one, Escape closes.

const field = document.getElementById("search");
const list = document.getElementById("search-found");
const options = () => [...list.querySelectorAll("[role=option]")];
const chosen = () => list.querySelector("[aria-selected=true]");

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
}

function show(isShown) {
  list.hidden = !isShown;
  field.setAttribute("aria-expanded", String(isShown));
  if (!isShown) choose(null);
}

function step(by) {
  const all = options();
  const at = all.indexOf(chosen());
  if (all.length) choose(all[at < 0 && by < 0 ? all.length - 1 : (at + by + all.length) % all.length]);
}

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
    show(false);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden && options().length) show(true);
    step(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && chosen() && !list.hidden) {
    event.preventDefault();
    location.assign(chosen().href);
  }
});

list.addEventListener("htmx:afterSwap", () => {
  const isAnything = list.textContent.trim() !== "" && field.value.trim() !== "";
  choose(null);
  show(isAnything && document.activeElement === field);
});
field.addEventListener("focus", () => show(options().length > 0 && field.value.trim() !== ""));
document.addEventListener("click", (event) => { if (!event.target.closest(".search")) show(false); });
field.form.addEventListener("focusout", (event) => {
  if (event.relatedTarget && !field.form.contains(event.relatedTarget)) show(false);
});

// A field with suggestions in the list that its aria-controls names: which is chosen, and whether the list is open.

export const listOf = (field) => document.getElementById(field.getAttribute("aria-controls"));
export const optionsOf = (field) => [...listOf(field).querySelectorAll("[role=option]")];
export const chosenOf = (field) => listOf(field).querySelector("[aria-selected=true]");

export const choose = (field, option) => {
  chosenOf(field)?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
};

export const show = (field, isShown) => {
  listOf(field).hidden = !isShown;
  field.setAttribute("aria-expanded", String(isShown));
  if (!isShown) choose(field, null);
};

export const step = (field, by) => {
  const all = optionsOf(field), at = all.indexOf(chosenOf(field));
  if (all.length) choose(field, all[at < 0 && by < 0 ? all.length - 1 : (at + by + all.length) % all.length]);
};

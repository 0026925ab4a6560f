// A button that copies a field's text. Where the browser does not allow it (no HTTPS), the button stays hidden and the
// text can be selected: one tap takes it whole.
import { announce, byId } from "./page.js";

document.querySelectorAll("[data-copy]").forEach((field) => field.addEventListener("focus", () => field.select()));
document.querySelectorAll("[data-copy-from]").forEach((button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = byId(button.dataset.copyFrom);
    try {
      await navigator.clipboard.writeText(field.value);
      button.querySelector("span").textContent = button.dataset.done;
      announce(button.dataset.done);
    } catch {
      field.focus();
    }
  });
});

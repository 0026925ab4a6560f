// The principal's page: a choice shows at once, and the page prints.
for (const field of document.querySelectorAll(".t-tools select")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}
document.querySelector("[data-print]").addEventListener("click", () => print());

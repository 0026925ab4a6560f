// Light or dark before the first paint: the person's choice on this device, else the system's. No module, since those
// wait until the page is read and would let it be painted light first; so it imports nothing (as memory.js does it).
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const apply = () => root.setAttribute("data-bs-theme", chosen() || (system.matches ? "dark" : "light"));
  apply();
  system.addEventListener("change", apply);
  addEventListener("beforeprint", () => root.setAttribute("data-bs-theme", "light")); // paper is light
  addEventListener("afterprint", apply);
  addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-next]")) return;
    const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    try { localStorage.setItem("theme", next); } catch { /* private window: for this page only */ }
    root.setAttribute("data-bs-theme", next);
  });
})();

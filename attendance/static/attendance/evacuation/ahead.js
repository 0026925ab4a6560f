// Keeps the evacuation list on this device before anybody needs it, so that it opens without a network.
import { isMine } from "../../portal/device.js";
import { canKeep, keepFiles, keptPages } from "../../portal/kept_pages.js";

const EVERY = 300000; // ms
const link = document.querySelector("[data-evacuation]");
const keep = async () => {
  if (!canKeep() || !isMine() || document.hidden) return;
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const text = await answer.text(), headers = new Headers(answer.headers);
  headers.set("X-Kept-At", String(Date.now()));
  headers.delete("Content-Encoding");
  if (isMine()) await (await keptPages()).put(new URL(link.href).pathname, new Response(text, { headers }));
  const page = new DOMParser().parseFromString(text, "text/html");
  const needed = page.querySelectorAll("script[src], link[rel=stylesheet], link[rel=modulepreload]");
  const addressOf = (node) => new URL(node.getAttribute("src") || node.getAttribute("href"), link.href).href;
  await keepFiles([...needed].map(addressOf));
};
navigator.serviceWorker?.ready.then(() => {
  keep().catch(() => {});
  setInterval(() => keep().catch(() => {}), EVERY);
});

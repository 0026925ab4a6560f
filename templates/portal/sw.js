{% load static %}
// The service worker: a register that was opened on this device stays usable while there is no connection.
// Kept are the portal's own files (by their hashed names, which never change what they mean) and the pages of registers
// that this person opened, with names and marks, without pictures of anybody: nothing that others asked for. A page is
// kept for twelve hours after it last changed: a school day with its evening, so that a lesson can be finished and
// sent; it goes at once on signing out and when somebody else signs in (device.js). Nothing is kept that is not needed
// to go on with a lesson. Photos that the phone shares with the portal are held until the next page has taken them.
"use strict";
const PRIVATE = "private-1", FILES = "files-1", SHARED = "shared-1";
const HOURS = 12, MOST_FILES = 120, PATIENCE = 6000; // ms for a page to come before the kept one is shown
const ANYHOW = { ignoreVary: true }; // whatever languages the browser names: its person chose one here
const OFFLINE = "{% url 'offline' %}", SIGN_OUT = "{% url 'account_logout' %}", SHARE = "{% url 'share' %}";
const KEPT = /^\/[^/]+\/(sessions\/[0-9a-f-]{36}\/(shots\/)?|evacuation\/)$/; // registers, and the evacuation list
const NEEDED = [
  OFFLINE, "{% static 'portal/site.css' %}", "{% static 'css/bootstrap.min.css' %}", "{% static 'portal/theme.js' %}",
  "{% static 'portal/kept.js' %}", "{% static 'portal/kept_pages.js' %}", "{% static 'portal/page.js' %}",
];

addEventListener("install", (event) => event.waitUntil((async () => {
  await (await caches.open(FILES)).addAll(NEEDED);
  await skipWaiting();
})()));
addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (![PRIVATE, FILES, SHARED].includes(name)) await caches.delete(name);
  await tidy();
  await clients.claim();
})()));

const isKept = (answer) => Date.now() - Number(answer?.headers.get("X-Kept-At") || 0) < HOURS * 3600000;
const tidy = async () => {
  const pages = await caches.open(PRIVATE), files = await caches.open(FILES);
  for (const request of await pages.keys()) {
    const kept = await pages.match(request, ANYHOW);
    if (kept && !isKept(kept)) await pages.delete(request); // none: it is being written again just now
  }
  for (const request of (await files.keys()).slice(0, -MOST_FILES)) await files.delete(request);
};
const keep = async (request, answer) => {
  const headers = new Headers(answer.headers);
  headers.set("X-Kept-At", String(Date.now()));
  headers.delete("Content-Encoding");
  await (await caches.open(PRIVATE)).put(request.url.split(/[?#]/)[0], new Response(await answer.blob(), { headers }));
  await tidy();
};
const offline = async () => (await caches.match(OFFLINE, ANYHOW)) || Response.error();

const register = async (event) => {
  let fault = null;
  const network = fetch(event.request).then((answer) => {
    // The proxy is there, the portal is not: a kept page is better than what it says of that.
    if (answer.status >= 502 && answer.status <= 504) { fault = answer; throw new Error(answer.status); }
    if (answer.ok && answer.type === "basic") event.waitUntil(keep(event.request, answer.clone()));
    return answer;
  });
  const kept = await (await caches.open(PRIVATE)).match(event.request, { ...ANYHOW, ignoreSearch: true });
  const late = new Promise((done, fail) => setTimeout(() => (isKept(kept) ? fail() : null), PATIENCE));
  try { return await Promise.race([network, late]); } catch { return isKept(kept) ? kept : fault || offline(); }
};
const file = async (event) => {
  const cache = await caches.open(FILES);
  const isHashed = /\.[0-9a-f]{12}\./.test(event.request.url);
  const kept = await cache.match(event.request, ANYHOW);
  if (kept && isHashed) return kept;
  try {
    const answer = await fetch(event.request);
    if (answer.ok) event.waitUntil(cache.put(event.request, answer.clone()));
    return answer;
  } catch (error) { if (kept) return kept; throw error; }
};

// Another app of the phone posts photos here. They go no further before it was said into which register.
const shared = async (event) => {
  await caches.delete(SHARED);
  try {
    const photos = (await event.request.formData()).getAll("photos").filter(({ type }) => type?.startsWith("image/"));
    const box = await caches.open(SHARED);
    for (const [n, photo] of photos.entries()) await box.put(`${SHARE}?photo=${n}`, new Response(photo));
  } catch { /* no room, or not all of it came: what is here is shown, and where nothing is, that */ }
  return Response.redirect(SHARE, 303);
};

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin) return;
  if (event.request.method === "POST" && url.pathname === SHARE) { event.respondWith(shared(event)); return; }
  if (event.request.method === "POST" && url.pathname === SIGN_OUT) {
    event.waitUntil(Promise.all([caches.delete(PRIVATE), caches.delete(SHARED)]));
  }
  if (event.request.method !== "GET") return;
  if (url.pathname.startsWith("{% get_static_prefix %}")) event.respondWith(file(event));
  else if (event.request.mode !== "navigate") return;
  else if (KEPT.test(url.pathname)) event.respondWith(register(event));
  else event.respondWith(fetch(event.request).catch(offline));
});

// The pages that this browser keeps for when there is no connection, and the files that they are made of: as in sw.js.
const PAGES = "private-1", FILES = "files-1", SHARED = "shared-1", HOURS = 12;
export const ANYHOW = { ignoreVary: true };
export const isOver = (at, hours = HOURS) => Date.now() - Number(at || 0) > hours * 3600000;
export const canKeep = () => Boolean(window.caches);
export const keptPages = () => caches.open(PAGES);
export const forgetPages = async () => { if (canKeep()) await caches.delete(PAGES); };

// The photos that another app shared and no register has yet, in their order.
export const sharedPhotos = async () => {
  if (!canKeep() || !await caches.has(SHARED)) return [];
  const box = await caches.open(SHARED), photos = [];
  for (const request of await box.keys()) photos.push(await (await box.match(request)).blob());
  return photos;
};
export const forgetShared = async () => { if (canKeep()) await caches.delete(SHARED); };

// The pages that are not over yet, as [request, answer]; the others are deleted.
export const pagesInTime = async () => {
  if (!canKeep() || !await caches.has(PAGES)) return [];
  const pages = await keptPages(), found = [];
  for (const request of await pages.keys()) {
    const kept = await pages.match(request, ANYHOW);
    if (!kept) continue; // it is being written again just now: no reason to delete it
    if (isOver(kept.headers.get("X-Kept-At"))) await pages.delete(request); else found.push([request, kept]);
  }
  return found;
};

// Styles, scripts and what they import. What came before the service worker was there did not pass it.
// more: addresses of files that another page needs.
export const keepFiles = async (more = []) => {
  const own = new URL("../", import.meta.url).href, files = await caches.open(FILES);
  const came = performance.getEntriesByType("resource").map(({ name }) => name);
  const names = [...came, ...more].filter((name) => name.startsWith(own));
  const isNew = await Promise.all(names.map(async (name) => !await files.match(name, ANYHOW)));
  await files.addAll(new Set(names.filter((_, n) => isNew[n])));
};

// Turns one piece of the page into a newer one by changing only what differs: whoever has the focus, types, has opened
// something or has scrolled keeps it. Elements are known by their id, list items also by the address they post to.

// What the page itself does with these stays: a filter, an open panel, a photo on its way, what was found.
const FILTERED = ".row-p, ul.sheet, h2, #rest, #find-says, #find-school";
const HIDDEN_FIELDS = "input[name=csrfmiddlewaretoken], input[name=nonce]";
const LEFT_ALONE = `details.more[open], #guests-found, [hx-preserve], [data-own], ${HIDDEN_FIELDS}`;
const HELD = "[data-held]"; // what somebody has in hand: it stays, even if it is gone from the newer page
const isHeld = (node) => node.nodeType === 1 && (node.matches(HELD) || node.querySelector(HELD) !== null);
const isLeftAlone = (old) => old.matches(LEFT_ALONE) || (old.id === "photo" && old.querySelector(".sending"));
const STATES = ["htmx-request", "unsent", "open"];
const KEPT = ["open", "data-held", "popover"]; // attributes that the page itself sets

const keyOf = (node) => {
  if (node.nodeType !== 1) return "";
  if (node.id) return `#${node.id}`;
  const form = node.tagName === "LI" && node.querySelector("form[action]");
  return form ? form.getAttribute("action") : "";
};
const keysIn = (root) => {
  const keys = new Map();
  for (const node of root.querySelectorAll("[id], li")) if (keyOf(node)) keys.set(keyOf(node), node);
  return keys;
};

const attributes = (old, fresh) => {
  for (const { name } of [...old.attributes]) {
    if (fresh.hasAttribute(name) || (name === "hidden" && old.matches(FILTERED)) || KEPT.includes(name)) continue;
    old.removeAttribute(name);
  }
  const states = STATES.filter((state) => old.classList.contains(state));
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) === value || name === "aria-expanded") continue; // a row's letters stay open
    if (name === "hidden" && old.matches(FILTERED)) continue;
    old.setAttribute(name, value);
  }
  if (states.length) old.classList.add(...states);
  // A hidden field's value is the server's; what somebody types in is theirs.
  if (old.tagName === "INPUT" && old.type === "hidden") old.value = fresh.value;
};

const move = (parent, node, before) => {
  if (parent.moveBefore && node.isConnected) try { parent.moveBefore(node, before); return; } catch { /* as ever */ }
  parent.insertBefore(node, before);
};

export const morph = (root, freshRoot) => {
  const keys = keysIn(root), freshKeys = keysIn(freshRoot), used = new Set(), rest = [];
  const holder = document.activeElement;
  // Rows that are in sight now: the first of them that stays in its list is to stay where it is on the screen.
  const inSight = [...root.querySelectorAll("[id^='row-']")]
    .map((row) => ({ row, list: row.parentElement, top: row.getBoundingClientRect().top }))
    .filter(({ row, top }) => top >= 0 && top < innerHeight && row.offsetHeight);

  const partner = (parent, cursor, fresh) => {
    const key = keyOf(fresh);
    if (key) {
      const old = keys.get(key);
      return old && old.tagName === fresh.tagName && !used.has(old) && !old.contains(parent) ? old : null;
    }
    for (let old = cursor; old; old = old.nextSibling) {
      if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) continue;
      if (!freshKeys.has(keyOf(old)) && !used.has(old)) return keyOf(old) ? null : old;
    }
    return null;
  };
  const children = (old, fresh) => {
    let cursor = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      // What goes is passed over first, so that what stays behind it need not be moved.
      while (cursor && keyOf(cursor) && !freshKeys.has(keyOf(cursor))) {
        rest.push(cursor);
        cursor = cursor.nextSibling;
      }
      const mine = partner(old, cursor, child);
      if (!mine) {
        old.insertBefore(document.importNode(child, false), cursor);
        become(cursor ? cursor.previousSibling : old.lastChild, child);
        continue;
      }
      used.add(mine);
      if (mine === cursor) cursor = cursor.nextSibling; else move(old, mine, cursor);
      become(mine, child);
    }
    for (; cursor; cursor = cursor.nextSibling) rest.push(cursor);
  };
  const become = (old, fresh) => {
    if (old.nodeType !== 1) { if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue; return; }
    if (old.isEqualNode(fresh) && !old.querySelector("[id]")) return;
    if (isLeftAlone(old)) return;
    attributes(old, fresh);
    children(old, fresh);
  };

  become(root, freshRoot);
  for (const node of rest) if (!used.has(node) && !isHeld(node)) node.remove();
  if (holder && holder !== document.activeElement && holder.isConnected) holder.focus({ preventScroll: true });
  const kept = inSight.find(({ row, list }) => row.isConnected && row.parentElement === list);
  const jumped = kept ? kept.row.getBoundingClientRect().top - kept.top : 0;
  if (Math.abs(jumped) > 1) scrollBy(0, jumped);
};

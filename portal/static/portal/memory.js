// What this browser remembers from page to page. A private window remembers nothing, and nothing fails for it.
export const remembered = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
export const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* this page only */ } };

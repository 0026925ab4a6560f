// Names as one types them: without accents and case, as `folded` in attendance/register/guests.py.
const folded = (text) => text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
export const wordsOf = (text) => folded(text).split(/\s+/).filter(Boolean);
export const hasAll = (text, words) => {
  const within = folded(text);
  return words.every((word) => within.includes(word));
};

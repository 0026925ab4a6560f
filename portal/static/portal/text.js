// Names as one types them: without accents and case, as `folded` in accounts/names.py; a test compares the two.
const LETTERS = {
  "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i",
  "ŧ": "t", "ŋ": "n", "ς": "σ", "’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-",
};
const unmarked = (text) => text.normalize("NFKD").replace(/\p{Mn}/gu, "");
export const folded = (text) =>
  unmarked(unmarked(text).toLowerCase()).replace(/[^\0-\x7f]/gu, (letter) => LETTERS[letter] ?? letter);
export const wordsOf = (text) => folded(text).split(/\s+/).filter(Boolean);
export const hasAll = (text, words) => {
  const within = folded(text);
  return words.every((word) => within.includes(word));
};

// Names as one types them: without accents and case, as `folded` in accounts/names.py; a test compares the two.
const APOSTROPHES = /[´`’‘ʼʻʹʾʿ′׳ꞌ]/g;
const LETTERS = {
  "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i",
  "ŧ": "t", "ŋ": "n", "ə": "e", "ɓ": "b", "ɗ": "d", "ɖ": "d", "ɛ": "e", "ɔ": "o", "ɣ": "g", "ƙ": "k",
  "ƴ": "y", "ƒ": "f", "ɲ": "n", "ʋ": "v", "ɨ": "i", "ς": "σ",
  "ـ": "", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه",
  "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "־": "-",
};
const DIGITS = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹";
const plain = (letter) => LETTERS[letter] ?? (DIGITS.includes(letter) ? String(DIGITS.indexOf(letter) % 10) : letter);
const unmarked = (text) => text.normalize("NFKD").replace(/\p{Mn}/gu, "");
export const folded = (text) =>
  unmarked(unmarked(text.replace(APOSTROPHES, "'")).toLowerCase()).replace(/[^\0-\x7f]/gu, plain);
export const wordsOf = (text) => folded(text).split(/\s+/).filter(Boolean);
export const hasAll = (text, words) => {
  const within = folded(text);
  return words.every((word) => within.includes(word));
};

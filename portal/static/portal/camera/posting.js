// Posts a picture and reads the answer to it. `posted(url, body)` gives
//   {answer, word, wait}          what the server found; with a sentence (word) nobody is recognised for some seconds
//   {refused, status, word, wait} why it did not look, in a sentence
//   {isAway, word, wait}          nobody of the portal answered, or its server failed
//   {isOver, wait}                signed out, or what the page shows is no more: it is to be loaded again
// word: one of #cam-words or a sentence to show; wait: ms until it makes sense to ask again.
import { csrfToken } from "../page.js";

const AWAY = { isAway: true, word: "offline", wait: 2000 }, FAULT = { ...AWAY, word: "fault" };
export const isJson = (answer) => (answer.headers.get("Content-Type") || "").includes("json");

export const posted = async (url, body) => {
  let answer;
  try { answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } }); }
  catch { return AWAY; }
  if (answer.redirected || [403, 404].includes(answer.status)) return { isOver: true, wait: 5000 };
  if (!isJson(answer)) return answer.status >= 500 ? FAULT : AWAY;
  const data = await answer.json();
  if (!answer.ok) return { refused: data, status: answer.status, word: data.detail, wait: 3000 };
  return { answer: data, word: data.detail, wait: data.detail ? 5000 : 0 };
};

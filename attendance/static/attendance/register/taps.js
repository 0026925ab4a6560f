// Taps: a mark by its button or by the row's panel. What of a tap did not arrive can be sent later, once.
import { byId } from "../../portal/page.js";

export const isTap = ({ detail: { elt } }) => Boolean(elt?.matches?.(".mark-form, .more-form"));
// The answer to an act of somebody who is signed out meanwhile.
export const isOut = ({ detail: { xhr } }) => Boolean(xhr?.getResponseHeader("HX-Redirect"));
// Answers after which it is worth sending again: an old token, a fault of the server.
export const isUnsent = (status) => status === 403 || status >= 500;

// The moment of a time that is typed: on the lesson's day, or in the night after it.
const DAY = 86400;
const leftAt = (time) => {
  const clock = byId("clock").dataset, starts = Number(clock.starts), offset = Number(clock.offset);
  const [hours, minutes] = time.split(":").map(Number);
  const day = Math.floor((starts + offset) / DAY) * DAY;
  const at = day + hours * 3600 + minutes * 60 - offset;
  return new Date((at + 60 < starts ? at + DAY : at) * 1000).toISOString();
};
// What a form says: {status, label, details}. details is sent besides the status; a button's tap has none.
export const saidBy = (form, fields) => {
  const status = fields.get("status");
  if (!form.matches(".more-form")) return { status, details: {} };
  const radio = [...form.querySelectorAll("[name=status]")].find(({ value }) => value === status);
  const kind = radio.dataset.kind, minutes = fields.get("minutes"), left = fields.get("left");
  const details = { code: status === kind ? "" : status, note: fields.get("note") || "" };
  if (minutes) details.minutes_late = Number(minutes);
  if (left) details.left_at = leftAt(left);
  return { status: kind, label: radio.dataset.label, details };
};

/**
 * What the page says about itself when the picture may not be true, in the scene's own terms so that every screen says it alike.
 * The twin of core/src/scene/notice.rs, held to it by test vectors; change both.
 */

const AMBER = '#ffb020ff';
const INK = '#0b0f17ff';
const PAPER = '#f4f6f8ff';
const SOFT_PAPER = '#f4f6f8b0';

/**
 * A bar along the bottom edge that is laid over the last picture.
 *
 * @param {{ width: number, height: number }} canvas
 * @param {string} text
 */
export function bar(canvas, text) {
  const height = whole(canvas.height / 18);
  const rect = { x: 0, y: 0, w: canvas.width, h: height };
  return {
    key: '~notice',
    z: 2147483647,
    x: 0,
    y: canvas.height - height,
    nodes: [
      { kind: 'box', rect, fill: { solid: AMBER } },
      line(rect, whole((height * 5) / 8), 'bold', INK, text),
    ],
  };
}

/**
 * A whole picture with one message, for a screen that has nothing else to show.
 *
 * @param {{ width: number, height: number }} canvas
 * @param {string} title
 * @param {string} detail
 */
export function page(canvas, title, detail) {
  const unit = whole(Math.min(canvas.width, canvas.height) / 12);
  const middle = whole(canvas.height / 2);
  const titleRect = { x: 0, y: middle - unit, w: canvas.width, h: unit };
  const detailRect = { x: 0, y: middle + whole(unit / 4), w: canvas.width, h: whole(unit / 2) };
  const nodes = [
    line(titleRect, unit, 'heavy', PAPER, title),
    line(detailRect, whole(unit / 2), 'medium', SOFT_PAPER, detail),
  ];
  return { version: 1, canvas, background: INK, layers: [{ key: '~page', z: 0, x: 0, y: 0, nodes }] };
}

/**
 * The age of a picture as people say it: `8 s`, `3 min`, `2 h`.
 *
 * @param {number} ageMs
 * @returns {string}
 */
export function ageText(ageMs) {
  const seconds = Math.max(whole(ageMs / 1000), 0);
  if (seconds < 120) {
    return `${seconds} s`;
  }
  return seconds < 7200 ? `${whole(seconds / 60)} min` : `${whole(seconds / 3600)} h`;
}

function line(rect, size, weight, color, text) {
  const baseline = rect.y + whole((rect.h + whole((size * 7) / 10)) / 2);
  const style = { size_halves: size * 2, weight, align: 'center', color };
  return { kind: 'text', rect, baseline, text, style };
}

function whole(value) {
  return Math.trunc(value);
}

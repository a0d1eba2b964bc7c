/**
 * The painter alone, without a link: paints any scene at any moment and tells where its texts are.
 */

import { Painter } from '/assets/web/paint.js';
import { sample } from '/assets/web/sample.js';

const painter = new Painter(document.getElementById('picture'), document.body, () => 'data:,');
const faces = [];
document.fonts.forEach((face) => faces.push(face.load()));

/**
 * Paints once all faces are there, and returns the left edge and the width of each text's advance box, in canvas units;
 * an empty text has no edge (`null`).
 *
 * @param {Object} scene
 * @param {number} at
 * @returns {Promise<[number | null, number][]>}
 */
window.paint = async (scene, at) => {
  await Promise.all(faces);
  painter.paint(sample(scene, at));
  return Array.from(document.querySelectorAll('#picture text'), advanceBox);
};

/** Not `getBBox`, which also holds ink that hangs over. */
function advanceBox(text) {
  const starts = [];
  for (let index = 0; index < text.getNumberOfChars(); index += 1) {
    starts.push(text.getExtentOfChar(index).x);
  }
  return [starts.length > 0 ? Math.min(...starts) : null, text.getComputedTextLength()];
}

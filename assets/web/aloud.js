/**
 * Tells assistive technology what is new on the picture, through a live region.
 *
 * Clocks are left out, and a row that only moved is not told again: a listener wants the runner who just came in.
 */

const LINES_AT_ONCE = 6;

/** A voice needs about this long for what it was given. */
const PAUSE_MS = 4000;

export class Aloud {
  /** @param {HTMLElement} region with `aria-live` */
  constructor(region) {
    this.region = region;
    this.known = new Set();
    this.saidAtLocalMs = -Infinity;
  }

  /**
   * @param {Object} scene
   * @param {number} localMs
   */
  tell(scene, localMs) {
    if (localMs - this.saidAtLocalMs < PAUSE_MS) {
      return;
    }
    const lines = scene.layers.map(lineOf).filter((line) => line !== '');
    const news = lines.filter((line) => !this.known.has(line));
    this.known = new Set(lines);
    if (news.length > 0) {
      this.region.textContent = news.slice(0, LINES_AT_ONCE).join('. ');
      this.saidAtLocalMs = localMs;
    }
  }
}

function lineOf(layer) {
  return layer.nodes
    .filter((node) => node.kind === 'text')
    .map((node) => node.text)
    .join(' ');
}

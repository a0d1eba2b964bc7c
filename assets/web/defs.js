/**
 * Gradients and clips that the picture's elements refer to, made when first needed and removed when no longer used.
 */

import { cornerRadius, create, splitColor } from './svg.js';

export class Defs {
  constructor() {
    this.element = create('defs');
    /** @type {Map<string, { element: SVGElement, used: boolean }>} */
    this.known = new Map();
    this.made = 0;
  }

  /**
   * A reference to a rectangle as a clip.
   *
   * @param {import('./sample.js').Rect} rect
   * @param {number} radius of its corners
   * @returns {string}
   */
  clip(rect, radius) {
    const { x, y, w: width, h: height } = rect;
    const rx = cornerRadius(rect, radius);
    return this.reference(`clip ${x} ${y} ${width} ${height} ${rx}`, () => {
      const clip = create('clipPath');
      clip.appendChild(create('rect', { x, y, width, height, rx }));
      return clip;
    });
  }

  /**
   * A reference to `{ across: { from, to } }` or `{ down: { from, to } }` as a gradient.
   *
   * @param {{ across?: Object, down?: Object }} fill
   * @returns {string}
   */
  gradient(fill) {
    const { from, to } = fill.across || fill.down;
    return this.reference(`${fill.across ? 'across' : 'down'} ${from} ${to}`, () => {
      const gradient = create('linearGradient', fill.across ? { x2: 1, y2: 0 } : { x2: 0, y2: 1 });
      gradient.appendChild(stop(0, from));
      gradient.appendChild(stop(1, to));
      return gradient;
    });
  }

  /** Removes what was not referred to since the last sweep. */
  sweep() {
    this.known.forEach((definition, key) => {
      if (!definition.used) {
        definition.element.remove();
        this.known.delete(key);
      }
      definition.used = false;
    });
  }

  reference(key, make) {
    let definition = this.known.get(key);
    if (!definition) {
      this.made += 1;
      definition = { element: make(), used: true };
      definition.element.id = `def-${this.made}`;
      this.element.appendChild(definition.element);
      this.known.set(key, definition);
    }
    definition.used = true;
    return `url(#${definition.element.id})`;
  }
}

function stop(offset, color) {
  const { solid, alpha } = splitColor(color);
  return create('stop', { offset, 'stop-color': solid, 'stop-opacity': alpha });
}

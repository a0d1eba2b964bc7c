/**
 * The few helpers that drawing with SVG elements needs.
 */

const NAMESPACE = 'http://www.w3.org/2000/svg';

/**
 * A new SVG element.
 *
 * @param {string} tag
 * @param {Object<string, string | number>} [attributes]
 * @returns {SVGElement}
 */
export function create(tag, attributes = {}) {
  const element = document.createElementNS(NAMESPACE, tag);
  Object.keys(attributes).forEach((name) => element.setAttribute(name, attributes[name]));
  return element;
}

/** An element's attributes, which remembers what they are so that nothing is written twice. */
export class Attributes {
  /** @param {Element} element */
  constructor(element) {
    this.element = element;
    this.written = new Map();
  }

  /**
   * Gives an attribute a value, or takes it away for `null`.
   *
   * @param {string} name
   * @param {string | number | null} value
   */
  set(name, value) {
    const held = this.written.has(name) ? this.written.get(name) : null;
    if (held === value) {
      return;
    }
    this.written.set(name, value);
    if (value === null) {
      this.element.removeAttribute(name);
    } else {
      this.element.setAttribute(name, value);
    }
  }
}

/**
 * `#rrggbbaa` or `#rrggbb` as a colour without opacity, which every browser knows, and the opacity from 0 to 1.
 *
 * @param {string} color
 * @returns {{ solid: string, alpha: number }}
 */
export function splitColor(color) {
  const alpha = color.length > 7 ? parseInt(color.slice(7, 9), 16) / 255 : 1;
  return { solid: color.slice(0, 7), alpha };
}

/**
 * The radius that a rectangle's corners have room for.
 *
 * @param {import('./sample.js').Rect} rect
 * @param {number} radius
 */
export function cornerRadius(rect, radius) {
  return Math.min(radius, rect.w / 2, rect.h / 2);
}

/**
 * Paints a display list as SVG, which scales evenly and letterboxes by itself.
 *
 * The elements of the frame before are kept by their place in the list and only attributes that changed are written, so a frame
 * in which one clock ticks costs the browser one text.
 */

import { Defs } from './defs.js';
import { Attributes, cornerRadius, create, splitColor } from './svg.js';

const TAGS = { box: 'rect', text: 'text', image: 'image' };
const WEIGHTS = { medium: 500, bold: 700, heavy: 800 };
const ANCHORS = { left: 'start', center: 'middle', right: 'end' };
const ANCHORED_AT = { left: 0, center: 0.5, right: 1 };

export class Painter {
  /**
   * @param {SVGSVGElement} svg is filled with the picture
   * @param {HTMLElement} ground has the background colour, also where the picture leaves bars
   * @param {(id: string) => string} imageUrl where a picture is fetched from
   */
  constructor(svg, ground, imageUrl) {
    this.view = new Attributes(svg);
    this.ground = ground;
    this.imageUrl = imageUrl;
    this.defs = new Defs();
    this.root = create('g');
    /** @type {Slot[]} */
    this.slots = [];
    svg.appendChild(this.defs.element);
    svg.appendChild(this.root);
  }

  /** @param {import('./sample.js').DisplayList} list */
  paint({ canvas, background, items }) {
    this.view.set('viewBox', `0 0 ${canvas.width} ${canvas.height}`);
    this.ground.style.backgroundColor = splitColor(background).solid;
    items.forEach((item, index) => this.paintItem(this.slot(index, item.paint.kind), item));
    this.slots.splice(items.length).forEach((slot) => slot.group.remove());
    this.defs.sweep();
  }

  paintItem(slot, item) {
    slot.clip.set('clip-path', item.clip && this.defs.clip(item.clip, 0));
    switch (item.paint.kind) {
      case 'box':
        this.paintBox(slot, item);
        break;
      case 'text':
        this.paintText(slot, item);
        break;
      default:
        this.paintImage(slot, item);
    }
  }

  paintBox(slot, { rect, opacity, paint }) {
    const { solid, alpha } = paint.fill.solid
      ? splitColor(paint.fill.solid)
      : { solid: this.defs.gradient(paint.fill), alpha: 1 };
    slot.place(rect);
    slot.set('rx', cornerRadius(rect, paint.radius) || null);
    slot.fill(solid, alpha * opacity);
  }

  paintText(slot, { rect, opacity, paint }) {
    const { size_halves: sizeHalves, weight, align, color } = paint.style;
    const { solid, alpha } = splitColor(color);
    slot.set('x', rounded(rect.x + rect.w * ANCHORED_AT[align]));
    slot.set('y', rounded(paint.baseline));
    slot.set('text-anchor', ANCHORS[align]);
    slot.set('font-size', sizeHalves / 2);
    slot.set('font-weight', WEIGHTS[weight]);
    slot.fill(solid, alpha * opacity);
    slot.say(paint.text);
  }

  paintImage(slot, { rect, opacity, paint }) {
    slot.place(rect);
    slot.set('href', this.imageUrl(paint.image));
    slot.set('clip-path', paint.radius ? this.defs.clip(rect, paint.radius) : null);
    slot.set('opacity', opacity < 1 ? rounded(opacity) : null);
  }

  /** The elements for the item at `index`, new ones if those of the last frame were of another kind. */
  slot(index, kind) {
    const held = this.slots[index];
    if (held && held.kind === kind) {
      return held;
    }
    const slot = new Slot(kind);
    if (held) {
      this.root.replaceChild(slot.group, held.group);
    } else {
      this.root.appendChild(slot.group);
    }
    this.slots[index] = slot;
    return slot;
  }
}

/** The elements of one item: what is painted, in a group that cuts it to the layer's clip. */
class Slot {
  constructor(kind) {
    this.kind = kind;
    this.group = create('g');
    this.clip = new Attributes(this.group);
    const element = this.group.appendChild(create(TAGS[kind]));
    this.attributes = new Attributes(element);
    if (kind === 'text') {
      // The text element runs from left to right, so that its anchor means the same edge in every script;
      // the span within takes its direction from its own first letter (display.css).
      this.span = element.appendChild(create('tspan'));
    }
    if (kind === 'image') {
      // A picture that does not come leaves its place empty; a browser would draw a torn page there.
      element.addEventListener('load', () => this.set('visibility', null));
      element.addEventListener('error', () => this.set('visibility', 'hidden'));
    }
  }

  set(name, value) {
    this.attributes.set(name, value);
  }

  place({ x, y, w, h }) {
    this.set('x', rounded(x));
    this.set('y', rounded(y));
    this.set('width', rounded(w));
    this.set('height', rounded(h));
  }

  fill(color, opacity) {
    this.set('fill', color);
    this.set('fill-opacity', opacity < 1 ? rounded(opacity) : null);
  }

  say(text) {
    if (this.span.textContent !== text) {
      this.span.textContent = text;
    }
  }
}

/** A thousandth of a canvas unit is finer than any screen, and keeps attributes short. */
function rounded(value) {
  return Math.round(value * 1000) / 1000;
}

/**
 * From a scene and a moment to the flat list that the painter draws: the twin of core/src/scene/sample.rs.
 * This is the only place of the page where time becomes position.
 * Test vectors made by the Rust side hold the two together; change both.
 *
 * @typedef {{ x: number, y: number, w: number, h: number }} Rect in canvas units
 * @typedef {{ size_halves: number, weight: 'medium' | 'bold' | 'heavy', align: 'left' | 'center' | 'right', color: string }} TextStyle
 * @typedef {{ kind: 'box', radius: number, fill: Object }
 *   | { kind: 'text', baseline: number, text: string, style: TextStyle }
 *   | { kind: 'image', radius: number, image: string }} Paint
 * @typedef {{ rect: Rect, clip: Rect | null, opacity: number, paint: Paint }} Item
 * @typedef {{ canvas: { width: number, height: number }, background: string, items: Item[] }} DisplayList
 */

import { clockChange, clockText, modulo } from './clock.js';

/** The version of the scene's shape that is understood here. */
export const SCENE_VERSION = 1;

/**
 * What to paint at the server time `at`, back to front.
 *
 * @param {Object} scene
 * @param {number} at
 * @returns {DisplayList}
 */
export function sample(scene, at) {
  const items = [];
  for (const layer of scene.layers) {
    if (isShown(layer.show, at)) {
      pushItems(items, layer, at);
    }
  }
  return { canvas: scene.canvas, background: scene.background, items };
}

/**
 * When the picture will differ from the one at `at`: `at` itself while something moves, `null` for not before a new scene.
 *
 * @param {Object} scene
 * @param {number} at
 * @returns {number | null}
 */
export function nextFrame(scene, at) {
  let next = null;
  for (const layer of scene.layers) {
    for (const moment of changes(layer, at)) {
      next = next === null ? moment : Math.min(next, moment);
    }
  }
  return next;
}

function pushItems(items, layer, at) {
  const x = layer.x + property(layer, 'x', at, 0);
  const y = layer.y + property(layer, 'y', at, 0);
  const opacity = property(layer, 'opacity', at, 1000) / 1000;
  if (opacity <= 0) {
    return;
  }
  const clip = layer.clip || null;
  for (const node of layer.nodes) {
    const rect = { x: x + node.rect.x, y: y + node.rect.y, w: node.rect.w, h: node.rect.h };
    items.push({ rect, clip, opacity, paint: paint(node, y, at) });
  }
}

function paint(node, y, at) {
  switch (node.kind) {
    case 'box':
      return { kind: 'box', radius: node.radius || 0, fill: node.fill };
    case 'image':
      return { kind: 'image', radius: node.radius || 0, image: node.image };
    case 'clock':
      return { kind: 'text', baseline: y + node.baseline, text: clockText(node, at), style: node.style };
    default:
      return { kind: 'text', baseline: y + node.baseline, text: node.text, style: node.style };
  }
}

/** `show` is absent (always), `{ between: { from?, until? } }` or `{ turn: { page, pages, period_ms, since } }`. */
function isShown(show, at) {
  if (show && show.between) {
    const { from, until } = show.between;
    return (from === undefined || at >= from) && (until === undefined || at < until);
  }
  if (show && show.turn) {
    const { page, pages, since } = show.turn;
    return modulo(Math.floor((at - since) / periodMs(show.turn)), Math.max(pages, 1)) === page;
  }
  return true;
}

function property(layer, name, at, resting) {
  const tween = tweens(layer).find((candidate) => candidate.property === name);
  return tween ? value(tween, at) : resting;
}

function value(tween, at) {
  const t = Math.min(Math.max((at - tween.start) / Math.max(tween.length_ms, 1), 0), 1);
  return tween.from + (tween.to - tween.from) * eased(tween.ease, t);
}

function eased(ease, t) {
  switch (ease) {
    case 'out':
      return 1 - (1 - t) ** 3;
    case 'in':
      return t ** 3;
    case 'in_out':
      return t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
    default:
      return t;
  }
}

/** The moments from `at` on at which the layer changes by itself; `at` itself while it is moving. */
function changes(layer, at) {
  const moments = showChanges(layer.show, at);
  if (!isShown(layer.show, at)) {
    return moments;
  }
  for (const tween of tweens(layer)) {
    if (at < tween.start + tween.length_ms) {
      moments.push(Math.max(tween.start, at));
    }
  }
  for (const node of layer.nodes) {
    const change = node.kind === 'clock' ? clockChange(node, at) : null;
    if (change !== null) {
      moments.push(change);
    }
  }
  return moments;
}

function showChanges(show, at) {
  if (show && show.between) {
    return [show.between.from, show.between.until].filter((moment) => moment !== undefined && moment > at);
  }
  if (show && show.turn) {
    const period = periodMs(show.turn);
    return [show.turn.since + (Math.floor((at - show.turn.since) / period) + 1) * period];
  }
  return [];
}

function periodMs(turn) {
  return Math.max(turn.period_ms, 1);
}

function tweens(layer) {
  return layer.tweens || [];
}

/**
 * Holds the page's modules to the test vectors and returns what differs.
 */

import { clockChange, clockText } from '/assets/web/clock.js';
import { Follower, patched, sceneHash } from '/assets/web/follow.js';
import { ageText, bar, page } from '/assets/web/notice.js';
import { nextFrame, sample } from '/assets/web/sample.js';

/**
 * @param {Object} vectors
 * @param {number} tolerance between numbers that are not whole
 * @returns {{ checked: number, differences: string[] }}
 */
export function check(vectors, tolerance) {
  const differences = [];
  let checked = 0;
  const same = (what, actual, expected) => {
    checked += 1;
    const path = difference(actual, expected, tolerance);
    if (path !== null) {
      differences.push(`${what}${path}`);
    }
  };
  const { scenes } = vectors;
  scenes.forEach(deepFreeze);

  vectors.samples.forEach(({ scene, at, next, list }) => {
    same(`sample of scene ${scene} at ${at}`, sample(scenes[scene], at), list);
    same(`next frame of scene ${scene} at ${at}`, nextFrame(scenes[scene], at), next);
  });
  vectors.clocks.forEach(({ clock, at, text, next }) => {
    const given = Object.assign({}, clock);
    if (given.stopped_at === null) {
      delete given.stopped_at;
    }
    same(`clock ${JSON.stringify(clock)} at ${at}`, [clockText(given, at), clockChange(given, at)], [text, next]);
  });
  vectors.patches.forEach(({ from, to, patch, hash }) => {
    const result = patched(scenes[from], patch);
    same(`patch from ${from} to ${to}`, result, scenes[to]);
    same(`hash of patch from ${from} to ${to}`, sceneHash(result), hash);
  });
  follow(vectors.follows, same);
  vectors.bars.forEach(({ canvas, layer }) => same('bar', bar(canvas, 'No connection'), layer));
  vectors.pages.forEach(({ canvas, scene }) => same('page', page(canvas, 'Title', 'Detail'), scene));
  vectors.ages.forEach(({ age_ms: ageMs, text }) => same(`age ${ageMs}`, ageText(ageMs), text));
  return { checked, differences };
}

function follow(steps, same) {
  const follower = new Follower();
  steps.forEach((step, index) => {
    const answer = follower.receive(step.message, step.local_ms);
    const actual = {
      answer,
      revision: follower.held && follower.held.revision,
      hash: follower.held && sceneHash(follower.held.scene),
      server_time: follower.serverTime(step.local_ms + 10),
      stale_ms: [0, 3000, 3001, 60000].map((ms) => follower.staleMs(step.local_ms + ms)),
      stopped: follower.stopped,
    };
    const { answer: expectedAnswer, revision, hash, server_time, stale_ms, stopped } = step;
    same(`step ${index}`, actual, { answer: expectedAnswer, revision, hash, server_time, stale_ms, stopped });
  });
}

/** Where two values first differ, or `null`; an absent member is the same as `undefined`. */
function difference(actual, expected, tolerance) {
  if (typeof actual === 'number' && typeof expected === 'number') {
    const isFar = Math.abs(actual - expected) > tolerance;
    return isFar ? `: ${actual} instead of ${expected}` : null;
  }
  if (actual === null || expected === null || typeof actual !== 'object' || typeof expected !== 'object') {
    return actual === expected ? null : `: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`;
  }
  for (const key of new Set(Object.keys(actual).concat(Object.keys(expected)))) {
    const path = difference(actual[key], expected[key], tolerance);
    if (path !== null) {
      return `.${key}${path}`;
    }
  }
  return null;
}

function deepFreeze(value) {
  if (value && typeof value === 'object') {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
}

/**
 * Which picture the screen shows: the race's, with a bar over it while it is not known to be true, or a page that says why there
 * is none.
 */

import { SCENE_VERSION } from './sample.js';
import { ageText, bar, page } from './notice.js';

const LANDSCAPE = { width: 1920, height: 1080 };
const PORTRAIT = { width: 1080, height: 1920 };

/** A page that connects at once, as it should, says nothing about it. */
const PATIENCE_MS = 1500;

const ENDED = {
  revoked: 'The operator switched it off',
  expired: 'Its time ran out',
};

/**
 * @param {{ id: string, follower: import('./follow.js').Follower, gone: boolean, openedAtLocalMs: number }} state
 * @param {number} localMs
 * @param {boolean} isPortrait of the window, for a page of our own
 * @returns {Object | null} a scene; `null` for an empty screen
 */
export function picture({ id, follower, gone, openedAtLocalMs }, localMs, isPortrait) {
  const canvas = isPortrait ? PORTRAIT : LANDSCAPE;
  if (gone) {
    return page(canvas, 'This display is not available', 'Ask the timing team for a new link');
  }
  if (follower.stopped) {
    return page(canvas, 'This display has ended', ENDED[follower.stopped] || '');
  }
  const scene = follower.scene();
  if (!scene) {
    return localMs - openedAtLocalMs < PATIENCE_MS ? null : page(canvas, 'Connecting', `${location.host} \u00b7 display ${id}`);
  }
  if (scene.version !== SCENE_VERSION) {
    return page(canvas, 'Updating this display', 'The server is newer than this page');
  }
  const staleMs = follower.staleMs(localMs);
  return staleMs === null ? scene : withBar(scene, `No connection \u00b7 picture is ${ageText(staleMs)} old`);
}

function withBar(scene, text) {
  return Object.assign({}, scene, { layers: scene.layers.concat(bar(scene.canvas, text)) });
}

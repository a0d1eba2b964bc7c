/**
 * The display page: follows the stream and paints it.
 *
 * Frames are drawn while something moves; otherwise a timer waits for the next change, so a still picture costs nothing.
 */

import { Aloud } from './aloud.js';
import { Follower } from './follow.js';
import { holdLink } from './link.js';
import { Painter } from './paint.js';
import { picture } from './picture.js';
import { SCENE_VERSION, nextFrame, sample } from './sample.js';
import { behaveLikeAScreen } from './screen.js';

const HOUSE_FAMILY = 'Barlow Condensed';
const FONTS_MS = 5000;

/** How often the picture is looked at even though nothing came: a silent line has to be told. */
const LOOK_MS = 1000;

const LONGEST_TIMER_MS = 3600000;

/** A page that does not understand the scene loads itself anew after this long, spread over as long again. */
const RELOAD_MS = 10000;

const now = () => Math.round(performance.now());
const id = location.pathname.split('/').pop().toLowerCase();
const path = `/display/${id}`;
const state = { id, follower: new Follower(), gone: false, openedAtLocalMs: now() };
const painter = new Painter(
  document.getElementById('picture'),
  document.body,
  (image) => `${path}/images/${encodeURIComponent(image)}`,
);
const aloud = new Aloud(document.getElementById('aloud'));
let frame = 0;
let timer = 0;
let reload = 0;

start();

async function start() {
  document.getElementById('hint').remove();
  behaveLikeAScreen(document.documentElement);
  await houseFaces();
  setInterval(look, LOOK_MS);
  window.addEventListener('resize', look);
  state.gone = (await holdLink(path, now, receive, () => state.follower.stopped !== null)) === 'gone';
  look();
}

/** Starts loading every face, so that no name waits for its script's, and waits for those that carry the layout. */
function houseFaces() {
  const loading = [];
  document.fonts.forEach((face) => {
    const loaded = face.load().catch(() => {});
    if (face.family.replace(/"/g, '') === HOUSE_FAMILY) {
      loading.push(loaded);
    }
  });
  return Promise.race([Promise.all(loading), new Promise((resolve) => setTimeout(resolve, FONTS_MS))]);
}

function receive(message, localMs) {
  const answer = state.follower.receive(message, localMs);
  look();
  return answer;
}

/** Draws at the browser's next frame. */
function look() {
  if (frame === 0) {
    frame = requestAnimationFrame(draw);
  }
}

function draw() {
  frame = 0;
  const localMs = now();
  const scene = picture(state, localMs, window.innerHeight > window.innerWidth);
  if (scene === null) {
    return;
  }
  const at = state.follower.serverTime(localMs) || 0;
  painter.paint(sample(scene, at));
  aloud.tell(scene, localMs);
  lookAgain(nextFrame(scene, at), at);
  if (isTooNew(state.follower.scene())) {
    reloadSoon();
  }
}

function lookAgain(next, at) {
  clearTimeout(timer);
  if (next !== null && next <= at) {
    look();
  } else if (next !== null) {
    timer = setTimeout(look, Math.min(next - at, LONGEST_TIMER_MS));
  }
}

function isTooNew(scene) {
  return scene !== null && scene.version !== SCENE_VERSION;
}

function reloadSoon() {
  if (reload === 0) {
    reload = setTimeout(() => location.reload(), RELOAD_MS * (1 + Math.random()));
  }
}

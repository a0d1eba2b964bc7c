/**
 * The screen's side of the stream: messages in, the newest scene and the server's time out.
 * The twin of core/src/wire/follow.rs, scene/patch.rs and scene/hash.rs, held to them by test vectors; change both.
 *
 * "Local" times are whole milliseconds of the page's own steady clock, from any start.
 */

const HEARTBEAT_MS = 1000;

/** How long after the last sign of life a picture counts as old: three heartbeats. */
export const STALE_AFTER_MS = 3 * HEARTBEAT_MS;

/** How fast an old measurement of the clock loses its worth: quartz drifts up to 50 ms in 1,000 s. */
const DRIFT_MS_PER_SECOND = 0.05;

/** The uncertainty of a time that came without being asked for, when the way here took an unknown time. */
const ONE_WAY_UNCERTAINTY_MS = 500;

export class Follower {
  constructor() {
    /** @type {{ epoch: number, revision: number, scene: Object, hash: number | null } | null} */
    this.held = null;
    /** @type {{ offsetMs: number, uncertaintyMs: number, measuredAtLocalMs: number } | null} */
    this.offset = null;
    /** @type {number | null} */
    this.heardAtLocalMs = null;
    /** @type {'revoked' | 'expired' | null} */
    this.stopped = null;
  }

  /**
   * Takes a message that arrived at `localMs` and says what to answer, if anything.
   *
   * @param {Object} message
   * @param {number} localMs
   * @returns {Object | null}
   */
  receive(message, localMs) {
    this.heardAtLocalMs = localMs;
    switch (message.type) {
      case 'hello':
        this.hearTime(message.server_time, localMs, ONE_WAY_UNCERTAINTY_MS);
        return { type: 'time', sent: localMs };
      case 'time':
        this.hearAnswer(message, localMs);
        return null;
      case 'scene':
        this.held = { epoch: message.epoch, revision: message.revision, scene: message.scene, hash: null };
        return null;
      case 'patch':
        return this.applyPatch(message) ? null : { type: 'resync' };
      case 'heartbeat':
        this.hearTime(message.server_time, localMs, ONE_WAY_UNCERTAINTY_MS);
        return this.holds(message) ? null : { type: 'resync' };
      case 'stop':
        this.stopped = message.reason;
        this.held = null;
        return null;
      default:
        return null;
    }
  }

  /** The newest picture, or `null` before one came. A scene is never changed once it was given out. */
  scene() {
    return this.held && this.held.scene;
  }

  /**
   * The server's time at `localMs`; `null` until the server has told one.
   *
   * @param {number} localMs
   * @returns {number | null}
   */
  serverTime(localMs) {
    return this.offset && localMs + this.offset.offsetMs;
  }

  /**
   * How old the picture is, once that is worth telling people; `null` while the link lives.
   *
   * @param {number} localMs
   * @returns {number | null}
   */
  staleMs(localMs) {
    const ageMs = this.heardAtLocalMs === null ? 0 : localMs - this.heardAtLocalMs;
    return ageMs > STALE_AFTER_MS ? ageMs : null;
  }

  applyPatch({ epoch, base, revision, patch }) {
    if (!this.held || this.held.epoch !== epoch || this.held.revision !== base) {
      return false;
    }
    this.held = { epoch, revision, scene: patched(this.held.scene, patch), hash: null };
    return true;
  }

  holds({ epoch, revision, hash }) {
    const held = this.held;
    if (!held || held.epoch !== epoch || held.revision !== revision) {
      return false;
    }
    if (held.hash === null) {
      held.hash = sceneHash(held.scene);
    }
    return held.hash === hash;
  }

  /**
   * The way there and back bounds an answer's error, so a held clock outside these bounds has jumped: the screen's computer slept,
   * or the server's clock was set.
   */
  hearAnswer(message, localMs) {
    const halfWayMs = Math.floor(Math.max(localMs - message.sent, 0) / 2);
    const serverTime = message.server_time + halfWayMs;
    const held = this.offset;
    if (held && Math.abs(serverTime - localMs - held.offsetMs) > uncertaintyAt(held, localMs) + halfWayMs) {
      this.offset = null;
    }
    this.hearTime(serverTime, localMs, halfWayMs);
  }

  /** Keeps the better of the held and the heard clock, where a held one gets worse with age. */
  hearTime(serverTime, localMs, uncertaintyMs) {
    const held = this.offset;
    if (!held || uncertaintyAt(held, localMs) >= uncertaintyMs) {
      this.offset = { offsetMs: serverTime - localMs, uncertaintyMs, measuredAtLocalMs: localMs };
    }
  }
}

/**
 * The scene that a patch makes of `scene`, which stays as it is.
 *
 * @param {Object} scene
 * @param {Object} patch
 */
export function patched(scene, patch) {
  const gone = new Set(patch.drop);
  const put = patch.put || [];
  put.forEach((layer) => gone.add(layer.key));
  const layers = scene.layers.filter((layer) => !gone.has(layer.key)).concat(put);
  layers.sort((a, b) => a.z - b.z || compareByCodePoint(a.key, b.key));
  return Object.assign({}, scene, {
    canvas: patch.canvas || scene.canvas,
    background: patch.background || scene.background,
    layers,
  });
}

/**
 * FNV-1a, 32 bits, over the JSON text of the canvas, the background and each layer in order.
 *
 * @param {Object} scene
 * @returns {number}
 */
export function sceneHash(scene) {
  const encoder = new TextEncoder();
  let hash = 0x811c9dc5;
  for (const part of [[scene.canvas, scene.background]].concat(scene.layers)) {
    for (const byte of encoder.encode(JSON.stringify(part))) {
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
  }
  return hash >>> 0;
}

/** JavaScript compares by UTF-16 units, which puts U+10000 before U+E000; the server compares by code point. */
function compareByCodePoint(a, b) {
  const [left, right] = [Array.from(a), Array.from(b)];
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const order = left[index].codePointAt(0) - right[index].codePointAt(0);
    if (order !== 0) {
      return order;
    }
  }
  return left.length - right.length;
}

function uncertaintyAt(offset, localMs) {
  const ageSeconds = (localMs - offset.measuredAtLocalMs) / 1000;
  return offset.uncertaintyMs + Math.trunc(ageSeconds * DRIFT_MS_PER_SECOND);
}

/**
 * How a clock is written at a moment: the twin of core/src/scene/clock.rs.
 * All times are milliseconds since 1970.
 *
 * @typedef {{ zero_at: number, stopped_at?: number, format: 'race' | 'time_of_day' | 'hour_minute' }} Clock
 */

const SECOND_MS = 1000;
const DAY_SECONDS = 86400;

/**
 * The clock's text at `at`; a race clock is cut to the second.
 *
 * @param {Clock} clock
 * @param {number} at
 * @returns {string}
 */
export function clockText(clock, at) {
  const elapsedMs = shownAt(clock, at) - clock.zero_at;
  if (clock.format === 'race') {
    return elapsedMs < 0 ? `\u2212${race(Math.ceil(-elapsedMs / SECOND_MS))}` : race(Math.floor(elapsedMs / SECOND_MS));
  }
  const seconds = modulo(Math.floor(elapsedMs / SECOND_MS), DAY_SECONDS);
  const hourMinute = `${twoDigits(seconds / 3600)}:${twoDigits((seconds / 60) % 60)}`;
  return clock.format === 'hour_minute' ? hourMinute : `${hourMinute}:${twoDigits(seconds % 60)}`;
}

/**
 * The first moment after `at` at which the text is another; `null` once the clock stands still.
 *
 * @param {Clock} clock
 * @param {number} at
 * @returns {number | null}
 */
export function clockChange(clock, at) {
  const stop = clock.stopped_at;
  if (stop !== undefined && at >= stop) {
    return null;
  }
  const stepMs = clock.format === 'hour_minute' ? 60 * SECOND_MS : SECOND_MS;
  const next = clock.zero_at + (Math.floor((at - clock.zero_at) / stepMs) + 1) * stepMs;
  return stop === undefined ? next : Math.min(next, stop);
}

/**
 * The remainder that is never negative.
 *
 * @param {number} value
 * @param {number} divisor
 */
export function modulo(value, divisor) {
  return ((value % divisor) + divisor) % divisor;
}

function shownAt(clock, at) {
  return clock.stopped_at === undefined ? at : Math.min(clock.stopped_at, at);
}

function race(seconds) {
  return `${Math.floor(seconds / 3600)}:${twoDigits((seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
}

function twoDigits(value) {
  return String(Math.floor(value)).padStart(2, '0');
}

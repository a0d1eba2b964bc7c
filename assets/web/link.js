/**
 * The line to the server: a WebSocket, or server-sent events where a WebSocket cannot be held, opened again for ever.
 */

const SUBPROTOCOL = 'gantry.display.v1';

/** A connection that says nothing for this long is given up; heartbeats come each second. */
const SILENCE_MS = 6000;

/** How often the server's time is asked anew. */
const ASK_TIME_MS = 15000;

/** So many WebSockets may fail before their first message, while the server answers, before events are tried. */
const WEBSOCKET_TRIES = 2;

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const PROBE_MS = 5000;

/**
 * @typedef {{ send: (message: Object) => void, close: () => void }} Connection
 * @typedef {{ message: (text: string) => void, lost: () => void }} Ears
 */

/**
 * Holds a link until the display is over or there is no such display; resolves then.
 *
 * @param {string} path of the display, `/display/{id}`
 * @param {() => number} now whole milliseconds of a steady clock
 * @param {(message: Object, localMs: number) => Object | null} receive takes a message and returns the answer, if any
 * @param {() => boolean} isOver tells after a message whether the server has ended the display
 * @returns {Promise<'over' | 'gone'>}
 */
export async function holdLink(path, now, receive, isOver) {
  let failures = 0;
  let waits = 0;
  for (;;) {
    const dial = failures < WEBSOCKET_TRIES ? dialWebSocket : dialEvents;
    const dialledAt = now();
    const heard = await live(dial, path, now, receive, isOver);
    if (isOver()) {
      return 'over';
    }
    if (!heard) {
      const server = await probe(path);
      if (server === 'gone') {
        return 'gone';
      }
      failures = server === 'answers' ? (failures + 1) % (WEBSOCKET_TRIES + 1) : failures;
    } else if (dial === dialWebSocket) {
      failures = 0;
    }
    waits = now() - dialledAt > LONGEST_WAIT_MS ? 0 : waits + 1;
    await pause(waitMs(waits));
  }
}

/** One connection, from dialling to its end; tells whether it ever said anything. */
function live(dial, path, now, receive, isOver) {
  return new Promise((resolve) => {
    let connection = null;
    let heard = false;
    let silence = setTimeout(end, SILENCE_MS);
    const questions = setInterval(() => connection.send({ type: 'time', sent: now() }), ASK_TIME_MS);

    function hear(text) {
      clearTimeout(silence);
      silence = setTimeout(end, SILENCE_MS);
      const answer = receive(JSON.parse(text), now());
      heard = true;
      if (isOver()) {
        end();
      } else if (answer) {
        connection.send(answer);
      }
    }

    function end() {
      clearTimeout(silence);
      clearInterval(questions);
      if (connection) {
        connection.close();
      }
      resolve(heard);
    }

    try {
      connection = dial(path, { message: hear, lost: end });
    } catch (_refusedByTheBrowser) {
      end();
    }
  });
}

/**
 * @param {string} path
 * @param {Ears} ears
 * @returns {Connection}
 */
function dialWebSocket(path, ears) {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(`${scheme}//${location.host}${path}/live`, SUBPROTOCOL);
  socket.onmessage = (event) => ears.message(event.data);
  socket.onclose = () => ears.lost();
  return {
    send: (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message)),
    close() {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    },
  };
}

/**
 * Events go one way only, so a question about the time is dropped and a new picture is had by connecting anew.
 *
 * @param {string} path
 * @param {Ears} ears
 * @returns {Connection}
 */
function dialEvents(path, ears) {
  const events = new EventSource(`${path}/events`);
  events.onmessage = (event) => ears.message(event.data);
  events.onerror = () => ears.lost();
  return {
    send: (message) => message.type === 'resync' && ears.lost(),
    close() {
      events.onmessage = null;
      events.onerror = null;
      events.close();
    },
  };
}

/**
 * What the server says of the display's page: a browser does not tell why a WebSocket failed, but it tells this.
 *
 * @param {string} path
 * @returns {Promise<'answers' | 'gone' | 'silent'>}
 */
async function probe(path) {
  const silent = pause(PROBE_MS).then(() => null);
  const response = await Promise.race([fetch(path, { method: 'HEAD', cache: 'no-store' }).catch(() => null), silent]);
  if (response && (response.status === 404 || response.status === 410)) {
    return 'gone';
  }
  return response && response.ok ? 'answers' : 'silent';
}

/** Doubles with every wait up to the longest, and is spread by chance so that screens do not all come at once. */
function waitMs(waits) {
  const fullMs = Math.min(FIRST_WAIT_MS * 2 ** (waits - 1), LONGEST_WAIT_MS);
  return fullMs * (0.5 + Math.random() / 2);
}

/** Resolves after `ms`, or as soon as the browser finds its network again. */
function pause(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    window.addEventListener('online', done);
    function done() {
      clearTimeout(timer);
      window.removeEventListener('online', done);
      resolve();
    }
  });
}

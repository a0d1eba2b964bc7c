/**
 * Makes a browser window behave like a screen on a wall: fullscreen, no pointer, never asleep.
 */

const POINTER_MS = 3000;

/** @param {HTMLElement} root gets the class `idle` while nobody moves the pointer */
export function behaveLikeAScreen(root) {
  document.addEventListener('dblclick', () => toggleFullscreen(root));
  document.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() === 'f' && !event.ctrlKey && !event.metaKey && !event.altKey) {
      toggleFullscreen(root);
    }
  });
  hideIdlePointer(root);
  stayAwake();
}

function toggleFullscreen(root) {
  const active = document.fullscreenElement || document.webkitFullscreenElement;
  const toggle = active
    ? document.exitFullscreen || document.webkitExitFullscreen
    : root.requestFullscreen || root.webkitRequestFullscreen;
  const done = toggle && toggle.call(active ? document : root);
  ignoreRefusal(done);
}

function hideIdlePointer(root) {
  let timer = 0;
  const wake = () => {
    clearTimeout(timer);
    root.classList.remove('idle');
    timer = setTimeout(() => root.classList.add('idle'), POINTER_MS);
  };
  document.addEventListener('mousemove', wake);
  wake();
}

/** The lock is lost whenever the window is hidden, so it is asked for again each time it is seen. */
function stayAwake() {
  const ask = () => {
    if (navigator.wakeLock && document.visibilityState === 'visible') {
      ignoreRefusal(navigator.wakeLock.request('screen'));
    }
  };
  document.addEventListener('visibilitychange', ask);
  ask();
}

/** A browser may refuse what is only a comfort; the picture goes on without it. */
function ignoreRefusal(promise) {
  if (promise && promise.catch) {
    promise.catch(() => {});
  }
}

// What the browser gives; tests give something else.

// Bytes of chance as base64url.
export const chance = (bytes) => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))))
  .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

export const browser = () => ({
  window,
  document,
  navigator,
  AbortController: window.AbortController,
  WebSocket: window.WebSocket,
  XMLHttpRequest: window.XMLHttpRequest,
  fetch: (address, options) => window.fetch(address, options),
  storage: () => window.localStorage,
  now: () => Date.now(),
  random: () => Math.random(),
  chance,
  address: () => location.href,
  preview: (file) => URL.createObjectURL(file),
  forgetPreview: (url) => URL.revokeObjectURL(url),
  setTimeout: (work, ms) => window.setTimeout(work, ms),
  clearTimeout: (timer) => window.clearTimeout(timer),
  setInterval: (work, ms) => window.setInterval(work, ms),
});

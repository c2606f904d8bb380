// Files on their way to the server: two at a time, told how far they are, tried again when the network fails. Pure but for `env`.

const AT_ONCE = 2;
const TRIES = 5;
const STALLED = 60000; // ms without progress
const PATIENT = 60; // s: a longer pause is for the operator to decide on
const LONE = /[\ud800-\udfff]/gu; // half a character, which has no UTF-8

const read = (text) => {
  try { return JSON.parse(text) || {}; } catch { return {}; }
};

/**
 * A file is { name, size, type, blob }; it gets `progress` (0 to 1), `id` once it is there (with `kind`, `mime`, `width`, `height`),
 * `failed`: why not. `changed()` is told of each step, `lost` is said where the server said nothing. `env` is the window.
 */
export const createUploads = ({ address, changed, lost }, env = window) => {
  const queue = []; // jobs: { file, xhr, tries, timer, watch }

  const take = (job) => queue.splice(queue.indexOf(job), 1);
  const end = (job, found) => {
    take(job);
    Object.assign(job.file, found);
    pump();
    changed();
  };
  const again = (job, seconds) => {
    job.file.progress = 0;
    job.timer = env.setTimeout(() => {
      job.timer = 0;
      pump();
    }, seconds * 1000);
    pump();
    changed();
  };
  const done = (job) => {
    const { status, responseText } = job.xhr;
    const answer = read(responseText);
    const wait = Number(job.xhr.getResponseHeader && job.xhr.getResponseHeader('Retry-After')) || 0;
    env.clearTimeout(job.watch);
    job.xhr = null;
    if (status >= 200 && status < 300 && answer.id) {
      const { id, kind, mime, width, height } = answer;
      end(job, { id: String(id), kind, mime, width, height, progress: 1, failed: '' });
    } else if (status === 429 ? wait && wait <= PATIENT : !status || status >= 500) {
      if (env.navigator.onLine === false) again(job, 3);
      else if (++job.tries >= TRIES) end(job, { failed: String(answer.message || lost) });
      else again(job, wait || 2 ** job.tries * (0.5 + env.Math.random() / 2));
    } else end(job, { failed: String(answer.message || lost) });
  };
  const run = (job) => {
    const xhr = new env.XMLHttpRequest();
    const watch = () => {
      env.clearTimeout(job.watch);
      job.watch = env.setTimeout(() => xhr.abort(), STALLED);
    };
    job.xhr = xhr;
    xhr.open('POST', address);
    xhr.setRequestHeader('X-Otklik', '1');
    xhr.setRequestHeader('X-File-Name', encodeURIComponent(job.file.name.replace(LONE, '').slice(-200)));
    xhr.upload.onprogress = (event) => {
      watch();
      job.file.progress = event.total ? event.loaded / event.total : 0;
      changed();
    };
    xhr.onloadend = () => { if (job.xhr === xhr) done(job); };
    watch();
    xhr.send(job.file.blob);
  };

  function pump() {
    for (const job of queue) {
      const running = queue.filter(({ xhr }) => xhr).length;
      if (!job.xhr && !job.timer && running < AT_ONCE) run(job);
    }
  }

  return {
    add(file) {
      if (file.id || queue.some((job) => job.file === file)) return;
      Object.assign(file, { progress: 0, failed: '' });
      queue.push({ file, tries: 0 });
      pump();
    },
    cancel(file) {
      const job = queue.find((one) => one.file === file);
      if (!job) return;
      take(job);
      env.clearTimeout(job.timer);
      env.clearTimeout(job.watch);
      const { xhr } = job;
      job.xhr = null;
      if (xhr) xhr.abort();
      pump();
    },
  };
};

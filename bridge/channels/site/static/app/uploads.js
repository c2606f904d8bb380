// Files on their way to the server: two at a time, told how far they are, sent again when the network fails.
import { decode } from './encode.js';
import { words } from './words.js';

const AT_ONCE = 2;
const UPLOAD_TRIES = 5;
const STALLED = 60000; // ms without progress
const TOKEN_AGE = 50 * 60000; // ms; the server takes it for an hour
const SOON = 60; // s: a longer pause is for the visitor to decide on
const LONE = /[\ud800-\udfff]/gu; // half a character, which has no UTF-8

// A file is {key, name, size, kind, blob, url, progress, failed, file}; `file` is the server's name of it once it is there.
// `token()` gives {value, at} of the newest welcome or null, `renew()` asks for a new one, `changed()` is told of progress,
// `ended(file)` when it is there or has failed for good.
export const createUploads = (address, token, renew, changed, ended, env) => {
  const { setTimeout, clearTimeout } = env;
  const queue = []; // jobs: {file, xhr, tries, timer}

  const end = (job, failed) => {
    queue.splice(queue.indexOf(job), 1);
    job.file.failed = failed;
    ended(job.file);
    pump();
  };
  const again = (job, seconds) => {
    job.file.progress = 0;
    job.timer = setTimeout(() => {
      job.timer = 0;
      pump();
    }, seconds * 1000);
    changed();
    pump();
  };
  const done = (job, status, body) => {
    const answer = body || {};
    const wait = Number(answer.retry_after) || 0;
    clearTimeout(job.watch);
    job.xhr = null;
    if (status >= 200 && status < 300 && answer.file) {
      Object.assign(job.file, { file: String(answer.file), kind: answer.kind || job.file.kind, progress: 1 });
      end(job, '');
    } else if (status === 401 && job.tries++ < UPLOAD_TRIES) {
      renew(job.used);
      again(job, 1);
    } else if (status === 429 ? wait && wait <= SOON : !status || status >= 500) {
      if (env.navigator.onLine === false) again(job, 3);
      else if (++job.tries >= UPLOAD_TRIES) end(job, words['upload-failed']);
      else again(job, wait || 2 ** job.tries * (0.5 + env.Math.random() / 2));
    } else {
      end(job, String(answer.message || words['upload-failed']));
    }
  };
  const run = (job, { value }) => {
    const xhr = new env.XMLHttpRequest();
    const watch = () => {
      clearTimeout(job.watch);
      job.watch = setTimeout(() => xhr.abort(), STALLED);
    };
    job.xhr = xhr;
    job.used = value;
    xhr.open('POST', address);
    xhr.setRequestHeader('Authorization', 'Bearer ' + value);
    xhr.setRequestHeader('X-File-Name', encodeURIComponent(job.file.name.replace(LONE, '').slice(-200)));
    xhr.upload.onprogress = (event) => {
      watch();
      job.file.progress = event.total ? event.loaded / event.total : 0;
      changed();
    };
    xhr.onloadend = () => { if (job.xhr === xhr) done(job, xhr.status, decode(xhr.responseText)); };
    watch();
    xhr.send(job.file.blob.slice()); // a slice has no type, so no header of it has to be allowed
  };

  function pump() {
    const usable = token();
    if (!usable) return;
    if (env.Date.now() - usable.at > TOKEN_AGE && queue.length) {
      renew(usable.value);
      return;
    }
    queue.forEach((job) => {
      const running = queue.filter((one) => one.xhr).length;
      if (!job.xhr && !job.timer && running < AT_ONCE) run(job, usable);
    });
  }

  return {
    pump,
    add(file) {
      if (queue.some((job) => job.file === file)) return;
      Object.assign(file, { progress: 0, failed: '' });
      queue.push({ file, tries: 0 });
      pump();
    },
    cancel(file) {
      const job = queue.find((one) => one.file === file);
      if (!job) return;
      queue.splice(queue.indexOf(job), 1);
      clearTimeout(job.timer);
      clearTimeout(job.watch);
      const { xhr } = job;
      job.xhr = null;
      if (xhr) xhr.abort();
      pump();
    },
  };
};

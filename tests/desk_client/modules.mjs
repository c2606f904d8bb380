// The desk's modules in Node: what they share with the widget lies in another folder, and their words are made by the server.

import { existsSync, readFileSync } from 'node:fs';
import { register } from 'node:module';

const ROOT = new URL('../../', import.meta.url);
const APP = new URL('bridge/desks/web/static/app/', ROOT);
const SHARED = new URL('bridge/web/shared/', ROOT);
const WORDS = 'data:text/javascript,' + encodeURIComponent(`export const words = new Proxy({}, { get: (_, name) => (
  typeof name === 'string' ? name : undefined) }); export const language = 'ru';`);

register('data:text/javascript,' + encodeURIComponent(`
  import { existsSync } from 'node:fs';
  const [app, shared] = ${JSON.stringify([APP, SHARED])};
  export const resolve = (name, context, next) => {
    if (name === './words.js') return { url: ${JSON.stringify(WORDS)}, shortCircuit: true };
    const from = context.parentURL || '';
    if ((!from.startsWith(app) && !from.startsWith(shared)) || !name.startsWith('./')) return next(name, context);
    const here = [app, shared].map((folder) => new URL(name, folder)).find((url) => existsSync(url));
    return here ? { url: String(here), shortCircuit: true } : next(name, context);
  };
`));

/** A module of the desk by its name. */
export const load = (name) => import(new URL(name + '.js', APP));

/** The source of a module, whichever folder it lies in. */
export const source = (name) => readFileSync([APP, SHARED].map((folder) => new URL(name + '.js', folder)).find((url) => existsSync(url)), 'utf8');

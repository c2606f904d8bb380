// The files of the visitor's own messages, while they are on their way out.

import { button, icon, make, picture, put } from '../../../../web/shared/dom.js';
import { drawAbout } from '../../../../web/shared/files.js';
import { CROSS } from '../../../../web/shared/icons.js';
import { words } from './words.js';

/** A file on its way out: { node, paint() } with the progress and a way to stop it. */
export const drawOutgoing = (item, file, ui) => {
  const { name, url, kind, key, size } = file;
  const stop = button('', words.cancel, () => ui.client.cancelFile(item.id, key), icon(CROSS));
  const bar = make('span', 'bar', 0, stop);
  const image = kind === 'photo' && url && picture({ src: url });
  const node = image ? make('div', 'pic', 0, image, bar)
    : make('div', 'doc', 0, bar, drawAbout(name, size, ui.language));
  return {
    node,
    paint() {
      const share = Math.round(100 * file.progress) || 0;
      bar.style.setProperty('--p', share + '%');
      put(stop, { 'aria-label': `${words.cancel}: ${name}, ${share} %` });
      bar.hidden = image && (share > 99 || item.failed);
    },
  };
};

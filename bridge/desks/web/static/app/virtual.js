// A list of which only what is seen is in the page. Rows are of one height; who stands where comes in windows from the server.

const OVERSCAN = 6; // rows beyond the edges
const STEP = 10; // windows begin at multiples of it
const DEBOUNCE = 90; // ms

/** The places that are seen: [first, end), with some beyond the edges. */
export const rangeOf = (top, height, rowHeight, total, over = OVERSCAN) => [
  Math.min(total, Math.max(0, Math.floor(top / rowHeight) - over)), Math.min(total, Math.ceil((top + height) / rowHeight) + over)];

/** The window to ask for, so that [first, end) lies in its middle; the old one, { offset, limit }, where it still covers it. */
export const windowFor = ([first, end], limit, old) => {
  if (old && first >= old.offset && end <= old.offset + old.limit) return old;
  const room = Math.max(0, limit - (end - first)) / 2;
  return { offset: Math.max(0, Math.floor((first - room) / STEP) * STEP), limit };
};

/** By how many places what is seen first moves between two orders: it stays where it is before the eyes. */
export const shiftOf = (before, after, [first, end]) => {
  const places = new Map([...after].map(([place, id]) => [id, place]));
  for (let place = first; place < end; place++) {
    const now = places.get(before.get(place));
    if (now !== undefined) return now - place;
  }
  return 0;
};

/**
 * The list in `node`, which scrolls, with `sizer` in it. `makeRow()` gives { node, update(id, place, total) };
 * `want({ offset, limit })` is called when another window is needed.
 */
export const createVirtual = ({ node, sizer, rowHeight, limit, makeRow, want }) => {
  const drawn = new Map(); // id, or the place of who is not known yet: row
  const spare = [];
  let places = new Map();
  let total = 0;
  let asked = null;
  let timer = 0;
  let waiting = 0;

  const seen = (over) => rangeOf(node.scrollTop, node.clientHeight, rowHeight, total, over);
  const ask = () => {
    timer = 0;
    const next = windowFor(seen(), limit, asked);
    if (next === asked) return;
    asked = next;
    want(next);
  };
  const paint = () => {
    waiting = 0;
    const [first, end] = seen();
    const needed = new Map();
    for (let place = first; place < end; place++) needed.set(places.get(place) ?? 'at ' + place, place);
    for (const [key, row] of drawn) {
      if (needed.has(key)) continue;
      drawn.delete(key);
      row.node.remove();
      spare.push(row);
    }
    let next = sizer.firstChild; // in the page they stand as they are seen
    for (const [key, place] of needed) {
      let row = drawn.get(key);
      if (!row) {
        row = spare.pop() || makeRow();
        drawn.set(key, row);
      }
      if (row.node === next) next = next.nextSibling; else sizer.insertBefore(row.node, next);
      row.node.style.transform = `translateY(${place * rowHeight}px)`;
      row.update(places.get(place), place, total);
    }
    spare.splice(20);
  };
  const soon = () => { waiting ||= requestAnimationFrame(paint); };

  node.addEventListener('scroll', () => {
    soon();
    if (!timer) timer = setTimeout(ask, DEBOUNCE);
  }, { passive: true });
  new ResizeObserver(() => {
    soon();
    timer ||= setTimeout(ask, DEBOUNCE);
  }).observe(node);

  return {
    paint: soon,
    /** Another order came. */
    set(nextPlaces, nextTotal) {
      const shift = node.scrollTop > rowHeight / 2 ? shiftOf(places, nextPlaces, [Math.floor(node.scrollTop / rowHeight), seen()[1]]) : 0;
      places = nextPlaces;
      total = nextTotal;
      sizer.style.height = total * rowHeight + 'px';
      if (shift) node.scrollTop += shift * rowHeight;
      paint();
      ask();
    },
    /** Another list: from its beginning. */
    restart() {
      clearTimeout(timer);
      timer = 0;
      places = new Map();
      asked = { offset: 0, limit };
      node.scrollTop = 0;
      want(asked);
    },
    placeOf(id) {
      for (const [place, one] of places) if (one === id) return place;
      return -1;
    },
    at: (place) => places.get(place),
    nodeOf: (id) => drawn.get(id)?.node,
    /** Bring a place before the eyes. */
    reveal(place) {
      const top = place * rowHeight;
      if (top < node.scrollTop) node.scrollTop = top;
      else if (top + rowHeight > node.scrollTop + node.clientHeight) node.scrollTop = top + rowHeight - node.clientHeight;
      paint();
    },
    page: () => Math.max(1, Math.floor(node.clientHeight / rowHeight) - 1),
    each: (work) => drawn.forEach((row) => work(row)),
  };
};

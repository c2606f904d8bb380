// What the desk knows: filled by the server's frames, read by all parts of the page. Pure: no network, no nodes.
//
//   state.on('rows', fn)   fn(detail) at each change of that kind; gives a function that ends it. Kinds:
//     welcome        who I am, groups, channels, colleagues came (again)
//     online         `state.online` (connected and greeted) or `state.over` changed
//     figures        the counters changed
//     list           the list's order or total changed: { query }
//     rows           rows changed: [id, …]
//     choice         another conversation was chosen: its id, or null
//     conversation   `state.talk` changed: { reset, messages: [id, …] (new or changed), earlier, state, customer, events }
//     stale          a conversation is not the one that was kept under this id: it has to be opened anew
//     looking        who looks at a conversation: its id
//     typing         the customer of the open conversation types: its id
//     new            { what, row }: for a pop-up
//     done, refused  the frame
//     bye            why the server ends the connection: { code, message }
//     colleagues, groups

const TALKS = 12; // conversations kept ready to be shown again
const TOLD = new Set(['too-many-pages', 'flood']); // ends that go by themselves, and are to be understood
const SHOWN_LIST = ['list', 'group', 'search'];

const byId = (items) => [...items].sort((a, b) => a.id - b.id);
const merged = (old, more) => byId(new Map([...old, ...more].map((item) => [item.id, item])).values());
const ids = (messages) => messages.map(({ id }) => id);

/** Whether two queries ask for the same list. */
export const sameList = (one, other) => SHOWN_LIST.every((name) => (one[name] || '') === (other[name] || ''));

// Places of a list: which row stands where, as far as the server has said.
const placesAfter = (old, { offset, order, total }) => {
  const fresh = new Set(order);
  const places = new Map([...old].filter(([place, id]) => place < total && !fresh.has(id)));
  order.forEach((id, i) => places.set(offset + i, id));
  return places;
};

const inOrder = (messages) => new Map(byId(messages).map((one) => [one.id, one]));

const talkOf = (frame) => ({
  id: frame.id, state: frame.conversation, customer: frame.customer, messages: inOrder(frame.messages || []),
  more: !!frame.more, events: byId(frame.events || []), history: frame.history || [], looking: frame.looking || [], cursor: frame.cursor,
  typingAt: 0,
});

// Put what changed into a talk; gives the ids of messages that are new or other than before.
const change = (talk, { conversation, customer, messages = [], events = [], history, looking, cursor }) => {
  const first = talk.messages.keys().next().value;
  // What is older than all that is here comes with `earlier`, in its place.
  const taken = byId(messages).filter(({ id }) => talk.messages.has(id) || !talk.more || first === undefined || id > first);
  const late = taken.some(({ id }) => !talk.messages.has(id) && id < Math.max(0, ...talk.messages.keys()));
  taken.forEach((one) => talk.messages.set(one.id, one));
  if (late) talk.messages = inOrder(talk.messages.values());
  Object.assign(talk, {
    state: conversation || talk.state, customer: customer || talk.customer, events: events.length ? merged(talk.events, events) : talk.events,
    history: history || talk.history, looking: looking || talk.looking, cursor: Math.max(cursor ?? 0, talk.cursor ?? 0),
  });
  return ids(taken);
};

/** The store. `clock` gives milliseconds. */
export const createState = (clock = Date.now) => {
  const listeners = new Map();
  const talks = new Map(); // by id, the one shown last at the end
  const emit = (kind, detail) => [...listeners.get(kind) || []].forEach((fn) => fn(detail));

  const state = {
    me: null,
    groups: [],
    channels: {},
    colleagues: [],
    allGroups: [],
    figures: { groups: {}, feed: 0, unanswered: 0, total: 0, mine: 0 },
    local: false,
    fileLimit: 0,
    until: null,
    online: false,
    over: null, // why there will be no connection: { code, message }
    skew: 0, // the server's clock before ours, ms
    rows: new Map(),
    query: { list: 'feed', group: null, search: '' },
    places: new Map(), // place in the list: id of the row
    total: null, // rows in the list; null: not known yet
    chosen: null,
    talk: null,

    on(kind, fn) {
      if (!listeners.has(kind)) listeners.set(kind, new Set());
      listeners.get(kind).add(fn);
      return () => listeners.get(kind).delete(fn);
    },
    /** What time it is, by the server's clock. */
    now: () => clock() + state.skew,
    /** The name of a group or channel, as people read it. */
    groupTitle: (name) => (state.groups.find((one) => one.name === name) || state.allGroups.find((one) => one.name === name) || { title: name }).title,

    /** Look at another list; the rows of the old one are forgotten as places, not as rows. */
    ask(query) {
      const same = sameList(state.query, query);
      state.query = { ...query };
      if (same) return;
      state.places = new Map();
      state.total = null;
      emit('list', { query });
    },
    /** Choose a conversation, or none; `state.talk` is what is known of it, or null until it comes. */
    choose(id) {
      if (state.chosen === id) return;
      state.chosen = id;
      state.talk = talks.get(id) || null;
      if (state.talk) state.talk.looking = [];
      emit('choice', id);
    },
    setOnline(online, over = state.over) {
      if (state.online === online && state.over === over) return;
      Object.assign(state, { online, over });
      emit('online', online);
    },
    /** Take a frame of the server. */
    take(frame) {
      const work = Object.hasOwn(frames, frame.type) && frames[frame.type];
      if (work) work(frame);
    },
  };

  const keep = (talk) => {
    talks.delete(talk.id);
    talks.set(talk.id, talk);
    for (const id of [...talks.keys()].slice(0, -TALKS)) talks.delete(id);
  };
  const putRows = (rows) => {
    rows.forEach((row) => state.rows.set(row.id, row));
    if (rows.length) emit('rows', ids(rows));
  };
  const current = (id) => (state.talk && state.talk.id === id ? state.talk : null);
  const takeState = (conversation) => {
    const talk = conversation && current(conversation.id);
    if (!talk) return;
    talk.state = conversation;
    emit('conversation', { reset: false, messages: [], state: true });
  };
  const setFigures = (figures) => {
    state.figures = { ...figures, groups: figures.groups || {} };
    emit('figures', state.figures);
  };

  const frames = {
    welcome(frame) {
      Object.assign(state, {
        me: frame.me, groups: frame.groups || [], channels: frame.channels || {}, colleagues: frame.colleagues || [],
        allGroups: frame.all_groups || [], local: !!frame.local, fileLimit: frame.file_limit || 0, until: frame.until || null,
        skew: frame.now ? Date.parse(frame.now) - clock() : 0,
      });
      emit('welcome', frame);
      if (frame.figures) setFigures(frame.figures);
    },
    figures: setFigures,
    list(frame) {
      if (!sameList(frame, state.query)) return;
      (frame.rows || []).forEach((row) => state.rows.set(row.id, row));
      state.places = placesAfter(state.places, frame);
      state.total = frame.total;
      emit('list', { query: state.query });
      if (frame.rows && frame.rows.length) emit('rows', ids(frame.rows));
    },
    conversation(frame) {
      const kept = talks.get(frame.id);
      if (!frame.reset && kept && frame.conversation && frame.conversation.opened_at !== kept.state.opened_at) {
        talks.delete(frame.id);
        if (state.talk === kept) state.talk = null;
        emit('stale', frame.id);
        return;
      }
      if (frame.reset || !kept) {
        const talk = talkOf(frame);
        keep(talk);
        if (state.chosen !== frame.id) return;
        state.talk = talk;
        emit('conversation', { reset: true, messages: [...talk.messages.keys()], state: true, customer: true, events: true });
        return;
      }
      keep(kept);
      frames.changed(frame);
      if (current(frame.id)) emit('looking', frame.id);
    },
    changed(frame) {
      const talk = talks.get(frame.id);
      if (!talk) return;
      const messages = change(talk, frame);
      if (talk !== state.talk) return;
      if ((frame.messages || []).some(({ from }) => from === 'customer')) talk.typingAt = 0;
      emit('conversation', {
        reset: false, messages, state: !!frame.conversation, customer: !!frame.customer, events: !!(frame.events || []).length,
      });
    },
    earlier(frame) {
      const talk = talks.get(frame.id);
      if (!talk) return;
      const older = (frame.messages || []).filter(({ id }) => !talk.messages.has(id));
      talk.messages = inOrder([...older, ...talk.messages.values()]);
      if (frame.events) talk.events = merged(talk.events, frame.events);
      talk.more = !!frame.more;
      if (talk === state.talk) emit('conversation', { reset: false, messages: ids(older), earlier: true });
    },
    looking(frame) {
      const talk = current(frame.id);
      if (talk) talk.looking = frame.looking || [];
      emit('looking', frame.id);
    },
    customer_typing(frame) {
      const talk = current(frame.id);
      if (talk) talk.typingAt = clock();
      emit('typing', frame.id);
    },
    new(frame) {
      putRows([frame.row]);
      emit('new', frame);
    },
    done(frame) {
      takeState(frame.conversation);
      emit('done', frame);
    },
    refused(frame) {
      takeState(frame.conversation);
      emit('refused', frame);
    },
    bye(frame) {
      if (TOLD.has(frame.code)) emit('bye', frame);
    },
    colleagues(frame) {
      state.colleagues = frame.colleagues || [];
      emit('colleagues', state.colleagues);
    },
    groups(frame) {
      state.groups = frame.groups || [];
      emit('groups', state.groups);
    },
  };
  return state;
};

// Three steps: the bot, the group, the file. What the server says is shown as text, with what to do about it.

const { body } = document;
const at = (id) => document.getElementById(id);
const bot = at('bot');
const group = at('group');

const fields = (...forms) => {
  const told = {};
  forms.forEach((form) => new FormData(form).forEach((value, name) => {
    if (name in told || !String(value).trim()) return;
    told[name] = String(value).trim();
  }));
  return told;
};

/** What the server answers to `told`; it has `messages` when it refuses. */
const ask = async (what, told) => {
  try {
    const answer = await fetch(`/connect/${what}?language=${body.dataset.language}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Otklik': '1' },
      body: JSON.stringify(told),
    });
    return await answer.json();
  } catch (_) {
    return { messages: [body.dataset.failed] };
  }
};

const SIGNS = { good: '✓', bad: '✗', warning: '!', note: '·' };

const say = (place, { messages = [], lines = [] }) => {
  const line = (text, kind) => {
    const node = document.createElement('p');
    node.className = { good: 'good', bad: 'wrong' }[kind] || '';
    node.textContent = text;
    return node;
  };
  place.replaceChildren(
    ...messages.map((text) => line(text, 'bad')),
    ...lines.flatMap(({ mark, text, fix }) => [line(`${SIGNS[mark]} ${text}`, mark), ...(fix ? [line(fix, '')] : [])]),
  );
};

const busy = async (button, work) => {
  button.disabled = true;
  try {
    return await work();
  } finally {
    button.disabled = false;
  }
};

bot.onsubmit = (event) => {
  event.preventDefault();
  busy(bot.querySelector('button'), async () => {
    const told = await ask('bot', fields(bot));
    say(bot.querySelector('.says'), told);
    group.hidden = !told.name;
    if (!told.name) return;
    const add = at('add');
    add.hidden = !told.username;
    const rights = 'pin_messages+delete_messages+manage_topics';
    add.href = `https://t.me/${encodeURIComponent(told.username)}?startgroup=otklik&admin=${rights}`;
    at('look').focus();
  });
};

at('look').onclick = () => busy(at('look'), async () => {
  const told = await ask('groups', fields(bot));
  const found = told.groups || [];
  say(group.querySelector('.says'), told.messages ? told : { messages: found.length ? [] : [body.dataset.none] });
  const place = at('found');
  place.hidden = !found.length;
  place.replaceChildren(place.querySelector('legend'), ...found.map(({ id, title }, number) => {
    const choice = document.createElement('label');
    choice.className = 'choice';
    const mark = document.createElement('input');
    mark.type = 'radio';
    mark.name = 'found';
    mark.onchange = () => {
      at('chat_id').value = id;
      at('title').value = title.slice(0, 64);
    };
    choice.append(mark, `${title} (${id})`);
    if (!number) {
      mark.checked = true;
      mark.onchange();
    }
    return choice;
  }));
});

group.onsubmit = (event) => {
  event.preventDefault();
  busy(group.querySelector('button:not([type=button])'), async () => {
    const told = fields(bot, group);
    delete told.found;
    const answer = await ask('write', told);
    const [, says] = group.querySelectorAll('.says');
    say(says, answer.path ? {} : answer);
    if (!answer.path) return;
    at('path').textContent = answer.path;
    say(at('done').querySelector('.says'), answer);
    bot.hidden = group.hidden = true;
    at('done').hidden = false;
    at('done').focus();
  });
};

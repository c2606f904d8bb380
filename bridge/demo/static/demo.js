// The page with both: lets the operator in under a name of ours, then shows the frames; tabs on a phone.

const { body } = document;
const frame = (id) => document.querySelector(`#${id} iframe`);

// The frames are told of the theme by the system, and of the language by their address.
const show = (id) => {
  const it = frame(id);
  if (!it.src) it.src = it.dataset.src;
};

/** The name that was chosen on the desk before, or the one that the page suggests. */
const name = () => {
  try {
    return localStorage.getItem('otklik-desk:name') || body.dataset.operator;
  } catch (_) {
    return body.dataset.operator;
  }
};

/** Enter as whoever the page is set up for, unless somebody is in already. The sentence that says why not, or ''. */
const enter = async () => {
  const me = await fetch('/desk/me');
  if (me.ok) return '';
  const told = await me.json();
  if (!told.local) return told.message;
  const entered = await fetch('/desk/enter', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Otklik': '1' },
    body: JSON.stringify({ local_name: name() }),
  });
  return entered.ok ? '' : (await entered.json()).message;
};

const start = async () => {
  show('site');
  try {
    const refused = await enter();
    const line = document.getElementById('refused');
    line.textContent = refused;
    line.hidden = !refused;
  } catch (_) { /* the desk says itself that it is offline */ }
  show('desk');
  try {
    const state = await (await fetch('/demo/state')).json();
    document.getElementById('rehearsal').hidden = !state.rehearsing;
  } catch (_) { /* no matter */ }
};

// --- tabs, on a phone

const tabs = [...document.querySelectorAll('[role=tab]')];
const choose = (tab) => {
  body.dataset.show = tab.getAttribute('aria-controls');
  tabs.forEach((each) => {
    each.setAttribute('aria-selected', each === tab);
    each.tabIndex = each === tab ? 0 : -1;
  });
};
tabs.forEach((tab, number) => {
  tab.onclick = () => choose(tab);
  tab.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(number + step + tabs.length) % tabs.length];
    choose(next);
    next.focus();
  };
});

start();

// Marking the rows of a grid: a page at once, a range with Shift by mouse or arrows, Esc to unmark, and how many there are.

let anchor = null;

const marks = () => [...document.querySelectorAll('#grade tbody input[name="ids"]')];

// What other pages hold goes along as hidden fields.
const elsewhere = () => document.querySelectorAll('#selecao input[type="hidden"][name="ids"]');

function tellMarks() {
  const count = document.querySelector('[data-contagem]');
  if (!count) return;
  const all = marks();
  const here = all.filter((mark) => mark.checked).length;
  const there = elsewhere().length;
  const total = here + there;
  const words = total === 1 ? '1 marcada' : `${total} marcadas`;
  count.textContent = total === 0 ? '' : there > 0 ? `${words}, ${there} em outras páginas` : words;
  const whole = document.querySelector('[data-todos]');
  whole.checked = here > 0 && here === all.length;
  whole.indeterminate = here > 0 && here < all.length;
}

function markRange(from, to, checked) {
  const all = marks();
  const ends = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  for (const mark of all.slice(ends[0], ends[1] + 1)) mark.checked = checked;
}

function unmarkAll() {
  for (const mark of marks()) mark.checked = false;
  for (const field of elsewhere()) field.remove();
  anchor = null;
  tellMarks();
}

document.addEventListener('click', (event) => {
  const { target } = event;
  if (target.closest('[data-desmarcar]')) {
    unmarkAll();
    document.querySelector('[data-todos]').focus();
  }
  if (!target.matches('#grade tbody input[name="ids"]')) return;
  if (event.shiftKey && anchor?.isConnected) markRange(anchor, target, target.checked);
  anchor = target;
  tellMarks();
});

document.addEventListener('change', ({ target }) => {
  if (!target.matches('[data-todos]')) return;
  for (const mark of marks()) mark.checked = target.checked;
  tellMarks();
});

document.addEventListener('keydown', (event) => {
  const { target, key } = event;
  if (key === 'Escape' && !target.matches('[type="search"], select, [type="date"]')) return unmarkAll();
  if (!target.matches('#grade tbody input[name="ids"]')) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (step === undefined) return;
  event.preventDefault();
  const all = marks();
  const next = all[all.indexOf(target) + step];
  if (next === undefined) return;
  if (event.shiftKey) {
    if (!anchor?.isConnected) anchor = target;
    target.checked = true;
    next.checked = true;
  } else anchor = next;
  next.focus();
  tellMarks();
});

document.addEventListener('htmx:after:swap', tellMarks);
// Going back restores marks that a browser remembers, without a word.
window.addEventListener('pageshow', tellMarks);

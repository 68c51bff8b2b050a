// All of our script on every page: the CSRF token, the focus after a swap, and what was typed kept when something fails.

const meta = () => document.querySelector('meta[name="csrf-token"]');
const avisos = () => document.getElementById('avisos');

document.addEventListener('htmx:config:request', (event) => {
  event.detail.ctx.request.headers['X-CSRF-Token'] = meta().content;
});

// The server marks what should take the focus; the mark is used once.
function takeFocus() {
  const marked = document.querySelector('[data-foco]');
  if (!marked) return;
  marked.removeAttribute('data-foco');
  marked.focus();
}

// The session was opened again elsewhere: this page goes on with it.
function takeToken() {
  const marked = document.querySelector('[data-csrf]');
  if (!marked) return;
  meta().content = marked.dataset.csrf;
  marked.removeAttribute('data-csrf');
}

document.addEventListener('htmx:after:swap', () => {
  takeToken();
  takeFocus();
});
takeFocus();

// On a narrow screen the menu scrolls: to where one is.
document.querySelector('.topo nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

// What went wrong before is no longer news once a person asks for something else.
document.addEventListener('htmx:before:request', (event) => {
  if (event.detail.ctx.request.headers['X-Acompanha'] === undefined) avisos().replaceChildren();
});

// The session is over: a page in which something was typed stays, with the answer's words; any other one gives way.
document.addEventListener('htmx:before:response', (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status !== 401) return;
  if (ctx.request.method !== 'GET' || isTyped()) ctx.hx.redirect = undefined;
});

const isTyped = () =>
  [...document.querySelectorAll('main :is(input, textarea, select)')].some((each) =>
    each.options
      ? each.selectedIndex !==
        Math.max(
          0,
          [...each.options].findIndex((option) => option.defaultSelected),
        )
      : each.value !== each.defaultValue || each.checked !== each.defaultChecked,
  );

document.addEventListener('htmx:error', (event) => {
  const { ctx } = event.detail;
  if (ctx === undefined || ctx.response !== undefined) return;
  avisos().replaceChildren(document.getElementById('sem-rede').content.cloneNode(true));
});

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-fecha]')) avisos().replaceChildren();
});

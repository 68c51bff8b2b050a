// All of our script: the CSRF token on every request, the focus after a swap, and a word when the network fails.

document.addEventListener('htmx:config:request', (event) => {
  event.detail.ctx.request.headers['X-CSRF-Token'] =
    document.querySelector('meta[name="csrf-token"]').content;
});

// The server marks what should take the focus; the mark is used once.
function takeFocus() {
  const marked = document.querySelector('[data-foco]');
  if (!marked) return;
  marked.removeAttribute('data-foco');
  marked.focus();
}

document.addEventListener('htmx:after:swap', takeFocus);
takeFocus();

// What went wrong before is no longer news once a person asks for something else.
document.addEventListener('htmx:before:request', (event) => {
  if (event.detail.ctx.request.headers['X-Acompanha'] === undefined)
    document.getElementById('avisos').replaceChildren();
});

document.addEventListener('htmx:error', (event) => {
  const { ctx } = event.detail;
  if (ctx === undefined || ctx.response !== undefined) return;
  document
    .getElementById('avisos')
    .replaceChildren(document.getElementById('sem-rede').content.cloneNode(true));
});

// No cookie of ours lives in this frame: the session's token stays in this page's memory, goes along with each request, and
// every link and form becomes such a request. Nothing is written anywhere in the browser.

const semCookie = document.querySelector('[data-sem-cookie]');

if (semCookie) {
  let token = semCookie.dataset.semCookie;
  semCookie.removeAttribute('data-sem-cookie');
  document.documentElement.setAttribute('hx-boost:inherited', 'true');

  document.addEventListener('htmx:config:request', (event) => {
    event.detail.ctx.request.headers['X-Sessao'] = token;
  });
  document.addEventListener('htmx:before:response', (event) => {
    token = event.detail.ctx.response.headers.get('X-Sessao') ?? token;
  });
  document.addEventListener('DOMContentLoaded', () => {
    window.htmx.process(document.body);
    semCookie.querySelector('a').click();
  });
}

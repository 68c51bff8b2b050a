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

  // A file: before htmx, which would put its bytes on the screen.
  const ARQUIVO = /\.(csv|xlsx|txt)$/;
  document.addEventListener(
    'click',
    (event) => {
      const link = event.target.closest?.('a[href]');
      if (link?.origin !== location.origin || !ARQUIVO.test(link.pathname)) return;
      if (link.dataset.recusado !== undefined) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      void fetchArquivo(link);
    },
    true,
  );

  const fetchArquivo = async (link) => {
    const answer = await fetch(link.href, { headers: { 'X-Sessao': token } });
    token = answer.headers.get('X-Sessao') ?? token;
    const nome = /filename="?([^";]+)/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1];
    if (!answer.ok || nome === undefined) return showRecusa(link);
    const address = URL.createObjectURL(await answer.blob());
    Object.assign(document.createElement('a'), { href: address, download: nome }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };

  // Followed once more, as any other link: a refusal must be read.
  const showRecusa = (link) => {
    link.dataset.recusado = '';
    link.click();
    delete link.dataset.recusado;
  };
}

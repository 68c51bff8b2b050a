// Inside IXC's frame: tells the page around, and nobody else, how tall we are, whether there is a session, and the situação shown.

const ixcOrigins = document.querySelector('meta[name="ixc-origin"]').content.split(' ');
// Where the browser says who is around, that one is told alone; a wrong address would only make it complain.
const around = location.ancestorOrigins?.[0];
const told = around === undefined ? ixcOrigins : ixcOrigins.filter((origin) => origin === around);
let said = '';

const situacaoShown = () => {
  const painel = document.querySelector('.painel-do-contrato');
  return painel && (painel.querySelector('[id^="usuario-"][data-situacao]')?.dataset.situacao ?? 'ausente');
};

function tellAround() {
  const altura = Math.ceil(document.body.getBoundingClientRect().height);
  const sessao = document.querySelector('meta[name="csrf-token"]').content !== '';
  const news = { de: 'tele-clinica', altura, sessao, situacao: situacaoShown() };
  const words = JSON.stringify(news);
  if (words === said) return;
  said = words;
  for (const origin of told) window.parent.postMessage(news, origin);
}

if (window.parent !== window && told.length > 0) {
  new ResizeObserver(tellAround).observe(document.body);
  document.addEventListener('htmx:after:swap', tellAround);
  tellAround();
}

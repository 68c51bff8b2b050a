// The Painel draws itself again by itself, but never under somebody's hands.

document.addEventListener('htmx:before:request', (event) => {
  const painel = document.getElementById('painel');
  if (painel === null || event.detail.ctx.sourceElement !== painel) return;
  const busy =
    document.hidden ||
    painel.contains(document.activeElement) ||
    painel.querySelector('details[open]') !== null ||
    !document.getSelection().isCollapsed;
  if (busy) event.preventDefault();
});

// Copies a number that people hand on, and says so. Without the clipboard (an old frame, plain HTTP) the text is selected instead.

const copiado = document.createElement('span');
copiado.className = 'so-leitor';
copiado.setAttribute('role', 'status');
document.body.append(copiado);

async function copyText(button) {
  const text = button.dataset.copia;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const code = button.parentElement.querySelector('code');
    getSelection().selectAllChildren(code);
    if (!document.execCommand('copy')) return;
  }
  copiado.textContent = `Copiado: ${text}`;
  button.dataset.copiado = '';
  setTimeout(() => delete button.dataset.copiado, 1500);
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-copia]');
  if (button) void copyText(button);
});

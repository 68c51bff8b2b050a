// The moves of the PHP stand-in: rows are chosen by a click, opened by a double one, fetched by AJAX; tabs of the form.

function choose(row) {
  for (const each of row.parentElement.children) each.classList.toggle('trSelected', each === row);
}

const open = (id) => id && location.assign(`/aplicativo/contratos/${id}`);

function wire(grid) {
  const body = grid.querySelector('tbody');
  const field = grid.querySelector('input');
  body.addEventListener('click', (event) => choose(event.target.closest('tr')));
  body.addEventListener('dblclick', (event) => open(event.target.closest('tr').dataset.id));
  grid
    .querySelector('[data-editar]')
    .addEventListener('click', () => open(body.querySelector('.trSelected')?.dataset.id));
  grid.querySelector('[data-buscar]').addEventListener('click', () => search(grid, field.value));
  field.addEventListener('keydown', (event) => event.key === 'Enter' && search(grid, field.value));
}

async function search(grid, words) {
  const answer = await fetch(`/aplicativo/contratos/linhas?busca=${encodeURIComponent(words)}`);
  const rows = await answer.text();
  if (grid.dataset.forma !== 'redesenhada') {
    grid.querySelector('tbody').innerHTML = rows;
    return;
  }
  // Everything is built again, as some skins do: whatever others put into the toolbar is gone.
  grid.innerHTML = grid.dataset.molde;
  grid.querySelector('tbody').innerHTML = rows;
  wire(grid);
}

for (const grid of document.querySelectorAll('[data-forma]')) {
  grid.dataset.molde = grid.innerHTML;
  wire(grid);
}

document
  .querySelector('[data-voltar]')
  ?.addEventListener('click', () => location.assign('/aplicativo/contratos'));

const abas = document.querySelector('.abas');
abas?.addEventListener('click', (event) => {
  const target = event.target.closest('a')?.getAttribute('href');
  if (!/^#\w+$/.test(target ?? '')) return;
  event.preventDefault();
  for (const body of document.querySelectorAll('.corpo')) body.hidden = `#${body.id}` !== target;
  for (const tab of abas.children) tab.classList.toggle('ativa', tab.contains(event.target));
});

// The stand-in's few moves: post the launch at once, submit a chosen person, open a row by double click.
const launch = document.querySelector('form[data-lancar]');
if (launch) launch.submit();

for (const select of document.querySelectorAll('select[data-envia]')) {
  select.addEventListener('change', () => select.form.submit());
}

for (const row of document.querySelectorAll('tr[data-abre]')) {
  row.addEventListener('dblclick', () => location.assign(row.dataset.abre));
}

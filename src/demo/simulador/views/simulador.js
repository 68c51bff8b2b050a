// Keeps the tables fresh without a reload; without this script the page still works, by hand.
const partes = document.getElementById('partes');

async function refresh() {
  const busy = partes.contains(document.activeElement) || document.hidden;
  if (!busy) {
    try {
      const answer = await fetch(`partes${location.search}`);
      if (answer.ok) partes.innerHTML = await answer.text();
    } catch {
      // The demonstration is stopping or starting: the next turn tries again.
    }
  }
  setTimeout(refresh, 1500);
}

setTimeout(refresh, 1500);

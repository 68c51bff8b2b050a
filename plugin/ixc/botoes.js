// Adds the menu entry and the contract buttons of the plugin's manifest to IXC's pages, and opens its screens in a frame there.
// Where things go is said by seletores.json. A page that does not look like that is left alone; nothing of IXC's is changed.

(() => {
  const BRIDGE = new URL('ponte.php', document.currentScript.src);
  const MARK = 'data-tele-clinica';
  const TALLEST = 8000;
  const quadros = [];
  let casa;

  const mark = (element, what) => {
    element.setAttribute(MARK, what);
    return element;
  };

  const make = (tag, { text = '', like, ...properties } = {}) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.textContent = text;
    // Dressed as its neighbour, so that it looks at home in any skin.
    if (like) element.className = like.className;
    return element;
  };

  function addressOf(path, semCookie) {
    const address = new URL(BRIDGE);
    address.searchParams.set('path', path);
    if (semCookie) address.searchParams.set('modo', 'cabecalho');
    return address.href;
  }

  // The only element that fits, else nothing: two candidates mean that we do not know this page.
  function only(root, selector) {
    const found = root.querySelectorAll(selector);
    return found.length === 1 ? found[0] : undefined;
  }

  function addMenu({ item, rotulo, lista }) {
    for (const entrada of casa.menu) {
      const parents = [...document.querySelectorAll(item)].filter(
        (each) => each.querySelector(rotulo)?.textContent.trim() === entrada.parent,
      );
      const list = parents.length === 1 ? only(parents[0], lista) : undefined;
      if (!list || list.querySelector(`[${MARK}="${entrada.key}"]`)) continue;
      const neighbour = list.querySelector(':scope > li');
      const link = make('a', {
        text: entrada.label,
        href: addressOf(entrada.path),
        like: neighbour?.querySelector('a'),
      });
      link.addEventListener('click', (event) => {
        event.preventDefault();
        openScreen(entrada, link);
      });
      const line = mark(make('li', { like: neighbour }), entrada.key);
      line.append(link);
      list.append(line);
    }
  }

  // Where a contract is shown: a form, or a grid with a selected row.
  function addContrato(regra) {
    for (const area of document.querySelectorAll(regra.area)) {
      const barra = only(area, regra.barra);
      if (!barra) continue;
      addAba(regra, area);
      if (!barra.querySelector(`[${MARK}]`)) {
        const neighbour = barra.querySelector(regra.modelo);
        for (const botao of casa.contractButtons) {
          const button = make('button', { type: 'button', text: botao.label, like: neighbour });
          button.addEventListener('click', () => openPanel(regra, area, botao.path, button));
          barra.append(mark(button, botao.key));
        }
      }
      tellButtons(regra, area, barra);
    }
  }

  function addAba(regra, area) {
    const abas = regra.abas && only(area, regra.abas);
    if (!abas || abas.querySelector(`[${MARK}]`)) return;
    const { key, label, path } = casa.contractPanel;
    const neighbour = abas.firstElementChild;
    const link = make('a', { text: label, href: '#', like: neighbour?.querySelector('a') });
    const tab = mark(make(neighbour?.tagName ?? 'li'), key);
    tab.append(link);
    abas.append(tab);
    abas.addEventListener('click', (event) => {
      if (tab.contains(event.target)) {
        event.preventDefault();
        event.stopPropagation();
        openPanel(regra, area, path, link);
      } else if (event.target.closest('a, button')) quadroAfter(abas)?.close();
    });
  }

  function numberIn({ numero, atributo }, area) {
    const source = only(area, numero);
    const text = source && (atributo ? source.getAttribute(atributo) : (source.value ?? source.textContent));
    return /^\D*([1-9]\d{0,9})\s*$/.exec(text ?? '')?.[1];
  }

  // A button is off while no contract is chosen, or while the panel of this contract says that it makes no sense.
  function tellButtons(regra, area, barra) {
    const number = numberIn(regra, area);
    const { contrato, situacao } = quadroAfter(placeOf(regra, area)) ?? {};
    for (const { key, when } of casa.contractButtons) {
      const button = barra.querySelector(`[${MARK}="${key}"]`);
      const senseless = when && situacao && contrato === number && !when.includes(situacao);
      button.disabled = number === undefined || senseless;
      button.title = number === undefined ? 'Escolha um contrato' : senseless ? `Agora não: ${situacao}` : '';
    }
  }

  const placeOf = ({ abas }, area) => (abas && only(area, abas)) || area;
  const quadroAfter = (place) => quadros.find(({ section }) => section === place.nextElementSibling);

  function openPanel(regra, area, path, opener) {
    const contrato = numberIn(regra, area);
    if (contrato === undefined) return;
    const place = placeOf(regra, area);
    const { label, minHeight } = casa.contractPanel;
    const quadro = quadroAfter(place) ?? createQuadro(label, minHeight);
    if (!quadro.section.isConnected) place.after(quadro.section);
    quadro.open(path.replace('{id}', contrato), opener, contrato);
    quadro.section.scrollIntoView({ block: 'nearest' });
  }

  // A screen of the menu lies over IXC's content, which stays as it is below.
  function openScreen({ label, path }, opener) {
    const screen = quadros.find(({ isScreen }) => isScreen) ?? createQuadro(label);
    screen.isScreen = true;
    const content = document.querySelector(casa.seletores.conteudo) ?? document.documentElement;
    const { top, left, width } = content.getBoundingClientRect();
    Object.assign(screen.section.style, {
      position: 'fixed',
      zIndex: 1000,
      top: `${Math.max(0, top)}px`,
      left: `${left}px`,
      width: `${width}px`,
      bottom: 0,
      background: 'Canvas',
    });
    document.body.append(screen.section);
    screen.open(path, opener);
  }

  function createQuadro(label, minHeight) {
    const section = mark(make('section', { ariaLabel: label }), 'quadro');
    const bar = make('header');
    const again = make('button', { type: 'button', text: 'Abrir de novo' });
    const shut = make('button', { type: 'button', text: 'Fechar' });
    const frame = make('iframe', { name: 'tele-clinica', title: label });
    Object.assign(section.style, { display: 'flex', flexDirection: 'column', margin: 0 });
    Object.assign(bar.style, { display: 'flex', gap: '8px', alignItems: 'center', padding: '4px 8px' });
    Object.assign(frame.style, { border: 0, width: '100%', flex: '1 1 auto', height: `${minHeight ?? 0}px` });
    const title = make('strong', { text: label });
    title.style.marginRight = 'auto';
    bar.append(title, again, shut);
    section.append(bar, frame);
    const quadro = {
      section,
      frame,
      minHeight,
      open(path, opener, contrato) {
        Object.assign(quadro, { path, opener, contrato, situacao: undefined, alive: false });
        frame.src = addressOf(path, quadro.semCookie);
        frame.focus();
      },
      close() {
        section.remove();
        quadros.splice(quadros.indexOf(quadro), 1);
        schedule();
      },
    };
    again.addEventListener('click', () => quadro.open(quadro.path, quadro.opener, quadro.contrato));
    shut.addEventListener('click', () => {
      quadro.close();
      quadro.opener.focus();
    });
    quadros.push(quadro);
    return quadro;
  }

  // Only the plugin's own frames are heard, and only from its exact origin: how tall, with a session, which situação.
  addEventListener('message', ({ origin, source, data }) => {
    const quadro = quadros.find(({ frame }) => frame.contentWindow === source);
    if (!casa || !quadro || origin !== casa.origem || data?.de !== 'tele-clinica') return;
    if (data.sessao === true) quadro.alive = true;
    else if (!quadro.alive && !quadro.semCookie && origin !== location.origin) {
      // The cookie did not come back from another origin's frame: once more, with a session that needs none.
      quadro.semCookie = true;
      quadro.frame.src = addressOf(quadro.path, true);
    }
    if (quadro.minHeight && Number.isFinite(data.altura)) {
      quadro.frame.style.height = `${Math.min(TALLEST, Math.max(quadro.minHeight, data.altura))}px`;
    }
    quadro.situacao = typeof data.situacao === 'string' ? data.situacao : undefined;
    schedule();
  });

  // Runs after anything changed: finds nothing to do when all is there, so its own changes end the round.
  function apply() {
    scheduled = false;
    for (const lost of quadros.filter(({ section }) => !section.isConnected)) lost.close();
    addMenu(casa.seletores.menu);
    for (const regra of casa.seletores.contratos) addContrato(regra);
  }

  let scheduled = false;
  function schedule() {
    if (scheduled) return;
    scheduled = true;
    setTimeout(apply, 50);
  }

  async function start() {
    const answer = await fetch(new URL('?manifesto', BRIDGE), { credentials: 'same-origin' });
    // Nobody is logged in here, or the bridge is not well: IXC goes on as if we were not there.
    if (answer.status !== 200) return;
    casa = await answer.json();
    casa.origem ||= location.origin;
    apply();
    new MutationObserver(schedule).observe(document.body, { childList: true, subtree: true });
    document.addEventListener('click', schedule);
  }

  start().catch((error) => console.warn('Tele Clínica:', error));
})();

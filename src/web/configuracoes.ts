// Configurações: what its pages share: the tabs, who may change what holds for the whole provider, and who changed it last.
import { Problem } from '../problem.ts';
import { findUltimaMudanca } from '../sync/configuracoes.ts';
import { listGuardioes, readQuadro } from '../sync/papeis.ts';
import type { Exchange } from './exchange.ts';
import { quando } from './formato.ts';
import type { Locals } from './render.ts';

const ABAS = [
  ['Direitos', '/configuracoes/direitos'],
  ['Contatos', '/configuracoes/contatos'],
  ['Textos', '/configuracoes/textos'],
] as const;

type Caminho = (typeof ABAS)[number][1];
type Eventos = Parameters<typeof findUltimaMudanca>[1];

/** Locals of every page of Configurações: tabs, the last change by the names of its audit rows, and whether to offer one. */
export async function configuracaoLocals(
  exchange: Exchange,
  aqui: Caminho,
  eventos: Eventos,
): Promise<Locals> {
  const [podeMudar, ultima] = await Promise.all([mayChange(exchange), ultimaOf(exchange, eventos)]);
  const paginas = ABAS.map(([rotulo, caminho]) => ({
    rotulo,
    caminho: exchange.web.views.url(caminho),
    aqui: caminho === aqui,
  }));
  return { abas: { rotulo: 'Configurações', paginas }, podeMudar, ultima, salvo: false, frase: undefined };
}

/** Refuses whoever sees some branches only, unless nobody who may configure sees them all. @throws Problem 403. */
export async function requireGuardiao(exchange: Exchange): Promise<void> {
  if (await mayChange(exchange)) return;
  throw new Problem(
    403,
    'Isto vale para todas as filiais, e seu grupo no IXC vê só algumas.',
    'Peça a mudança a quem vê todas as filiais e tem “configurar”.',
  );
}

async function mayChange({ sync, operador }: Exchange): Promise<boolean> {
  if (operador.filiais === 'todas') return true;
  return listGuardioes((await readQuadro(sync)).grupos).some(({ id }) => id === operador.id);
}

/** Who saved a setting last, and when, as it stands inside a sentence; undefined before the first time. */
export async function ultimaOf(
  { sync, web }: Exchange,
  eventos: Eventos,
): Promise<{ em: string; quem: string; quando: string; mudancas: string[] } | undefined> {
  const ultima = await findUltimaMudanca(sync.db, eventos);
  if (ultima === undefined) return undefined;
  const { em, operadorId, mudancas } = ultima;
  const quem =
    operadorId === null
      ? 'linha de comando'
      : ((await web.direitos.namesOf([operadorId])).get(operadorId) ?? `Operador ${operadorId}`);
  return { em, quem, quando: quando(em), mudancas };
}

// From the click to the word on the screen: the page's own requests, at the pace that the fragment itself asks for.
import { setTimeout as pause } from 'node:timers/promises';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { summarize } from './amostra.ts';
import { BASE_PATH, type Instalacao } from './instalacao.ts';
import { type Navegador, PARTIAL } from './navegador.ts';
import { type Linha, timeLine } from './tabela.ts';

const CLIQUES = 100;
const AQUECIMENTO = 4;
const LIMITE_MS = 1_000;
const GIVE_UP_MS = 30_000;

/** Blocks and unblocks one person again and again; the partner answers at once. */
export async function measureCliques({ ixc, planoId }: Instalacao, navegador: Navegador): Promise<Linha[]> {
  const created = await navegador.write('POST', `/contratos/${PESSOAS.ativa.contrato}/usuario`, {
    plano_id: String(planoId),
  });
  await follow(navegador, created.texto(), 'ativo');
  const id = /id="usuario-(\d+)"/.exec(created.texto())?.[1] ?? '';
  const samples: number[] = [];
  for (let i = -AQUECIMENTO; i < CLIQUES; i += 1) {
    const bloquear = i % 2 === 0;
    const start = performance.now();
    const fragment = bloquear
      ? await navegador.write('POST', `/usuarios/${id}/bloqueio`, { motivo: 'medição' })
      : await navegador.write('DELETE', `/usuarios/${id}/bloqueio`);
    await follow(navegador, fragment.texto(), bloquear ? 'bloqueado' : 'ativo');
    if (i >= 0) samples.push(performance.now() - start);
  }
  const base = ixc.contratos.toLocaleString('pt-BR');
  return [timeLine(`Clique → confirmado na tela, ${base}`, summarize(samples), LIMITE_MS)];
}

// As htmx does: wait what the fragment says, ask where it says, until it shows what was ordered.
async function follow(navegador: Navegador, html: string, situacao: string): Promise<void> {
  const deadline = performance.now() + GIVE_UP_MS;
  let fragment = html;
  while (!fragment.includes(`data-situacao="${situacao}"`)) {
    const address = /hx-get="([^"]+)" hx-trigger="load delay:(\d+)ms/.exec(fragment);
    if (!address || performance.now() > deadline) {
      throw new Error(`a tela parou antes de mostrar “${situacao}”: ${fragment.slice(0, 600)}`);
    }
    const [, path = '', delay] = address;
    await pause(Number(delay));
    const target = path.replaceAll('&amp;', '&').slice(BASE_PATH.length);
    fragment = (await navegador.get(target, { ...PARTIAL, 'x-acompanha': '1' })).texto();
  }
}

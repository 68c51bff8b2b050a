// The first screen: what needs somebody now, how many of each, and whether Tele Clínica is listening.
import { listIntegracoes } from '../sync/integracoes.ts';
import { listPlanos } from '../sync/planos.ts';
import { countUsuarios } from '../sync/usuarios.ts';
import type { Exchange } from './exchange.ts';
import { pausaLocals } from './pausa.ts';
import { render } from './render.ts';

/** `GET /` */
export async function showPainel(exchange: Exchange): Promise<void> {
  const { sync, operador } = exchange;
  const [contagem, integracoes, planos, pausa] = await Promise.all([
    countUsuarios(sync.db, operador.filiais),
    listIntegracoes(sync.db),
    listPlanos(sync.db),
    pausaLocals(exchange),
  ]);
  const primeirosPassos = {
    integracao: integracoes.length > 0,
    plano: planos.length > 0,
    vinculo: planos.some(({ vinculos }) => vinculos.length > 0),
  };
  render(
    exchange,
    { pagina: 'painel/index', titulo: 'Painel' },
    { contagem, integracoes, primeirosPassos, ...pausa },
  );
}

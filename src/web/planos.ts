// Planos of Tele Clínica, and the vínculos that tie IXC's produtos and planos de venda to them.
import { listFiliais, searchPlanosDeVenda, searchProdutos } from '../ixc/planos.ts';
import { notFound, type Problem } from '../problem.ts';
import { listIntegracoes } from '../sync/integracoes.ts';
import { findPlano, type Plano, savePlano } from '../sync/planos.ts';
import { deleteVinculo, saveVinculo } from '../sync/vinculosSalvos.ts';
import { type Exchange, type Form, formOf, idParam, queryOf } from './exchange.ts';
import { valorDigitado } from './formato.ts';
import { nomesDosVinculos } from './gradeDePlanos.ts';
import { answerWrite, formLocals, type Locals, render } from './render.ts';

const EDIT = { pagina: 'planos/edit', fragmento: 'planos/_plano' };
const RESULTADOS = 20;

/** `GET /planos/novo` */
export async function newPlano(exchange: Exchange): Promise<void> {
  await draw(exchange, undefined, formLocals({}));
}

/** `GET /planos/:id` */
export async function showPlano(exchange: Exchange, plano: Plano): Promise<void> {
  await draw(exchange, plano, formLocals(valoresOf(plano)));
}

/** `GET /planos/:id/registro`: how far the registration at Tele Clínica is; follows itself until it is over. */
export async function showRegistro(exchange: Exchange, plano: Plano): Promise<void> {
  const locals = { ...(await showLocals(exchange, plano)), ...formLocals(valoresOf(plano)) };
  render(exchange, { pagina: EDIT.pagina, fragmento: 'planos/_registro', titulo: plano.nome }, locals);
}

/** `POST /planos` */
export async function createPlano(exchange: Exchange): Promise<void> {
  await answerSaved(exchange, await savePlano(exchange.sync, exchange.operador, undefined, formOf(exchange)));
}

/** `PUT /planos/:id` */
export async function updatePlano(exchange: Exchange, { id }: Plano): Promise<void> {
  await answerSaved(exchange, await savePlano(exchange.sync, exchange.operador, id, formOf(exchange)));
}

export async function redrawPlano(
  exchange: Exchange,
  plano: Plano | undefined,
  problem: Problem,
): Promise<void> {
  await draw(exchange, plano, formLocals(formOf(exchange), problem.fields), 422);
}

/** `GET /planos/:id/vinculos?tipo=&busca=`: what IXC sells that matches, to be tied to this plano. */
export async function searchVinculos(exchange: Exchange, plano: Plano): Promise<void> {
  const { tipo, busca = '' } = queryOf(exchange);
  const search = tipo === 'plano_de_venda' ? searchPlanosDeVenda : searchProdutos;
  const itens = await search(exchange.sync.ixc, busca, RESULTADOS);
  const locals = {
    ...(await showLocals(exchange, plano)),
    ...formLocals(valoresOf(plano)),
    resultados: itens,
    tipo: tipo === 'plano_de_venda' ? 'plano_de_venda' : 'produto',
    busca,
  };
  render(exchange, { pagina: EDIT.pagina, fragmento: 'planos/_resultados', titulo: plano.nome }, locals);
}

/** `POST /planos/:id/vinculos`: `tipo`, `ixc_id`, optional `filial_id`. */
export async function createVinculo(exchange: Exchange, { id }: Plano): Promise<void> {
  await saveVinculo(exchange.sync, exchange.operador, id, formOf(exchange));
  await answerVinculos(exchange, id);
}

/** `DELETE /planos/:id/vinculos/:vinculo` */
export async function removeVinculo(exchange: Exchange, { id }: Plano): Promise<void> {
  const vinculoId = idParam(exchange, 'vinculo', 'Este vínculo');
  await deleteVinculo(exchange.sync, exchange.operador, id, vinculoId);
  await answerVinculos(exchange, id);
}

/** The plano of the address. @throws Problem 404. */
export async function planoOf(exchange: Exchange): Promise<Plano> {
  const found = await findPlano(exchange.sync.db, idParam(exchange, 'id', 'Este plano'));
  if (found === undefined) throw notFound('Este plano');
  return found;
}

async function draw(exchange: Exchange, plano: Plano | undefined, form: Locals, status = 200): Promise<void> {
  const locals = { ...(await showLocals(exchange, plano)), ...form };
  render(exchange, { ...EDIT, titulo: plano?.nome ?? 'Novo Plano' }, locals, status);
}

async function answerSaved(exchange: Exchange, id: number): Promise<void> {
  const plano = await findPlano(exchange.sync.db, id);
  if (plano === undefined) throw notFound('Este plano');
  answerWrite(exchange, `/planos/${id}`, {
    view: EDIT.fragmento,
    locals: { ...(await showLocals(exchange, plano)), ...formLocals(valoresOf(plano)), salvo: true },
    push: true,
  });
}

async function answerVinculos(exchange: Exchange, id: number): Promise<void> {
  const plano = await findPlano(exchange.sync.db, id);
  if (plano === undefined) throw notFound('Este plano');
  answerWrite(exchange, `/planos/${id}`, {
    view: 'planos/_vinculos',
    locals: await showLocals(exchange, plano),
  });
}

async function showLocals(exchange: Exchange, plano: Plano | undefined): Promise<Locals> {
  const [integracoes, filiais, nomes] = await Promise.all([
    listIntegracoes(exchange.sync.db),
    listFiliais(exchange.sync.ixc),
    nomesDosVinculos(exchange, plano ? [plano] : []),
  ]);
  const nomesDeFilial = new Map(filiais.map(({ id, nome }) => [id, nome]));
  return { plano, integracoes, filiais, nomesDeFilial, salvo: false, resultados: undefined, ...nomes };
}

const valoresOf = (plano: Plano): Form => ({
  nome: plano.nome,
  descricao: plano.descricao,
  valor: valorDigitado(plano.valorCentavos),
  codigo: plano.codigo ?? '',
  integracao_id: String(plano.integracaoId),
});

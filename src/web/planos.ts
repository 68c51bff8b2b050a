// Planos of Tele Clínica, and the vínculos that tie IXC's produtos and planos de venda to them.
import { listFiliais, searchPlanosDeVenda, searchProdutos } from '../ixc/planos.ts';
import { invalid, notFound, type Problem } from '../problem.ts';
import { countPorVinculo, listAlcances } from '../sync/alcance.ts';
import { listIntegracoes } from '../sync/integracoes.ts';
import { findPlano, type Plano, savePlano, type Vinculo } from '../sync/planos.ts';
import { deleteVinculo, saveVinculo } from '../sync/vinculosSalvos.ts';
import { type Exchange, type Form, formOf, idParam, optionalId, queryOf } from './exchange.ts';
import { valorDigitado } from './formato.ts';
import { nomesDosVinculos } from './gradeDePlanos.ts';
import { answerWrite, formLocals, type Locals, render } from './render.ts';

const EDIT = { pagina: 'planos/edit', fragmento: 'planos/_plano' };
const RESULTADOS = 20;
// Seconds that counting contracts may take of one page, all its lines together.
const PARA_CONTAR = 0.5;
const PARA_BUSCAR = 1;

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

/** `GET /planos/:id/vinculos?tipo=&busca=`: what IXC sells that matches, how many contracts each would reach. */
export async function searchVinculos(exchange: Exchange, plano: Plano): Promise<void> {
  const { sync } = exchange;
  const { busca = '' } = queryOf(exchange);
  const tipo = tipoOf(queryOf(exchange));
  const search = tipo === 'plano_de_venda' ? searchPlanosDeVenda : searchProdutos;
  const itens = await search(sync.ixc, busca, RESULTADOS);
  const alvos = itens.map(({ id }) => ({ tipo, ixcId: id, filialId: 0 }));
  const alcances = await listAlcances(sync, alvos, PARA_BUSCAR);
  const locals = {
    ...(await showLocals(exchange, plano)),
    ...formLocals(valoresOf(plano)),
    resultados: itens.map((item, n) => ({ ...item, alcance: alcances[n] })),
    tipo,
    busca,
  };
  render(exchange, { pagina: EDIT.pagina, fragmento: 'planos/_resultados', titulo: plano.nome }, locals);
}

/** `GET /planos/:id/alcance?tipo=&ixc_id=&filial_id=`: how many contracts a vínculo with that item would reach. */
export async function showAlcance(exchange: Exchange, plano: Plano): Promise<void> {
  const query = queryOf(exchange);
  const ixcId = optionalId(query['ixc_id']);
  if (ixcId === undefined) throw invalid({ ixc_id: 'Escolha o item do IXC.' });
  const alvo = { tipo: tipoOf(query), ixcId, filialId: optionalId(query['filial_id']) ?? 0 };
  const [alcance] = await listAlcances(exchange.sync, [alvo], PARA_BUSCAR);
  const locals = { ...(await showLocals(exchange, plano)), ...formLocals(valoresOf(plano)), alcance };
  render(exchange, { pagina: EDIT.pagina, fragmento: 'planos/_alcance', titulo: plano.nome }, locals);
}

const tipoOf = ({ tipo }: Form): Vinculo['tipo'] =>
  tipo === 'plano_de_venda' ? 'plano_de_venda' : 'produto';

/** `GET /planos/:id/vinculos/:vinculo`: what taking it away would do. */
export async function showRetirada(exchange: Exchange, plano: Plano): Promise<void> {
  const vinculoId = idParam(exchange, 'vinculo', 'Este vínculo');
  const vinculo = plano.vinculos.find(({ id }) => id === vinculoId);
  if (vinculo === undefined) throw notFound('Este vínculo');
  const [locals, porVinculo] = await Promise.all([
    showLocals(exchange, plano, PARA_CONTAR),
    countPorVinculo(exchange.sync.db, plano.id),
  ]);
  render(
    exchange,
    { pagina: EDIT.pagina, fragmento: 'planos/_retirada', titulo: plano.nome },
    { ...locals, ...formLocals(valoresOf(plano)), retirada: vinculo, porVinculo },
  );
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
  const locals = { ...(await showLocals(exchange, plano, PARA_CONTAR)), ...form };
  render(exchange, { ...EDIT, titulo: plano?.nome ?? 'Novo Plano' }, locals, status);
}

async function answerSaved(exchange: Exchange, id: number): Promise<void> {
  const plano = await findPlano(exchange.sync.db, id);
  if (plano === undefined) throw notFound('Este plano');
  answerWrite(exchange, `/planos/${id}`, {
    view: EDIT.fragmento,
    locals: {
      ...(await showLocals(exchange, plano, PARA_CONTAR)),
      ...formLocals(valoresOf(plano)),
      salvo: true,
    },
    push: true,
  });
}

async function answerVinculos(exchange: Exchange, id: number): Promise<void> {
  const plano = await findPlano(exchange.sync.db, id);
  if (plano === undefined) throw notFound('Este plano');
  answerWrite(exchange, `/planos/${id}`, {
    view: 'planos/_vinculos',
    locals: await showLocals(exchange, plano, PARA_CONTAR),
  });
}

// Counting the contracts of each vínculo is left out (0 seconds) where only a part without them is drawn.
async function showLocals(
  exchange: Exchange,
  plano: Plano | undefined,
  segundosParaContar = 0,
): Promise<Locals> {
  const { sync } = exchange;
  const vinculos = plano?.vinculos ?? [];
  const [integracoes, filiais, nomes, alcances] = await Promise.all([
    listIntegracoes(sync.db),
    listFiliais(sync.ixc),
    nomesDosVinculos(exchange, plano ? [plano] : []),
    listAlcances(sync, vinculos, segundosParaContar),
  ]);
  return {
    plano,
    integracoes,
    filiais,
    nomesDeFilial: new Map(filiais.map(({ id, nome }) => [id, nome])),
    alcances: new Map(vinculos.map(({ id }, n) => [id, alcances[n]])),
    salvo: false,
    resultados: undefined,
    retirada: undefined,
    ...nomes,
  };
}

const valoresOf = (plano: Plano): Form => ({
  nome: plano.nome,
  descricao: plano.descricao,
  valor: valorDigitado(plano.valorCentavos),
  codigo: plano.codigo ?? '',
  integracao_id: String(plano.integracaoId),
});

// Sincronização: how the scan is doing, how far it may go by itself, and the prévia of a whole run.
import { listContratosPorId } from '../ixc/contratos.ts';
import { listFiliais } from '../ixc/planos.ts';
import type { ContratoLinha } from '../ixc/tipos.ts';
import { listNativos } from '../ixc/vinculados.ts';
import { invalid, notFound } from '../problem.ts';
import { requestPrevia } from '../sync/lotes/previa.ts';
import { ACOES, listModos, type Modo, type ModoSalvo, modoFor, saveModo } from '../sync/modos.ts';
import { loadRegras, loadVinculos, regimeOf } from '../sync/regrasSalvas.ts';
import { countAgora } from '../sync/varredura/agora.ts';
import { readEstado } from '../sync/varredura/estado.ts';
import { findRecusa, listCorridas } from '../sync/varredura/registro.ts';
import { type Exchange, type Form, formOf, optionalId, queryOf } from './exchange.ts';
import { regrasLocals } from './regras.ts';
import { answerWrite, formLocals, type Locals, render } from './render.ts';

const CORRIDAS = 10;
const NATIVOS = 20;

/** `GET /sincronizacao?operacao=&filial_id=`: the two fill in the form of the mode. */
export async function showSincronizacao(exchange: Exchange): Promise<void> {
  const { sync, operador } = exchange;
  const [estado, recusa, corridas, agora, nativos, modos, regras] = await Promise.all([
    readEstado(sync.db),
    findRecusa(sync.db),
    listCorridas(sync.db, CORRIDAS),
    countAgora(sync.db, operador.filiais),
    nativosOf(exchange),
    modosLocals(exchange),
    regrasLocals(exchange),
  ]);
  const aceito = estado.regime?.equals(await currentRegime(exchange)) ?? false;
  const view = { pagina: 'sincronizacao/index', titulo: 'Sincronização' };
  const { operacao, filial_id } = queryOf(exchange);
  const form = formLocals({ operacao, filial_id });
  render(exchange, view, { ...form, ...modos, ...regras, estado, recusa, corridas, agora, nativos, aceito });
}

/** `PUT /sincronizacao/modo`: `modo`, optional `operacao`, `filial_id`. */
export async function putModo(exchange: Exchange): Promise<void> {
  const form = formOf(exchange);
  checkScope(exchange, form);
  await saveModo(exchange.sync, exchange.operador, form);
  const { operacao, filial_id } = form;
  const locals = { ...(await modosLocals(exchange)), ...formLocals({ operacao, filial_id }), salvo: true };
  answerWrite(exchange, '/sincronizacao', { view: 'sincronizacao/_modos', locals });
}

/** `POST /sincronizacao/previas`: asks for the dry run of a whole run; its lote follows itself. */
export async function postPrevia(exchange: Exchange): Promise<void> {
  const id = await requestPrevia(exchange.sync.db, exchange.operador);
  const location = `/lotes/${id}`;
  if (exchange.req.get('hx-request') === 'true')
    exchange.res.set('HX-Redirect', exchange.web.views.url(location));
  answerWrite(exchange, location, { view: 'sincronizacao/_previa', locals: { lote: id } });
}

async function modosLocals(exchange: Exchange): Promise<Locals> {
  const { sync } = exchange;
  const [modos, filiais] = await Promise.all([listModos(sync.db), listFiliais(sync.ixc)]);
  const proprias = filiais.filter(({ id, ativa }) => ativa && isOwn(exchange, id));
  const colunas = [{ id: 0, nome: 'Todas as filiais' }, ...proprias.map(({ id, nome }) => ({ id, nome }))];
  const linhas = ['', ...ACOES].map((operacao) => ({
    operacao,
    celulas: colunas.map(({ id, nome }) => ({ filialId: id, filial: nome, ...cellOf(modos, operacao, id) })),
  }));
  return {
    colunas,
    linhasDeModo: linhas,
    todasAsFiliais: exchange.operador.filiais === 'todas',
    salvo: false,
  };
}

// What holds in one cell, and whether it was set there or follows from a wider one.
function cellOf(modos: ModoSalvo[], operacao: string, filialId: number): { modo: Modo; proprio: boolean } {
  const proprio = modos.some((each) => each.operacao === operacao && each.filialId === filialId);
  const acao = ACOES.find((each) => each === operacao);
  if (acao !== undefined) return { modo: modoFor(modos, acao, filialId), proprio };
  const wide = (filial: number) => modos.find((each) => each.operacao === '' && each.filialId === filial);
  return { modo: (wide(filialId) ?? wide(0))?.modo ?? 'observar', proprio };
}

// Contracts that IXC's own module already serves with a linked product: left alone, and told.
async function nativosOf({ sync, operador }: Exchange): Promise<{ total: number; linhas: ContratoLinha[] }> {
  const vinculos = await loadVinculos(sync.db);
  const produtos = vinculos.filter(({ tipo }) => tipo === 'produto').map(({ ixcId }) => ixcId);
  const ids = produtos.length === 0 ? [] : await listNativos(sync.ixc, produtos);
  const linhas = await listContratosPorId(sync.ixc, ids, operador.filiais);
  return { total: linhas.length, linhas: linhas.slice(0, NATIVOS) };
}

async function currentRegime({ sync }: Exchange): Promise<Buffer> {
  const [regras, vinculos] = await Promise.all([loadRegras(sync.db), loadVinculos(sync.db)]);
  return regimeOf(sync, regras, vinculos);
}

// Whoever sees some branches only may set the mode of those only.
function checkScope(exchange: Exchange, form: Form): void {
  if (exchange.operador.filiais === 'todas') return;
  const filialId = optionalId(form['filial_id']);
  if (filialId === undefined) throw invalid({ filial_id: 'Escolha uma das suas filiais.' });
  if (!isOwn(exchange, filialId)) throw notFound('Esta filial');
}

const isOwn = ({ operador }: Exchange, filialId: number): boolean =>
  operador.filiais === 'todas' || operador.filiais.includes(filialId);

// Sincronização: how the scan is doing, how far it may go by itself, and the prévia of a whole run.
import { listContratosPorId } from '../ixc/contratos.ts';
import { listFiliais } from '../ixc/planos.ts';
import type { ContratoLinha } from '../ixc/tipos.ts';
import { listNativos } from '../ixc/vinculados.ts';
import { invalid, notFound, Problem } from '../problem.ts';
import { countEspera, sendEspera } from '../sync/cadastrosEspera.ts';
import { requestPrevia } from '../sync/lotes/previa.ts';
import { COM_MODO, listModos, type Modo, type ModoSalvo, modoFor, saveModo } from '../sync/modos.ts';
import { loadRegras, loadVinculos, regimeOf } from '../sync/regrasSalvas.ts';
import { countAgora } from '../sync/varredura/agora.ts';
import { readEstado } from '../sync/varredura/estado.ts';
import { acceptEstrutura, listMudadas } from '../sync/varredura/estrutura.ts';
import { nomeadosPor } from '../sync/varredura/nativos.ts';
import { findRecusa, listCorridas } from '../sync/varredura/registro.ts';
import { type Exchange, type Form, formOf, optionalId, queryOf } from './exchange.ts';
import { numero } from './formato.ts';
import { MUDANCAS } from './palavras.ts';
import { regrasLocals } from './regras.ts';
import { answerWrite, formLocals, type Locals, render } from './render.ts';

const CORRIDAS = 10;
const NATIVOS = 20;

/** `GET /sincronizacao?operacao=&filial_id=`: the two fill in the form of the mode. */
export async function showSincronizacao(exchange: Exchange): Promise<void> {
  const { sync, operador } = exchange;
  const [estado, recusa, corridas, agora, nativos, modos, regras, cadastros] = await Promise.all([
    readEstado(sync.db),
    findRecusa(sync.db),
    listCorridas(sync.db, CORRIDAS),
    countAgora(sync.db, operador.filiais),
    nativosOf(exchange),
    modosLocals(exchange),
    regrasLocals(exchange),
    countEspera(sync.db, operador.filiais),
  ]);
  const mudadas = recusa === undefined ? [] : await listMudadas(sync);
  const aceito = estado.regime?.equals(await currentRegime(exchange)) ?? false;
  const view = { pagina: 'sincronizacao/index', titulo: 'Sincronização' };
  const { operacao, filial_id } = queryOf(exchange);
  const form = formLocals({ operacao, filial_id });
  const leitura = { estado, recusa, mudadas, corridas, agora, nativos, aceito };
  const espera = { cadastros, enviados: undefined };
  render(exchange, view, { ...form, ...modos, ...regras, ...leitura, ...espera });
}

/**
 * `PUT /sincronizacao/modo`: `modo`, optional `operacao`, `filial_id`. With `pergunta`, as our own form has it, the step
 * that lets everything go by itself is asked about first.
 */
export async function putModo(exchange: Exchange): Promise<void> {
  const form = formOf(exchange);
  checkScope(exchange, form);
  if (form['pergunta'] && form['modo'] === 'automatico' && !form['operacao'])
    return askAutomatico(exchange, form);
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

async function askAutomatico(exchange: Exchange, form: Form): Promise<void> {
  const { sync, operador, res, web } = exchange;
  const filialId = optionalId(form['filial_id']);
  const [{ porAcao, demais }, filiais] = await Promise.all([
    countAgora(sync.db, filialId === undefined ? operador.filiais : [filialId]),
    listFiliais(sync.ixc),
  ]);
  const onde =
    filialId === undefined
      ? 'em todas as filiais'
      : `em ${filiais.find(({ id }) => id === filialId)?.nome ?? `filial ${filialId}`}`;
  const mudancas = porAcao.map(({ acao, total }) => `${MUDANCAS[acao].toLowerCase()}: ${numero(total)}`);
  const agora =
    demais === null
      ? mudancas.join('; ') || 'nada'
      : `${numero(demais)} pessoas, mais do que cabe contar aqui`;
  const confirmacao = {
    titulo: `Todas as operações em automático, ${onde}`,
    linhas: [
      'Criações, bloqueios, desbloqueios, trocas de plano e cancelamentos passam a ser enviados à Tele Clínica sem ninguém clicar, até onde o freio deixa.',
      `O que mudaria na próxima varredura: ${agora}.`,
      'O que foi escolhido para uma operação ou filial continua valendo ali. Para parar: outro modo aqui, ou Pausa.',
    ],
    metodo: 'put',
    caminho: web.views.url('/sincronizacao/modo'),
    alvo: '#modos',
    botao: 'Ligar o automático',
    perigo: true,
    foco: true,
    voltar: web.views.url('/sincronizacao'),
    ocultos: [
      ['modo', 'automatico'],
      ['filial_id', String(filialId ?? '')],
    ],
  };
  res.set({ 'HX-Retarget': '#modo-confirmacao', 'HX-Reswap': 'innerHTML' });
  const view = { pagina: 'sincronizacao/modo', fragmento: 'partes/_confirmacao', titulo: confirmacao.titulo };
  render(exchange, view, { confirmacao });
}

/** `POST /sincronizacao/estrutura`: the columns that IXC has now are the right ones. */
export async function postEstrutura(exchange: Exchange): Promise<void> {
  if (exchange.operador.filiais !== 'todas') {
    throw new Problem(
      403,
      'A estrutura do IXC vale para todas as filiais, e seu grupo no IXC vê só algumas.',
      'Peça a quem vê todas as filiais.',
    );
  }
  await acceptEstrutura(exchange.sync, exchange.operador);
  answerWrite(exchange, '/sincronizacao', { view: 'sincronizacao/_estrutura', locals: {} });
}

/** `POST /sincronizacao/cadastros`: `resumo` of the list that was seen. */
export async function postCadastros(exchange: Exchange): Promise<void> {
  const { sync, operador } = exchange;
  const enviados = await sendEspera(sync, operador, formOf(exchange)['resumo'] ?? '');
  const cadastros = await countEspera(sync.db, operador.filiais);
  answerWrite(exchange, '/sincronizacao', {
    view: 'sincronizacao/_cadastros',
    locals: { cadastros, enviados },
  });
}

async function modosLocals(exchange: Exchange): Promise<Locals> {
  const { sync } = exchange;
  const [modos, filiais] = await Promise.all([listModos(sync.db), listFiliais(sync.ixc)]);
  const proprias = filiais.filter(({ id, ativa }) => ativa && isOwn(exchange, id));
  const colunas = [{ id: 0, nome: 'Todas as filiais' }, ...proprias.map(({ id, nome }) => ({ id, nome }))];
  const linhas = ['', ...COM_MODO].map((operacao) => ({
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
  const acao = COM_MODO.find((each) => each === operacao);
  if (acao !== undefined) return { modo: modoFor(modos, acao, filialId), proprio };
  const wide = (filial: number) => modos.find((each) => each.operacao === '' && each.filialId === filial);
  return { modo: (wide(filialId) ?? wide(0))?.modo ?? 'observar', proprio };
}

// Contracts that IXC's own module already serves with a linked product: left alone, and told.
async function nativosOf({ sync, operador }: Exchange): Promise<{ total: number; linhas: ContratoLinha[] }> {
  const vinculos = await loadVinculos(sync.db);
  const ids = await listNativos(sync.ixc, nomeadosPor(vinculos));
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

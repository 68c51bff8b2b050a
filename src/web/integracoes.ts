// Integrações: the provider's accounts at Tele Clínica. The password goes in and never comes out.
import { listFiliais } from '../ixc/planos.ts';
import { notFound, type Problem } from '../problem.ts';
import { findIntegracao, type Integracao, listIntegracoes, saveIntegracao } from '../sync/integracoes.ts';
import { testIntegracao } from '../sync/testeDeConexao.ts';
import type { Celula } from './csv.ts';
import { type Exchange, type Form, formOf, idParam } from './exchange.ts';
import { onePage, sendLista } from './exportacao.ts';
import { AMBIENTE, REGISTRO } from './palavras.ts';
import { answerWrite, formLocals, type Locals, render } from './render.ts';

const EDIT = { pagina: 'integracoes/edit', fragmento: 'integracoes/_integracao' };
const NOVA: Form = { ambiente: 'homologacao', perfil: 'teleclinica-v1' };

/** `GET /integracoes` */
export async function indexIntegracoes(exchange: Exchange): Promise<void> {
  const integracoes = await listIntegracoes(exchange.sync.db);
  render(exchange, { pagina: 'integracoes/index', titulo: 'Integrações' }, { integracoes });
}

/** `GET /integracoes.csv`, `.xlsx`: without what is secret. */
export async function downloadIntegracoes(exchange: Exchange): Promise<void> {
  const cells = (await listIntegracoes(exchange.sync.db)).map((integracao): Celula[] => [
    integracao.nome,
    AMBIENTE[integracao.ambiente],
    integracao.urlBase,
    integracao.perfil,
    REGISTRO[integracao.registro] ?? integracao.registro,
  ]);
  const colunas = ['Nome da Integração', 'Ambiente', 'URL Base', 'Perfil', 'Registro'];
  await sendLista(exchange, { nome: 'integracoes', colunas, filtro: {}, paginas: onePage(cells) });
}

/** `GET /integracoes/nova` */
export async function newIntegracao(exchange: Exchange): Promise<void> {
  await draw(exchange, undefined, formLocals(NOVA));
}

/** `GET /integracoes/:id` */
export async function showIntegracao(exchange: Exchange, integracao: Integracao): Promise<void> {
  await draw(exchange, integracao, formLocals(valoresOf(integracao)));
}

/** `GET /integracoes/:id/registro`: how far the registration at Tele Clínica is; follows itself until it is over. */
export async function showRegistroDaIntegracao(exchange: Exchange, integracao: Integracao): Promise<void> {
  const locals = {
    ...(await choices(exchange)),
    integracao,
    salvo: false,
    ...formLocals(valoresOf(integracao)),
  };
  const view = { pagina: EDIT.pagina, fragmento: 'integracoes/_registro', titulo: integracao.nome };
  render(exchange, view, locals);
}

/** `POST /integracoes` */
export async function createIntegracao(exchange: Exchange): Promise<void> {
  const id = await saveIntegracao(exchange.sync, exchange.operador, undefined, formOf(exchange));
  await answerSaved(exchange, id);
}

/** `PUT /integracoes/:id`; an empty `senha` keeps the stored one. */
export async function updateIntegracao(exchange: Exchange, { id }: Integracao): Promise<void> {
  await saveIntegracao(exchange.sync, exchange.operador, id, formOf(exchange));
  await answerSaved(exchange, id);
}

/** `POST /integracoes/:id/teste`: *Testar conexão*, answered in plain words. */
export async function postTeste(exchange: Exchange, { id }: Integracao): Promise<void> {
  const resultado = await testIntegracao(exchange.sync, exchange.operador, id);
  answerWrite(exchange, `/integracoes/${id}`, { view: 'integracoes/_teste', locals: { resultado } });
}

export async function redrawIntegracao(
  exchange: Exchange,
  integracao: Integracao | undefined,
  problem: Problem,
): Promise<void> {
  const { senha: _neverEchoed, ...typed } = formOf(exchange);
  await draw(exchange, integracao, formLocals(typed, problem.fields), 422);
}

/** The integração of the address. @throws Problem 404. */
export async function integracaoOf(exchange: Exchange): Promise<Integracao> {
  const found = await findIntegracao(exchange.sync.db, idParam(exchange, 'id', 'Esta integração'));
  if (found === undefined) throw notFound('Esta integração');
  return found;
}

async function draw(
  exchange: Exchange,
  integracao: Integracao | undefined,
  form: Locals,
  status = 200,
): Promise<void> {
  const titulo = integracao?.nome ?? 'Nova Integração';
  const locals = { ...(await choices(exchange)), integracao, salvo: false, ...form };
  render(exchange, { ...EDIT, titulo }, locals, status);
}

async function answerSaved(exchange: Exchange, id: number): Promise<void> {
  const integracao = await findIntegracao(exchange.sync.db, id);
  if (integracao === undefined) throw notFound('Esta integração');
  const form = formLocals(valoresOf(integracao));
  answerWrite(exchange, `/integracoes/${id}`, {
    view: EDIT.fragmento,
    locals: { ...(await choices(exchange)), integracao, salvo: true, ...form },
    push: true,
  });
}

async function choices({ sync }: Exchange): Promise<Locals> {
  return { perfis: [...sync.perfis.keys()], filiais: await listFiliais(sync.ixc) };
}

const valoresOf = (integracao: Integracao): Form => ({
  nome: integracao.nome,
  ambiente: integracao.ambiente,
  url_base: integracao.urlBase,
  usuario: integracao.usuario,
  perfil: integracao.perfil,
  cnpj: integracao.cnpj ?? '',
  filial_id: integracao.filialId === null ? '' : String(integracao.filialId),
  usuario_automatico: integracao.usuarioAutomatico ? '1' : '',
  contratos_teste: integracao.contratosTeste.join(', '),
});

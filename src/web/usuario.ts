// Everything that the fragment of one usuário draws: state, message, actions, story, and how it follows itself.
import { findContrato, listContratosPorId } from '../ixc/contratos.ts';
import type { Contrato, ContratoLinha } from '../ixc/tipos.ts';
import { type AcaoPossivel, availableActions } from '../sync/acoes.ts';
import { type DatasDoUsuario, readDatas } from '../sync/datas.ts';
import { type Envio, listEnvios, undoable } from '../sync/envio.ts';
import { groupHistoria, listHistoria, type Momento } from '../sync/historia.ts';
import { listModos, modoFor } from '../sync/modos.ts';
import { isPausedByFile, listPausas } from '../sync/pausas.ts';
import { summarize } from '../sync/porque/resumo.ts';
import type { Operador, Papel, Usuario } from '../sync/tipos.ts';
import { drawBotoes } from './botoes.ts';
import { type Exchange, formOf, optionalId } from './exchange.ts';
import { diaDe } from './formato.ts';
import { sentenceOf } from './frases.ts';
import { andamento } from './palavras.ts';
import type { Locals } from './render.ts';

export type AcaoDaTela = AcaoPossivel['acao'];

const PAPEL_DA_ACAO: Record<AcaoDaTela, Papel> = {
  criar: 'operar',
  bloquear: 'operar',
  desbloquear: 'operar',
  trocar_plano: 'operar',
  cancelar: 'cancelar',
  desfazer_cancelamento: 'cancelar',
};

// A prompt partner answers at once; a slow one is asked about less and less often.
const FIRST_MS = 150;
const SLOWEST_MS = 2_000;
const GROWTH = 1.35;
// Moments of the story at first, and at most.
const FEW = 12;
const MANY = 100;

export interface Situation {
  /** The contract whose panel is open; without it the newest that grants the account is looked up. */
  contrato?: Contrato | undefined;
  /** How many times the fragment has already asked. */
  passo?: number;
  /** True after a write: the message takes the focus, so that it is read aloud. */
  foco?: boolean;
}

/** Locals of `usuarios/_usuario`. */
export async function usuarioLocals(
  exchange: Exchange,
  usuario: Usuario,
  { contrato, passo = 0, foco = false }: Situation = {},
): Promise<Locals> {
  const { sync, operador, web } = exchange;
  const momentosPedidos = formOf(exchange)['historia'] === String(MANY) ? MANY : FEW;
  const [regente, momentos, pausas, envios, datas, identidade, regraManda] = await Promise.all([
    contrato ?? governingContrato(exchange, usuario),
    listHistoria(sync.db, usuario.id, momentosPedidos + 1),
    listPausas(sync.db),
    usuario.trabalho || usuario.retida !== null ? listEnvios(sync.db, usuario.id) : [],
    readDatas(sync.db, usuario.id),
    identidadeOf(exchange, usuario),
    ruleInsists(exchange, usuario),
  ]);
  const pausado = isPausedByFile(sync) || pausas.some(({ operacao }) => operacao === '');
  const carenciaCabe = carenciaFits(operador, usuario, datas);
  const acoes = availableActions(usuario, regente).filter(({ acao }) => mayDo(operador, acao));
  const historia = momentos.slice(0, momentosPedidos);
  return {
    usuario,
    contratoId: contrato?.id,
    contratoRegente: regente,
    resumo: summarize(usuario, datas),
    botoes: drawBotoes({
      usuario,
      acoes,
      desfazivel: operador.papeis.has('operar') ? undoable(envios) : undefined,
      reenviavel: stuckOperacao(operador, usuario, envios),
      carencia: carenciaCabe ? 'dar' : endsCarencia(operador, datas) ? 'encerrar' : undefined,
      regraManda,
      contratoRegente: regente?.id,
    }),
    historia: groupHistoria(historia, diaDe),
    historiaTem: { total: historia.length, mais: momentos.length > historia.length, muitos: MANY },
    historiaPedida: momentosPedidos === MANY ? MANY : undefined,
    nomes: await web.direitos.namesOf(operadoresOf(historia, datas)),
    frase: sentenceOf(usuario, { pausado, envios, desfeito: undoneOf(historia) }),
    seguir: andamento(usuario) === 'seguindo' ? { passo: passo + 1, esperaMs: delayOf(passo) } : undefined,
    confirmacao: undefined,
    carencia: undefined,
    porque: undefined,
    datas,
    carenciaCabe,
    identidade,
    avisoDaIdentidade: undefined,
    foco,
  };
}

const operadoresOf = (historia: Momento[], { carencia }: DatasDoUsuario): number[] =>
  [...historia, ...(carencia ? [carencia] : [])].flatMap(({ operadorId }) =>
    operadorId === null ? [] : [operadorId],
  );

// The last thing that a person asked for, when it was to withdraw something.
function undoneOf(historia: Momento[]): string | undefined {
  const last = historia.find(({ tipo }) => tipo === 'pedido');
  return last?.evento === 'bloqueio_desfeito' || last?.evento === 'plano_desfeito' ? last.texto : undefined;
}

// A person's own block or cancel order is taken back first; there is nothing to shield without an account.
const carenciaFits = (operador: Operador, usuario: Usuario, { carencia }: DatasDoUsuario): boolean =>
  operador.papeis.has('operar') &&
  carencia === null &&
  usuario.desejada !== 'ausente' &&
  usuario.desejada !== 'cancelado' &&
  usuario.observada !== 'cancelado' &&
  usuario.cancelarEm === null &&
  !usuario.bloqueioManual;

const endsCarencia = (operador: Operador, { carencia }: DatasDoUsuario): boolean =>
  carencia !== null && operador.papeis.has('operar');

/** Whether this operator's roles allow the action; whether the state allows it is `availableActions`' matter. */
export const mayDo = (operador: Operador, acao: AcaoDaTela): boolean =>
  operador.papeis.has(PAPEL_DA_ACAO[acao]);

/** The contract that speaks for the account when none is open: the newest one still granting it. */
export function governingContrato(exchange: Exchange, usuario: Usuario): Promise<Contrato | undefined> {
  const adesao = usuario.adesoes.findLast(({ vigente }) => vigente) ?? usuario.adesoes.at(-1);
  if (adesao === undefined) return Promise.resolve(undefined);
  return findContrato(exchange.sync.ixc, adesao.contratoId, exchange.operador.filiais);
}

/** The contract panel that the fragment lives in, as the fragment itself tells it (`?contrato=`). */
export function contextOf(exchange: Exchange, usuario: Usuario): { contratoId: number | undefined } {
  const asked = optionalId(formOf(exchange)['contrato']);
  return { contratoId: usuario.adesoes.find(({ contratoId }) => contratoId === asked)?.contratoId };
}

// Whether a rule blocks this person by itself, so that Desbloquear is refused (decisions 12).
async function ruleInsists({ sync }: Exchange, usuario: Usuario): Promise<boolean> {
  if (usuario.desejada !== 'bloqueado' || usuario.bloqueioManual || usuario.cancelarEm !== null) return false;
  const blocked = usuario.adesoes.find(({ vigente, significado }) => vigente && significado !== 'ativo');
  if (blocked === undefined) return usuario.outrasFiliais > 0;
  return modoFor(await listModos(sync.db), 'bloquear', blocked.filialId) === 'automatico';
}

// “Quem é a pessoa?”: the contracts as IXC has them now; undefined for whoever is not held for it.
async function identidadeOf(
  { sync, operador }: Exchange,
  usuario: Usuario,
): Promise<{ contratos: ContratoLinha[] } | undefined> {
  if (usuario.retida !== 'quem_e_a_pessoa') return undefined;
  const ids = usuario.adesoes.filter(({ vigente }) => vigente).map(({ contratoId }) => contratoId);
  return { contratos: await listContratosPorId(sync.ixc, ids, operador.filiais) };
}

// What Reenviar acts on, of somebody who is held or failing. Trying again is a person's order too, so it takes the role of one.
function stuckOperacao(operador: Operador, usuario: Usuario, envios: readonly Envio[]): number | undefined {
  if (usuario.retida === null && usuario.falhas === 0) return undefined;
  const [open] = envios;
  if (open === undefined || !operador.papeis.has('operar')) return undefined;
  const { filiais } = operador;
  return filiais === 'todas' || filiais.includes(open.filialId) ? open.operacaoId : undefined;
}

const delayOf = (passo: number): number => Math.round(Math.min(SLOWEST_MS, FIRST_MS * GROWTH ** passo));

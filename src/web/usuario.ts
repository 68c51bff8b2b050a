// Everything that the fragment of one usuário draws: state, sentence, actions, story, and how it follows itself.
import { findContrato, listContratosPorId } from '../ixc/contratos.ts';
import type { Contrato, ContratoLinha } from '../ixc/tipos.ts';
import { availableActions } from '../sync/acoes.ts';
import { type DatasDoUsuario, readDatas } from '../sync/datas.ts';
import { listHistoria } from '../sync/historia.ts';
import { listOperacoes } from '../sync/operacoes.ts';
import { isPausedByFile, listPausas } from '../sync/pausas.ts';
import type { Operador, Papel, Usuario } from '../sync/tipos.ts';
import type { Exchange } from './exchange.ts';
import { sentenceOf } from './frases.ts';
import { andamento } from './palavras.ts';
import type { Locals } from './render.ts';

export type AcaoDaTela = ReturnType<typeof availableActions>[number]['acao'];

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

export interface Situation {
  /** The contract whose panel is open; without it the newest that grants the account is looked up. */
  contrato?: Contrato | undefined;
  /** How many times the fragment has already asked. */
  passo?: number;
  /** True after a write: the sentence takes the focus, so that it is read aloud. */
  foco?: boolean;
}

/** Locals of `usuarios/_usuario`. */
export async function usuarioLocals(
  exchange: Exchange,
  usuario: Usuario,
  { contrato, passo = 0, foco = false }: Situation = {},
): Promise<Locals> {
  const { sync, operador, web } = exchange;
  const [regente, historia, pausas, parada, datas, identidade] = await Promise.all([
    contrato ?? governingContrato(exchange, usuario),
    listHistoria(sync.db, usuario.id),
    listPausas(sync.db),
    stuckOperacao(exchange, usuario),
    readDatas(sync.db, usuario.id),
    identidadeOf(exchange, usuario),
  ]);
  const pausado = isPausedByFile(sync) || pausas.some(({ operacao }) => operacao === '');
  const operadores = [...historia, ...(datas.carencia ? [datas.carencia] : [])].flatMap(({ operadorId }) =>
    operadorId === null ? [] : [operadorId],
  );
  return {
    usuario,
    contratoId: contrato?.id,
    contratoRegente: regente,
    acoes: availableActions(usuario, regente).filter(({ acao }) => mayDo(operador, acao)),
    // Trying again is a person's order too, so it takes the role of one.
    reenviavel: operador.papeis.has('operar') ? parada : undefined,
    historia,
    nomes: await web.direitos.namesOf(operadores),
    frase: sentenceOf(usuario, pausado),
    seguir: andamento(usuario) === 'seguindo' ? { passo: passo + 1, esperaMs: delayOf(passo) } : undefined,
    confirmacao: undefined,
    datas,
    carenciaCabe: carenciaFits(operador, usuario, datas),
    identidade,
    avisoDaIdentidade: undefined,
    foco,
  };
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

/** Whether this operator's roles allow the action; whether the state allows it is `availableActions`' matter. */
export const mayDo = (operador: Operador, acao: AcaoDaTela): boolean =>
  operador.papeis.has(PAPEL_DA_ACAO[acao]);

/** The contract that speaks for the account when none is open: the newest one still granting it. */
export function governingContrato(exchange: Exchange, usuario: Usuario): Promise<Contrato | undefined> {
  const adesao = usuario.adesoes.findLast(({ vigente }) => vigente) ?? usuario.adesoes.at(-1);
  if (adesao === undefined) return Promise.resolve(undefined);
  return findContrato(exchange.sync.ixc, adesao.contratoId, exchange.operador.filiais);
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

// The open operação of somebody who is held or failing: what Reenviar acts on.
async function stuckOperacao({ sync, operador }: Exchange, usuario: Usuario): Promise<number | undefined> {
  if (usuario.retida === null && usuario.falhas === 0) return undefined;
  const filter = { filiais: operador.filiais, usuarioId: usuario.id, estado: 'aberta', limite: 1 } as const;
  return (await listOperacoes(sync.db, filter)).operacoes[0]?.id;
}

const delayOf = (passo: number): number => Math.round(Math.min(SLOWEST_MS, FIRST_MS * GROWTH ** passo));

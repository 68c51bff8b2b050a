// Acting on several people at once: who goes, who stays out and why, and each order by itself exactly as a single click.
import { isDatabaseDown } from '../db.ts';
import { Problem } from '../problem.ts';
import { availableActions } from './acoes.ts';
import type { Sync } from './contexto.ts';
import type { OperacaoDaGrade } from './operacoes.ts';
import type { UsuarioDaGrade } from './usuarios.ts';

/** At most this many at once; more is a list that somebody approves (lotes). */
export const MAX_SELECAO = 100;

export interface Triagem<T> {
  vao: T[];
  /** `porque` completes the sentence “fica de fora: …”. */
  ficam: { item: T; porque: string }[];
}

type AcaoEmVarios = 'bloquear' | 'desbloquear' | 'cancelar';

/** Whom the action would change now. Pure. */
export const sortUsuarios = (
  acao: AcaoEmVarios,
  usuarios: readonly UsuarioDaGrade[],
): Triagem<UsuarioDaGrade> => sortBy(usuarios, (usuario) => reasonToSkip(acao, usuario));

function reasonToSkip(acao: AcaoEmVarios, usuario: UsuarioDaGrade): string | undefined {
  if (acao === 'bloquear' && usuario.carenciaAte !== null) return 'em carência';
  if (availableActions(usuario, undefined).some((each) => each.acao === acao)) return undefined;
  if (usuario.desejada === 'ausente') return 'sem conta na Tele Clínica';
  if (usuario.observada === 'cancelado' || usuario.desejada === 'cancelado') return 'já cancelada';
  if (usuario.cancelarEm !== null) return 'com cancelamento marcado';
  return acao === 'bloquear' ? 'já bloqueada' : 'já desbloqueada';
}

/** Which operações can be sent again, or discarded. Pure. */
export const sortOperacoes = (
  acao: 'reenviar' | 'descartar',
  operacoes: readonly OperacaoDaGrade[],
): Triagem<OperacaoDaGrade> =>
  sortBy(operacoes, (operacao) => {
    if (operacao.estado !== 'aberta' && operacao.estado !== 'recusada') return 'já encerrada';
    if (acao === 'descartar' || operacao.reenviavel) return undefined;
    return operacao.estado === 'aberta' ? 'já em andamento' : 'há um pedido mais novo';
  });

/** Parts `items` by whether `reason` has something against them. */
function sortBy<T>(items: readonly T[], reason: (item: T) => string | undefined): Triagem<T> {
  const triagem: Triagem<T> = { vao: [], ficam: [] };
  for (const item of items) {
    const porque = reason(item);
    if (porque === undefined) triagem.vao.push(item);
    else triagem.ficam.push({ item, porque });
  }
  return triagem;
}

export interface Pedida<T> {
  item: T;
  /** The usuário whose progress tells how it goes on; null when there is none to follow. */
  usuarioId: number | null;
  /** Why nothing was ordered for it; null when it was. */
  recusa: string | null;
}

/**
 * Orders for one after the other, each in its own transaction: a refusal of one says nothing about the next. Should our
 * database go away, the rest is left alone.
 */
export async function orderEach<T>(
  sync: Sync,
  items: readonly T[],
  order: (item: T) => Promise<number | null>,
): Promise<Pedida<T>[]> {
  const pedidas: Pedida<T>[] = [];
  let down = false;
  for (const item of items) {
    if (down) {
      pedidas.push({ item, usuarioId: null, recusa: BROKEN });
      continue;
    }
    try {
      pedidas.push({ item, usuarioId: await order(item), recusa: null });
    } catch (error) {
      if (!(error instanceof Problem)) sync.log.error({ erro: error }, 'um pedido da seleção falhou');
      down = isDatabaseDown(error);
      pedidas.push({ item, usuarioId: null, recusa: error instanceof Problem ? wordsOf(error) : BROKEN });
    }
  }
  return pedidas;
}

const BROKEN = 'Algo falhou do nosso lado e nada foi pedido para esta linha. Repita mais tarde.';

const wordsOf = ({ title, action, fields }: Problem): string =>
  Object.keys(fields).length > 0 ? Object.values(fields).join(' ') : `${title} ${action}`;

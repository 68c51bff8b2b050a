// What a person of a grid waits for, in few words: the hold, the queue, the next try, a date. Pure.
import { HOJE } from '../sync/hoje.ts';
import type { OperacaoDaGrade } from '../sync/operacoes.ts';
import type { UsuarioDaGrade } from '../sync/usuarios.ts';
import { dia } from './formato.ts';
import { CAUSA, O_QUE_FAZER } from './palavras.ts';

export interface Espera {
  tom: 'retido' | 'aberta' | 'neutro';
  palavra: string;
  /** Said on hover and to screen readers. */
  explicacao?: string;
}

type Fatos = Pick<
  UsuarioDaGrade,
  | 'retida'
  | 'trabalho'
  | 'falhas'
  | 'proximaEm'
  | 'mensagem'
  | 'observada'
  | 'cancelarEm'
  | 'cancelarRegraEm'
  | 'carenciaAte'
  | 'aguardaAcesso'
>;

/** Everything that a usuário waits for, the most pressing first; empty when nothing does. */
export function esperasOf(usuario: Fatos, agora: Date = new Date()): Espera[] {
  const work = usuario.retida !== null || usuario.trabalho ? [ofWork(usuario, agora)] : [];
  return [...work, ...ofDates(usuario, agora)];
}

/** What an open operação waits for; undefined when it is over. */
export function esperaDaOperacao(operacao: OperacaoDaGrade, agora: Date = new Date()): Espera | undefined {
  if (operacao.estado !== 'aberta') return undefined;
  return ofWork({ ...operacao, proximaEm: operacao.proximaEm ?? '' }, agora);
}

function ofWork(
  { retida, falhas, proximaEm, mensagem }: Pick<Fatos, 'retida' | 'falhas' | 'proximaEm' | 'mensagem'>,
  agora: Date,
): Espera {
  if (retida !== null) return { tom: 'retido', palavra: CAUSA[retida], explicacao: O_QUE_FAZER[retida] };
  const proxima = utc(proximaEm);
  if (proxima !== undefined && proxima > agora) {
    const why = mensagem ?? 'A Tele Clínica é consultada de novo nessa hora.';
    const tentativa = falhas > 0 ? 'próxima tentativa' : 'confere';
    return { tom: 'aberta', palavra: `${tentativa} ${quando(proxima, agora)}`, explicacao: why };
  }
  return { tom: 'aberta', palavra: 'na fila', explicacao: mensagem ?? 'É a vez dela em instantes.' };
}

function ofDates(usuario: Fatos, agora: Date): Espera[] {
  const esperas: Espera[] = [];
  const cancela = utc(usuario.cancelarEm) ?? utc(usuario.cancelarRegraEm);
  if (cancela !== undefined && cancela > agora && usuario.observada !== 'cancelado') {
    const quem = usuario.cancelarEm === null ? 'Pela regra do contrato' : 'A pedido de um operador';
    const explicacao = `${quem}; até lá a pessoa fica bloqueada.`;
    esperas.push({ tom: 'retido', palavra: `cancela ${emDias(HOJE.format(cancela), agora)}`, explicacao });
  }
  if (usuario.carenciaAte !== null) {
    const explicacao = 'Até lá nada automático bloqueia.';
    esperas.push({ tom: 'neutro', palavra: `carência até ${dia(usuario.carenciaAte)}`, explicacao });
  }
  if (usuario.aguardaAcesso && usuario.observada === 'ativo') {
    const explicacao = 'A conta existe, e a pessoa ainda não entrou nela.';
    esperas.push({ tom: 'neutro', palavra: 'aguarda primeiro acesso', explicacao });
  }
  return esperas;
}

const HORA = new Intl.DateTimeFormat('pt-BR', { timeZone: 'America/Sao_Paulo', timeStyle: 'short' });

function quando(moment: Date, agora: Date): string {
  const day = HOJE.format(moment);
  const time = HORA.format(moment);
  return day === HOJE.format(agora) ? time : `${dia(day).slice(0, 5)} ${time}`;
}

function emDias(day: string, agora: Date): string {
  const days = Math.round((Date.parse(day) - Date.parse(HOJE.format(agora))) / 86_400_000);
  if (days <= 0) return 'hoje';
  return days === 1 ? 'amanhã' : `em ${days} dias`;
}

function utc(value: string | null): Date | undefined {
  if (value === null || value === '') return undefined;
  return new Date(`${value.replace(' ', 'T').slice(0, 23)}Z`);
}

// One person on three sides: what the contracts say now, what we hold, what the partner's list shows; and what is wrong. Pure.
import { type Desejo, strongestOf } from '../desejo.ts';
import type { CausaDeRetencao, Desejada, Significado, Situacao } from '../tipos.ts';
import type { Achado, CampoComparado, Classe, Correcao } from './tipos.ts';

export interface AdesaoComparada {
  contratoId: number;
  clienteId: number;
  filialId: number;
  /** As the last reading of IXC has it. */
  significado: Significado;
  /** Complete scans in a row without the contract. */
  ausencias: number;
  /** UTC; when IXC was first read like this. */
  lidoEm: string | null;
}

export interface PessoaComparada {
  id: number;
  integracaoId: number;
  observada: Situacao;
  /** UTC */
  observadaEm: string | null;
  /** What is wished now, orders of people included. */
  desejada: Desejada;
  /** A person ordered the cancellation. */
  cancelamentoPedido: boolean;
  retida: CausaDeRetencao | null;
  /** A change is on its way, or came after the partner's page was read: nothing is known yet. */
  mexida: boolean;
  /** What the contracts and orders make of it now. */
  deveSer: Desejo;
  adesoes: AdesaoComparada[];
}

export interface ContaComparada {
  remotoId: string;
  situacao: Situacao;
  plano: string | null;
}

export interface Lados {
  pessoa: PessoaComparada;
  /** The person's current account in the partner's list; undefined = not in it. */
  conta: ContaComparada | undefined;
  /** Only then does not being in it mean anything. */
  listaCompleta: boolean;
  /** An account of the same CPF that is not ours stands there: it is told as such. */
  estranha: boolean;
  /** The partner's code of the wished plano; null = not known. */
  planoCodigo: string | null;
  valorDoPlano: number | null;
  /** Of the plan that the partner shows, when it is one of ours. */
  valorLa: number | null;
  campos: CampoComparado[];
  pode: { trocarPlano: boolean; atualizar: boolean };
}

// Decisions 10: from the second complete scan without the contract on, it is gone.
const SUMIU_APOS = 2;

/** Everything that the three sides do not agree on about one person. */
export function judgePessoa(lados: Lados): Achado[] {
  const { pessoa, conta, campos, pode } = lados;
  if (pessoa.mexida) return [];
  const situacao = judgeSituacao(lados);
  const achados = situacao === undefined ? [] : [situacao];
  if (situacao === undefined && isWrongPlan(lados)) {
    const troca = Math.abs((lados.valorDoPlano ?? 0) - (lados.valorLa ?? 0));
    const valor = lados.valorLa === null ? lados.valorDoPlano : troca;
    achados.push(achado(lados, 'plano_errado', pode.trocarPlano ? 'trocar_plano' : null, valor));
  }
  if (campos.length > 0 && isAlive(conta)) {
    // Somebody else's CPF is a matter for people: sending the register again would not change it.
    const correcao = pode.atualizar && !campos.includes('cpf') ? 'atualizar' : null;
    achados.push({ ...achado(lados, 'dados_diferentes', correcao, 0), campos });
  }
  return achados;
}

function judgeSituacao(lados: Lados): Achado | undefined {
  const { pessoa, conta, valorDoPlano, valorLa } = lados;
  const { desejada } = pessoa.deveSer;
  const there = valorLa ?? valorDoPlano;
  if (isAlive(conta) && isOrphan(pessoa))
    return { ...achado(lados, 'usuario_sem_contrato', 'cancelar', there), ixc: null, para: 'cancelado' };
  if (desejada === 'ativo') return judgeEntitled(lados);
  const leaks = desejada === 'cancelado' ? isAlive(conta) : conta?.situacao === 'ativo';
  if (!leaks || desejada === 'ausente') return undefined;
  return achado(lados, 'cancelado_ativo', desejada === 'cancelado' ? 'cancelar' : 'bloquear', there);
}

function judgeEntitled(lados: Lados): Achado | undefined {
  const { pessoa, conta, listaCompleta, estranha, valorDoPlano } = lados;
  if (conta?.situacao === 'bloqueado') return achado(lados, 'pago_bloqueado', 'desbloquear', valorDoPlano);
  const gone = conta === undefined ? listaCompleta && !estranha : conta.situacao === 'cancelado';
  if (!gone) return undefined;
  const confirmed = pessoa.retida === 'sumiu' || pessoa.retida === 'cancelado_no_parceiro';
  return achado(lados, 'ativo_sem_usuario', confirmed ? 'recriar' : 'conferir', valorDoPlano);
}

function isWrongPlan({ pessoa, conta, planoCodigo }: Lados): boolean {
  if (pessoa.deveSer.desejada !== 'ativo' || conta?.situacao !== 'ativo') return false;
  return planoCodigo !== null && conta.plano !== null && conta.plano !== planoCodigo;
}

// No contract grants it any more, or what keeps it active is a contract that IXC no longer shows.
function isOrphan({ adesoes, cancelamentoPedido, deveSer }: PessoaComparada): boolean {
  if (cancelamentoPedido) return false;
  const there = adesoes.filter(({ ausencias }) => ausencias < SUMIU_APOS);
  if (there.length === 0) return true;
  if (there.length === adesoes.length) return false;
  return deveSer.desejada === 'ativo' && strongestOf(there) !== 'ativo';
}

const isAlive = (conta: ContaComparada | undefined): boolean =>
  conta?.situacao === 'ativo' || conta?.situacao === 'bloqueado';

function achado(lados: Lados, classe: Classe, correcao: Correcao | null, valor: number | null): Achado {
  const { pessoa, conta } = lados;
  const ixc = strongestOf(pessoa.adesoes) ?? pessoa.adesoes[0]?.significado ?? null;
  const contrato = pessoa.adesoes.find(({ significado }) => significado === ixc) ?? pessoa.adesoes[0];
  const parceiro = conta?.situacao ?? 'ausente';
  return {
    classe,
    integracaoId: pessoa.integracaoId,
    chave: `usuario:${pessoa.id}`,
    usuarioId: pessoa.id,
    contratoId: contrato?.contratoId ?? null,
    clienteId: contrato?.clienteId ?? null,
    filialId: contrato?.filialId ?? 0,
    remotoId: conta?.remotoId ?? null,
    ixc,
    nosso: pessoa.observada,
    parceiro,
    para: pessoa.deveSer.desejada,
    planoId: pessoa.deveSer.planoId,
    planoParceiro: conta?.plano ?? null,
    campos: [],
    valorCentavos: valor,
    correcao,
    // What we knew already began when the later of both sides came to be so; a surprise begins when it is seen.
    desde: pessoa.observada === parceiro ? latest(contrato?.lidoEm ?? null, pessoa.observadaEm) : null,
  };
}

function latest(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}

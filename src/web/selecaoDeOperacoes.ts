// What may be done with several operações at once: Reenviar and Descartar, the same as for one.
import { listOperacoes, type OperacaoDaGrade } from '../sync/operacoes.ts';
import { discardOperacao, resendOperacao } from '../sync/reenvio.ts';
import { MAX_SELECAO, sortOperacoes } from '../sync/selecao.ts';
import type { Exchange } from './exchange.ts';
import { documento } from './formato.ts';
import { contratosOf } from './gradeDeOperacoes.ts';
import { ACAO, CAUSA, ESTADO, nomeDe } from './palavras.ts';
import type { Alvo, EmVarios } from './selecao.ts';

type DeOperacoes = EmVarios<OperacaoDaGrade>;

const COMMON = {
  lista: '/operacoes',
  nomes: ['operação', 'operações'],
  limite: MAX_SELECAO,
  pedeMotivo: false,
  idOf: ({ id }: OperacaoDaGrade) => id,
  draw: drawOperacoes,
  check: () => undefined,
} as const;

const sorted =
  (acao: 'reenviar' | 'descartar'): DeOperacoes['find'] =>
  async ({ sync, operador }, ids) => {
    const filter = { filiais: operador.filiais, ids, limite: Math.max(ids.length, 1) };
    return sortOperacoes(acao, (await listOperacoes(sync.db, filter)).operacoes);
  };

/** Tries each again now. */
export const REENVIO: DeOperacoes = {
  ...COMMON,
  caminho: '/operacoes/selecao/reenvio',
  verbo: 'Reenviar',
  vai: 'reenviar',
  consequencia: 'São tentadas de novo agora; antes de cada uma a Tele Clínica é consultada.',
  feito: ['operação reenviada', 'operações reenviadas'],
  find: sorted('reenviar'),
  order: async ({ sync, operador }, operacao) => {
    await resendOperacao(sync, operador, operacao);
    return operacao.usuarioId;
  },
};

/** Withdraws the wish of each. */
export const DESCARTE: DeOperacoes = {
  ...COMMON,
  caminho: '/operacoes/selecao/descarte',
  verbo: 'Descartar',
  vai: 'descartar',
  consequencia:
    'Os pedidos são retirados: nada mais é enviado por eles até o contrato mudar. O que a Tele Clínica já fez continua feito.',
  feito: ['operação descartada', 'operações descartadas'],
  perigo: true,
  find: sorted('descartar'),
  order: async ({ sync, operador }, operacao) => {
    await discardOperacao(sync, operador, operacao);
    return null;
  },
};

async function drawOperacoes(exchange: Exchange, operacoes: readonly OperacaoDaGrade[]): Promise<Alvo[]> {
  const contratos = await contratosOf(exchange, operacoes);
  return operacoes.map((operacao) => {
    const contrato = operacao.contratoId === null ? undefined : contratos.get(operacao.contratoId);
    const { retida, estado } = operacao;
    return {
      caminho: `/operacoes/${operacao.id}`,
      nome: `${ACAO[operacao.acao]}${contrato ? `: ${nomeDe(contrato)}` : ''}`,
      documento: contrato ? documento(contrato.documento) : '',
      detalhe: operacao.contratoId === null ? '—' : String(operacao.contratoId),
      agora: retida === null ? ESTADO[estado] : `Parada: ${CAUSA[retida]}`,
    };
  });
}

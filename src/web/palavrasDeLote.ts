// The words of a lote that a person asked for: its verb, the filter that it was made by, what its page says first.
import { describeAcesso, describeStatus } from '../ixc/status.ts';
import type { EstadoDaLinha } from '../sync/lotes/linhas.ts';
import type { Lote } from '../sync/lotes/lotes.ts';
import type { Pedido } from '../sync/lotes/operador/pedido.ts';
import type { Acao } from '../sync/tipos.ts';
import { dia, numero } from './formato.ts';
import { CAUSA, SITUACAO } from './palavras.ts';

export const VERBOS: Record<Acao, { titulo: string; rotulo: string }> = {
  criar: { titulo: 'Criar usuários', rotulo: 'Criar usuários dos contratos que têm direito' },
  bloquear: { titulo: 'Bloquear', rotulo: 'Bloquear, até alguém desbloquear' },
  desbloquear: { titulo: 'Desbloquear', rotulo: 'Desbloquear' },
  trocar_plano: { titulo: 'Trocar de plano', rotulo: 'Trocar de plano' },
  cancelar: { titulo: 'Cancelar', rotulo: 'Cancelar' },
};

/** What became, or will become, of a line. */
export const RESULTADO_DO_PEDIDO: Record<EstadoDaLinha, string> = {
  pendente: 'Vai mudar',
  aplicada: 'Pedido feito',
  dispensada: 'Fica como está',
  recusada: 'Não escolhida',
};

export const STATUS_DO_IXC = ['A', 'P', 'I', 'N', 'D'].map((each) => [each, describeStatus(each)] as const);
export const ACESSOS_DO_IXC = ['A', 'D', 'CM', 'CA', 'FA', 'AA'].map(
  (each) => [each, describeAcesso(each)] as const,
);
export const TIPOS_DE_PESSOA = [
  ['F', 'Física'],
  ['J', 'Jurídica'],
] as const;

/** The filter in words, each with its name; names of ids come from the maps. */
export function filtroEmPalavras(
  { filtro, lista }: Pedido,
  nomes: Record<'filial' | 'plano' | 'integracao', ReadonlyMap<number, string>>,
): [string, string][] {
  const named = (map: ReadonlyMap<number, string>, id: number | undefined) =>
    id && (map.get(id) ?? String(id));
  const tipo = TIPOS_DE_PESSOA.find(([each]) => each === filtro.tipoPessoa)?.[1];
  const all: [string, string | number | undefined][] = [
    ['Quem', lista ? 'uma lista' : undefined],
    ['Integração', named(nomes.integracao, filtro.integracaoId)],
    ['Filial', named(nomes.filial, filtro.filialId)],
    ['Plano', named(nomes.plano, filtro.planoId)],
    ['Status no IXC', filtro.status && describeStatus(filtro.status)],
    ['Acesso no IXC', filtro.acesso && describeAcesso(filtro.acesso)],
    ['Ativado desde', filtro.ativadoDe && dia(filtro.ativadoDe)],
    ['Ativado até', filtro.ativadoAte && dia(filtro.ativadoAte)],
    ['Pessoa', tipo],
    ['Situação', filtro.situacao && SITUACAO[filtro.situacao]],
    ['Parado por', filtro.retida && CAUSA[filtro.retida]],
    ['Espera', filtro.espera],
  ];
  const said = all.flatMap(([nome, value]): [string, string][] => (value ? [[nome, String(value)]] : []));
  return said.length > 0 ? said : [['Quem', 'todos']];
}

// Without a sign of life for so long, people are told that it stands still.
const QUIET_SECONDS = 20;
const nada = 'Nada desta lista foi enviado à Tele Clínica.';

function restOf(dispensada: number, recusada: number): string {
  const said = [
    dispensada > 0 &&
      `${numero(dispensada)} ${dispensada === 1 ? 'ficou como estava' : 'ficaram como estavam'}`,
    recusada > 0 && `${numero(recusada)} ${recusada === 1 ? 'não foi escolhido' : 'não foram escolhidos'}`,
  ].filter((each) => each !== false);
  return said.length === 0 ? '' : `${said.join(', ')}. `;
}

/** What the page of such a lote says first; undefined where the words of every lote do. */
export function fraseDoPedido(lote: Lote, pedido: Pedido) {
  const { pendente, dispensada, aplicada, recusada } = lote.porEstado;
  if (lote.estado === 'dissolvido')
    return {
      tom: 'atencao',
      titulo: 'A simulação não terminou.',
      detalhe: lote.motivo,
      ouviu: nada,
      fazer: 'Peça outro lote.',
    };
  if (lote.estado === 'concluido')
    return {
      tom: 'certo',
      titulo: `Concluído: ${numero(aplicada)} ${aplicada === 1 ? 'pedido feito' : 'pedidos feitos'}.`,
      depois: `${restOf(dispensada, recusada)}A Tele Clínica confirma cada um; acompanhe em Operações.`,
    };
  if (lote.estado !== 'simulado') return undefined;
  if (!lote.preparado) {
    if (pedido.paradoHaSegundos >= QUIET_SECONDS)
      return {
        tom: 'atencao',
        titulo: `Sem notícia há ${numero(pedido.paradoHaSegundos)} segundos.`,
        depois:
          'O IXC não responde, ou nenhum processo o está lendo. Quando voltar, continua sozinho de onde parou.',
      };
    return {
      tom: 'seguindo',
      titulo: 'Simulando…',
      depois: 'Pode fechar esta página: a simulação continua, e nada é enviado.',
    };
  }
  if (pendente === 0)
    return {
      tom: 'neutro',
      titulo: 'Simulado: nada mudaria.',
      ouviu: nada,
      fazer: 'Leia abaixo por que cada um fica como está.',
    };
  return {
    tom: 'neutro',
    titulo: `Simulado: ${numero(pendente)} ${pendente === 1 ? 'mudaria' : 'mudariam'}, ${numero(dispensada)} ${dispensada === 1 ? 'fica' : 'ficam'} de fora.`,
    ouviu: nada,
    fazer: 'Confira a lista. Depois de aprovada, cada linha é conferida de novo na hora.',
  };
}

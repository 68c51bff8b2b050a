// The visual guide: every part of the screens in every state, drawn from made-up facts and no clock, so that it can be photographed.
import { groupHistoria } from '../sync/historia.ts';
import type { Exchange } from './exchange.ts';
import { diaDe } from './formato.ts';
import { drawBarras, drawLinha, type Ponto } from './graficos.ts';
import { SITUACAO } from './palavras.ts';
import { formLocals, render } from './render.ts';

const ERROS = { confirmacao: 'Digite o número de um contrato desta pessoa.' };
const VALORES = {
  nome: 'Tele Clínica Matriz',
  ambiente: 'simulador',
  motivo: 'Mudou de cidade',
  confirmacao: '99',
};

const EM = '2026-11-24 12:12:40.000000';
const CONTA = {
  usuario: {
    id: 12,
    integracaoNome: 'Tele Clínica Matriz',
    remotoId: 'tc-7Kq2',
    desejada: 'ativo',
    observada: 'ativo',
    observadaEm: EM,
    desejadoPlanoNome: 'Clínico 24h',
    trabalho: false,
  },
  contratoId: undefined,
  resumo: { texto: 'O contrato 1841 dá direito.' },
  porque: {
    lidoEm: EM,
    nomes: new Map([[1, 'Marina Prado']]),
    partes: [
      {
        titulo: 'O que o IXC diz',
        passos: [
          {
            texto: 'Contrato 1841: Ativo, acesso Ativo (códigos A e A).',
            tom: 'neutro',
            id: 'contrato-1841',
          },
        ],
      },
      {
        titulo: 'Como os contratos e as ordens se somam',
        passos: [
          {
            texto: 'Uma pessoa pediu o bloqueio: “viajou”',
            tom: 'atencao',
            id: 'pedido-88',
            operadorId: 1,
            em: EM,
          },
          { texto: 'Por isso a conta deve ficar ativa.', tom: 'certo', id: 'usuario-12' },
        ],
      },
    ],
  },
  historia: groupHistoria(
    [
      {
        em: EM,
        tipo: 'operacao',
        texto: 'Operação “Criar conta”: feita',
        operadorId: null,
        id: 'operacao-40',
        operacaoId: 40,
      },
      {
        em: EM,
        tipo: 'tentativa',
        texto: 'Criar conta: confirmado · HTTP 201 · 84 ms',
        operadorId: null,
        id: 'tentativa-91',
        operacaoId: 40,
      },
      { em: EM, tipo: 'pedido', texto: 'Pediu a criação do usuário', operadorId: 1, id: 'pedido-87' },
    ],
    diaDe,
  ),
  historiaTem: { total: 3, mais: false, muitos: 100 },
  historiaPedida: undefined,
  nomes: new Map([[1, 'Marina Prado']]),
};

const BARRAS = drawBarras(
  (['ativo', 'bloqueado', 'cancelado', 'ausente', 'desconhecido'] as const).map((tom, place) => ({
    tom,
    rotulo: SITUACAO[tom],
    valor: [812, 96, 41, 7, 0][place] ?? 0,
  })),
);
const PONTOS: Ponto[] = [640, 655, null, 702, 718, 731].map((valor, place) => ({
  curto: ['jun', 'jul', 'ago', 'set', 'out', 'nov'][place] ?? '',
  rotulo: '',
  valor,
  agora: place === 5,
}));

/** `GET /guia` */
export async function showGuia(exchange: Exchange): Promise<void> {
  render(
    exchange,
    { pagina: 'guia/index', titulo: 'Guia visual' },
    {
      conta: CONTA,
      barras: BARRAS,
      linhaLarga: drawLinha(PONTOS, { largura: 640, altura: 190 }),
      linhaEstreita: drawLinha(PONTOS, { largura: 320, altura: 170 }),
      ...formLocals(VALORES, ERROS),
    },
  );
}

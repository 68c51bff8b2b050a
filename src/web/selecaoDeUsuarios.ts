// What may be done with several usuários at once: the same orders as for one.
import { invalid } from '../problem.ts';
import { CANCELAMENTOS_POR_UM } from '../sync/lotes/decisao.ts';
import { requestBloqueio, requestCancelamento, requestDesbloqueio } from '../sync/pedidos.ts';
import { PRAZO_DE_CANCELAMENTO_DIAS } from '../sync/prazo.ts';
import { MAX_SELECAO, sortUsuarios } from '../sync/selecao.ts';
import { parseMotivo } from '../sync/texto.ts';
import { listUsuariosPorId, type UsuarioDaGrade } from '../sync/usuarios.ts';
import type { Exchange, Form } from './exchange.ts';
import { documento } from './formato.ts';
import { contratosDosUsuarios } from './gradeDeUsuarios.ts';
import { contratosDe, nomeDe, SITUACAO } from './palavras.ts';
import { type Alvo, checkConfirmacao, type EmVarios } from './selecao.ts';

type DeUsuarios = EmVarios<UsuarioDaGrade>;

const COMMON = {
  lista: '/usuarios',
  nomes: ['pessoa', 'pessoas'],
  limite: MAX_SELECAO,
  idOf: ({ id }: UsuarioDaGrade) => id,
  draw: drawUsuarios,
} as const;

const sorted =
  (acao: 'bloquear' | 'desbloquear' | 'cancelar'): DeUsuarios['find'] =>
  async ({ sync, operador }, ids) =>
    sortUsuarios(acao, await listUsuariosPorId(sync.db, ids, operador.filiais));

/** Blocks each until a person unblocks. */
export const BLOQUEIO: DeUsuarios = {
  ...COMMON,
  caminho: '/usuarios/selecao/bloqueio',
  lote: 'bloquear',
  verbo: 'Bloquear',
  vai: 'bloquear',
  consequencia: 'Perdem o acesso agora, até alguém desbloquear.',
  feito: ['bloqueio pedido', 'bloqueios pedidos'],
  pedeMotivo: true,
  find: sorted('bloquear'),
  check: (form) => void parseMotivo(form['motivo'] ?? ''),
  order: async ({ sync, operador }, usuario, form) => {
    await requestBloqueio(sync, operador, usuario, form['motivo'] ?? '');
    return usuario.id;
  },
};

/** Takes the block of each back. */
export const DESBLOQUEIO: DeUsuarios = {
  ...COMMON,
  caminho: '/usuarios/selecao/desbloqueio',
  lote: 'desbloquear',
  verbo: 'Desbloquear',
  vai: 'desbloquear',
  consequencia: 'Voltam a acessar em segundos.',
  feito: ['desbloqueio pedido', 'desbloqueios pedidos'],
  pedeMotivo: false,
  find: sorted('desbloquear'),
  check: () => undefined,
  order: async ({ sync, operador }, usuario) => {
    await requestDesbloqueio(sync, operador, usuario);
    return usuario.id;
  },
};

/** Cancels each; never more than one person may decide alone (decisions 15). */
export const CANCELAMENTO: DeUsuarios = {
  ...COMMON,
  caminho: '/usuarios/selecao/cancelamento',
  lote: 'cancelar',
  verbo: 'Cancelar Usuário',
  vai: 'cancelar',
  consequencia: `As contas são encerradas na Tele Clínica, agora ou em ${PRAZO_DE_CANCELAMENTO_DIAS} dias (bloqueadas até lá). Depois de feito, não volta.`,
  feito: ['cancelamento pedido', 'cancelamentos pedidos'],
  perigo: true,
  limite: CANCELAMENTOS_POR_UM,
  pedeMotivo: true,
  pedeConfirmacao: true,
  find: sorted('cancelar'),
  check: checkCancelamento,
  order: async ({ sync, operador }, usuario, form) => {
    await requestCancelamento(sync, operador, usuario, {
      motivo: form['motivo'] ?? '',
      // The number of people stands for everyone's contract: it was typed for exactly this list.
      confirmacao: String(usuario.adesoes[0]?.contratoId ?? ''),
      quando: form['quando'] || 'agora',
    });
    return usuario.id;
  },
};

function checkCancelamento(form: Form, total: number): void {
  parseMotivo(form['motivo'] ?? '');
  if (!['agora', 'prazo'].includes(form['quando'] || 'agora')) {
    throw invalid({ quando: 'Escolha agora ou ao fim do prazo.' });
  }
  checkConfirmacao(form, total);
}

async function drawUsuarios(exchange: Exchange, usuarios: readonly UsuarioDaGrade[]): Promise<Alvo[]> {
  const contratos = await contratosDosUsuarios(exchange, usuarios);
  return usuarios.map((usuario) => {
    const linha = usuario.adesoes.map(({ contratoId }) => contratos.get(contratoId)).find(Boolean);
    return {
      caminho: `/usuarios/${usuario.id}`,
      nome: nomeDe(linha, `Usuário ${usuario.id}`),
      documento: documento(linha?.documento ?? ''),
      detalhe: contratosDe(usuario),
      agora: SITUACAO[usuario.observada],
    };
  });
}

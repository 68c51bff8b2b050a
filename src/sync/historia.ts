// The story of a usuário: what people asked, what was intended, what was called and answered, newest first, in words.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';

export interface Momento {
  /** UTC */
  em: string;
  tipo: 'pedido' | 'operacao' | 'tentativa';
  texto: string;
  operadorId: number | null;
  /** Copyable: names the row for support. */
  id: string;
}

const LIMIT = 100;

const EVENTOS: Record<string, string> = {
  usuario_pedido: 'Pediu a criação do usuário',
  bloqueio_pedido: 'Pediu o bloqueio',
  desbloqueio_pedido: 'Pediu o desbloqueio',
  cancelamento_pedido: 'Pediu o cancelamento',
  cancelamento_no_prazo_pedido: 'Pediu o cancelamento ao fim do prazo (bloqueado até lá)',
  prazo_de_cancelamento: 'O prazo de cancelamento terminou',
  cancelamento_desfeito: 'Desfez o cancelamento',
  plano_pedido: 'Pediu a troca de plano',
  carencia_dada: 'Deu carência',
  carencia_encerrada: 'Encerrou a carência',
  identidade_em_duvida: 'Ficou a pergunta: quem é a pessoa?',
  mesma_pessoa: 'Respondeu que é a mesma pessoa',
  outra_pessoa: 'Respondeu que é outra pessoa',
  cadastro_mudou: 'O cadastro mudou no IXC',
  reenvio: 'Mandou reenviar',
  descarte: 'Descartou o pedido',
};

const CHAMADAS: Record<string, string> = {
  criar: 'Criar conta',
  bloquear: 'Bloquear',
  desbloquear: 'Desbloquear',
  cancelar: 'Cancelar',
  trocar_plano: 'Trocar de plano',
  atualizar: 'Atualizar cadastro',
  buscar_por_id: 'Consultar a conta',
  buscar_por_referencia: 'Consultar pela nossa referência',
  buscar_por_cpf: 'Consultar pelo CPF',
};

const RESULTADOS: Record<string, string> = {
  enviada: 'enviada, aguardando resposta',
  nao_enviada: 'não chegou a sair',
  sem_resposta: 'o programa parou antes da resposta',
  ok: 'confirmado',
  already: 'já estava assim',
  accepted: 'aceito, em processamento',
  not_found: 'não encontrado',
  duplicate: 'já cadastrado',
  duplicate_here: 'já cadastrado neste provedor',
  duplicate_elsewhere: 'já cadastrado em outro parceiro',
  refused_data: 'dados recusados',
  wrong_state: 'recusado pelo estado da conta',
  forbidden: 'sem permissão',
  credentials: 'usuário ou senha recusados',
  rate_limited: 'pediu para esperar',
  unavailable: 'fora do ar',
  uncertain: 'sem resposta certa',
  contract_broken: 'resposta fora do combinado',
};

/** In words, the answer that a tentativa row holds. */
export const describeResultado = (resultado: string): string => RESULTADOS[resultado] ?? resultado;
/** In words, the call that a tentativa row is. */
export const describeChamada = (chamada: string): string => CHAMADAS[chamada] ?? chamada;

/** The last hundred moments of one usuário. No personal data is in them. */
export async function listHistoria(db: Db, usuarioId: number): Promise<Momento[]> {
  const [pedidos, operacoes, tentativas] = await Promise.all([
    listPedidos(db, usuarioId),
    listCorrecoes(db, usuarioId),
    listChamadas(db, usuarioId),
  ]);
  return [...pedidos, ...operacoes, ...tentativas].sort((a, b) => b.em.localeCompare(a.em)).slice(0, LIMIT);
}

async function listPedidos(db: Db, usuarioId: number): Promise<Momento[]> {
  const found = await rows(
    db,
    `SELECT id, em, evento, operador_id AS operadorId, JSON_VALUE(detalhe, '$.motivo') AS motivo
     FROM auditoria WHERE usuario_id = :usuarioId ORDER BY id DESC LIMIT ${LIMIT}`,
    { usuarioId },
    z.object({
      id: z.number(),
      em: z.string(),
      evento: z.string(),
      operadorId: z.number().nullable(),
      motivo: z.string().nullable(),
    }),
  );
  return found.map(({ id, em, evento, operadorId, motivo }) => ({
    em,
    tipo: 'pedido',
    texto: `${EVENTOS[evento] ?? evento}${motivo ? `: “${motivo}”` : ''}`,
    operadorId,
    id: `pedido-${id}`,
  }));
}

// What people asked is told by their orders; here only how each intention ended, and what the engine intended by itself.
async function listCorrecoes(db: Db, usuarioId: number): Promise<Momento[]> {
  const found = await rows(
    db,
    `SELECT id, COALESCE(encerrada_em, criado_em) AS em, acao, estado, causa, mensagem
     FROM operacoes WHERE usuario_id = :usuarioId AND (estado <> 'aberta' OR causa <> 'operador')
     ORDER BY id DESC LIMIT ${LIMIT}`,
    { usuarioId },
    z.object({
      id: z.number(),
      em: z.string(),
      acao: z.string(),
      estado: z.string(),
      causa: z.string(),
      mensagem: z.string().nullable(),
    }),
  );
  return found.map(({ id, em, acao, estado, causa, mensagem }) => ({
    em,
    tipo: 'operacao',
    texto: `Operação “${describeChamada(acao)}”${causa === 'correcao' ? ' (correção)' : ''}: ${estado}${mensagem ? `. ${mensagem}` : ''}`,
    operadorId: null,
    id: `operacao-${id}`,
  }));
}

async function listChamadas(db: Db, usuarioId: number): Promise<Momento[]> {
  const found = await rows(
    db,
    `SELECT id, enviada_em AS em, chamada, resultado, http_status AS httpStatus, mensagem, duracao_ms AS duracaoMs
     FROM tentativas WHERE usuario_id = :usuarioId ORDER BY id DESC LIMIT ${LIMIT}`,
    { usuarioId },
    z.object({
      id: z.number(),
      em: z.string(),
      chamada: z.string(),
      resultado: z.string(),
      httpStatus: z.number().nullable(),
      mensagem: z.string().nullable(),
      duracaoMs: z.number().nullable(),
    }),
  );
  return found.map((each) => ({
    em: each.em,
    tipo: 'tentativa',
    texto: [
      `${describeChamada(each.chamada)}: ${describeResultado(each.resultado)}`,
      each.mensagem,
      each.httpStatus === null ? null : `HTTP ${each.httpStatus}`,
      each.duracaoMs === null ? null : `${each.duracaoMs} ms`,
    ]
      .filter((part) => part !== null && part !== '')
      .join(' · '),
    operadorId: null,
    id: `tentativa-${each.id}`,
  }));
}

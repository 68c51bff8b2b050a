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
  /** The operação that this is, or that a call was made for. */
  operacaoId?: number | null;
  /** What was asked or intended, in the code's own words. */
  evento?: string;
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
  bloqueio_desfeito: 'Desfez o bloqueio',
  plano_pedido: 'Pediu a troca de plano',
  plano_desfeito: 'Desfez a troca de plano',
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

const ESTADOS: Record<string, string> = {
  aberta: 'em andamento',
  feita: 'feita',
  recusada: 'recusada',
  substituida: 'substituída',
  descartada: 'descartada',
};

const CAUSAS: Record<string, string> = {
  regra: ' (regra)',
  correcao: ' (correção)',
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

/** The last `limite` moments of one usuário. No personal data is in them. */
export async function listHistoria(db: Db, usuarioId: number, limite = LIMIT): Promise<Momento[]> {
  const [pedidos, operacoes, tentativas] = await Promise.all([
    listPedidos(db, usuarioId, limite),
    listIntencoes(db, usuarioId, limite),
    listChamadas(db, { usuarioId }, limite),
  ]);
  return [...pedidos, ...operacoes, ...tentativas].sort((a, b) => b.em.localeCompare(a.em)).slice(0, limite);
}

async function listPedidos(db: Db, usuarioId: number, limite: number): Promise<Momento[]> {
  const found = await rows(
    db,
    `SELECT id, em, evento, operador_id AS operadorId, JSON_VALUE(detalhe, '$.motivo') AS motivo,
       JSON_VALUE(detalhe, '$.enviado') AS enviado
     FROM auditoria WHERE usuario_id = :usuarioId ORDER BY id DESC LIMIT ${limite}`,
    { usuarioId },
    z.object({
      id: z.number(),
      em: z.string(),
      evento: z.string(),
      operadorId: z.number().nullable(),
      motivo: z.string().nullable(),
      enviado: z.coerce.string().nullable(),
    }),
  );
  return found.map(({ id, em, evento, operadorId, motivo, enviado }) => ({
    em,
    tipo: 'pedido',
    texto: `${EVENTOS[evento] ?? evento}${evento.endsWith('_desfeito') ? whatWasSent(enviado) : ''}${motivo ? `: “${motivo}”` : ''}`,
    operadorId,
    id: `pedido-${id}`,
    evento,
  }));
}

// JSON's false comes as 0 or false, by version of the server.
function whatWasSent(enviado: string | null): string {
  if (enviado === null) return '';
  return enviado === '0' || enviado === 'false'
    ? ', que não chegou a ser enviado à Tele Clínica'
    : ', que a Tele Clínica não tinha aceitado';
}

// What people asked is told by their orders; here how each intention stands or ended, and what the engine intended by itself.
async function listIntencoes(db: Db, usuarioId: number, limite: number): Promise<Momento[]> {
  const found = await rows(
    db,
    `SELECT id, COALESCE(encerrada_em, criado_em) AS em, acao, estado, causa, mensagem
     FROM operacoes WHERE usuario_id = :usuarioId ORDER BY id DESC LIMIT ${limite}`,
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
    texto: `Operação “${describeChamada(acao)}”${CAUSAS[causa] ?? ''}: ${ESTADOS[estado] ?? estado}${mensagem ? `. ${mensagem}` : ''}`,
    operadorId: null,
    id: `operacao-${id}`,
    operacaoId: id,
    evento: acao,
  }));
}

/** The last `limite` calls made for a usuário or for one operação, newest first, each with its answer in words. */
export async function listChamadas(
  db: Db,
  of: { usuarioId: number } | { operacaoId: number },
  limite: number,
): Promise<Momento[]> {
  const scope = 'usuarioId' in of ? 'usuario_id = :usuarioId' : 'operacao_id = :operacaoId';
  const found = await rows(
    db,
    `SELECT id, operacao_id AS operacaoId, enviada_em AS em, chamada, resultado, http_status AS httpStatus, mensagem,
       duracao_ms AS duracaoMs
     FROM tentativas WHERE ${scope} ORDER BY id DESC LIMIT ${limite}`,
    of,
    z.object({
      id: z.number(),
      operacaoId: z.number().nullable(),
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
    operacaoId: each.operacaoId,
  }));
}

export interface Item {
  momento: Momento;
  /** The calls made for an operação, in the order they were made. */
  chamadas: Momento[];
}

/**
 * The moments as they are told: by day (`dayOf` a UTC moment), newest first, each operação with its calls under it. A call
 * without an operação, or of one that is not among the moments, stands by itself.
 */
export function groupHistoria(
  momentos: readonly Momento[],
  dayOf: (em: string) => string,
): { dia: string; itens: Item[] }[] {
  const known = new Set(
    momentos.flatMap(({ tipo, operacaoId }) => (tipo === 'operacao' && operacaoId ? [operacaoId] : [])),
  );
  const isNested = ({ tipo, operacaoId }: Momento): boolean =>
    tipo === 'tentativa' && operacaoId != null && known.has(operacaoId);
  const dias: { dia: string; itens: Item[] }[] = [];
  for (const momento of momentos) {
    if (isNested(momento)) continue;
    const chamadas =
      momento.tipo === 'operacao'
        ? momentos.filter((each) => isNested(each) && each.operacaoId === momento.operacaoId).toReversed()
        : [];
    const dia = dayOf(momento.em);
    const last = dias.at(-1);
    if (last?.dia === dia) last.itens.push({ momento, chamadas });
    else dias.push({ dia, itens: [{ momento, chamadas }] });
  }
  return dias;
}

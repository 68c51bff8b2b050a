// A comparison as people meet it: asked for by a person or by the night, followed, and what came of it.
import { z } from 'zod';
import { type Db, optionalRow, rows, run, transaction } from '../../db.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import type { Operador } from '../tipos.ts';

export interface Comparacao {
  id: number;
  /** `parcial`: some list could not be read whole, so nobody was called missing by it. */
  estado: 'pedida' | 'correndo' | 'feita' | 'parcial' | 'recusada' | 'falhou';
  fase: 'ixc' | 'lista' | 'pessoas' | 'contas';
  motivo: string | null;
  procurados: number | null;
  contratos: number;
  contas: number;
  pessoas: number;
  /** null = the night */
  pedidaPor: number | null;
  pedidaEm: string;
  comecouEm: string | null;
  terminadaEm: string | null;
  paradoHaSegundos: number;
}

const ComparacaoRow = z.object({
  id: z.number(),
  estado: z.enum(['pedida', 'correndo', 'feita', 'parcial', 'recusada', 'falhou']),
  fase: z.enum(['ixc', 'lista', 'pessoas', 'contas']),
  motivo: z.string().nullable(),
  procurados: z.number().nullable(),
  contratos: z.number(),
  contas: z.number(),
  pessoas: z.number(),
  pedidaPor: z.number().nullable(),
  pedidaEm: z.string(),
  comecouEm: z.string().nullable(),
  terminadaEm: z.string().nullable(),
  paradoHaSegundos: z.coerce.number(),
});

const SELECT = `SELECT id, estado, fase, motivo, procurados, contratos, contas, pessoas, pedida_por AS pedidaPor,
    pedida_em AS pedidaEm, comecou_em AS comecouEm, terminada_em AS terminadaEm,
    TIMESTAMPDIFF(SECOND, COALESCE(visto_em, pedida_em), UTC_TIMESTAMP(6)) AS paradoHaSegundos
  FROM comparacoes`;

export interface Comparacoes {
  emAndamento: Comparacao | undefined;
  /** The last one that ended, well or not. */
  ultima: Comparacao | undefined;
  listas: ListaLida[];
}

export interface ListaLida {
  integracaoId: number;
  nome: string;
  estado: 'lendo' | 'completa' | 'parcial' | 'sem_lista';
  motivo: string | null;
  contas: number;
}

/** The one in progress, the one before it, and how far the lists of the newer of both were read. */
export async function findComparacoes(db: Db): Promise<Comparacoes> {
  const [emAndamento, ultima] = await Promise.all([
    optionalRow(db, `${SELECT} WHERE andamento = 1`, {}, ComparacaoRow),
    optionalRow(db, `${SELECT} WHERE andamento IS NULL ORDER BY id DESC LIMIT 1`, {}, ComparacaoRow),
  ]);
  const listas = await rows(
    db,
    `SELECT l.integracao_id AS integracaoId, i.nome, l.estado, l.motivo, l.contas
     FROM comparacao_listas l JOIN integracoes i ON i.id = l.integracao_id
     WHERE l.comparacao_id = :id ORDER BY l.integracao_id`,
    { id: (emAndamento ?? ultima)?.id ?? 0 },
    z.object({
      integracaoId: z.number(),
      nome: z.string(),
      estado: z.enum(['lendo', 'completa', 'parcial', 'sem_lista']),
      motivo: z.string().nullable(),
      contas: z.number(),
    }),
  );
  return { emAndamento, ultima, listas };
}

/** Asks for a comparison, unless one is in progress. It begins within a second, wherever IXC is scanned. */
export async function requestComparacao(sync: Sync, operador: Operador): Promise<void> {
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      'INSERT IGNORE INTO comparacoes (pedida_por, pedida_em) VALUES (:operadorId, UTC_TIMESTAMP(6))',
      { operadorId: operador.id },
    );
    if (affectedRows === 1) await audit(tx, { operadorId: operador.id, evento: 'comparacao_pedida' });
  });
}

/** When the nightly comparison begins and from when on the night is over, in the hours of Brasília. */
export const NOITE = { fuso: 'America/Sao_Paulo', das: 3, ate: 6 } as const;

const HORA = new Intl.DateTimeFormat('en-CA', {
  timeZone: NOITE.fuso,
  hour: '2-digit',
  hourCycle: 'h23',
});
const DIA = new Intl.DateTimeFormat('en-CA', { timeZone: NOITE.fuso, dateStyle: 'short' });

/** Asks for the comparison of this night, once, between its hours. Safe in several processes at once. */
export async function requestNightly(sync: Sync, agora: Date = new Date()): Promise<void> {
  const hora = Number(HORA.format(agora));
  if (hora < NOITE.das || hora >= NOITE.ate) return;
  await run(
    sync.db,
    `INSERT IGNORE INTO comparacoes (noite, pedida_em)
     SELECT :noite, UTC_TIMESTAMP(6) FROM integracoes
     WHERE NOT EXISTS (SELECT 1 FROM comparacoes WHERE andamento = 1 OR noite = :noite2) LIMIT 1`,
    { noite: DIA.format(agora), noite2: DIA.format(agora) },
  );
}

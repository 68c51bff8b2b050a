// Reading avisos for the screens: what is open, what was, and how each message about it fared.
import { z } from 'zod';
import { type Db, inList, type Params, rows } from '../../db.ts';
import type { Filiais } from '../../ixc/tipos.ts';
import type { Causa } from './causas.ts';
import { CANAIS, type Canal } from './configuracao.ts';
import { parseCausa } from './envios.ts';
import { describeAviso, type Mensagem, NOME } from './texto.ts';

export interface Aviso extends Mensagem {
  id: number;
  causa: Causa['causa'];
  nome: string;
  comecouEm: string;
  /** null while it lasts. */
  acabouEm: string | null;
  envios: EnvioDoAviso[];
}

export interface EnvioDoAviso {
  avisoId: number;
  canal: Canal;
  evento: 'comecou' | 'recuperado';
  estado: 'pendente' | 'entregue' | 'desistido' | 'dispensado';
  tentativas: number;
  /** What the last attempt answered. */
  mensagem: string | null;
  proximaEm: string;
  encerradoEm: string | null;
}

const AvisoRow = z.object({
  id: z.number(),
  comecouEm: z.string(),
  acabouEm: z.string().nullable(),
  detalhe: z.unknown(),
});

const SELECT = 'SELECT id, comecou_em AS comecouEm, acabou_em AS acabouEm, detalhe FROM avisos';
const MAX_OPEN = 200;

/** What is wrong now and concerns these branches, newest first; without deliveries. */
export async function listAvisosAbertos(db: Db, filiais: Filiais): Promise<Aviso[]> {
  const found = await rows(db, `${SELECT} WHERE aberto = 1 ORDER BY id DESC LIMIT ${MAX_OPEN}`, {}, AvisoRow);
  return drawFor(filiais, found);
}

/** A page of all of them, newest first, with their deliveries. */
export async function listAvisos(
  db: Db,
  filter: { filiais: Filiais; depois?: number | undefined; limite: number },
): Promise<{ avisos: Aviso[]; proxima: number | undefined }> {
  const params: Params = filter.depois === undefined ? {} : { depois: filter.depois };
  const where = filter.depois === undefined ? 'TRUE' : 'id < :depois';
  const found = await rows(
    db,
    `${SELECT} WHERE ${where} ORDER BY id DESC LIMIT ${filter.limite + 1}`,
    params,
    AvisoRow,
  );
  const page = found.slice(0, filter.limite);
  const avisos = drawFor(filter.filiais, page);
  const envios = await listEnvios(
    db,
    avisos.map(({ id }) => id),
  );
  return {
    avisos: avisos.map((aviso) => ({
      ...aviso,
      envios: envios.filter(({ avisoId }) => avisoId === aviso.id),
    })),
    proxima: found.length > page.length ? page.at(-1)?.id : undefined,
  };
}

/** The messages that have failed at least once and are still being tried, one per channel: the newest. */
export async function listFalhas(db: Db): Promise<EnvioDoAviso[]> {
  const failing = await rows(
    db,
    `${SELECT_ENVIOS} WHERE estado = 'pendente' AND mensagem IS NOT NULL ORDER BY id DESC LIMIT 50`,
    {},
    EnvioRow,
  );
  return CANAIS.flatMap((canal) => failing.find((envio) => envio.canal === canal) ?? []);
}

const SELECT_ENVIOS = `SELECT aviso_id AS avisoId, canal, evento, estado, tentativas, mensagem,
    proxima_em AS proximaEm, encerrado_em AS encerradoEm FROM avisos_envios`;

const EnvioRow = z.object({
  avisoId: z.number(),
  canal: z.enum(CANAIS),
  evento: z.enum(['comecou', 'recuperado']),
  estado: z.enum(['pendente', 'entregue', 'desistido', 'dispensado']),
  tentativas: z.number(),
  mensagem: z.string().nullable(),
  proximaEm: z.string(),
  encerradoEm: z.string().nullable(),
});

async function listEnvios(db: Db, avisoIds: number[]): Promise<EnvioDoAviso[]> {
  const list = inList('aviso', avisoIds);
  return rows(db, `${SELECT_ENVIOS} WHERE aviso_id IN (${list.sql}) ORDER BY id`, list.params, EnvioRow);
}

function drawFor(filiais: Filiais, found: z.output<typeof AvisoRow>[]): Aviso[] {
  return found.flatMap(({ detalhe, ...row }) => {
    const causa = parseCausa(detalhe);
    if (!concerns(causa, filiais)) return [];
    return [
      { ...row, ...describeAviso(causa, false), causa: causa.causa, nome: NOME[causa.causa], envios: [] },
    ];
  });
}

function concerns(causa: Causa, filiais: Filiais): boolean {
  const own = 'filiais' in causa ? causa.filiais : [];
  return filiais === 'todas' || own.length === 0 || own.some((id) => filiais.includes(id));
}

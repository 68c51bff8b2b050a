// The causes that appear in an instant: the brake, a refused run, refused credentials.
import { z } from 'zod';
import { type Db, rows } from '../../db.ts';
import { maskText } from '../../teleclinica/mascara.ts';
import { findRecusa } from '../varredura/registro.ts';
import type { NomeDaCausa, Sintoma } from './causas.ts';

export const SUBITAS: readonly NomeDaCausa[] = ['freio', 'varredura', 'credencial'];

/** Every one of them that stands now. */
export async function listSubitas(db: Db): Promise<Sintoma[]> {
  return [...(await listFreios(db)), ...(await listRecusa(db)), ...(await listCredenciais(db))];
}

const FreioRow = z.object({
  lote: z.number(),
  total: z.number(),
  limite: z.number().nullable(),
  acao: z.enum(['criar', 'bloquear', 'desbloquear', 'trocar_plano', 'cancelar']),
  filiais: z.string().transform((text) => text.split(',').filter(Boolean).map(Number)),
});

// The branches are asked for once, when the aviso begins: a lote may hold very many lines.
const FREIOS = `SELECT o.id AS lote, o.total, o.limite,
    (SELECT acao FROM lote_linhas WHERE lote_id = o.id ORDER BY n LIMIT 1) AS acao,
    IF(EXISTS (SELECT 1 FROM avisos a WHERE a.causa = 'freio' AND a.chave = CAST(o.id AS CHAR) AND a.aberto = 1), '',
      (SELECT GROUP_CONCAT(DISTINCT filial_id) FROM lote_linhas WHERE lote_id = o.id)) AS filiais
  FROM lotes o WHERE o.estado = 'aguardando' AND o.origem = 'freio' AND o.total > 0 ORDER BY o.id`;

async function listFreios(db: Db): Promise<Sintoma[]> {
  const found = await rows(db, FREIOS, {}, FreioRow);
  return found.map((freio) => ({ chave: String(freio.lote), causa: { causa: 'freio', ...freio } }));
}

async function listRecusa(db: Db): Promise<Sintoma[]> {
  const recusa = await findRecusa(db);
  if (recusa === undefined) return [];
  return [{ chave: '', causa: { causa: 'varredura', motivo: maskText(recusa.motivo ?? '') } }];
}

async function listCredenciais(db: Db): Promise<Sintoma[]> {
  const found = await rows(
    db,
    'SELECT id FROM integracoes WHERE credencial_parada_em IS NOT NULL ORDER BY id',
    {},
    z.object({ id: z.number() }),
  );
  return found.map(({ id }) => ({ chave: String(id), causa: { causa: 'credencial', integracao: id } }));
}

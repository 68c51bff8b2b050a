// The causes that appear in an instant: the brake, registers held by it, a doubt about a person, a refused run, refused credentials.
import { z } from 'zod';
import { type Db, rows } from '../../db.ts';
import { maskText } from '../../teleclinica/mascara.ts';
import { FILIAL_DE } from '../filiais.ts';
import { findRecusa } from '../varredura/registro.ts';
import type { NomeDaCausa, Sintoma } from './causas.ts';

export const SUBITAS: readonly NomeDaCausa[] = [
  'freio',
  'cadastros',
  'identidade',
  'varredura',
  'credencial',
];

/** Every one of them that stands now. */
export async function listSubitas(db: Db): Promise<Sintoma[]> {
  return [
    ...(await listFreios(db)),
    ...(await listCadastros(db)),
    ...(await listDuvidas(db)),
    ...(await listRecusa(db)),
    ...(await listCredenciais(db)),
  ];
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

// Registers that the brake held: one aviso while any waits.
async function listCadastros(db: Db): Promise<Sintoma[]> {
  const found = await rows(
    db,
    `SELECT ${FILIAL_DE('u.id')} AS filialId, COUNT(*) AS total FROM usuarios u WHERE u.cadastro_espera = 'freio' GROUP BY filialId`,
    {},
    z.object({ filialId: z.coerce.number(), total: z.number() }),
  );
  if (found.length === 0) return [];
  const total = found.reduce((sum, each) => sum + each.total, 0);
  const filiais = found.map(({ filialId }) => filialId);
  return [{ chave: '', causa: { causa: 'cadastros', total, filiais } }];
}

// One aviso a branch and day on which somebody new came into doubt: each is heard of, and a mass of them once.
async function listDuvidas(db: Db): Promise<Sintoma[]> {
  const found = await rows(
    db,
    `SELECT ${FILIAL_DE('u.id')} AS filialId, DATE_FORMAT(u.duvida_em - INTERVAL 3 HOUR, '%Y-%m-%d') AS desde, COUNT(*) AS total
     FROM usuarios u WHERE u.duvida IS NOT NULL GROUP BY filialId, desde ORDER BY desde, filialId`,
    {},
    z.object({ filialId: z.coerce.number(), desde: z.string(), total: z.number() }),
  );
  return found.map(({ filialId, desde, total }) => ({
    chave: `${filialId}:${desde}`,
    causa: { causa: 'identidade', total, desde, filiais: [filialId] },
  }));
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

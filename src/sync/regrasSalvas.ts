// The rules that a person changed, kept in our settings; and the regime: everything that decides what contracts mean.
import { z } from 'zod';
import { sha256 } from '../crypto.ts';
import { type Db, optionalRow, rows, run, transaction } from '../db.ts';
import { invalid } from '../problem.ts';
import { audit } from './auditoria.ts';
import type { Sync } from './contexto.ts';
import { HOJE } from './hoje.ts';
import {
  ACESSO,
  cellOf,
  meaningOf,
  meaningOfCell,
  type RegraContrato,
  type Regras,
  STATUS,
} from './regras.ts';
import type { Operador, Significado } from './tipos.ts';
import type { VinculoLido } from './varredura/avaliacao.ts';

export const SIGNIFICADOS = ['ativo', 'bloqueado', 'cancelar', 'esperar', 'perguntar'] as const;

const Saved = z.record(z.string(), z.enum(SIGNIFICADOS));

/** The cells that differ from the defaults. */
export async function loadRegras(db: Db): Promise<Regras> {
  const found = await optionalRow(
    db,
    "SELECT valor FROM configuracoes WHERE chave = 'regras'",
    {},
    z.object({ valor: z.union([z.string(), Saved]) }),
  );
  if (found === undefined) return new Map();
  const saved = typeof found.valor === 'string' ? Saved.parse(JSON.parse(found.valor)) : found.valor;
  return new Map(Object.entries(saved));
}

/** A contract as the rules in force judge it today. */
export interface ContratoJulgado {
  id: number;
  significado: Significado;
}

/** What the saved rules make of a contract today: what every order goes by. */
export const judgeContrato = async (
  db: Db,
  contrato: RegraContrato & { id: number },
): Promise<ContratoJulgado> => ({
  id: contrato.id,
  significado: meaningOf(contrato, await loadRegras(db), HOJE.format()),
});

/** Whether a contract that gives the right again after a cancellation by rule gets its account back by itself (decisions 7). */
export async function loadReativar(db: Db): Promise<boolean> {
  const found = await optionalRow(
    db,
    "SELECT 1 AS sozinho FROM configuracoes WHERE chave = 'reativar' AND JSON_VALUE(valor, '$.sozinho') = 1",
    {},
    z.object({ sozinho: z.number() }),
  );
  return found !== undefined;
}

/** `reativar` of a form: `sozinho` or `sugerir`; left out = undefined, as it is. @throws Problem 422 on anything else. */
export function parseReativar({ reativar }: Record<string, string | undefined>): boolean | undefined {
  if (reativar === undefined) return undefined;
  if (reativar !== 'sozinho' && reativar !== 'sugerir')
    throw invalid({ reativar: 'Escolha sugerir ou reativar sozinho.' });
  return reativar === 'sozinho';
}

/**
 * The rules of a form: fields named by cell (`A_CA=bloqueado`), the others as they are.
 * @throws Problem 422 naming each unknown cell or meaning.
 */
export function parseRegras(atual: Regras, form: Record<string, string | undefined>): Regras {
  const next = new Map(atual);
  const errors: Record<string, string> = {};
  for (const [cell, value] of Object.entries(form)) {
    if (!/^[A-Z]+_[A-Z]*$/.test(cell)) continue;
    const [status = '', acesso = ''] = cell.split('_');
    const meaning = SIGNIFICADOS.find((each) => each === value);
    if (!isCell(status, acesso)) errors[cell] = 'Esta combinação não existe no IXC.';
    else if (meaning === undefined) errors[cell] = `Escolha ${SIGNIFICADOS.join(', ')}.`;
    else next.set(cell, meaning);
  }
  if (Object.keys(errors).length > 0) throw invalid(errors);
  return withoutDefaults(next);
}

const isCell = (status: string, acesso: string): boolean =>
  STATUS.some((each) => each === status) && ACESSO.some((each) => each === acesso);

function withoutDefaults(regras: Map<string, Significado>): Regras {
  return new Map(
    [...regras].filter(([cell, meaning]) => {
      const [status = '', acesso = ''] = cell.split('_');
      return meaningOfCell(status, acesso) !== meaning;
    }),
  );
}

/**
 * Saves the rules, and `reativar` when given; the next run under them is a prévia until somebody decides on it.
 */
export async function saveRegras(
  sync: Sync,
  operador: Operador,
  regras: Regras,
  reativar?: boolean,
): Promise<void> {
  await transaction(sync.db, async (tx) => {
    const celulas = Object.fromEntries(regras);
    await saveConfiguracao(tx, 'regras', celulas);
    if (reativar !== undefined) await saveConfiguracao(tx, 'reativar', { sozinho: reativar ? 1 : 0 });
    const detalhe = reativar === undefined ? celulas : { ...celulas, reativar_sozinho: reativar };
    await audit(tx, { operadorId: operador.id, evento: 'regras_alteradas', detalhe });
  });
}

const saveConfiguracao = (tx: Db, chave: string, valor: object): Promise<unknown> =>
  run(
    tx,
    'INSERT INTO configuracoes (chave, valor) VALUES (:chave, :valor) ON DUPLICATE KEY UPDATE valor = VALUES(valor)',
    { chave, valor: JSON.stringify(valor) },
  );

/** Every vínculo, as a run uses it. */
export const loadVinculos = (db: Db): Promise<VinculoLido[]> =>
  rows(
    db,
    `SELECT v.plano_id AS planoId, p.integracao_id AS integracaoId, v.tipo, v.ixc_id AS ixcId, v.filial_id AS filialId
     FROM vinculos v JOIN planos p ON p.id = v.plano_id ORDER BY v.id`,
    {},
    z.object({
      planoId: z.number(),
      integracaoId: z.number(),
      tipo: z.enum(['produto', 'plano_de_venda']),
      ixcId: z.number(),
      filialId: z.number(),
    }),
  );

/** Hash of rules, vínculos and the profiles in use: when it changes, the first run is a prévia. */
export async function regimeOf(sync: Sync, regras: Regras, vinculos: VinculoLido[]): Promise<Buffer> {
  const perfis = await rows(
    sync.db,
    "SELECT DISTINCT perfil FROM integracoes WHERE ambiente <> 'homologacao' ORDER BY perfil",
    {},
    z.object({ perfil: z.string() }),
  );
  return sha256(
    JSON.stringify([
      [...regras].sort(([a], [b]) => a.localeCompare(b)),
      vinculos.map(({ tipo, ixcId, filialId, planoId }) => [tipo, ixcId, filialId, planoId]),
      perfis.map(({ perfil }) => [perfil, sync.perfis.get(perfil)?.hash ?? '']),
      ...((await loadReativar(sync.db)) ? ['reativar'] : []),
    ]),
  );
}

export const everyCell = (): string[] =>
  STATUS.flatMap((status) => ACESSO.map((acesso) => cellOf(status, acesso)));

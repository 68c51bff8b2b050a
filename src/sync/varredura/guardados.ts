// Whom the identity guard looks at, and what we know of them: ids, fingerprints and what was sent, no register.
import { z } from 'zod';
import { type Db, inList, row, rows, run } from '../../db.ts';
import { Duvida } from '../duvidas.ts';
import { REGE_PRIMEIRO } from '../pessoas.ts';

const Bool = z.coerce.number().transform((value) => value === 1);

const AdesaoRow = z.object({
  id: z.number(),
  integracaoId: z.number(),
  ambiente: z.enum(['homologacao', 'producao', 'simulador']),
  impressao: z.instanceof(Buffer),
  observada: z.string(),
  retida: z.string().nullable(),
  duvida: Duvida.nullable(),
  dados: z.instanceof(Buffer).nullable(),
  nome: z.instanceof(Buffer).nullable(),
  nascimento: z.instanceof(Buffer).nullable(),
  atualizar: Bool,
  espera: z.enum(['modo', 'freio']).nullable(),
  mudouHa24h: Bool,
  contratoId: z.number(),
  clienteId: z.number(),
  filialId: z.number(),
  mudou: Bool,
});

export interface ContratoGuardado {
  contratoId: number;
  /** The client for whom it grants the account. */
  clienteId: number;
  filialId: number;
  /** It was last read with another client. */
  mudou: boolean;
}

export interface Guardado extends Omit<z.output<typeof AdesaoRow>, keyof ContratoGuardado> {
  /** The first one is that whose client is sent. */
  contratos: [ContratoGuardado, ...ContratoGuardado[]];
}

/** These usuários with every contract that grants them an account; those without one are left out. */
export async function listGuardados(db: Db, ids: number[]): Promise<Guardado[]> {
  const list = inList('id', ids);
  const found = await rows(
    db,
    `SELECT u.id, u.integracao_id AS integracaoId, i.ambiente, u.impressao, u.observada, u.retida, u.duvida,
       u.dados_impressao AS dados, u.nome_impressao AS nome, u.nascimento_impressao AS nascimento, u.atualizar,
       u.cadastro_espera AS espera, COALESCE(u.contato_mudou_em > UTC_TIMESTAMP(6) - INTERVAL 24 HOUR, 0) AS mudouHa24h,
       a.contrato_id AS contratoId, a.cliente_id AS clienteId, a.filial_id AS filialId,
       COALESCE(a.lido_cliente_id, a.cliente_id) <> a.cliente_id AS mudou
     FROM usuarios u JOIN integracoes i ON i.id = u.integracao_id
     JOIN adesoes a ON a.usuario_id = u.id AND a.vigente IS NOT NULL
     WHERE u.id IN (${list.sql}) ORDER BY u.id, ${REGE_PRIMEIRO('a', 'u.desejado_plano_id')}`,
    list.params,
    AdesaoRow,
  );
  const byId = new Map<number, Guardado>();
  for (const { contratoId, clienteId, filialId, mudou, ...person } of found) {
    const contrato = { contratoId, clienteId, filialId, mudou };
    const known = byId.get(person.id);
    if (known) known.contratos.push(contrato);
    else byId.set(person.id, { ...person, contratos: [contrato] });
  }
  return [...byId.values()];
}

const IdRow = z.object({ id: z.number() });
const idsOf = (found: z.output<typeof IdRow>[]): number[] => found.map(({ id }) => id);
const CHUNK = 1_000;

/**
 * Whom a look must see: the people of these clients, those among `usuarios` (`todos` = everybody) whose contract was read
 * with another client, and whoever is in doubt: IXC may have gone back.
 */
export async function listAVer(
  db: Db,
  clientes: number[],
  usuarios: number[] | 'todos',
): Promise<Set<number>> {
  const ids = new Set<number>();
  const add = (found: z.output<typeof IdRow>[]): void => {
    for (const { id } of found) ids.add(id);
  };
  for (let start = 0; start < clientes.length; start += CHUNK) {
    const list = inList('cliente', clientes.slice(start, start + CHUNK));
    const sql = `SELECT DISTINCT usuario_id AS id FROM adesoes WHERE vigente IS NOT NULL AND cliente_id IN (${list.sql})`;
    add(await rows(db, sql, list.params, IdRow));
  }
  const moved =
    'SELECT DISTINCT usuario_id AS id FROM adesoes WHERE vigente IS NOT NULL AND lido_cliente_id <> cliente_id';
  if (usuarios === 'todos') add(await rows(db, moved, {}, IdRow));
  else
    for (let start = 0; start < usuarios.length; start += CHUNK) {
      const list = inList('usuario', usuarios.slice(start, start + CHUNK));
      add(await rows(db, `${moved} AND usuario_id IN (${list.sql})`, list.params, IdRow));
    }
  add(await rows(db, 'SELECT id FROM usuarios WHERE duvida IS NOT NULL', {}, IdRow));
  return ids;
}

// A register may change under an old date, so complete runs compare everybody in turn: so many at a time that each stays short.
const POR_VEZ = 20_000;

/** The next people, by id, whose register a complete run compares; after the last one it begins anew. */
export async function takeTurn(db: Db): Promise<number[]> {
  const { ate } = await row(
    db,
    'SELECT comparado_ate AS ate FROM varredura WHERE id = 1',
    {},
    z.object({ ate: z.coerce.number() }),
  );
  const ids = idsOf(
    await rows(
      db,
      `SELECT id FROM usuarios WHERE id > :ate AND observada <> 'cancelado' ORDER BY id LIMIT ${POR_VEZ}`,
      { ate },
      IdRow,
    ),
  );
  const next = ids.length < POR_VEZ ? 0 : (ids.at(-1) ?? 0);
  await run(db, 'UPDATE varredura SET comparado_ate = :next WHERE id = 1', { next });
  return ids;
}

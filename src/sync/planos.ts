// Tele Clínica plans as the provider sells them, each with the vínculos that give it to what IXC sells.
import { z } from 'zod';
import { type Db, optionalRow, rows, run, transaction } from '../db.ts';
import { conflict, invalid, notFound } from '../problem.ts';
import { audit } from './auditoria.ts';
import { saveOnce } from './campos.ts';
import type { Sync } from './contexto.ts';
import { type PlanoForm, parsePlano } from './planoForm.ts';
import type { Operador } from './tipos.ts';

export type Registro = 'dispensado' | 'pendente' | 'registrado' | 'recusado';

export interface Vinculo {
  id: number;
  planoId: number;
  tipo: 'produto' | 'plano_de_venda';
  ixcId: number;
  /** 0 = every branch */
  filialId: number;
}

export interface Plano {
  id: number;
  integracaoId: number;
  integracaoNome: string;
  nome: string;
  descricao: string;
  valorCentavos: number;
  codigo: string | null;
  remotoId: string | null;
  registro: Registro;
  registroMensagem: string | null;
  vinculos: Vinculo[];
}

const PlanoRow = z.object({
  id: z.number(),
  integracaoId: z.number(),
  integracaoNome: z.string(),
  nome: z.string(),
  descricao: z.string(),
  valorCentavos: z.number(),
  codigo: z.string().nullable(),
  remotoId: z.string().nullable(),
  registro: z.enum(['dispensado', 'pendente', 'registrado', 'recusado']),
  registroMensagem: z.string().nullable(),
});

const SELECT = `SELECT p.id, p.integracao_id AS integracaoId, i.nome AS integracaoNome, p.nome, p.descricao,
    p.valor_centavos AS valorCentavos, p.codigo, p.remoto_id AS remotoId, p.registro,
    p.registro_mensagem AS registroMensagem
  FROM planos p JOIN integracoes i ON i.id = p.integracao_id`;

const VinculoRow = z.object({
  id: z.number(),
  planoId: z.number(),
  tipo: z.enum(['produto', 'plano_de_venda']),
  ixcId: z.number(),
  filialId: z.number(),
});

/** Every plano with its vínculos, by name. */
export async function listPlanos(db: Db): Promise<Plano[]> {
  const planos = await rows(db, `${SELECT} ORDER BY p.nome, p.id`, {}, PlanoRow);
  const vinculos = await rows(
    db,
    'SELECT id, plano_id AS planoId, tipo, ixc_id AS ixcId, filial_id AS filialId FROM vinculos ORDER BY id',
    {},
    VinculoRow,
  );
  return planos.map((plano) => ({
    ...plano,
    vinculos: vinculos.filter(({ planoId }) => planoId === plano.id),
  }));
}

/** One plano; undefined when missing. */
export async function findPlano(db: Db, id: number): Promise<Plano | undefined> {
  const plano = await optionalRow(db, `${SELECT} WHERE p.id = :id`, { id }, PlanoRow);
  if (plano === undefined) return undefined;
  const vinculos = await rows(
    db,
    `SELECT id, plano_id AS planoId, tipo, ixc_id AS ixcId, filial_id AS filialId
     FROM vinculos WHERE plano_id = :id ORDER BY id`,
    { id },
    VinculoRow,
  );
  return { ...plano, vinculos };
}

/**
 * Creates (id undefined) or changes a plano; the worker registers it at the partner. Returns its id.
 * @throws Problem 422 with the fields nome, descricao, valor, codigo, integracao_id; 404; 409 when the code is taken.
 */
export async function savePlano(
  sync: Sync,
  operador: Operador,
  id: number | undefined,
  form: Record<string, string | undefined>,
): Promise<number> {
  const fields = await parsePlano(sync, form);
  const save = async (tx: Db): Promise<number> => {
    await refuseTaken(tx, id, fields);
    const planoId = id === undefined ? await insertPlano(tx, fields) : await updatePlano(tx, id, fields);
    const detalhe = { plano: planoId, integracao: fields.integracaoId, valor_centavos: fields.valorCentavos };
    await audit(tx, {
      operadorId: operador.id,
      evento: id === undefined ? 'plano_criado' : 'plano_alterado',
      detalhe,
    });
    return planoId;
  };
  const saved = await saveOnce(
    () => transaction(sync.db, save),
    () => refuseTaken(sync.db, id, fields),
  );
  sync.wake();
  return saved;
}

// The same form sent twice would make two, each registered at the partner; and a code is one plan there.
async function refuseTaken(db: Db, id: number | undefined, fields: PlanoForm): Promise<void> {
  const { integracaoId, nome, codigo } = fields;
  const taken = await rows(
    db,
    `SELECT codigo <=> :codigo AS mesmoCodigo FROM planos
     WHERE integracao_id = :integracaoId AND (nome = :nome OR codigo = :codigo) AND id <> :id`,
    { integracaoId, nome, codigo, id: id ?? 0 },
    z.object({ mesmoCodigo: z.number() }),
  );
  if (taken.length === 0) return;
  if (codigo !== null && taken.some(({ mesmoCodigo }) => mesmoCodigo === 1)) {
    throw conflict(
      'Esta integração já tem um plano com este código.',
      'Abra o plano existente ou use outro código.',
    );
  }
  throw invalid({
    nome: 'Esta integração já tem um plano com este nome. Abra o que existe ou dê outro nome.',
  });
}

async function insertPlano(tx: Db, fields: PlanoForm): Promise<number> {
  const { insertId } = await run(
    tx,
    `INSERT INTO planos (integracao_id, nome, descricao, valor_centavos, codigo, registro, registro_proxima_em, criado_em, atualizado_em)
     VALUES (:integracaoId, :nome, :descricao, :valorCentavos, :codigo, 'pendente', UTC_TIMESTAMP(6), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    { ...fields },
  );
  return insertId;
}

async function updatePlano(tx: Db, id: number, fields: PlanoForm): Promise<number> {
  const before = await optionalRow(
    tx,
    `SELECT p.integracao_id AS integracaoId, p.codigo,
       EXISTS (SELECT 1 FROM usuarios u WHERE u.desejado_plano_id = p.id) AS emUso
     FROM planos p WHERE p.id = :id FOR UPDATE`,
    { id },
    z.object({ integracaoId: z.number(), codigo: z.string().nullable(), emUso: z.number() }),
  );
  if (before === undefined) throw notFound('Este plano');
  const moved = before.integracaoId !== fields.integracaoId || before.codigo !== fields.codigo;
  if (moved && before.emUso === 1) {
    throw conflict(
      'Há usuários neste plano: o código e a integração não podem mudar.',
      'Crie outro plano e mova os usuários para ele.',
    );
  }
  await run(
    tx,
    `UPDATE planos SET integracao_id = :integracaoId, nome = :nome, descricao = :descricao, valor_centavos = :valorCentavos,
       codigo = :codigo, remoto_id = IF(:moved, NULL, remoto_id), registro = 'pendente', registro_mensagem = NULL,
       registro_falhas = 0, registro_proxima_em = UTC_TIMESTAMP(6), versao = versao + 1, atualizado_em = UTC_TIMESTAMP(3)
     WHERE id = :id`,
    { ...fields, id, moved: moved ? 1 : 0 },
  );
  return id;
}

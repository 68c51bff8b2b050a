// Tele Clínica plans as the provider sells them, and the vínculos that give them to IXC's products.
import { z } from 'zod';
import { type Db, optionalRow, rows, run, transaction } from '../db.ts';
import { conflict, invalid, notFound } from '../problem.ts';
import { audit } from './auditoria.ts';
import type { Sync } from './contexto.ts';
import { findIntegracao } from './integracoes.ts';
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

export type Form = Record<string, string | undefined>;

interface PlanoForm {
  nome: string;
  descricao: string;
  valorCentavos: number;
  codigo: string | null;
  integracaoId: number;
}

/**
 * Creates (id undefined) or changes a plano; the worker registers it at the partner. Returns its id.
 * @throws Problem 422 with the fields nome, descricao, valor, codigo, integracao_id; 404; 409 when the code is taken.
 */
export async function savePlano(
  sync: Sync,
  operador: Operador,
  id: number | undefined,
  form: Form,
): Promise<number> {
  const fields = await parsePlano(sync, form);
  const saved = await transaction(sync.db, async (tx) => {
    await refuseTakenCode(tx, id, fields);
    const planoId = id === undefined ? await insertPlano(tx, fields) : await updatePlano(tx, id, fields);
    const detalhe = { plano: planoId, integracao: fields.integracaoId, valor_centavos: fields.valorCentavos };
    await audit(tx, {
      operadorId: operador.id,
      evento: id === undefined ? 'plano_criado' : 'plano_alterado',
      detalhe,
    });
    return planoId;
  });
  sync.wake();
  return saved;
}

async function parsePlano(sync: Sync, form: Form): Promise<PlanoForm> {
  const fields: Record<string, string> = {};
  const nome = (form['nome'] ?? '').trim();
  if (nome === '' || nome.length > 80) fields['nome'] = 'Escreva o nome do plano (até 80 letras).';
  const descricao = (form['descricao'] ?? '').trim();
  if (descricao.length > 500) fields['descricao'] = 'Use no máximo 500 letras.';
  const valorCentavos = parseCentavos(form['valor'] ?? '');
  if (valorCentavos === undefined) fields['valor'] = 'Escreva o valor mensal em reais, por exemplo 49,90.';
  const codigo = (form['codigo'] ?? '').trim();
  if (!/^[\w.:-]{0,64}$/.test(codigo))
    fields['codigo'] = 'Use só letras sem acento, números, ponto, hífen e sublinhado.';
  const integracaoId = Number(form['integracao_id']);
  const integracao = Number.isInteger(integracaoId) ? await findIntegracao(sync.db, integracaoId) : undefined;
  if (integracao === undefined) fields['integracao_id'] = 'Escolha a integração a que o plano pertence.';
  if (Object.keys(fields).length > 0 || valorCentavos === undefined) throw invalid(fields);
  return { nome, descricao, valorCentavos, codigo: codigo === '' ? null : codigo, integracaoId };
}

/** `49,90`, `1.234,56`, `49.90` or `R$ 49` → centavos; undefined when it is not an amount up to R$ 99.999,99. */
export function parseCentavos(text: string): number | undefined {
  const clean = text.replace(/R\$|\s/g, '');
  const brazilian = /^(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}))?$/;
  const plain = /^\d+\.\d{1,2}$/;
  if (!brazilian.test(clean) && !plain.test(clean)) return undefined;
  const normal = plain.test(clean) ? clean : clean.replaceAll('.', '').replace(',', '.');
  const centavos = Math.round(Number(normal) * 100);
  return centavos <= 9_999_999 ? centavos : undefined;
}

async function refuseTakenCode(tx: Db, id: number | undefined, fields: PlanoForm): Promise<void> {
  if (fields.codigo === null) return;
  const taken = await optionalRow(
    tx,
    'SELECT id FROM planos WHERE integracao_id = :integracaoId AND codigo = :codigo AND id <> :id FOR UPDATE',
    { integracaoId: fields.integracaoId, codigo: fields.codigo, id: id ?? 0 },
    z.object({ id: z.number() }),
  );
  if (taken) {
    throw conflict(
      'Esta integração já tem um plano com este código.',
      'Abra o plano existente ou use outro código.',
    );
  }
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

/**
 * Ties a produto or plano de venda to a plano. Returns the vínculo's id.
 * @throws Problem 422 (tipo, ixc_id, filial_id), 404, 409 when it already has a vínculo in that branch scope.
 */
export async function saveVinculo(
  sync: Sync,
  operador: Operador,
  planoId: number,
  form: Form,
): Promise<number> {
  const parsed = z
    .object({
      tipo: z.enum(['produto', 'plano_de_venda'], { error: 'Escolha produto ou plano de venda.' }),
      ixc_id: z.coerce
        .number({ error: 'Escolha o item do IXC.' })
        .int()
        .positive({ error: 'Escolha o item do IXC.' }),
      filial_id: z.coerce.number().int().min(0).catch(0),
    })
    .safeParse({ tipo: form['tipo'], ixc_id: form['ixc_id'], filial_id: form['filial_id'] ?? 0 });
  if (!parsed.success) {
    throw invalid(
      Object.fromEntries(parsed.error.issues.map((issue) => [String(issue.path[0]), issue.message])),
    );
  }
  if ((await findPlano(sync.db, planoId)) === undefined) throw notFound('Este plano');
  const { tipo, ixc_id: ixcId, filial_id: filialId } = parsed.data;
  return transaction(sync.db, async (tx) => {
    const taken = await optionalRow(
      tx,
      `SELECT p.nome FROM vinculos v JOIN planos p ON p.id = v.plano_id
       WHERE v.tipo = :tipo AND v.ixc_id = :ixcId AND v.filial_id = :filialId FOR UPDATE`,
      { tipo, ixcId, filialId },
      z.object({ nome: z.string() }),
    );
    if (taken) {
      throw conflict(
        `Este item do IXC já tem vínculo com o plano “${taken.nome}” nesta filial.`,
        'Retire o outro vínculo primeiro, ou escolha outra filial.',
      );
    }
    const { insertId } = await run(
      tx,
      `INSERT INTO vinculos (plano_id, tipo, ixc_id, filial_id, criado_em)
       VALUES (:planoId, :tipo, :ixcId, :filialId, UTC_TIMESTAMP(3))`,
      { planoId, tipo, ixcId, filialId },
    );
    await audit(tx, {
      operadorId: operador.id,
      evento: 'vinculo_criado',
      filialId,
      detalhe: { plano: planoId, tipo, ixc_id: ixcId },
    });
    return insertId;
  });
}

/** Unties; contracts that were already granted keep their plano. @throws Problem 404. */
export async function deleteVinculo(
  sync: Sync,
  operador: Operador,
  planoId: number,
  vinculoId: number,
): Promise<void> {
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      'DELETE FROM vinculos WHERE id = :vinculoId AND plano_id = :planoId',
      {
        vinculoId,
        planoId,
      },
    );
    if (affectedRows === 0) throw notFound('Este vínculo');
    await audit(tx, {
      operadorId: operador.id,
      evento: 'vinculo_retirado',
      detalhe: { plano: planoId, vinculo: vinculoId },
    });
  });
}

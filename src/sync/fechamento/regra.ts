// What the provider pays for: the rule of the contract with Tele Clínica, chosen in a form.
import { z } from 'zod';
import { type Db, transaction } from '../../db.ts';
import { conflict, invalid } from '../../problem.ts';
import { audit } from '../auditoria.ts';
import { readConfiguracao, writeConfiguracao } from '../configuracoes.ts';
import type { Sync } from '../contexto.ts';
import type { Operador } from '../tipos.ts';

export const Regra = z.object({
  /** qualquer_dia: whoever had it at any moment; dia: whoever had it at the end of day `dia`; pro_rata: by the day. */
  modo: z.enum(['qualquer_dia', 'dia', 'pro_rata']),
  /** 1 to 31; a shorter month has its last day instead. */
  dia: z.number().int().min(1).max(31),
  bloqueadoConta: z.boolean(),
});
export type Regra = z.output<typeof Regra>;

const PADRAO: Regra = { modo: 'qualquer_dia', dia: 1, bloqueadoConta: true };

/** The rule in force, with the version that a later save must name. */
export async function loadRegra(db: Db): Promise<{ regra: Regra; versao: string }> {
  const { valor = PADRAO, versao } = await readConfiguracao(db, 'fechamento_regra', Regra);
  return { regra: valor, versao };
}

/** Saves `modo`, `dia`, `bloqueado_conta`, `versao`. @throws Problem 422 naming them; 409 when somebody else saved. */
export async function saveRegra(
  sync: Sync,
  operador: Operador,
  form: Record<string, string | undefined>,
): Promise<void> {
  const parsed = Regra.safeParse({
    modo: form['modo'],
    dia: /^\d{1,2}$/.test(form['dia']?.trim() ?? '') ? Number(form['dia']) : undefined,
    bloqueadoConta: form['bloqueado_conta'] === 'sim',
  });
  const erros: Record<string, string> = {};
  for (const { path } of parsed.error?.issues ?? []) {
    if (path[0] === 'modo') erros['modo'] = 'Escolha qualquer dia, dia marcado ou pro rata.';
    else erros['dia'] = 'Escreva um dia de 1 a 31.';
  }
  if (!['sim', 'nao'].includes(form['bloqueado_conta'] ?? ''))
    erros['bloqueado_conta'] = 'Escolha sim ou não.';
  if (!parsed.success || Object.keys(erros).length > 0) throw invalid(erros);
  const { modo, dia, bloqueadoConta } = parsed.data;
  await transaction(sync.db, async (tx) => {
    if (!(await writeConfiguracao(tx, 'fechamento_regra', form['versao'] ?? '', parsed.data)))
      throw conflict('Outra pessoa salvou a regra antes.', 'Recarregue a página, confira e salve de novo.');
    const detalhe = { modo, dia, bloqueadoConta };
    await audit(tx, { operadorId: operador.id, evento: 'fechamento_regra', detalhe });
  });
}

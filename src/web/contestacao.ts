// What an invoice disagrees on, as people read it: the classes, why each line is disputed, and the sheet that is sent back.
import { z } from 'zod';
import { inList, rows } from '../db.ts';
import { listContratosPorId } from '../ixc/contratos.ts';
import { externalIdOf } from '../sync/contexto.ts';
import type { Classe } from '../sync/fechamento/conferencia.ts';
import type { Confronto, Contestada } from '../sync/fechamento/confronto.ts';
import { visiveis } from '../sync/fechamento/fechamentos.ts';
import type { Porque } from '../sync/fechamento/porques.ts';
import type { Celula } from './csv.ts';
import type { Exchange } from './exchange.ts';
import { diaDe, dinheiro, documento } from './formato.ts';

export const CLASSE_ROTULOS: Record<Classe, string> = {
  cobrado_cancelado: 'Cobrado mas cancelado',
  cobrado_sem_contar: 'Cobrado sem contar no mês',
  cobrado_duas_vezes: 'Cobrado duas vezes',
  nao_cobrado: 'Não cobrado',
  plano_errado: 'Plano errado',
  valor_errado: 'Valor errado',
  desconhecido: 'Desconhecido aqui',
};

/** What planos, filiais and integrações are called. */
export interface Nomes {
  plano(id: number): string;
  filial(id: number): string;
  integracao(id: number): string;
}

/** Why a line is disputed, in a sentence that a manager can act on. */
export function motivoDe(each: Contestada, nomes: Nomes): string {
  switch (each.classe) {
    case 'cobrado_cancelado':
    case 'cobrado_sem_contar':
      return each.porque ? semDever(each.porque) : 'Nada era devido por esta conta.';
    case 'cobrado_duas_vezes':
      return `Já cobrado na linha ${each.outraLinha}.`;
    case 'nao_cobrado':
      return `Devia vir ${dinheiro(each.esperado)} do plano “${nomes.plano(each.planoEsperado ?? 0)}”.`;
    case 'plano_errado': {
      const cobrado = each.planoCobrado ? `“${nomes.plano(each.planoCobrado)}”` : 'um plano que não é nosso';
      return `Cobrado ${cobrado}; a conta é do plano “${nomes.plano(each.planoEsperado ?? 0)}”.`;
    }
    case 'valor_errado':
      return `Cobrado ${dinheiro(each.cobrado)}; pela regra são ${dinheiro(each.esperado)}.`;
    case 'desconhecido':
      return 'Ninguém nosso tem esta referência, este id ou este CPF.';
  }
}

function semDever({ causa, desde, ate }: Porque): string {
  const since = dayOf(desde ?? 0);
  switch (causa) {
    case 'cancelado':
      return `Cancelado em ${since}.`;
    case 'bloqueado':
      return `Bloqueado desde ${since}; pela regra, bloqueado não conta.`;
    // The moment that ends the day is already the next one.
    case 'sem_conta':
      return `Não tinha conta até o fim de ${dayOf(ate - 1)}.`;
    case 'fechado':
      return 'Só foi confirmado depois do fechamento: não conta neste mês fechado.';
  }
}

const dayOf = (ms: number): string => diaDe(new Date(ms).toISOString().replace('T', ' ').replace('Z', ''));

/** Those that the operator may see. A line of nobody here is of no filial: only whoever sees all of them sees it. */
export async function visiveisAo(
  { sync, operador }: Exchange,
  { divergencias }: Confronto,
): Promise<Contestada[]> {
  if (operador.filiais === 'todas') return divergencias;
  const semLugar = divergencias.flatMap(({ usuarioId, filialId }) =>
    filialId === 0 ? (usuarioId ?? []) : [],
  );
  const lugares = new Map(
    (await lugaresDe(sync.db, semLugar)).map((each) => [each.usuarioId, each.filialId]),
  );
  const placed = divergencias.map((each) => ({
    ...each,
    filialId: each.filialId || (lugares.get(each.usuarioId ?? 0) ?? 0),
  }));
  return visiveis(placed, operador.filiais);
}

const LugarRow = z.object({
  usuarioId: z.number(),
  contratoId: z.number(),
  filialId: z.number(),
  vez: z.number(),
  remotoId: z.string().nullable(),
});

// The adesão that wins comes last: in force before ended, then the oldest.
async function lugaresDe(db: Exchange['sync']['db'], usuarioIds: readonly number[]) {
  const found: z.output<typeof LugarRow>[] = [];
  for (let at = 0; at < usuarioIds.length; at += 1000) {
    const list = inList('u', usuarioIds.slice(at, at + 1000));
    const sql = `SELECT a.usuario_id AS usuarioId, a.contrato_id AS contratoId, a.filial_id AS filialId, u.vez,
         u.remoto_id AS remotoId
       FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id
       WHERE a.usuario_id IN (${list.sql}) ORDER BY a.vigente IS NOT NULL, a.id DESC`;
    found.push(...(await rows(db, sql, list.params, LugarRow)));
  }
  return found;
}

export interface PessoaContestada {
  nome: string;
  documento: string;
  /** Our reference and the partner's id: what the partner finds the person by. */
  referencia: string;
  remotoId: string;
}

/** Who these lines are of, by usuário; name and document as IXC has them now, '' for one of another filial. */
export async function pessoasDe(
  { sync, operador }: Exchange,
  divergencias: readonly Contestada[],
): Promise<Map<number, PessoaContestada>> {
  const lugares = await lugaresDe(
    sync.db,
    divergencias.flatMap(({ usuarioId }) => usuarioId ?? []),
  );
  const contratoIds = lugares.map(({ contratoId }) => contratoId);
  const contratos = await listContratosPorId(sync.ixc, contratoIds, operador.filiais);
  const byId = new Map(contratos.map((contrato) => [contrato.id, contrato]));
  const pessoas = new Map<number, PessoaContestada>();
  for (const { usuarioId, contratoId, vez, remotoId } of lugares) {
    const contrato = byId.get(contratoId);
    const before = pessoas.get(usuarioId);
    pessoas.set(usuarioId, {
      nome: contrato?.clienteNome ?? before?.nome ?? '',
      documento: contrato?.documento ?? before?.documento ?? '',
      referencia: externalIdOf(sync, usuarioId, vez),
      remotoId: remotoId ?? '',
    });
  }
  return pessoas;
}

export const COLUNAS_DA_CONTESTACAO = [
  ...['Classe', 'Integração', 'Linha da fatura', 'Usuário', 'Referência', 'Id na Tele Clínica'],
  ...['Pessoa', 'Documento', 'Cobrado', 'Esperado', 'Diferença', 'Motivo'],
];
const PAGINA = 500;

/** The lines of the sheet, some hundreds at a time; amounts in reais, documents masked. */
export async function* contestacaoPages(
  exchange: Exchange,
  chosen: readonly Contestada[],
  nomes: Nomes,
): AsyncGenerator<Celula[][]> {
  for (let at = 0; at === 0 || at < chosen.length; at += PAGINA) {
    const part = chosen.slice(at, at + PAGINA);
    const pessoas = await pessoasDe(exchange, part);
    yield part.map((each): Celula[] => {
      const pessoa = pessoas.get(each.usuarioId ?? 0);
      return [
        CLASSE_ROTULOS[each.classe],
        nomes.integracao(each.integracaoId),
        each.linha ?? '',
        each.usuarioId ?? '',
        pessoa?.referencia ?? '',
        pessoa?.remotoId ?? '',
        pessoa?.nome ?? '',
        documento(pessoa?.documento ?? ''),
        each.cobrado / 100,
        each.esperado / 100,
        (each.cobrado - each.esperado) / 100,
        motivoDe(each, nomes),
      ];
    });
  }
}

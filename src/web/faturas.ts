// The partner's invoice on the screen of its month: sent, matched, filtered by class, taken away to be disputed.
import { z } from 'zod';
import { inList, rows } from '../db.ts';
import { listContratosPorId } from '../ixc/contratos.ts';
import { invalid, Problem } from '../problem.ts';
import { CAMPOS } from '../sync/fechamento/colunas.ts';
import { CLASSES, type Classe, conferir, type Divergencia } from '../sync/fechamento/conferencia.ts';
import type { Parte } from '../sync/fechamento/contagem.ts';
import { loadColunas, loadFatura, saveFatura } from '../sync/fechamento/faturas.ts';
import { loadFechamento, visiveis } from '../sync/fechamento/fechamentos.ts';
import type { Mes } from '../sync/fechamento/mes.ts';
import type { Celula } from './csv.ts';
import { receiveEnvio } from './envio.ts';
import { type Exchange, formOf, queryOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { answerAt, drawFechamento } from './fechamentos.ts';
import { documento } from './formato.ts';
import { readPlanilha } from './planilha.ts';

const PAGINA = 100;

export const CLASSE_ROTULOS: Record<Classe, string> = {
  cobrado_cancelado: 'Cobrado mas cancelado',
  cobrado_duas_vezes: 'Cobrado duas vezes',
  nao_cobrado: 'Não cobrado',
  plano_errado: 'Plano errado',
  valor_errado: 'Valor errado',
  desconhecido: 'Desconhecido aqui',
};

/** `POST /fechamentos/:mes/fatura`: `arquivo`, optional `coluna_referencia`, `_id`, `_cpf`, `_valor`, `_plano`. */
export async function createFatura(exchange: Exchange, mes: Mes): Promise<void> {
  const envio = await receiveEnvio(exchange).catch((error: unknown) => {
    // Too large is a wrong file like any other here: named beside its field.
    throw error instanceof Problem && error.status === 413 ? invalid(error.fields) : error;
  });
  if (envio === undefined) throw invalid({ arquivo: 'Escolha a fatura, em CSV ou XLSX.' });
  const form = formOf(exchange);
  const escolhidas = Object.fromEntries(CAMPOS.map((campo) => [campo, form[`coluna_${campo}`] ?? '']));
  await saveFatura(exchange.sync, exchange.operador, mes, readPlanilha(envio), escolhidas);
  answerAt(exchange, `/fechamentos/${mes.mes}`);
}

/** Draws the page again with the columns that were typed, after 422. */
export const redrawFatura = (exchange: Exchange, mes: Mes, problem: Problem): Promise<void> =>
  drawFechamento(exchange, mes, formOf(exchange), problem.fields, 422);

/** What the page of a month says of its invoice. */
export async function faturaLocals(
  exchange: Exchange,
  mes: Mes,
  esperadas: ReadonlyMap<number, readonly Parte[]>,
) {
  const { sync, web } = exchange;
  const { colunas } = await loadColunas(sync.db);
  const colunasGuardadas = Object.fromEntries(CAMPOS.map((campo) => [`coluna_${campo}`, colunas[campo]]));
  const fatura = await loadFatura(sync.db, mes.mes);
  if (fatura === undefined) return { colunasGuardadas, fatura: null, CLASSE_ROTULOS };
  const todas = await listDivergencias(exchange, fatura.linhas, esperadas);
  const classe = classeOf(exchange);
  const filtradas = todas.filter((each) => classe === undefined || each.classe === classe);
  const pagina = Math.max(1, Number(queryOf(exchange)['pagina']) || 1);
  const divergencias = filtradas.slice((pagina - 1) * PAGINA, pagina * PAGINA);
  return {
    colunasGuardadas,
    CLASSE_ROTULOS,
    fatura: { ...fatura, quem: (await web.direitos.namesOf([fatura.enviadaPor])).get(fatura.enviadaPor) },
    resumo: CLASSES.map((each) => ({ classe: each, ...totalDe(todas.filter((d) => d.classe === each)) })),
    total: totalDe(todas),
    classe,
    divergencias,
    pessoas: await pessoasDe(exchange, divergencias),
    pagina,
    temMais: filtradas.length > pagina * PAGINA,
  };
}

/** `GET /fechamentos/:mes/fatura.csv?classe=`, `.xlsx`: the dispute sheet; amounts in reais, documents masked. */
export async function downloadFatura(exchange: Exchange, mes: Mes): Promise<void> {
  const { db } = exchange.sync;
  const { esperadas } = await loadFechamento(db, mes, Date.now());
  const fatura = await loadFatura(db, mes.mes);
  const todas = fatura ? await listDivergencias(exchange, fatura.linhas, esperadas) : [];
  const classe = classeOf(exchange);
  const chosen = todas.filter((each) => classe === undefined || each.classe === classe);
  const colunas = [
    ...['Classe', 'Linha da fatura', 'Usuário', 'Pessoa', 'Documento'],
    ...['Cobrado', 'Esperado', 'Diferença'],
  ];
  const filtro: Record<string, string> = classe ? { classe } : {};
  const paginas = disputePages(exchange, chosen);
  await sendLista(exchange, { nome: `contestacao-${mes.mes}`, colunas, filtro, paginas });
}

async function* disputePages(exchange: Exchange, chosen: Divergencia[]): AsyncGenerator<Celula[][]> {
  for (let at = 0; at === 0 || at < chosen.length; at += 500) {
    const part = chosen.slice(at, at + 500);
    const pessoas = await pessoasDe(exchange, part);
    yield part.map((each): Celula[] => {
      const pessoa = pessoas.get(each.usuarioId ?? 0);
      return [
        CLASSE_ROTULOS[each.classe],
        each.linha ?? '',
        each.usuarioId ?? '',
        pessoa?.nome ?? '',
        documento(pessoa?.documento ?? ''),
        each.cobrado / 100,
        each.esperado / 100,
        (each.cobrado - each.esperado) / 100,
      ];
    });
  }
}

// A line of nobody here belongs to no branch: only whoever sees all of them sees it.
async function listDivergencias(
  { sync, operador }: Exchange,
  linhas: Parameters<typeof conferir>[0],
  esperadas: ReadonlyMap<number, readonly Parte[]>,
): Promise<Divergencia[]> {
  const found = conferir(linhas, esperadas);
  if (operador.filiais === 'todas') return found;
  const semLugar = found.flatMap(({ usuarioId, filialId }) => (filialId === 0 ? (usuarioId ?? []) : []));
  const lugares = new Map(
    (await lugaresDe(sync.db, semLugar)).map((each) => [each.usuarioId, each.filialId]),
  );
  const placed = found.map((each) => ({
    ...each,
    filialId: each.filialId || (lugares.get(each.usuarioId ?? 0) ?? 0),
  }));
  return visiveis(placed, operador.filiais);
}

const LugarRow = z.object({ usuarioId: z.number(), contratoId: z.number(), filialId: z.number() });

// The adesão that wins: in force first, then the oldest.
async function lugaresDe(db: Exchange['sync']['db'], usuarioIds: readonly number[]) {
  const found: z.output<typeof LugarRow>[] = [];
  for (let at = 0; at < usuarioIds.length; at += 1000) {
    const list = inList('u', usuarioIds.slice(at, at + 1000));
    const sql = `SELECT usuario_id AS usuarioId, contrato_id AS contratoId, filial_id AS filialId FROM adesoes
       WHERE usuario_id IN (${list.sql}) ORDER BY vigente IS NOT NULL, id DESC`;
    found.push(...(await rows(db, sql, list.params, LugarRow)));
  }
  return found;
}

async function pessoasDe({ sync, operador }: Exchange, divergencias: readonly Divergencia[]) {
  const ids = divergencias.flatMap(({ usuarioId }) => usuarioId ?? []);
  const lugares = await lugaresDe(sync.db, ids);
  const contratoIds = lugares.map(({ contratoId }) => contratoId);
  const contratos = await listContratosPorId(sync.ixc, contratoIds, operador.filiais);
  const byId = new Map(contratos.map((contrato) => [contrato.id, contrato]));
  return new Map(
    lugares.flatMap(({ usuarioId, contratoId }) => {
      const contrato = byId.get(contratoId);
      if (contrato === undefined) return [];
      return [[usuarioId, { nome: contrato.clienteNome, documento: contrato.documento }] as const];
    }),
  );
}

const totalDe = (list: readonly Divergencia[]) => ({
  quantas: list.length,
  centavos: list.reduce((sum, { cobrado, esperado }) => sum + cobrado - esperado, 0),
});

const classeOf = (exchange: Exchange): Classe | undefined =>
  CLASSES.find((each) => each === queryOf(exchange)['classe']);

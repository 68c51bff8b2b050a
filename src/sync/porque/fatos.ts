// Reads everything an explanation is made from. Only facts: what cannot be read is left out, and the explanation says so.
import { z } from 'zod';
import { type Db, inList, optionalRow, rows } from '../../db.ts';
import { findContrato } from '../../ixc/contratos.ts';
import type { Contrato, Filiais } from '../../ixc/tipos.ts';
import type { Sync } from '../contexto.ts';
import { readDatas } from '../datas.ts';
import { inFiliais } from '../filiais.ts';
import { listChamadas } from '../historia.ts';
import { HOJE } from '../hoje.ts';
import { listModos } from '../modos.ts';
import { isPausedByFile, listPausas } from '../pausas.ts';
import { loadRegras, loadVinculos, regimeOf } from '../regrasSalvas.ts';
import type { Usuario } from '../tipos.ts';
import { readEstado } from '../varredura/estado.ts';
import { findMudancas } from '../varredura/mudancas.ts';
import { findRecusa } from '../varredura/registro.ts';
import { listAtos, listRegrasMudadas } from './atos.ts';
import type {
  AdesaoLida,
  Fatos,
  FatosDoContrato,
  IntegracaoLida,
  LinhaDeLote,
  OperacaoLida,
} from './tipos.ts';
import { listVinculosDoContrato } from './vinculos.ts';

// Whoever has more contracts than this is told of the first ones.
const MOST = 12;

/**
 * The facts behind an account, seen from `filiais`; with `contrato` also those of a contract that grants none. Without
 * `usuario` they are the facts of the contract alone.
 */
export async function readFatos(
  sync: Sync,
  filiais: Filiais,
  usuario: Usuario | undefined,
  contrato: Contrato | undefined,
): Promise<Fatos> {
  const { db } = sync;
  const adesoes = usuario === undefined ? [] : await listAdesoesLidas(db, usuario.id, filiais);
  const ids = [
    ...new Set([...adesoes.map(({ contratoId }) => contratoId), ...(contrato ? [contrato.id] : [])]),
  ];
  const [regras, modos, pausas, recusa, estado, vinculos] = await Promise.all([
    loadRegras(db),
    listModos(db),
    listPausas(db),
    findRecusa(db),
    readEstado(db),
    loadVinculos(db),
  ]);
  const [contratos, regrasMudadas, linhas, regime] = await Promise.all([
    readContratos(sync, ids.slice(0, MOST), adesoes, filiais, contrato),
    listRegrasMudadas(db, regras),
    listLinhasDeLotes(db, ids, usuario?.id, filiais),
    regimeOf(sync, regras, vinculos),
  ]);
  return {
    hoje: HOJE.format(),
    contratos,
    regras,
    regrasMudadas,
    usuario,
    modos,
    regimeAceito: estado.regime?.equals(regime) ?? false,
    recusa,
    linhas,
    pausas,
    pausadoPorArquivo: isPausedByFile(sync),
    ...(await readConta(db, usuario)),
  };
}

type Conta = Pick<Fatos, 'datas' | 'atos' | 'mudanca' | 'integracao' | 'operacao'>;

async function readConta(db: Db, usuario: Usuario | undefined): Promise<Conta> {
  if (usuario === undefined) {
    return {
      datas: undefined,
      atos: new Map(),
      mudanca: undefined,
      integracao: undefined,
      operacao: undefined,
    };
  }
  const [datas, atos, achado, integracao, operacao] = await Promise.all([
    readDatas(db, usuario.id),
    listAtos(db, usuario.id),
    findMudancas(db, [usuario.id]),
    findIntegracaoLida(db, usuario.integracaoId),
    findOperacaoLida(db, usuario.id),
  ]);
  return { datas, atos, mudanca: achado.mudancas[0], integracao, operacao };
}

async function readContratos(
  sync: Sync,
  ids: number[],
  adesoes: AdesaoLida[],
  filiais: Filiais,
  known: Contrato | undefined,
): Promise<FatosDoContrato[]> {
  const found: FatosDoContrato[] = [];
  for (const id of ids) {
    const contrato = id === known?.id ? known : ((await findContrato(sync.ixc, id, filiais)) ?? null);
    found.push({
      id,
      contrato,
      adesao: adesoes.find(({ contratoId }) => contratoId === id) ?? null,
      vinculos: contrato === null ? [] : await listVinculosDoContrato(sync.db, contrato),
    });
  }
  return found;
}

const significado = z.enum(['ativo', 'bloqueado', 'cancelar', 'esperar', 'perguntar']);

function listAdesoesLidas(db: Db, usuarioId: number, filiais: Filiais): Promise<AdesaoLida[]> {
  const scope = inFiliais('a.filial_id', filiais);
  return rows(
    db,
    `SELECT a.id, a.vigente AS contratoId, a.filial_id AS filialId, a.significado, p.nome AS planoNome,
       a.plano_origem AS planoOrigem, a.lido_significado AS lido, a.lido_em AS lidoEm,
       COALESCE(a.lido_cliente_id <> a.cliente_id, 0) AS clienteMudou, a.ausencias, a.reavaliar_em AS reavaliarEm
     FROM adesoes a LEFT JOIN planos p ON p.id = a.plano_id
     WHERE a.usuario_id = :usuarioId AND a.vigente IS NOT NULL AND ${scope.sql} ORDER BY a.id`,
    { usuarioId, ...scope.params },
    z.object({
      id: z.number(),
      contratoId: z.number(),
      filialId: z.number(),
      significado,
      planoNome: z.string().nullable(),
      planoOrigem: z.enum(['contrato', 'adicional', 'plano', 'plano_de_venda', 'operador']),
      lido: significado.nullable(),
      lidoEm: z.string().nullable(),
      clienteMudou: z.number().transform((value) => value === 1),
      ausencias: z.number(),
      reavaliarEm: z.string().nullable(),
    }),
  );
}

const LINES = 6;
// Calls told of the newest operação; the story has them all.
const CALLS = 6;

function listLinhasDeLotes(
  db: Db,
  contratoIds: number[],
  usuarioId: number | undefined,
  filiais: Filiais,
): Promise<LinhaDeLote[]> {
  const list = inList('contrato', contratoIds);
  const scope = inFiliais('l.filial_id', filiais);
  return rows(
    db,
    `SELECT l.lote_id AS loteId, l.n, o.origem, o.estado AS estadoDoLote, o.motivo AS motivoDoLote,
       l.contrato_id AS contratoId, l.acao, l.motivo, l.estado, l.mensagem, o.decidido_por AS decididoPor,
       o.decidido_em AS decididoEm
     FROM lote_linhas l JOIN lotes o ON o.id = l.lote_id
     WHERE l.contrato_id IN (${list.sql}) AND (l.usuario_id IS NULL OR l.usuario_id = :usuarioId) AND ${scope.sql}
     ORDER BY l.lote_id DESC, l.n DESC LIMIT ${LINES}`,
    { ...list.params, usuarioId: usuarioId ?? 0, ...scope.params },
    z.object({
      loteId: z.number(),
      n: z.number(),
      origem: z.enum(['previa', 'freio', 'operador']),
      estadoDoLote: z.enum([
        'simulado',
        'aguardando',
        'executando',
        'pausado',
        'concluido',
        'rejeitado',
        'dissolvido',
      ]),
      motivoDoLote: z.string().nullable(),
      contratoId: z.number(),
      acao: z.enum(['criar', 'bloquear', 'desbloquear', 'trocar_plano', 'cancelar']),
      motivo: z.string(),
      estado: z.enum(['pendente', 'aplicada', 'dispensada', 'recusada']),
      mensagem: z.string().nullable(),
      decididoPor: z.number().nullable(),
      decididoEm: z.string().nullable(),
    }),
  );
}

const findIntegracaoLida = (db: Db, id: number): Promise<IntegracaoLida | undefined> =>
  optionalRow(
    db,
    `SELECT id, nome, ambiente, credencial_parada_em AS credencialParadaEm, fora_desde AS foraDesde, contato_em AS contatoEm
     FROM integracoes WHERE id = :id`,
    { id },
    z.object({
      id: z.number(),
      nome: z.string(),
      ambiente: z.enum(['homologacao', 'producao', 'simulador']),
      credencialParadaEm: z.string().nullable(),
      foraDesde: z.string().nullable(),
      contatoEm: z.string().nullable(),
    }),
  );

async function findOperacaoLida(db: Db, usuarioId: number): Promise<OperacaoLida | undefined> {
  const found = await optionalRow(
    db,
    `SELECT id, acao, causa, operador_id AS operadorId, motivo, criado_em AS em FROM operacoes
     WHERE id = (SELECT MAX(id) FROM operacoes WHERE usuario_id = :usuarioId)`,
    { usuarioId },
    z.object({
      id: z.number(),
      acao: z.string(),
      causa: z.enum(['operador', 'regra', 'correcao']),
      operadorId: z.number().nullable(),
      motivo: z.string().nullable(),
      em: z.string(),
    }),
  );
  return found && { ...found, chamadas: await listChamadas(db, { operacaoId: found.id }, CALLS) };
}

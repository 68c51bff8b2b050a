// Which contracts of a page should have an account and have none, and what is wrong with each.
import { z } from 'zod';
import { type Db, inList, rows } from '../../db.ts';
import { type Ficha, listClientes, listFichasDosCpfs } from '../../ixc/clientes.ts';
import { listFatos } from '../../ixc/fatos.ts';
import { isValidCpf } from '../../ixc/valores.ts';
import type { ProdutoVinculado } from '../../ixc/vinculados.ts';
import { type Contato, orderContatos } from '../contatos.ts';
import type { Sync } from '../contexto.ts';
import type { Padroes } from '../pessoa.ts';
import { type Avaliacao, type Criterios, evaluate } from '../varredura/avaliacao.ts';
import { type CausaDoPrevoo, findCausas } from './causas.ts';

export interface Achado {
  contratoId: number;
  clienteId: number;
  /** 0 = none */
  filialId: number;
  causas: CausaDoPrevoo[];
}

/** What every page of one look goes by, read once. */
export interface Contexto {
  criterios: Criterios;
  /** Products with a vínculo, by contract. */
  produtos: ReadonlyMap<number, ProdutoVinculado[]>;
  /** Contracts that IXC's own module serves. */
  nativos: ReadonlySet<number>;
  planosRecusados: ReadonlySet<number>;
  padroes: Padroes;
  /** Which phone and e-mail would be sent. */
  contato: Contato;
}

/** Those of these contracts (at most 500) that would be sent now; an empty `causas` = it would go through. */
export async function judgeCandidatos(sync: Sync, ids: number[], contexto: Contexto): Promise<Achado[]> {
  const { criterios, produtos, nativos, planosRecusados, padroes, contato } = contexto;
  const fatos = await listFatos(sync.ixc, ids);
  const elegiveis = fatos
    .map((each) => evaluate(each, produtos.get(each.id) ?? [], criterios))
    .filter(({ significado, plano, maisDeUmPlano }) => significado === 'ativo' && (plano || maisDeUmPlano))
    .filter(({ contratoId }) => !nativos.has(contratoId));
  const contas = await listContas(sync.db, elegiveis);
  const novos = elegiveis.filter((each) => !hasConta(contas, each));
  const clientes = await listClientes(
    sync.ixc,
    novos.map(({ clienteId }) => clienteId),
  );
  const byId = new Map(clientes.map((cliente) => [cliente.id, orderContatos(cliente, contato)]));
  const fichas = await listFichas(
    sync.ixc,
    clientes.map(({ documento }) => documento),
  );
  return novos.map((each) => {
    const cliente = byId.get(each.clienteId);
    const candidato = {
      cliente,
      fichas: fichas.get(cliente?.documento ?? '') ?? [],
      maisDeUmPlano: each.maisDeUmPlano,
      planoRecusado: each.plano !== null && planosRecusados.has(each.plano.planoId),
    };
    const { contratoId, clienteId, filialId } = each;
    return { contratoId, clienteId, filialId, causas: findCausas(candidato, criterios.hoje, padroes) };
  });
}

// A further contract of somebody who has an account only joins it: nothing would be created.
function hasConta(contas: ReadonlyMap<number, number[]>, { clienteId, plano }: Avaliacao): boolean {
  const integracoes = contas.get(clienteId) ?? [];
  return plano === null ? integracoes.length > 0 : integracoes.includes(plano.integracaoId);
}

async function listContas(db: Db, avaliacoes: Avaliacao[]): Promise<Map<number, number[]>> {
  const list = inList('cliente', [...new Set(avaliacoes.map(({ clienteId }) => clienteId))]);
  const found = await rows(
    db,
    `SELECT DISTINCT a.cliente_id AS clienteId, u.integracao_id AS integracaoId
     FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id
     WHERE a.vigente IS NOT NULL AND u.observada <> 'ausente' AND a.cliente_id IN (${list.sql})`,
    list.params,
    z.object({ clienteId: z.number(), integracaoId: z.number() }),
  );
  const contas = new Map<number, number[]>();
  for (const { clienteId, integracaoId } of found) {
    contas.set(clienteId, [...(contas.get(clienteId) ?? []), integracaoId]);
  }
  return contas;
}

/** Every register of IXC that carries one of these CPFs, by CPF. */
export async function listFichas(ixc: Db, documentos: string[]): Promise<Map<string, Ficha[]>> {
  const fichas = new Map<string, Ficha[]>();
  const cpfs = documentos.filter(isValidCpf);
  if (cpfs.length === 0) return fichas;
  for (const ficha of await listFichasDosCpfs(ixc, cpfs)) {
    fichas.set(ficha.documento, [...(fichas.get(ficha.documento) ?? []), ficha]);
  }
  return fichas;
}

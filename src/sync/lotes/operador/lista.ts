// A list of contract numbers or CPFs becomes contracts at once: a CPF is looked up in IXC and goes no further.
import { z } from 'zod';
import { inList, rows } from '../../../db.ts';
import { listFichasDosCpfs } from '../../../ixc/clientes.ts';
import { listContratosDeClientes } from '../../../ixc/contratos.ts';
import type { ContratoLinha, Filiais } from '../../../ixc/tipos.ts';
import { isValidCpf } from '../../../ixc/valores.ts';
import type { Sync } from '../../contexto.ts';
import type { Acao } from '../../tipos.ts';
import type { ItemDaLista } from './pedido.ts';

/** One row of a file: `linha` as Excel numbers it, and digits: a CPF (11) or a contract. */
export interface Digitado {
  linha: number;
  numero: string;
  cpf: boolean;
}

const CHUNK = 500;

/**
 * The contracts that these rows name, each once. A CPF stands for the contracts of its client that `acao` can be about:
 * those with an account, for a creation the active ones. Contracts of other branches answer as missing ones do.
 */
export async function resolveLista(
  sync: Sync,
  filiais: Filiais,
  acao: Acao,
  digitados: readonly Digitado[],
): Promise<ItemDaLista[]> {
  const itens: ItemDaLista[] = [];
  const seen = new Set<number>();
  const add = (contratoId: number): void => {
    if (!seen.has(contratoId)) itens.push({ contratoId });
    seen.add(contratoId);
  };
  for (let start = 0; start < digitados.length; start += CHUNK) {
    const part = digitados.slice(start, start + CHUNK);
    const contratos = await contratosDosCpfs(sync, filiais, acao, part);
    for (const { linha, numero, cpf } of part) {
      if (!cpf) add(Number(numero));
      else if (!isValidCpf(numero))
        itens.push({ mensagem: `Linha ${linha} da lista: o CPF não existe, os dígitos não conferem.` });
      else {
        const found = contratos.get(numero) ?? [];
        for (const id of found) add(id);
        if (found.length === 0)
          itens.push({ mensagem: `Linha ${linha} da lista: nenhum contrato com este CPF nas suas filiais.` });
      }
    }
  }
  return itens;
}

async function contratosDosCpfs(
  sync: Sync,
  filiais: Filiais,
  acao: Acao,
  part: readonly Digitado[],
): Promise<Map<string, number[]>> {
  const cpfs = part.filter(({ cpf, numero }) => cpf && isValidCpf(numero)).map(({ numero }) => numero);
  if (cpfs.length === 0) return new Map();
  const fichas = await listFichasDosCpfs(sync.ixc, cpfs);
  const contratos = await listContratosDeClientes(
    sync.ixc,
    fichas.map(({ id }) => id),
    filiais,
  );
  const comConta = await listComConta(
    sync,
    contratos.map(({ id }) => id),
  );
  const cpfOf = new Map(fichas.map(({ id, documento }) => [id, documento]));
  const byCpf = new Map<string, ContratoLinha[]>();
  for (const contrato of contratos) {
    const cpf = cpfOf.get(contrato.clienteId) ?? '';
    byCpf.set(cpf, [...(byCpf.get(cpf) ?? []), contrato]);
  }
  const counts = (contrato: ContratoLinha): boolean =>
    acao === 'criar' ? contrato.status === 'A' : comConta.has(contrato.id);
  return new Map(
    [...byCpf].map(([cpf, all]) => {
      const chosen = all.filter(counts);
      return [cpf, (chosen.length > 0 ? chosen : all.slice(0, 1)).map(({ id }) => id)];
    }),
  );
}

async function listComConta({ db }: Sync, contratoIds: number[]): Promise<Set<number>> {
  const list = inList('contrato', contratoIds);
  const sql = `SELECT vigente AS id FROM adesoes WHERE vigente IN (${list.sql})`;
  return new Set((await rows(db, sql, list.params, z.object({ id: z.number() }))).map(({ id }) => id));
}

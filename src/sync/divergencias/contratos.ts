// First side, IXC: the facts of every contract read again as the scan reads them, and who should have an account and has none.
import { type Db, type Params, run, transaction } from '../../db.ts';
import { listClientes } from '../../ixc/clientes.ts';
import { CONTRATOS_POR_VEZ, listFatos } from '../../ixc/fatos.ts';
import { isValidCpf } from '../../ixc/valores.ts';
import type { ProdutoVinculado } from '../../ixc/vinculados.ts';
import { impressaoDoCpf, type Sync } from '../contexto.ts';
import { listRelevant } from '../varredura/completa.ts';
import { findCriacoes } from '../varredura/criacoes.ts';
import { listLidosEntre } from '../varredura/fatos.ts';
import { judgeAll, loadCriterios } from '../varredura/leitura.ts';
import type { Mudanca } from '../varredura/mudancas.ts';
import { advance, type Corrida } from './corrida.ts';

interface SemConta {
  mudanca: Mudanca;
  integracaoId: number;
  impressao: Buffer;
}

/**
 * Reads IXC from where it was left, page by page; each page with its progress is one transaction. Contracts of
 * companies and of clients without a valid CPF are the pré-voo's: they cannot have an account.
 */
export async function readContratos(sync: Sync, corrida: Corrida, isStopped: () => boolean): Promise<void> {
  const criterios = await loadCriterios(sync);
  const produtos = new Map<number, ProdutoVinculado[]>();
  const ids = await listRelevant(sync, produtos, criterios);
  const integracaoDe = new Map(
    criterios.vinculos.map(({ planoId, integracaoId }) => [planoId, integracaoId]),
  );
  await advance(sync.db, corrida, { procurados: ids.length });
  for (let start = countUpTo(ids, corrida.ate); start < ids.length; start += CONTRATOS_POR_VEZ) {
    if (isStopped()) return;
    const page = [...ids.subarray(start, start + CONTRATOS_POR_VEZ)];
    const ate = page.at(-1) ?? 0;
    const [fatos, adesoes] = await Promise.all([
      listFatos(sync.ixc, page),
      listLidosEntre(sync.db, page[0] ?? 0, ate),
    ]);
    const met = new Set(fatos.map(({ id }) => id));
    const there = adesoes.filter(({ contratoId }) => met.has(contratoId));
    const { elegiveis } = await judgeAll(sync, fatos, produtos, there, criterios);
    const criacoes = await findCriacoes(sync, criterios, elegiveis);
    const semConta = await withImpressao(
      sync,
      criacoes.map(({ mudanca }) => mudanca),
      integracaoDe,
    );
    await transaction(sync.db, async (tx) => {
      await insertContratos(tx, corrida.id, semConta);
      await advance(tx, corrida, { ate }, { contratos: page.length });
    });
  }
  await advance(sync.db, corrida, { fase: 'lista', ate: 0 });
}

async function withImpressao(
  sync: Sync,
  mudancas: Mudanca[],
  integracaoDe: ReadonlyMap<number, number>,
): Promise<SemConta[]> {
  const clientes = await listClientes(sync.ixc, [...new Set(mudancas.map(({ clienteId }) => clienteId))]);
  const cpfDe = new Map(clientes.map(({ id, documento }) => [id, documento]));
  return mudancas.flatMap((mudanca) => {
    const cpf = cpfDe.get(mudanca.clienteId) ?? '';
    const integracaoId = integracaoDe.get(mudanca.planoId ?? 0);
    if (!isValidCpf(cpf) || integracaoId === undefined) return [];
    return [{ mudanca, integracaoId, impressao: impressaoDoCpf(sync, cpf) }];
  });
}

const CHUNK = 250;

async function insertContratos(tx: Db, comparacaoId: number, semConta: SemConta[]): Promise<void> {
  for (let start = 0; start < semConta.length; start += CHUNK) {
    const params: Params = { comparacaoId };
    const values = semConta.slice(start, start + CHUNK).map(({ mudanca, integracaoId, impressao }, n) => {
      Object.assign(params, {
        [`contrato${n}`]: mudanca.contratoId,
        [`cliente${n}`]: mudanca.clienteId,
        [`filial${n}`]: mudanca.filialId,
        [`integracao${n}`]: integracaoId,
        [`plano${n}`]: mudanca.planoId,
        [`impressao${n}`]: impressao,
      });
      return `(:comparacaoId, :contrato${n}, :cliente${n}, :filial${n}, :integracao${n}, :plano${n}, :impressao${n})`;
    });
    await run(
      tx,
      `REPLACE INTO comparacao_contratos (comparacao_id, contrato_id, cliente_id, filial_id, integracao_id, plano_id, impressao)
       VALUES ${values.join(', ')}`,
      params,
    );
  }
}

// How many of the ids (in order) were looked at before.
function countUpTo(ids: Uint32Array, ate: number): number {
  const next = ids.findIndex((id) => id > ate);
  return next === -1 ? ids.length : next;
}

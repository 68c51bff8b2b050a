// What was typed into a search box, as people of ours: by fingerprint of the CPF, or by contracts (decisions 30).
import { parseBusca } from '../ixc/busca.ts';
import { findClienteIdsPorNome, listClienteIdsPorDocumento } from '../ixc/clientes.ts';
import { listContratosDeClientes, listContratosPorId } from '../ixc/contratos.ts';
import { Problem } from '../problem.ts';
import { impressaoDoCpf } from '../sync/contexto.ts';
import type { Exchange } from './exchange.ts';

export interface Achados {
  contratoIds?: number[];
  impressao?: Buffer;
  /** More clients have this name than are looked at: another word finds the rest. */
  cortada?: boolean;
}

/** A name shared by more clients than this needs another word. */
export const MAX_CLIENTES = 500;

/** CPF by fingerprint, number as contract then client, else words of a name. Nothing typed narrows nothing. */
export async function findAchados({ sync, operador }: Exchange, digitado: string): Promise<Achados> {
  const busca = parseBusca(digitado);
  const ofClientes = async (ids: number[]): Promise<Achados> => ({
    contratoIds: (await listContratosDeClientes(sync.ixc, ids, operador.filiais)).map(({ id }) => id),
  });
  switch (busca.tipo) {
    case 'tudo':
      return {};
    case 'nada':
      return { contratoIds: [] };
    case 'documento':
      return busca.documento.length === 11
        ? { impressao: impressaoDoCpf(sync, busca.documento) }
        : ofClientes(await listClienteIdsPorDocumento(sync.ixc, busca.documento));
    case 'numero': {
      const contratos = await listContratosPorId(sync.ixc, [busca.numero], operador.filiais);
      return contratos.length > 0 ? { contratoIds: [busca.numero] } : ofClientes([busca.numero]);
    }
    case 'nome': {
      const clientes = await findClienteIdsPorNome(sync.ixc, busca.nome, MAX_CLIENTES + 1);
      const achados = await ofClientes(clientes.slice(0, MAX_CLIENTES));
      return clientes.length > MAX_CLIENTES ? { ...achados, cortada: true } : achados;
    }
  }
}

/** 422: a file would hold only some of the clients with this name, and look whole. */
export const tooManyClientes = (): Problem =>
  new Problem(
    422,
    'Muitos clientes têm este nome: escreva mais.',
    'Volte à lista, escreva outra parte do nome ou o CPF, e baixe de novo. Nada foi baixado, para não faltar gente sem você saber.',
    { busca: `Mais de ${MAX_CLIENTES} clientes têm este nome.` },
  );

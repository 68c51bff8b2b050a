// The second controller: contracts that IXC's own SVA module serves are left alone, so that no two fight over an account.
import { listNativos, type Nomeados } from '../../ixc/vinculados.ts';
import { conflict } from '../../problem.ts';
import type { Sync } from '../contexto.ts';
import { loadVinculos } from '../regrasSalvas.ts';
import type { VinculoLido } from './avaliacao.ts';
import type { Mudanca } from './mudancas.ts';

/** The produtos and planos de venda that some vínculo names. */
export const nomeadosPor = (vinculos: VinculoLido[]): Nomeados => ({
  produtos: idsOf(vinculos, 'produto'),
  planosDeVenda: idsOf(vinculos, 'plano_de_venda'),
});

const idsOf = (vinculos: VinculoLido[], which: VinculoLido['tipo']): number[] => [
  ...new Set(vinculos.filter(({ tipo }) => tipo === which).map(({ ixcId }) => ixcId)),
];

/** Those of these changes whose contract IXC does not serve itself. Nothing is asked of IXC when there are none. */
export async function withoutNativos(
  sync: Sync,
  vinculos: VinculoLido[],
  mudancas: Mudanca[],
): Promise<Mudanca[]> {
  if (mudancas.length === 0) return mudancas;
  const nativos = new Set(await listNativos(sync.ixc, nomeadosPor(vinculos)));
  return mudancas.filter(({ contratoId }) => !nativos.has(contratoId));
}

/** @throws Problem 409 when IXC's own module serves the contract now. */
export async function refuseNativo(sync: Sync, contratoId: number): Promise<void> {
  const nativos = await listNativos(sync.ixc, nomeadosPor(await loadVinculos(sync.db)), contratoId);
  if (nativos.length === 0) return;
  throw conflict(
    'O módulo SVA do próprio IXC já atende este contrato, e dois controles sobre a mesma conta brigariam.',
    'Cancele o usuário SVA do contrato no IXC, e então crie o usuário aqui.',
  );
}

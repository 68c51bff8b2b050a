// Creating usuários for several contracts: which contracts can have one now, looked up as the order itself would.
import { findCliente } from '../ixc/clientes.ts';
import { findContrato } from '../ixc/contratos.ts';
import { describeAcesso, describeStatus } from '../ixc/status.ts';
import type { Contrato, Filiais } from '../ixc/tipos.ts';
import type { Sync } from './contexto.ts';
import { HOJE } from './hoje.ts';
import { checkIdentity } from './pessoa.ts';
import { meaningOf } from './regras.ts';
import { loadRegras } from './regrasSalvas.ts';
import type { Triagem } from './selecao.ts';
import { listUsuariosDeContratos } from './usuarios.ts';
import { resolvePlano } from './vinculos.ts';

/** Those of these contracts that exist inside `filiais`, parted by whether a usuário can be created. */
export async function sortContratos(
  sync: Sync,
  ids: readonly number[],
  filiais: Filiais,
): Promise<Triagem<Contrato>> {
  const [usuarios, regras] = await Promise.all([
    listUsuariosDeContratos(sync.db, [...ids], filiais),
    loadRegras(sync.db),
  ]);
  const triagem: Triagem<Contrato> = { vao: [], ficam: [] };
  // One after the other: a hundred at once would keep IXC's few connections from everybody else.
  for (const id of ids) {
    const contrato = await findContrato(sync.ixc, id, filiais);
    if (contrato === undefined) continue;
    const usuario = usuarios.get(id);
    const granted = usuario !== undefined && usuario.observada !== 'cancelado';
    const means = meaningOf(contrato, regras, HOJE.format());
    const porque = granted
      ? 'já tem usuário'
      : means === 'ativo'
        ? await reasonToSkip(sync, contrato)
        : inWords(contrato);
    if (porque === undefined) triagem.vao.push(contrato);
    else triagem.ficam.push({ item: contrato, porque });
  }
  return triagem;
}

const inWords = ({ status, statusInternet, suspenso }: Contrato): string =>
  `no IXC está ${describeStatus(status)}, acesso ${describeAcesso(statusInternet)}${suspenso ? ', suspenso' : ''}`;

async function reasonToSkip(sync: Sync, contrato: Contrato): Promise<string | undefined> {
  const resolvido = await resolvePlano(sync.db, contrato);
  if (resolvido.kind === 'nenhum') return 'nenhum plano vinculado';
  if (resolvido.kind === 'mais_de_um') return 'mais de um plano vinculado';
  const cliente = await findCliente(sync.ixc, contrato.clienteId);
  if (cliente === undefined) return 'o cliente não existe no IXC';
  const identity = checkIdentity(cliente);
  return identity.ok ? undefined : identity.campos.map(({ motivo }) => motivo).join(' ');
}

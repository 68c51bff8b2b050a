// Why a contract that should have an account would not get one: the check of sending, and what only many rows show. Pure.
import type { Ficha } from '../../ixc/clientes.ts';
import type { Cliente } from '../../ixc/tipos.ts';
import { CAUSAS_DO_CADASTRO, checkPessoa, type Padroes } from '../pessoa.ts';

export const CAUSAS_DO_PREVOO = [
  ...CAUSAS_DO_CADASTRO,
  'cpf_repetido',
  'cliente_ausente',
  'mais_de_um_plano',
  'plano_recusado',
] as const;
export type CausaDoPrevoo = (typeof CAUSAS_DO_PREVOO)[number];

/** What is known of a contract that should have an account. */
export interface Candidato {
  /** Several vínculos lead to different planos. */
  maisDeUmPlano: boolean;
  /** Tele Clínica refused to register its plano. */
  planoRecusado: boolean;
  /** undefined = the contract names a client that IXC does not have. */
  cliente: Cliente | undefined;
  /** Every register of IXC with the client's CPF, the client's own among them. */
  fichas: readonly Ficha[];
}

/** Every cause for which this contract would fail now, each once; none = it would go through. `hoje` is AAAA-MM-DD. */
export function findCausas(candidato: Candidato, hoje: string, padroes: Padroes): CausaDoPrevoo[] {
  const causas: CausaDoPrevoo[] = [];
  if (candidato.maisDeUmPlano) causas.push('mais_de_um_plano');
  if (candidato.planoRecusado) causas.push('plano_recusado');
  const { cliente } = candidato;
  if (cliente === undefined) return [...causas, 'cliente_ausente'];
  const checked = checkPessoa(cliente, hoje, padroes);
  if (!checked.ok) causas.push(...checked.campos.map(({ causa }) => causa));
  if (isShared(cliente, candidato.fichas)) causas.push('cpf_repetido');
  return [...new Set(causas)];
}

// Two registers of one person are ordinary. Another name or birth date means that somebody has somebody else's CPF.
function isShared(cliente: Cliente, fichas: readonly Ficha[]): boolean {
  const nome = plain(cliente.nome);
  return fichas.some(
    (ficha) =>
      ficha.id !== cliente.id &&
      (plain(ficha.nome) !== nome || differs(ficha.nascimento, cliente.nascimento)),
  );
}

const differs = (one: string | null, other: string | null): boolean =>
  one !== null && other !== null && one !== other;

const plain = (nome: string): string =>
  nome.normalize('NFD').replace(/\p{M}/gu, '').replace(/\s+/g, ' ').trim().toUpperCase();

// Addresses for the lines of the route table, with ids that exist. A new route whose id has no entry here fails every matrix.
import type { Rota } from '../../src/web/rota.ts';
import type { Dados } from './mundo.ts';

// By the first word of the path: which id, and whether what it names belongs to a filial.
const NOMES: Record<string, { id: keyof Dados; filial: boolean }> = {
  integracoes: { id: 'integracaoId', filial: false },
  planos: { id: 'planoId', filial: false },
  contratos: { id: 'contratoId', filial: true },
  usuarios: { id: 'usuarioId', filial: true },
  operacoes: { id: 'operacaoId', filial: true },
  lotes: { id: 'loteId', filial: true },
  divergencias: { id: 'divergenciaId', filial: true },
};
const OUTROS: Record<string, (dados: Dados) => string> = {
  ':vinculo': ({ vinculoId }) => String(vinculoId),
  ':tela': () => 'contratos',
  ':mes': () => '2026-10',
};

/** The address of `rota`; `id` replaces the one of `dados`. @throws Error for a parameter without an entry above. */
export function addressOf({ method, path }: Rota, dados: Dados, id?: number): string {
  return path.replaceAll(/:[a-z]+/g, (name) => {
    const nome = NOMES[wordOf(path)];
    if (name === ':id' && nome) return String(id ?? dados[nome.id]);
    const value = OUTROS[name]?.(dados);
    if (value === undefined) throw new Error(`test/web/enderecos.ts has no ${name} for ${method} ${path}`);
    return value;
  });
}

/** Does the address name something of one filial? */
export const isOfFilial = ({ path }: Rota): boolean =>
  path.includes('/:id') && (NOMES[wordOf(path)]?.filial ?? false);

const wordOf = (path: string): string => path.split('/')[1] ?? '';

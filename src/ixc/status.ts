// What IXC's status codes are called on IXC's own screens.

// IXC's API documentation of cliente_contrato. Its column of access also allows CE, which is documented nowhere: it is
// as unknown to us as any other code.
const STATUS = new Map([
  ['A', 'Ativo'],
  ['P', 'Pré-contrato'],
  ['I', 'Inativo'],
  ['N', 'Negativado'],
  ['D', 'Desistiu'],
]);

const ACESSO = new Map([
  ['A', 'Ativo'],
  ['D', 'Desativado'],
  ['CM', 'Bloqueio manual'],
  ['CA', 'Bloqueio automático'],
  ['FA', 'Financeiro em atraso'],
  ['AA', 'Aguardando assinatura'],
]);

/** True for the codes whose meaning IXC documents. */
export const isKnownStatus = (status: string): boolean => STATUS.has(status);
export const isKnownAcesso = (statusInternet: string): boolean => ACESSO.has(statusInternet);

/** `cliente_contrato.status` in words. */
export function describeStatus(status: string): string {
  return describe(STATUS, status, 'Sem status');
}

/** `cliente_contrato.status_internet` in words. */
export function describeAcesso(statusInternet: string): string {
  return describe(ACESSO, statusInternet, 'Sem status de acesso');
}

function describe(palavras: ReadonlyMap<string, string>, codigo: string, vazio: string): string {
  if (codigo === '') return vazio;
  return palavras.get(codigo) ?? `código desconhecido “${codigo}”`;
}

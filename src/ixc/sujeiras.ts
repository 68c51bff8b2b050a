// Says what is odd about a contract's row, why, and where in IXC a person corrects it.
import { isKnownAcesso, isKnownStatus } from './status.ts';
import type { ProdutoDoContrato, Sujeira } from './tipos.ts';

/** What is looked at. A `…Lido` is null when the row that the contract points at does not exist. */
export interface ContratoLido {
  id: number;
  clienteId: number;
  clienteLido: number | null;
  filialId: number | null;
  filialLida: number | null;
  planoDeVendaId: number;
  planoDeVendaLido: number | null;
  tipo: string;
  status: string;
  statusInternet: string;
  suspenso: boolean;
  inicioSuspensao: string | null;
  fonteDosProdutos: string;
}

/** Every oddity of the contract, the gravest first; none for a clean one. */
export function listSujeiras(lido: ContratoLido, produtos: readonly ProdutoDoContrato[]): Sujeira[] {
  return [...missingRows(lido), ...strangeCodes(lido), ...strangeProdutos(lido, produtos)];
}

function missingRows(lido: ContratoLido): Sujeira[] {
  const achadas: Sujeira[] = [];
  if (lido.clienteLido === null) {
    achadas.push({
      campo: 'cliente',
      motivo: `O cliente ${lido.clienteId} deste contrato não existe no IXC.`,
      correcao: `Abra o contrato ${lido.id} no IXC e escolha o cliente certo.`,
    });
  }
  if (lido.planoDeVendaLido === null) {
    achadas.push({
      campo: 'plano de venda',
      motivo: `O plano de venda ${lido.planoDeVendaId} deste contrato não existe no IXC.`,
      correcao: `Abra o contrato ${lido.id} no IXC e escolha o plano de venda.`,
    });
  }
  if (lido.filialLida === null) {
    achadas.push({
      campo: 'filial',
      motivo:
        lido.filialId === null
          ? 'O contrato está sem filial.'
          : `A filial ${lido.filialId} deste contrato não existe no IXC.`,
      correcao: `Abra o contrato ${lido.id} no IXC e escolha a filial.`,
    });
  }
  return achadas;
}

function strangeCodes(lido: ContratoLido): Sujeira[] {
  const achadas: Sujeira[] = [];
  if (!isKnownStatus(lido.status)) {
    achadas.push({
      campo: 'status',
      motivo: emptyOrUnknown('O status do contrato', lido.status),
      correcao: `Abra o contrato ${lido.id} no IXC e confira o status.`,
    });
  }
  // A contract of type SVA carries no Internet access, so nothing is missing when it has no state of access.
  if (!isKnownAcesso(lido.statusInternet) && !(lido.tipo === 'SVA' && lido.statusInternet === '')) {
    achadas.push({
      campo: 'status de acesso',
      motivo: emptyOrUnknown('O status de acesso do contrato', lido.statusInternet),
      correcao: `Abra o contrato ${lido.id} no IXC e confira o status de acesso.`,
    });
  }
  if (lido.suspenso && lido.inicioSuspensao === null) {
    achadas.push({
      campo: 'suspensão',
      motivo: 'O contrato está suspenso sem data de início.',
      correcao: `Abra o contrato ${lido.id} no IXC e confira a suspensão.`,
    });
  }
  return achadas;
}

function strangeProdutos(lido: ContratoLido, produtos: readonly ProdutoDoContrato[]): Sujeira[] {
  const achadas: Sujeira[] = [];
  if (!['P', 'PLA', 'PRO'].includes(lido.fonteDosProdutos)) {
    achadas.push({
      campo: 'produtos',
      motivo: `${emptyOrUnknown('O tipo de produtos do contrato', lido.fonteDosProdutos)} Contam os do plano e os do contrato.`,
      correcao: `Abra o contrato ${lido.id} no IXC e escolha se valem os produtos do plano ou do contrato.`,
    });
  }
  for (const produto of produtos.filter(({ descricao }) => descricao === '')) {
    achadas.push({
      campo: 'produtos',
      motivo: `O produto ${produto.produtoId} deste contrato não existe ou não tem nome no IXC.`,
      correcao: `Abra os produtos do contrato ${lido.id} no IXC e troque o produto ${produto.produtoId}.`,
    });
  }
  return achadas;
}

function emptyOrUnknown(oQue: string, codigo: string): string {
  return codigo === '' ? `${oQue} está vazio no IXC.` : `${oQue} tem um código desconhecido: “${codigo}”.`;
}

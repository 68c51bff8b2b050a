// One client, contract, product or service row as IXC stores it: what is not said takes an ordinary value.

export type Valor = string | number | null;
export type Linha = Record<string, Valor>;

const DAY_MS = 86_400_000;
const days = new Map<number, string>();

/** The date `count` days before today (after today when negative), `AAAA-MM-DD`. */
export function daysAgo(count: number): string {
  let text = days.get(count);
  if (text === undefined) {
    text = new Date(Date.now() - count * DAY_MS).toISOString().slice(0, 10);
    days.set(count, text);
  }
  return text;
}

export interface ClienteDado {
  id: number;
  razao: string;
  cnpj_cpf: string | null;
  email: string;
  celular: string;
  nascimento: string | null;
  filial: number;
  tipo: 'F' | 'J' | 'E' | '';
  /** Days since the row last changed. */
  mudouHa: number;
}

/** A row of `cliente`. */
export function clienteRow(dado: ClienteDado): Linha {
  return {
    id: dado.id,
    razao: dado.razao,
    fantasia: dado.tipo === 'J' ? dado.razao.slice(0, 60) : '',
    tipo_pessoa: dado.tipo,
    cnpj_cpf: dado.cnpj_cpf,
    ie_identidade: String(1_000_000 + dado.id),
    data_nascimento: dado.nascimento,
    email: dado.email,
    hotsite_email: dado.email,
    // What a portal password looks like there: the plugin must never be able to read it.
    senha: `portal${dado.id}`,
    fone: '',
    telefone_comercial: '',
    telefone_celular: dado.celular,
    whatsapp: dado.id % 3 === 0 ? dado.celular : '',
    endereco: `Rua ${(dado.id % 400) + 1}`,
    numero: String((dado.id % 1900) + 1),
    bairro: dado.id % 5 === 0 ? 'São José' : 'Centro',
    cidade: (dado.id % 12) + 1,
    uf: 0,
    cep: `89${String(dado.id % 1000).padStart(3, '0')}-000`,
    filial_id: dado.filial,
    ativo: 'S',
    id_tipo_cliente: 1,
    cond_pagamento: 1,
    data_cadastro: daysAgo(dado.mudouHa + 30),
    ultima_atualizacao: `${daysAgo(dado.mudouHa)} 12:${String(dado.id % 60).padStart(2, '0')}:00`,
  };
}

export interface ContratoDado {
  id: number;
  cliente: number;
  plano: number;
  planoNome: string;
  filial: number | null;
  tipo: 'I' | 'T' | 'S' | 'SVA';
  status: string | null;
  acesso: string | null;
  mudouHa: number;
  suspenso?: boolean;
  naoBloquearAte?: string;
  confianca?: boolean;
  produtos?: 'P' | 'PLA' | 'PRO';
  principal?: number;
}

/** A row of `cliente_contrato`. */
export function contratoRow(dado: ContratoDado): Linha {
  const ended = dado.status === 'I' || dado.status === 'D';
  return {
    id: dado.id,
    id_cliente: dado.cliente,
    id_vd_contrato: dado.plano,
    id_filial: dado.filial,
    contrato: dado.planoNome.slice(0, 100),
    tipo: dado.tipo,
    status: dado.status,
    status_internet: dado.acesso,
    status_velocidade: dado.acesso === 'FA' ? 'R' : 'N',
    contrato_suspenso: dado.suspenso ? 'S' : 'N',
    data_inicial_suspensao: dado.suspenso ? daysAgo(10) : null,
    data_final_suspensao: dado.suspenso ? daysAgo(-20) : null,
    tipo_produtos_plano: dado.produtos ?? 'P',
    motivo_inclusao: 'I',
    id_contrato_principal: dado.principal ?? 0,
    nao_bloquear_ate: dado.naoBloquearAte ?? null,
    desbloqueio_confianca: 'P',
    desbloqueio_confianca_ativo: dado.confianca ? 'S' : 'N',
    data: daysAgo(dado.mudouHa + 60),
    data_ativacao: dado.status === 'P' ? null : daysAgo(dado.mudouHa + 55),
    data_cancelamento: ended ? daysAgo(dado.mudouHa) : '0000-00-00',
    data_cadastro_sistema: daysAgo(dado.mudouHa + 60),
    data_expiracao: '0000-00-00',
    id_tipo_contrato: 1,
    id_modelo: 1,
    situacao_financeira_contrato: dado.acesso === 'A' ? 'R' : 'I',
    ultima_atualizacao: `${daysAgo(dado.mudouHa)} 08:${String(dado.id % 60).padStart(2, '0')}:00`,
  };
}

/** A row of `vd_contratos_produtos` that belongs to one contract. */
export function produtoDoContratoRow(
  contrato: number,
  produto: { id: number; descricao: string },
  tipo: string,
): Linha {
  return {
    id_vd_contrato: 0,
    id_contrato: contrato,
    id_produto: produto.id,
    descricao: produto.descricao,
    tipo,
    qtde: 1,
    valor_unit: 29.9,
    id_unidade: 13,
    ultima_atualizacao: `${daysAgo(20)} 10:00:00`,
  };
}

export interface ServicoDado {
  contrato: number;
  produto: { id: number; descricao: string };
  tipo: string;
  status: 'A' | 'I';
  acresDesc: 'A' | 'D';
  /** S = every month, V = `vezes` times, of which `feitas` are done. */
  repetir: 'S' | 'V';
  vezes?: number;
  feitas?: number;
}

/** A row of `cliente_contrato_servicos` (serviço ou desconto adicional). */
export function servicoRow(dado: ServicoDado): Linha {
  return {
    id_contrato: dado.contrato,
    id_produto: dado.produto.id,
    descricao: dado.produto.descricao,
    data: daysAgo(40),
    id_unidade: 13,
    quantidade: 1,
    valor_unitario: 29.9,
    valor_total: 29.9,
    repetir: dado.repetir,
    repetir_qtde: dado.vezes ?? 0,
    execucoes: dado.feitas ?? 1,
    status: dado.status,
    tipo: dado.tipo,
    tipo_acres_desc: dado.acresDesc,
    id_areceber: 0,
    data_validade: null,
    origem: 'M',
  };
}

// The closed sets of words that the engine uses, as people read them.
import { describeAcesso, describeStatus } from '../ixc/status.ts';
import type { ContratoLinha, ProdutoDoContrato } from '../ixc/tipos.ts';
import type { EstadoDaLinha } from '../sync/lotes/linhas.ts';
import type { EstadoDoLote, Origem } from '../sync/lotes/lotes.ts';
import type { Modo } from '../sync/modos.ts';
import type {
  AcaoDeOperacao,
  AcaoDoMotor,
  Ambiente,
  CausaDeRetencao,
  Desejada,
  EstadoDaOperacao,
  OrigemDoPlano,
  Papel,
  Significado,
  Situacao,
  Usuario,
} from '../sync/tipos.ts';

export { CAUSA } from '../sync/retencoes.ts';

export const SITUACAO: Record<Situacao, string> = {
  ausente: 'Sem conta',
  ativo: 'Ativo',
  bloqueado: 'Bloqueado',
  cancelado: 'Cancelado',
  desconhecido: 'A confirmar',
};

export const SITUACAO_EXPLICADA: Record<Situacao, string> = {
  ausente: 'A Tele Clínica não tem conta para esta pessoa.',
  ativo: 'A pessoa pode usar a Tele Clínica.',
  bloqueado: 'A conta existe, mas a pessoa não consegue usar.',
  cancelado: 'A conta foi encerrada na Tele Clínica.',
  desconhecido: 'A última resposta não foi clara; a Tele Clínica será consultada de novo.',
};

export const ACAO: Record<AcaoDeOperacao | 'desfazer_cancelamento', string> = {
  criar: 'Criar usuário',
  bloquear: 'Bloquear',
  desbloquear: 'Desbloquear',
  trocar_plano: 'Trocar plano',
  cancelar: 'Cancelar Usuário',
  desfazer_cancelamento: 'Desfazer cancelamento',
  registrar_integracao: 'Registrar integração',
  registrar_plano: 'Registrar plano',
  atualizar: 'Atualizar cadastro',
  atualizar_plano: 'Atualizar plano',
};

export const ESTADO: Record<EstadoDaOperacao, string> = {
  aberta: 'Em andamento',
  feita: 'Feita',
  recusada: 'Recusada',
  substituida: 'Substituída',
  descartada: 'Descartada',
};

/** What each state of an operação means; `parada` = open, and held. */
export const ESTADO_EXPLICADO: Record<EstadoDaOperacao | 'parada', string> = {
  aberta: 'Segue sozinha até a Tele Clínica confirmar.',
  parada: 'Espera uma pessoa.',
  feita: 'A Tele Clínica confirmou.',
  recusada: 'A Tele Clínica respondeu que não.',
  substituida: 'Um pedido mais novo tomou o lugar.',
  descartada: 'Uma pessoa retirou o pedido.',
};

/** What a person can do about each cause. */
export const O_QUE_FAZER: Record<CausaDeRetencao, string> = {
  dados:
    'Corrija o cadastro do cliente no IXC. Em até 10 minutos tentamos de novo sozinhos, ou clique em Reenviar.',
  sem_plano:
    'Em Planos, vincule um plano ao produto ou plano de venda do contrato, ou escolha um em Trocar plano.',
  mais_de_um_plano:
    'Escolha um plano em Trocar plano, ou deixe só um vínculo valer para os contratos desta pessoa.',
  plano_nao_registrado:
    'Abra o plano em Planos e veja o que falta para o registro. Em até 10 minutos tentamos de novo sozinhos.',
  quem_e_a_pessoa: 'Até alguém responder abaixo quem é a pessoa, nada é enviado por ela.',
  ja_existe:
    'A conta deste CPF foi criada fora do IXC. Compare em Divergências: lá ela é assumida, ou está o pedido a fazer à Tele Clínica.',
  outro_parceiro: 'Fale com a Tele Clínica: o CPF pertence a uma conta de outra empresa.',
  cancelado_no_parceiro: 'A conta foi cancelada lá. Uma nova conta só começa por decisão de uma pessoa.',
  sumiu:
    'Confira com a Tele Clínica. Reenviar cria a conta de novo; se ela não deve existir, descarte a operação.',
  proibido: 'Confira com a Tele Clínica o que as credenciais desta integração podem fazer.',
  estado_recusado: 'Veja as tentativas abaixo e fale com a Tele Clínica se a situação lá estiver errada.',
  contrato_quebrado: 'Envie ao suporte o número da requisição que aparece nas tentativas.',
  fora_do_teste:
    'Em homologação só os contratos de teste da integração são enviados. Inclua o contrato nela.',
  derruba_o_processo:
    'O processamento desta pessoa falhou várias vezes. Envie o número do usuário ao suporte.',
};

/** What each role lets its holder do. */
export const PAPEL_EXPLICADO: Record<Papel, string> = {
  ver: 'ver as telas e as listas',
  operar: 'criar usuário, bloquear, desbloquear, trocar plano, dar carência, reenviar',
  cancelar: 'cancelar usuários e desfazer o cancelamento',
  aprovar: 'decidir lotes, pausar os envios, dar carência mais longa',
  configurar: 'integrações, planos, vínculos, regras, modos, avisos e direitos',
  dados: 'atender pedidos de titulares (LGPD) e ver a trilha de auditoria',
};

export const ORIGEM: Record<OrigemDoPlano, string> = {
  contrato: 'produto do contrato',
  adicional: 'serviço adicional do contrato',
  plano: 'produto do plano de venda',
  plano_de_venda: 'plano de venda',
  operador: 'escolha de um operador',
};

export const ORIGEM_DO_PRODUTO: Record<ProdutoDoContrato['origem'], string> = {
  contrato: 'do contrato',
  adicional: 'serviço adicional',
  plano: 'do plano de venda',
};

export const AMBIENTE: Record<Ambiente, string> = {
  homologacao: 'Homologação',
  producao: 'Produção',
  simulador: 'Simulador',
};

export const REGISTRO: Record<string, string> = {
  dispensado: 'Não precisa de registro',
  pendente: 'Registrando na Tele Clínica',
  registrado: 'Registrado na Tele Clínica',
  recusado: 'Registro recusado',
};

export const TIPO_DA_VARREDURA: Record<string, string> = { completa: 'Completa', incremental: 'Incremental' };

/** The dot that it wears, and the word. */
export const DECISAO_DA_VARREDURA: Record<string, [string, string]> = {
  feita: ['feita', 'Feita'],
  recusada: ['recusada', 'Recusada'],
  falhou: ['recusada', 'Falhou'],
  correndo: ['aberta', 'Correndo'],
};

/** What a rule makes of a contract, as the choice reads. */
export const SIGNIFICADO: Record<Significado, string> = {
  ativo: 'Ativo',
  bloqueado: 'Bloqueado',
  cancelar: 'Cancelar',
  esperar: 'Esperar',
  perguntar: 'Perguntar',
};

export const SIGNIFICADO_EXPLICADO: Record<Significado, string> = {
  ativo: 'a pessoa usa a telemedicina',
  bloqueado: 'a conta fica bloqueada',
  cancelar: 'bloqueia agora e cancela ao fim do prazo',
  esperar: 'nada muda por enquanto',
  perguntar: 'nada muda e alguém é avisado',
};

/** The dot that a contract's meaning wears. */
export const TOM_DO_SIGNIFICADO: Record<Significado, Situacao> = {
  ativo: 'ativo',
  bloqueado: 'bloqueado',
  cancelar: 'cancelado',
  esperar: 'ausente',
  perguntar: 'desconhecido',
};

export const MODO: Record<Modo, string> = {
  observar: 'Observar',
  sugerir: 'Sugerir',
  automatico: 'Automático',
};

export const MODO_EXPLICADO: Record<Modo, string> = {
  observar: 'só mostra o que mudaria',
  sugerir: 'junta as mudanças num lote à espera de uma pessoa',
  automatico: 'envia sozinho, até onde o freio deixa',
};

/** What a list of changes counts. */
export const MUDANCAS: Record<AcaoDoMotor, string> = {
  criar: 'Criações',
  bloquear: 'Bloqueios',
  desbloquear: 'Desbloqueios',
  trocar_plano: 'Trocas de plano',
  cancelar: 'Cancelamentos',
  atualizar: 'Atualizações de cadastro',
};

export const ORIGEM_DO_LOTE: Record<Origem, string> = {
  previa: 'Prévia',
  freio: 'Freio',
  operador: 'Operador',
};

export const ESTADO_DO_LOTE: Record<EstadoDoLote, string> = {
  simulado: 'Simulado',
  aguardando: 'Aguardando decisão',
  executando: 'Executando',
  pausado: 'Em pausa',
  concluido: 'Concluído',
  rejeitado: 'Rejeitado',
  dissolvido: 'Dissolvido',
};

export const ESTADO_DA_LINHA: Record<EstadoDaLinha, string> = {
  pendente: 'Pendente',
  aplicada: 'Aplicada',
  dispensada: 'Dispensada',
  recusada: 'Recusada',
};

export const DESEJADA: Record<Desejada, string> = {
  ausente: 'sem conta',
  ativo: 'ativo',
  bloqueado: 'bloqueado',
  cancelado: 'cancelado',
};

/** What IXC says about a contract, in IXC's own words. */
export function contratoEmPalavras(
  contrato: Pick<ContratoLinha, 'status' | 'statusInternet' | 'suspenso'>,
): string {
  const parts = [describeStatus(contrato.status), `acesso: ${describeAcesso(contrato.statusInternet)}`];
  if (contrato.suspenso) parts.push('suspenso');
  return parts.join(' · ');
}

/** The client of a contract by name, or in words why there is none; `senao` when the contract itself cannot be seen. */
export function nomeDe(
  contrato: Pick<ContratoLinha, 'clienteNome'> | undefined,
  senao = 'fora do IXC ou das suas filiais',
): string {
  if (contrato === undefined) return senao;
  if (contrato.clienteNome === null) return 'cliente não existe no IXC';
  return contrato.clienteNome.trim() || 'cliente sem nome';
}

export type Andamento = 'pronto' | 'seguindo' | 'retido';

/** Whether the fragment of a usuário goes on following: it stops when done or held. */
export function andamento(usuario: Pick<Usuario, 'trabalho' | 'retida'>): Andamento {
  if (usuario.retida !== null) return 'retido';
  return usuario.trabalho ? 'seguindo' : 'pronto';
}

/** The contracts of an account, for `data-contrato`: those that grant it now, else those that last did. */
export function contratosDe({ adesoes }: Pick<Usuario, 'adesoes'>): string {
  const vigentes = adesoes.filter(({ vigente }) => vigente);
  const ids = (vigentes.length > 0 ? vigentes : adesoes).map(({ contratoId }) => contratoId);
  return [...new Set(ids)].join(' ');
}

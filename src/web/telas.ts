// The screens that have a page of help, in the order in which people meet them.

export interface Tela {
  nome: string;
  /** What it is for, in one line. */
  resumo: string;
}

/** By the first part of the address; `painel` is the address of all, `/`. */
export const TELAS: Record<string, Tela> = {
  painel: { nome: 'Painel', resumo: 'o que precisa de você agora, e se está tudo em ordem' },
  contratos: { nome: 'Contratos', resumo: 'achar a pessoa e resolver o caso dela' },
  usuarios: { nome: 'Usuários', resumo: 'as contas na Tele Clínica, uma a uma ou várias de uma vez' },
  operacoes: { nome: 'Operações', resumo: 'cada pedido feito à Tele Clínica e o que ela respondeu' },
  lotes: { nome: 'Lotes', resumo: 'mudar muitos de uma vez, e as listas que esperam uma decisão' },
  sincronizacao: { nome: 'Sincronização', resumo: 'as regras, e até onde o sistema segue sozinho' },
  divergencias: { nome: 'Divergências', resumo: 'onde IXC, nós e a Tele Clínica não dizem o mesmo' },
  prevoo: { nome: 'Pré-voo', resumo: 'quem a Tele Clínica recusaria por causa do cadastro' },
  carencias: { nome: 'Carências', resumo: 'quem não pode ser bloqueado até certo dia' },
  planos: { nome: 'Planos', resumo: 'os planos da Tele Clínica e os vínculos com o IXC' },
  integracoes: { nome: 'Integrações', resumo: 'o endereço, o usuário e a senha na Tele Clínica' },
  fechamentos: {
    nome: 'Fechamentos',
    resumo: 'o que cada mês deve custar, e a fatura da Tele Clínica conferida',
  },
  avisos: { nome: 'Avisos', resumo: 'o que saiu do normal, e para quem foi contado' },
  pausa: { nome: 'Pausa', resumo: 'parar e retomar os envios' },
  configuracoes: { nome: 'Configurações', resumo: 'quem pode o quê, contatos e textos do provedor' },
  saude: { nome: 'Saúde', resumo: 'o que o doutor diz da instalação, com o conserto de cada item' },
  guia: { nome: 'Guia visual', resumo: 'cada parte das telas em cada estado' },
};

/** The help of whoever stands at `caminho` (an address without BASE_PATH): its screen's page, or the list of all. */
export function helpOf(caminho: string): string {
  const [, first = ''] = caminho.split('/');
  const tela = first === '' ? 'painel' : first;
  return Object.hasOwn(TELAS, tela) ? `/ajuda/${tela}` : '/ajuda';
}

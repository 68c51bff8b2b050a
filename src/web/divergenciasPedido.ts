// A divergência that no button here puts right: why, who can, and the words to hand to them.
import type { Divergencia } from '../sync/divergencias/divergencias.ts';

export interface PedidoATeleClinica {
  /** Why nothing is done from here. */
  porque: string;
  /** To be copied as it is: account numbers only, nothing of the person. */
  pedido: string;
  depois: string;
}

type Linha = Pick<
  Divergencia,
  | 'classe'
  | 'correcao'
  | 'remotoId'
  | 'contaDele'
  | 'outras'
  | 'referencia'
  | 'comCpf'
  | 'ixc'
  | 'contratoId'
  | 'planoNome'
  | 'campos'
>;

/** undefined while there is a correction of ours. `nossaReferencia` is what the account of the usuário goes by. */
export function pedidoOf(d: Linha, nossaReferencia: string | undefined): PedidoATeleClinica | undefined {
  if (d.correcao !== null) return undefined;
  const depois = 'Quando a Tele Clínica confirmar, compare de novo: a linha some sozinha.';
  return { porque: whyNot(d), pedido: wordsFor(d, nossaReferencia), depois };
}

function whyNot(d: Linha): string {
  if (d.classe === 'cpf_duplicado')
    return d.contaDele === null
      ? 'Nenhuma das contas é seguida daqui, e só a pessoa e a Tele Clínica sabem qual está em uso.'
      : 'Só mexemos na conta que segue o contrato: encerrar a outra por engano tiraria o acesso de alguém.';
  if (d.classe === 'desconhecido_aqui') return whyStrange(d);
  if (d.classe === 'plano_errado') return 'O perfil da integração não sabe trocar de plano.';
  return d.campos.includes('cpf')
    ? 'O CPF da conta não é o da pessoa: reenviar o cadastro não muda o CPF.'
    : 'O perfil da integração não sabe mudar o cadastro.';
}

function whyStrange({ referencia, comCpf, ixc, contratoId, contaDele }: Linha): string {
  if (referencia === 'alheia')
    return 'Outro sistema fez esta conta e pode continuar mexendo nela: por isso não é tocada.';
  if (referencia === 'nossa')
    return 'A referência da conta é desta instalação, mas não é a atual de nenhum usuário daqui.';
  if (referencia === 'oculta')
    return 'O perfil não mostra a referência das contas, e sem ela não se sabe se outro sistema cuida desta.';
  if (!comCpf) return 'A Tele Clínica não mostra o CPF da conta, e sem ele não se sabe de quem ela é.';
  if (contratoId === null) return 'O CPF da conta não é de nenhum contrato com vínculo a um plano.';
  if (ixc !== 'ativo') return `O contrato ${contratoId} desta pessoa não dá direito a uma conta agora.`;
  if (contaDele !== null) return `A pessoa já teve aqui outra conta, a ${contaDele}.`;
  return 'A lista da Tele Clínica não veio inteira: pode haver outra conta desta pessoa.';
}

function wordsFor(d: Linha, nossaReferencia: string | undefined): string {
  const conta = d.remotoId ?? 'sem número';
  if (d.classe === 'cpf_duplicado') {
    const contas = [conta, ...d.outras];
    if (d.contaDele === null)
      return `As contas ${contas.join(', ')} são do mesmo CPF. Informem qual está em uso e encerrem as outras.`;
    const alheias = contas.filter((each) => each !== d.contaDele);
    const quais =
      alheias.length > 1 ? `as contas ${alheias.join(', ')}` : `a conta ${alheias[0] ?? 'a mais'}`;
    return `Mesmo CPF com mais de uma conta: encerrem ${quais} e mantenham a conta ${d.contaDele}.`;
  }
  if (d.classe === 'plano_errado')
    return `Troquem o plano da conta ${conta} para “${d.planoNome ?? 'o do contrato'}”.`;
  if (d.classe !== 'desconhecido_aqui')
    return `Corrijam o cadastro da conta ${conta}: ${d.campos.includes('cpf') ? 'o CPF não é o da pessoa' : 'os dados enviados por nós não chegaram'}.`;
  if (d.ixc === 'ativo' && d.contaDele === null && nossaReferencia !== undefined)
    return `Troquem a referência da conta ${conta} para ${nossaReferencia}. Se ela não for de um cliente nosso, encerrem-na.`;
  return `Informem quem criou a conta ${conta} e de quem ela é. Se não for de um cliente nosso, encerrem-na.`;
}

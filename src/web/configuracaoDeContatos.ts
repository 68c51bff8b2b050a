// Contatos: which phone and which e-mail of a client go to Tele Clínica, with real people and how many a change would touch.
import { sha256 } from '../crypto.ts';
import { outdated, type Problem } from '../problem.ts';
import {
  type Contato,
  type ContatoSalvo,
  codeOf,
  EMAILS,
  isSameContato,
  loadContato,
  parseContato,
  saveContato,
  TELEFONES,
} from '../sync/contatos.ts';
import { type EfeitoDoContato, type Exemplo, effectOfContato, listExemplos } from '../sync/contatosEfeito.ts';
import { configuracaoLocals, requireGuardiao } from './configuracoes.ts';
import { type Exchange, type Form, formOf } from './exchange.ts';
import { documento, maskEmail, maskTelefone } from './formato.ts';
import { answerWrite, formLocals, type Locals, render } from './render.ts';

const CAMINHO = '/configuracoes/contatos';
const SHOW = {
  pagina: 'configuracoes/contatos',
  fragmento: 'configuracoes/_contatos',
  titulo: 'Configurações: Contatos',
};
const IMPACTO = {
  pagina: 'configuracoes/impactoDosContatos',
  fragmento: 'configuracoes/_impactoDosContatos',
  titulo: 'Impacto dos contatos',
};

/** `GET /configuracoes/contatos` */
export async function showContatos(exchange: Exchange): Promise<void> {
  const salvo = await loadContato(exchange.sync.db);
  render(exchange, SHOW, await contatosLocals(exchange, salvo, valoresOf(salvo)));
}

/**
 * `PUT /configuracoes/contatos`: `telefone_1` to `telefone_4`, `email`, and the `versao` they were chosen over. Without
 * `resumo` it answers who would be sent with another contact; with it, it saves. @throws Problem 422, 409.
 */
export async function putContatos(exchange: Exchange): Promise<void> {
  await requireGuardiao(exchange);
  const { sync, operador } = exchange;
  const form = formOf(exchange);
  const depois = parseContato(form);
  const antes = await loadContato(sync.db);
  if (form['versao'] && form['versao'] !== antes.versao) throw savedMeanwhile();
  const resumo = resumoOf(antes, depois);
  if (!form['resumo']) {
    const efeito = await effectOfContato(sync, antes.contato, depois, operador.filiais);
    return drawImpacto(exchange, antes, depois, { efeito, resumo });
  }
  if (form['resumo'] !== resumo || !(await saveContato(sync.db, operador.id, antes, depois)))
    throw savedMeanwhile();
  const salvo = await loadContato(sync.db);
  const locals = { ...(await contatosLocals(exchange, salvo, valoresOf(salvo))), salvo: true };
  answerWrite(exchange, CAMINHO, { view: SHOW.fragmento, locals });
}

/** The form again with what was chosen, over what holds by now. */
export async function redrawContatos(exchange: Exchange, _found: unknown, problem: Problem): Promise<void> {
  const salvo = await loadContato(exchange.sync.db);
  const frase = {
    tom: 'atencao',
    titulo: problem.title,
    ouviu: 'Nada foi salvo; o que você escolheu continua abaixo.',
    fazer: problem.action,
  };
  const locals = await contatosLocals(exchange, salvo, formOf(exchange), problem.fields);
  render(exchange, SHOW, { ...locals, frase }, problem.status);
}

function drawImpacto(
  exchange: Exchange,
  antes: ContatoSalvo,
  depois: Contato,
  { efeito, resumo }: { efeito: EfeitoDoContato; resumo: string },
): void {
  const ocultos = { ...valoresOf({ ...antes, contato: depois }), resumo };
  render(exchange, IMPACTO, {
    efeito,
    igual: isSameContato(antes.contato, depois),
    exemplos: efeito.exemplos.map(masked),
    ocultos: Object.entries(ocultos),
  });
}

async function contatosLocals(
  exchange: Exchange,
  salvo: ContatoSalvo,
  valores: Form,
  erros: Form = {},
): Promise<Locals> {
  const { sync, operador } = exchange;
  const [base, exemplos] = await Promise.all([
    configuracaoLocals(exchange, CAMINHO, ['contato_alterado']),
    listExemplos(sync, salvo.contato, operador.filiais),
  ]);
  const versao = salvo.versao;
  return {
    ...base,
    ...formLocals(valores, erros),
    versao,
    exemplos: exemplos.map(masked),
    TELEFONES,
    EMAILS,
  };
}

function masked({ clienteId, nome, documento: digits, antes, depois }: Exemplo) {
  const sent = ({ celular, origem, email }: Exemplo['antes']) => ({
    celular: celular === null ? '' : maskTelefone(celular),
    origem,
    email: email === null ? '' : maskEmail(email),
  });
  return {
    clienteId,
    nome,
    documento: documento(digits),
    antes: sent(antes),
    depois: sent(depois),
    mudaCelular: antes.celular !== depois.celular,
    mudaEmail: antes.email !== depois.email,
  };
}

const valoresOf = ({ contato, versao }: Pick<ContatoSalvo, 'contato' | 'versao'>): Form => ({
  ...Object.fromEntries(TELEFONES.map((_, n) => [`telefone_${n + 1}`, contato.telefones[n] ?? ''])),
  email: contato.email,
  versao,
});

const resumoOf = ({ versao }: ContatoSalvo, depois: Contato): string =>
  sha256(JSON.stringify([versao, codeOf(depois)])).toString('hex');

const savedMeanwhile = (): Problem =>
  outdated(
    'Outra pessoa salvou outra ordem desde que você abriu a tela.',
    'Confira o que vale agora e veja o impacto de novo.',
  );

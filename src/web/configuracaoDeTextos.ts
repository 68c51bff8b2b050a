// Textos: the provider's own words on our screens, with how they look there before they are saved.
import { outdated, Problem } from '../problem.ts';
import { loadTextos, parseTextos, saveTextos, TAMANHO, TEXTOS, type Textos } from '../sync/textos.ts';
import { configuracaoLocals, requireGuardiao } from './configuracoes.ts';
import { type Exchange, type Form, formOf, queryOf } from './exchange.ts';
import { answerWrite, formLocals, type Locals, render } from './render.ts';

const CAMINHO = '/configuracoes/textos';
const SHOW = {
  pagina: 'configuracoes/textos',
  fragmento: 'configuracoes/_textos',
  titulo: 'Configurações: Textos',
};

/** `GET /configuracoes/textos`: with the fields of the form in the address, how they would look; nothing is saved. */
export async function showTextos(exchange: Exchange): Promise<void> {
  const query = queryOf(exchange);
  const { textos, versao } = await loadTextos(exchange.sync.db);
  if (!TEXTOS.some((nome) => query[nome] !== undefined))
    return render(exchange, SHOW, await textosLocals(exchange, textos, { ...textos, versao }));
  const [previa, erros] = judge(query);
  const locals = await textosLocals(exchange, previa ?? textos, { versao, ...query }, erros);
  render(exchange, { ...SHOW, fragmento: 'configuracoes/_previaDosTextos' }, locals);
}

/** `PUT /configuracoes/textos`: `nome`, `acesso`, `telefone`, `site`, `suporte`, and the `versao` they were written over. */
export async function putTextos(exchange: Exchange): Promise<void> {
  await requireGuardiao(exchange);
  const { sync, operador } = exchange;
  const form = formOf(exchange);
  const textos = parseTextos(form);
  const antes = await loadTextos(sync.db);
  const stale = form['versao'] !== undefined && form['versao'] !== antes.versao;
  if (stale || !(await saveTextos(sync.db, operador.id, antes, textos))) throw savedMeanwhile();
  const { versao } = await loadTextos(sync.db);
  const locals = { ...(await textosLocals(exchange, textos, { ...textos, versao })), salvo: true };
  answerWrite(exchange, CAMINHO, { view: SHOW.fragmento, locals });
}

/** The form again with what was written, over the version that holds by now. */
export async function redrawTextos(exchange: Exchange, _found: unknown, problem: Problem): Promise<void> {
  const { textos, versao } = await loadTextos(exchange.sync.db);
  const frase = {
    tom: 'atencao',
    titulo: problem.title,
    ouviu: 'Nada foi salvo; o que você escreveu continua abaixo.',
    fazer: problem.action,
  };
  const valores = { ...formOf(exchange), versao };
  const locals = await textosLocals(exchange, textos, valores, problem.fields);
  render(exchange, SHOW, { ...locals, frase }, problem.status);
}

async function textosLocals(
  exchange: Exchange,
  textos: Textos,
  valores: Form,
  erros: Form = {},
): Promise<Locals> {
  const base = await configuracaoLocals(exchange, CAMINHO, ['textos_alterados']);
  return { ...base, ...formLocals(valores, erros), textos, TAMANHO };
}

// What is still being written may be wrong: the preview says so instead of failing.
function judge(form: Form): [Textos | undefined, Form] {
  try {
    return [parseTextos(form), {}];
  } catch (error) {
    if (error instanceof Problem) return [undefined, error.fields];
    throw error;
  }
}

const savedMeanwhile = (): Problem =>
  outdated(
    'Outra pessoa salvou outros textos desde que você abriu a tela.',
    'Ao lado está o que vale agora. Salve de novo para que valha o seu.',
  );

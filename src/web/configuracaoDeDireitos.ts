// Direitos: which IXC group holds which roles, who that is, and the impact shown before a change is saved.
import { conflict, outdated, type Problem } from '../problem.ts';
import { type Mapa, mapaOf, PAPEIS, parseMapa, type Quadro, readQuadro } from '../sync/papeis.ts';
import { type EfeitoDosPapeis, effectOf, refuseLockOut, saveMapa } from '../sync/papeisMudanca.ts';
import { configuracaoLocals, requireGuardiao, ultimaOf } from './configuracoes.ts';
import { type Exchange, type Form, formOf } from './exchange.ts';
import { answerWrite, type Locals, render } from './render.ts';

const CAMINHO = '/configuracoes/direitos';
const SHOW = {
  pagina: 'configuracoes/direitos',
  fragmento: 'configuracoes/_direitos',
  titulo: 'Configurações: Direitos',
};
const IMPACTO = {
  pagina: 'configuracoes/impactoDosDireitos',
  fragmento: 'configuracoes/_impactoDosDireitos',
  titulo: 'Impacto dos direitos',
};
const EVENTOS = ['papeis_alterados', 'papeis_restaurados'] as const;

/** `GET /configuracoes`, `GET /configuracoes/direitos` */
export async function showDireitos(exchange: Exchange): Promise<void> {
  const quadro = await readQuadro(exchange.sync);
  render(exchange, SHOW, await direitosLocals(exchange, quadro, marksOf(mapaOf(quadro))));
}

/**
 * `PUT /configuracoes/direitos`: one field for each mark (`g3_operar=1`), and the `versao` that they were made over. Without
 * `resumo` it answers the impact; with the one that the impact showed, it saves.
 * @throws Problem 422 when it would lock everybody out; 409 when somebody saved meanwhile.
 */
export async function putDireitos(exchange: Exchange): Promise<void> {
  await requireGuardiao(exchange);
  const form = formOf(exchange);
  const quadro = await readQuadro(exchange.sync);
  if (form['versao'] && form['versao'] !== quadro.versao) throw await savedMeanwhile(exchange);
  const mapa = parseMapa(quadro.grupos, form);
  const efeito = effectOf(quadro, mapa, exchange.operador.id);
  refuseLockOut(quadro, efeito);
  if (!form['resumo']) return answerImpacto(exchange, quadro, efeito, mapa);
  await save(exchange, mapa, form['resumo'], efeito);
}

/** `GET /configuracoes/direitos/padrao`: what going back to the defaults would do. @throws Problem 409, 422. */
export async function showPadrao(exchange: Exchange): Promise<void> {
  await requireGuardiao(exchange);
  const quadro = await readQuadro(exchange.sync);
  answerImpacto(exchange, quadro, defaultEffect(exchange, quadro), undefined);
}

/** `DELETE /configuracoes/direitos`: `resumo` of the impact that was shown. @throws Problem 409, 422. */
export async function removeDireitos(exchange: Exchange): Promise<void> {
  await requireGuardiao(exchange);
  const quadro = await readQuadro(exchange.sync);
  const efeito = defaultEffect(exchange, quadro);
  const { resumo } = formOf(exchange);
  if (!resumo) return answerImpacto(exchange, quadro, efeito, undefined);
  await save(exchange, undefined, resumo, efeito);
}

/** The grid again with the marks that were made, over what holds by now. */
export async function redrawDireitos(exchange: Exchange, _found: unknown, problem: Problem): Promise<void> {
  const form = formOf(exchange);
  const marcas = new Set(Object.keys(form).filter((nome) => /^g\d+_\w+$/.test(nome) && form[nome]));
  const quadro = await readQuadro(exchange.sync);
  const frase = {
    tom: 'atencao',
    titulo: problem.title,
    ouviu: 'Nada foi salvo; as suas marcas continuam abaixo.',
    fazer: problem.action,
    itens: Object.values(problem.fields),
  };
  render(exchange, SHOW, { ...(await direitosLocals(exchange, quadro, marcas)), frase }, problem.status);
}

function defaultEffect({ operador }: Exchange, quadro: Quadro): EfeitoDosPapeis {
  if (quadro.mapa === undefined)
    throw conflict('O padrão já vale: ninguém salvou uma tabela.', 'Não é preciso fazer nada.');
  const efeito = effectOf(quadro, undefined, operador.id);
  refuseLockOut(quadro, efeito);
  return efeito;
}

async function save(
  exchange: Exchange,
  mapa: Mapa | undefined,
  resumo: string,
  { perdeConfigurar }: EfeitoDosPapeis,
): Promise<void> {
  const { sync, web, operador } = exchange;
  if (!(await saveMapa(sync, operador.id, mapa, resumo))) throw await savedMeanwhile(exchange);
  web.direitos.forget();
  const quadro = await readQuadro(sync);
  const frase = {
    tom: perdeConfigurar ? 'atencao' : 'certo',
    titulo: mapa === undefined ? 'Os direitos voltaram ao padrão.' : 'Direitos salvos.',
    depois: 'Valem para cada pessoa já no próximo clique dela.',
    fazer: perdeConfigurar ? 'Você não tem mais “configurar”: esta tela não abre de novo para você.' : '',
  };
  const locals = { ...(await direitosLocals(exchange, quadro, marksOf(mapaOf(quadro)))), frase };
  answerWrite(exchange, perdeConfigurar ? '/' : CAMINHO, { view: SHOW.fragmento, locals });
}

// Roles, groups or people are no longer those that the form or the impact was drawn from.
async function savedMeanwhile(exchange: Exchange): Promise<Problem> {
  const ultima = await ultimaOf(exchange, EVENTOS);
  return outdated(
    ultima
      ? `Os direitos mudaram desde que você abriu a tela. Última mudança: ${ultima.quem}, ${ultima.quando}.`
      : 'Os direitos mudaram desde que você abriu a tela.',
    'Confira as células em destaque, que diferem do que vale agora, e veja o impacto de novo.',
  );
}

function answerImpacto(
  exchange: Exchange,
  quadro: Quadro,
  efeito: EfeitoDosPapeis,
  mapa: Mapa | undefined,
): void {
  const ocultos: Form = mapa
    ? { ...Object.fromEntries([...marksOf(mapa)].map((nome) => [nome, '1'])), versao: quadro.versao }
    : {};
  render(exchange, IMPACTO, { efeito, padrao: mapa === undefined, ocultos: Object.entries(ocultos) });
}

async function direitosLocals(
  exchange: Exchange,
  quadro: Quadro,
  marcas: ReadonlySet<string>,
): Promise<Locals> {
  const emVigor = marksOf(mapaOf(quadro));
  const base = await configuracaoLocals(exchange, CAMINHO, EVENTOS);
  return { ...base, quadro, marcas, emVigor, PAPEIS };
}

const marksOf = (mapa: Mapa): ReadonlySet<string> =>
  new Set(Object.entries(mapa).flatMap(([grupo, papeis]) => papeis.map((papel) => `g${grupo}_${papel}`)));

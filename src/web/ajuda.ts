// Help: one short page per screen, the glossary, and who may do what, read from the route table itself.
import { notFound } from '../problem.ts';
import { PAPEIS } from '../sync/papeis.ts';
import { readTextos } from '../sync/textos.ts';
import type { Exchange } from './exchange.ts';
import { PAPEL_EXPLICADO } from './palavras.ts';
import { render } from './render.ts';
import type { Rota } from './rota.ts';
import { DESCRICOES } from './rotasDescritas.ts';
import { TELAS, type Tela } from './telas.ts';

/** `GET /ajuda` */
export async function indexAjuda(exchange: Exchange): Promise<void> {
  const textos = await readTextos(exchange.sync.db);
  render(exchange, { pagina: 'ajuda/index', titulo: 'Ajuda' }, { TELAS, textos });
}

/** The screen that `/ajuda/:tela` names. @throws Problem 404. */
export async function telaOf({ req }: Exchange): Promise<[string, Tela]> {
  const nome = String(req.params['tela']);
  const tela = Object.hasOwn(TELAS, nome) ? TELAS[nome] : undefined;
  if (tela === undefined) throw notFound('Esta página de ajuda');
  return [nome, tela];
}

/** `GET /ajuda/:tela` */
export async function showAjuda(exchange: Exchange, [nome, tela]: [string, Tela]): Promise<void> {
  render(exchange, { pagina: `ajuda/telas/${nome}`, titulo: `Ajuda: ${tela.nome}` }, { nome, aqui: tela });
}

/** `GET /ajuda/glossario` */
export async function showGlossario(exchange: Exchange): Promise<void> {
  render(exchange, { pagina: 'ajuda/glossario', titulo: 'Glossário' }, {});
}

/** `GET /ajuda/papeis`: what each role opens, drawn from the table that decides it. */
export const showPapeis =
  (rotas: () => readonly Rota[]) =>
  async (exchange: Exchange): Promise<void> => {
    const linhas = rotas().map(({ method, path, papel }) => {
      const endereco = `${method.toUpperCase()} ${path}`;
      return { endereco, papel, descricao: DESCRICOES[endereco] ?? '' };
    });
    const grupos = PAPEIS.map((papel) => ({
      papel,
      explicado: PAPEL_EXPLICADO[papel],
      linhas: linhas.filter((linha) => linha.papel === papel),
    }));
    render(exchange, { pagina: 'ajuda/papeis', titulo: 'Quem pode o quê' }, { grupos });
  };

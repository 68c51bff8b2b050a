// A small stand-in for IXC's own pages: log in as an operator, the Integrações menu, the contracts grid and a contract.
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { type Manifest, readManifest } from '../../manifest.ts';
import type { Mundo } from '../mundo.ts';
import { describeMundo } from './descricao.ts';
import { signLancamento } from './lancamento.ts';
import { type Leitura, type OperadorDaTela, openLeitura, POR_PAGINA } from './leitura.ts';
import { PESSOAS } from './pessoas.ts';
import { securityHeaders, show, VIEWS } from './telas.ts';

interface Casa {
  mundo: Mundo;
  ixc: Leitura;
  manifest: Manifest;
  /** Where this request's page was opened: the launch issuer. */
  originOf: (req: Request) => string;
}

const COOKIE = 'ixc_demo_operador';
const FIRST_PAGE = 2_147_483_647;

const Id = z.coerce.number().int().positive();
const Entrada = z.object({ operador: Id });
const Lista = z.object({
  busca: z.string().trim().default(''),
  antes: z.coerce.number().int().default(FIRST_PAGE),
});
const Troca = z.object({ status: z.string().max(2), acesso: z.string().max(2) });
const Destino = z.object({ path: z.string().startsWith('/') });

/** The stand-in as an Express app for `/`; `origins` are the addresses under which visitors find it. */
export function ixcPages(mundo: Mundo, origins: string[]): Express {
  const casa: Casa = {
    mundo,
    ixc: openLeitura(mundo.ixcDsn),
    manifest: readManifest(),
    originOf: (req) => origins.find((origin) => origin === `http://${req.get('host')}`) ?? origins[0] ?? '',
  };
  const { url, usuario, senha } = mundo.simulador;
  const app = express();
  app.disable('x-powered-by');
  Object.assign(app.locals, { menu: casa.manifest.menu, simulador: { url, usuario, senha } });
  app.use(securityHeaders);
  for (const file of ['ixc.css', 'ixc.js']) {
    app.get(`/estatico/${file}`, (_req, res) => res.sendFile(file, { root: VIEWS }));
  }
  app.use(express.urlencoded({ extended: false }));
  app.get('/demo.json', (req, res) => res.json(describeMundo(mundo, casa.originOf(req))));
  addEntrada(app, casa);
  addContratos(app, casa);
  addTeleClinica(app, casa);
  app.use((req, res) => missing(req, res));
  app.use(failed);
  return app;
}

function addEntrada(app: Express, { ixc }: Casa): void {
  app.get('/', (req, res) => res.redirect(303, readCookie(req) === undefined ? '/entrar' : '/contratos'));
  app.get('/entrar', async (req, res) =>
    show(req, res, 'entrar', { operadores: await ixc.listOperadores() }),
  );
  app.post('/entrar', (req, res) => {
    const { operador } = Entrada.parse(req.body);
    res.cookie(COOKIE, String(operador), { httpOnly: true, sameSite: 'lax' });
    res.redirect(303, '/contratos');
  });
  app.use(async (req, res, next) => {
    const id = readCookie(req);
    const operador = (await ixc.listOperadores()).find((each) => each.id === id);
    if (operador === undefined) return res.redirect(303, '/entrar');
    res.locals['operador'] = operador;
    next();
  });
}

function addContratos(app: Express, { ixc, manifest }: Casa): void {
  app.get('/contratos', async (req, res) => {
    const { busca, antes } = Lista.parse(req.query);
    const contratos = await ixc.listContratos(busca, antes);
    const proxima = contratos.length === POR_PAGINA ? contratos.at(-1)?.id : undefined;
    show(req, res, 'contratos', { busca, contratos, proxima, pessoas: Object.values(PESSOAS) });
  });
  app.get('/contratos/:id', async (req, res) => {
    const contrato = await ixc.findContrato(Id.parse(req.params.id));
    if (contrato === undefined) return missing(req, res);
    const botoes = manifest.contractButtons.map((botao) => withLaunch(botao, contrato.id));
    const painel = withLaunch(manifest.contractPanel, contrato.id);
    show(req, res, 'contrato', { contrato, produtos: await ixc.listProdutos(contrato.id), painel, botoes });
  });
  app.post('/contratos/:id/status', async (req, res) => {
    const id = Id.parse(req.params.id);
    const { status, acesso } = Troca.parse(req.body);
    await ixc.changeStatus(id, status, acesso);
    res.redirect(303, `/contratos/${id}`);
  });
}

function addTeleClinica(app: Express, { mundo, manifest, originOf }: Casa): void {
  app.get('/integracoes/:key', (req, res) => {
    const entrada = manifest.menu.find(({ key }) => key === req.params.key);
    if (entrada === undefined) return missing(req, res);
    show(req, res, 'integracao', { entrada: withLaunch(entrada) });
  });
  // Opened inside the frame: the token travels in a posted form, never in an address.
  app.get('/lancar', async (req, res) => {
    const { path } = Destino.parse(req.query);
    const operador: OperadorDaTela = res.locals['operador'];
    const token = await signLancamento({
      segredo: mundo.segredo,
      iss: originOf(req),
      operador: operador.id,
      path,
    });
    show(req, res, 'lancar', { token, action: `${mundo.basePath}/launch` });
  });
}

function withLaunch(
  { key, label, path }: Pick<Manifest['contractPanel'], 'key' | 'label' | 'path'>,
  contrato?: number,
) {
  const target = contrato === undefined ? path : path.replace('{id}', String(contrato));
  return { key, label, lancar: `/lancar?path=${encodeURIComponent(target)}` };
}

function readCookie(req: Request): number | undefined {
  const found = new RegExp(`(?:^|; )${COOKIE}=(\\d{1,9})(?:;|$)`).exec(req.headers.cookie ?? '');
  return found ? Number(found[1]) : undefined;
}

const missing = (req: Request, res: Response) => show(req, res.status(404), 'ausente', {});

// What a visitor typed may be wrong; anything else is told on the terminal.
const failed: ErrorRequestHandler = (error, req, res, next) => {
  if (res.headersSent) return next(error);
  if (error instanceof z.ZodError) return missing(req, res);
  console.error(error);
  res.status(500).type('text/plain').send('A página da demonstração falhou: veja o terminal.\n');
};

// The web application, top to bottom: what every answer carries, what machines ask, the way in, and the screens.
import compression from 'compression';
import express, { type Express, type RequestHandler, Router } from 'express';
import type { Sync } from '../sync/contexto.ts';
import { createArquivos } from './arquivos.ts';
import { createDireitos } from './direitos.ts';
import { errorHandler } from './erros.ts';
import type { Web } from './exchange.ts';
import { launch } from './launch.ts';
import { createViews, drawPublicPage } from './render.ts';
import { mountRotas, noPage } from './rota.ts';
import { rotas } from './rotas.ts';
import { createMetrics, healthz, saude, timeRequests } from './saude.ts';
import { noStore, requireHttps, securityHeaders } from './seguranca.ts';

/** The Express application, ready to listen; `versao` is package.json's. */
export function createApp({ sync, versao }: { sync: Sync; versao: string }): Express {
  const arquivos = createArquivos(sync.config.basePath);
  const web: Web = {
    sync,
    versao,
    views: createViews(sync.config.basePath, arquivos),
    direitos: createDireitos(sync),
  };
  const metrics = createMetrics(web);

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', 'loopback');
  app.set('case sensitive routing', true);
  app.use(securityHeaders(sync.config));

  const plugin = Router({ caseSensitive: true });
  plugin.get('/healthz', healthz);
  plugin.use(requireHttps);
  plugin.use(timeRequests(metrics));
  plugin.use(compression());
  plugin.use(arquivos.handlers);
  plugin.use(noStore);
  plugin.use(saude(web, metrics));
  plugin.get('/sessao', sessionPage(web));
  plugin.post('/launch', launch(web));
  mountRotas(plugin, web, rotas);

  app.use(sync.config.basePath || '/', plugin);
  // Express's own answer would drop our content policy.
  app.use((_req, _res, next) => next(noPage()));
  app.use(errorHandler(web));
  return app;
}

// Where an htmx request is sent when its session is over: it needs none itself.
const sessionPage =
  (web: Web): RequestHandler =>
  (req, res) => {
    res
      .type('html')
      .send(drawPublicPage(web, req, { pagina: 'erros/sessao', titulo: 'Sessão terminada' }, {}));
  };

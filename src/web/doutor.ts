// The doctor as a page: the installation as this process sees it. Tele Clínica is not called; the last contact is told.
import { examine } from '../sync/doutor/exame.ts';
import type { Exchange } from './exchange.ts';
import { render } from './render.ts';

/** `GET /saude` */
export async function showSaude(exchange: Exchange): Promise<void> {
  const { sync, web, req } = exchange;
  const linhas = await examine({ config: sync.config, db: sync.db, ixc: sync.ixc, versao: web.versao });
  // That this page was drawn at all says that the cookie came back and that the way here is whole.
  linhas.push({
    checagem: 'esta página',
    estado: 'ok',
    mensagem: `o cookie voltou, ${req.secure ? 'por HTTPS' : 'num endereço local, sem HTTPS'}`,
  });
  const piores = linhas.filter(({ estado }) => estado !== 'ok');
  render(exchange, { pagina: 'saude/index', titulo: 'Saúde' }, { linhas, piores });
}

// What GET /demo.json tells programs: addresses, the simulator's control, database accounts, operators, the launch key.
import type { Mundo } from '../mundo.ts';
import { OPERADORES, PRODUTOS } from './catalogo.ts';
import { AUDIENCE } from './lancamento.ts';
import { PESSOAS } from './pessoas.ts';

/** The demo as data; `origin` is where the stand-in is reached. */
export function describeMundo(mundo: Mundo, origin: string) {
  const { url, usuario, senha, controle } = mundo.simulador;
  const { administrador, atendente, outraFilial } = OPERADORES;
  return {
    url: `${origin}/`,
    plugin: `${origin}${mundo.basePath}`,
    simulador: { url, usuario, senha, controle, pagina: `${origin}/simulador/` },
    ixc: { dsn: mundo.ixcDsn },
    banco: { dsn: mundo.bancoDsn },
    operadores: [
      { papel: 'administrador', id: administrador.id, nome: administrador.nome },
      { papel: 'atendente', id: atendente.id, nome: atendente.nome },
      { papel: 'outra_filial', id: outraFilial.id, nome: outraFilial.nome },
    ],
    lancamento: { alg: 'HS256', segredo: mundo.segredo.toString('base64'), iss: origin, aud: AUDIENCE },
    pessoas: PESSOAS,
    produtos: PRODUTOS,
  };
}

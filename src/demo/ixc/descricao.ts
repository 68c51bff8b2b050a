// What GET /demo.json tells programs: addresses, the simulator's control, database accounts, operators, the launch key.
import { KeyObject } from 'node:crypto';
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
    lancamento: { ...keyOf(mundo.segredo), iss: origin, aud: AUDIENCE },
    pessoas: PESSOAS,
    produtos: PRODUTOS,
  };
}

// In base64, or as PEM of a private key: as each is kept in a file.
const keyOf = (segredo: Mundo['segredo']) =>
  segredo instanceof KeyObject
    ? { alg: 'EdDSA', segredo: segredo.export({ type: 'pkcs8', format: 'pem' }).toString() }
    : { alg: 'HS256', segredo: segredo.toString('base64') };

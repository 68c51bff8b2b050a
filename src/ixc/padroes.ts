// What a base fills in when nobody asked: birth dates that too many people share, and the provider's own e-mail domains.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';
import { data, parseEmails } from './valores.ts';

/** Birth dates held by more than this part of the base are fillers, not births. */
const SHARE = 0.01;
const AT_LEAST = 20;

// A branch that writes from a public provider says nothing about its customers' addresses there.
const PUBLIC = new Set(
  `gmail.com hotmail.com outlook.com live.com yahoo.com yahoo.com.br uol.com.br bol.com.br terra.com.br icloud.com
   globo.com ig.com.br msn.com example.com`.split(/\s+/),
);

/** Dates (AAAA-MM-DD) that more than 1 % of the clients share, and at least 20 of them. Reads the whole column once. */
export async function listNascimentosRepetidos(ixc: Db): Promise<string[]> {
  const found = await rows(
    ixc,
    `SELECT data_nascimento AS nascimento, COUNT(*) AS total FROM cliente GROUP BY data_nascimento
     HAVING total >= ${AT_LEAST}`,
    {},
    z.object({ nascimento: data, total: z.coerce.number() }),
  );
  const [base] = await rows(
    ixc,
    'SELECT COUNT(*) AS total FROM cliente',
    {},
    z.object({ total: z.coerce.number() }),
  );
  const limit = (base?.total ?? 0) * SHARE;
  return found.flatMap(({ nascimento, total }) => (nascimento !== null && total > limit ? [nascimento] : []));
}

/** Domains of the branches' own addresses: mail to a customer there would reach the provider. */
export async function listDominiosDasFiliais(ixc: Db): Promise<string[]> {
  const found = await rows(
    ixc,
    'SELECT email FROM filial',
    {},
    z.object({ email: z.unknown().transform(parseEmails) }),
  );
  const domains = found.flatMap(({ email }) => email.map((address) => address.split('@')[1] ?? ''));
  return [...new Set(domains)].filter((domain) => domain !== '' && !PUBLIC.has(domain));
}

// From an aviso to what leaves: the JSON of the webhook and the letter of the e-mail. Ids, codes and counts only.
import type { Sync } from '../contexto.ts';
import type { Causa } from './causas.ts';
import type { Carta } from './email.ts';
import { describeAviso, type Evento, type Mensagem, NOME, TESTE } from './texto.ts';
import type { Corpo } from './webhook.ts';

export interface Noticia {
  /** Unique per message and channel, the same in every repetition: what a receiver dedupes by. */
  id: string;
  evento: Evento;
  /** Missing in a test. */
  aviso?: { id: number; causa: Causa; comecouEm: string; acabouEm: string | null };
}

type Base = Pick<Sync, 'config' | 'instalacao'>;

/** The body of the webhook. Times are ISO 8601, UTC. */
export function corpoOf(base: Base, noticia: Noticia): Corpo {
  const { aviso, evento, id } = noticia;
  const mensagem = mensagemOf(noticia);
  const { causa: nome, ...detalhe } = aviso?.causa ?? { causa: 'teste' };
  return {
    id,
    texto: JSON.stringify({
      id,
      instalacao: base.instalacao,
      evento,
      causa: nome,
      aviso: aviso?.id ?? null,
      titulo: mensagem.titulo,
      texto: mensagem.texto,
      endereco: addressOf(base, mensagem),
      comecou_em: aviso ? isoOf(aviso.comecouEm) : null,
      acabou_em: aviso?.acabouEm ? isoOf(aviso.acabouEm) : null,
      detalhe,
    }),
  };
}

/** The e-mail. The message that it is over answers the one that told the beginning. */
export function cartaOf(base: Base, noticia: Noticia): Carta {
  const { aviso, evento } = noticia;
  const mensagem = mensagemOf(noticia);
  const began = aviso && cartaId(base, aviso.id, 'comecou');
  const linhas = [
    mensagem.texto,
    '',
    ...(aviso ? [`Causa: ${NOME[aviso.causa.causa]}`, `Começou em: ${isoOf(aviso.comecouEm)}`] : []),
    ...(aviso?.acabouEm ? [`Acabou em: ${isoOf(aviso.acabouEm)}`] : []),
    `Onde ver: ${addressOf(base, mensagem)}`,
    '',
    'Tele Clínica para IXC Provedor. Este aviso sai uma vez quando a causa começa e uma vez quando ela acaba.',
  ];
  return {
    id: aviso ? cartaId(base, aviso.id, evento) : `aviso-${noticia.id}`,
    ...(evento === 'recuperado' && began !== undefined ? { resposta: began } : {}),
    assunto: `[Tele Clínica] ${mensagem.titulo}`,
    texto: linhas.join('\n'),
  };
}

const mensagemOf = ({ aviso, evento }: Noticia): Mensagem =>
  aviso ? describeAviso(aviso.causa, evento === 'recuperado') : TESTE;

const cartaId = ({ instalacao }: Base, avisoId: number, evento: Evento): string =>
  `aviso-${instalacao}-${avisoId}-${evento}`;

const addressOf = ({ config }: Base, { caminho }: Mensagem): string =>
  `${config.ixcOrigins[0] ?? ''}${config.basePath}${caminho}`;

// Our database writes UTC without saying so.
const isoOf = (em: string): string => `${em.replace(' ', 'T').slice(0, 19)}Z`;

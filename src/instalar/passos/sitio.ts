// Finds IXC's site in a configuration of nginx or Apache: the line after which ours belongs. Pure.
import { originsOf, type Respostas } from '../respostas.ts';

interface Bloco {
  /** From 0, first and last line. */
  inicio: number;
  fim: number;
  nomes: number;
  https: boolean;
}

/**
 * The number (from 1) of the line that names IXC's host in the site which serves it; 0 when there is none. Of a site on
 * port 80 and one on 443 it is the latter: the former usually only sends people on.
 */
export function lineAfterWhich(
  text: string,
  { ixc_origem, servidor_web }: Pick<Respostas, 'ixc_origem' | 'servidor_web'>,
): number {
  const { hostname, protocol } = new URL(originsOf({ ixc_origem })[0]);
  const lines = text.split('\n').map((line) => line.replace(/#.*$/, ''));
  const blocks = servidor_web === 'apache' ? apacheBlocks(lines) : nginxBlocks(lines);
  const name = servidor_web === 'apache' ? /^\s*Server(Name|Alias)\s/i : /^\s*server_name\s/;
  const found = blocks.flatMap((block): Bloco[] => {
    const nomes = lines.findIndex(
      (line, at) => at > block.inicio && at < block.fim && name.test(line) && hasWord(line, hostname),
    );
    return nomes < 0 ? [] : [{ ...block, nomes }];
  });
  const wanted = found.find(({ https }) => https === (protocol === 'https:')) ?? found[0];
  return wanted === undefined ? 0 : wanted.nomes + 1;
}

const hasWord = (line: string, word: string): boolean => line.split(/[\s;:]+/).includes(word);

function nginxBlocks(lines: string[]): Bloco[] {
  const blocks: Bloco[] = [];
  for (const [inicio, line] of lines.entries()) {
    if (!/^\s*server\s*\{/.test(line)) continue;
    let depth = 0;
    const length = lines.slice(inicio).findIndex((each) => {
      depth += (each.match(/\{/g)?.length ?? 0) - (each.match(/\}/g)?.length ?? 0);
      return depth <= 0;
    });
    const fim = length < 0 ? lines.length : inicio + length;
    const https = lines.slice(inicio, fim).some((each) => /^\s*listen\b.*\b(443|ssl)\b/.test(each));
    blocks.push({ inicio, fim, nomes: 0, https });
  }
  return blocks;
}

function apacheBlocks(lines: string[]): Bloco[] {
  return lines.flatMap((line, inicio): Bloco[] => {
    if (!/^\s*<VirtualHost\b/i.test(line)) return [];
    const length = lines.slice(inicio).findIndex((each) => /^\s*<\/VirtualHost>/i.test(each));
    return [
      { inicio, fim: length < 0 ? lines.length : inicio + length, nomes: 0, https: /:443\b/.test(line) },
    ];
  });
}

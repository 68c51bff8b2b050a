// The bridge into IXC's session: our PHP files in a folder of our own. No file of IXC's is touched.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Acao, ensureFile, type Passo } from '../acoes.ts';
import type { Obra } from '../obra.ts';
import { originsOf } from '../respostas.ts';
import { groupId } from './grupo.ts';

const SELETORES = 'seletores.json';

export const ponte: Passo = {
  nome: 'ponte',
  plan(obra) {
    const { ponte: folder } = obra.lugares;
    const source = path.join(obra.release, 'plugin/ixc');
    if (!existsSync(source) || obra.respostas.servidor_web === 'nenhum') return [];
    const copied = [
      ...readdirSync(source)
        .filter((name) => !name.includes('.exemplo.') && name !== SELETORES)
        .map((name) => [name, path.join(source, name)] as const),
      ['manifest.json', path.join(obra.release, 'manifest.json')] as const,
    ];
    return [
      ...copied.flatMap(([name, file]) =>
        ensureFile(obra, {
          caminho: path.join(folder, name),
          conteudo: readFileSync(file, 'utf8'),
          modo: 0o644,
          para: 'a ponte com a sessão do IXC',
        }),
      ),
      ...(existsSync(obra.lugares.seletores) ? [] : makeSelectors(obra, path.join(source, SELETORES))),
      ...ensureFile(obra, {
        caminho: path.join(folder, 'configuracao.php'),
        conteudo: configText(obra),
        modo: 0o640,
        grupo: groupId(obra.respostas.php_grupo),
        para: 'o que a ponte sabe deste IXC',
      }),
    ];
  },
};

// Made once and then the technician's: where this IXC has its menu and grids was found out by hand.
const makeSelectors = (obra: Obra, source: string): Acao[] =>
  ensureFile(obra, {
    caminho: obra.lugares.seletores,
    conteudo: readFileSync(source, 'utf8'),
    modo: 0o644,
    dado: true,
    para: 'onde ficam menu, formulário e grade neste IXC',
  });

function configText({ respostas, lugares }: Obra): string {
  const values = {
    sessao_nome: respostas.php_sessao_nome,
    sessao_chave: respostas.php_sessao_chave,
    sessao_pasta: respostas.php_sessao_pasta,
    plugin: `${respostas.plugin_origem}${respostas.caminho}`,
    algoritmo: 'EdDSA',
    chave: lugares.launchPrivada,
    seletores: lugares.seletores,
  };
  const lines = Object.entries(values).map(([key, value]) => `    '${key}' => ${phpText(value)},`);
  return `<?php
// Written by the installer: run it again to change it.
return [
${lines.join('\n')}
    'origens' => [${originsOf(respostas).map(phpText).join(', ')}],
    'manifesto' => __DIR__ . '/manifest.json',
];
`;
}

const phpText = (value: string): string => `'${value.replaceAll(/['\\]/g, (char) => `\\${char}`)}'`;

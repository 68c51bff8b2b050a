// Apache with the PHP stand-in and the plugin's Apache snippets, in the folder of a running nginx stand-in (its PHP and its bridge).
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fillSnippet, PONTE } from '../../src/demo/php/instalacao.ts';
import { onlyRoot, type Processo, run, waitForAnswer } from '../../src/demo/php/processos.ts';
import { ensureApache } from '../../src/demo/sistema.ts';
import { startVigia } from '../../src/demo/vigia.ts';

const MODULES = '/usr/lib/apache2/modules';
const WANTED =
  'mpm_event unixd authz_core alias dir headers filter deflate substitute proxy proxy_fcgi proxy_http rewrite mime';

/** Starts it on `port`; undefined when Apache cannot be had on this machine. */
export async function startApache(
  folder: string,
  port: number,
  plugin: { port: number; basePath: string },
): Promise<Processo | undefined> {
  const program = ensureApache();
  if (program === undefined || !existsSync(MODULES)) return undefined;
  const modules = WANTED.split(' ').map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`);
  const PHP = `proxy:unix:${folder}/php.sock|fcgi://localhost`;
  const ixc = fillSnippet('apache/ixc.conf', {
    PONTE,
    PASTA: path.join(folder, 'ponte'),
    PHP,
    BASE_PATH: plugin.basePath,
  });
  const proxy = fillSnippet('apache/plugin.conf', {
    BASE_PATH: plugin.basePath,
    PORTA: String(plugin.port),
  });
  const config = path.join(folder, 'apache.conf');
  writeFileSync(
    config,
    `ServerRoot ${folder}
ServerName 127.0.0.1
PidFile ${folder}/apache.pid
ErrorLog ${folder}/apache.log
${modules.join('\n')}
${onlyRoot('User {{USER}}\nGroup {{USER}}')}
TypesConfig /etc/mime.types
Listen 127.0.0.1:${port}
<VirtualHost 127.0.0.1:${port}>
  DocumentRoot ${folder}/paginas
  Alias /estatico ${folder}/paginas
  <Directory ${folder}/paginas>
    Require all granted
    DirectoryIndex index.php
    FallbackResource /index.php
    <FilesMatch "\\.php$">
      SetHandler "${PHP}"
    </FilesMatch>
  </Directory>
  # Pages go out compressed, as on most servers.
  SetOutputFilter DEFLATE
${ixc}
${proxy}
</VirtualHost>
`,
  );
  const vigia = startVigia();
  const apache = run(program, ['-D', 'FOREGROUND', '-f', config], vigia);
  await waitForAnswer(`http://127.0.0.1:${port}/estatico/ixc.css`);
  return {
    stop: async () => {
      await apache.stop();
      vigia.release();
    },
  };
}

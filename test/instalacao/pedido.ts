// A request as a visitor's: on a connection of its own each time, because web servers reload in between.
import http from 'node:http';
import https from 'node:https';

/** GET, whatever certificate is shown. @throws when nobody answers. */
export const ask = (url: string): Promise<{ status: number; texto: string }> =>
  new Promise((resolve, reject) => {
    const { get } = url.startsWith('https:') ? https : http;
    get(url, { agent: false, rejectUnauthorized: false }, (answer) => {
      let texto = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        texto += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, texto }));
    }).on('error', reject);
  });

// Which URL Base is accepted, and which resolved addresses may be connected to.
import { describe, expect, test } from 'vitest';
import { checkUrlBase, isAllowedAddress, isPrivate } from '../../src/teleclinica/endereco.ts';

const hosts = [
  'api.exemplo.com.br',
  'outra.exemplo.com.br:8443',
  '127.0.0.1:4090',
  'localhost:4091',
  '[::1]:4092',
  '10.1.2.3',
];

describe('the URL Base', () => {
  test.each([
    'https://api.exemplo.com.br/v1',
    'https://api.exemplo.com.br/v1/',
    'https://api.exemplo.com.br',
    'https://API.exemplo.com.br:443/v1',
    'https://outra.exemplo.com.br:8443/v1',
    'http://127.0.0.1:4090/v1',
    'http://localhost:4091/v1',
    'http://[::1]:4092/v1',
    'https://10.1.2.3/v1',
  ])('%s is accepted', (url) => {
    expect(checkUrlBase(url, hosts)).toBeUndefined();
  });

  test.each([
    ['http://api.exemplo.com.br/v1', 'Use https://'],
    ['http://10.1.2.3/v1', 'Use https://'],
    ['https://desconhecida.com.br/v1', 'TELECLINICA_HOSTS'],
    ['https://outra.exemplo.com.br/v1', 'TELECLINICA_HOSTS'],
    ['http://127.0.0.1:9999/v1', 'TELECLINICA_HOSTS'],
    ['http://127.0.0.2:4090/v1', 'TELECLINICA_HOSTS'],
    ['https://10.1.2.4/v1', 'TELECLINICA_HOSTS'],
    ['https://169.254.169.254/latest', 'TELECLINICA_HOSTS'],
    ['https://127.0.0.1.nip.io/v1', 'TELECLINICA_HOSTS'],
    ['https://api.exemplo.com.br.evil.com/v1', 'TELECLINICA_HOSTS'],
    ['https://api.exemplo.com.br./v1', 'TELECLINICA_HOSTS'],
    ['http://127.1:4090/v1', 'por extenso'],
    ['http://0x7f.1:4090/v1', 'por extenso'],
    ['http://2130706433:4090/v1', 'por extenso'],
    ['http://0177.0.0.1:4090/v1', 'por extenso'],
    ['https://[::ffff:10.0.0.1]/v1', 'por extenso'],
    ['https://аpi.exemplo.com.br/v1', 'por extenso'],
    ['https://api.exemplo.com.br/v1/../admin', 'por extenso'],
    ['https://api.exemplo.com.br/%2e%2e/admin', 'por extenso'],
    ['https://eu:senha@api.exemplo.com.br/v1', 'usuário e a senha'],
    ['https://api.exemplo.com.br@evil.com/v1', 'usuário e a senha'],
    ['https://api.exemplo.com.br/v1?a=1', '“?”'],
    ['https://api.exemplo.com.br/v1#a', '“#”'],
    ['https://api.exemplo.com.br\\@evil.com', 'usuário e a senha'],
    ['https:\\\\api.exemplo.com.br', 'endereço completo'],
    [' https://api.exemplo.com.br/v1', 'endereço completo'],
    ['https://api.exemplo.com.br/v1 ', 'endereço completo'],
    ['https://api.exem\tplo.com.br/v1', 'endereço completo'],
    ['https:///v1', 'endereço completo'],
    ['https:api.exemplo.com.br', 'endereço completo'],
    ['api.exemplo.com.br/v1', 'endereço completo'],
    ['data:text/plain,oi', 'Só https://'],
    ['file:///etc/passwd', 'Só https://'],
    ['javascript:alert(1)', 'Só https://'],
    ['', 'endereço completo'],
  ])('%j is refused: %s', (url, why) => {
    expect(checkUrlBase(url, hosts)).toContain(why);
  });

  test('with an empty list nothing is accepted', () => {
    expect(checkUrlBase('https://api.exemplo.com.br/v1', [])).toContain('TELECLINICA_HOSTS');
  });
});

describe('a resolved address', () => {
  test.each([
    '127.0.0.1',
    '10.0.0.1',
    '172.16.5.5',
    '172.31.255.255',
    '192.168.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'ff02::1',
    'not an address',
  ])('%s is private', (address) => {
    expect(isPrivate(address)).toBe(true);
  });

  test.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2804:14c::1', '::ffff:8.8.8.8'])(
    '%s is public',
    (address) => {
      expect(isPrivate(address)).toBe(false);
    },
  );

  test('private is allowed only when that very address is listed, with its port', () => {
    expect(isAllowedAddress('api.exemplo.com.br', '8.8.8.8', '443', hosts)).toBe(true);
    expect(isAllowedAddress('api.exemplo.com.br', '10.9.9.9', '443', hosts)).toBe(false);
    expect(isAllowedAddress('api.exemplo.com.br', '10.1.2.3', '443', hosts)).toBe(true);
    expect(isAllowedAddress('api.exemplo.com.br', '127.0.0.1', '443', hosts)).toBe(false);
    expect(isAllowedAddress('localhost', '127.0.0.1', '4091', hosts)).toBe(true);
    expect(isAllowedAddress('localhost', '10.0.0.1', '4091', hosts)).toBe(false);
  });
});

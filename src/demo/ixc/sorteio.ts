// Repeatable chance: the same seed and row number always give the same value, so rows can be made in any order without memory.

/** A whole number from 0 to 2^32 − 1 for (seed, row, purpose). */
export function draw(semente: number, linha: number, purpose: number): number {
  let h = Math.imul(semente ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(linha + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15) ^ Math.imul(purpose + 1, 0x27d4eb2f), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** One of `choices`, all equally likely. */
export function pick<T>(choices: readonly [T, ...T[]], drawn: number): T {
  return choices[drawn % choices.length] ?? choices[0];
}

/** One of `[value, weight]`; weights are parts of 10,000 and the last entry takes what remains. */
export function pickWeighted<T>(
  choices: readonly [readonly [T, number], ...(readonly [T, number])[]],
  drawn: number,
): T {
  let point = drawn % 10_000;
  for (const [value, weight] of choices) {
    if (point < weight) return value;
    point -= weight;
  }
  return choices[choices.length - 1]?.[0] ?? choices[0][0];
}

/** A valid CPF, digits only, different for each `linha` below 10^9. */
export function cpfDigits(semente: number, linha: number): string {
  const base = scatter(semente, linha);
  const digits = /^(\d)\1+$/.test(base) ? scatter(semente, linha + 500_000_000) : base;
  const first = checkDigit(digits, 10);
  return digits + first + checkDigit(digits + first, 11);
}

/** `000.000.000-00`, as IXC stores it. */
export const maskCpf = (cpf: string) => cpf.replace(/^(\d{3})(\d{3})(\d{3})(\d{2})$/, '$1.$2.$3-$4');

/** A valid CNPJ with its mask, different for each `linha` below 10^8. */
export function cnpj(semente: number, linha: number): string {
  const base = `${scatter(semente, linha).slice(1)}0001`;
  const first = cnpjDigit(base, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
  const second = cnpjDigit(base + first, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
  return `${base}${first}${second}`.replace(/^(\d{2})(\d{3})(\d{3})(\d{4})(\d{2})$/, '$1.$2.$3/$4-$5');
}

/** `(47) 9…`: a mobile number in Brazil's format. */
export function celular(semente: number, linha: number, purpose: number): string {
  const drawn = draw(semente, linha, purpose);
  const ddd = pick(['47', '48', '49', '51', '41'], drawn);
  const number = String(drawn % 100_000_000).padStart(8, '0');
  return `(${ddd}) 9${number.slice(0, 4)}-${number.slice(4)}`;
}

// Multiplying by a number that shares no factor with 10^9 visits every value once: no two rows get the same digits.
function scatter(semente: number, linha: number): string {
  return String((linha * 736_338_717 + semente * 104_729 + 11_223) % 1_000_000_000).padStart(9, '0');
}

// Weights 10…2 (first digit) and 11…2 (second), remainder of 11: Receita Federal's rule.
function checkDigit(digits: string, weight: number): string {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) sum += Number(digits[i]) * (weight - i);
  const rest = sum % 11;
  return rest < 2 ? '0' : String(11 - rest);
}

function cnpjDigit(digits: string, weights: number[]): string {
  const sum = weights.reduce((total, weight, i) => total + Number(digits[i]) * weight, 0);
  return sum % 11 < 2 ? '0' : String(11 - (sum % 11));
}

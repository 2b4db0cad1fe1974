/**
 * Keys of local people: `lk_<id>_<secret>`. The id names the row, the secret is 256 random bits, and only a salted
 * scrypt hash of it is ever stored.
 * Read next: cli/keys.ts (who makes them), auth.ts (who checks them), pin.ts (the same hash for PINs).
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const KEY = /^lk_([a-z0-9]{8,32})_([A-Za-z0-9_-]{43})$/
/** Of keys: 256 random bits need no slow hash, so that it costs the gateway little. */
const KEY_COST = { N: 16_384, r: 8, p: 1 } as const
/** Of PINs, which are few digits: as OWASP's password storage sheet advises for 16 MiB a hash. */
const PIN_COST = { N: 16_384, r: 8, p: 5 } as const
const HASH_BYTES = 32
type Cost = typeof KEY_COST | typeof PIN_COST
/** Bounds of the work that a stored hash may demand. */
const MOST = { N: 131_072, r: 16, p: 8, maxmem: 256 * 1024 * 1024 } as const

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt)

/** `text` is what the person gets, once. */
export function newKey(): { readonly id: string; readonly secret: string; readonly text: string } {
  const id = [...randomBytes(10)].map((byte) => ID_LETTERS[byte % ID_LETTERS.length]).join('')
  const secret = randomBytes(32).toString('base64url')
  return { id, secret, text: `lk_${id}_${secret}` }
}

/** 32 letters, so that a byte maps evenly; none that people confuse. */
const ID_LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789'

export function parseKey(text: string): { id: string; secret: string } | undefined {
  const parts = KEY.exec(text)
  return parts === null ? undefined : { id: parts[1]!, secret: parts[2]! }
}

export const hashKey = (secret: string): Promise<string> => hash(secret, KEY_COST)
export const hashPin = (digits: string): Promise<string> => hash(digits, PIN_COST)

/** Takes as long to check as a PIN, and no digits fit. */
export const noPin = (): string => stored(PIN_COST, randomBytes(16), randomBytes(HASH_BYTES))

async function hash(secret: string, cost: Cost): Promise<string> {
  const salt = randomBytes(16)
  return stored(cost, salt, await derive(secret, salt, HASH_BYTES, { ...cost, maxmem: MOST.maxmem }))
}

/** `scrypt$N$r$p$salt$hash`, the last two base64url. */
const stored = ({ N, r, p }: Cost, salt: Buffer, hash: Buffer) =>
  `scrypt$${N}$${r}$${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`

/** False also for a hash that cannot be read. */
export async function verifyKey(secret: string, stored: string): Promise<boolean> {
  const parts = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{16,64})\$([A-Za-z0-9_-]{43})$/.exec(stored)
  if (parts === null) return false
  const [N, r, p] = parts.slice(1, 4).map(Number) as [number, number, number]
  if (N < 2 || (N & (N - 1)) !== 0 || N > MOST.N || r < 1 || r > MOST.r || p < 1 || p > MOST.p) return false
  const expected = Buffer.from(parts[5]!, 'base64url')
  const found = await derive(secret, Buffer.from(parts[4]!, 'base64url'), expected.length, {
    N,
    r,
    p,
    maxmem: MOST.maxmem,
  })
  return timingSafeEqual(found, expected)
}

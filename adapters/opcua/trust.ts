/**
 * The folders in which a person says whom to trust. Nothing is written here.
 * Read next: security.ts, which names them to the person.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { byThumbprint, storedIn } from './store.ts'

const LOOK_MS = 1000
/** While there is a connection, which nothing urgent can change. */
const WATCH_MS = 5000

/** Where certificates and revocation lists go, below the folder of the link's state. */
const FOLDERS = ['trusted/certs', 'trusted/crl', 'issuers/certs', 'issuers/crl'] as const

const pkiOf = (stateDir: string) => join(stateDir, 'pki')

/** Resolves once a file came to or went from them. Rejects when `signal` aborts. */
export async function trustChanged(stateDir: string, signal: AbortSignal): Promise<void> {
  const before = await listing(stateDir)
  do await sleep(LOOK_MS, undefined, { signal })
  while ((await listing(stateDir)) === before)
}

/** Calls `distrusted` once when the certificate lies no longer among those that are trusted, until `signal` aborts. */
export async function watchTrusted(
  stateDir: string,
  thumbprint: string,
  signal: AbortSignal,
  distrusted: () => void,
): Promise<void> {
  const isThere = () => byThumbprint(storedIn(stateDir), thumbprint).some(({ place }) => place === 'trusted')
  // One that an authority vouches for need not lie here.
  if (!isThere()) return
  let before = await listing(stateDir)
  for (;;) {
    await sleep(WATCH_MS, undefined, { signal })
    const now = await listing(stateDir)
    if (now !== before && !isThere()) return distrusted()
    before = now
  }
}

/** By looking, since a change in a folder that another host or container shares is not always told. */
async function listing(stateDir: string): Promise<string> {
  const names = await Promise.all(FOLDERS.map((folder) => readdir(join(pkiOf(stateDir), folder)).catch(() => [])))
  return JSON.stringify(names)
}

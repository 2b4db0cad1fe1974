/**
 * The folders in which a person says whom to trust. Nothing is written here.
 * Read next: security.ts, which names them to the person.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 1000

/** Where certificates and revocation lists go, below the folder of the link's state. */
const FOLDERS = ['trusted/certs', 'trusted/crl', 'issuers/certs', 'issuers/crl'] as const

const pkiOf = (stateDir: string) => join(stateDir, 'pki')

/** Resolves once a file came to or went from them. Rejects when `signal` aborts. */
export async function trustChanged(stateDir: string, signal: AbortSignal): Promise<void> {
  const before = await listing(stateDir)
  do await sleep(LOOK_MS, undefined, { signal })
  while ((await listing(stateDir)) === before)
}

/** By looking, since a change in a folder that another host or container shares is not always told. */
async function listing(stateDir: string): Promise<string> {
  const names = await Promise.all(FOLDERS.map((folder) => readdir(join(pkiOf(stateDir), folder)).catch(() => [])))
  return JSON.stringify(names)
}

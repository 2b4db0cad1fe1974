/**
 * Certificates as plants have them, made by openssl: an authority of the plant with its revocation list, and what it
 * signs, with anything that may be wrong.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Leaf = {
  readonly fromDays?: number
  readonly toDays?: number
  readonly uri?: string
  readonly hosts?: readonly string[]
  readonly bits?: number
  readonly usage?: string
  readonly purposes?: string
}

export type Files = { readonly certificateFile: string; readonly privateKeyFile: string }

export type PlantAuthority = {
  readonly certificate: string
  /** Its revocation list as it is now. */
  revocationList(): string
  issue(name: string, leaf?: Leaf): Files
  revoke(files: Files): void
}

const DAY_MS = 86_400_000
const stamp = (days: number) => `${new Date(Date.now() + days * DAY_MS).toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`

export const SOUND = 'digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment'

/** `folder` is made. */
export function plantAuthority(folder: string): PlantAuthority {
  mkdirSync(join(folder, 'new'), { recursive: true })
  writeFileSync(join(folder, 'index.txt'), '')
  writeFileSync(join(folder, 'serial'), '1000')
  writeFileSync(join(folder, 'crlnumber'), '1000')
  writeFileSync(
    join(folder, 'ca.cnf'),
    `[ca]\ndefault_ca=d\n[d]\ndir=${folder}\ndatabase=$dir/index.txt\nserial=$dir/serial\ncrlnumber=$dir/crlnumber
new_certs_dir=$dir/new\ncertificate=$dir/ca.pem\nprivate_key=$dir/ca.key\ndefault_md=sha256\npolicy=p\ndefault_crl_days=30
unique_subject=no\n[p]\ncommonName=supplied\n[authority]\nbasicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n[req]\ndistinguished_name=dn\n[dn]\n`,
  )
  const openssl = (line: string) => execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'ignore' })
  // Making one takes longest; servers may share theirs, but one key for issuer and issued looks self-signed.
  const keys = new Set<number>()
  const keyOf = (bits: number) => {
    if (!keys.has(bits)) openssl(`genrsa -out ${bits}.key ${bits}`)
    keys.add(bits)
    return `${bits}.key`
  }
  openssl('genrsa -out ca.key 2048')
  writeFileSync(join(folder, 'ca-name.cnf'), '[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=Plant CA\n')
  openssl('req -new -key ca.key -out ca.csr -config ca-name.cnf')
  openssl(`x509 -req -in ca.csr -signkey ca.key -out ca.pem -days 3650 -extfile ca.cnf -extensions authority`)
  return {
    certificate: join(folder, 'ca.pem'),
    revocationList() {
      openssl('ca -gencrl -out ca.crl -config ca.cnf')
      return join(folder, 'ca.crl')
    },
    issue(name, leaf = {}) {
      const key = keyOf(leaf.bits ?? 2048)
      openssl(`req -new -key ${key} -out ${name}.csr -subj /CN=${name} -config ca.cnf`)
      writeFileSync(join(folder, `${name}.cnf`), extensionsOf(leaf))
      const times = `-startdate ${stamp(leaf.fromDays ?? -1)} -enddate ${stamp(leaf.toDays ?? 365)}`
      openssl(`ca -batch -in ${name}.csr -out ${name}.pem -notext ${times} -config ca.cnf -extfile ${name}.cnf`)
      return { certificateFile: join(folder, `${name}.pem`), privateKeyFile: join(folder, key) }
    },
    revoke: ({ certificateFile }) => void openssl(`ca -revoke ${certificateFile} -config ca.cnf`),
  }
}

/** A link knows the authority, and its revocation list as it is now: its folder, before it is opened. */
export function makeKnown(stateDir: string, plant: PlantAuthority): void {
  const issuers = join(stateDir, 'pki', 'issuers')
  for (const folder of ['certs', 'crl']) mkdirSync(join(issuers, folder), { recursive: true })
  cpSync(plant.certificate, join(issuers, 'certs', 'plant.pem'))
  cpSync(plant.revocationList(), join(issuers, 'crl', 'plant.crl'))
}

function extensionsOf({ uri = 'urn:plant:plc', hosts = ['127.0.0.1'], usage = SOUND, purposes }: Leaf): string {
  const names = hosts.map((host) => (/^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`))
  return [
    'basicConstraints=CA:FALSE',
    'authorityKeyIdentifier=keyid',
    `keyUsage=${usage}`,
    `extendedKeyUsage=${purposes ?? 'serverAuth,clientAuth'}`,
    `subjectAltName=${[`URI:${uri}`, ...names].join(',')}`,
    '',
  ].join('\n')
}

/** Of a person, signed by itself. `folder` is made. */
export function personOf(folder: string, name: string): Files {
  mkdirSync(folder, { recursive: true })
  const files = { certificateFile: join(folder, `${name}.pem`), privateKeyFile: join(folder, `${name}.key`) }
  const made = `-keyout ${files.privateKeyFile} -out ${files.certificateFile} -subj /CN=${name} -days 365`
  execFileSync('openssl', `req -x509 -newkey rsa:2048 -nodes ${made}`.split(' '), { stdio: 'ignore' })
  return files
}

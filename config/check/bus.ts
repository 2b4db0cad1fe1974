/**
 * What no schema can say about a Modbus link: each transport needs options of its own, and those of another mean
 * nothing to it; the files of TLS; an answer that a slow serial line cannot carry in time.
 * Read next: links.ts, config/document/endpoint.ts.
 */
import { type ConfigDocument, isRecord, type Path } from '../document/document.ts'
import { busOf, isHost, type LinkDraft } from '../document/endpoint.ts'
import { nearestOf } from '../document/suggest.ts'
import { checkAuthority } from './authority.ts'
import { checkShown } from './shown.ts'

/** What the link goes to: two links to one bus are one too many. */
export function checkBus(document: ConfigDocument, link: LinkDraft, path: Path, folder: string): string | undefined {
  if (link.transport === undefined) return undefined
  checkOptions(document, link, link.transport, path)
  if (link.transport === 'rtu') checkSpeed(document, link, path)
  else if (link.host !== undefined && !isHost(link.host)) {
    document.fault(
      [...path, 'host'],
      'bad-url',
      `${JSON.stringify(link.host)} is no host name and no address`,
      'write it as 10.1.1.20 or plc.example; a port goes to port',
    )
    return undefined
  }
  if (link.transport === 'tls') checkCertificates(document, link, path, folder)
  const bus = busOf(link)
  return bus === undefined ? undefined : `modbus ${bus}`
}

const NEEDED = {
  host: { isNeeded: (transport: string) => transport !== 'rtu', what: 'the host name or address of the device' },
  serial: { isNeeded: (transport: string) => transport === 'rtu', what: 'a map with path, baudRate and parity' },
  tls: { isNeeded: (transport: string) => transport === 'tls', what: 'a map with the files ca, cert and key' },
} as const

function checkOptions(document: ConfigDocument, link: LinkDraft, transport: string, path: Path): void {
  for (const key of ['host', 'serial', 'tls'] as const) {
    const { isNeeded, what } = NEEDED[key]
    if (isNeeded(transport) === (link[key] !== undefined)) continue
    if (isNeeded(transport) && isMisspelt(document, key, link, path)) continue // said with the name that was written
    if (isNeeded(transport))
      document.fault(
        [...path, key],
        'missing-key',
        `"${key}" is missing in ${path.join('.')}, whose transport is ${transport}`,
        `add it: ${what}`,
        'key',
      )
    else
      document.fault(
        [...path, key],
        'unknown-key',
        `"${key}" means nothing to the transport ${transport}`,
        'remove it, or correct transport',
        'key',
      )
  }
}

function isMisspelt({ value }: ConfigDocument, key: string, link: LinkDraft, path: Path): boolean {
  const written = path.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), value)
  return isRecord(written) && Object.keys(written).some((name) => !(name in link) && nearestOf(name, [key]) === key)
}

const BITS_PER_CHARACTER = 11
/** Of a read of registers: request and answer without the data, checksums included. */
const FRAME_CHARACTERS = 13

/** An answer that takes longer than its deadline is never read, however well the device works. */
function checkSpeed(document: ConfigDocument, { serial, maxRegisters, timeoutMs }: LinkDraft, path: Path): void {
  const { baudRate } = serial ?? {}
  if (baudRate === undefined || maxRegisters === undefined || timeoutMs === undefined) return
  const tookMs = (characters: number) => (characters * BITS_PER_CHARACTER * 1000) / baudRate
  const longestMs = Math.ceil(tookMs(FRAME_CHARACTERS + 2 * maxRegisters))
  if (longestMs < timeoutMs) return
  const most = Math.floor((timeoutMs / 2 / tookMs(1) - FRAME_CHARACTERS) / 2)
  document.fault(
    [...path, 'serial', 'baudRate'],
    'serial-slow',
    `at ${baudRate} baud an answer of ${maxRegisters} registers takes ${longestMs} ms, and timeoutMs is ${timeoutMs}`,
    `write timeoutMs: ${2 * longestMs}${most > 0 ? `, or maxRegisters: ${most}` : ''}`,
  )
}

function checkCertificates(document: ConfigDocument, { tls }: LinkDraft, path: Path, folder: string): void {
  const { ca, cert, key } = tls ?? {}
  if (ca !== undefined) checkAuthority(document, ca, [...path, 'tls', 'ca'], folder)
  if (cert !== undefined && key !== undefined) checkShown(document, cert, key, [...path, 'tls'], folder)
}

/**
 * node-opcua prints to the console through loggers of the whole process. This sends them to our log instead, as debug:
 * the link itself reports what matters, with advice. Read next: connection.ts.
 */
import { stripVTControlCharacters } from 'node:util'
import { setDebugLogger, setErrorLogger, setWarningLogger } from 'node-opcua-client'
import type { Logger } from '../adapter.ts'

const MAX_LENGTH = 400

/** The link that was opened last receives them: the library does not say which link a line is about. */
export function forwardNoise(log: Logger): void {
  const to =
    (kind: string) =>
    (_context?: unknown, ...parts: unknown[]) => {
      const text = stripVTControlCharacters(parts.map(String).join(' ')).replaceAll(/\s+/g, ' ').trim()
      log.debug({ library: 'node-opcua', kind }, text.slice(0, MAX_LENGTH))
    }
  setErrorLogger(to('error'))
  setWarningLogger(to('warning'))
  setDebugLogger(to('debug'))
}

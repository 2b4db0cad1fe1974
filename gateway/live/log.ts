/**
 * The log of a thread: one JSON line per matter on stderr, with its code. A person at a terminal reads lines, and the
 * journal of systemd learns how grave each is. Read next: core/ground/log-codes.ts, core/ground/log-line.ts.
 */
import { fstatSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { type Logger, type LoggerOptions, pino } from 'pino'
import { codeOf } from '../core/ground/log-codes.ts'
import { journalLine, logLine } from '../core/ground/log-line.ts'

const STDERR = 2

export const openLog = (options: LoggerOptions, env = process.env): Logger =>
  pino({ ...options, hooks: { logMethod: withCode } }, destination(env))

/** Pino calls it with what a caller gave: fields and a text, or a text alone. */
function withCode(this: Logger, given: Parameters<pinoLog>, method: pinoLog): void {
  const [first, second] = given as [unknown, unknown]
  const text = typeof first === 'string' ? first : second
  const code = typeof text === 'string' ? codeOf(text) : undefined
  if (code === undefined) return method.apply(this, given)
  const fields = typeof first === 'string' ? {} : (first as object)
  method.apply(this, [{ code, ...fields }, text as string])
}

type pinoLog = Logger['info']

function destination(env: NodeJS.ProcessEnv) {
  const through = (form: (json: string) => string) => ({
    write: (json: string) => void writeSync(STDERR, form(json)),
  })
  if (isatty(STDERR)) return through(logLine)
  return isJournal(env) ? through(journalLine) : pino.destination({ dest: STDERR, sync: true })
}

/** systemd says which file its journal is (systemd.exec(5), JOURNAL_STREAM). */
function isJournal({ JOURNAL_STREAM }: NodeJS.ProcessEnv): boolean {
  const { dev, ino } = fstatSync(STDERR)
  return JOURNAL_STREAM === `${dev}:${ino}`
}

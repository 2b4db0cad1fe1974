/** A line of the log as a person at a terminal reads it, or the journal, made from its JSON. Pure. */

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
/** Members that are of no use to a person; what a note is about, its text says. */
const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'site', 'about', 'msg', 'err', 'code'])

/** `12:20:01 warn link lost  link=booth-plc cause=timeout`; the stack of a failure follows. */
export function logLine(json: string): string {
  const line = parse(json)
  if (line === undefined) return json
  const { time, level, msg, err } = line
  const at = typeof time === 'number' ? `${new Date(time).toISOString().slice(11, 19)} ` : ''
  const word = LEVELS[Number(level)] ?? 'log'
  const rest = Object.entries(line)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const stack = isRecord(err) ? `\n${String(err.stack ?? err.message)}` : ''
  const more = rest.length === 0 ? '' : ` ${rest.join('')}`
  return `${printable(`${at}${word} ${String(msg ?? '')}${more}${stack}`)}\n`
}

/** Priorities of syslog, by level; the journal takes them from the begin of a line (sd-daemon(3)). */
const PRIORITIES: Readonly<Record<number, number>> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 }

/** The same line with its priority, for the journal. */
export const journalLine = (json: string): string => `<${PRIORITIES[Number(parse(json)?.level)] ?? 6}>${json}`

function parse(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isRecord(value) && 'level' in value ? value : undefined
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Replaces control characters, so that text from outside cannot control a terminal. */
const printable = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, (char) => (char === '\n' ? char : '�'))

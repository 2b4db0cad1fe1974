/** A line of the log for a person at a terminal, made from its JSON. Any other text stays as it is. Pure. */

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
/** Members that are of no use to a person; what a note is about, its text says. */
const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'site', 'about', 'msg', 'err'])

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

/** A destination of a log that writes lines for a person. */
export const lineWriter = (write: (text: string) => void) => ({ write: (json: string) => write(logLine(json)) })

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

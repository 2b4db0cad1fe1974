/** The log as a person at a terminal reads it. */
import { expect, it } from 'vitest'
import { logLine } from '../../../gateway/core/ground/log-line.ts'

const TIME = Date.UTC(2026, 0, 5, 8, 1, 2)

it.each<[string, string, string]>([
  [
    'a warning with what it is about',
    JSON.stringify({
      level: 40,
      time: TIME,
      pid: 1,
      hostname: 'h',
      site: 's',
      link: 'plc',
      cause: 'timeout',
      msg: 'link lost',
    }),
    '08:01:02 warn link lost  link=plc cause=timeout\n',
  ],
  [
    'a note, whose text says what it is about',
    JSON.stringify({ level: 40, time: TIME, about: 'drill of saw-1', msg: 'saw-1 lets no tenant in' }),
    '08:01:02 warn saw-1 lets no tenant in\n',
  ],
  [
    'one that says nothing more',
    JSON.stringify({ level: 30, time: TIME, msg: 'latchkey is up' }),
    '08:01:02 info latchkey is up\n',
  ],
  [
    'a failure with its stack',
    JSON.stringify({ level: 60, time: TIME, err: { message: 'no', stack: 'Error: no\n    at x' }, msg: 'it ends' }),
    '08:01:02 fatal it ends\nError: no\n    at x\n',
  ],
  [
    'words of a device that would steer the terminal',
    JSON.stringify({ level: 30, time: TIME, msg: 'says \u001b]0;x\u0007', detail: '\u202eabc' }),
    '08:01:02 info says �]0;x�  detail=�abc\n',
  ],
  ['what is no line of the log', 'plain text\n', 'plain text\n'],
  ['JSON that is no line of the log', '{"ready":true}\n', '{"ready":true}\n'],
])('%s', (_name, json, line) => {
  expect(logLine(json)).toBe(line)
})

/**
 * A site file with a comment on every part, from the answers of a person. What was left out stands in it as a comment,
 * to be filled in. Pure. Read next: questions.ts, config/README.md (every option).
 */
import { inLanguage, type Language, type Said } from './language.ts'
import type { Answers } from './questions.ts'

export function siteText(given: Answers, language: Language): string {
  const say = (...said: Said) => `# ${inLanguage(language, said)}`
  const { site, timezone, listen, data } = given
  const parts = [
    [
      say(
        `What is left out has a default; config/README.md lists every option. Secrets come from the environment: \${env:NAME}.`,
        `省略的选项都有默认值，见 config/README.md。密码等只从环境变量取：\${env:NAME}。`,
      ),
      say(
        'After a change: latchkey check, then latchkey apply.',
        '修改后先运行 latchkey check，再运行 latchkey apply。',
      ),
      `site: ${site}`,
      `timezone: ${timezone}`,
      `dataDir: ${JSON.stringify(data)}`,
    ],
    [
      say('From another computer: add tls: { cert: …, key: … }.', '供其他电脑访问时加上 tls: { cert: …, key: … }。'),
      `api: { listen: ${JSON.stringify(listen)} }`,
    ],
    [
      say('Whose bookings and tokens are accepted.', '接受哪个平台的预约和令牌。'),
      ...optional(given.issuer !== '', [
        'trust:',
        '  issuers:',
        `    - issuer: ${given.issuer || 'https://platform.example'}`,
        `      audience: latchkey:${site}`,
        `      jwks: ${(given.issuer || 'https://platform.example').replace(/\/$/, '')}/jwks.json`,
      ]),
    ],
    [
      say('Where entries and values go. With a password: mqtts.', '条目和数值发往哪里。用密码时写 mqtts。'),
      ...optional(given.mqtt !== '', [
        `mqtt: { url: ${JSON.stringify(given.mqtt || 'mqtt://127.0.0.1:1883')}, version: 5 }`,
      ]),
      ...optional(given.influx !== '', [
        `influx: { url: ${JSON.stringify(given.influx || 'http://127.0.0.1:8086')}, database: ${given.database || 'latchkey'} }`,
      ]),
    ],
    [
      say('One entry per endpoint, however many machines are behind it.', '每个端点一条，不论后面有几台机器。'),
      'links:',
      `  ${given.machine}-link: { protocol: modbus, transport: tcp, ${hostOf(given.host)} }`,
    ],
    machineLines(given, say),
  ]
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function machineLines({ machine, profile, unit, unlock }: Answers, say: (...said: Said) => string): string[] {
  return [
    'machines:',
    `  ${machine}:`,
    `    name: { en: ${machine} }`,
    '    owner: owner',
    '    devices:',
    `      main: { profile: ${profile}, link: ${machine}-link, unit: ${unit} }`,
    '    state: main',
    `    ${say(
      'The machine locks itself this long after the last heartbeat. Before tenants are let in: latchkey drill.',
      '最后一次心跳之后经过这段时间，机器自动锁定。租户使用前先做演练：latchkey drill。',
    )}`,
    ...optional(unlock === 'yes', ['interlock: { device: main, class: lease, lease: 5s, heartbeat: 1s }']).map(
      (line) => `    ${line}`,
    ),
  ]
}

const optional = (there: boolean, lines: readonly string[]) => (there ? lines : lines.map((line) => `# ${line}`))

function hostOf(address: string): string {
  const at = address.lastIndexOf(':')
  return `host: ${JSON.stringify(address.slice(0, at).replace(/^\[|\]$/g, ''))}, port: ${address.slice(at + 1)}`
}

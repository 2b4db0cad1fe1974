/**
 * What a person is asked before the first start, in the order of the site file. An empty answer to a question without a
 * default leaves that part out. Pure. Read next: site-text.ts (what becomes of the answers), init.ts.
 */
import type { Said } from './language.ts'

export type Answers = {
  readonly site: string
  readonly timezone: string
  readonly listen: string
  readonly data: string
  readonly issuer: string
  readonly mqtt: string
  readonly influx: string
  readonly database: string
  readonly machine: string
  readonly profile: string
  readonly host: string
  readonly unit: string
  readonly unlock: string
}

type Question = {
  readonly ask: Said
  /** Where it depends on this computer or on what was answered. */
  readonly fallback: (here: Here, given: Partial<Answers>) => string
  /** Not asked, and left empty, unless this holds. */
  readonly when?: (given: Partial<Answers>) => boolean
  readonly is: (text: string, here: Here) => boolean
  /** What fits. */
  readonly wanted: Said
}

export type Here = {
  readonly hostname: string
  readonly timezone: string
  readonly installed: boolean
  /** Names of the profiles that there are. */
  readonly profiles: readonly string[]
}

const like = (pattern: RegExp) => (text: string) => pattern.test(text)
const ID = like(/^[a-z0-9][a-z0-9-]{0,62}$/)
const ID_WANTED: Said = ['small letters, digits and hyphens', '只用小写字母、数字和连字符']
const ADDRESS = (text: string) => {
  const [, port] = /^[\w.[\]:-]+:(\d{1,5})$/.exec(text) ?? []
  return port !== undefined && Number(port) <= 65_535
}
/** Without a certificate nobody else may reach it. */
const OWN_ADDRESS = (text: string) => ADDRESS(text) && /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\]):/.test(text)
const urlOf = (schemes: string) => like(new RegExp(`^(?:(?:${schemes})://\\S+)?$`))

export const questions: Readonly<Record<keyof Answers, Question>> = {
  site: {
    ask: [
      'Name of the site; it is part of every topic and of the ledger, for good',
      '站点名称（写入每个主题和账本，以后不能改）',
    ],
    fallback: ({ hostname }) =>
      hostname
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'site-1',
    is: ID,
    wanted: ID_WANTED,
  },
  timezone: {
    ask: ['Time zone of the shop floor', '车间所在时区'],
    fallback: ({ timezone }) => timezone,
    is: isZone,
    wanted: ['a name such as Asia/Shanghai', '时区名称，例如 Asia/Shanghai'],
  },
  listen: {
    ask: [
      'Address of the API; from another computer it needs a certificate',
      'API 监听地址（供其他电脑访问时需要证书）',
    ],
    fallback: () => '127.0.0.1:8080',
    is: OWN_ADDRESS,
    wanted: [
      'an address of this computer alone and a port, such as 127.0.0.1:8080; when there is a certificate (api.tls), write another one into the file',
      '只限本机的地址加端口，例如 127.0.0.1:8080；有了证书（api.tls）再在文件里改成别的地址',
    ],
  },
  data: {
    ask: ['Folder of the data, on a disk that survives a power cut', '数据目录（所在磁盘须经得起断电）'],
    fallback: ({ installed }) => (installed ? '/var/lib/latchkey' : 'data'),
    is: like(/^\S.*$/),
    wanted: ['a folder', '一个目录'],
  },
  issuer: {
    ask: [
      'Address of the booking platform; its keys are at /jwks.json there; empty: none yet',
      '预约平台地址（其公钥在该地址的 /jwks.json；可留空）',
    ],
    fallback: () => '',
    is: urlOf('https|http'),
    wanted: ['an address that begins with https://', '以 https:// 开头的地址'],
  },
  mqtt: {
    ask: ['MQTT broker; empty: none', 'MQTT broker 地址（可留空）'],
    fallback: () => '',
    is: urlOf('mqtts?'),
    wanted: ['an address that begins with mqtt:// or mqtts://', '以 mqtt:// 或 mqtts:// 开头的地址'],
  },
  influx: {
    ask: ['InfluxDB; empty: none', 'InfluxDB 地址（可留空）'],
    fallback: () => '',
    is: urlOf('https|http'),
    wanted: ['an address that begins with http:// or https://', '以 http:// 或 https:// 开头的地址'],
  },
  database: {
    ask: ['Database there', '其中的数据库名'],
    fallback: () => 'latchkey',
    when: ({ influx }) => influx !== '',
    is: like(/^\S{1,64}$/),
    wanted: ['a name', '一个名称'],
  },
  machine: {
    ask: ['The first machine: its name in addresses', '第一台机器的标识（用于地址）'],
    fallback: () => 'machine-1',
    is: ID,
    wanted: ID_WANTED,
  },
  profile: {
    ask: [
      'Profile of its Modbus device, as `latchkey profile list` has it',
      '它的 Modbus 设备所用的型号文件（见 latchkey profile list）',
    ],
    fallback: () => 'sim-spray-booth',
    is: (text, { profiles }) => profiles.includes(text),
    wanted: ['a name that `latchkey profile list` shows', '`latchkey profile list` 中列出的名称'],
  },
  host: {
    ask: ['Address of that device', '该设备的地址'],
    fallback: () => '127.0.0.1:1502',
    is: ADDRESS,
    wanted: ['an address and a port, such as 10.1.1.20:502', '地址加端口，例如 10.1.1.20:502'],
  },
  unit: {
    ask: ['Its unit on the bus', '它的从站号'],
    fallback: () => '1',
    is: (text) => /^\d{1,3}$/.test(text) && Number(text) <= 255,
    wanted: ['a number up to 255', '不大于 255 的数'],
  },
  unlock: {
    ask: [
      'Is the machine unlocked through a lease block in that device? yes or no',
      '是否通过该设备中的租约块解锁机器？yes 或 no',
    ],
    fallback: (_, { profile }) => (profile === 'sim-spray-booth' || profile === 'latchkey-lease-plc' ? 'yes' : 'no'),
    is: like(/^(?:yes|no)$/),
    wanted: ['yes or no', 'yes 或 no'],
  },
}

/** What is wrong with an answer. */
export const faultOf = (name: keyof Answers, text: string, here: Here): Said | undefined =>
  questions[name].is(text, here) ? undefined : questions[name].wanted

function isZone(text: string): boolean {
  try {
    return /^[A-Za-z]/.test(text) && Boolean(new Intl.DateTimeFormat('en', { timeZone: text }))
  } catch {
    return false
  }
}
